"""When a source fails as a whole: what happened, what is shown in its place, and what brings it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lox_core import numbers
from lox_core.sourced import Gap, Sourced
from lox_ui import parts

if TYPE_CHECKING:
    from lox_core.market.status import ProviderStatus

Items = Mapping[str, Sourced[Any] | Gap]
FEEDS = {
    "FRED": "Regimes: every pillar",
    "FMP": "Regimes: the VIX of the running session, the playbook's index",
    "Alpaca": "Portfolio & Greeks: positions, quotes and history",
}
SUFFERS = {
    "FRED": "Every pillar rests on it.",
    "FMP": "Without it there is no VIX of the running session, and the playbook uses another index.",
}
STATUS = "The Status page says when it is asked again."
CHANGED = "It is not asked again until the key is changed in .env and Lox is restarted."


def ailing(provider: ProviderStatus) -> bool:
    """Whether a source that should answer does not: breaker not closed, key rejected, or the last call failed."""
    if provider.mode == "off":
        return False
    failed_last = provider.last_error_at is not None and (
        provider.last_success is None or provider.last_error_at > provider.last_success
    )
    return provider.breaker != "closed" or provider.key == "rejected" or failed_last


def outage(items: Items, providers: Sequence[ProviderStatus], now: datetime) -> None:
    """A panel for each source that is out as a whole; what a past day simply did not have yet is no outage."""
    for provider in providers:
        if provider.name not in SUFFERS or provider.mode == "demo":
            continue
        suffers, stands = SUFFERS[provider.name], standing(items, now) if provider.name == "FRED" else ""
        if provider.key == "rejected":
            parts.fault(f"{provider.name} rejected the key.", CHANGED, suffers, stands)
        elif provider.name == "FRED" and provider.key == "missing":
            parts.no_key("FRED_API_KEY", provider.unlocks, suffers, stands)
        elif provider.name == "FRED" and ailing(provider) and 2 * affected(items) > len(items):
            parts.fault("FRED is not answering.", provider.last_error or "", stands, suffers, STATUS)


def affected(items: Items) -> int:
    """How many items are missing or a copy kept from before."""
    return sum(isinstance(item, Gap) or item.route == "last_good" for item in items.values())


def standing(items: Items, now: datetime) -> str:
    """How many of the items are kept copies and how old the oldest is, and how many there are none of."""
    kept = [item for item in items.values() if isinstance(item, Sourced) and item.route == "last_good"]
    gaps = sum(isinstance(item, Gap) for item in items.values())
    said = []
    if kept:
        oldest = numbers.age((now - min(item.fetched_at for item in kept)).total_seconds())
        said.append(f"{len(kept)} of {len(items)} series are stored copies, the oldest fetched {oldest} ago.")
    if gaps:
        none = "have no stored copy" if kept else "could not be had and have no stored copy"
        said.append(f"{gaps} of {len(items)} series {none}; what rests on them is grey.")
    return " ".join(said)

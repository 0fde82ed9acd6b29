"""What the status page says of vendors and series; everything here is read from memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from lox_core.catalog import Observations, Series
from lox_core.clock import AsOf
from lox_core.market.budget import Breaker, GateState
from lox_core.market.freshness import POLICY, is_stale
from lox_core.settings import Settings
from lox_core.sourced import Route, Sourced

KeyState = Literal["set", "missing", "rejected"]
NOT_LOADED = "Not loaded yet."
NEEDED = {
    "FRED": ("FRED_API_KEY",),
    "FMP": ("FMP_API_KEY",),
    "Alpaca": ("ALPACA_API_KEY", "ALPACA_API_SECRET"),
    "Trading Economics": ("TRADING_ECONOMICS_API_KEY",),
    "OpenAI": ("OPENAI_API_KEY",),
}


@dataclass(frozen=True)
class ProviderStatus:
    """One vendor.

    Attributes
    ----------
    name : str
    mode : {"live", "demo", "off"}
        ``off``: no key, or nothing asks this vendor yet.
    key : {"set", "missing", "rejected"}
    unlocks : str
        What the key is for and where to get it.
    last_success, last_error_at : datetime or None
        In this process.
    last_error : str or None
        In words.
    breaker : {"closed", "open", "half-open"}
    retry_in_s : float or None
        Seconds until the vendor is asked again, where it is left alone.
    budget_left : float
        0-1, of the calls Lox allows itself at once.
    tokens_left : float
    tokens_capacity : int
    """

    name: str
    mode: Literal["live", "demo", "off"]
    key: KeyState
    unlocks: str
    last_success: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None
    breaker: Breaker = "closed"
    retry_in_s: float | None = None
    budget_left: float = 1.0
    tokens_left: float = 0.0
    tokens_capacity: int = 0


@dataclass(frozen=True)
class SeriesAge:
    """One series as it is on hand.

    ``observation_date`` and ``age_days`` are of the newest value known at the as-of, by the catalog's rule; ``stale``
    is either clock's verdict, the catalog's on the observation or the policy's on the fetch. ``reason`` says in words
    why there is nothing, or nothing newer.
    """

    id: str
    short: str
    title: str
    observation_date: date | None
    age_days: int | None
    fetched_at: datetime | None
    stale: bool
    route: Route | None
    source: str | None
    reason: str | None


def provider_status(name: str, settings: Settings, *, demo: bool, gate: GateState | None = None) -> ProviderStatus:
    """The status of one vendor; ``gate`` is None where nothing calls it yet."""
    is_set = all(getattr(settings, key) for key in NEEDED[name])
    key: KeyState = "set" if is_set else "missing"
    unlocks = Settings.model_fields[NEEDED[name][0]].description or ""
    if gate is None:
        return ProviderStatus(name, "off", key, unlocks)
    return ProviderStatus(
        name,
        "demo" if demo else "live" if is_set else "off",
        "rejected" if gate.key_rejected and not demo else key,
        unlocks,
        gate.last_success,
        gate.last_error,
        gate.last_error_at,
        gate.breaker,
        gate.retry_in_s,
        min(gate.tokens_left / gate.tokens_capacity, 1.0),
        gate.tokens_left,
        gate.tokens_capacity,
    )


def missing_key(name: str) -> str:
    """Which key is missing and what it unlocks, in words."""
    needed = NEEDED[name][0]
    return f"{needed} is not set; it unlocks: {Settings.model_fields[needed].description}"


def series_age(
    spec: Series, found: Sourced[Observations] | None, reason: str | None, as_of: AsOf, now: datetime
) -> SeriesAge:
    """The age of one series as it is on hand."""
    if found is None:
        words = reason or NOT_LOADED
        return SeriesAge(spec.id, spec.short, spec.title, None, None, None, True, None, None, words)
    known = found.value.as_known(spec, as_of)
    if not len(known):
        words = reason or f"Nothing was published by {as_of.date}."
        return SeriesAge(
            spec.id, spec.short, spec.title, None, None, found.fetched_at, True, found.route, found.source, words
        )
    day, known_at = known.date[-1], known.known_at[-1]
    stale = spec.is_stale(day, known_at, as_of) or is_stale(POLICY.fred, found.fetched_at, now)
    return SeriesAge(
        spec.id,
        spec.short,
        spec.title,
        date.fromisoformat(str(day)),
        spec.age_days(day, known_at, as_of),
        found.fetched_at,
        stale,
        found.route,
        found.source,
        reason,
    )

"""What is broken and which page suffers: the verdict, the sources with their budgets, and the process's numbers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from lox_core import numbers
from lox_core.clock import NEW_YORK, AsOf
from lox_ui import loaders, parts
from lox_ui.outage_view import FEEDS, ailing
from lox_ui.parts import tag
from lox_ui.process import memory_bytes, peak_bytes
from lox_ui.series_view import ago, counts
from lox_ui.table_parts import download, table

if TYPE_CHECKING:
    from lox_core.market.status import ProviderStatus
    from lox_core.workbench import StatusReport

KEYS = {"set": "set", "missing": "not set", "rejected": "rejected"}
BREAKERS = {"closed": "closed", "open": "open", "half-open": "half open"}


def verdict(report: StatusReport, now: datetime) -> None:
    """The page's answer in one line, then the process's numbers."""
    used = [provider for provider in report.providers if provider.mode != "off"]
    broken = [provider for provider in used if ailing(provider)]
    if broken:
        names = ", ".join(provider.name for provider in broken)
        suffers = "; ".join(dict.fromkeys(FEEDS.get(provider.name, "no page yet") for provider in broken))
        parts.fault(
            f"{names}: not answering as it should.", f"Suffers: {suffers}. Stored values stay, marked with their age."
        )
    fresh, rest = counts(report)
    idle = len(report.providers) - len(used)
    cells = [
        ("Sources", f"{len(used) - len(broken)} of {len(used)}", f"answering; {idle} not in use"),
        ("Series", fresh, rest),
        ("Cache", numbers.size(report.cache_bytes), report.cache_where),
        ("Memory", numbers.size(memory_bytes()), f"peak {numbers.size(peak_bytes())}"),
        (
            "Running",
            numbers.age((now - report.started_at).total_seconds()),
            f"since {numbers.moment(report.started_at)}",
        ),
        ("Version", report.version, "Lox"),
    ]
    parts.show(parts.strip(cells))


def providers_panel(report: StatusReport, now: datetime, *, demo: bool) -> None:
    """Each source: mode, key and what it unlocks, last success and error, breaker, budget, and who depends on it."""
    with parts.bar("providers"):
        parts.show(parts.head("Sources", "what is asked, what answered, what is left to ask"), width="content")
        download(
            lambda: providers_frame(report),
            f"sources-{now.astimezone(NEW_YORK).date()}",
            demo=demo,
            key="st-csv-providers",
            what="of the sources",
        )
    rows = [_provider_row(provider, now) for provider in sorted(report.providers, key=lambda p: not ailing(p))]
    headers = ["Source", "Last error", "Breaker", "Last success", "Budget left", "Feeds", "Mode", "Key"]
    parts.show(table(headers, rows, left=(2, 3, 4, 6), wrap=(1, 5, 7), caption="Sources"))


def _provider_row(provider: ProviderStatus, now: datetime) -> list[object]:
    worst = ailing(provider)
    name = (
        parts.join(tag("b", provider.name), " ", parts.label("fault", warn=True)) if worst else tag("b", provider.name)
    )
    key = KEYS.get(provider.key, provider.key)
    unlocks = parts.join(key, tag("div", provider.unlocks, cls="lx-note")) if provider.unlocks else key
    when = (
        "" if provider.last_error_at is None else f", {numbers.age((now - provider.last_error_at).total_seconds())} ago"
    )
    error: object = "none" if provider.last_error is None else f"{provider.last_error.rstrip('.')}{when}"
    retry = "" if not provider.retry_in_s else f", tried in {numbers.age(provider.retry_in_s)}"
    refused = provider.last_error is not None
    return [
        name,
        error,
        BREAKERS.get(provider.breaker, provider.breaker) + retry,
        ago(provider.last_success, now, refused=refused),
        _budget(provider),
        FEEDS.get(provider.name, "no page yet"),
        provider.mode,
        unlocks,
    ]


def _budget(provider: ProviderStatus) -> object:
    """What is left to ask; a dash where nothing is asked, or, in the demo, nothing counted."""
    if provider.mode != "live":
        return tag("span", numbers.DASH, title="No budget is counted." if provider.mode == "demo" else "")
    tokens = f"{provider.tokens_left:,.0f} of {provider.tokens_capacity:,} calls Lox allows itself at once"
    return tag("div", parts.fill(provider.budget_left, 1.0, numbers.share(provider.budget_left)), title=tokens)


def refresh_button(as_of: AsOf) -> None:
    """Ask the sources again for what is due; budgets and breakers still decide what is really called."""
    if st.button(
        "Ask again",
        icon=":material/refresh:",
        key="st-refresh",
        type="tertiary",
        help="Fetches what is due; nothing is asked twice",
    ):
        loaders.ask_again()
        loaders.board(as_of)
        st.rerun()


def providers_frame(report: StatusReport) -> pd.DataFrame:
    """The sources as a table; in the demo no budget is counted."""
    fields = (
        "name",
        "mode",
        "key",
        "unlocks",
        "last_success",
        "last_error",
        "last_error_at",
        "breaker",
        "retry_in_s",
        "tokens_left",
        "tokens_capacity",
    )
    frame = pd.DataFrame(
        [{field: getattr(row, field) for field in fields} for row in report.providers], columns=list(fields)
    )
    counted = frame["mode"] != "demo"
    budget = ["tokens_left", "tokens_capacity"]
    return frame.assign(**{name: frame[name].where(counted) for name in budget})

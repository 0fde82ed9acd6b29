"""What is broken and which page suffers: sources, their budgets, the store, and how old every series is."""

from __future__ import annotations

import resource
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from lox_core import numbers
from lox_core.clock import AsOf
from lox_core.regimes.state import word
from lox_ui import loaders, parts
from lox_ui.parts import Safe, tag
from lox_ui.table_parts import download, table

if TYPE_CHECKING:
    from lox_core.market.status import ProviderStatus
    from lox_core.workbench import StatusReport
    from lox_core.workbench.macro import SeriesStatus

FEEDS = {
    "FRED": "Regimes: every pillar",
    "FMP": "Regimes: the VIX of the running session, the playbook's index",
}
KEYS = {"set": "set", "missing": "not set", "rejected": "rejected"}


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
    fresh = sum(not row.stale and row.observation_date is not None for row in report.series)
    absent = sum(row.observation_date is None for row in report.series)
    idle = len(report.providers) - len(used)
    cells = [
        ("Sources", f"{len(used) - len(broken)} of {len(used)}", f"answering; {idle} not in use"),
        ("Series", f"{fresh} of {len(report.series)}", f"fresh; {absent} without any value"),
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


def ailing(provider: ProviderStatus) -> bool:
    """Whether a source that should answer does not: breaker not closed, key rejected, or the last call failed."""
    if provider.mode == "off":
        return False
    failed_last = provider.last_error_at is not None and (
        provider.last_success is None or provider.last_error_at > provider.last_success
    )
    return provider.breaker != "closed" or provider.key == "rejected" or failed_last


def providers_panel(report: StatusReport, now: datetime, *, demo: bool) -> None:
    """Each source: mode, key and what it unlocks, last success and error, breaker, budget, and who depends on it."""
    with parts.bar("providers"):
        parts.show(parts.head("Sources", "what is asked, what answered, what is left to ask"), width="content")
        download(lambda: providers_frame(report), f"sources-{now:%Y-%m-%d}", demo=demo, key="st-csv-providers")
    rows = [_provider_row(provider, now) for provider in sorted(report.providers, key=lambda p: not ailing(p))]
    headers = ["Source", "Mode", "Key", "Last success", "Last error", "Breaker", "Budget left", "Feeds"]
    parts.show(table(headers, rows, left=(1, 3, 5, 6), wrap=(2, 4, 7), caption="Sources"))


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
    tokens = f"{provider.tokens_left:,.0f} of {provider.tokens_capacity:,} calls Lox allows itself at once"
    left = tag("div", parts.fill(provider.budget_left, 1.0, numbers.share(provider.budget_left)), title=tokens)
    budget = left if provider.mode != "off" else numbers.DASH
    return [
        name,
        provider.mode,
        unlocks,
        _ago(provider.last_success, now),
        error,
        provider.breaker + retry,
        budget,
        FEEDS.get(provider.name, "no page yet"),
    ]


def series_panel(report: StatusReport, now: datetime, *, demo: bool) -> None:
    """Every series, worst first."""
    with parts.bar("series"):
        parts.show(parts.head("Series", "no value, then too old to count, then by age"), width="content")
        download(lambda: series_frame(report), f"series-{now:%Y-%m-%d}", demo=demo, key="st-csv-series")
    if not report.series:
        parts.nothing("No series has been asked for yet. Open Regimes once.")
        return
    rows = [_series_row(row, now) for row in sorted(report.series, key=badness)]
    headers = ["Series", "Id", "Pillar", "State", "Observed", "Age", "Asked", "From", "Source"]
    parts.show(table(headers, rows, left=(1, 2, 7, 8), wrap=(3,), tight=True, caption="Ages of all series"))


def badness(row: SeriesStatus) -> tuple[int, int]:
    """Sort key: no value first, then stale, then the oldest."""
    rank = 0 if row.observation_date is None else 1 if row.stale else 2
    return rank, -(row.age_days or 0)


def _series_row(row: SeriesStatus, now: datetime) -> list[object]:
    if row.observation_date is None:
        state: Safe = parts.join(parts.label("no value", warn=True), " ", row.reason or "")
    elif row.stale:
        state = parts.join(parts.label("stale", warn=True), " ", row.reason or "")
    else:
        state = parts.safe("fresh" if row.route != "last_good" else "last good copy")
    age = numbers.DASH if row.age_days is None else f"{row.age_days} d"
    name = tag("span", row.short, title=row.title)
    return [
        name,
        row.id,
        word(row.pillar) if row.pillar else numbers.DASH,
        state,
        numbers.day(row.observation_date, now.date()),
        age,
        _ago(row.fetched_at, now),
        row.route or numbers.DASH,
        row.source or numbers.DASH,
    ]


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
    """The sources as a table."""
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
    return pd.DataFrame(
        [{field: getattr(row, field) for field in fields} for row in report.providers], columns=list(fields)
    )


def series_frame(report: StatusReport) -> pd.DataFrame:
    """The series as a table, worst first."""
    fields = (
        "id",
        "short",
        "title",
        "pillar",
        "observation_date",
        "age_days",
        "fetched_at",
        "stale",
        "route",
        "source",
        "reason",
    )
    rows = sorted(report.series, key=badness)
    return pd.DataFrame([{field: getattr(row, field) for field in fields} for row in rows], columns=list(fields))


def memory_bytes() -> int | None:
    """The process's resident memory; None where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return None
    return pages * resource.getpagesize()


def peak_bytes() -> int:
    """The most memory the process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _ago(instant: datetime | None, now: datetime) -> object:
    if instant is None:
        return "never"
    return tag("span", f"{numbers.age((now - instant).total_seconds())} ago", title=numbers.moment(instant))

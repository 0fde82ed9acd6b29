"""How old every series is, worst first; what has ended or is not needed stands last and counts for nothing."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

import pandas as pd

from lox_core import numbers
from lox_core.catalog import SERIES
from lox_core.clock import NEW_YORK
from lox_core.market.status import NOT_LOADED
from lox_core.regimes.board import EQUITY_ONLY
from lox_core.regimes.state import word
from lox_ui import parts
from lox_ui.origins import origin, shared
from lox_ui.parts import Safe, tag
from lox_ui.table_parts import download, table

if TYPE_CHECKING:
    from lox_core.workbench import StatusReport
    from lox_core.workbench.macro import SeriesStatus

Standing = Literal["no value", "stale", "last good copy", "fresh", "ended", "not needed"]
RANKS: tuple[Standing, ...] = ("no value", "stale", "last good copy", "fresh", "not needed", "ended")
UNCOUNTED = ("not needed", "ended")
ROUTES = {"live": "just asked", "cache": "kept copy", "last_good": "last good copy", None: numbers.DASH}
VENDORS_OWN = 3


def standings(report: StatusReport) -> dict[str, Standing]:
    """How each series stands, by id. An index is not needed while it was not asked for and others were."""
    anything = any(row.fetched_at is not None for row in report.series)
    return {row.id: _standing(row, anything) for row in report.series}


def _standing(row: SeriesStatus, anything: bool) -> Standing:
    if ended_on(row) is not None:
        return "ended"
    if row.observation_date is None:
        spared = row.id in EQUITY_ONLY and row.reason == NOT_LOADED and anything
        return "not needed" if spared else "no value"
    if row.stale:
        return "stale"
    return "last good copy" if row.route == "last_good" else "fresh"


def ended_on(row: SeriesStatus) -> date | None:
    """The last day of a discontinued series."""
    return SERIES[row.id].ended if row.id in SERIES else None


def counts(report: StatusReport) -> tuple[str, str]:
    """Fresh series of all that count, and what the rest are."""
    found = Counter(standings(report).values())
    counted = sum(found[name] for name in RANKS if name not in UNCOUNTED)
    copies = found["last good copy"]
    said = [numbers.plural(copies, "last good copy", "last good copies")] if copies else []
    said += [f"{found['stale']} stale"] if found["stale"] else []
    return f"{found['fresh']} of {counted}", "; ".join(["fresh", *said, f"{found['no value']} without any value"])


def series_panel(report: StatusReport, now: datetime, *, demo: bool) -> None:
    """Every series, worst first."""
    today = now.astimezone(NEW_YORK).date()
    with parts.bar("series"):
        parts.show(parts.head("Series", "no value, then too old to count, then by age"), width="content")
        download(lambda: series_frame(report), f"series-{today}", demo=demo, key="st-csv-series", what="of all series")
    if not report.series:
        parts.nothing("No series has been asked for yet. Open Regimes once.")
        return
    standing, common = standings(report), _common(report)
    rows = [_row(row, standing[row.id], common, now) for row in in_order(report)]
    headers = ["Series", "State", "Age", "Observed", "Pillar", "Asked", "From", "Id", "Source"]
    parts.show(table(headers, rows, left=(4, 6, 7, 8), wrap=(0, 1), tight=True, caption="Ages of all series"))


def in_order(report: StatusReport) -> list[SeriesStatus]:
    """No value first, then stale, then the oldest; what does not count last."""
    standing = standings(report)
    return sorted(report.series, key=lambda row: (RANKS.index(standing[row.id]), -(row.age_days or 0)))


def _common(report: StatusReport) -> set[str]:
    """Reasons that several series share: the vendor's own, told once among the sources."""
    told = Counter(shared(row.reason, row.id) for row in report.series if row.reason)
    return {reason for reason, count in told.items() if count >= VENDORS_OWN}


def _row(row: SeriesStatus, standing: Standing, common: set[str], now: datetime) -> list[object]:
    today = now.astimezone(NEW_YORK).date()
    return [
        tag("span", row.short, title=row.title),
        _state(row, standing, common),
        numbers.DASH if row.age_days is None else f"{numbers.number(row.age_days)} d",
        numbers.day(row.observation_date, today),
        word(row.pillar) if row.pillar else numbers.DASH,
        ago(row.fetched_at, now, refused=row.reason not in (None, NOT_LOADED)),
        ROUTES[row.route],
        row.id,
        origin(row.source),
    ]


def _state(row: SeriesStatus, standing: Standing, common: set[str]) -> Safe:
    if standing == "ended":
        return parts.safe(f"ended {numbers.day(ended_on(row))}")
    if standing in ("fresh", "not needed"):
        return parts.safe(standing)
    reason = row.reason or ""
    if reason and shared(reason, row.id) in common and reason != NOT_LOADED:
        return parts.join(parts.label(standing, warn=True, why=reason), " see its source above")
    return parts.join(parts.label(standing, warn=True), " ", reason)


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
    standing = standings(report)
    rows = [{"state": standing[row.id], **{field: getattr(row, field) for field in fields}} for row in in_order(report)]
    return pd.DataFrame(rows, columns=["state", *fields])


def ago(instant: datetime | None, now: datetime, *, refused: bool = False) -> object:
    """How long ago; ``none`` for what was asked and never given, ``never`` for what was not asked."""
    if instant is None:
        return "none" if refused else "never"
    return tag("span", f"{numbers.age((now - instant).total_seconds())} ago", title=numbers.moment(instant))

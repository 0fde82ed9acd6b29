"""The catalog held against FRED's own description of each series: title, units, frequency, and whether it goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lox_core.catalog import SERIES, Series
from lox_core.errors import DataError
from lox_core.market.market import Market
from lox_core.providers.fred import FredSeries

WORDS = {
    "daily": "daily",
    "calendar_daily": "daily",
    "weekly": "weekly",
    "monthly": "monthly",
    "quarterly": "quarterly",
}
DISCONTINUED = "discontinued"


@dataclass(frozen=True)
class Difference:
    """Where the catalog and FRED disagree: ``field`` of a series, as each has it. ``error`` when FRED did not say."""

    series_id: str
    field: str
    ours: str
    theirs: str
    error: str | None = None

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.series_id}: {self.error}"
        return f"{self.series_id}: {self.field} is '{self.ours}' here and '{self.theirs}' at FRED"


def catalog_differences(market: Market, ids: Iterable[str] = tuple(SERIES)) -> list[Difference]:
    """Every disagreement, in the catalog's order; one request a series. Units decide what a number means."""
    found: list[Difference] = []
    for series_id in ids:
        spec = SERIES[series_id]
        try:
            found += _compared(spec, market.metadata(series_id).value)
        except DataError as error:
            found.append(Difference(series_id, "", "", "", str(error)))
    return found


def _compared(spec: Series, theirs: FredSeries) -> list[Difference]:
    pairs = [
        ("title", spec.title, theirs.title),
        ("units", spec.units, theirs.units),
        ("frequency", WORDS[spec.frequency], theirs.frequency.split(",")[0].lower()),
    ]
    found = [Difference(spec.id, *pair) for pair in pairs if pair[1].lower() != pair[2].lower()]
    if spec.ended is None and DISCONTINUED in theirs.title.lower():
        found.append(Difference(spec.id, "status", "running", f"ended {theirs.observation_end}"))
    return found

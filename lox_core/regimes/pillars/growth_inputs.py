"""What Growth reads: activity, the Sahm rule and jobless claims, and what is shown beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, Series, series
from lox_core.regimes.indicators import by_month, mean_of_last, year_on_year_pct, z_ten_years, z_two_years
from lox_core.regimes.known import Known
from lox_core.regimes.state import Reading

Floats = NDArray[np.float64]
Sources = list[tuple[Series, Observations]]
DRIVER, SAHM, CLAIMS = "CFNAIMA3", "SAHMREALTIME", "ICSA 4w/26w"


def activities(known: Known) -> Sources:
    """CFNAI's three-month average, and the mean of three consecutive months of the index that may stand in."""
    found = []
    for spec, rows in known.choices(DRIVER):
        averaged = rows if spec.id == DRIVER else _mean_of_three_months(rows)
        if averaged is not None:
            found.append((spec, averaged))
    return found


def _mean_of_three_months(rows: Observations) -> Observations | None:
    month = rows.date.astype("datetime64[M]").astype(int)
    unbroken = np.append([False, False], month[2:] - month[:-2] == 2)[: len(month)]
    averaged = np.where(unbroken, mean_of_last(rows.value, 3), np.nan)
    return rows.derived(averaged, source=f"{rows.source}, mean of three months")


def sahm_rules(known: Known) -> Sources:
    """The real-time Sahm rule, and the one computed from unemployment as then known that may stand in."""
    found = []
    for spec, rows in known.choices(SAHM):
        rule = rows if spec.id == SAHM else _computed_sahm(rows)
        if rule is not None:
            found.append((spec, rule))
    return found


def _computed_sahm(rows: Observations) -> Observations | None:
    """Three-month mean of unemployment less the lowest such mean of the twelve months before, joined by date.

    Two months make a mean: one month was never published (October 2025). Rounded to a millionth of a point.
    """
    recent = np.stack([rows.value, by_month(rows.date, rows.value, 1), by_month(rows.date, rows.value, 2)])
    count = np.isfinite(recent).sum(axis=0)
    mean = np.where(count >= 2, np.nansum(recent, axis=0) / np.maximum(count, 1), np.nan)
    lowest = np.full(len(mean), np.nan)
    for lag in range(1, 13):
        lowest = np.fmin(lowest, by_month(rows.date, mean, lag))
    rule = rows.derived(np.round(mean - lowest, 6), source=f"{rows.source}, Sahm rule computed")
    return None if rule is None else replace(rule, series_id=SAHM)


def claims_trend_pct(rows: Observations) -> Floats:
    """Four-week mean of initial claims over the 26-week mean, percent."""
    return (mean_of_last(rows.value, 4) / mean_of_last(rows.value, 26) - 1) * 100


def readings(known: Known, index: tuple[Series, Observations] | None) -> list[Reading]:
    """The pillar's inputs as of now, the driver first; absent ones with their reason."""
    if index is None:
        found = [known.absent(DRIVER, required=True)]
    else:
        spec, rows = index
        z, z10 = (measure(rows.value, spec.frequency, known.rules) for measure in (z_two_years, z_ten_years))
        found = [
            known.reading(spec, rows, name=DRIVER, title="CFNAI, 3 m", unit="index", z=z, z_10y=z10, required=True)
        ]
    rule = known.speaking(sahm_rules(known))
    if rule is None:
        found.append(known.absent(SAHM))
    else:
        z = z_two_years(rule[1].value, "monthly", known.rules)
        found.append(known.reading(*rule, name=SAHM, title="Sahm rule", unit="percentage points", z=z))
    yearly = "percent, year on year"
    return [
        *found,
        _derived(known, "ICSA", CLAIMS, "Claims, 4 against 26 weeks", "percent", claims_trend_pct),
        _derived(known, "PAYEMS", "PAYEMS 3m", "Payrolls, 3 m average", "thousands a month", _payrolls_3m),
        _derived(known, "INDPRO", "INDPRO YoY", "Industrial production", yearly, _production_yearly),
    ]


def _payrolls_3m(rows: Observations) -> Floats:
    return (rows.value - by_month(rows.date, rows.value, 3)) / 3


def _production_yearly(rows: Observations) -> Floats:
    return year_on_year_pct(rows.date, rows.value)


def _derived(
    known: Known, series_id: str, name: str, title: str, unit: str, measure: Callable[[Observations], Floats]
) -> Reading:
    rows, spec = known.get(series_id), series(series_id)
    if rows is None:
        return known.absent(series_id, name=name, title=title, unit=unit)
    values = measure(rows)
    z, z10 = (standard(values, spec.frequency, known.rules) for standard in (z_two_years, z_ten_years))
    return known.reading(spec, rows, values, name=name, title=title, unit=unit, z=z, z_10y=z10)

"""What Growth reads: activity, the Sahm rule and jobless claims, and what is shown beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, Series, series
from lox_core.regimes.indicators import by_month, mean_of_last, year_on_year_pct, z_ten_years, z_two_years
from lox_core.regimes.known import Known
from lox_core.regimes.rules import Rules
from lox_core.regimes.state import Reading

Floats = NDArray[np.float64]
Sources = list[tuple[Series, Observations]]
NAME, DRIVER, SAHM, CLAIMS = "growth", "CFNAIMA3", "SAHMREALTIME", "ICSA 4w/26w"


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
        rule = rows if spec.id == SAHM else _computed_sahm(rows, known.rules[NAME])
        if rule is not None:
            found.append((spec, rule))
    return found


def _computed_sahm(rows: Observations, section: Rules) -> Observations | None:
    """Three-month mean of unemployment less the lowest such mean of the twelve months before, joined by date.

    Two months make a mean: one month was never published (October 2025). Rounded to a millionth of a point.
    """
    months = section["sahm_months"]
    recent = np.stack([by_month(rows.date, rows.value, lag) for lag in range(months["mean"])])
    count = np.isfinite(recent).sum(axis=0)
    mean = np.where(count >= months["least"], np.nansum(recent, axis=0) / np.maximum(count, 1), np.nan)
    lowest = np.full(len(mean), np.nan)
    for lag in range(1, months["lowest_of"] + 1):
        lowest = np.fmin(lowest, by_month(rows.date, mean, lag))
    rule = rows.derived(np.round(mean - lowest, 6), source=f"{rows.source}, Sahm rule computed")
    return None if rule is None else replace(rule, series_id=SAHM)


def claims_trend_pct(rows: Observations, section: Rules) -> Floats:
    """Four-week mean of initial claims over the 26-week mean, percent."""
    weeks = section["claims_weeks"]
    return (mean_of_last(rows.value, weeks["short"]) / mean_of_last(rows.value, weeks["long"]) - 1) * 100


def claims_trends(known: Known) -> Sources:
    """The claims trend, where claims are known and long enough."""
    weekly = known.get("ICSA")
    trend = None if weekly is None else weekly.derived(claims_trend_pct(weekly, known.rules[NAME]))
    return [] if trend is None else [(series("ICSA"), trend)]


def readings(known: Known, index: tuple[Series, Observations] | None) -> list[Reading]:
    """The pillar's inputs as of now, the driver first; absent ones with their reason."""
    if index is None:
        found = [known.absent(DRIVER, required=True)]
    else:
        found = [_slow(known, index, DRIVER, "CFNAI, 3 m", "index", required=True)]
    rule = known.speaking(sahm_rules(known))
    if rule is None:
        found.append(known.absent(SAHM))
    else:
        found.append(_slow(known, rule, SAHM, "Sahm rule", "percentage points"))
    yearly, section = "percent, year on year", known.rules[NAME]
    weeks, months = section["claims_weeks"], section["payroll_months"]
    claims = f"Claims, {weeks['short']} against {weeks['long']} weeks"
    payrolls = f"Payrolls, {months} m average"
    return [
        *found,
        _derived(known, "ICSA", CLAIMS, claims, "percent", lambda rows: claims_trend_pct(rows, section)),
        _derived(
            known, "PAYEMS", f"PAYEMS {months}m", payrolls, "thousands a month",
            lambda rows: (rows.value - by_month(rows.date, rows.value, months)) / months,
        ),
        _derived(
            known, "INDPRO", "INDPRO YoY", "Industrial production", yearly,
            lambda rows: year_on_year_pct(rows.date, rows.value),
        ),
    ]  # fmt: skip


def _slow(
    known: Known, one: tuple[Series, Observations], name: str, title: str, unit: str, *, required: bool = False
) -> Reading:
    """A monthly measure with the z-scores of two and of ten years."""
    spec, rows = one
    z, z10 = (standard(rows.value, spec.frequency, known.rules) for standard in (z_two_years, z_ten_years))
    return known.reading(spec, rows, name=name, title=title, unit=unit, z=z, z_10y=z10, required=required)


def _derived(
    known: Known, series_id: str, name: str, title: str, unit: str, measure: Callable[[Observations], Floats]
) -> Reading:
    rows, spec = known.get(series_id), series(series_id)
    if rows is None:
        return known.absent(series_id, name=name, title=title, unit=unit)
    values = measure(rows)
    z, z10 = (standard(values, spec.frequency, known.rules) for standard in (z_two_years, z_ten_years))
    return known.reading(spec, rows, values, name=name, title=title, unit=unit, z=z, z_10y=z10)

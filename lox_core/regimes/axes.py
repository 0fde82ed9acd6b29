"""The two axes under the macro quadrant: growth and inflation, each an average of ten-year z-scores.

Every part is a rate of change or an activity index, standardised against the ten years before it at native frequency
and laid on trading days by publication. A part that is stale or absent drops out; too few parts leave no axis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, series
from lox_core.regimes.indicators import by_month, change, z_ten_years
from lox_core.regimes.known import Known
from lox_core.regimes.pillars.growth_inputs import activities, claims_trend_pct
from lox_core.regimes.pillars.inflation import acceleration, headlines
from lox_core.regimes.state import Reading

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Axis:
    """An axis on the grid (NaN where too few parts are fresh) and its parts' readings."""

    value: Floats
    readings: list[Reading]


@dataclass(frozen=True, eq=False)
class Part:
    """One component: the series it is dated by, its rows and the values to standardise (signed so that up is up)."""

    name: str
    title: str
    unit: str
    series_id: str
    rows: Observations | None
    values: Floats | None


def growth_axis(known: Known) -> Axis:
    """CFNAI's three-month average, claims trend reversed, payrolls 3 against 12 months, production over 6 months."""
    section, index = known.rules["macro"], known.speaking(activities(known))
    claims, payrolls, output = known.get("ICSA"), known.get("PAYEMS"), known.get("INDPRO")
    short, long = section["payroll_months"]
    months = section["production_months"]
    trend = None if claims is None else -claims_trend_pct(claims, known.rules["growth"])
    parts = [
        Part("CFNAIMA3", "CFNAI, 3 m", "index", index[0].id if index else "CFNAIMA3", *_both(index and index[1])),
        Part("−ICSA trend", "Claims trend, reversed", "percent", "ICSA", claims, trend),
        Part(
            f"PAYEMS {short}m − {long}m", f"Payrolls, {short} m less {long} m pace", "thousands a month", "PAYEMS",
            payrolls, _payroll_gap(payrolls, short, long),
        ),
        Part(
            f"INDPRO {months}m", f"Industrial production, {months} m", "percent", "INDPRO",
            output, _grown_pct(output, months),
        ),
    ]  # fmt: skip
    return _average(known, parts, section["least_growth_inputs"])


def inflation_axis(known: Known) -> Axis:
    """Core 3-month pace less yearly, sticky prices' 3-month less 12-month pace, five-year breakeven over 63 days.

    Headline at or above the gate (3.5 %) forces the axis to at least zero: prices that hot are not falling inflation.
    """
    section, months = known.rules["macro"], known.rules["inflation"]["accelerating_months"]
    quick, sticky, forward = acceleration(known), known.get("STICKCPIM157SFRBATL"), known.get("T5YIE")
    short, long = section["sticky_months"]
    days = section["breakeven_days"]
    moved = None if forward is None else change(forward.value, days)
    parts = [
        Part(
            f"CPILFESL {months}m ann − YoY", f"Core, {months} m annualised less yearly", "points", "CPILFESL",
            *_both(quick),
        ),
        Part(
            f"STICKCPIM157SFRBATL {short}m − {long}m", f"Sticky prices, {short} m less {long} m pace", "points",
            "STICKCPIM157SFRBATL", sticky, _sticky_gap(sticky, short, long),
        ),
        Part(f"T5YIE Δ{days}d", f"5Y breakeven change, {days} d", "points", "T5YIE", forward, moved),
    ]  # fmt: skip
    axis = _average(known, parts, section["least_inflation_inputs"])
    rate = known.first_on_grid(headlines(known))
    return replace(axis, value=gated(axis.value, rate, section["inflation_gate_pct"]))


def gated(axis: Floats, rate_pct: Floats, gate_pct: float) -> Floats:
    """The inflation axis, at least zero on days when the headline rate is at the gate; NaN stays NaN."""
    return np.where((rate_pct >= gate_pct) & (axis < 0), 0.0, axis)


def _both(rows: Observations | None) -> tuple[Observations | None, Floats | None]:
    return rows, None if rows is None else rows.value


def _payroll_gap(rows: Observations | None, short: int, long: int) -> Floats | None:
    """Thousands a month over the short span less those over the long one."""
    if rows is None:
        return None
    pace = [(rows.value - by_month(rows.date, rows.value, months)) / months for months in (short, long)]
    gap: Floats = pace[0] - pace[1]
    return gap


def _grown_pct(rows: Observations | None, months: int) -> Floats | None:
    if rows is None:
        return None
    growth: Floats = (rows.value / by_month(rows.date, rows.value, months) - 1) * 100
    return growth


def _sticky_gap(rows: Observations | None, short: int, long: int) -> Floats | None:
    """Annualised: FRED states the monthly percent change; months never published leave their windows missing."""
    if rows is None:
        return None
    grown = np.log1p(np.stack([by_month(rows.date, rows.value, lag) for lag in range(long)]) / 100)
    pace = [np.expm1(grown[:months].sum(axis=0) * 12 / months) for months in (short, long)]
    gap: Floats = (pace[0] - pace[1]) * 100
    return gap


def _average(known: Known, parts: list[Part], least: int) -> Axis:
    columns, readings = [], []
    for part in parts:
        spec = series(part.series_id)
        if part.rows is None or part.values is None or not np.isfinite(part.values).any():
            readings.append(known.absent(part.series_id, name=part.name, title=part.title, unit=part.unit))
            continue
        z = z_ten_years(part.values, spec.frequency, known.rules)
        columns.append(known.lay(spec, part.rows).floats(z))
        readings.append(
            known.reading(spec, part.rows, part.values, name=part.name, title=part.title, unit=part.unit, z_10y=z)
        )
    if not columns:
        return Axis(np.full(len(known.grid), np.nan), readings)
    table = np.stack(columns)
    count = np.isfinite(table).sum(axis=0)
    value = np.where(count >= least, np.nansum(table, axis=0) / np.maximum(count, 1), np.nan)
    return Axis(value, readings)

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
    sources = activities(known)
    index = known.speaking(sources)
    rows = index[1] if index else None
    parts = [Part("CFNAIMA3", "CFNAI, 3 m", "index", index[0].id if index else "CFNAIMA3", *_both(rows))]
    weekly, payrolls, output = known.get("ICSA"), known.get("PAYEMS"), known.get("INDPRO")
    parts.append(
        Part(
            "−ICSA trend",
            "Claims trend, reversed",
            "percent",
            "ICSA",
            weekly,
            None if weekly is None else -claims_trend_pct(weekly),
        )
    )
    parts.append(
        Part(
            "PAYEMS 3m − 12m",
            "Payrolls, 3 m less 12 m pace",
            "thousands a month",
            "PAYEMS",
            payrolls,
            _payroll_gap(payrolls),
        )
    )
    parts.append(Part("INDPRO 6m", "Industrial production, 6 m", "percent", "INDPRO", output, _six_months(output)))
    return _average(known, parts, known.rules["macro"]["least_growth_inputs"])


def inflation_axis(known: Known) -> Axis:
    """Core 3-month pace less yearly, sticky prices' 3-month less 12-month pace, five-year breakeven over 63 days.

    Headline at or above the gate (3.5 %) forces the axis to at least zero: prices that hot are not falling inflation.
    """
    quick, sticky, forward = acceleration(known), known.get("STICKCPIM157SFRBATL"), known.get("T5YIE")
    parts = [
        Part("CPILFESL 3m ann − YoY", "Core, 3 m annualised less yearly", "points", "CPILFESL", *_both(quick)),
        Part(
            "STICKCPIM157SFRBATL 3m − 12m",
            "Sticky prices, 3 m less 12 m pace",
            "points",
            "STICKCPIM157SFRBATL",
            sticky,
            _sticky_gap(sticky),
        ),
        Part(
            "T5YIE Δ63d",
            "5Y breakeven change, 63 d",
            "points",
            "T5YIE",
            forward,
            None if forward is None else change(forward.value, 63),
        ),
    ]
    axis = _average(known, parts, known.rules["macro"]["least_inflation_inputs"])
    rate = known.first_on_grid(headlines(known))
    with np.errstate(invalid="ignore"):
        gated = np.where(rate >= known.rules["macro"]["inflation_gate_pct"], np.fmax(axis.value, 0.0), axis.value)
    return replace(axis, value=np.where(np.isfinite(axis.value), gated, np.nan))


def _both(rows: Observations | None) -> tuple[Observations | None, Floats | None]:
    return rows, None if rows is None else rows.value


def _payroll_gap(rows: Observations | None) -> Floats | None:
    if rows is None:
        return None
    pace = [(rows.value - by_month(rows.date, rows.value, months)) / months for months in (3, 12)]
    gap: Floats = pace[0] - pace[1]
    return gap


def _six_months(rows: Observations | None) -> Floats | None:
    if rows is None:
        return None
    growth: Floats = (rows.value / by_month(rows.date, rows.value, 6) - 1) * 100
    return growth


def _sticky_gap(rows: Observations | None) -> Floats | None:
    """Annualised: FRED states the monthly percent change; months never published leave their windows missing."""
    if rows is None:
        return None
    months = np.stack([by_month(rows.date, rows.value, lag) for lag in range(12)])
    grown = np.log1p(months / 100)
    gap: Floats = (np.expm1(grown[:3].sum(axis=0) * 4) - np.expm1(grown.sum(axis=0))) * 100
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

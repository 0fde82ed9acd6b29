"""Inflation: consumer prices year on year, in a severity that is not monotone (too little is as bad as high).

The year-on-year rate joins months by date: October 2025 was never published. Worse is believed at the first print,
better after two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, Series, series
from lox_core.regimes.indicators import annualised_pct, year_on_year_pct, z_ten_years, z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.pillars.climb import masked
from lox_core.regimes.pillars.frame import Findings, Track, assemble, flags_of, grey, points_of
from lox_core.regimes.pillars.inflation_rules import borders_of, classify, score_of, words
from lox_core.regimes.rules import Rules
from lox_core.regimes.state import GREY, Boundary, PillarState, Reading
from lox_core.regimes.walks import Standing

Floats = NDArray[np.float64]
NAME, DRIVER, CORE, FORWARD = "inflation", "CPIAUCNS", "CPILFESL", "T5YIFR"
OPTIONAL = ((CORE,), ("PCETRIM12M159SFRBDAL",), ("STICKCPIM157SFRBATL",), (FORWARD,), ("T5YIE",))
ACCELERATION = f"{CORE} 3m ann − YoY"
YEARLY = "percent, year on year"


def build(known: Known) -> PillarState:
    """The pillar at the as-of; grey without a fresh consumer price index.

    Each index walks on its own; on every day the first that is fresh there speaks.
    """
    section = known.rules[NAME]
    levels = tuple(section["levels"])
    found = headlines(known)
    if not found:
        readings = [known.absent(DRIVER, unit=YEARLY, required=True), *others(known)]
        return grey(NAME, levels, known, readings, known.why_missing(DRIVER, *series(DRIVER).substitutes))
    on = _flags(known, section)
    voices = [_walked(known, spec, rows, section, points_of(on, section)) for spec, rows in found]
    track = reduce(Track.or_else, (voice.track for voice in voices))
    lit = next((voice for voice in voices if voice.track.confirmed[-1] != GREY), None)
    speaking = known.speaking(found) or found[0]
    spec, rows = speaking if lit is None else (lit.spec, lit.rows)
    z, z10 = (measure(rows.value, spec.frequency, known.rules) for measure in (z_two_years, z_ten_years))
    driver = known.reading(spec, rows, name=spec.id, title="CPI", unit=YEARLY, z=z, z_10y=z10, required=True)
    reason = known.why_stale(spec, rows) if known.stale(spec, rows) else None
    if reason is None and lit is None:
        reason = WARMING.format(got=len(rows), needed=known.rules["hysteresis"]["warm_up"])
    facts = Findings(
        [driver, *others(known)],
        [] if lit is None or reason else _flips(lit, float(track.score[-1]), known.rules),
        flags_of(on),
        rule_words=words(section),
        optional=OPTIONAL,
        missing_reason=reason,
    )
    return assemble(NAME, levels, known, track, facts)


@dataclass(frozen=True, eq=False)
class Voice:
    """One index with its yearly rate, its walk laid on the grid, and where the walk ends."""

    spec: Series
    rows: Observations
    track: Track
    end: Standing


def _flips(voice: Voice, score: float, rules: Rules) -> list[Boundary]:
    rate, leave_prints = float(voice.rows.value[-1]), rules["hysteresis"]["leave_prints"]
    return borders_of(rate, voice.end, score, rules[NAME], name=voice.spec.id, leave_prints=leave_prints)


def headlines(known: Known) -> list[tuple[Series, Observations]]:
    """The yearly rate by each index that is there, the unadjusted one first."""
    rates = [(spec, yearly(rows)) for spec, rows in known.choices(DRIVER)]
    return [(spec, rate) for spec, rate in rates if rate is not None]


def _walked(known: Known, spec: Series, rows: Observations, section: Rules, points: Floats) -> Voice:
    raw, walk = classify(rows.value, section, known.rules["hysteresis"]["leave_prints"])
    steps = masked(raw, walk, rows.value, known.rules, before=12)
    z, laid = z_two_years(rows.value, spec.frequency, known.rules), known.lay(spec, rows)
    state = laid.levels(steps.confirmed)
    score = score_of(laid.floats(rows.value), state, laid.floats(z), points, section, known.rules)
    track = Track(
        laid.levels(steps.raw), state, score, laid.floats(rows.value, keep_stale=True), laid.floats(z, keep_stale=True),
        np.zeros(len(known.grid), bool),
    )  # fmt: skip
    return Voice(spec, rows, track, walk.end)


def yearly(rows: Observations) -> Observations | None:
    """Year-on-year percent, dated as the index; months without their year-ago month are left out."""
    return rows.derived(year_on_year_pct(rows.date, rows.value))


def acceleration(known: Known) -> Observations | None:
    """Core prices: three-month annualised rate less the yearly rate, points."""
    rows, months = known.get(CORE), known.rules[NAME]["accelerating_months"]
    if rows is None:
        return None
    gap = annualised_pct(rows.date, rows.value, months) - year_on_year_pct(rows.date, rows.value)
    return rows.derived(gap)


def _flags(known: Known, section: Rules) -> dict[str, NDArray[np.bool_]]:
    """Per flag, the days it is on; a missing or stale input sets none."""
    missing = np.full(len(known.grid), np.nan)
    quick, forward = acceleration(known), known.get(FORWARD)
    gap = missing if quick is None else known.lay(series(CORE), quick).floats(quick.value)
    level = missing if forward is None else known.lay(series(FORWARD), forward).floats(forward.value)
    return {
        "accelerating": gap >= section["accelerating_points"],
        "deanchoring": (level > section["deanchoring_above"]) | (level < section["deanchoring_below"]),
    }


def others(known: Known) -> list[Reading]:
    """What is shown beside the headline; monthly ones with a ten-year z besides."""
    found = []
    core, months = known.get(CORE), known.rules[NAME]["accelerating_months"]
    quick = acceleration(known)
    if core is None or quick is None:
        found += [known.absent(CORE, unit=YEARLY), known.absent(CORE, name=ACCELERATION, unit="points")]
    else:
        rate = year_on_year_pct(core.date, core.value)
        found.append(_read(known, series(CORE), core, rate, unit=YEARLY))
        title = f"Core, {months} m annualised less yearly"
        found.append(_read(known, series(CORE), quick, quick.value, name=ACCELERATION, title=title, unit="points"))
    for name in ("PCETRIM12M159SFRBDAL", "STICKCPIM157SFRBATL", FORWARD, "T5YIE"):
        rows, spec = known.get(name), series(name)
        found.append(known.absent(name) if rows is None else _read(known, spec, rows, rows.value))
    return found


def _read(
    known: Known, spec: Series, rows: Observations, values: Floats, *, name: str | None = None,
    title: str | None = None, unit: str | None = None,
) -> Reading:  # fmt: skip
    z = z_two_years(values, spec.frequency, known.rules)
    z10 = z_ten_years(values, spec.frequency, known.rules) if spec.frequency == "monthly" else None
    return known.reading(spec, rows, values, name=name, title=title, unit=unit, z=z, z_10y=z10)

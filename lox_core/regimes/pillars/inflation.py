"""Inflation: consumer prices year on year, in a severity that is not monotone (too little is as bad as high).

The year-on-year rate joins months by date: October 2025 was never published. Worse is believed at the first print,
better after two.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, Series, series
from lox_core.regimes.indicators import annualised_pct, year_on_year_pct, z_ten_years, z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.pillars.climb import masked
from lox_core.regimes.pillars.frame import Findings, Track, assemble, grey
from lox_core.regimes.rules import Rules, confirm_prints, edges, finish_score
from lox_core.regimes.state import GREY, Boundary, PillarState, Reading

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
NAME, DRIVER, CORE, FORWARD = "inflation", "CPIAUCNS", "CPILFESL", "T5YIFR"
OPTIONAL = ((CORE,), ("PCETRIM12M159SFRBDAL",), ("STICKCPIM157SFRBATL",), (FORWARD,), ("T5YIE",))
ON_TARGET, ABOVE, HIGH, DEFLATION, HOT = range(5)
RANK = np.arange(5, dtype=np.int8)
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
        readings = [known.absent(DRIVER, unit=YEARLY, required=True), *_optional(known)]
        return grey(NAME, levels, known, readings, known.why_missing(DRIVER, *series(DRIVER).substitutes))
    tracks = [_track(known, spec, rows, section) for spec, rows in found]
    track = reduce(Track.or_else, tracks)
    spec, rows = known.speaking(found) or found[0]
    z, z10 = (measure(rows.value, spec.frequency, known.rules) for measure in (z_two_years, z_ten_years))
    driver = known.reading(spec, rows, name=spec.id, title="CPI", unit=YEARLY, z=z, z_10y=z10, required=True)
    reason, last = known.why_stale(spec, rows) if known.stale(spec, rows) else None, int(track.confirmed[-1])
    if reason is None and last == GREY:
        reason = WARMING.format(got=len(rows), needed=known.rules["hysteresis"]["warm_up"])
    facts = Findings(
        [driver, *_optional(known)],
        [] if reason else _borders(float(rows.value[-1]), last, float(track.score[-1]), section, spec.id),
        _flags(known, section),
        rule_words="CPI year on year: below 1 deflation risk, from 2.5 above, 3.5 high, 5 hot",
        optional=OPTIONAL,
        missing_reason=reason,
    )
    return assemble(NAME, levels, known, track, facts)


def headlines(known: Known) -> list[tuple[Series, Observations]]:
    """The yearly rate by each index that is there, the unadjusted one first."""
    rates = [(spec, yearly(rows)) for spec, rows in known.choices(DRIVER)]
    return [(spec, rate) for spec, rate in rates if rate is not None]


def _track(known: Known, spec: Series, rows: Observations, section: Rules) -> Track:
    raw, confirmed = classify(rows.value, section, known.rules["hysteresis"]["leave_prints"])
    steps = masked(raw, confirmed, np.zeros(len(raw)), known.rules, before=12)
    z, laid = z_two_years(rows.value, spec.frequency, known.rules), known.lay(spec, rows)
    state = laid.levels(steps.confirmed)
    score = _score(laid.floats(rows.value), state, laid.floats(z), _flag_points(known, section), section, known.rules)
    return Track(
        laid.levels(steps.raw), state, score, laid.floats(rows.value, keep_stale=True), laid.floats(z, keep_stale=True),
        np.zeros(len(known.grid), bool),
    )  # fmt: skip


def yearly(rows: Observations) -> Observations | None:
    """Year-on-year percent, dated as the index; months without their year-ago month are left out."""
    return rows.derived(year_on_year_pct(rows.date, rows.value))


def classify(rate: Floats, section: Rules, leave_prints: int) -> tuple[Levels, Levels]:
    """Raw and confirmed level index per print."""
    raw = np.full(len(rate), ON_TARGET, np.int8)
    raw[rate < section["deflation_below"]] = DEFLATION
    raw[rate >= section["above_from"]] = ABOVE
    raw[rate >= section["high_from"]] = HIGH
    raw[rate >= section["hot_from"]] = HOT
    return raw, confirm_prints(raw, RANK, np.arange(len(raw)), leave_prints=leave_prints)


def acceleration(known: Known) -> Observations | None:
    """Core prices: three-month annualised rate less the yearly rate, points."""
    rows = known.get(CORE)
    if rows is None:
        return None
    gap = annualised_pct(rows.date, rows.value, 3) - year_on_year_pct(rows.date, rows.value)
    return rows.derived(gap)


def _borders_of_levels(section: Rules) -> tuple[Floats, Floats]:
    """Score band of each level: the monotone ones between their midpoints, deflation risk around its own anchor."""
    ladder = edges([section["anchors"][i] for i in (ON_TARGET, ABOVE, HIGH, HOT)])
    anchor = section["anchors"][DEFLATION]
    low = np.array([ladder[0], ladder[1], ladder[2], anchor - 10.0, ladder[3]])
    high = np.array([ladder[1], ladder[2], ladder[3], anchor + 10.0, ladder[4]])
    return low, high


def _score(rate: Floats, state: Levels, z: Floats, points: Floats, section: Rules, rules: Rules) -> Floats:
    low, high = _borders_of_levels(section)
    bottom, top = section["range"]
    above = np.interp(
        rate,
        [section["centre"], section["above_from"], section["high_from"], section["hot_from"], top],
        [0, low[ABOVE], low[HIGH], low[HOT], 100],
    )
    below = np.interp(
        rate,
        [bottom, section["deflation_below"], section["deflation_below"] + 1e-9, section["centre"]],
        [high[DEFLATION], low[DEFLATION], high[ON_TARGET], 0],
    )
    base = np.where(rate >= section["centre"], above, below)
    seat = np.maximum(state, 0)
    falling = rate < section["centre"]
    scored = finish_score(base, low[seat], high[seat], np.where(falling, -z, z), points, rules["zscore"])
    return np.where((state == GREY) | ~np.isfinite(rate), np.nan, scored)


def _borders(rate: float, state: int, score: float, section: Rules, name: str) -> list[Boundary]:
    levels = section["levels"]
    low, high = (band.tolist() for band in _borders_of_levels(section))
    cuts = {ABOVE: section["above_from"], HIGH: section["high_from"], HOT: section["hot_from"]}
    chain = [DEFLATION, ON_TARGET, ABOVE, HIGH, HOT]
    place = chain.index(state)
    found = []
    if state == DEFLATION:
        step = max(section["deflation_below"] - rate, 0.0)
        return [Boundary(levels[ON_TARGET], name, step, "points", high[ON_TARGET] - score, "2 prints")]
    if state != HOT:
        worse = chain[place + 1]
        found.append(Boundary(levels[worse], name, cuts[worse] - rate, "points", low[worse] - score, "1 print"))
    if state == ON_TARGET:
        reach = low[DEFLATION] - score
        found.append(Boundary(levels[DEFLATION], name, section["deflation_below"] - rate, "points", reach, "1 print"))
    else:
        milder = chain[place - 1]
        found.append(
            Boundary(levels[milder], name, min(cuts[state] - rate, 0.0), "points", low[state] - score, "2 prints")
        )
    return found


def _flag_points(known: Known, section: Rules) -> Floats:
    """Points of both flags on the grid."""
    total = np.zeros(len(known.grid))
    quick, forward = acceleration(known), known.get(FORWARD)
    with np.errstate(invalid="ignore"):
        if quick is not None:
            gap = known.lay(series(CORE), quick).floats(quick.value)
            total += np.where(gap >= section["accelerating_points"], section["flags"]["accelerating"], 0)
        if forward is not None:
            level = known.lay(series(FORWARD), forward).floats(forward.value)
            adrift = (level > section["deanchoring_above"]) | (level < section["deanchoring_below"])
            total += np.where(adrift, section["flags"]["deanchoring"], 0)
    return total


def _flags(known: Known, section: Rules) -> tuple[str, ...]:
    found = []
    quick, forward = acceleration(known), known.get(FORWARD)
    if quick is not None and not known.stale(series(CORE), quick) and quick.value[-1] >= section["accelerating_points"]:
        found.append("accelerating")
    if forward is not None and not known.stale(series(FORWARD), forward):
        level = forward.value[-1]
        if level > section["deanchoring_above"] or level < section["deanchoring_below"]:
            found.append("deanchoring")
    return tuple(found)


def _optional(known: Known) -> list[Reading]:
    found = []
    core, rules = known.get(CORE), known.rules
    if core is None:
        found += [known.absent(CORE, unit=YEARLY), known.absent(CORE, name=ACCELERATION, unit="points")]
    else:
        rate = year_on_year_pct(core.date, core.value)
        found.append(known.reading(series(CORE), core, rate, unit=YEARLY, z=z_two_years(rate, "monthly", rules)))
        quick = acceleration(known)
        if quick is not None:
            z = z_two_years(quick.value, "monthly", rules)
            title = "Core, 3 m annualised less yearly"
            found.append(known.reading(series(CORE), quick, name=ACCELERATION, title=title, unit="points", z=z))
    for name in ("PCETRIM12M159SFRBDAL", "STICKCPIM157SFRBATL", FORWARD, "T5YIE"):
        rows, spec = known.get(name), series(name)
        if rows is None:
            found.append(known.absent(name))
        else:
            found.append(known.reading(spec, rows, z=z_two_years(rows.value, spec.frequency, rules)))
    return found

"""Rates: how far and how violently the 10-year moves, in both directions.

Levels come from DGS10's change over 20 observations and its realised volatility. Both shocks share one severity; a
shock of the other sign replaces the present one the same day. Inversion is a flag, so it never hides a shock.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, series
from lox_core.regimes.indicators import z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.pillars.climb import Climb, masked, score_on_grid
from lox_core.regimes.pillars.frame import Findings, Track, assemble, flags_of, grey, points_of
from lox_core.regimes.pillars.rates_borders import Stand, borders_of
from lox_core.regimes.pillars.rates_inputs import SHOWN, TERM_PREMIA, backdrop
from lox_core.regimes.pillars.rates_rules import (
    DISORDERLY,
    SHOCK_DOWN,
    SHOCK_UP,
    Moves,
    bands,
    classify,
    measure,
    names,
    score_moves,
    words,
)
from lox_core.regimes.rules import Rules
from lox_core.regimes.state import GREY, PillarState, Reading
from lox_core.regimes.walks import latch

Floats = NDArray[np.float64]
NAME, DRIVER, SLOPE = "rates", "DGS10", "T10Y2Y"
OPTIONAL = (*((name,) for name in SHOWN), TERM_PREMIA)


def build(known: Known) -> PillarState:
    """The pillar at the as-of; grey without a fresh 10-year."""
    section = known.rules[NAME]
    levels = tuple(section["levels"])
    spec, rows = series(DRIVER), known.get(DRIVER)
    if rows is None:
        missing = [known.absent(DRIVER, required=True), *backdrop(known)]
        return grey(NAME, levels, known, missing, known.why_missing(DRIVER))
    moves = measure(rows.value, section)
    raw, walk = classify(moves, section, known.rules["hysteresis"])
    steps = masked(raw, walk, score_moves(moves, section), known.rules)
    z_change, z_vol = (z_two_years(part, spec.frequency, known.rules) for part in (moves.change_bp, moves.vol_bp))
    laid, on = known.lay(spec, rows), {"inversion": _inverted(known, section)}
    track = Track(
        laid.levels(steps.raw), laid.levels(steps.confirmed),
        score_on_grid(laid, steps, z_vol, points_of(on, section), bands(section), known.rules),
        laid.floats(moves.change_bp, keep_stale=True), laid.floats(z_change, keep_stale=True),
        np.zeros(len(known.grid), bool),
    )  # fmt: skip
    readings = [*_readings(known, rows, moves, z_vol, z_change), *backdrop(known)]
    return assemble(NAME, levels, known, track, _findings(known, rows, moves, steps, track, flags_of(on), readings))


def _findings(
    known: Known, rows: Observations, moves: Moves, steps: Climb, track: Track, flags: tuple[str, ...],
    readings: list[Reading],
) -> Findings:  # fmt: skip
    section, hysteresis, spec = known.rules[NAME], known.rules["hysteresis"], series(DRIVER)
    reason = known.why_stale(spec, rows) if known.stale(spec, rows) else None
    if reason is None and steps.confirmed[-1] == GREY:
        needed = max(hysteresis["warm_up"], section["change_days"] + 1)
        reason = WARMING.format(got=len(rows), needed=needed)
    drift, vol, score = float(moves.change_bp[-1]), float(moves.vol_bp[-1]), float(track.score[-1])
    quoted, quoted_raw = _quoted(known, rows, section)
    return Findings(
        [readings[0], *quoted, *readings[1:]],
        [] if reason else borders_of(Stand(drift, vol, steps.end, score, section, hysteresis)),
        flags,
        rule_words=words(section),
        deciding=() if reason else _deciding(int(steps.confirmed[-1]), section),
        optional=OPTIONAL,
        missing_reason=reason,
        quote=quoted[0] if quoted else None,
        quoted_raw=quoted_raw,
    )


def _deciding(state: int, section: Rules) -> tuple[str, ...]:
    """The measure that holds the level: the change for a shock, volatility for disorder, both elsewhere."""
    drift_name, vol_name = names(section)
    if state in (SHOCK_UP, SHOCK_DOWN):
        return (drift_name,)
    return (vol_name,) if state == DISORDERLY else (drift_name, vol_name)


def _readings(known: Known, rows: Observations, moves: Moves, z_vol: Floats, z_change: Floats) -> list[Reading]:
    spec, days = series(DRIVER), known.rules[NAME]["change_days"]
    drift, vol = names(known.rules[NAME])
    return [
        known.reading(
            spec, rows, moves.change_bp, name=drift, title=f"10Y change, {days} d", unit="bp", z=z_change, required=True
        ),
        known.reading(
            spec,
            rows,
            moves.vol_bp,
            name=vol,
            title=f"10Y realised vol, {days} d",
            unit="bp a year",
            z=z_vol,
            required=True,
        ),
        known.reading(spec, rows, required=True),
    ]


def _inverted(known: Known, section: Rules) -> NDArray[np.bool_]:
    """The days the flag is on: set on the first close below zero, cleared after five at or above it, off when stale."""
    slope = known.get(SLOPE)
    if slope is None:
        return np.zeros(len(known.grid), bool)
    state = latch(slope.value < 0, clears_after=section["inversion_clears_after"])
    return known.lay(series(SLOPE), slope).floats(state.astype(float)) > 0


def _quoted(known: Known, rows: Observations, section: Rules) -> tuple[list[Reading], int]:
    """The measures with a yield newer than the last close as one more observation, and the raw level they make.

    What is quoted of the 10-year is an end-of-day curve, as FRED's is: newer, whatever the hour, and not intraday.
    Without such a yield, or with too few closes before it, nothing and -1.
    """
    quote = known.newer(DRIVER, rows)
    if quote is None or quote.value is None or len(rows) < section["change_days"] + 1:
        return [], GREY
    moves = measure(np.append(rows.value[-section["change_days"] - 1 :], quote.value), section)
    raw, _ = classify(moves, section, known.rules["hysteresis"])
    drift, vol = names(section)
    days = section["change_days"]
    newer = replace(quote, intraday=False, z=None, z_10y=None)
    return [
        replace(newer, name=f"{drift} now", title=f"10Y change, {days} d, newer", unit="bp",
                value=float(moves.change_bp[-1])),
        replace(newer, name=f"{vol} now", title=f"10Y realised vol, {days} d, newer", unit="bp a year",
                value=float(moves.vol_bp[-1])),
        replace(newer, name=f"{DRIVER} now", title="10Y, newer than the last close"),
    ], int(raw[-1])  # fmt: skip

"""Rates: how far and how violently the 10-year moves, in both directions.

Levels come from DGS10's change over 20 observations and its realised volatility. Both shocks share one severity; a
shock of the other sign replaces the present one the same day. Inversion is a flag, so it never hides a shock.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, series
from lox_core.regimes.indicators import z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.pillars.climb import Climb, masked
from lox_core.regimes.pillars.frame import Findings, Track, assemble, grey
from lox_core.regimes.pillars.rates_inputs import SHOWN, TERM_PREMIA, backdrop
from lox_core.regimes.pillars.rates_rules import (
    CALM,
    DISORDERLY,
    RANK,
    REPRICING,
    SHOCK_DOWN,
    SHOCK_UP,
    Moves,
    classify,
    measure,
    milder_level,
    names,
    over_by,
    rank_borders,
    score_moves,
    words,
)
from lox_core.regimes.rules import Rules, latch, still_needed
from lox_core.regimes.state import GREY, Boundary, PillarState, Reading

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
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
    moves = measure(rows, section)
    raw, confirmed = classify(moves, section, known.rules["hysteresis"])
    z = z_two_years(moves.vol_bp, spec.frequency, known.rules)
    inverted = _inverted(known, rows, section)
    points = np.where(inverted, float(section["flags"]["inversion"]), 0.0)
    score = score_moves(moves, confirmed, z, points, section, known.rules)
    steps = masked(raw, confirmed, score, known.rules)
    laid = known.lay(spec, rows)
    z_change = z_two_years(moves.change_bp, spec.frequency, known.rules)
    track = Track(
        laid.levels(steps.raw), laid.levels(steps.confirmed), laid.floats(steps.score),
        laid.floats(moves.change_bp, keep_stale=True), laid.floats(z_change, keep_stale=True),
        np.zeros(len(known.grid), bool),
    )  # fmt: skip
    reason = known.why_stale(spec, rows) if known.stale(spec, rows) else None
    if reason is None and steps.confirmed[-1] == GREY:
        reason = WARMING.format(got=len(rows), needed=known.rules["hysteresis"]["warm_up"])
    flags = ("inversion",) if len(inverted) and inverted[-1] else ()
    found = Findings(
        [*_readings(known, rows, moves, z, z_change), *backdrop(known)],
        [] if reason else _borders(moves, steps, section, known.rules["hysteresis"]),
        flags,
        rule_words=words(section),
        deciding=() if reason else _deciding(int(steps.confirmed[-1]), section),
        optional=OPTIONAL,
        missing_reason=reason,
        intraday_raw=_intraday(known, rows, section),
    )
    return assemble(NAME, levels, known, track, found)


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


def _borders(moves: Moves, steps: Climb, section: Rules, hysteresis: Rules) -> list[Boundary]:
    """The moves that would flip the pillar: the entry cuts above, the exit values of the present level below."""
    drift, vol, state, at = (
        float(moves.change_bp[-1]),
        float(moves.vol_bp[-1]),
        int(steps.confirmed[-1]),
        float(steps.score[-1]),
    )
    borders, levels = rank_borders(section), section["levels"]
    drift_name, vol_name = names(section)
    out = []
    if RANK[state] < 3:
        gap = max(section["disorderly_vol_bp"] - vol, 0.0)
        out.append(Boundary(levels[DISORDERLY], vol_name, gap, "bp a year", borders[3] - at, "1 close"))
    back = abs(drift) / section["repricing"]["change_bp"] * borders[1]  # the far shock lies beyond the whole way back
    for shock, cut_bp, far in (
        (SHOCK_UP, section["shock_up_bp"], drift < 0),
        (SHOCK_DOWN, section["shock_down_bp"], drift >= 0),
    ):
        if state not in (shock, DISORDERLY):
            reach = max(borders[2] - at, 0.0) + (back if far else 0.0)
            out.append(Boundary(levels[shock], drift_name, float(cut_bp - drift), "bp", reach, "1 close"))
    if state != CALM:
        return [*out, *_exits(moves, steps, section, hysteresis)]
    cut, here = section["repricing"], steps.confirmed == CALM
    waiting = here & ((np.abs(moves.change_bp) >= cut["change_bp"]) | (moves.vol_bp >= cut["vol_bp"]))
    needs = still_needed(hysteresis["enter_days"], waiting)
    gap = max(cut["change_bp"] - abs(drift), 0.0)
    out.append(Boundary(levels[REPRICING], drift_name, gap if drift >= 0 else -gap, "bp", borders[1] - at, needs))
    out.append(
        Boundary(levels[REPRICING], vol_name, max(cut["vol_bp"] - vol, 0.0), "bp a year", borders[1] - at, needs)
    )
    return out


def _exits(moves: Moves, steps: Climb, section: Rules, hysteresis: Rules) -> list[Boundary]:
    """The moves that let the present level go, to where the exit values put it; all of them are needed."""
    state, at, here = int(steps.confirmed[-1]), float(steps.score[-1]), steps.confirmed == steps.confirmed[-1]
    drift, vol = float(moves.change_bp[-1]), float(moves.vol_bp[-1])
    drift_name, vol_name = names(section)
    over = over_by(moves, state, section)
    milder = milder_level(drift, min(vol, section["leave_disorderly_vol_bp"] - 1e-9), section)
    to = section["levels"][milder if RANK[milder] < RANK[state] else max(RANK[state] - 1, CALM)]
    needs = still_needed(hysteresis["leave_days"], over & here)
    reach = min(rank_borders(section)[RANK[state]] - at, 0.0)
    steps_out = {
        vol_name: (_vol_to_go(vol, state, section), "bp a year"),
        drift_name: (_drift_to_go(drift, state, section), "bp"),
    }
    open_steps = [(name, gap, unit) for name, (gap, unit) in steps_out.items() if gap != 0.0]
    if not open_steps:
        name = vol_name if state == DISORDERLY else drift_name
        return [Boundary(to, name, 0.0, steps_out[name][1], reach, needs)]
    return [Boundary(to, name, gap, unit, reach, needs) for name, gap, unit in open_steps]


def _vol_to_go(vol: float, state: int, section: Rules) -> float:
    cut = section["leave_repricing"]["vol_bp"] if state == REPRICING else section["leave_disorderly_vol_bp"]
    return min(float(cut) - vol, 0.0)


def _drift_to_go(drift: float, state: int, section: Rules) -> float:
    if state == SHOCK_UP:
        return min(float(section["leave_shock_up_bp"]) - drift, 0.0)
    if state == SHOCK_DOWN:
        return max(float(section["leave_shock_down_bp"]) - drift, 0.0)
    if state == REPRICING:
        inward = max(abs(drift) - float(section["leave_repricing"]["change_bp"]), 0.0)
        return -inward if drift >= 0 else inward
    return 0.0


def _inverted(known: Known, rows: Observations, section: Rules) -> NDArray[np.bool_]:
    """The inversion flag on DGS10's dates: set on the first close below zero, cleared after five at or above it."""
    slope = known.get(SLOPE)
    if slope is None:
        return np.zeros(len(rows), bool)
    state = latch(slope.value < 0, clears_after=section["inversion_clears_after"])
    place = np.searchsorted(slope.date, rows.date, "right") - 1
    recent = (place >= 0) & ((rows.date - slope.date[np.maximum(place, 0)]).astype(int) <= 7)
    return recent & state[np.maximum(place, 0)]


def _intraday(known: Known, rows: Observations, section: Rules) -> int | None:
    """The raw level with the running session's yield as one more observation."""
    quote: Reading | None = known.quotes.get(DRIVER)
    if quote is None or quote.value is None or quote.as_of is None or np.datetime64(quote.as_of, "D") <= rows.date[-1]:
        return None
    days = section["change_days"]
    if len(rows) < days + 1:
        return None
    closes = np.append(rows.value[-days - 1 :], quote.value)
    vol = float(np.std(np.diff(closes * 100)[-days:], ddof=1) * np.sqrt(252))
    drift = round((closes[-1] - closes[-1 - days]) * 100, 6)
    enter, _ = classify(Moves(np.array([drift]), np.array([vol])), section, known.rules["hysteresis"])
    return int(enter[0])

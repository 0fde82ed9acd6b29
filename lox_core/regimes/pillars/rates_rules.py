"""The rules of Rates: measures of the 10-year's moves, their levels, and the walk between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lox_core.regimes.indicators import change, realised_vol_bp
from lox_core.regimes.rules import Rules, edges
from lox_core.regimes.state import GREY
from lox_core.regimes.walks import Standing, Walk

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
CALM, REPRICING, SHOCK_UP, SHOCK_DOWN, DISORDERLY = range(5)
RANK = np.array([0, 1, 2, 2, 3], np.int8)


@dataclass(frozen=True, eq=False)
class Moves:
    """The two measures per DGS10 observation: 20-day change (bp) and realised volatility (bp a year)."""

    change_bp: Floats
    vol_bp: Floats


def measure(yield_pct: Floats, section: Rules) -> Moves:
    """The 20-observation change and the annualised deviation of the last 20 daily changes; NaN until there are 20."""
    days = section["change_days"]
    return Moves(np.round(change(yield_pct, days) * 100, 6), realised_vol_bp(yield_pct, days))


def classify(moves: Moves, section: Rules, hysteresis: Rules, start: Standing | None = None) -> tuple[Levels, Walk]:
    """Raw and confirmed level index per observation; -1 where a measure is missing, which is not calm.

    ``start`` is where an earlier walk ended.
    """
    known = np.isfinite(moves.change_bp) & np.isfinite(moves.vol_bp)
    seen = Moves(moves.change_bp[known], moves.vol_bp[known])
    raw, confirmed = np.full(len(known), GREY, np.int8), np.full(len(known), GREY, np.int8)
    raw[known] = _levels(
        seen, up=section["shock_up_bp"], down=section["shock_down_bp"], move=section["repricing"],
        disorderly=section["disorderly_vol_bp"],
    )  # fmt: skip
    walk = _walk(raw[known], seen, section, hysteresis, start)
    confirmed[known] = walk.levels
    return raw, Walk(confirmed, walk.end)


def _stay(moves: Moves, section: Rules) -> Levels:
    return _levels(
        moves, up=section["leave_shock_up_bp"], down=section["leave_shock_down_bp"], move=section["leave_repricing"],
        disorderly=section["leave_disorderly_vol_bp"],
    )  # fmt: skip


def _levels(moves: Moves, *, up: float, down: float, move: Rules, disorderly: float) -> Levels:
    drift, vol = moves.change_bp, moves.vol_bp
    level = _moving(moves, move)
    level = np.where(drift >= up, SHOCK_UP, level)
    level = np.where(drift <= down, SHOCK_DOWN, level)
    return np.where(vol >= disorderly, DISORDERLY, level).astype(np.int8)


def _moving(moves: Moves, move: Rules) -> Levels:
    """Repricing or calm, whatever shock there is besides."""
    on = (np.abs(moves.change_bp) >= move["change_bp"]) | (moves.vol_bp >= move["vol_bp"])
    return np.where(on, REPRICING, CALM).astype(np.int8)


def _walk(enter: Levels, moves: Moves, section: Rules, hysteresis: Rules, start: Standing | None) -> Walk:
    """The asymmetric machine over severity ranks, minding the sign of a shock.

    A shock holds while its own exit value is met or volatility has not fallen below that of disorder. Leaving goes
    to the level the exit values imply where that is milder; the other shock is not, it has its own entry to meet, so
    a shock past the other's exit value leaves to repricing or calm.
    """
    out = np.empty(len(enter), np.int8)
    begin = start or Standing(int(enter[0]) if len(enter) else CALM)
    state, up, down = begin.state, begin.up, begin.down
    rank = RANK.tolist()
    holds = np.stack([~over_by(moves, state, section) for state in range(5)]).T.tolist()
    milder = np.stack([_stay(moves, section), _moving(moves, section["leave_repricing"])]).T.tolist()
    for i, level in enumerate(enter.tolist()):
        other_shock = rank[level] == rank[state] and level != state
        up = up + 1 if rank[level] > rank[state] else 0
        down = 0 if holds[i][state] else down + 1
        worse = rank[level] > rank[state] and (
            level >= SHOCK_UP
            or rank[level] - rank[state] >= hysteresis["immediate_jump"]
            or up >= hysteresis["enter_days"]
        )
        if worse or other_shock:
            state, up, down = level, 0, 0
        elif down >= hysteresis["leave_days"]:
            implied, without_shock = milder[i]
            state, up, down = (implied if rank[implied] < rank[state] else without_shock), 0, 0
        out[i] = state
    return Walk(out, Standing(state, up, down))


def over_by(moves: Moves, state: int, section: Rules) -> NDArray[np.bool_]:
    """Per observation, whether a level's own exit test is met: what five closes in a row let go.

    Repricing: the change inside ±20 bp and volatility below 90. A shock: the change past its exit value and
    volatility below that of disorder, so that a shock on the way into disorder is not called over.
    """
    drift, leave = moves.change_bp, section["leave_repricing"]
    quiet = moves.vol_bp < section["leave_disorderly_vol_bp"]
    if state == REPRICING:
        over = (np.abs(drift) < leave["change_bp"]) & (moves.vol_bp < leave["vol_bp"])
    elif state == SHOCK_UP:
        over = quiet & (drift < section["leave_shock_up_bp"])
    elif state == SHOCK_DOWN:
        over = quiet & (drift > section["leave_shock_down_bp"])
    else:
        over = quiet if state == DISORDERLY else np.zeros(len(drift), bool)
    met: NDArray[np.bool_] = over
    return met


def score_moves(moves: Moves, section: Rules) -> Floats:
    """The worse of the two measures, each linear between the borders of calm, repricing, shock and disorderly.

    NaN where a measure is missing.
    """
    borders = rank_borders(section)
    drift = np.abs(moves.change_bp)
    shock = np.where(moves.change_bp >= 0, section["shock_up_bp"], -section["shock_down_bp"])
    move, reach = section["repricing"], section["range"]
    low = drift / move["change_bp"] * borders[1]
    middle = borders[1] + (drift - move["change_bp"]) / (shock - move["change_bp"]) * (borders[2] - borders[1])
    high = borders[2] + (drift - shock) / (reach["change_bp"] - shock) * (borders[3] - borders[2])
    by_drift = np.select([drift < move["change_bp"], drift < shock], [low, middle], np.minimum(high, borders[3]))
    by_vol = np.interp(
        moves.vol_bp,
        [0, move["vol_bp"], section["disorderly_vol_bp"], reach["vol_bp"]],
        [0, borders[1], borders[3], 100],
    )
    worst: Floats = np.maximum(by_drift, by_vol)
    return worst


def bands(section: Rules) -> tuple[Floats, Floats]:
    """Lower and upper score border of each level; both shocks share one band."""
    borders = np.asarray(rank_borders(section))
    return borders[RANK], borders[RANK + 1]


def names(section: Rules) -> tuple[str, str]:
    """Names of the two measures: ``DGS10 Δ20d`` and ``DGS10 vol20d``."""
    days = section["change_days"]
    return f"DGS10 Δ{days}d", f"DGS10 vol{days}d"


def rank_borders(section: Rules) -> list[float]:
    """Score borders of the four severities: calm, repricing, shock, disorderly."""
    return edges([section["anchors"][i] for i in (CALM, REPRICING, SHOCK_UP, DISORDERLY)])


def words(section: Rules) -> str:
    """The rule in words."""
    return (
        f"repricing at ±{section['repricing']['change_bp']} bp in {section['change_days']} days or "
        f"{section['repricing']['vol_bp']} bp of yearly volatility, shock at +{section['shock_up_bp']} or "
        f"−{-section['shock_down_bp']} bp, disorderly at {section['disorderly_vol_bp']} bp of volatility; a shock "
        f"is over past +{section['leave_shock_up_bp']} or −{-section['leave_shock_down_bp']} bp with volatility "
        f"below {section['leave_disorderly_vol_bp']}"
    )

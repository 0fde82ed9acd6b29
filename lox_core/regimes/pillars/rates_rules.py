"""The rules of Rates: measures of the 10-year's moves, their levels, and the walk between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations
from lox_core.regimes.indicators import change, realised_vol_bp
from lox_core.regimes.rules import Rules, edges, finish_score

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
CALM, REPRICING, SHOCK_UP, SHOCK_DOWN, DISORDERLY = range(5)
RANK = np.array([0, 1, 2, 2, 3], np.int8)


@dataclass(frozen=True, eq=False)
class Moves:
    """The two measures per DGS10 observation: 20-day change (bp) and realised volatility (bp a year)."""

    change_bp: Floats
    vol_bp: Floats


def measure(rows: Observations, section: Rules) -> Moves:
    """The 20-observation change and the annualised deviation of the last 20 daily changes."""
    days = section["change_days"]
    return Moves(np.round(change(rows.value, days) * 100, 6), realised_vol_bp(rows.value, days))


def classify(moves: Moves, section: Rules, hysteresis: Rules) -> tuple[Levels, Levels]:
    """Raw and confirmed level index per observation; observations without both measures read as calm."""
    drift, vol = np.nan_to_num(moves.change_bp), np.nan_to_num(moves.vol_bp)
    enter = _levels(
        drift, vol, up=section["shock_up_bp"], down=section["shock_down_bp"],
        move=section["repricing"], disorderly=section["disorderly_vol_bp"],
    )  # fmt: skip
    stay = _stay(drift, vol, section)
    return enter, _walk(enter, stay, drift, vol, section, hysteresis)


def _stay(drift: Floats, vol: Floats, section: Rules) -> Levels:
    return _levels(
        drift, vol, up=section["leave_shock_up_bp"], down=section["leave_shock_down_bp"],
        move=section["leave_repricing"], disorderly=section["leave_disorderly_vol_bp"],
    )  # fmt: skip


def _levels(drift: Floats, vol: Floats, *, up: float, down: float, move: Rules, disorderly: float) -> Levels:
    level = np.where((np.abs(drift) >= move["change_bp"]) | (vol >= move["vol_bp"]), REPRICING, CALM)
    level = np.where(drift >= up, SHOCK_UP, level)
    level = np.where(drift <= down, SHOCK_DOWN, level)
    return np.where(vol >= disorderly, DISORDERLY, level).astype(np.int8)


def _walk(enter: Levels, stay: Levels, drift: Floats, vol: Floats, section: Rules, hysteresis: Rules) -> Levels:
    """The asymmetric machine over severity ranks, minding the sign of a shock.

    ``stay`` is the level the exit cuts imply. A shock holds while its own exit value is met or volatility has not
    fallen below that of disorder.
    """
    out = np.empty(len(enter), np.int8)
    state, up, down = (int(enter[0]) if len(enter) else CALM), 0, 0
    rank = RANK.tolist()
    moves = Moves(drift, vol)
    holds = np.stack([~over_by(moves, state, section) for state in range(5)]).T.tolist()
    for i, (level, held) in enumerate(zip(enter.tolist(), stay.tolist(), strict=True)):
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
            state, up, down = held, 0, 0
        out[i] = state
    return out


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


def milder_level(drift: float, vol: float, section: Rules) -> int:
    """The level the exit values imply for one pair of measures."""
    return int(_stay(np.array([drift]), np.array([vol]), section)[0])


def score_moves(moves: Moves, state: Levels, z: Floats, points: Floats, section: Rules, rules: Rules) -> Floats:
    """The worse of the two measures, each linear between the borders of calm, repricing, shock and disorderly."""
    borders = rank_borders(section)
    drift, vol = np.abs(np.nan_to_num(moves.change_bp)), np.nan_to_num(moves.vol_bp)
    shock = np.where(np.nan_to_num(moves.change_bp) >= 0, section["shock_up_bp"], -section["shock_down_bp"])
    move, reach = section["repricing"], section["range"]
    low = drift / move["change_bp"] * borders[1]
    middle = borders[1] + (drift - move["change_bp"]) / (shock - move["change_bp"]) * (borders[2] - borders[1])
    high = borders[2] + (drift - shock) / (reach["change_bp"] - shock) * (borders[3] - borders[2])
    by_drift = np.select([drift < move["change_bp"], drift < shock], [low, middle], np.minimum(high, borders[3]))
    by_vol = np.interp(
        vol, [0, move["vol_bp"], section["disorderly_vol_bp"], reach["vol_bp"]], [0, borders[1], borders[3], 100]
    )
    rank = RANK[state]
    bounds = np.asarray(borders)
    return finish_score(np.maximum(by_drift, by_vol), bounds[rank], bounds[rank + 1], z, points, rules["zscore"])


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

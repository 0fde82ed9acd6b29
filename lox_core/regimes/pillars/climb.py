"""A one-driver ladder: cuts and exit values on a single reading (Volatility, Credit)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lox_core.regimes.rules import Rules, confirm, edges, finish_score, ladder, still_needed
from lox_core.regimes.state import GREY, Boundary

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Climb:
    """Raw and confirmed level (-1 while warming up) and score (NaN then) per observation."""

    raw: Levels
    confirmed: Levels
    score: Floats


def climb(values: Floats, z: Floats, flag_points: Floats, section: Rules, rules: Rules) -> Climb:
    """Walk a ladder. ``section`` holds ``enter``, ``leave``, ``anchors`` and ``range`` in the values' unit."""
    raw = ladder(values, section["enter"])
    stay = np.maximum(ladder(values, section["leave"]), raw)
    state = confirm(raw, stay, top=len(section["levels"]) - 1, hysteresis=rules["hysteresis"])
    borders = np.asarray(edges(section["anchors"]))
    base = score_of(values, section)
    score = finish_score(base, borders[state], borders[state + 1], z, flag_points, rules["zscore"])
    return masked(raw, state, score, rules)


def masked(raw: Levels, confirmed: Levels, score: Floats, rules: Rules, *, before: int = 0) -> Climb:
    """Take the labels away from the first ``warm_up`` observations of the series, ``before`` of which have no row."""
    cold = np.arange(len(raw)) + before < rules["hysteresis"]["warm_up"]
    return Climb(
        np.where(cold, GREY, raw).astype(np.int8),
        np.where(cold, GREY, confirmed).astype(np.int8),
        np.where(cold, np.nan, score),
    )


def score_of(values: Floats, section: Rules) -> Floats:
    """The level's own score, 0-100: linear between the cuts, which sit midway between anchors."""
    low, high = section["range"]
    points: Floats = np.interp(values, [low, *section["enter"], high], edges(section["anchors"]))
    return points


def borders_of(values: Floats, steps: Climb, section: Rules, *, name: str, unit: str, rules: Rules) -> list[Boundary]:
    """What flips a ladder: up at the next entry cut, down below the present level's exit value.

    A distance already covered is 0, and ``needs`` says how many more closes the rule waits for.
    """
    levels, hysteresis = section["levels"], rules["hysteresis"]
    state, value, score = int(steps.confirmed[-1]), float(values[-1]), float(steps.score[-1])
    here = steps.confirmed == state
    found = []
    if state < len(levels) - 1:
        cut = float(section["enter"][state])
        at_once = state + 1 >= len(levels) - hysteresis["immediate_levels"]
        needs = "1 close" if at_once else still_needed(hysteresis["enter_days"], here & (values >= cut))
        reach = float(score_of(np.array([cut]), section)[0]) - score
        found.append(Boundary(levels[state + 1], name, max(cut - value, 0.0), unit, reach, needs))
    if state > 0:
        leave = float(section["leave"][state - 1])
        reach = min(float(score_of(np.array([min(leave, value)]), section)[0]) - score, 0.0)
        needs = still_needed(hysteresis["leave_days"], here & (values < leave))
        milder = int(ladder(np.array([min(leave - 1e-9, value)]), section["leave"])[0])
        found.append(Boundary(levels[milder], name, min(leave - value, 0.0), unit, reach, needs))
    return found

"""A one-driver ladder: cuts and exit values on a single reading (Volatility, Credit)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lox_core.regimes.known import Laid
from lox_core.regimes.rules import Rules, edges, finish_score, ladder
from lox_core.regimes.state import GREY, Boundary
from lox_core.regimes.walks import TRIED_CLOSES, Standing, Walk, across, confirm, counted, first_flip, way_to

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Climb:
    """Raw and confirmed level (-1 while warming up) and the level's own score per observation; where the walk ends."""

    raw: Levels
    confirmed: Levels
    base: Floats
    end: Standing


def climb(values: Floats, section: Rules, rules: Rules) -> Climb:
    """Walk a ladder. ``section`` holds ``enter``, ``leave``, ``anchors`` and ``range`` in the values' unit."""
    raw = ladder(values, section["enter"])
    walk = _walked(values, section, rules)
    return masked(raw, walk, score_of(values, section), rules)


def _walked(values: Floats, section: Rules, rules: Rules, start: Standing | None = None) -> Walk:
    raw = ladder(values, section["enter"])
    stay = np.maximum(ladder(values, section["leave"]), raw)
    return confirm(raw, stay, top=len(section["levels"]) - 1, hysteresis=rules["hysteresis"], start=start)


def masked(raw: Levels, walk: Walk, base: Floats, rules: Rules, *, before: int = 0) -> Climb:
    """Take the labels away from the first ``warm_up`` observations of the series, ``before`` of which have no row."""
    cold = np.arange(len(raw)) + before < rules["hysteresis"]["warm_up"]
    return Climb(
        np.where(cold, GREY, raw).astype(np.int8), np.where(cold, GREY, walk.levels).astype(np.int8), base, walk.end
    )


def score_of(values: Floats, section: Rules) -> Floats:
    """The level's own score, 0-100: linear between the cuts, which sit midway between anchors."""
    low, high = section["range"]
    points: Floats = np.interp(values, [low, *section["enter"], high], edges(section["anchors"]))
    return points


def score_on_grid(
    laid: Laid, steps: Climb, z: Floats, points: Floats, bands: tuple[Floats, Floats], rules: Rules
) -> Floats:
    """The confirmed level's score per day, raised by the driver's ``z`` and by flags; NaN where grey.

    ``z`` is per observation, ``points`` of the flags per grid day, ``bands`` the score borders by level.
    """
    state = laid.levels(steps.confirmed)
    seat = np.maximum(state, 0)
    low, high = bands
    scored = finish_score(laid.floats(steps.base), low[seat], high[seat], laid.floats(z), points, rules["zscore"])
    return np.where(state == GREY, np.nan, scored)


def borders_of(
    value: float, end: Standing, score: float, section: Rules, *, name: str, unit: str, rules: Rules
) -> list[Boundary]:
    """What flips a ladder: up at the next entry cut, down below the present level's exit value.

    A distance already covered is 0. Where each leads, and after how many closes, is what the walk itself does there.
    """
    state = end.state
    ways, found = [], []
    if state < len(section["levels"]) - 1:
        ways.append(way_to(value, float(section["enter"][state]), above=True, reaching=True))
    if state > 0:
        ways.append(way_to(value, float(section["leave"][state - 1]), above=False, reaching=False))
    for way in ways:
        ahead = np.full(TRIED_CLOSES, across(value, way))
        flip = first_flip(_walked(ahead, section, rules, end).levels, state)
        if flip is not None:
            reach = float(score_of(np.array([value + way]), section)[0]) - score
            reach = max(reach, 0.0) if flip.level > state else min(reach, 0.0)
            needs = counted(flip, "close", there=way == 0)
            found.append(Boundary(section["levels"][flip.level], name, way, unit, reach, needs))
    return found

"""Thresholds and the state machines that turn readings into confirmed regimes.

Severity is asymmetric: the top two levels (or a jump of two) are entered the same day, lower ones after two days at
the cut, and a level is left only after five days beyond its exit value. Machines walk observations in order and look
only backwards, so appending future rows never changes a past label. Source: docs/methodology.md, "Hysteresis".
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rules = Mapping[str, Any]
Floats = NDArray[np.float64]
Levels = NDArray[np.int8]


@lru_cache(maxsize=1)
def default_rules() -> Rules:
    """The thresholds of ``thresholds.toml``."""
    text = Path(__file__).with_name("thresholds.toml").read_text(encoding="utf-8")
    rules: Rules = tomllib.loads(text)
    return rules


def ladder(values: Floats, cuts: list[float]) -> Levels:
    """How many of the ascending ``cuts`` each value has reached: 0 to ``len(cuts)``. Values must be finite."""
    return np.searchsorted(np.asarray(cuts, float), values, side="right").astype(np.int8)


def confirm(raw: Levels, stay: Levels, *, top: int, hysteresis: Rules, one_down: bool = False) -> Levels:
    """Confirmed level per observation for a monotone ladder.

    Parameters
    ----------
    raw : ndarray of int8, shape (n,)
        Level by the entry cuts.
    stay : ndarray of int8, shape (n,)
        Level by the exit cuts, ``stay >= raw``.
    top : int
        Index of the most severe level.
    hysteresis : mapping
        ``enter_days``, ``leave_days``, ``immediate_levels``, ``immediate_jump``.
    one_down : bool
        Leave to the next milder level instead of the one the exit cuts imply (Funding).

    Returns
    -------
    ndarray of int8, shape (n,)
        Starts at the first raw level.
    """
    enter_days, leave_days = hysteresis["enter_days"], hysteresis["leave_days"]
    at_once = top + 1 - hysteresis["immediate_levels"]
    jump = hysteresis["immediate_jump"]
    out = np.empty(len(raw), np.int8)
    state, up, down = (int(raw[0]) if len(raw) else 0), 0, 0
    for i, (level, held) in enumerate(zip(raw.tolist(), stay.tolist(), strict=True)):
        up = up + 1 if level > state else 0
        down = down + 1 if held < state else 0
        if level > state and (level >= at_once or level - state >= jump or up >= enter_days):
            state, up, down = level, 0, 0
        elif down >= leave_days:
            state, up, down = (state - 1 if one_down else held), 0, 0
        out[i] = state
    return out


def confirm_prints(raw: Levels, rank: Levels, print_no: NDArray[np.int64], *, leave_prints: int) -> Levels:
    """Confirmed level where observations come as prints: worse at once, better after ``leave_prints`` prints.

    Parameters
    ----------
    raw : ndarray of int8, shape (n,)
        Level index at each step; steps may be finer than prints (weekly claims between monthly prints).
    rank : ndarray of int8
        Severity rank by level index; equal ranks replace each other at once.
    print_no : ndarray of int64, shape (n,)
        How many prints had appeared by each step, non-decreasing.
    leave_prints : int
        Prints that must come while the reading is milder; one already out when it eased does not count.
    """
    out = np.empty(len(raw), np.int8)
    state = int(raw[0]) if len(raw) else 0
    milder_prints, before = 0, -1
    for i, (level, number) in enumerate(zip(raw.tolist(), print_no.tolist(), strict=True)):
        if rank[level] >= rank[state]:
            state, milder_prints = level, 0
        elif number > before:
            milder_prints += 1
            if milder_prints >= leave_prints:
                state, milder_prints = level, 0
        before = number
        out[i] = state
    return out


def latch(on: NDArray[np.bool_], *, clears_after: int) -> NDArray[np.bool_]:
    """A flag set on its first day and cleared after ``clears_after`` consecutive days without it."""
    out = np.empty(len(on), bool)
    state, off = False, 0
    for i, now in enumerate(on.tolist()):
        off = 0 if now else off + 1
        state = now or (state and off < clears_after)
        out[i] = state
    return out


def trailing(condition: NDArray[np.bool_]) -> int:
    """How many observations at the end meet ``condition`` without a break."""
    misses = np.flatnonzero(~condition)
    return len(condition) - (int(misses[-1]) + 1 if len(misses) else 0)


def still_needed(days: int, condition: NDArray[np.bool_]) -> str:
    """Words for the closes a waiting rule still wants: ``2 more closes``."""
    left = max(days - trailing(condition), 1)
    return f"{left} more close" + ("s" if left > 1 else "")


def edges(anchors: list[float]) -> list[float]:
    """Score borders of levels with these anchors: 0, the midpoints, 100.

    >>> edges([10, 30, 50, 70, 90])
    [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    middles = [(a + b) / 2 for a, b in pairwise(anchors)]
    return [0.0, *middles, 100.0]


def finish_score(base: Floats, low: Floats, high: Floats, z: Floats, flag_points: Floats, zscore: Rules) -> Floats:
    """Score inside its confirmed level's band ``[low, high)``: the level's reading, raised by z and flags.

    z raises by ``clip(points_per_sigma * (z - raises_from), 0, points_at_most)`` and a missing z raises nothing;
    neither z nor a flag crosses into another level. A NaN ``base`` stays NaN.
    """
    lift = np.clip(
        zscore["points_per_sigma"] * (np.nan_to_num(z, nan=0.0) - zscore["raises_from"]), 0, zscore["points_at_most"]
    )
    ceiling = np.where(high >= 100, 100.0, high - 0.1)
    scored: Floats = np.clip(np.clip(base, low, ceiling) + lift + flag_points, low, ceiling)
    return scored


def band_states(scores: Floats, cuts: list[float], hysteresis: float) -> Levels:
    """Band index per day with ±hysteresis around each cut; -1 where the score is NaN.

    Up past a cut needs ``score > cut + hysteresis``, down needs ``score < cut - hysteresis`` (at the first score, or
    after a gap, the plain cut decides; a score on a cut belongs to the lower band).
    """
    out = np.full(len(scores), -1, np.int8)
    plain = np.searchsorted(np.asarray(cuts, float), scores, side="left")
    up = np.searchsorted(np.asarray(cuts, float) + hysteresis, scores, side="left")
    down = np.searchsorted(np.asarray(cuts, float) - hysteresis, scores, side="left")
    state = -1
    for i, known in enumerate(np.isfinite(scores).tolist()):
        if not known:
            state = -1
        elif state < 0:
            state = int(plain[i])
        else:
            state = min(max(state, int(up[i])), int(down[i]))
        out[i] = state
    return out

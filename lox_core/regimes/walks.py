"""The state machines that turn readings into confirmed regimes, and what they would do next.

Severity is asymmetric: the top two levels (or a jump of two) are entered the same day, lower ones after two days at
the cut, and a level is left only after five days beyond its exit value. Machines walk observations in order and look
only backwards, so appending future rows never changes a past label. Each says where it ends, so that the same walk
can be continued over readings that have not come: boundaries are told by trying, never by a second set of rules.
Source: docs/methodology.md, "Hysteresis".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lox_core.regimes.rules import Levels, Rules

TRIED_CLOSES = 24  # more than the longest wait: a window of five to empty, then five closes to leave
BOTH = ", and the other measure"  # said after the wait of a flip that takes two measures
HAIR = 1e-9  # what lies beyond a cut that must be passed and not only reached


@dataclass(frozen=True)
class Standing:
    """Where a walk stands: its level, and what has been counted towards the next.

    ``up`` and ``down`` are the consecutive closes worse than the level and beyond its exit. Of a walk over prints,
    ``down`` counts those that came while the reading was milder and ``number`` is the last print seen.
    """

    state: int
    up: int = 0
    down: int = 0
    number: int = -1


@dataclass(frozen=True, eq=False)
class Walk:
    """Confirmed level per observation, and where the walk ends."""

    levels: Levels
    end: Standing


@dataclass(frozen=True)
class Flip:
    """The first change of a continued walk: after how many steps, and to which level."""

    steps: int
    level: int


def confirm(
    raw: Levels, stay: Levels, *, top: int, hysteresis: Rules, one_down: bool = False, start: Standing | None = None
) -> Walk:
    """Walk a monotone ladder.

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
    start : Standing, optional
        Where an earlier walk ended; without it the walk starts at the first raw level.
    """
    enter_days, leave_days = hysteresis["enter_days"], hysteresis["leave_days"]
    at_once = top + 1 - hysteresis["immediate_levels"]
    jump = hysteresis["immediate_jump"]
    out = np.empty(len(raw), np.int8)
    begin = start or Standing(int(raw[0]) if len(raw) else 0)
    state, up, down = begin.state, begin.up, begin.down
    for i, (level, held) in enumerate(zip(raw.tolist(), stay.tolist(), strict=True)):
        up = up + 1 if level > state else 0
        down = down + 1 if held < state else 0
        if level > state and (level >= at_once or level - state >= jump or up >= enter_days):
            state, up, down = level, 0, 0
        elif down >= leave_days:
            state, up, down = (state - 1 if one_down else held), 0, 0
        out[i] = state
    return Walk(out, Standing(state, up, down))


def confirm_prints(
    raw: Levels, rank: Levels, print_no: NDArray[np.int64], *, leave_prints: int, start: Standing | None = None
) -> Walk:
    """Walk observations that come as prints: worse at once, better after ``leave_prints`` prints.

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
    start : Standing, optional
        Where an earlier walk ended; without it the walk starts at the first raw level.
    """
    out = np.empty(len(raw), np.int8)
    begin = start or Standing(int(raw[0]) if len(raw) else 0)
    state, milder_prints, before = begin.state, begin.down, begin.number
    for i, (level, number) in enumerate(zip(raw.tolist(), print_no.tolist(), strict=True)):
        if rank[level] >= rank[state]:
            state, milder_prints = level, 0
        elif number > before:
            milder_prints += 1
            if milder_prints >= leave_prints:
                state, milder_prints = level, 0
        before = number
        out[i] = state
    return Walk(out, Standing(state, 0, milder_prints, before))


def latch(on: NDArray[np.bool_], *, clears_after: int) -> NDArray[np.bool_]:
    """A flag set on its first day and cleared after ``clears_after`` consecutive days without it."""
    out = np.empty(len(on), bool)
    state, off = False, 0
    for i, now in enumerate(on.tolist()):
        off = 0 if now else off + 1
        state = now or (state and off < clears_after)
        out[i] = state
    return out


def first_flip(ahead: Levels, state: int) -> Flip | None:
    """The first step of a continued walk that is another level than ``state``; None where it stays."""
    places = np.flatnonzero(ahead != state)
    return Flip(int(places[0]) + 1, int(ahead[places[0]])) if len(places) else None


def flip_by_prints(level: int, rank: Levels, end: Standing, *, leave_prints: int) -> Flip | None:
    """What a walk over prints does where every print to come reads ``level``."""
    count = leave_prints + 1
    ahead = confirm_prints(
        np.full(count, level, np.int8), rank, end.number + 1 + np.arange(count), leave_prints=leave_prints, start=end
    )
    return first_flip(ahead.levels, end.state)


def counted(flip: Flip, unit: str, *, there: bool) -> str:
    """Words for the wait of a flip: ``2 closes``, or ``1 more print`` where the reading is ``there`` already."""
    return f"{flip.steps} {'more ' if there else ''}{unit}{'s' if flip.steps > 1 else ''}"


def way_to(value: float, cut: float, *, above: bool, reaching: bool) -> float:
    """The signed step that takes a value across a cut, ``above`` or below it; 0 where it is across already.

    ``reaching`` says whether standing on the cut is enough; where it is not, a value on it is a hair away.
    """
    past = value > cut if above else value < cut
    if past or (reaching and value == cut):
        return 0.0
    return (cut - value) or (HAIR if above else -HAIR)


def across(value: float, way: float) -> float:
    """A value just beyond the end of its way, so that a cut to be passed is passed whatever the rounding."""
    return value + way + (HAIR if way > 0 else -HAIR if way < 0 else 0.0)

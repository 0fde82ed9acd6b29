"""The growth and inflation quadrant: by today's axes, and confirmed over monthly rounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lox_core.regimes.known import Known
from lox_core.regimes.rules import Rules
from lox_core.regimes.state import GREY

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
GOLDILOCKS, REFLATION, STAGFLATION, SLOWDOWN, TRANSITION = range(5)
ROUNDS = ("PAYEMS", "CPILFESL", "CPIAUCNS")


def quadrant_of(growth: float, inflation: float, transition_axis: float) -> int:
    """The quadrant by today's axes alone; transition where either is nearer to zero than ``transition_axis``."""
    if min(abs(growth), abs(inflation)) < transition_axis:
        return TRANSITION
    return by_sign(growth, inflation)


def by_sign(growth: float, inflation: float) -> int:
    """The quadrant the axes' signs point to; zero counts as positive."""
    if growth >= 0:
        return REFLATION if inflation >= 0 else GOLDILOCKS
    return STAGFLATION if inflation >= 0 else SLOWDOWN


def walk_quadrants(growth: Floats, inflation: Floats, print_no: NDArray[np.int64], rules: Rules) -> Levels:
    """Confirmed quadrant per day: another one after ``switch_prints`` monthly prints, or at once when decisive.

    The prints counted are those that come while the axes read another quadrant than the one in force, the print that
    began it included; which other one does not matter (a reading that wavers between slowdown and transition has
    left goldilocks all the while), and the switch goes to what is read then. One day back in the quadrant in force
    starts the count again. Decisive: both axes beyond ``decisive_axis``. -1 while an axis is missing; the walk then
    starts afresh.
    """
    out = np.full(len(growth), GREY, np.int8)
    state, prints, before = GREY, 0, -1
    for i, (g, p, number) in enumerate(zip(growth.tolist(), inflation.tolist(), print_no.tolist(), strict=True)):
        if not (np.isfinite(g) and np.isfinite(p)):
            state, prints, before = GREY, 0, number
            continue
        now = quadrant_of(g, p, rules["transition_axis"])
        if state in (GREY, now):
            state, prints = now, 0
        else:
            prints += number > before
            decisive = now != TRANSITION and min(abs(g), abs(p)) > rules["decisive_axis"]
            if decisive or prints >= rules["switch_prints"]:
                state, prints = now, 0
        before = number
        out[i] = state
    return out


def print_numbers(known: Known) -> NDArray[np.int64]:
    """How many monthly rounds have been published by each day, counted on payrolls (else core prices)."""
    for name in ROUNDS:
        rows = known.get(name)
        if rows is not None:
            return known.prints(rows)
    return np.zeros(len(known.grid), np.int64)

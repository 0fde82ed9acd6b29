"""How far a pillar stands from another level, in the words of the input that would move it."""

from __future__ import annotations

import numpy as np

from lox_core import numbers
from lox_core.regimes.rules import default_rules
from lox_core.regimes.state import Boundary, PillarState, word

IN_BP = ("credit", "rates", "funding")


def distance(state: PillarState, boundary: Boundary) -> str:
    """How far the input is from a boundary, in its own unit; yields and spreads in basis points."""
    return numbers.change(boundary.distance, boundary.unit, spread=state.name in IN_BP)


def moved(state: PillarState, boundary: Boundary) -> str:
    """The input's move that would flip a pillar; an input past its boundary need only stay there."""
    way = "stays there" if boundary.distance == 0 else distance(state, boundary)
    return f"{title_of(state, boundary.input)} {way}"


def way_to(state: PillarState, boundary: Boundary) -> str:
    """``+38 bp to Cautious``; past it already, how long it must hold: ``Normal after 4 more closes``."""
    if boundary.distance == 0:
        return f"{word(boundary.regime)} after {boundary.needs}"
    return f"{distance(state, boundary)} to {word(boundary.regime)}"


def title_of(state: PillarState, name: str) -> str:
    """An input's short title."""
    return state.inputs[name].title if name in state.inputs else name


def daily_moves(state: PillarState, boundary: Boundary) -> float | None:
    """The distance in typical daily moves of its input: standard deviations of a year's daily changes.

    Known for the pillar's driver alone, whose history is at hand; estimated days are left out. None for any other
    input, below 60 changes, and where nothing has moved.
    """
    if next(iter(state.inputs), None) != boundary.input or state.history.empty:
        return None
    section = default_rules()["flips"]
    stated = state.history["value"].where(~state.history["proxy"].astype(bool))
    changes = stated.diff().to_numpy(float)[-section["changes"] :]
    changes = changes[np.isfinite(changes)]
    typical = float(np.std(changes, ddof=1)) if len(changes) >= section["least_changes"] else 0.0
    return abs(boundary.distance) / typical if typical > 0 else None

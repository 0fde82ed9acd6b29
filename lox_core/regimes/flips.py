"""How far a pillar stands from another level, in the words of the input that would move it."""

from __future__ import annotations

from lox_core import numbers
from lox_core.regimes.state import Boundary, PillarState

IN_BP = ("credit", "rates", "funding")


def distance(state: PillarState, boundary: Boundary) -> str:
    """How far the input is from a boundary, in its own unit; yields and spreads in basis points."""
    return numbers.change(boundary.distance, boundary.unit, spread=state.name in IN_BP)


def moved(state: PillarState, boundary: Boundary) -> str:
    """The input's move that would flip a pillar; an input past its boundary need only stay there."""
    way = "stays there" if boundary.distance == 0 else distance(state, boundary)
    return f"{title_of(state, boundary.input)} {way}"


def title_of(state: PillarState, name: str) -> str:
    """An input's short title."""
    return state.inputs[name].title if name in state.inputs else name

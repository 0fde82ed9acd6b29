"""Beta and correlation to SPY, with the window they rest on: beta weighting means little without them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from lox_core.errors import InsufficientHistory

WINDOW = 252
LEAST = 60


@dataclass(frozen=True)
class Beta:
    """Slope and correlation of daily returns on SPY's over ``days`` common returns."""

    beta: float
    correlation: float
    days: int


def beta_to_spy(closes: Mapping[date, float], spy: Mapping[date, float]) -> Beta:
    """The least-squares slope of simple daily returns on SPY's, over the last year they have in common.

    Parameters
    ----------
    closes, spy : mapping of day to close
        Adjusted for splits. Days only one of them has are left out of both.

    Raises
    ------
    InsufficientHistory
        Fewer than 60 common returns, or prices that never moved.
    """
    common = sorted(day for day in closes.keys() & spy.keys() if _usable(closes[day]) and _usable(spy[day]))
    kept = common[-(WINDOW + 1) :]
    ours, theirs = _returns([closes[day] for day in kept]), _returns([spy[day] for day in kept])
    if len(ours) < LEAST:
        raise InsufficientHistory("A beta to SPY", needed=LEAST, got=len(ours))
    ours, theirs = ours - ours.mean(), theirs - theirs.mean()
    spread, own = float(theirs @ theirs), float(ours @ ours)
    if spread <= 0 or own <= 0:
        raise InsufficientHistory("A beta to SPY, whose prices must move,", needed=LEAST, got=0)
    together = float(ours @ theirs)
    return Beta(together / spread, together / math.sqrt(spread * own), len(ours))


def _usable(price: float) -> bool:
    return math.isfinite(price) and price > 0


def _returns(closes: list[float]) -> NDArray[np.float64]:
    values = np.array(closes, float)
    found: NDArray[np.float64] = values[1:] / values[:-1] - 1.0
    return found

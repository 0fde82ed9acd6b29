"""Weekly financial-conditions indices, read off the simulated market: tight when credit and volatility are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lox_core.demo.market_paths import MarketPaths
from lox_core.demo.processes import Days, Floats, smoothed, stream, wandering


@dataclass(frozen=True, eq=False)
class ConditionsPaths:
    """The indices: arrays on ``fridays``, shape (n_weeks,).

    ``national`` and ``adjusted`` count standard deviations, positive is tight; ``stress`` is an index, 0 is normal.
    """

    fridays: Days
    national: Floats
    adjusted: Floats
    stress: Floats


def simulate_conditions(seed: int, market: MarketPaths, fridays: Days) -> ConditionsPaths:
    """The indices on ``fridays``, from the market up to each of them. Nothing is missing."""
    draws, size = stream(seed, "conditions"), len(fridays)
    at = np.searchsorted(market.days, fridays, side="right") - 1
    credit = smoothed(np.log(market.hy / 4.5), 0.2)[at]
    fright = smoothed(np.log(market.vix / 18.0), 0.25)[at]
    tension = 0.7 * credit + 0.45 * fright
    bend = np.where(tension > 0.0, tension + 0.9 * tension**2, tension)
    return ConditionsPaths(
        fridays=fridays,
        national=np.round(-0.5 + 0.62 * bend + wandering(draws, size, spread=0.03, persistence=0.9), 5),
        adjusted=np.round(-0.45 + 0.66 * bend + wandering(draws, size, spread=0.08, persistence=0.95), 5),
        stress=np.round(-0.2 + 1.35 * bend + wandering(draws, size, spread=0.12, persistence=0.8), 4),
    )

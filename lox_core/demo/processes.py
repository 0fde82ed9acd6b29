"""The building blocks of the simulated market: random streams, scripted levels, mean reversion and pinning.

Every block of the world draws from its own counter-based stream, so a new block never disturbs the others.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


def stream(seed: int, name: str) -> np.random.Generator:
    """A Philox generator of its own for each ``name``: the same seed and name give the same draws everywhere."""
    key = np.array([seed, zlib.crc32(name.encode())], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


@dataclass(frozen=True, eq=False)
class Knots:
    """A scripted level: ``days`` ascending, shape (n,), and the ``levels`` it passes through.

    Before the first and after the last knot the level stays where it is.
    """

    days: Days
    levels: Floats

    @classmethod
    def of(cls, text: str) -> Knots:
        """Read ``1996-01 14, 2008-11-20 70``: a day, or the first of a month, and a level, comma separated."""
        pairs = [item.split() for item in text.split(",")]
        days = np.array([day if len(day) == 10 else f"{day}-01" for day, _ in pairs], dtype="datetime64[D]")
        return cls(days, np.array([float(value) for _, value in pairs]))

    def log(self) -> Knots:
        """The same knots in logarithms."""
        return Knots(self.days, np.log(self.levels))

    def at(self, days: Days, *, geometric: bool = False) -> Floats:
        """The level on each of ``days``: straight lines between knots, in logarithms if ``geometric``."""
        levels = np.log(self.levels) if geometric else self.levels
        line = np.interp(days.astype(np.int64), self.days.astype(np.int64), levels)
        return np.asarray(np.exp(line) if geometric else line, float)


def mean_reverting(shocks: Floats, persistence: float) -> Floats:
    """``x[t] = persistence * x[t-1] + shocks[t]`` from rest."""
    state, path = 0.0, []
    for shock in shocks.tolist():
        state = persistence * state + shock
        path.append(state)
    return np.array(path)


def wandering(generator: np.random.Generator, size: int, *, spread: float, persistence: float) -> Floats:
    """Mean-reverting Gaussian noise whose long-run standard deviation is ``spread``."""
    return mean_reverting(generator.standard_normal(size) * spread * np.sqrt(1.0 - persistence**2), persistence)


def smoothed(values: Floats, weight: float) -> Floats:
    """Exponentially weighted average; ``weight`` is that of the newest value."""
    return np.asarray(mean_reverting((values - values[0]) * weight, 1.0 - weight) + values[0], float)


def rounded(values: Floats, decimals: int) -> Floats:
    """``values`` as published: to ``decimals`` places, to thousands and the like where negative."""
    return np.asarray(np.round(values, decimals), float)


def pinned(path: Floats, days: Days, levels: Knots) -> Floats:
    """``path`` bent by straight lines so that it passes exactly through those of ``levels`` that ``days`` span."""
    inside = (levels.days >= days[0]) & (levels.days <= days[-1])
    at = np.searchsorted(days, levels.days[inside])
    gap = levels.levels[inside] - path[at]
    return np.asarray(path + np.interp(np.arange(len(days)), at, gap), float)


def pulse(size: int, start: int, rise: int, half_life: float) -> Floats:
    """0 before ``start``, a climb to 1 over ``rise`` steps, fastest at first, then halving each ``half_life`` steps."""
    step = np.arange(size) - start
    climb = np.sin(0.5 * np.pi * np.clip(step / rise, 0.0, 1.0))
    decay = 0.5 ** (np.clip(step - rise, 0, None) / half_life)
    return np.asarray(climb * decay, float)

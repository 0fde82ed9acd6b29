"""Momentum of a pillar's score, and the history of its confirmed regimes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lox_core.regimes.indicators import change, last_slope, z_two_years
from lox_core.regimes.rules import Rules
from lox_core.regimes.state import GREY, Trend

FLAT_POINTS = 1.0
Levels = NDArray[np.int8]
Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Spell:
    """A stretch in one confirmed level: first and last trading day, its length in trading days."""

    level: int
    first: date
    last: date
    days: int


def spells(days: Days, levels: Levels) -> list[Spell]:
    """Consecutive stretches of one level; grey stretches are left out and end a spell."""
    if not len(levels):
        return []
    starts = np.flatnonzero(np.append(True, levels[1:] != levels[:-1]))
    ends = np.append(starts[1:], len(levels)) - 1
    return [
        Spell(int(levels[a]), days[a].item(), days[b].item(), int(b - a + 1))
        for a, b in zip(starts, ends, strict=True)
        if levels[a] != GREY
    ]


def trend_of(days: Days, scores: NDArray[np.float64], levels: Levels, rules: Rules, *, close: int) -> Trend:
    """Trend at the last day; ``close`` is the place of the newest market close in ``days``.

    Changes run from the sessions before that close to the last day, so that a day with a publication and no close of
    its own does not compare closes with themselves. A change from or to a grey day is missing.
    """
    step5 = change(scores, 5)
    drift = moved(scores, 21, close)
    recent = levels[days > days[-1] - np.timedelta64(90, "D")] if len(days) else levels
    flips = (recent[1:] != recent[:-1]) & (recent[1:] != GREY) & (recent[:-1] != GREY)
    direction: Literal[-1, 0, 1] = 0
    if drift is not None and abs(drift) >= FLAT_POINTS:
        direction = 1 if drift > 0 else -1
    return Trend(
        change_1d=moved(scores, 1, close),
        change_5d=moved(scores, 5, close),
        change_21d=drift,
        slope_21d=last_slope(scores[-21:]) if len(scores) >= 21 else None,
        z_change_5d=_latest(z_two_years(step5, "daily", rules)),
        transitions_90d=int(flips.sum()),
        direction=direction,
    )


def moved(scores: NDArray[np.float64], sessions: int, close: int) -> float | None:
    """The last score less the one ``sessions`` before the newest close; None where either is missing."""
    before = close - sessions
    if before < 0 or not len(scores) or not np.isfinite(scores[[before, -1]]).all():
        return None
    return float(scores[-1] - scores[before])


def transitions(history: pd.DataFrame, levels: tuple[str, ...]) -> pd.DataFrame:
    """Changes of the confirmed regime, newest first.

    Returns
    -------
    DataFrame
        Columns ``date``, ``from``, ``to``, ``days_before`` (trading days spent in the regime left). A change across
        a grey stretch is listed with its length counted up to the stretch.
    """
    rows = spells(history.index.to_numpy().astype("datetime64[D]"), history["confirmed"].to_numpy())
    pairs = [(a, b) for a, b in pairwise(rows) if a.level != b.level]
    table = [(b.first, levels[a.level], levels[b.level], a.days) for a, b in pairs]
    return pd.DataFrame(table[::-1], columns=["date", "from", "to", "days_before"])


def _latest(values: NDArray[np.float64]) -> float | None:
    return float(values[-1]) if len(values) and np.isfinite(values[-1]) else None

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


def changes(runs: list[Spell]) -> list[tuple[Spell, Spell]]:
    """Each spell with the one that follows in another level; a grey stretch between two spells hides no change."""
    return [(a, b) for a, b in pairwise(runs) if a.level != b.level]


def trend_of(days: Days, scores: NDArray[np.float64], runs: list[Spell], rules: Rules, *, close: int) -> Trend:
    """Trend at the last day; ``close`` is the place of the newest market close in ``days``, ``runs`` the spells.

    Changes run from the sessions before that close to the last day, so that a day with a publication and no close of
    its own does not compare closes with themselves. A change from or to a grey day is missing.
    """
    drift = moved(scores, 21, close)
    begins = days[-1] - np.timedelta64(90, "D") if len(days) else None
    recent = [after for _, after in changes(runs) if begins is not None and np.datetime64(after.first, "D") > begins]
    direction: Literal[-1, 0, 1] = 0
    if drift is not None and abs(drift) >= rules["trend"]["flat_points"]:
        direction = 1 if drift > 0 else -1
    step5 = moved(scores, 5, close)
    return Trend(
        change_1d=moved(scores, 1, close),
        change_5d=step5,
        change_21d=drift,
        slope_21d=last_slope(scores[-21:]) if len(scores) >= 21 else None,
        z_change_5d=_z_of_step(step5, scores[:close], rules),
        transitions_90d=len(recent),
        direction=direction,
    )


def _z_of_step(step: float | None, before: NDArray[np.float64], rules: Rules) -> float | None:
    """The 5-session change against those of the two years before the newest close."""
    if step is None:
        return None
    window = before[-rules["zscore"]["daily"]["window"] - 5 :]
    z = float(z_two_years(np.append(change(window, 5), step), "daily", rules)[-1])
    return z if np.isfinite(z) else None


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
    table = [(b.first, levels[a.level], levels[b.level], a.days) for a, b in changes(rows)]
    return pd.DataFrame(table[::-1], columns=["date", "from", "to", "days_before"])

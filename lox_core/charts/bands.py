"""Shapes behind and under a time series: runs of a level, one filled polygon per level, and thinning for the screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]
Levels = NDArray[np.int8]

RANGES: dict[str, int | None] = {"6M": 183, "2Y": 731, "10Y": 3653, "All": None}
SCREEN_POINTS = 1400


def runs(levels: Levels) -> Iterator[tuple[int, int, int]]:
    """``(first, last, level)`` of each stretch of equal levels, in order; ends inclusive."""
    if not len(levels):
        return
    starts = np.concatenate([[0], np.flatnonzero(np.diff(levels)) + 1])
    ends = np.concatenate([starts[1:] - 1, [len(levels) - 1]])
    for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
        yield first, last, int(levels[first])


def boxes(
    days: Days, levels: Levels, wanted: int, low: float, high: float
) -> tuple[list[str | None], list[float | None]]:
    """One closed outline per run of ``wanted``, parted by ``None``, for a single filled trace.

    Parameters
    ----------
    days : ndarray of datetime64[D], shape (n,)
    levels : ndarray of int8, shape (n,)
    wanted : int
    low, high : float
        Bottom and top of the boxes, in the y axis' unit.

    Returns
    -------
    x : list of ISO dates and None
    y : list of float and None
        Both empty when the level never occurs. A run lasts until the day the next one begins.
    """
    x: list[str | None] = []
    y: list[float | None] = []
    for first, last, level in runs(levels):
        if level != wanted:
            continue
        left, right = str(days[first]), str(days[min(last + 1, len(days) - 1)])
        x += [left, left, right, right, left, None]
        y += [low, high, high, low, low, None]
    return x, y


def window(history: pd.DataFrame, days: int | None) -> pd.DataFrame:
    """The last ``days`` calendar days of a history (all of it for ``None``), from its first known ``value`` on."""
    if history.empty:
        return history
    cut = history if days is None else history[history.index > history.index[-1] - timedelta(days=days)]
    known = cut["value"].notna()
    return cut.loc[known.idxmax() :] if known.any() else cut.iloc[:0]


def thin(values: Floats, points: int = SCREEN_POINTS) -> NDArray[np.intp]:
    """Positions that keep the look of a long series: first, last, and each bucket's lowest and highest value.

    Returns
    -------
    ndarray of int
        Ascending, at most about ``points`` of them; all positions when the series is short. Missing values survive
        as a bucket's only point when the whole bucket is missing.
    """
    n = len(values)
    if n <= points:
        return np.arange(n)
    edges = np.linspace(0, n, points // 2 + 1).astype(int)
    lows, highs = np.where(np.isnan(values), np.inf, values), np.where(np.isnan(values), -np.inf, values)
    keep = {0, n - 1}
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        keep.add(start + int(lows[start:stop].argmin()))
        keep.add(start + int(highs[start:stop].argmax()))
    return np.array(sorted(keep))


def worst_by_bucket(days: Days, levels: NDArray[np.float64], columns: int = 800) -> tuple[Days, NDArray[np.float32]]:
    """The highest level in each calendar bucket, so that a day of crisis survives on a narrow screen.

    Parameters
    ----------
    days : ndarray of datetime64[D], shape (n,)
    levels : ndarray of float, shape (n, k)
        Severity steps; NaN where unknown.
    columns : int
        About how many buckets fit: days, then weeks, then months, then quarters are tried.

    Returns
    -------
    starts : ndarray of datetime64[D], shape (m,)
    worst : ndarray of float32, shape (m, k)
        NaN where nothing in the bucket was known.
    """
    frame = pd.DataFrame(levels, index=pd.DatetimeIndex(days))
    for rule in ("D", "W-FRI", "MS", "QS"):
        grouped = frame.groupby(frame.index.to_period(rule.removesuffix("S")).start_time).max()
        if len(grouped) <= columns:
            break
    return grouped.index.to_numpy().astype("datetime64[D]"), grouped.to_numpy(np.float32)

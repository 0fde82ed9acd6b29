"""The running session: where a price stands at a minute of it, on its way from the day's opening to its close.

All symbols share part of one Brownian bridge, so that volatility rises while the index falls. The same instant always
gives the same quote, and a quote never shows an extreme that has not happened yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from lox_core.calendars import close_of
from lox_core.demo.assets import Bars
from lox_core.demo.episodes import Asset
from lox_core.demo.processes import Floats, stream

_SHARED = 0.8


@dataclass(frozen=True)
class Trade:
    """A session so far: ``price`` at ``time`` (a full minute), ``open``, ``high``, ``low`` and ``volume`` to then."""

    price: float
    open: float
    high: float
    low: float
    volume: float
    time: datetime


def finished(bars: Bars, row: int) -> Trade:
    """A session after its close."""
    day = bars.days[row].item()
    prices = (float(bars.close[row]), float(bars.open[row]), float(bars.high[row]), float(bars.low[row]))
    return Trade(*prices, volume=float(bars.volume[row]), time=close_of(day))


def running(seed: int, asset: Asset, bars: Bars, row: int, now: datetime) -> Trade:
    """The session of ``bars.days[row]`` as it stands at ``now``, which lies between its opening and its close."""
    closing = close_of(bars.days[row].item())
    opening = closing.replace(hour=9, minute=30)
    length = int((closing - opening).total_seconds() // 60)
    minute = min(int((now - opening).total_seconds() // 60), length)
    path = _route(seed, asset, bars, row, length)[: minute + 1]
    share = minute / length
    return Trade(
        price=float(path[-1]),
        open=float(bars.open[row]),
        high=float(path.max()),
        low=float(path.min()),
        volume=float(np.round(bars.volume[row] * (0.6 * share + 0.4 * np.sqrt(share)))),
        time=opening + timedelta(minutes=minute),
    )


def _route(seed: int, asset: Asset, bars: Bars, row: int, minutes: int) -> Floats:
    """Prices at each minute, shape (minutes + 1,), inside the day's range."""
    day = bars.days[row]
    shared = _bridge(stream(seed, f"session {day}"), minutes) * np.sign(asset.beta)
    own = _bridge(stream(seed, f"session {day} {asset.symbol}"), minutes)
    weight = _SHARED if abs(asset.beta) > 0.2 else 0.2
    wander = 0.6 * float(bars.day_vol[row]) * (weight * shared + np.sqrt(1.0 - weight**2) * own)
    line = np.linspace(np.log(bars.open[row]), np.log(bars.close[row]), minutes + 1)
    path = np.clip(np.exp(line + wander), bars.low[row], bars.high[row])
    return np.asarray(np.round(path, 2 if bars.close[row] >= 10.0 else 4), float)


def _bridge(draws: np.random.Generator, steps: int) -> Floats:
    """A Brownian path that starts and ends at zero, with unit variance per session."""
    walk = np.concatenate([[0.0], np.cumsum(draws.standard_normal(steps))]) / np.sqrt(steps)
    return np.asarray(walk - np.linspace(0.0, 1.0, steps + 1) * walk[-1], float)

"""Where a simulated symbol last traded: in the running session, or at the last close."""

from __future__ import annotations

from datetime import datetime

from lox_core.calendars import in_session
from lox_core.demo.episodes import ASSETS
from lox_core.demo.intraday import Trade, finished, running
from lox_core.demo.world import World, closed_sessions


def last_trade(world: World, symbol: str, now: datetime) -> tuple[Trade, int] | None:
    """The last trade at ``now`` and the row of the session before the traded one; None before there are two sessions.

    Raises ``KeyError`` for a symbol the world does not trade.
    """
    asset, bars = ASSETS[symbol], world.bars(symbol)
    closed = closed_sessions(bars.days, now)
    if closed < 2:
        return None
    if in_session(now) and closed < len(bars.days):
        return running(world.seed, asset, bars, closed, now), closed - 1
    return finished(bars, closed - 1), closed - 2

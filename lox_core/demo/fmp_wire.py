"""The quote vendor's answers, in its JSON, from a simulated world as it stood at an instant.

A session's bar appears after its close; until then only the quote moves. An unknown symbol is an empty list, as there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np

from lox_core.clock import NEW_YORK
from lox_core.demo.assets import Bars
from lox_core.demo.episodes import ASSETS, Asset
from lox_core.demo.intraday import Trade
from lox_core.demo.last_trade import last_trade
from lox_core.demo.lines import bond_holidays
from lox_core.demo.world import World, closed_sessions

Answer = tuple[int, bytes]
_YEAR, _BARS_BACK, _CURVE_BACK = 252, timedelta(days=5 * 366), timedelta(days=30)
_LEGACY = (
    "Legacy Endpoint : Due to Legacy endpoints being no longer supported - This endpoint is only available for legacy"
    " users who have valid subscriptions prior August 31, 2025."
)


class FmpWire:
    """Answers the vendor's ``/stable`` requests from ``world``. Holds no state; safe to share between threads."""

    def __init__(self, world: World) -> None:
        self._world = world

    def quote(self, params: Mapping[str, str], now: datetime) -> Answer:
        """The latest trade of one symbol: of the running session, else of the last one that closed."""
        asset = ASSETS.get(params.get("symbol", ""))
        if asset is None:
            return _ok([])
        found = last_trade(self._world, asset.symbol, now)
        if found is None:
            return _ok([])
        return _ok([_quote_row(asset, self._world.bars(asset.symbol), *found)])

    def bars(self, params: Mapping[str, str], now: datetime) -> Answer:
        """Daily bars, newest first, split-adjusted."""
        return self._history(params, now, adjusted=False)

    def adjusted_bars(self, params: Mapping[str, str], now: datetime) -> Answer:
        """Daily bars, newest first, adjusted for distributions as seen at the newest session."""
        return self._history(params, now, adjusted=True)

    def treasury_rates(self, params: Mapping[str, str], now: datetime) -> Answer:
        """The Treasury curve by day, newest first, percent; no row on a bond holiday."""
        world = self._world
        days = world.days[: closed_sessions(world.days, now)]
        try:
            keep = _window(params, days, now, _CURVE_BACK)
        except ValueError:
            return _invalid_dates()
        keep &= ~np.isin(days, bond_holidays(days)) if len(days) else False
        columns = {"date": np.datetime_as_string(days[keep]).tolist()}
        columns |= {name: values[: len(days)][keep].tolist() for name, values in world.curve.items()}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return _ok(rows[::-1])

    def legacy(self, params: Mapping[str, str], now: datetime) -> Answer:
        """The refusal every retired address gives."""
        del params, now
        return 403, json.dumps({"Error Message": _LEGACY}).encode()

    def _history(self, params: Mapping[str, str], now: datetime, *, adjusted: bool) -> Answer:
        symbol = params.get("symbol", "")
        if symbol not in ASSETS:
            return _ok([])
        bars = self._world.bars(symbol)
        closed = closed_sessions(bars.days, now)
        try:
            keep = _window(params, bars.days[:closed], now, _BARS_BACK)
        except ValueError:
            return _invalid_dates()
        rows = np.flatnonzero(keep)[::-1]
        texts = _adjusted_rows(symbol, bars, rows, closed) if adjusted else _plain_rows(symbol, bars, rows)
        return 200, f"[{','.join(texts)}]".encode()


def _quote_row(asset: Asset, bars: Bars, trade: Trade, before: int) -> dict[str, object]:
    """The vendor's quote fields; ``before`` is the row of the session before the traded one."""
    previous = float(bars.close[before])
    past = slice(max(before + 1 - _YEAR, 0), before + 1)
    change = trade.price - previous
    return {
        "symbol": asset.symbol,
        "name": asset.name,
        "price": trade.price,
        "changePercentage": round(change / previous * 100.0, 5),
        "change": round(change, 4),
        "volume": int(trade.volume),
        "dayLow": trade.low,
        "dayHigh": trade.high,
        "yearHigh": max(float(bars.high[past].max()), trade.high),
        "yearLow": min(float(bars.low[past].min()), trade.low),
        "marketCap": None if asset.units is None else round(asset.units * trade.price),
        "priceAvg50": round(float(bars.close[max(before - 49, 0) : before + 1].mean()), 4),
        "priceAvg200": round(float(bars.close[max(before - 199, 0) : before + 1].mean()), 4),
        "exchange": asset.exchange,
        "open": trade.open,
        "previousClose": previous,
        "timestamp": int(trade.time.timestamp()),
    }


def _plain_rows(symbol: str, bars: Bars, rows: np.ndarray) -> list[str]:
    """One JSON object a bar, as text. ``change`` is close less open, the vendor's habit."""
    opening, high, low, close = (column[rows] for column in (bars.open, bars.high, bars.low, bars.close))
    columns = (
        np.datetime_as_string(bars.days[rows]).tolist(),
        opening.tolist(),
        high.tolist(),
        low.tolist(),
        close.tolist(),
        bars.volume[rows].astype(np.int64).tolist(),
        np.round(close - opening, 4).tolist(),
        np.round((close / opening - 1.0) * 100.0, 5).tolist(),
        np.round((high + low + close) / 3.0, 4).tolist(),
    )
    return [
        f'{{"symbol":"{symbol}","date":"{day}","open":{o},"high":{h},"low":{lo},"close":{c},"volume":{v},'
        f'"change":{change},"changePercent":{share},"vwap":{mean}}}'
        for day, o, h, lo, c, v, change, share, mean in zip(*columns, strict=True)
    ]


def _adjusted_rows(symbol: str, bars: Bars, rows: np.ndarray, closed: int) -> list[str]:
    """One JSON object a bar, as text, prices scaled by the distributions paid after it."""
    factor = np.exp(bars.paid[closed - 1] - bars.paid[rows])
    columns = [np.round(column[rows] * factor, 4).tolist() for column in (bars.open, bars.high, bars.low, bars.close)]
    days, volume = np.datetime_as_string(bars.days[rows]).tolist(), bars.volume[rows].astype(np.int64).tolist()
    return [
        f'{{"symbol":"{symbol}","date":"{day}","adjOpen":{o},"adjHigh":{h},"adjLow":{lo},"adjClose":{c},"volume":{v}}}'
        for day, o, h, lo, c, v in zip(days, *columns, volume, strict=True)
    ]


def _window(params: Mapping[str, str], days: np.ndarray, now: datetime, back: timedelta) -> np.ndarray:
    """Which of ``days`` lie in ``[from, to]``; by default from ``back`` before today."""
    today = now.astimezone(NEW_YORK).date()
    first = date.fromisoformat(params["from"]) if params.get("from") else today - back
    last = date.fromisoformat(params["to"]) if params.get("to") else today
    return (days >= np.datetime64(first, "D")) & (days <= np.datetime64(last, "D"))


def _invalid_dates() -> Answer:
    return 400, json.dumps({"Error Message": "Invalid query parameter: from and to are dates, YYYY-MM-DD."}).encode()


def _ok(rows: list[dict[str, object]]) -> Answer:
    return 200, json.dumps(rows).encode()

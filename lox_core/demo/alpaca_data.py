"""The simulated broker's market data on Alpaca's wire: quotes, chains, bars and dividends, in plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from lox_core.calendars import in_session
from lox_core.clock import NEW_YORK
from lox_core.demo.alpaca_rows import Answer, ok, utc
from lox_core.demo.book import DECLARED_AHEAD, payments
from lox_core.demo.episodes import ASSETS
from lox_core.demo.last_trade import last_trade
from lox_core.demo.option_quotes import Moment, at_close, chain, greeks, moment, quote, stamp, values
from lox_core.demo.world import World, closed_sessions
from lox_core.errors import ModelError
from lox_core.options.contract import OptionContract, is_occ, parse_occ

Params = Mapping[str, str]
SPREAD_USD = {"SPY": 0.01, "QQQ": 0.01}
PAGE = 100
_NO_GREEKS = ("HYG", "IWM1")


class AlpacaData:
    """Answers from ``world``; holds nothing but it. Safe to share between threads."""

    def __init__(self, world: World) -> None:
        self._world = world

    def option_snapshots(self, params: Params, now: datetime) -> Answer:
        """Quotes of the contracts asked for; unknown ones are absent."""
        contracts = []
        for symbol in filter(None, params.get("symbols", "").split(",")):
            try:
                contract = parse_occ(symbol)
            except ModelError:
                continue
            if contract.underlying in ASSETS and contract.last_valuation > now - timedelta(days=1):
                contracts.append(contract)
        return ok({"snapshots": self._snapshots(contracts, now), "next_page_token": None})

    def option_chain(self, underlying: str, params: Params, now: datetime) -> Answer:
        """Quotes of a whole chain, filtered by expiry, strike and type; pages of ``limit``."""
        there = moment(self._world, now, (underlying,)) if underlying in ASSETS else None
        contracts = [c for c in chain(underlying, there) if _wanted(c, params)] if there is not None else []
        limit, first = int(params.get("limit") or PAGE), int(params.get("page_token") or 0)
        page = contracts[first : first + limit]
        following = str(first + limit) if first + limit < len(contracts) else None
        return ok({"snapshots": self._snapshots(page, now), "next_page_token": following})

    def stock_snapshots(self, params: Params, now: datetime) -> Answer:
        """Quotes, last trades and daily bars; unknown symbols are absent."""
        found = {}
        for symbol in filter(None, params.get("symbols", "").split(",")):
            seen = last_trade(self._world, symbol, now) if symbol in ASSETS else None
            if seen is not None:
                trade, before = seen
                bars = self._world.bars(symbol)
                half = max(SPREAD_USD.get(symbol, 0.02), round(0.00004 * trade.price, 2)) / 2
                at = utc(stamp(now))
                found[symbol] = {
                    "latestTrade": {"t": at, "p": trade.price, "s": 100, "x": "V"},
                    "latestQuote": {
                        "t": at,
                        "bp": round(trade.price - half, 3),
                        "ap": round(trade.price + half, 3),
                        "bs": 4,
                        "as": 3,
                    },
                    "dailyBar": _bar(
                        bars.days[before + 1].item(), (trade.open, trade.high, trade.low, trade.price), trade.volume
                    ),
                    "prevDailyBar": _bar_of(bars, before),
                }
        return ok(found)

    def stock_bars(self, params: Params, now: datetime) -> Answer:
        """Closed daily bars, oldest first; ``all`` adjusts for dividends."""
        first, last = _span(params)
        found: dict[str, list[dict[str, object]]] = {}
        for symbol in filter(None, params.get("symbols", "").split(",")):
            if symbol not in ASSETS:
                continue
            bars = self._world.bars(symbol)
            closed = closed_sessions(bars.days, now)
            days = bars.days[:closed]
            rows = np.flatnonzero((days >= first) & (days <= last)).tolist()
            whole = params.get("adjustment") == "all"
            found[symbol] = [
                _bar_of(bars, row, float(np.exp(bars.paid[closed - 1] - bars.paid[row])) if whole else 1.0)
                for row in rows
            ]
        return ok({"bars": found, "next_page_token": None})

    def option_bars(self, params: Params, now: datetime) -> Answer:
        """Closing values of contracts over the sessions asked for; what is not worth a cent does not trade."""
        first, last = _span(params)
        days = self._world.days[: closed_sessions(self._world.days, now)]
        moments = [at_close(self._world, row) for row in np.flatnonzero((days >= first) & (days <= last)).tolist()]
        asked = [parse_occ(symbol) for symbol in params.get("symbols", "").split(",") if is_occ(symbol)]
        contracts = [one for one in asked if one.underlying in ASSETS]
        pairs = [(contract, there) for contract in contracts for there in moments]
        prices = values(*map(list, zip(*pairs, strict=True)))[0].tolist() if pairs else []
        found: dict[str, list[dict[str, object]]] = {contract.symbol: [] for contract in contracts}
        for (contract, there), price in zip(pairs, prices, strict=True):
            if price >= 0.005:
                found[contract.symbol].append(_bar(there.at.date(), [round(price, 2)] * 4, 100.0))
        return ok({"bars": found, "next_page_token": None})

    def corporate_actions(self, params: Params, now: datetime) -> Answer:
        """Cash dividends declared so far, by pay date."""
        today = now.astimezone(NEW_YORK).date()
        first, last = (date.fromisoformat(params.get(name) or str(today)) for name in ("start", "end"))
        rows = [
            {
                "symbol": one.symbol,
                "ex_date": str(one.ex),
                "payable_date": str(one.pay),
                "process_date": str(one.pay),
                "rate": one.amount,
                "special": False,
            }
            for symbol in filter(None, params.get("symbols", "").split(","))
            if symbol in ASSETS
            for one in payments(self._world, symbol)
            if first <= one.pay <= last and one.ex - DECLARED_AHEAD <= today
        ]
        return ok({"corporate_actions": {"cash_dividends": rows}, "next_page_token": None})

    def _snapshots(self, contracts: Sequence[OptionContract], now: datetime) -> dict[str, Any]:
        if not contracts:
            return {}
        there = moment(self._world, now, tuple({c.underlying for c in contracts}))
        mids, vols = values(contracts, [there] * len(contracts))
        vendor = greeks(contracts, [there] * len(contracts))
        before = at_close(self._world, closed_sessions(self._world.days, now) - (1 if in_session(now) else 2))
        closes = values(contracts, [before] * len(contracts))[0]
        at = utc(stamp(now))
        found = {}
        for i, contract in enumerate(contracts):
            if not np.isfinite(mids[i]):
                continue
            shown = quote(contract, float(mids[i]), float(vols[i]), there, illiquid=_illiquid(contract, there))
            row: dict[str, Any] = {
                "latestQuote": {
                    "t": at,
                    "bp": shown.bid,
                    "ap": shown.ask,
                    "bs": 12 if shown.bid else 0,
                    "as": 15,
                    "c": "A",
                },
                "prevDailyBar": _bar(before.at.date(), [round(float(closes[i]), 2)] * 4, 50.0),
            }
            if contract.root not in _NO_GREEKS and shown.bid:
                row["impliedVolatility"] = round(float(vols[i]), 4)
                row["greeks"] = {
                    "delta": round(float(vendor.delta[i]), 4),
                    "gamma": round(float(vendor.gamma[i]), 4),
                    "theta": round(float(vendor.theta_per_day[i]), 4),
                    "vega": round(float(vendor.vega_per_vol_point[i]), 4),
                    "rho": round(float(vendor.rho_per_pct_point[i]), 4),
                }
            found[contract.symbol] = row
        return found


def _illiquid(contract: OptionContract, there: Moment) -> bool:
    """Far puts on the high-yield fund: somebody asks, nobody bids."""
    return contract.underlying == "HYG" and contract.strike < 0.9 * there.spot["HYG"]


def _span(params: Params) -> tuple[np.datetime64, np.datetime64]:
    """The days bars are asked for."""
    first, last = params.get("start", "2000-01-01"), params.get("end", "2100-01-01")
    return np.datetime64(first[:10], "D"), np.datetime64(last[:10], "D")


def _wanted(contract: OptionContract, params: Params) -> bool:
    first, last = params.get("expiration_date_gte"), params.get("expiration_date_lte")
    low, high = params.get("strike_price_gte"), params.get("strike_price_lte")
    right = params.get("type", "")
    return (
        (not first or str(contract.expiry) >= first)
        and (not last or str(contract.expiry) <= last)
        and (params.get("expiration_date") in (None, "", str(contract.expiry)))
        and (not low or contract.strike >= float(low))
        and (not high or contract.strike <= float(high))
        and (not right or right == ("call" if contract.is_call else "put"))
    )


def _bar_of(bars: Any, row: int, factor: float = 1.0) -> dict[str, object]:
    prices = [round(float(column[row]) * factor, 4) for column in (bars.open, bars.high, bars.low, bars.close)]
    return _bar(bars.days[row].item(), prices, float(bars.volume[row]))


def _bar(day: date, prices: Sequence[float], volume: float) -> dict[str, object]:
    opening, high, low, close = prices
    start = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).astimezone(UTC)
    return {"t": f"{start:%Y-%m-%dT%H:%M:%SZ}", "o": opening, "h": high, "l": low, "c": close, "v": int(volume)}

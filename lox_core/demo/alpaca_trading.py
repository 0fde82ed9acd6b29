"""The simulated broker's account on Alpaca's wire: positions, orders, activities, history.

Everything follows from the world, the ledger and the instant, so the same question at the same instant gets the same
bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np

from lox_core.calendars import close_of, in_session, last_close, sessions_between
from lox_core.clock import NEW_YORK
from lox_core.demo.alpaca_rows import (
    Answer,
    Held,
    activities,
    decimal,
    ident,
    ok,
    order,
    position,
    spread_order,
)
from lox_core.demo.book import RULES, START, Deal, Ledger, ledger
from lox_core.demo.last_trade import last_trade
from lox_core.demo.option_quotes import at_close, moment, values
from lox_core.demo.world import World, closed_sessions
from lox_core.options.contract import OptionContract

Params = Mapping[str, str]
PAGE = 100


class AlpacaTrading:
    """Answers from ``world``; holds nothing but it. Safe to share between threads."""

    def __init__(self, world: World) -> None:
        self._world = world

    def account(self, params: Params, now: datetime) -> Answer:
        """The account, its margin figures rough."""
        del params
        book, held = self._book(now)
        cash = book.cash()
        worth = [one.quantity * one.size * one.price for one in held]
        long, short = sum(w for w in worth if w > 0), sum(w for w in worth if w < 0)
        equity, before = cash + long + short, cash + sum(one.quantity * one.size * one.before for one in held)
        needed = 0.32 * long - 0.9 * short
        row = {
            "id": ident("account"),
            "account_number": RULES["name"],
            "status": "ACTIVE",
            "currency": "USD",
            "options_approved_level": 3,
            "options_trading_level": 3,
            **dict.fromkeys(("trading_blocked", "transfers_blocked", "account_blocked"), False),
            "trade_suspended_by_user": False,
            "created_at": f"{START}T14:30:00Z",
            "multiplier": "2",
            "shorting_enabled": True,
            "cash": decimal(cash),
            "equity": decimal(equity),
            "portfolio_value": decimal(equity),
            "last_equity": decimal(before),
            "long_market_value": decimal(long),
            "short_market_value": decimal(short),
            "buying_power": decimal(max(2 * (equity - needed), 0.0)),
            "regt_buying_power": decimal(max(2 * (equity - needed), 0.0)),
            "options_buying_power": decimal(max(equity - needed, 0.0)),
            "initial_margin": decimal(1.25 * needed),
            "maintenance_margin": decimal(needed),
            "balance_asof": str(last_close(now).date()),
        }
        return ok(row)

    def positions(self, params: Params, now: datetime) -> Answer:
        """Every position; the illiquid one carries no market value."""
        del params
        book, held = self._book(now)
        firsts = {symbol: first for symbol, (_, _, first) in book.holdings().items()}
        return ok([position(one, priced=not firsts[one.symbol].illiquid) for one in held])

    def orders(self, params: Params, now: datetime) -> Answer:
        """Working orders: a limit order on shares, and a multi-leg one that would close the spread on NVDA."""
        held = self._book(now)[1]
        if params.get("status", "open") == "closed" or not held:
            return ok([])
        at = last_close(now) - timedelta(minutes=41)
        rows = [order("add", "SPY", "us_equity", "buy", 10, round(0.97 * self._price("SPY", now), 2), at)]
        spread = [one for one in held if one.symbol.startswith("NVDA") and one.size > 1]
        if len(spread) == 2:
            net = sum(one.price * (1 if one.quantity < 0 else -1) for one in spread)
            rows.append(spread_order(spread, round(0.6 * net, 2), at + timedelta(minutes=7)))
        nested = params.get("nested", "").lower() == "true"
        return ok(rows if nested else [{**row, "legs": None} for row in rows])

    def activities(self, params: Params, now: datetime) -> Answer:
        """Fills, expiries, dividends and transfers, newest first, paged by id."""
        rows = activities(ledger(self._world, now))
        after = params.get("after", "")[:10]
        kinds = set(filter(None, params.get("activity_types", "").split(",")))
        rows = [r for r in rows if (not kinds or r["activity_type"] in kinds) and r["id"][:8] >= after.replace("-", "")]
        rows.sort(key=lambda row: row["id"], reverse=True)
        ids = [row["id"] for row in rows]
        first = ids.index(params["page_token"]) + 1 if params.get("page_token") in ids else 0
        return ok(rows[first : first + int(params.get("page_size", PAGE))])

    def portfolio_history(self, params: Params, now: datetime) -> Answer:
        """Equity at each session's close, the running session's last point as it stands."""
        span = {"1D": 1, "1W": 7, "1M": 31, "3M": 92, "6M": 183, "1A": 366, "all": 4000}.get(
            params.get("period", "1M"), 366
        )
        today = now.astimezone(NEW_YORK).date()
        days = [day.item() for day in sessions_between(max(today - timedelta(span), START), today)]
        closed = [day for day in days if close_of(day) <= now]
        equity = self._equities(ledger(self._world, now), closed)
        if in_session(now):
            book, held = self._book(now)
            closed.append(today)
            equity.append(book.cash() + sum(one.quantity * one.size * one.price for one in held))
        gains = [0.0, *(round(b - a, 2) for a, b in pairwise(equity))][: len(equity)]
        return ok(
            {
                "timestamp": [int(min(close_of(day), now).timestamp()) for day in closed],
                "equity": [round(value, 2) for value in equity],
                "profit_loss": gains,
                "profit_loss_pct": [round(g / e, 6) if e else None for g, e in zip(gains, equity, strict=True)],
                "base_value": round(equity[0], 2) if equity else 0,
                "timeframe": "1D",
            }
        )

    def clock(self, params: Params, now: datetime) -> Answer:
        """Whether the exchange is open, and when that changes."""
        del params
        today = now.astimezone(NEW_YORK).date()
        closes = [close_of(day.item()) for day in sessions_between(today, today + timedelta(9))]
        opens = [close.replace(hour=9, minute=30) for close in closes]
        return ok(
            {
                "timestamp": now.astimezone(NEW_YORK).isoformat(),
                "is_open": in_session(now),
                "next_open": next(at for at in opens if at > now).isoformat(),
                "next_close": next(at for at in closes if at > now).isoformat(),
            }
        )

    # --- The book priced

    def _book(self, now: datetime) -> tuple[Ledger, list[Held]]:
        book = ledger(self._world, now)
        held = {symbol: entry for symbol, entry in book.holdings().items() if _alive(entry[2], now)}
        row = closed_sessions(self._world.days, now) - 1
        before = at_close(self._world, row if in_session(now) else row - 1)
        there = moment(self._world, now)
        contracts = [first.contract for _, _, first in held.values() if first.contract is not None]
        count = len(contracts)
        mids = values(contracts * 2, [there] * count + [before] * count)[0] if count else np.array([])
        priced = dict(zip((c.symbol for c in contracts), zip(mids[:count], mids[count:], strict=True), strict=True))
        found = []
        for symbol, (quantity, average, first) in held.items():
            pair = priced[symbol] if first.contract else (there.spot[symbol], before.spot[symbol])
            price, last = (round(float(value), 2) for value in pair)
            found.append(Held(symbol, quantity, average, price, last, 100 if first.contract else 1))
        return book, found

    def _equities(self, book: Ledger, days: Sequence[date]) -> list[float]:
        """Cash and positions at the close of each day, all priced in one go."""
        rows = {day: int(np.searchsorted(self._world.days, np.datetime64(day, "D"))) for day in days}
        moments = {day: at_close(self._world, rows[day]) for day in days}
        places: list[tuple[date, int]] = []
        contracts: list[OptionContract] = []
        equity = {day: book.cash(day) for day in days}
        for day in days:
            for symbol, (quantity, _, first) in book.holdings(day).items():
                if first.contract is None:
                    equity[day] += quantity * moments[day].spot[symbol]
                elif first.contract.last_valuation > moments[day].at:
                    places.append((day, quantity))
                    contracts.append(first.contract)
        if contracts:
            mids = values(contracts, [moments[day] for day, _ in places])[0]
            for (day, quantity), mid in zip(places, mids.tolist(), strict=True):
                equity[day] += 100 * quantity * round(mid, 2)
        return [equity[day] for day in days]

    def _price(self, symbol: str, now: datetime) -> float:
        found = last_trade(self._world, symbol, now)
        return found[0].price if found is not None else 0.0


def _alive(first: Deal, now: datetime) -> bool:
    return first.contract is None or first.contract.last_valuation > now

"""The simulated broker's account on Alpaca's wire: positions, orders, activities, history.

Everything follows from the world, the ledger and the instant, so the same question at the same instant gets the same
bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

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
from lox_core.demo.book import RULES, START, Deal, Ledger, ledger, ledger_of
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
        rows = _activity_rows(self._world.seed, closed_sessions(self._world.days, now))
        after = params.get("after", "")[:10]
        kinds = set(filter(None, params.get("activity_types", "").split(",")))
        wanted = [
            row
            for row in rows
            if (not kinds or row["activity_type"] in kinds) and row["id"][:8] >= after.replace("-", "")
        ]
        ids = [row["id"] for row in wanted]
        first = ids.index(params["page_token"]) + 1 if params.get("page_token") in ids else 0
        return ok(wanted[first : first + int(params.get("page_size", PAGE))])

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
        moments = {
            day: at_close(self._world, int(np.searchsorted(self._world.days, np.datetime64(day, "D")))) for day in days
        }
        contracts = {deal.symbol: deal.contract for deal in book.deals}
        equity: dict[date, float] = {}
        options: list[tuple[date, int, OptionContract]] = []
        for day, cash, held in book.by_day(days):
            equity[day] = cash
            for symbol, quantity in held.items():
                contract = contracts[symbol]
                if contract is None:
                    equity[day] += quantity * moments[day].spot[symbol]
                elif contract.last_valuation > moments[day].at:
                    options.append((day, quantity, contract))
        if options:
            mids = values([contract for *_, contract in options], [moments[day] for day, *_ in options])[0]
            for (day, quantity, _), mid in zip(options, mids.tolist(), strict=True):
                equity[day] += 100 * quantity * round(mid, 2)
        return [equity[day] for day in days]

    def _price(self, symbol: str, now: datetime) -> float:
        found = last_trade(self._world, symbol, now)
        return found[0].price if found is not None else 0.0


@lru_cache(maxsize=4)
def _activity_rows(seed: int, closed: int) -> tuple[dict[str, Any], ...]:
    """Every activity of the first sessions of a world, newest first."""
    return tuple(sorted(activities(ledger_of(seed, closed)), key=lambda row: str(row["id"]), reverse=True))


def _alive(first: Deal, now: datetime) -> bool:
    return first.contract is None or first.contract.last_valuation > now

"""The sample account of the simulated market: deals made by rule at the close, so that its past never changes.

The rules are in ``book.toml``. Every campaign opens on the same session of each month and is closed on that session of
the next; a short-dated hedge is bought at every close for the next. All cash is accounted for: deals, deposits,
dividends on shares held.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from lox_core.calendars import close_of
from lox_core.demo.option_quotes import Moment, at_close, on_session, strike_step, third_friday, values
from lox_core.demo.world import World, closed_sessions, world_of
from lox_core.options.contract import OptionContract, contract_of

RULES: dict[str, Any] = tomllib.loads(Path(__file__).with_name("book.toml").read_text(encoding="utf-8"))
START = date.fromisoformat(RULES["start"])
SLIP = 0.01
PAY_LAG, DECLARED_AHEAD = timedelta(days=12), timedelta(days=28)


@dataclass(frozen=True)
class Deal:
    """One fill. ``quantity`` signed, ``price`` per share; ``group`` names the campaign and its month."""

    at: datetime
    symbol: str
    quantity: int
    price: float
    contract: OptionContract | None
    group: str
    opening: bool
    illiquid: bool = False

    @property
    def cash(self) -> float:
        """What it brought in."""
        return round(-self.quantity * self.price * (100 if self.contract else 1), 2)


@dataclass(frozen=True)
class Flow:
    """Cash that came or went without a deal; ``kind`` is the broker's code."""

    day: date
    kind: str
    amount: float
    symbol: str = ""
    quantity: int = 0
    per_share: float = 0.0


@dataclass(frozen=True)
class Payment:
    """A dividend of one share."""

    symbol: str
    ex: date
    pay: date
    amount: float


@dataclass(frozen=True)
class Expired:
    """A contract that ended worthless."""

    day: date
    symbol: str
    quantity: int


@dataclass(frozen=True)
class Ledger:
    """Everything that happened up to a session's close."""

    deals: tuple[Deal, ...]
    flows: tuple[Flow, ...]
    expired: tuple[Expired, ...]

    def cash(self, day: date | None = None) -> float:
        """Cash at the close of ``day``, or of the last session."""
        deals = sum(deal.cash for deal in self.deals if day is None or deal.at.date() <= day)
        return round(deals + sum(flow.amount for flow in self.flows if day is None or flow.day <= day), 2)

    def holdings(self, day: date | None = None) -> dict[str, tuple[int, float, Deal]]:
        """Symbol to quantity, average price and the deal that opened it, at the close of ``day`` or the last session.

        One campaign may close what another opens: a position's average is of the deals that enlarged it, and begins
        anew when it changes sides.
        """
        found: dict[str, tuple[int, float, Deal]] = {}
        for deal in self.deals:
            if day is not None and deal.at.date() > day:
                break
            before, average, opener = found.get(deal.symbol, (0, 0.0, deal))
            after = before + deal.quantity
            if before == 0 or before * after < 0:
                average, opener = deal.price, deal
            elif before * deal.quantity > 0:
                average = (before * average + deal.quantity * deal.price) / after
            found[deal.symbol] = (after, average, opener)
        gone = {one.symbol for one in self.expired if day is None or one.day <= day}
        return {symbol: entry for symbol, entry in found.items() if entry[0] and symbol not in gone}

    def by_day(self, days: Sequence[date]) -> Iterator[tuple[date, float, dict[str, int]]]:
        """Each of some ascending days with its cash and quantities by symbol at the close; cheaper than asking each."""
        events = [(deal.at.date(), deal.cash, deal.symbol, deal.quantity) for deal in self.deals]
        events += [(flow.day, flow.amount, "", 0) for flow in self.flows]
        events += [(one.day, 0.0, one.symbol, -one.quantity) for one in self.expired]
        events.sort(key=lambda event: event[0])
        cash, held, place = 0.0, Counter[str](), 0
        for day in days:
            while place < len(events) and events[place][0] <= day:
                _, amount, symbol, quantity = events[place]
                cash = round(cash + amount, 2)
                held[symbol] += quantity
                place += 1
            yield day, cash, {symbol: count for symbol, count in held.items() if count}


def ledger(world: World, now: datetime) -> Ledger:
    """The account's history up to the last close at or before ``now``."""
    return ledger_of(world.seed, closed_sessions(world.days, now))


@lru_cache(maxsize=4)
def ledger_of(seed: int, closed: int) -> Ledger:
    """The account's history over the first ``closed`` sessions of a world."""
    world = world_of(seed)
    days = [day.item() for day in world.days[:closed]]
    first = next((i for i, day in enumerate(days) if day >= START), len(days))
    if first == len(days):
        return Ledger((), (), ())
    moments = {row: at_close(world, row) for row in range(first, closed)}
    rows = {days[row]: row for row in moments}
    plans = [*_campaigns(days[first:], moments, rows), *_hedges(days[first:], moments, rows)]
    prices = values([contract for contract, *_ in plans], [moments[row] for _, row, *_ in plans])[0]
    deals = [_share_deal(world, rule) for rule in RULES["shares"] if date.fromisoformat(rule["day"]) in rows]
    expired = []
    for (contract, row, quantity, group, opening, illiquid), mid in zip(plans, prices.tolist(), strict=True):
        at = moments[row].at
        if not opening and contract.last_valuation <= at:
            if mid < 0.005:
                expired.append(Expired(at.date(), contract.symbol, -quantity))
                continue
            price = round(mid, 2)
        else:
            price = max(round(mid + (SLIP if quantity > 0 else -SLIP), 2), 0.01)
        deals.append(Deal(at, contract.symbol, quantity, price, contract, group, opening, illiquid))
    deals.sort(key=lambda deal: (deal.at, deal.symbol, deal.opening))
    given = [
        Flow(date.fromisoformat(row["day"]), row["kind"], row["amount"])
        for row in RULES["flows"]
        if date.fromisoformat(row["day"]) <= days[-1]
    ]
    flows = sorted([*given, *_dividends(world, deals, days[-1])], key=lambda flow: flow.day)
    return Ledger(tuple(deals), tuple(flows), tuple(expired))


Plan = tuple[OptionContract, int, int, str, bool, bool]


def _campaigns(days: list[date], moments: dict[int, Moment], rows: dict[date, int]) -> list[Plan]:
    """Openings and closings of every campaign, month by month."""
    months: dict[tuple[int, int], list[date]] = defaultdict(list)
    for day in days:
        months[day.year, day.month].append(day)
    plans: list[Plan] = []
    for rule in RULES["campaigns"]:
        for year, month in months:
            opened = _nth(months, year, month, rule["opens"])
            if opened is None:
                continue
            spot = moments[rows[opened]].spot[rule["underlying"]]
            closed = _nth(months, year, month + 1, rule["opens"])
            for right, moneyness, quantity, ahead in rule["legs"]:
                step = strike_step(rule["underlying"], spot)
                contract = contract_of(
                    rule.get("root", rule["underlying"]),
                    third_friday(year, month + ahead),
                    is_call=right == "C",
                    strike=float(step * round(spot * moneyness / step)),
                )
                group, illiquid = f"{rule['name']} {year}-{month:02d}", rule.get("illiquid", False)
                plans.append((contract, rows[opened], quantity, group, True, illiquid))
                if closed is not None:
                    plans.append((contract, rows[closed], -quantity, group, False, illiquid))
    return plans


def _nth(months: dict[tuple[int, int], list[date]], year: int, month: int, place: int) -> date | None:
    """The ``place``-th session of a month, if it has closed; ``month`` may be 13."""
    days = months.get((year + (month - 1) // 12, (month - 1) % 12 + 1), [])
    return days[place - 1] if len(days) >= place else None


def _hedges(days: list[date], moments: dict[int, Moment], rows: dict[date, int]) -> list[Plan]:
    """The put bought at each close for the next session's, and its end there."""
    rule = RULES["hedge"]
    plans: list[Plan] = []
    for day, following in zip(days, [*days[1:], None], strict=True):
        spot = moments[rows[day]].spot[rule["underlying"]]
        step = strike_step(rule["underlying"], spot)
        strike = float(step * round(spot * rule["moneyness"] / step))
        expiry = following or _next_session(day)
        contract = contract_of(rule["underlying"], expiry, is_call=False, strike=strike)
        plans.append((contract, rows[day], rule["quantity"], f"hedge {day}", True, False))
        if following is not None:
            plans.append((contract, rows[following], -rule["quantity"], f"hedge {day}", False, False))
    return plans


def _next_session(day: date) -> date:
    following = day + timedelta(days=1)
    while on_session(following) != following:
        following += timedelta(days=1)
    return following


def _share_deal(world: World, rule: dict[str, Any]) -> Deal:
    day = date.fromisoformat(rule["day"])
    bars = world.bars(rule["symbol"])
    price = float(bars.close[np.searchsorted(bars.days, np.datetime64(day, "D"))])
    return Deal(close_of(day), rule["symbol"], rule["quantity"], price, None, f"shares {rule['symbol']}", True)


def payments(world: World, symbol: str) -> list[Payment]:
    """Every dividend a symbol ever pays, by ex-date."""
    bars = world.bars(symbol)
    steps = np.diff(bars.paid, prepend=0.0)
    found = []
    for row in np.flatnonzero(steps < 0).tolist():
        amount = round(float(bars.close[max(row - 1, 0)]) * -math.expm1(float(steps[row])), 4)
        ex = bars.days[row].item()
        found.append(Payment(symbol, ex, on_session(ex + PAY_LAG), amount))
    return found


def _dividends(world: World, deals: list[Deal], last: date) -> list[Flow]:
    """Dividends on the shares held the day before each ex-date, when they are paid."""
    flows = []
    shares = [deal for deal in deals if deal.contract is None]
    for symbol in sorted({deal.symbol for deal in shares}):
        for one in payments(world, symbol):
            held = sum(deal.quantity for deal in shares if deal.symbol == symbol and deal.at.date() < one.ex)
            if held and one.pay <= last:
                flows.append(Flow(one.pay, "DIV", round(held * one.amount, 2), symbol, held, one.amount))
    return flows

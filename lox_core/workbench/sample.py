"""The sample book: nobody's positions on the real market, for whoever has no broker or is not the owner.

It is laid out anew each month, strikes around the last close of the month before, so it is the same for every visitor
of a month and moves with the market. Nobody quotes these options to a visitor: every option is valued by its model at
one volatility per underlying, from the VIX, and its mark says ``modelled``. There is no skew and no spread in it, no
dividend and no cash; it shows how Lox reads a book, not what such a book would fetch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from lox_core.calendars import in_session, is_session
from lox_core.clock import NEW_YORK
from lox_core.options.contract import contract_of
from lox_core.options.curve import DiscountCurve
from lox_core.portfolio import marking
from lox_core.portfolio.attribution import StartLeg
from lox_core.portfolio.book import build_book
from lox_core.portfolio.positions import Account, BookInputs, Holding, Quote, UnderlyingState
from lox_core.portfolio.valued import Book, Leg
from lox_core.workbench.underlyings import day_start

MODELLED = "modelled"
NOTICE = (
    "A sample book, nobody's positions: options are valued by their model at a volatility from the VIX, without skew, "
    "spread or dividends. No mark of an option here is a price anybody quoted."
)
INDEX, FUND, STOCK = "XSP", "SPY", "AAPL"
UNDERLYINGS = (INDEX, FUND, STOCK)
REALISED_DAYS = 63


@dataclass(frozen=True)
class Line:
    """One option of the sample: which expiry, how far its strike lies from the month's reference price, how many."""

    root: str
    expiry: str
    right: str
    moneyness: float
    quantity: float


SHARES = ((FUND, 100.0), (STOCK, 100.0))
OPTIONS = (
    Line(INDEX, "second", "P", 0.90, 2),
    Line(INDEX, "second", "P", 0.94, -2),
    Line(INDEX, "second", "C", 1.05, -2),
    Line(INDEX, "second", "C", 1.08, 2),
    Line(INDEX, "first", "C", 1.00, -1),
    Line(INDEX, "third", "C", 1.00, 1),
    Line(INDEX, "third", "P", 0.85, 3),
    Line(INDEX, "week", "P", 0.99, -1),
    Line(INDEX, "week", "P", 0.97, 1),
    Line(STOCK, "first", "C", 1.06, -1),
)


@dataclass(frozen=True, eq=False)
class SampleMarket:
    """What is known of the sample's market at one instant. A missing price or volatility is None with a ``gaps`` entry.

    By underlying: ``states``; ``vols``, annual decimals, and ``previous_vols`` at the close before; ``references``, the
    closes that strikes are laid around.
    """

    as_of: datetime
    states: dict[str, UnderlyingState]
    vols: dict[str, float | None]
    previous_vols: dict[str, float | None]
    references: dict[str, float | None]
    curve: DiscountCurve | None
    gaps: dict[str, str]


def holdings(references: dict[str, float | None], vols: dict[str, float | None], today: date) -> tuple[Holding, ...]:
    """The sample's positions for the month of ``today``; an option whose reference price is unknown is left out."""
    found = [Holding(symbol, quantity, "share", symbol) for symbol, quantity in SHARES]
    days = expiries(today)
    for line in OPTIONS:
        reference = references.get(line.root)
        if reference is None:
            continue
        strike = float(5 * round(line.moneyness * reference / 5))
        contract = contract_of(line.root, days[line.expiry], is_call=line.right == "C", strike=max(strike, 5.0))
        found.append(
            Holding(contract.symbol, line.quantity, "option", line.root, contract, given_vol=vols.get(line.root))
        )
    return tuple(found)


def expiries(today: date) -> dict[str, date]:
    """``week``: this week's Friday; ``first`` to ``third``: the next monthly expiries at least two weeks away."""
    monthly = [
        _open_day(_third_friday(today.year + (today.month + i - 1) // 12, (today.month + i - 1) % 12 + 1))
        for i in range(6)
    ]
    ahead = [day for day in monthly if (day - today).days >= 14]
    friday = today + timedelta(days=(4 - today.weekday()) % 7)
    return {"week": _open_day(friday), "first": ahead[0], "second": ahead[1], "third": ahead[3]}


def build_sample(market: SampleMarket, today: date | None = None) -> Book:
    """The sample valued: a first pass gives each option its model's value, a second marks it there.

    ``today`` lays it out as on that day, where the market is of an earlier one.
    """
    today = today or market.as_of.astimezone(NEW_YORK).date()
    inputs = BookInputs(
        as_of=market.as_of,
        account=Account("sample"),
        holdings=holdings(market.references, market.vols, today),
        market_open=in_session(market.as_of),
        quotes=_share_quotes(market.states),
        underlyings=market.states,
        curve=market.curve,
        gaps=market.gaps,
    )
    first = build_book(inputs)
    modelled = tuple(replace(leg.holding, given_mark=leg.theo) for leg in first.legs)
    book = build_book(replace(inputs, holdings=modelled))
    notices = [one for one in book.notices if "imported" not in one]
    return replace(book, legs=tuple(_named(leg, market) for leg in book.legs), notices=(NOTICE, *notices))


def sample_starts(market: SampleMarket) -> dict[str, StartLeg]:
    """Every position at the close the day's P&L starts from: at that close's prices and volatilities, by the model."""
    before = day_start(market.as_of).at
    states = {name: replace(state, spot=state.previous_close, spot_at=before) for name, state in market.states.items()}
    then = replace(market, as_of=before, states=states, vols=market.previous_vols)
    book = build_sample(then, market.as_of.astimezone(NEW_YORK).date())
    return {leg.symbol: StartLeg(leg.mark.mid, leg.spot, leg.rate) for leg in book.legs}


def realised_vol(closes: Sequence[float]) -> float | None:
    """The volatility of the last quarter's daily log returns, annual; None from fewer than 21 closes."""
    prices = np.asarray(closes[-(REALISED_DAYS + 1) :], float)
    if len(prices) < 21 or not (prices > 0).all():
        return None
    return float(np.diff(np.log(prices)).std(ddof=1) * np.sqrt(252))


def month_end_close(closes: Mapping[date, float], today: date) -> float | None:
    """The last close of the month before ``today``'s."""
    before = [day for day in closes if day < today.replace(day=1)]
    return closes[max(before)] if before else None


def _share_quotes(states: dict[str, UnderlyingState]) -> dict[str, Quote]:
    """A share's last price as its trade, under the name of its source; there is no bid and no ask."""
    return {
        name: Quote(last=states[name].spot, last_at=states[name].spot_at, previous_close=states[name].previous_close)
        for name, _ in SHARES
        if name in states and states[name].spot is not None
    }


def _named(leg: Leg, market: SampleMarket) -> Leg:
    """An option's mark as what it is."""
    if leg.holding.contract is None or leg.mark.mark is None:
        return leg
    at = market.states[leg.holding.underlying].spot_at
    age_s = None if at is None else max((market.as_of - at).total_seconds(), 0.0)
    flags = tuple(MODELLED if flag == marking.IMPORTED else flag for flag in leg.mark.flags if flag != marking.NO_TIME)
    return replace(leg, mark=replace(leg.mark, at=at, age_s=age_s, flags=flags))


def _third_friday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


def _open_day(day: date) -> date:
    while not is_session(day):
        day -= timedelta(days=1)
    return day

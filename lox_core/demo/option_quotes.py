"""What options cost in the simulated market: its VIX makes their volatilities, stress widens their spreads.

A volatility depends on the underlying, the strike's distance in standard deviations and the time left, never on when
it is asked, so that the past never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from lox_core.calendars import close_of, in_session, is_session, last_close, sessions_between
from lox_core.clock import NEW_YORK
from lox_core.demo.episodes import ASSETS
from lox_core.demo.last_trade import last_trade
from lox_core.demo.processes import Floats
from lox_core.demo.world import World, closed_sessions
from lox_core.options import american
from lox_core.options.black_scholes import Greeks
from lox_core.options.contract import YEAR_S, OptionContract
from lox_core.options.curve import DiscountCurve, from_par_yields

# At-the-money volatility of 30 days over the VIX, and how much steeper than the index's the skew is.
VOL_RATIO = {"SPY": 0.93, "QQQ": 1.2, "IWM": 1.26, "TLT": 0.76, "HYG": 0.42, "GLD": 0.92, "AAPL": 1.4, "NVDA": 2.3}
SKEW = {"TLT": 0.3, "GLD": -0.2, "AAPL": 0.6, "NVDA": 0.5}
STRIKE_STEP = {"TLT": 1.0, "HYG": 1.0}
CALM_VIX, REVERSION = 19.0, 4.0
# No option here runs longer than two years.
TENOR_YEARS = {"month1": 1 / 12, "month3": 0.25, "month6": 0.5, "year1": 1.0, "year2": 2.0}
# Single shares: nobody quotes their wings tightly. Log distance from spot, and spread over mid.
WINGS, WIDE = {"AAPL": 0.12, "NVDA": 0.12}, 0.35


@dataclass(frozen=True, eq=False)
class Moment:
    """Underlyings at one instant: what an option's value there needs."""

    at: datetime
    spot: dict[str, float]
    vix: float
    curve: DiscountCurve


@dataclass(frozen=True)
class OptionQuote:
    """One contract's simulated quote. ``bid`` and ``ask`` None: nobody makes a market in it."""

    mid: float
    bid: float | None
    ask: float | None
    vol: float


def moment(world: World, at: datetime, symbols: Sequence[str] = tuple(VOL_RATIO)) -> Moment:
    """The market at ``at``: in the running session, or as it stood at the last close."""
    closed = closed_sessions(world.days, at)
    if not in_session(at) and closed:
        return at_close(world, closed - 1)
    spots = {}
    for symbol in symbols:
        found = last_trade(world, symbol, at)
        if found is not None:
            spots[symbol] = found[0].price
    vix = last_trade(world, "^VIX", at)
    row = max(closed - 1, 0)
    yields = {years: float(world.curve[name][row]) for name, years in TENOR_YEARS.items()}
    return Moment(at, spots, CALM_VIX if vix is None else vix[0].price, from_par_yields(yields))


def at_close(world: World, row: int) -> Moment:
    """The market at the close of ``world.days[row]``, cheaper than :func:`moment`."""
    day = world.days[row]
    spots = {}
    for symbol in VOL_RATIO:
        bars = world.bars(symbol)
        place = row - (len(world.days) - len(bars.days))
        if place >= 0:
            spots[symbol] = float(bars.close[place])
    vix = world.bars("^VIX")
    yields = {years: float(world.curve[name][row]) for name, years in TENOR_YEARS.items()}
    level = float(vix.close[row - (len(world.days) - len(vix.days))])
    return Moment(close_of(day.item()), spots, level, from_par_yields(yields))


def volatility(underlying: str, vix: Floats, spot: Floats, strike: Floats, years: Floats) -> Floats:
    """Annual decimals, (n,): level by the VIX, calmer with time when high, skewed by standard deviations from spot."""
    time = np.maximum(years, 1 / 1460)
    pull = (1 - np.exp(-REVERSION * time)) / (REVERSION * time)
    level = VOL_RATIO[underlying] * (CALM_VIX + (vix - CALM_VIX) * pull) / 100
    z = np.clip(np.log(strike / spot) / (level * np.sqrt(time)), -5.0, 4.0)
    smile: Floats = level * np.maximum(1 - 0.075 * SKEW.get(underlying, 1.0) * z + 0.018 * z * z, 0.55)
    return smile


def values(contracts: Sequence[OptionContract], moments: Sequence[Moment]) -> tuple[Floats, Floats]:
    """Mid value per share and volatility of each contract at its moment; NaN where the underlying has no price."""
    table = _table(contracts, moments)
    priced = american.price(**_arguments(table), tier="fast")
    return np.where(table["years"] > 0, priced, table["intrinsic"]), table["vol"]


def greeks(contracts: Sequence[OptionContract], moments: Sequence[Moment]) -> Greeks:
    """The vendor's Greeks of each contract."""
    return american.greeks(**_arguments(_table(contracts, moments)), tier="fast")


def quote(contract: OptionContract, mid: float, vol: float, now: Moment, *, illiquid: bool = False) -> OptionQuote:
    """The quote around a mid: wider in stress, far from the money and on the penny grid of its class."""
    if illiquid:
        return OptionQuote(mid, 0.0, max(round(2 * mid, 2), 0.1), vol)
    spot = now.spot[contract.underlying]
    far = abs(np.log(contract.strike / spot))
    width = (0.015 + 0.009 * mid) * (now.vix / CALM_VIX) * (1 + 0.25 * min(far / 0.1, 4.0))
    out_of_the_money = (contract.strike > spot) == contract.is_call
    if out_of_the_money and far > WINGS.get(contract.underlying, np.inf):
        width = max(width, WIDE * mid)
    penny = contract.underlying in ("SPY", "QQQ", "IWM") or mid < 3
    tick = 0.01 if penny else 0.05
    bid = max(np.floor((mid - width / 2) / tick) * tick, 0.0)
    ask = max(np.ceil((mid + width / 2) / tick) * tick, bid + tick)
    return OptionQuote(mid, round(float(bid), 2), round(float(ask), 2), vol)


def chain(underlying: str, now: Moment) -> list[OptionContract]:
    """The contracts listed on an underlying: four weeks, half a year of monthlies, a year; strikes within a fifth."""
    spot, today = now.spot.get(underlying), now.at.astimezone(NEW_YORK).date()
    if spot is None:
        return []
    step = strike_step(underlying, spot)
    strikes = step * np.arange(np.ceil(0.8 * spot / step), np.floor(1.2 * spot / step) + 1)
    return [
        OptionContract(underlying, underlying, expiry, is_call, float(strike))
        for expiry in expiries(underlying, today)
        for strike in strikes
        for is_call in (True, False)
    ]


def strike_step(underlying: str, spot: float) -> float:
    """Dollars between strikes."""
    return STRIKE_STEP.get(underlying, 5.0 if spot >= 100 else 2.5 if spot >= 25 else 1.0)


def expiries(underlying: str, today: date) -> list[date]:
    """Listed expiry days from ``today`` on."""
    friday = today + timedelta((4 - today.weekday()) % 7)
    weekly = {on_session(friday + timedelta(7 * week)) for week in range(4)}
    monthly = {third_friday(today.year, today.month + ahead) for ahead in range(7)} | {third_friday(today.year + 1, 12)}
    daily = {day.item() for day in sessions_between(today, today + timedelta(6))[:3]} if underlying == "SPY" else set()
    return sorted(day for day in weekly | monthly | daily if day >= today)


def third_friday(year: int, month: int) -> date:
    """The monthly expiry, on the session before it where the exchange is shut; ``month`` may run past December."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    first = date(year, month, 1)
    return on_session(first + timedelta((4 - first.weekday()) % 7 + 14))


def on_session(day: date) -> date:
    """``day``, or the session before it."""
    while not is_session(day):
        day -= timedelta(days=1)
    return day


def stamp(now: datetime) -> datetime:
    """When a quote seen at ``now`` was made: a second ago in the session, else at the last close."""
    return now - timedelta(seconds=1) if in_session(now) else last_close(now) - timedelta(seconds=1)


def _table(contracts: Sequence[OptionContract], moments: Sequence[Moment]) -> dict[str, Floats]:
    spot = np.array([m.spot.get(c.underlying, np.nan) for c, m in zip(contracts, moments, strict=True)])
    strike = np.array([c.strike for c in contracts])
    is_call = np.array([c.is_call for c in contracts])
    years = np.array(
        [(c.last_valuation - m.at).total_seconds() / YEAR_S for c, m in zip(contracts, moments, strict=True)]
    )
    vix = np.array([m.vix for m in moments])
    rate = np.array([float(m.curve.rate(max(t, 0.0))) for m, t in zip(moments, years, strict=True)])
    div_yield = np.array([ASSETS[c.underlying].yield_share for c in contracts])
    vol = np.empty(len(contracts))
    names = np.array([c.underlying for c in contracts])
    for name in set(names.tolist()):
        some = names == name
        vol[some] = volatility(name, vix[some], spot[some], strike[some], np.maximum(years[some], 0.0))
    intrinsic = np.maximum(np.where(is_call, spot - strike, strike - spot), 0.0)
    return {
        "is_call": is_call,
        "spot": spot,
        "strike": strike,
        "years": np.maximum(years, 0.0),
        "rate": rate,
        "vol": vol,
        "div_yield": div_yield,
        "intrinsic": intrinsic,
    }


def _arguments(table: dict[str, Floats]) -> dict[str, Floats]:
    names = {"years": "expiry_years"}
    return {names.get(name, name): column for name, column in table.items() if name != "intrinsic"}

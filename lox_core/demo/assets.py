"""The simulated prices a quote vendor sells: indices, funds and two shares, as daily bars.

Bond funds follow the simulated yields and spreads, shares and equity funds the index with a life of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lox_core.demo.episodes import Asset
from lox_core.demo.market_paths import MarketPaths, session_of
from lox_core.demo.processes import Days, Floats, pinned, stream
from lox_core.demo.rate_paths import RatePaths

_SESSION_SHARE_OVERNIGHT = 0.35


@dataclass(frozen=True, eq=False)
class Bars:
    """Daily bars from the asset's first session on, shape (n_days,).

    Prices are per unit, split-adjusted, not adjusted for distributions. ``day_vol`` is the standard deviation a day's
    return was drawn with; ``paid`` the running log of ``1 - distribution / price``, so that
    ``exp(paid[end] - paid[t])`` adjusts the price of day t as seen at ``end``.
    """

    days: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    day_vol: Floats
    paid: Floats


def simulate_bars(seed: int, asset: Asset, market: MarketPaths, rates: RatePaths) -> Bars:
    """The bars of one asset. Nothing is missing; low <= open, close <= high."""
    first = session_of(market.days, asset.first)
    days = market.days[first:]
    draws = stream(seed, f"asset {asset.symbol}")
    close = _price_round(_closes(draws, asset, market, rates)[first:])
    size = len(days)
    day_vol = abs(asset.beta) * 0.0096 * (market.vix[first:] / 20.0) ** 0.9 + asset.own_vol
    before = np.append(close[0], close[:-1])
    move = np.log(close / before)
    gap = _SESSION_SHARE_OVERNIGHT * move + 0.25 * day_vol * draws.standard_normal(size)
    opening = _price_round(before * np.exp(gap))
    reach = np.abs(draws.standard_normal((2, size))) * 0.45 * day_vol
    high = _price_round(np.maximum(opening, close) * np.exp(reach[0]))
    low = _price_round(np.minimum(opening, close) * np.exp(-reach[1]))
    excitement = np.minimum(np.abs(move) / day_vol, 4.0)
    volume = np.round(asset.volume * np.exp(0.22 * draws.standard_normal(size) + 0.25 * (excitement - 0.8)))
    return Bars(days, opening, high, low, close, volume, day_vol, _paid(asset, days))


def _closes(draws: np.random.Generator, asset: Asset, market: MarketPaths, rates: RatePaths) -> Floats:
    """Closing prices over all sessions of the world."""
    if asset.symbol == "^GSPC":
        return market.index
    if asset.symbol == "^VIX":
        return market.vix
    own = np.cumsum(draws.standard_normal(len(market.days)) * asset.own_vol)
    if asset.symbol == "TLT":
        path = -16.0 * rates.yield_30y / 100.0 + own
    elif asset.symbol == "HYG":
        path = -3.6 * (market.hy + 0.5 * (rates.yield_2y + rates.yield_10y)) / 100.0 + own
    elif asset.symbol == "GLD":
        path = -4.0 * rates.real_10y / 100.0 + own
    else:
        path = asset.beta * np.log(market.nasdaq if asset.exchange == "NASDAQ" else market.index) + own
    if asset.symbol == "QQQ":
        path = np.log(market.nasdaq) + own * 0.1
    if asset.levels is None:
        return np.exp(path)
    return np.exp(pinned(path, market.days, asset.levels.log()))


def _paid(asset: Asset, days: Days) -> Floats:
    """Running log of the share of price left after distributions: third Fridays, or a month's first session."""
    if not asset.payments:
        return np.zeros(len(days))
    months = days.astype("datetime64[M]")
    if asset.payments == 12:
        due = np.append(False, months[1:] != months[:-1])
    else:
        quarter_end = (months.astype(int) + 1) % 3 == 0
        third_friday = np.busday_offset(months, 2, roll="forward", weekmask="Fri")
        due = quarter_end & (days == third_friday)
    return np.cumsum(np.where(due, np.log1p(-asset.yield_share / asset.payments), 0.0))


def _price_round(prices: Floats) -> Floats:
    """Cents, or four decimals for prices under ten."""
    return np.where(prices < 10.0, np.round(prices, 4), np.round(prices, 2))

"""Implied volatility of European options: a volatility to the last digits, or the reason why there is none.

A quote is turned to the side out of the money by parity and normalised; :mod:`normalised_vol` inverts that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lox_core.options import kernels
from lox_core.options.black_scholes import columns
from lox_core.options.normalised_vol import normalised_vega, normalised_vol

Floats = NDArray[np.float64]
TICK_USD = 0.01
CHUNK, POOL_FROM = 16_384, 32_768
ILL_CONDITIONED = 1e-4
STATUSES = np.array(["ok", "below_intrinsic", "above_maximum", "ill_conditioned", "expired", "missing"])
OK, BELOW, ABOVE, ILL, EXPIRED, MISSING = range(6)


@dataclass(frozen=True, eq=False)
class ImpliedVol:
    """Volatilities of the inputs' common shape.

    Attributes
    ----------
    vol : float array
        Annual decimals; NaN unless ``status`` is ``ok``.
    status : str array
        ``ok``; ``below_intrinsic``: no volatility is low enough, time value is not above zero; ``above_maximum``: the
        price is not below what an infinite volatility gives; ``ill_conditioned``: one ulp of the price moves the
        volatility by more than 1e-4, so none is stated; ``expired``: no time left; ``missing``: an input is NaN, or
        spot or strike is not above zero.
    vol_error_per_tick : float array
        By how much one cent of price moves the volatility; NaN unless ``ok``.
    """

    vol: Floats
    status: NDArray[np.str_]
    vol_error_per_tick: Floats


def solve(
    *,
    is_call: ArrayLike,
    price: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    rate: ArrayLike,
    div_yield: ArrayLike = 0.0,
) -> ImpliedVol:
    """The volatilities at which European options are worth ``price``.

    Parameters
    ----------
    is_call, price, spot, strike, expiry_years, rate, div_yield : array_like
        Broadcast against each other; ``price`` per share, rates continuous decimals.
    """
    shape, table = columns(is_call, price, spot, strike, expiry_years, rate, div_yield)
    size = len(table[0])
    vol, tick, code = np.full(size, np.nan), np.full(size, np.nan), np.empty(size, np.int8)

    def work(part: slice) -> None:
        """One chunk, block by block."""
        for low in range(part.start, part.stop, kernels.BLOCK):
            some = slice(low, min(low + kernels.BLOCK, part.stop))
            with np.errstate(all="ignore"):
                vol[some], tick[some], code[some] = _solve([column[some] for column in table])

    kernels.each_chunk(size, work, chunk=CHUNK, pool_from=POOL_FROM)
    return ImpliedVol(vol.reshape(shape), STATUSES[code].reshape(shape), tick.reshape(shape))


def _time_value(rows: list[Floats]) -> Floats:
    """The price less the forward's intrinsic value: what the side out of the money is worth.

    Discounting spot and strike before subtracting rounds to the spot's last digit, which near expiry can be all the
    time value there is. So spot less strike is taken with its rounding error, and only what discounting changes is
    rounded: the answer is exact for a rate and a yield that differ in their last digits.
    """
    is_call, price, spot, strike, years, rate, div_yield = rows
    sign = np.where(is_call > 0, 1.0, -1.0)
    gap, gap_lost = _difference(spot, strike)
    shrunk = gap * np.expm1(-rate * years) + spot * np.exp(-rate * years) * np.expm1((rate - div_yield) * years)
    left, left_lost = _difference(price, sign * gap)
    wing: Floats = left + (left_lost - sign * (gap_lost + shrunk))
    inside = sign * (gap + (gap_lost + shrunk)) > 0
    return np.where(inside, wing, price)


def _difference(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """``a - b`` rounded, and what rounding lost (Knuth's two-sum)."""
    whole = a - b
    back = whole - a
    return whole, (a - (whole - back)) - (b + back)


def _solve(rows: list[Floats]) -> tuple[Floats, Floats, NDArray[np.int8]]:
    _, price, spot, strike, years, rate, div_yield = rows
    discount, carry = np.exp(-rate * years), np.exp(-div_yield * years)
    held, owed = spot * carry, strike * discount
    wing = _time_value(rows)
    most = np.minimum(held, owed)
    x = -np.abs(np.log(held / owed))
    middle = np.sqrt(held * owed)
    code = np.full(len(price), OK, np.int8)
    code[wing <= 0] = BELOW
    code[wing >= most] = ABOVE
    code[years <= 0] = EXPIRED
    unusable = ~np.isfinite(price + held + owed + x + years) | ~((spot > 0) & (strike > 0))
    code[unusable] = MISSING
    good = code == OK
    total = np.full(len(price), np.nan)
    total[good] = normalised_vol(x[good], wing[good] / middle[good], (most - wing)[good] / middle[good])
    root = np.sqrt(np.where(years > 0, years, np.nan))
    slope = middle * normalised_vega(x, total)  # of the price, by total volatility
    moved = np.spacing(np.abs(price)) / slope / root
    code[good & ~(moved <= ILL_CONDITIONED)] = ILL
    sure = code == OK
    vol = np.where(sure, total / root, np.nan)
    return vol, np.where(sure, TICK_USD / (slope * root), np.nan), code

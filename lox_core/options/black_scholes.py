"""Black-Scholes-Merton values and nine Greeks of European options.

With forward ``F = S exp((r-q)T)``, total volatility ``s = vol sqrt(T)`` and ``h = |ln(F/K)|/s``, the side that is out
of the money is worth ``D F n(d1) (R(h - s/2) - R(h + s/2))`` with the Mills ratio ``R``; plain numpy, which has no fast
Mills ratio, subtracts two normal tails instead, and loses a few digits far out. The other side follows by parity.
Greeks as in Haug, *The Complete Guide to Option Pricing Formulas*, 2nd ed., chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from lox_core.options import kernels
from lox_core.options.normal import (
    INV_ROOT_TWO_PI,
    LEAST_TOTAL_VOL,
    MOST_GROWTH,
    SMALL_PRODUCT,
    SMALL_STEP,
    mills_drop,
)

Floats = NDArray[np.float64]
DAYS = 365.0
ODD = 2
CACHED = 16384  # columns whose intermediate results stay in the processor's cache


@dataclass(frozen=True, eq=False)
class Greeks:
    """Value and sensitivities per share, each of the inputs' common shape.

    ``delta``, ``gamma`` per dollar of spot. ``vega_per_vol_point``, ``vanna_per_vol_point`` (of delta) and
    ``volga_per_vol_point_sq`` per percentage point of volatility; ``rho_per_pct_point`` per percentage point of rate.
    ``theta_per_day`` and ``charm_per_day`` (of delta) are derivatives in time, over 365, and not capped.
    """

    price: Floats
    delta: Floats
    gamma: Floats
    vega_per_vol_point: Floats
    theta_per_day: Floats
    rho_per_pct_point: Floats
    vanna_per_vol_point: Floats
    charm_per_day: Floats
    volga_per_vol_point_sq: Floats


COUNT = len(fields(Greeks))


def greeks(
    *,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    rate: ArrayLike,
    vol: ArrayLike,
    div_yield: ArrayLike = 0.0,
) -> Greeks:
    """Value and Greeks of European options.

    Parameters
    ----------
    is_call, spot, strike, expiry_years, rate, vol, div_yield : array_like
        Broadcast against each other. ``rate`` and ``div_yield`` continuous, ``vol`` annual; all decimals.

    Returns
    -------
    Greeks
        Arrays of the common shape. An element with a NaN, a negative spot, strike or volatility, or a rate or yield
        that grows a dollar beyond exp(±700) by expiry, is NaN. At or after expiry the value is intrinsic, delta 0 or
        ±1 (±½ exactly at the money) and the rest 0; with ``vol`` 0 the value is that of the forward held, and gamma,
        vega and their kin are 0.
    """
    shape, table = columns(is_call, spot, strike, expiry_years, rate, vol, div_yield)
    out = np.empty((COUNT, len(table[0])))
    fill(table, out)
    return Greeks(*(row.reshape(shape) for row in out))


def price(
    *,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    rate: ArrayLike,
    vol: ArrayLike,
    div_yield: ArrayLike = 0.0,
) -> Floats:
    """Values of European options per share; parameters and missing values as for :func:`greeks`."""
    shape, table = columns(is_call, spot, strike, expiry_years, rate, vol, div_yield)
    out = np.empty((1, len(table[0])))
    fill(table, out)
    values: Floats = out[0].reshape(shape)
    return values


def columns(*inputs: ArrayLike) -> tuple[tuple[int, ...], list[Floats]]:
    """The inputs' common shape, and each of them flat; nothing is copied that need not be."""
    arrays = np.broadcast_arrays(*(np.asarray(one, float) for one in inputs))
    return arrays[0].shape, [one.reshape(-1) for one in arrays]


def fill(table: list[Floats], out: Floats) -> None:
    """Values (1 row) or all nine Greeks (9 rows) of a table's columns, in chunks, by whichever kernel is active."""
    compiled = kernels.kernel("european_price" if len(out) == 1 else "european_greeks")

    def work(part: slice) -> None:
        """One chunk."""
        mine, target = [column[part] for column in table], out[:, part]
        with np.errstate(all="ignore"):
            if compiled is not None:
                _mend(mine, target, _by_blocks(compiled, mine, target))
                return
            for low in range(0, target.shape[1], CACHED):
                block, answer = [column[low : low + CACHED] for column in mine], target[:, low : low + CACHED]
                _reference(block, answer)
                _mend(block, answer, ODD)

    kernels.each_chunk(len(table[0]), work)


def _by_blocks(compiled: kernels.Kernel, table: list[Floats], out: Floats) -> int:
    """Through a compiled kernel, which takes ``BLOCK`` columns at a time; answers the worst flaw among them."""
    block, given, flaw = kernels.BLOCK, len(table), 0
    scan = kernels.kernel("european_scan")
    rows, answer = np.empty((given + 1, block)), np.empty((len(out), block))
    for low in range(0, len(table[0]), block):
        high = min(low + block, len(table[0]))
        used = rows[:, : high - low]
        for row, column in zip(used, table, strict=False):
            row[:] = column[low:high]
        np.log(np.divide(used[1], used[2], out=used[given]), out=used[given])
        compiled(rows.reshape(-1), high - low, answer.reshape(-1))
        out[:, low:high] = answer[:, : high - low]
        flaw = max(flaw, ODD if scan is None else scan(rows.reshape(-1), high - low))
    return flaw


def _mend(table: list[Floats], out: Floats, flaw: int) -> None:
    """Overwrite the columns that the formula holds for only to fewer digits, and those it does not hold for at all."""
    if flaw == 0:
        return
    _, spot, strike, years, rate, vol, div_yield = table
    square = vol * vol
    square *= years
    small = np.flatnonzero(square < SMALL_STEP**2)
    out[0, small] = _near([column[small] for column in table], out[0, small])
    if flaw < ODD:
        return
    plain = (spot > 0) & (strike > 0) & (years > 0) & (vol > 0) & (square > LEAST_TOTAL_VOL**2)
    odd = np.flatnonzero(~(plain & _grows_little(rate, div_yield, years) & np.isfinite(sum(table))))
    out[:, odd] = _edges([column[odd] for column in table])[: len(out)]


def _grows_little(rate: Floats, div_yield: Floats, years: Floats) -> NDArray[np.bool_]:
    """Whether discount factors are numbers a double holds."""
    return (np.abs(rate * years) <= MOST_GROWTH) & (np.abs(div_yield * years) <= MOST_GROWTH)


def _near(rows: list[Floats], value: Floats) -> Floats:
    """Values at small total volatility near the money, where the plain difference loses digits; ``value`` elsewhere."""
    is_call, spot, strike, years, rate, vol, div_yield = rows
    total = vol * np.sqrt(years)
    held, owed = spot * np.exp(-div_yield * years), strike * np.exp(-rate * years)
    h = np.abs(np.log(spot / strike) + (rate - div_yield) * years) / total
    low = h - 0.5 * total
    weight = INV_ROOT_TWO_PI * np.minimum(held, owed) * np.exp(-0.5 * low * low)
    sign = np.where(is_call > 0, 1.0, -1.0)
    better = weight * mills_drop(low, total) + np.maximum(sign * (held - owed), 0.0)
    return np.where(low * total < SMALL_PRODUCT, better, value)


def _reference(rows: list[Floats], out: Floats) -> None:
    """The formula, for finite columns with time, volatility, spot and strike above zero."""
    is_call, spot, strike, years, rate, vol, div_yield = rows
    root = np.sqrt(years)
    total = vol * root
    x = np.log(spot / strike) + (rate - div_yield) * years
    d1 = x / total + 0.5 * total
    d2 = d1 - total
    discount, carry = np.exp(-rate * years), np.exp(-div_yield * years)
    held, owed = spot * carry, strike * discount
    density = INV_ROOT_TWO_PI * np.exp(-0.5 * d1 * d1)
    weight = held * density
    tail1, tail2 = ndtr(-np.abs(d1)), ndtr(-np.abs(d2))  # n(x) R(x), with all their digits
    inside = np.abs(x) < 0.5 * total * total  # the strike lies within half a total variance of the forward
    stock, cash = held * tail1, owed * tail2
    wing = np.where(inside, np.minimum(held, owed) - (stock + cash), np.abs(stock - cash))
    sign = np.where(is_call > 0, 1.0, -1.0)
    out[0] = wing + np.maximum(sign * (held - owed), 0.0)
    if len(out) == 1:
        return
    side1 = np.where(sign * d1 > 0, 1.0 - tail1, tail1)
    side2 = np.where(sign * d2 > 0, 1.0 - tail2, tail2)
    delta = sign * carry * side1
    money = sign * owed * side2
    vega = weight * root
    out[1] = delta
    out[2] = carry * density / (spot * total)
    out[3] = 0.01 * vega
    out[4] = (-0.5 * weight * vol / root - rate * money + div_yield * spot * delta) / DAYS
    out[5] = 0.01 * years * money
    out[6] = -0.01 * carry * density * d2 / vol
    drift = (rate - div_yield) / total - 0.5 * d2 / years
    out[7] = (div_yield * delta - carry * density * drift) / DAYS
    out[8] = 1e-4 * vega * d1 * d2 / vol


def _edges(rows: list[Floats]) -> Floats:
    """Columns beyond the formula: expired, without volatility, or unusable."""
    is_call, spot, strike, years, rate, vol, div_yield = rows
    years = np.maximum(years, 0.0)
    discount, carry = np.exp(-rate * years), np.exp(-div_yield * years)
    sign = np.where(is_call > 0, 1.0, -1.0)
    ahead = sign * (spot * carry - strike * discount)
    share = np.where(ahead > 0, 1.0, np.where(ahead == 0, 0.5, 0.0))
    out = np.zeros((COUNT, len(spot)))
    out[0] = np.maximum(ahead, 0.0)
    out[1] = sign * carry * share
    running = years > 0
    money = sign * strike * discount * share
    out[4] = np.where(running, (div_yield * spot * out[1] - rate * money) / DAYS, 0.0)
    out[5] = 0.01 * years * money
    out[7] = np.where(running, div_yield * out[1] / DAYS, 0.0)
    usable = np.isfinite(sum(rows)) & (spot >= 0) & (strike >= 0) & (vol >= 0)
    out[:, ~(usable & _grows_little(rate, div_yield, years))] = np.nan
    return out

"""Implied volatility of American options: the European answer first, then Newton's method inside a bracket."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lox_core.options import american, black_scholes, implied_vol
from lox_core.options.american_boundary import Tier
from lox_core.options.black_scholes import columns
from lox_core.options.implied_vol import (
    ABOVE,
    BELOW,
    EXPIRED,
    ILL,
    ILL_CONDITIONED,
    MISSING,
    OK,
    STATUSES,
    TICK_USD,
    ImpliedVol,
)

Floats = NDArray[np.float64]
LEAST_VOL, MOST_VOL, GUESS, LEAST_SLOPE = 1e-3, 8.0, 0.3, 1e-6
STEPS, TOLERANCE_USD, SLOPE_STEP = 40, 1e-6, 0.01


def solve_american(
    *,
    is_call: ArrayLike,
    price: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    rate: ArrayLike,
    div_yield: ArrayLike = 0.0,
    tier: Tier = "default",
) -> ImpliedVol:
    """The volatilities at which American options are worth ``price``; parameters as for :func:`implied_vol.solve`.

    A price at or below what the option is worth without any volatility, exercised at the best moment, is
    ``below_intrinsic``; one that no volatility up to 800 % gives is ``above_maximum``; ``ill_conditioned`` also says
    that American values are not defined there (two exercise boundaries, see :func:`american.price`).
    """
    shape, table = columns(is_call, price, spot, strike, expiry_years, rate, div_yield)
    call, wanted, s, k, years, r, q = table
    arguments = {"is_call": call, "spot": s, "strike": k, "expiry_years": years, "rate": r, "div_yield": q}
    european = implied_vol.solve(price=wanted, **arguments)
    code = _ORDER[np.searchsorted(_SORTED, european.status)]

    def value(some: NDArray[np.intp], guess: ArrayLike) -> Floats:
        """American values of some options."""
        return american.price(**{name: column[some] for name, column in arguments.items()}, vol=guess, tier=tier)

    def vega(some: NDArray[np.intp], guess: Floats) -> Floats:
        """Their European slopes."""
        found = black_scholes.greeks(**{name: column[some] for name, column in arguments.items()}, vol=guess)
        return 100 * found.vega_per_vol_point

    there = np.flatnonzero(~np.isin(code, (EXPIRED, MISSING)))
    least, most = value(there, 0.0), np.where(call > 0, s, k)[there]
    code[there] = np.select(
        [~np.isfinite(least), wanted[there] <= least, wanted[there] >= most], [ILL, BELOW, ABOVE], OK
    )
    where = np.flatnonzero(code == OK)
    vol = np.full(len(wanted), np.nan)
    vol[where] = solve_price(
        lambda some, guess: value(where[some], guess),
        lambda some, guess: vega(where[some], guess),
        wanted[where],
        np.where(np.isfinite(european.vol), european.vol, GUESS)[where],
    )
    lost = where[~np.isfinite(vol[where])]
    code[lost] = np.where(value(lost, MOST_VOL) < wanted[lost], ABOVE, ILL)
    tick = _vol_per_tick(value, vol, code, wanted)
    return ImpliedVol(vol.reshape(shape), STATUSES[code].reshape(shape), tick.reshape(shape))


def _vol_per_tick(
    value: Callable[[NDArray[np.intp], Floats], Floats], vol: Floats, code: NDArray[np.int64], price: Floats
) -> Floats:
    """What a cent moves each volatility, by the American slope; where the price hardly depends on it, none stands.

    Near the exercise boundary the European slope would promise ten times the precision there is.
    """
    tick = np.full(len(vol), np.nan)
    where = np.flatnonzero(code == OK)
    step = SLOPE_STEP * vol[where]
    slope = (value(where, vol[where] + step) - value(where, vol[where] - step)) / (2 * step)
    sure = np.spacing(price[where]) <= ILL_CONDITIONED * slope
    tick[where[sure]] = TICK_USD / slope[sure]
    code[where[~sure]], vol[where[~sure]] = ILL, np.nan
    return tick


def solve_price(
    value: Callable[[NDArray[np.intp], Floats], Floats],
    vega: Callable[[NDArray[np.intp], Floats], Floats],
    price: Floats,
    start: Floats,
    *,
    steps: int = STEPS,
    tolerance_usd: float = TOLERANCE_USD,
) -> Floats:
    """Volatilities at which ``value`` meets ``price``; NaN where it does not within ``steps``.

    Parameters
    ----------
    value, vega : callable
        ``(places, vols)`` to values and to first slopes per unit of volatility, each (m,).
    price, start : (n,)

    Notes
    -----
    The slope is the given vega, which is near enough at first, then the secant's; a step that leaves the bracket is
    replaced by its geometric middle.
    """
    vol = np.clip(start, LEAST_VOL, MOST_VOL)
    low, high = np.full(len(vol), LEAST_VOL), np.full(len(vol), MOST_VOL)
    slope = vega(np.arange(len(vol)), vol)
    before, missed_before = vol.copy(), np.full(len(vol), np.nan)
    found = np.full(len(vol), np.nan)
    open_ = np.ones(len(vol), bool)
    for _ in range(steps):
        at = np.flatnonzero(open_)
        if not len(at):
            break
        missed = value(at, vol[at]) - price[at]
        met = np.abs(missed) <= tolerance_usd
        found[at[met]] = vol[at[met]]
        open_[at[met | ~np.isfinite(missed)]] = False
        low[at] = np.where(missed < 0, vol[at], low[at])
        high[at] = np.where(missed > 0, vol[at], high[at])
        moved = vol[at] - before[at]
        secant = (missed - missed_before[at]) / np.where(moved == 0, np.nan, moved)
        slope[at] = np.where(secant > 0, secant, slope[at])
        before[at], missed_before[at] = vol[at], missed
        step = vol[at] - missed / np.maximum(slope[at], LEAST_SLOPE)
        inside = (step > low[at]) & (step < high[at])
        vol[at] = np.where(inside, step, np.sqrt(low[at] * high[at]))
    return found


_ORDER = np.argsort(STATUSES)
_SORTED = STATUSES[_ORDER]

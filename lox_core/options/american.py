"""American values and Greeks with a continuous dividend yield or with cash dividends.

The first by Andersen, Lake and Offengenden's method (2016, :mod:`early_exercise`), the second by finite differences
(:mod:`dividends`). One boundary serves every spot and strike of the same expiry, volatility and rates. Where early
exercise is never worth anything the value is the European one, exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
from numpy.typing import ArrayLike

from lox_core.options import dividends, early_exercise
from lox_core.options.american_boundary import Tier
from lox_core.options.black_scholes import DAYS, Greeks, columns
from lox_core.options.early_exercise import Flags, Floats, Options, Scheme

VOL_STEP, LEAST_VOL_STEP, RATE_STEP = 0.005, 5e-5, 1e-4


def price(
    *,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    rate: ArrayLike,
    vol: ArrayLike,
    div_yield: ArrayLike = 0.0,
    tier: Tier = "default",
) -> Floats:
    """Values of American options per share.

    Parameters
    ----------
    is_call, spot, strike, expiry_years, rate, vol, div_yield : array_like
        Broadcast against each other; ``rate`` and ``div_yield`` continuous, ``vol`` annual, all decimals.
    tier : {"fast", "default", "high"}
        Largest error over the strike about 1e-4, 2e-5 and 1e-8 on ordinary options.

    Returns
    -------
    array
        NaN where an input is NaN, spot, strike or ``vol`` is negative, or where two exercise
        boundaries exist (a put with ``div_yield < rate < 0``, a call with ``rate < div_yield < 0``). At or after
        expiry, and where exercising at once is best, intrinsic.
    """
    shape, options = _flat(is_call, spot, strike, expiry_years, rate, vol, div_yield)
    found: Floats = early_exercise.values(options, tier)[0].reshape(shape)
    return found


def greeks(
    *,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    rate: ArrayLike,
    vol: ArrayLike,
    div_yield: ArrayLike = 0.0,
    tier: Tier = "default",
) -> Greeks:
    """Values and Greeks; parameters and missing values as for :func:`price`.

    Delta and gamma are derivatives of the integral itself; theta and charm follow from the differential equation,
    which holds where the option is kept; the rest are central differences over new boundaries. Where it is exercised,
    delta is ±1 and the rest 0.
    """
    shape, options = _flat(is_call, spot, strike, expiry_years, rate, vol, div_yield)
    scheme = Scheme.of(options)

    def _values(changed: Options, times: int) -> Floats:
        return early_exercise.values(changed, tier, scheme.repeated(times))

    found = _by_differences(options, _values, np.ones(len(options), bool))
    return _shaped(_with_european(options, found), shape)


def _by_differences(options: Options, values: Callable[[Options, int], Floats], american: Flags) -> Greeks:
    """Greeks from what gives value, delta, gamma and speed of options and of copies of them with other inputs.

    The volatility moves by 0.5 % of itself, the rate by a basis point: errors of the differences are then some 1e-6 of
    the Greek, and rounding, 1e-14 of the strike over the step squared, stays below them. Values are smooth in both,
    since copies are worked out by the same scheme. A rate is not moved across zero, where the kind of boundary changes.
    """
    h = np.maximum(VOL_STEP * options.vol, LEAST_VOL_STEP)
    fall = np.minimum(h, np.maximum(options.vol, 0.0))
    low = np.where((options.rate >= 0) & (options.rate < RATE_STEP), 0.0, RATE_STEP)
    copies = (
        replace(options, vol=options.vol + h),
        replace(options, vol=options.vol - fall),
        replace(options, rate=options.rate + RATE_STEP),
        replace(options, rate=options.rate - low),
    )
    found = values(options.joined(*copies), 1 + len(copies)).reshape(4, 1 + len(copies), len(options))
    base, up, down, dearer, cheaper = found.swapaxes(0, 1)
    value, delta, gamma, speed = base
    s, r, q, v = options.spot, options.rate, options.div_yield, options.vol
    square = 0.5 * v * v * s * s
    rows = (
        (up[0] - down[0]) / (h + fall) / 100,
        (r * value - (r - q) * s * delta - square * gamma) / DAYS,
        (dearer[0] - cheaper[0]) / (RATE_STEP + low) / 100,
        (up[1] - down[1]) / (h + fall) / 100,
        (r * delta - (r - q) * (delta + s * gamma) - v * v * s * gamma - square * speed) / DAYS,
        (up[0] - 2 * value + down[0]) / (h * h) / 1e4,
    )
    intrinsic = np.where(options.is_call, s - options.strike, options.strike - s)
    over = (american & (value <= intrinsic)) | (options.years <= 0)
    return Greeks(value, delta, gamma, *(np.where(over, 0.0 * value, row) for row in rows))


def price_with_dividends(
    *,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    rate: ArrayLike,
    vol: ArrayLike,
    ex_times: ArrayLike,
    amounts: ArrayLike,
    div_yield: ArrayLike = 0.0,
    is_american: ArrayLike = True,
    tier: Tier = "default",
) -> Floats:
    """Values of options on a stock that falls by cash amounts at known times (the spot model).

    Parameters
    ----------
    ex_times, amounts : array_like
        Years to each ex-date, ascending, and dollars a share: one row for all options, or a row each, (n, k), for
        flat inputs of length n, filled up with NaN. Times not between 0 and expiry do not count.
    is_american : array_like of bool
    others
        As for :func:`price`.

    Returns
    -------
    array
        Error below 5e-3 dollars at a spot of 100. Options without a dividend before expiry are valued as by
        :func:`price`, or as European.
    """
    shape, options, american = _flat_cash(is_call, spot, strike, expiry_years, rate, vol, div_yield, is_american)
    times, cash = dividends.paired(np.asarray(ex_times, float), np.asarray(amounts, float), len(options))
    found: Floats = dividends.values(options, american, times, cash, tier)[0].reshape(shape)
    return found


def greeks_with_dividends(
    *,
    is_call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    expiry_years: ArrayLike,
    rate: ArrayLike,
    vol: ArrayLike,
    ex_times: ArrayLike,
    amounts: ArrayLike,
    div_yield: ArrayLike = 0.0,
    is_american: ArrayLike = True,
    tier: Tier = "default",
) -> Greeks:
    """Values and Greeks with cash dividends; parameters as for :func:`price_with_dividends`.

    Delta and gamma come from the grid, theta and charm from the differential equation between ex-dates, the rest from
    central differences.
    """
    shape, options, american = _flat_cash(is_call, spot, strike, expiry_years, rate, vol, div_yield, is_american)
    times, cash = dividends.paired(np.asarray(ex_times, float), np.asarray(amounts, float), len(options))
    scheme = Scheme.of(options)

    def _values(changed: Options, copies: int) -> Floats:
        rows, pays = np.tile(times, (copies, 1)), np.tile(cash, (copies, 1))
        return dividends.values(changed, np.tile(american, copies), rows, pays, tier, scheme.repeated(copies))

    return _shaped(_by_differences(options, _values, american), shape)


def _with_european(options: Options, found: Greeks) -> Greeks:
    """The closed form's Greeks where the option is European in all but name."""
    same = early_exercise.never_exercised(options) & (options.years > 0)
    if not same.any():
        return found
    exact = options.european()
    return Greeks(*(np.where(same, getattr(exact, one.name), getattr(found, one.name)) for one in fields(Greeks)))


def _shaped(found: Greeks, shape: tuple[int, ...]) -> Greeks:
    return Greeks(*(getattr(found, one.name).reshape(shape) for one in fields(Greeks)))


def _flat(*inputs: ArrayLike) -> tuple[tuple[int, ...], Options]:
    shape, (is_call, *rest) = columns(*inputs)
    return shape, Options(is_call > 0, *rest)


def _flat_cash(*inputs: ArrayLike) -> tuple[tuple[int, ...], Options, Flags]:
    shape, (is_call, *rest, american) = columns(*inputs)
    return shape, Options(is_call > 0, *rest), american > 0

"""American values and Greeks with a continuous dividend yield or with cash dividends.

The first by Andersen, Lake and Offengenden's method (2016, :mod:`early_exercise`), the second by finite differences
(:mod:`dividends`). One boundary serves every spot and strike of the same expiry, volatility and rates. Where early
exercise is never worth anything the value is the European one, exactly.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from numpy.typing import ArrayLike

from lox_core.options import dividends, early_exercise
from lox_core.options.american_boundary import Tier
from lox_core.options.black_scholes import DAYS, Greeks, columns
from lox_core.options.early_exercise import Flags, Floats, Options

# By which Greeks move volatility, as a share of itself and at least, the rate, and the time to expiry as a share of
# itself. Values by the integral are smooth to 1e-13 of the strike, so that differences are right to some 1e-6 of the
# Greek; on a grid exercise moves from node to node, worth some 1e-6 of the strike, and steps are wider for that.
VOL_STEP, RATE_STEP, TIME_STEP, LEAST_VOL_STEP = 0.005, 1e-4, 0.003, 5e-5
GRID_VOL_STEP, GRID_RATE_STEP = 0.04, 5e-4


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
        Largest error over the strike 1e-4, 2e-5 and 3e-7 (volatility 5-200 %, up to five years).

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

    Delta and gamma are derivatives of the integral itself, the rest central differences over new boundaries. Where the
    option is exercised, delta is ±1 and the rest 0.
    """
    shape, options = _flat(is_call, spot, strike, expiry_years, rate, vol, div_yield)
    return _shaped(_by_integral(options, tier), shape)


def _by_integral(options: Options, tier: Tier) -> Greeks:
    h = TIME_STEP * np.maximum(options.years, 0.0)
    times = replace(options, years=options.years - h), replace(options, years=options.years + h)
    copies = *_moved(options, VOL_STEP, RATE_STEP), *times
    found = early_exercise.values(options.joined(*copies), tier, copies=1 + len(copies))
    base, *moved, shorter, longer = found.reshape(3, 1 + len(copies), -1).swapaxes(0, 1)
    drift = (shorter - longer) / np.where(h > 0, 2 * h * DAYS, 1.0)
    everyone = np.ones(len(options), bool)
    return _with_european(options, _by_differences(options, base, moved, copies, drift[:2], everyone))


def _by_grid(options: Options, american: Flags, times: Floats, cash: Floats, tier: Tier) -> Greeks:
    copies = _moved(options, GRID_VOL_STEP, GRID_RATE_STEP)
    count = 1 + len(copies)
    rows = np.tile(american, count), np.tile(times, (count, 1)), np.tile(cash, (count, 1))
    found = dividends.values(options.joined(*copies), *rows, tier, copies=count)
    (*base, speed), *moved = found.reshape(4, count, -1).swapaxes(0, 1)
    value, delta, gamma = base
    s, r, q, v = options.spot, options.rate, options.div_yield, options.vol
    square = 0.5 * v * v * s * s
    theta = r * value - (r - q) * s * delta - square * gamma
    charm = r * delta - (r - q) * (delta + s * gamma) - v * v * s * gamma - square * speed
    drift = np.array([theta, charm]) / DAYS
    return _by_differences(options, np.array(base), [one[:3] for one in moved], copies, drift, american)


def _moved(options: Options, vol_step: float, rate_step: float) -> tuple[Options, Options, Options, Options]:
    """The options at a higher and lower volatility and a higher and lower rate.

    A rate is not moved across zero, where the kind of boundary changes.
    """
    h = np.maximum(vol_step * options.vol, LEAST_VOL_STEP)
    low = np.where((options.rate >= 0) & (options.rate < rate_step), 0.0, rate_step)
    return (
        replace(options, vol=options.vol + h),
        replace(options, vol=np.where(options.vol < h, 0.0 * options.vol, options.vol - h)),
        replace(options, rate=options.rate + rate_step),
        replace(options, rate=options.rate - low),
    )


def _by_differences(
    options: Options, base: Floats, moved: list[Floats], copies: tuple[Options, ...], drift: Floats, american: Flags
) -> Greeks:
    """Greeks from values, deltas and gammas, (3, n), of the options and of their :func:`_moved` copies.

    ``drift`` (2, n) is theta and charm, where the option is kept.
    """
    up, down, dearer, cheaper = moved
    value, delta, gamma = base
    wide = copies[0].vol - copies[1].vol
    rows = (
        (up[0] - down[0]) / wide / 100,
        drift[0],
        (dearer[0] - cheaper[0]) / (copies[2].rate - copies[3].rate) / 100,
        (up[1] - down[1]) / wide / 100,
        drift[1],
        (up[0] - 2 * value + down[0]) / (0.5 * wide) ** 2 / 1e4,
    )
    intrinsic = np.where(options.is_call, options.spot - options.strike, options.strike - options.spot)
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
    paying = dividends.due(options, times, cash)
    found = np.empty(len(options))
    for some, work in (
        (paying, lambda one: dividends.values(one, american[paying], times[paying], cash[paying], tier)),
        (~paying & american, lambda one: early_exercise.values(one, tier)),
        (~paying & ~american, early_exercise.european),
    ):
        if some.any():
            found[some] = work(options.of(some))[0]
    return found.reshape(shape)


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
    paying = dividends.due(options, times, cash)
    found = {one.name: np.empty(len(options)) for one in fields(Greeks)}
    for some, work in (
        (paying, lambda one: _by_grid(one, american[paying], times[paying], cash[paying], tier)),
        (~paying & american, lambda one: _by_integral(one, tier)),
        (~paying & ~american, Options.european),
    ):
        if some.any():
            part = work(options.of(some))
            for name, row in found.items():
                row[some] = getattr(part, name)
    return _shaped(Greeks(**found), shape)


def _with_european(options: Options, found: Greeks) -> Greeks:
    """The closed form's Greeks where the option is European in all but name; but a put at no rate keeps its rho.

    As soon as the rate rises that put is worth exercising, so its rho is that of a rise.
    """
    same = early_exercise.never_exercised(options) & (options.years > 0)
    if not same.any():
        return found
    exact = options.european()
    rising = ~options.is_call & (options.rate >= 0)
    merged = {one.name: np.where(same, getattr(exact, one.name), getattr(found, one.name)) for one in fields(Greeks)}
    merged["rho_per_pct_point"] = np.where(same & ~rising, exact.rho_per_pct_point, found.rho_per_pct_point)
    return Greeks(**merged)


def _shaped(found: Greeks, shape: tuple[int, ...]) -> Greeks:
    return Greeks(*(getattr(found, one.name).reshape(shape) for one in fields(Greeks)))


def _flat(*inputs: ArrayLike) -> tuple[tuple[int, ...], Options]:
    shape, (is_call, *rest) = columns(*inputs)
    return shape, Options(is_call > 0, *rest)


def _flat_cash(*inputs: ArrayLike) -> tuple[tuple[int, ...], Options, Flags]:
    shape, (is_call, *rest, american) = columns(*inputs)
    return shape, Options(is_call > 0, *rest), american > 0

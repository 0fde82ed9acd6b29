"""American values and Greeks with a continuous dividend yield, by Andersen, Lake and Offengenden's method (2016).

Calls are puts with spot and strike, and rate and yield, exchanged (McDonald and Schroder 1998). One boundary serves
every spot and strike of the same expiry, volatility and rates. Where early exercise is never worth anything the value
is the European one, exactly. Cash dividends are :mod:`lox_core.options.dividends`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lox_core.errors import ModelError
from lox_core.options import american_boundary as boundary
from lox_core.options import black_scholes, kernels, lattice
from lox_core.options.american_boundary import Tier
from lox_core.options.black_scholes import DAYS, Greeks, columns

Floats = NDArray[np.float64]
CHUNK, POOL_FROM = 16, 32
LEAST_TOTAL_VOL = 1e-4  # below it the path is taken as certain; the value moves by less than half of it
LEAST_EARNED = 1e-10  # early exercise adds at most this share of what it brings in: the strike, or a call's stock
HARD = 1.2  # past it, as at 20 years or 200 % volatility, the default grid is too coarse and the high one is taken
VOL_STEP, RATE_STEP = 0.005, 1e-4


@dataclass(frozen=True, eq=False)
class _Options:
    """Flat inputs, each (n,)."""

    is_call: NDArray[np.bool_]
    spot: Floats
    strike: Floats
    years: Floats
    rate: Floats
    vol: Floats
    div_yield: Floats

    def of(self, some: NDArray[np.bool_] | slice) -> _Options:
        return _Options(*(getattr(self, name)[some] for name in self.__dataclass_fields__))

    def european(self) -> Greeks:
        return black_scholes.greeks(
            is_call=self.is_call,
            spot=self.spot,
            strike=self.strike,
            expiry_years=self.years,
            rate=self.rate,
            vol=self.vol,
            div_yield=self.div_yield,
        )


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
    shape, flat = _flat(is_call, spot, strike, expiry_years, rate, vol, div_yield)
    values: Floats = _values(flat, tier)[0].reshape(shape)
    return values


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
    shape, flat = _flat(is_call, spot, strike, expiry_years, rate, vol, div_yield)
    found = _by_differences(flat, lambda changed: _values(changed, tier), american=np.ones(len(flat.spot), bool))
    return _with_european(flat, found, shape)


def _by_differences(flat: _Options, values: Callable[[_Options], Floats], *, american: NDArray[np.bool_]) -> Greeks:
    """Greeks from a method that gives value, delta, gamma and speed."""
    value, delta, gamma, speed = values(flat)
    h = VOL_STEP * np.maximum(flat.vol, 0.01)
    up, down = (values(replace(flat, vol=np.maximum(flat.vol + move, 0.0))) for move in (h, -h))
    wide = h + np.minimum(h, flat.vol)
    s, r, q, v = flat.spot, flat.rate, flat.div_yield, flat.vol
    square = 0.5 * v * v * s * s
    rows = (
        (up[0] - down[0]) / wide / 100,
        (r * value - (r - q) * s * delta - square * gamma) / DAYS,
        _rho(flat, values) / 100,
        (up[1] - down[1]) / wide / 100,
        (r * delta - (r - q) * (delta + s * gamma) - v * v * s * gamma - square * speed) / DAYS,
        (up[0] - 2 * value + down[0]) / (h * h) / 1e4,
    )
    intrinsic = np.where(flat.is_call, s - flat.strike, flat.strike - s)
    over = (american & (value <= intrinsic)) | (flat.years <= 0)
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
    shape, flat, american = _flat_cash(is_call, spot, strike, expiry_years, rate, vol, div_yield, is_american)
    times, cash = _cash(ex_times, amounts, len(flat.spot))
    values: Floats = _cash_values(flat, american, times, cash, tier)[0].reshape(shape)
    return values


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
    shape, flat, american = _flat_cash(is_call, spot, strike, expiry_years, rate, vol, div_yield, is_american)
    times, cash = _cash(ex_times, amounts, len(flat.spot))

    def values(changed: _Options) -> Floats:
        return _cash_values(changed, american, times, cash, tier)

    found = _by_differences(flat, values, american=american)
    names = Greeks.__dataclass_fields__
    return Greeks(*(getattr(found, name).reshape(shape) for name in names))


def _rho(flat: _Options, values: Callable[[_Options], Floats]) -> Floats:
    """Central where both sides have the sign of the rate, else one-sided: at zero the kind of boundary changes."""
    low = np.where(flat.rate >= RATE_STEP, RATE_STEP, 0.0)
    up, down = values(replace(flat, rate=flat.rate + RATE_STEP)), values(replace(flat, rate=flat.rate - low))
    slope: Floats = (up[0] - down[0]) / (RATE_STEP + low)
    return slope


def _with_european(flat: _Options, found: Greeks, shape: tuple[int, ...]) -> Greeks:
    """The closed form's Greeks where the option is European in all but name."""
    same = _never_exercised(flat) & (flat.years > 0)
    exact = flat.european()
    names = Greeks.__dataclass_fields__
    merged = (np.where(same, getattr(exact, name), getattr(found, name)).reshape(shape) for name in names)
    return Greeks(*merged)


def _flat(*inputs: ArrayLike) -> tuple[tuple[int, ...], _Options]:
    shape, (is_call, *rest) = columns(*inputs)
    return shape, _Options(is_call > 0, *rest)


def _flat_cash(*inputs: ArrayLike) -> tuple[tuple[int, ...], _Options, NDArray[np.bool_]]:
    shape, (is_call, *rest, american) = columns(*inputs)
    return shape, _Options(is_call > 0, *rest), american > 0


def _cash(ex_times: ArrayLike, amounts: ArrayLike, size: int) -> tuple[Floats, Floats]:
    """A row of times and amounts for each option."""
    times, cash = np.atleast_2d(np.asarray(ex_times, float)), np.atleast_2d(np.asarray(amounts, float))
    if times.shape != cash.shape or len(times) not in (1, size):
        raise ModelError("Ex-dates and dividend amounts must come in pairs, one row for all options or a row each.")
    width = times.shape[1]
    return np.broadcast_to(times, (size, width)), np.broadcast_to(cash, (size, width))


def _cash_values(flat: _Options, american: NDArray[np.bool_], times: Floats, cash: Floats, tier: Tier) -> Floats:
    """Value, delta, gamma and speed: on the grid where a dividend is due before expiry, else without."""
    due = (times > 0) & (times < flat.years[:, None]) & (cash > 0)
    total = flat.vol * np.sqrt(np.maximum(flat.years, 0.0))
    gridded = due.any(axis=1) & (total >= LEAST_TOTAL_VOL) & (flat.spot > 0) & (flat.strike > 0)
    gridded &= np.isfinite(flat.spot + flat.strike + flat.rate + flat.div_yield + total)
    out = np.empty((4, len(flat.spot)))
    for some, work in ((~gridded & american, lambda o: _values(o, tier)), (~gridded & ~american, _european)):
        if some.any():
            out[:, some] = work(flat.of(some))
    if gridded.any():
        mine = flat.of(gridded)
        table = np.array(
            [mine.is_call, american[gridded], mine.spot, mine.strike, mine.years, mine.rate, mine.vol, mine.div_yield]
        )
        found = lattice.solve(table, np.where(due, times, np.nan)[gridded], np.where(due, cash, 0.0)[gridded])
        sign = np.where(mine.is_call, 1.0, -1.0)
        floor = sign * (mine.spot - mine.strike)
        done = american[gridded] & (found[0] <= floor)
        exercised = np.array([floor, sign, 0.0 * sign, 0.0 * sign])
        out[:, gridded] = np.where(done, exercised, found)
    return out


def _never_exercised(flat: _Options) -> NDArray[np.bool_]:
    """Whether waiting is always at least as good: what exercising would bring in earns nothing, or next to it."""
    earned = np.where(flat.is_call, flat.div_yield, flat.rate)
    paid = np.where(flat.is_call, flat.rate, flat.div_yield)
    never: NDArray[np.bool_] = (earned * flat.years <= LEAST_EARNED) & (paid >= np.minimum(earned, 0.0))
    return never


def _values(flat: _Options, tier: Tier) -> Floats:
    """Value, delta, gamma and speed, (4, n)."""
    with np.errstate(all="ignore"):
        sum_all = flat.spot + flat.strike + flat.years + flat.rate + flat.vol + flat.div_yield
        usable = np.isfinite(sum_all) & (flat.spot >= 0) & (flat.strike >= 0) & (flat.vol >= 0)
        earned = np.where(flat.is_call, flat.div_yield, flat.rate)
        paid = np.where(flat.is_call, flat.rate, flat.div_yield)
        double = (earned < 0) & (paid < earned)
        never = _never_exercised(flat)
        certain = flat.vol * np.sqrt(np.maximum(flat.years, 0.0)) < LEAST_TOTAL_VOL
        certain |= (flat.spot == 0) | (flat.strike == 0)
        out = np.full((4, len(flat.spot)), np.nan)
        plain = usable & ~double & ~never & ~certain
        for some, work in ((usable & never, _european), (usable & ~never & certain, _certain)):
            if some.any():
                out[:, some] = work(flat.of(some))
        long_way = np.maximum(flat.vol**2 / 4, np.maximum(flat.rate, flat.div_yield)) * flat.years > HARD
        hard = plain & long_way & (tier == "default")
        for some, level in ((plain & ~hard, tier), (hard, "high")):
            if some.any():
                out[:, some] = _early(flat.of(some), level)
        return out


def _european(flat: _Options) -> Floats:
    """The closed form; speed by Haug's formula."""
    exact = flat.european()
    total = flat.vol * np.sqrt(np.maximum(flat.years, 0.0))
    safe = np.where(total > 0, total, 1.0)
    d1 = (np.log(flat.spot / flat.strike) + (flat.rate - flat.div_yield) * flat.years) / safe + 0.5 * safe
    speed = np.where(exact.gamma > 0, -exact.gamma / flat.spot * (d1 / safe + 1.0), 0.0)
    return np.array([exact.price, exact.delta, exact.gamma, speed])


def _certain(flat: _Options) -> Floats:
    """Without volatility: the best moment on the certain path, now, at expiry or where its slope is zero."""
    sign = np.where(flat.is_call, 1.0, -1.0)
    years = np.maximum(flat.years, 0.0)
    spread = flat.rate - flat.div_yield
    turn = np.log(flat.rate * flat.strike / (flat.div_yield * flat.spot)) / np.where(spread == 0, np.nan, spread)
    turn = np.where((turn > 0) & (turn < years), turn, 0.0)
    moments = np.array([np.zeros_like(years), years, turn])
    carry = np.exp(-flat.div_yield * moments)
    worth = sign * (flat.spot * carry - flat.strike * np.exp(-flat.rate * moments))
    best = worth.argmax(axis=0)
    each = np.arange(len(years))
    value = np.maximum(worth[best, each], 0.0)
    held = np.where(worth[best, each] > 0, 1.0, np.where(worth[best, each] == 0, 0.5, 0.0))
    delta = sign * carry[best, each] * held
    return np.array([value, delta, np.zeros_like(value), np.zeros_like(value)])


def _early(flat: _Options, tier: Tier) -> Floats:
    """Through the put of each option, in units of its strike."""
    call = flat.is_call
    spot, strike = np.where(call, flat.strike, flat.spot), np.where(call, flat.spot, flat.strike)
    rate, div_yield = np.where(call, flat.div_yield, flat.rate), np.where(call, flat.rate, flat.div_yield)
    ratio = spot / strike
    p, p1, p2, p3 = _puts(ratio, flat.years, rate, div_yield, flat.vol, tier)
    as_call = (
        p - ratio * p1,
        ratio**2 * p2 / strike,
        -(3 * ratio**2 * p2 + ratio**3 * p3) / strike**2,
    )
    as_put = (p1, p2 / strike, p3 / strike**2)
    return np.array([strike * p, *(np.where(call, c, q) for c, q in zip(as_call, as_put, strict=True))])


def _puts(ratio: Floats, years: Floats, rate: Floats, div_yield: Floats, vol: Floats, tier: Tier) -> Floats:
    """American puts of strike 1 and their first three derivatives in spot, (4, n)."""
    at = boundary.grid(tier)
    market = np.stack([years, rate, div_yield, vol])
    kinds, place = np.unique(market, axis=1, return_inverse=True)
    place = place.reshape(-1)
    h = np.empty((kinds.shape[1], len(at.share)))
    solve, add = kernels.kernel("american_boundaries"), kernels.kernel("american_premiums")

    def find(part: slice) -> None:
        some = kinds[:, part]
        t, r, q, v = some
        if solve is None:
            h[part] = boundary.boundaries(t, r, q, v, at)
            return
        first = np.log(boundary.first_boundary(t, r, q, v, at.share) / boundary.ceiling(r, q)[:, None])
        solve(np.ascontiguousarray(some), np.minimum(first, 0.0), *_tables(at), at.steps, at.tolerance, h[part])

    kernels.each_chunk(kinds.shape[1], find, chunk=CHUNK, pool_from=POOL_FROM)
    more = np.empty((4, len(ratio)))

    def value(part: slice) -> None:
        mine = market[:, part]
        if add is None:
            t, r, q, v = mine
            more[:, part] = boundary.premium(ratio[part], t, r, q, v, h[place[part]], at)
        else:
            table = np.vstack([ratio[part], mine])
            more[:, part] = _compiled_premium(add, table, place[part], h, at)

    kernels.each_chunk(len(ratio), value, chunk=8 * CHUNK, pool_from=8 * POOL_FROM)
    flat = _Options(np.zeros(len(ratio), bool), ratio, np.ones_like(ratio), years, rate, vol, div_yield)
    total = _european(flat) + more
    border = boundary.ceiling(rate, div_yield) * np.exp(-np.sqrt(h[place, 0]))
    done = (ratio <= border) | (total[0] <= 1.0 - ratio)
    exercised = np.array([1.0 - ratio, -np.ones_like(ratio), 0.0 * ratio, 0.0 * ratio])
    return np.where(done, exercised, total)


def _tables(at: boundary.Grid) -> tuple[Floats, ...]:
    return at.share, at.back, at.weight, at.matrix


def _compiled_premium(
    add: kernels.Kernel, table: Floats, place: NDArray[np.intp], h: Floats, at: boundary.Grid
) -> Floats:
    out = np.empty((4, table.shape[1]))
    add(table, place.astype(np.int64), h, at.ahead, at.ahead_weight, at.ahead_matrix, out)
    return out

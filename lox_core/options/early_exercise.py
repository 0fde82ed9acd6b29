"""Value, delta and gamma of American options with a continuous yield, whatever their inputs.

The dispatch behind :mod:`lox_core.options.american`: which options are European in all but name, which follow a
certain path, which have no single exercise boundary, and which go through :mod:`american_boundary`. Calls are puts
with spot and strike, and rate and yield, exchanged (McDonald and Schroder 1998); options that share expiry, rates and
volatility share a boundary, whatever their spots and strikes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from lox_core.options import american_boundary as boundary
from lox_core.options import black_scholes, kernels
from lox_core.options.american_boundary import Grid, Tier
from lox_core.options.black_scholes import Greeks

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
CHUNK, POOL_FROM = 64, 128  # boundaries; values are dearer to hand over, ten times these
LEAST_TOTAL_VOL = 1e-4  # below it the path is taken as certain; the value moves by less than half of it
LEAST_EARNED = 1e-10  # early exercise adds at most this share of what it brings in: the strike, or a call's stock
# The default grid is too coarse past so much of vol**2 T / 4 or a rate times T, as at 180 % over 5 years; or past less
# where the drift outruns the spread so many times, as at half a percent over 10 years.
LONG, LESS_LONG, STEEP = 4.0, 0.5, 16.0


@dataclass(frozen=True, eq=False)
class Options:
    """Flat inputs, each (n,)."""

    is_call: Flags
    spot: Floats
    strike: Floats
    years: Floats
    rate: Floats
    vol: Floats
    div_yield: Floats

    def __len__(self) -> int:
        return len(self.spot)

    def of(self, some: Flags | slice) -> Options:
        """Some of the options."""
        return Options(*(getattr(self, one.name)[some] for one in fields(self)))

    def joined(self, *others: Options) -> Options:
        """These options and, after them, the others."""
        return Options(*(np.concatenate([getattr(each, one.name) for each in (self, *others)]) for one in fields(self)))

    def total_vol(self) -> Floats:
        """Volatility over the whole life."""
        total: Floats = self.vol * np.sqrt(np.maximum(self.years, 0.0))
        return total

    def earned(self) -> Floats:
        """What exercising brings in earns at this rate: the strike its interest, or a call's stock its yield."""
        return np.where(self.is_call, self.div_yield, self.rate)

    def paid(self) -> Floats:
        """What exercising gives away pays at this rate."""
        return np.where(self.is_call, self.rate, self.div_yield)

    def european(self) -> Greeks:
        """The closed form's Greeks."""
        return black_scholes.greeks(
            is_call=self.is_call,
            spot=self.spot,
            strike=self.strike,
            expiry_years=self.years,
            rate=self.rate,
            vol=self.vol,
            div_yield=self.div_yield,
        )


@dataclass(frozen=True, eq=False)
class Scheme:
    """How each option is worked out, (n,); differences between options of one scheme are smooth."""

    certain: Flags
    long: Flags
    system_b: Flags

    @classmethod
    def of(cls, options: Options, copies: int = 1) -> Scheme:
        """The scheme of each option; of ``copies`` lists one after another, that of the first for all."""
        if copies > 1:
            first = cls.of(options.of(slice(len(options) // copies)))
            return cls(*(np.tile(getattr(first, one.name), copies) for one in fields(cls)))
        years = np.maximum(options.years, 0.0)
        certain = (options.total_vol() < LEAST_TOTAL_VOL) | (options.spot == 0) | (options.strike == 0)
        length = np.maximum(options.vol**2 / 4, np.maximum(options.rate, options.div_yield)) * years
        steep = np.abs(options.rate - options.div_yield) * years > STEEP * options.total_vol()
        long = (length > LONG) | (steep & (length > LESS_LONG))
        system_b = boundary.by_system_b(years, options.rate, options.div_yield, options.vol)
        return cls(certain, long, system_b)


def never_exercised(options: Options) -> Flags:
    """Whether waiting is always at least as good: what exercising would bring in earns nothing, or next to it."""
    earned, paid = options.earned(), options.paid()
    never: Flags = (earned * options.years <= LEAST_EARNED) & (paid >= np.minimum(earned, 0.0))
    return never


def values(options: Options, tier: Tier, *, copies: int = 1) -> Floats:
    """Value, delta and gamma, (3, n).

    NaN where an input is NaN, spot, strike or volatility is negative, or two exercise boundaries exist. Of ``copies``
    lists of options one after another, all are worked out as the first, so that differences are smooth.
    """
    with np.errstate(all="ignore"):
        how = Scheme.of(options, copies)
        every = options.spot + options.strike + options.years + options.rate + options.vol + options.div_yield
        usable = np.isfinite(every) & (options.spot >= 0) & (options.strike >= 0) & (options.vol >= 0)
        earned = options.earned()
        double = (earned < 0) & (options.paid() < earned)
        never = never_exercised(options) | (options.years <= 0)
        plain = usable & ~never & ~how.certain & ~double
        out = np.full((3, len(options)), np.nan)
        kinds: list[tuple[Flags, Callable[[Options], Floats]]] = [
            (usable & never, european),
            (usable & ~never & how.certain, certain),
        ]
        long = how.long & (tier == "default")
        for system_b in (False, True):
            some = plain & (how.system_b == system_b)
            kinds.append((some & ~long, _by_boundary(boundary.grid(tier), system_b=system_b)))
            kinds.append((some & long, _by_boundary(boundary.grid("high"), system_b=system_b)))
        for some, work in kinds:
            if some.all():
                return work(options)
            if some.any():
                out[:, some] = work(options.of(some))
        return out


def european(options: Options) -> Floats:
    """Value, delta and gamma by the closed form."""
    exact = options.european()
    return np.array([exact.price, exact.delta, exact.gamma])


def certain(options: Options) -> Floats:
    """Without volatility: the best moment on the certain path, now, at expiry or where its slope is zero."""
    sign = np.where(options.is_call, 1.0, -1.0)
    years = np.maximum(options.years, 0.0)
    spread = options.rate - options.div_yield
    turn = np.log(options.rate * options.strike / (options.div_yield * options.spot))
    turn = turn / np.where(spread == 0, np.nan, spread)
    turn = np.where((turn > 0) & (turn < years), turn, 0.0)
    moments = np.array([np.zeros_like(years), years, turn])
    carry = np.exp(-options.div_yield * moments)
    worth = sign * (options.spot * carry - options.strike * np.exp(-options.rate * moments))
    best = worth.argmax(axis=0)
    each = np.arange(len(years))
    value = np.maximum(worth[best, each], 0.0)
    held = np.where(worth[best, each] > 0, 1.0, np.where(worth[best, each] == 0, 0.5, 0.0))
    delta = sign * carry[best, each] * held
    return np.array([value, delta, np.zeros_like(value)])


def _by_boundary(at: Grid, *, system_b: bool) -> Callable[[Options], Floats]:
    """Through the put of each option, in units of its strike."""

    def _work(options: Options) -> Floats:
        call = options.is_call
        spot = np.where(call, options.strike, options.spot)
        strike = np.where(call, options.spot, options.strike)
        ratio = spot / strike
        market = np.stack([options.years, options.earned(), options.paid(), options.vol])
        (p, p1, p2), done = _puts(ratio, market, at, system_b=system_b)
        delta = np.where(call, p - ratio * p1, p1)
        gamma = np.where(call, ratio * ratio, 1.0) * p2 / strike
        now = np.where(call, options.spot - options.strike, options.strike - options.spot)
        value = np.where(done, now, np.maximum(strike * p, np.maximum(now, 0.0)))
        return np.array([value, delta, gamma])

    return _work


def _puts(ratio: Floats, market: Floats, at: Grid, *, system_b: bool) -> tuple[Floats, Flags]:
    """American puts of strike 1 and their first two derivatives in spot, (3, n), and which are exercised at once.

    ``market`` (4, n) is years, r, q, vol.
    """
    kinds, place = np.unique(market, axis=1, return_inverse=True)
    place = place.reshape(-1)
    h = _boundaries(kinds, at, system_b=system_b)
    more = _premiums(ratio, market, place, h, at)
    years, rate, div_yield, vol = market
    plain = Options(np.zeros(len(ratio), bool), ratio, np.ones_like(ratio), years, rate, vol, div_yield)
    total = european(plain) + more
    border = boundary.ceiling(rate, div_yield) * np.exp(-np.sqrt(h[place, 0]))
    done = (ratio <= border) | (total[0] <= 1.0 - ratio)
    exercised = np.array([1.0 - ratio, -np.ones_like(ratio), 0.0 * ratio])
    return np.where(done, exercised, total), done


def _boundaries(kinds: Floats, at: Grid, *, system_b: bool) -> Floats:
    """``H`` at the nodes for each column of ``kinds``, (kinds, nodes)."""
    h = np.empty((kinds.shape[1], len(at.share)))
    compiled = kernels.kernel("american_boundaries")
    steps = at.steps_b if system_b else at.steps_a

    def _find(part: slice) -> None:
        mine = np.ascontiguousarray(kinds[:, part])
        if compiled is None:
            years, rate, div_yield, vol = mine
            h[part] = boundary.boundaries(years, rate, div_yield, vol, at, system_b=system_b)
        else:
            compiled(mine, at.share_filled, at.gap, at.left, at.weight_all, at.matrix, steps, system_b, h[part])

    kernels.each_chunk(kinds.shape[1], _find, chunk=CHUNK, pool_from=POOL_FROM)
    return h


def _premiums(ratio: Floats, market: Floats, place: NDArray[np.intp], h: Floats, at: Grid) -> Floats:
    """What early exercise adds, and its derivatives, (3, n)."""
    out = np.empty((3, len(ratio)))
    compiled = kernels.kernel("american_premiums")

    def _add(part: slice) -> None:
        if compiled is None:
            years, rate, div_yield, vol = market[:, part]
            out[:, part] = boundary.premium(ratio[part], years, rate, div_yield, vol, h[place[part]], at)
            return
        mine, table = np.empty((3, len(ratio[part]))), np.vstack([ratio[part], market[:, part]])
        compiled(table, place[part].astype(np.int64), h, at.ahead, at.ahead_weight, at.ahead_matrix, mine)
        out[:, part] = mine

    kernels.each_chunk(len(ratio), _add, chunk=10 * CHUNK, pool_from=10 * POOL_FROM)
    return out

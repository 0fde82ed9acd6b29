"""Value, delta, gamma and speed of American options with a continuous yield, whatever their inputs.

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
LONG = 4.0  # of vol**2 T / 4 or a rate times T, as at 170 % over 5 years, past which the default grid is too coarse


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
    def of(cls, options: Options) -> Scheme:
        """The scheme of each option."""
        years = np.maximum(options.years, 0.0)
        certain = (options.total_vol() < LEAST_TOTAL_VOL) | (options.spot == 0) | (options.strike == 0)
        long = np.maximum(options.vol**2 / 4, np.maximum(options.rate, options.div_yield)) * years > LONG
        system_b = boundary.by_system_b(years, options.rate, options.div_yield, options.vol)
        return cls(certain, long, system_b)

    def only(self, some: Flags) -> Scheme:
        """The scheme of some of the options."""
        return Scheme(*(getattr(self, one.name)[some] for one in fields(self)))

    def repeated(self, times: int) -> Scheme:
        """The same for that many changed copies of the options."""
        return Scheme(*(np.tile(getattr(self, one.name), times) for one in fields(self)))


def never_exercised(options: Options) -> Flags:
    """Whether waiting is always at least as good: what exercising would bring in earns nothing, or next to it."""
    earned, paid = options.earned(), options.paid()
    never: Flags = (earned * options.years <= LEAST_EARNED) & (paid >= np.minimum(earned, 0.0))
    return never


def values(options: Options, tier: Tier, scheme: Scheme | None = None) -> Floats:
    """Value, delta, gamma and speed, (4, n).

    NaN where an input is NaN, spot, strike or volatility is negative, or two exercise boundaries exist.
    """
    with np.errstate(all="ignore"):
        how = Scheme.of(options) if scheme is None else scheme
        every = options.spot + options.strike + options.years + options.rate + options.vol + options.div_yield
        usable = np.isfinite(every) & (options.spot >= 0) & (options.strike >= 0) & (options.vol >= 0)
        earned = options.earned()
        double = (earned < 0) & (options.paid() < earned)
        never = never_exercised(options) | (options.years <= 0)
        plain = usable & ~never & ~how.certain & ~double
        out = np.full((4, len(options)), np.nan)
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
    """Value, delta, gamma and speed by the closed form; speed by Haug's formula."""
    exact = options.european()
    total = options.total_vol()
    safe = np.where(total > 0, total, 1.0)
    d1 = (np.log(options.spot / options.strike) + (options.rate - options.div_yield) * options.years) / safe
    speed = np.where(exact.gamma > 0, -exact.gamma / options.spot * ((d1 + 0.5 * safe) / safe + 1.0), 0.0)
    return np.array([exact.price, exact.delta, exact.gamma, np.where(np.isnan(exact.gamma), np.nan, speed)])


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
    return np.array([value, delta, np.zeros_like(value), np.zeros_like(value)])


def _by_boundary(at: Grid, *, system_b: bool) -> Callable[[Options], Floats]:
    """Through the put of each option, in units of its strike."""

    def _work(options: Options) -> Floats:
        call = options.is_call
        spot = np.where(call, options.strike, options.spot)
        strike = np.where(call, options.spot, options.strike)
        ratio = spot / strike
        market = np.stack([options.years, options.earned(), options.paid(), options.vol])
        p, p1, p2, p3 = _puts(ratio, market, at, system_b=system_b)
        as_call = (
            p - ratio * p1,
            ratio**2 * p2 / strike,
            -(3 * ratio**2 * p2 + ratio**3 * p3) / strike**2,
        )
        as_put = (p1, p2 / strike, p3 / strike**2)
        mixed = (np.where(call, c, q) for c, q in zip(as_call, as_put, strict=True))
        least = np.where(call, options.spot - options.strike, options.strike - options.spot)
        return np.array([np.maximum(strike * p, least), *mixed])

    return _work


def _puts(ratio: Floats, market: Floats, at: Grid, *, system_b: bool) -> Floats:
    """American puts of strike 1 and their first three derivatives in spot, (4, n); ``market`` years, r, q, vol."""
    kinds, place = np.unique(market, axis=1, return_inverse=True)
    place = place.reshape(-1)
    h = _boundaries(kinds, at, system_b=system_b)
    more = _premiums(ratio, market, place, h, at)
    years, rate, div_yield, vol = market
    plain = Options(np.zeros(len(ratio), bool), ratio, np.ones_like(ratio), years, rate, vol, div_yield)
    total = european(plain) + more
    border = boundary.ceiling(rate, div_yield) * np.exp(-np.sqrt(h[place, 0]))
    done = (ratio <= border) | (total[0] <= 1.0 - ratio)
    exercised = np.array([1.0 - ratio, -np.ones_like(ratio), 0.0 * ratio, 0.0 * ratio])
    return np.where(done, exercised, total)


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
    """What early exercise adds, and its derivatives, (4, n)."""
    out = np.empty((4, len(ratio)))
    compiled = kernels.kernel("american_premiums")

    def _add(part: slice) -> None:
        if compiled is None:
            years, rate, div_yield, vol = market[:, part]
            out[:, part] = boundary.premium(ratio[part], years, rate, div_yield, vol, h[place[part]], at)
            return
        mine, table = np.empty((4, len(ratio[part]))), np.vstack([ratio[part], market[:, part]])
        compiled(table, place[part].astype(np.int64), h, at.ahead, at.ahead_weight, at.ahead_matrix, mine)
        out[:, part] = mine

    kernels.each_chunk(len(ratio), _add, chunk=10 * CHUNK, pool_from=10 * POOL_FROM)
    return out

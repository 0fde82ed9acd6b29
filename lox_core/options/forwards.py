"""The forward that a chain implies: where its calls and puts agree.

Put-call parity gives a forward at every strike quoted on both sides, ``K + e^{rT} (C - P)``; the median over the
strikes nearest the money, each weighed by its spreads, is one that no single bad quote can move. American options obey
parity only as an inequality, so their quotes are first freed of what early exercise adds at the volatility each
implies. That takes a yield, which the forward gives: the two are found in turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lox_core.errors import ModelError
from lox_core.numbers import number, percent
from lox_core.options import black_scholes
from lox_core.options.american_iv import solve_american

Floats = NDArray[np.float64]
PAIRS, LEAST_PAIRS, TURNS, SETTLED = 7, 2, 5, 1e-6
# Log distance from the forward by carry, at once and per year: up to the first, the yield explains it; up to the
# second, the price and the quotes are of moments apart; beyond the third (a stock dear to borrow), one is wrong.
YIELD_REACH, MOMENTS_REACH, MOST_REACH = (0.0, 0.1), (0.02, 0.0), (0.02, 0.5)
TOLD, AGREED = 0.005, 0.005  # shares of the forward: off carry, and pairs of each other
BY_CARRY = "Forward by carry: too few strikes with both a call and a put."
DISAGREE = "Forward by carry: calls and puts of the strikes disagree about it."


@dataclass(frozen=True, eq=False)
class Columns:
    """Usable quotes of one expiry in columns; ``half`` is half the spread, at least half a cent."""

    is_call: NDArray[np.bool_]
    strike: Floats
    mid: Floats
    half: Floats
    american: bool


@dataclass(frozen=True)
class Forward:
    """A forward and how the options are valued so that they agree with it.

    ``spot`` is the underlying's price, unless the quotes imply another moment's; ``div_yield`` carries it to
    ``forward``. ``warnings`` are for the reader.
    """

    forward: float
    spot: float
    div_yield: float
    warnings: tuple[str, ...] = ()


def by_carry(spot: float, years: float, rate: float, dividends: Sequence[tuple[float, float]]) -> float:
    """Spot grown at the rate, less the dividends before expiry with theirs; at least a twentieth of spot."""
    paid = sum(amount * np.exp(rate * (years - t)) for t, amount in dividends if 0 < t < years)
    return float(max(spot * np.exp(rate * years) - paid, 0.05 * spot))


def of_future(chain: Columns, years: float, rate: float) -> Forward:
    """The future an option such as the VIX's prices off, which only its chain gives.

    Raises
    ------
    ModelError
        Too few strikes have both a call and a put.
    """
    found, _ = _parity(chain, chain.mid, years, rate)
    if not found > 0:
        raise ModelError("it prices off its future, which too few strikes with both a call and a put give.")
    return Forward(found, found, rate)


def of_spot(
    chain: Columns, *, spot: float, years: float, rate: float, dividends: Sequence[tuple[float, float]] = ()
) -> Forward:
    """The forward by parity, or by carry where the chain gives none.

    Raises
    ------
    ModelError
        The pairs agree on a forward that the price cannot have; in words.
    """
    carried = by_carry(spot, years, rate, dividends)
    plain = Forward(carried, spot, rate - float(np.log(carried / spot)) / years)
    found, agreed = _parity(chain, chain.mid, years, rate)
    if np.isnan(found):
        return replace(plain, warnings=(BY_CARRY,))
    if found <= 0 or abs(np.log(found / carried)) > _reach(MOST_REACH, years):
        if not agreed:
            return replace(plain, warnings=(DISAGREE,))
        raise ModelError(f"its calls and puts agree on {number(found, 2)}, far from its price of {number(spot, 2)}.")
    for _ in range(TURNS if chain.american else 0):
        extra = early_premium(chain, _basis(found, plain, years, rate), years, rate)
        before, (found, _) = found, _parity(chain, chain.mid - extra, years, rate)
        if not found > 0:
            return replace(plain, warnings=(BY_CARRY,))
        if abs(found / before - 1) < SETTLED:
            break
    return _basis(found, plain, years, rate)


def early_premium(chain: Columns, basis: Forward, years: float, rate: float) -> Floats:
    """What early exercise adds to the quotes of :func:`_near` strikes at the volatility each implies.

    NaN for the other quotes, and where a quote implies none: what it is worth without early exercise is not known.
    """
    some = _near(chain, basis.forward)
    arguments: dict[str, Any] = {
        "is_call": chain.is_call[some],
        "spot": basis.spot,
        "strike": chain.strike[some],
        "expiry_years": years,
        "rate": rate,
        "div_yield": basis.div_yield,
    }
    vol = solve_american(price=chain.mid[some], **arguments, tier="fast").vol
    extra = np.full(len(chain.mid), np.nan)
    extra[some] = np.maximum(chain.mid[some] - black_scholes.price(vol=vol, **arguments), 0.0)
    return extra


def _basis(forward: float, plain: Forward, years: float, rate: float) -> Forward:
    """Whether the yield or the moment of the price explains a forward apart from carry."""
    apart = float(np.log(forward / plain.forward))
    words: tuple[str, ...] = ()
    if abs(apart) > TOLD + _reach(YIELD_REACH, years):
        off = percent(100 * apart, 2, sign=True)
        words = (f"The options' forward is {off} from carry: price and quotes may be of moments apart.",)
    if _reach(YIELD_REACH, years) < abs(apart) <= _reach(MOMENTS_REACH, years):
        return Forward(forward, plain.spot * float(np.exp(apart)), plain.div_yield, words)
    return Forward(forward, plain.spot, rate - float(np.log(forward / plain.spot)) / years, words)


def _reach(limits: tuple[float, float], years: float) -> float:
    return limits[0] + limits[1] * years


def _near(chain: Columns, forward: float) -> NDArray[np.intp]:
    """The quotes at the strikes nearest the money that have both a call and a put."""
    strikes = np.intersect1d(chain.strike[chain.is_call], chain.strike[~chain.is_call])
    nearest = strikes[np.argsort(np.abs(np.log(strikes / forward)))[: 2 * PAIRS]]
    return np.flatnonzero(np.isin(chain.strike, nearest))


def _parity(chain: Columns, value: Floats, years: float, rate: float) -> tuple[float, bool]:
    """The forward by parity from values of the quotes (NaN with too few pairs), and whether most pairs agree on it.

    American pairs whose early exercise is still in them agree only roughly, so half a percent is let pass.
    """
    alive = np.flatnonzero(np.isfinite(value))
    calls, puts = alive[chain.is_call[alive]], alive[~chain.is_call[alive]]
    strikes, at_call, at_put = np.intersect1d(chain.strike[calls], chain.strike[puts], return_indices=True)
    if len(strikes) < LEAST_PAIRS:
        return float("nan"), False
    c, p = calls[at_call], puts[at_put]
    forwards = strikes + np.exp(rate * years) * (value[c] - value[p])
    width = chain.half[c] + chain.half[p]
    near = np.argsort(np.abs(strikes - _weighted_median(forwards, 1 / width)))[:PAIRS]
    found = _weighted_median(forwards[near], 1 / width[near])
    return found, bool(np.mean(np.abs(forwards[near] - found) <= np.maximum(width[near], AGREED * found)) > 0.5)


def _weighted_median(values: Floats, weights: Floats) -> float:
    """Where half the weight is reached; halfway to the next value where it is reached exactly."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    low, high = np.searchsorted(reached, [0.5 - 1e-9, 0.5 + 1e-9])
    return float(0.5 * (values[order][low] + values[order][min(high, len(values) - 1)]))

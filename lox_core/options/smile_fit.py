"""Fitting a smile to one expiry of a chain: forward from put-call parity, volatilities of the mids, a robust curve.

The forward is where calls and puts of one strike agree, as a median over the pairs nearest the money. American quotes
are first freed of their early-exercise premium at the volatility each implies. The curve is a locally quadratic
regression in log-moneyness (Cleveland 1979), each quote weighed by how well its spread pins its volatility down, with
two passes that give outliers less say; between its knots it is a shape-preserving cubic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lox_core.errors import ModelError
from lox_core.options import black_scholes, implied_vol
from lox_core.options.american_iv import solve_american
from lox_core.options.chain import ChainQuote, refusal, sorted_quotes
from lox_core.options.curve import DiscountCurve
from lox_core.options.surface import Smile, SmileQuote, arbitrage

Floats = NDArray[np.float64]
PAIRS, LEAST_PAIRS = 7, 2
FORWARD_REACH = 0.05  # a parity forward further than this from carry is not believed
KNOTS, NEIGHBOURS, ROBUST_PASSES = 13, 0.35, 2
OVERLAP = 0.02  # log-moneyness on either side of the forward where both calls and puts count
FAR = 0.5  # vol error of half a spread beyond which a quote says nothing


@dataclass(frozen=True, eq=False)
class _Chain:
    """Usable quotes in columns."""

    is_call: NDArray[np.bool_]
    strike: Floats
    mid: Floats
    half: Floats
    american: NDArray[np.bool_]


def fit_smile(
    quotes: Sequence[ChainQuote],
    *,
    underlying: str,
    expiry: date,
    at: datetime,
    spot: float,
    curve: DiscountCurve,
    dividends: Sequence[tuple[float, float]] = (),
    source: str = "",
) -> Smile:
    """The smile of one expiry.

    Parameters
    ----------
    quotes : sequence of ChainQuote
        Contracts of this expiry, settled at one time; others are refused by name.
    at : datetime
        The instant the quotes are valued at.
    spot : float
        Of the underlying at ``at``.
    curve : DiscountCurve
    dividends : sequence of (years to ex-date, dollars)
        Cash dividends, for the forward by carry where parity gives none.

    Raises
    ------
    ModelError
        The expiry is over, or no quote gives a volatility; in words.
    """
    ordered = sorted_quotes(quotes)
    years = ordered[0].contract.expiry_years(at) if ordered else 0.0
    if years <= 0:
        raise ModelError(f"No smile of {underlying} {expiry}: the expiry is over or nothing is quoted.")
    rate = float(curve.rate(years))
    reasons = [refusal(one, at) for one in ordered]
    chain = _columns([one for one, reason in zip(ordered, reasons, strict=True) if reason is None])
    forward, warnings = _forward(chain, spot, _carried(spot, years, rate, dividends), years, rate)
    div_yield = rate - float(np.log(forward / spot)) / years
    vols, errors, words = _volatilities(chain, spot, years, rate, div_yield)
    k = np.log(chain.strike / forward)
    out = (chain.is_call == (k >= 0)) | (np.abs(k) <= OVERLAP)
    used = np.isfinite(vols) & out & (errors < FAR)
    if not used.any():
        raise ModelError(f"No smile of {underlying} {expiry}: none of {len(ordered)} quotes gives a volatility.")
    knots, fitted = _curve(k[used], vols[used], errors[used])
    shown = _told(ordered, reasons, vols, words, used, out)
    found = Smile(underlying, expiry, at, years, forward, div_yield, rate, knots, fitted, shown, (), source)
    return replace(found, warnings=(*warnings, *arbitrage(found)))


def _told(
    ordered: Sequence[ChainQuote],
    reasons: Sequence[str | None],
    vols: Floats,
    words: Sequence[str],
    used: NDArray[np.bool_],
    out: NDArray[np.bool_],
) -> tuple[SmileQuote, ...]:
    """Every quote with its volatility, and why it was not used where it was not."""
    places, shown = iter(range(len(vols))), []
    for one, reason in zip(ordered, reasons, strict=True):
        if reason is not None:
            shown.append(_shown(one, None, reason))
            continue
        i = next(places)
        if not np.isfinite(vols[i]):
            shown.append(_shown(one, None, words[i]))
            continue
        why = None if used[i] else "spread too wide for it" if out[i] else "in the money"
        shown.append(_shown(one, float(vols[i]), why))
    return tuple(shown)


def _shown(one: ChainQuote, vol: float | None, reason: str | None) -> SmileQuote:
    return SmileQuote(one.contract.strike, one.contract.is_call, one.bid, one.ask, vol, reason)


def _columns(quotes: Sequence[ChainQuote]) -> _Chain:
    bid = np.array([one.bid for one in quotes], float)
    ask = np.array([one.ask for one in quotes], float)
    return _Chain(
        np.array([one.contract.is_call for one in quotes], bool),
        np.array([one.contract.strike for one in quotes], float),
        0.5 * (bid + ask),
        np.maximum(0.5 * (ask - bid), 0.005),
        np.array([one.contract.style == "american" for one in quotes], bool),
    )


def _carried(spot: float, years: float, rate: float, dividends: Sequence[tuple[float, float]]) -> float:
    """The forward by carry: spot grown at the rate, less the dividends before expiry with theirs."""
    paid = sum(amount * np.exp(rate * (years - t)) for t, amount in dividends if 0 < t < years)
    return float(max(spot * np.exp(rate * years) - paid, 0.05 * spot))


def _forward(chain: _Chain, spot: float, carried: float, years: float, rate: float) -> tuple[float, tuple[str, ...]]:
    """The forward and what must be said of it."""
    calls, puts = np.flatnonzero(chain.is_call), np.flatnonzero(~chain.is_call)
    common, at_call, at_put = np.intersect1d(chain.strike[calls], chain.strike[puts], return_indices=True)
    near = np.argsort(np.abs(np.log(common / carried)))[:PAIRS]
    if len(near) < LEAST_PAIRS:
        return carried, ("Forward by carry: too few strikes with both a call and a put.",)
    c, p = calls[at_call[near]], puts[at_put[near]]
    call, put = chain.mid[c], chain.mid[p]
    if chain.american.any():
        div_yield = rate - float(np.log(carried / spot)) / years
        call = call - _early_premium(chain, c, spot, years, rate, div_yield)
        put = put - _early_premium(chain, p, spot, years, rate, div_yield)
    forwards = common[near] + np.exp(rate * years) * (call - put)
    weights = 1 / (chain.half[c] + chain.half[p])
    found = _weighted_median(forwards, weights)
    if not np.isfinite(found) or abs(found / carried - 1) > FORWARD_REACH:
        return carried, ("Forward by carry: parity gives one that is not believed.",)
    return found, ()


def _early_premium(
    chain: _Chain, some: NDArray[np.intp], spot: float, years: float, rate: float, div_yield: float
) -> Floats:
    """What early exercise adds to each quote at the volatility it implies; 0 where it implies none."""
    arguments: dict[str, Any] = {
        "is_call": chain.is_call[some],
        "spot": spot,
        "strike": chain.strike[some],
        "expiry_years": years,
        "rate": rate,
        "div_yield": div_yield,
    }
    found = solve_american(price=chain.mid[some], **arguments, tier="fast")
    european = black_scholes.price(vol=found.vol, **arguments)
    extra = chain.mid[some] - european
    return np.where(np.isfinite(extra), np.maximum(extra, 0.0), 0.0)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(reached, 0.5)])


def _volatilities(
    chain: _Chain, spot: float, years: float, rate: float, div_yield: float
) -> tuple[Floats, Floats, list[str]]:
    """The volatility of each mid, how far half a spread moves it, and the solver's word where there is none."""
    arguments: dict[str, Any] = {
        "is_call": chain.is_call,
        "price": chain.mid,
        "spot": spot,
        "strike": chain.strike,
        "expiry_years": years,
        "rate": rate,
        "div_yield": div_yield,
    }
    if not len(chain.mid):
        return np.array([]), np.array([]), []
    found = solve_american(**arguments, tier="fast") if chain.american.all() else implied_vol.solve(**arguments)
    errors = found.vol_error_per_tick / implied_vol.TICK_USD * chain.half
    return (
        found.vol,
        np.where(np.isfinite(errors), errors, np.inf),
        [word.replace("_", " ") for word in found.status.tolist()],
    )


def _curve(k: Floats, vols: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Knots and fitted volatilities: a robust, locally quadratic regression of the used quotes."""
    order = np.argsort(k)
    k, vols, errors = k[order], vols[order], errors[order]
    strikes = np.unique(k)
    if len(strikes) <= 3:
        weights = 1 / errors**2
        means = [np.average(vols[k == one], weights=weights[k == one]) for one in strikes]
        return strikes, np.array(means)
    knots = np.unique(np.quantile(strikes, np.linspace(0, 1, min(KNOTS, len(strikes)))))
    size = max(int(NEIGHBOURS * len(k)), min(6, len(k)))
    trust = np.ones(len(k))
    for _ in range(ROBUST_PASSES + 1):
        fitted = np.array([_local(k, vols, trust / np.maximum(errors, 1e-4), one, size) for one in knots])
        missed = np.abs(vols - np.interp(k, knots, fitted))
        scale = 6 * max(float(np.median(missed)), 1e-5)
        trust = np.clip(1 - (missed / scale) ** 2, 0.0, 1.0) ** 2 + 1e-6
    return knots, np.maximum(fitted, 1e-3)


def _local(k: Floats, vols: Floats, weights: Floats, at: float, size: int) -> float:
    """The value at one knot of a quadratic through its neighbours, near ones counting most."""
    gaps = np.abs(k - at)
    reach = max(float(np.partition(gaps, size - 1)[size - 1]) * 1.0001, 1e-9)
    near = np.clip(1 - (gaps / reach) ** 3, 0.0, 1.0) ** 3
    total = np.sqrt(near * weights)
    some = total > 0
    x = (k[some] - at) / reach
    degree = min(2, len(np.unique(x)) - 1)
    powers = np.vander(x, degree + 1, increasing=True) * total[some, None]
    return float(np.linalg.lstsq(powers, vols[some] * total[some], rcond=None)[0][0])

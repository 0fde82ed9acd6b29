"""Fitting smiles to chains: volatilities of the mids, a robust curve for each expiry, and what they give away.

The curve is a locally quadratic regression in log-moneyness (Cleveland 1979) of the quotes out of the money, and of
both sides close to it. Each is weighed by how well its spread pins its volatility down, and two more passes give those
that lie away from the others less say; between its knots the curve is a shape-preserving cubic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lox_core.errors import ModelError
from lox_core.numbers import missing
from lox_core.options import arbitrage, forwards, implied_vol
from lox_core.options.american_iv import solve_american
from lox_core.options.chain import ChainQuote, refusal, sorted_quotes, strangers
from lox_core.options.curve import DiscountCurve
from lox_core.options.forwards import Columns, Forward
from lox_core.options.surface import Smile, SmileQuote, Surface, between_knots

Floats = NDArray[np.float64]
KNOTS, NEIGHBOURS, LEAST_NEIGHBOURS, PASSES = 25, 0.15, 8, 3
OVERLAP = 0.02  # log-moneyness on either side of the forward where both calls and puts count
LEAST_VOL, LEAST_ERROR = 1e-3, 1e-4
RIDGE = 1e-9  # on slope and bend, so that two strikes within reach still give a value
FAR = 0.2  # half a spread, as a share of the volatility, beyond which a quote says nothing
TINY_HALF = 0.005
# A quote lies away from the others by both: half spreads, and median distances of the quotes from the curve.
AWAY_HALVES, AWAY_MEDIANS, LEAST_TRUST = 3.0, 6.0, 1e-6
SIDE, GROSS = 4, 0.1  # quotes on either side, and the share of the volatility, by which a gross outlier is told


@dataclass(frozen=True, eq=False)
class _Volatilities:
    """Of each usable quote: its volatility, how far half a spread moves it, and the solver's word."""

    vol: Floats
    error: Floats
    words: list[str]


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
        The expiry is over, the price is missing or none its options agree with, or no quote gives a volatility; in
        words.
    """
    ordered = sorted_quotes(quotes)
    refused = [why or refusal(one, at) for one, why in zip(ordered, strangers(ordered, expiry), strict=True)]
    try:
        usable, years = _usable(ordered, refused, spot, at)
        rate = float(curve.rate(years))
        chain = _columns(usable)
        forward = _forward(usable[0], chain, spot=spot, years=years, rate=rate, dividends=dividends)
        found = _volatilities(chain, forward, years, rate)
        knots, vols, left_out = _fitted(chain, forward.forward, found)
    except ModelError as error:
        raise ModelError(f"No smile of {underlying} {expiry}: {error}") from None
    div_yield = rate - float(np.log(forward.forward / spot)) / years
    shown = _told(ordered, refused, found, left_out)
    columns = underlying, expiry, at, years, forward.forward, div_yield, rate, knots, vols, shown
    smile = Smile(*columns, source=source)
    return replace(smile, warnings=(*forward.warnings, *arbitrage.within(smile)))


def fit_surface(
    chains: Mapping[date, Sequence[ChainQuote]],
    *,
    underlying: str,
    at: datetime,
    spot: float,
    curve: DiscountCurve,
    dividends: Sequence[tuple[float, float]] = (),
    source: str = "",
) -> Surface:
    """The smiles of several expiries; parameters as for :func:`fit_smile`, ``chains`` by expiry.

    An expiry without a smile is in ``missing`` with its reason. One whose options cost less than those of the expiry
    before says so in its ``warnings``.
    """
    smiles: dict[date, Smile] = {}
    why: dict[date, str] = {}
    for expiry in sorted(chains):
        try:
            smiles[expiry] = fit_smile(
                chains[expiry],
                underlying=underlying,
                expiry=expiry,
                at=at,
                spot=spot,
                curve=curve,
                dividends=dividends,
                source=source,
            )
        except ModelError as error:
            why[expiry] = str(error)
    ordered = list(smiles.values())
    for place, words in arbitrage.between(ordered).items():
        smiles[ordered[place].expiry] = replace(ordered[place], warnings=(*ordered[place].warnings, words))
    return Surface(smiles, why)


def _usable(
    ordered: Sequence[ChainQuote], refused: Sequence[str | None], spot: float, at: datetime
) -> tuple[list[ChainQuote], float]:
    """The quotes that nothing speaks against, and the years to their expiry."""
    usable = [one for one, why in zip(ordered, refused, strict=True) if why is None]
    if missing(spot) or spot <= 0:
        raise ModelError("the underlying's price is missing.")
    if not usable:
        raise ModelError(f"none of {len(ordered)} quotes is usable{_mostly(refused)}.")
    years = usable[0].contract.expiry_years(at)
    if years <= 0:
        raise ModelError("the expiry is over.")
    return usable, years


def _mostly(reasons: Sequence[str | None]) -> str:
    """The reason that most have, in brackets."""
    told = [one for one in reasons if one is not None]
    return f" ({max(sorted(set(told)), key=told.count)})" if told else ""


def _fitted(chain: Columns, forward: float, found: _Volatilities) -> tuple[Floats, Floats, list[str | None]]:
    """Knots, volatilities there, and why each usable quote with a volatility had no part; None where it had."""
    k = np.log(chain.strike / forward)
    out = (chain.is_call == (k >= 0)) | (np.abs(k) <= OVERLAP)
    used = np.isfinite(found.vol) & out & (found.error < FAR * found.vol)
    reasons = np.where(used, "", np.where(out, "spread too wide for it", "in the money")).astype(object)
    if not used.any():
        why = np.where(np.isfinite(found.vol), reasons, found.words).tolist()
        raise ModelError(f"none of {len(k)} usable quotes gives a volatility{_mostly(why)}.")
    knots, vols, away = _curve(k[used], found.vol[used], found.error[used])
    reasons[np.flatnonzero(used)[away]] = "away from the others"
    return knots, vols, [one or None for one in reasons.tolist()]


def _told(
    ordered: Sequence[ChainQuote], refused: Sequence[str | None], found: _Volatilities, left_out: Sequence[str | None]
) -> tuple[SmileQuote, ...]:
    """Every quote with its volatility, and why it was not used where it was not."""
    places, shown = iter(range(len(found.vol))), []
    for one, reason in zip(ordered, refused, strict=True):
        vol, why = None, reason
        if reason is None:
            i = next(places)
            known = bool(np.isfinite(found.vol[i]))
            vol, why = (float(found.vol[i]), left_out[i]) if known else (None, found.words[i])
        shown.append(SmileQuote(one.contract.strike, one.contract.is_call, one.bid, one.ask, vol, why))
    return tuple(shown)


def _columns(quotes: Sequence[ChainQuote]) -> Columns:
    bid = np.array([one.bid for one in quotes], float)
    ask = np.array([one.ask for one in quotes], float)
    return Columns(
        np.array([one.contract.is_call for one in quotes], bool),
        np.array([one.contract.strike for one in quotes], float),
        0.5 * (bid + ask),
        np.maximum(0.5 * (ask - bid), TINY_HALF),
        quotes[0].contract.style == "american",
    )


def _forward(
    first: ChainQuote,
    chain: Columns,
    *,
    spot: float,
    years: float,
    rate: float,
    dividends: Sequence[tuple[float, float]],
) -> Forward:
    if first.contract.priced_off == "future":
        return forwards.of_future(chain, years, rate)
    return forwards.of_spot(chain, spot=spot, years=years, rate=rate, dividends=dividends)


def _volatilities(chain: Columns, forward: Forward, years: float, rate: float) -> _Volatilities:
    solve = partial(solve_american, tier="fast") if chain.american else implied_vol.solve
    found = solve(
        is_call=chain.is_call,
        price=chain.mid,
        spot=forward.spot,
        strike=chain.strike,
        expiry_years=years,
        rate=rate,
        div_yield=forward.div_yield,
    )
    errors = found.vol_error_per_tick / implied_vol.TICK_USD * chain.half
    words = [word.replace("_", " ") for word in found.status.tolist()]
    return _Volatilities(found.vol, np.where(np.isfinite(errors), errors, np.inf), words)


def _curve(k: Floats, vols: Floats, errors: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Knots, fitted volatilities, and which quotes lie away from the others: a robust, locally quadratic regression."""
    strikes = np.unique(k)
    if len(strikes) <= 3:
        means = [np.average(vols[k == one], weights=1 / errors[k == one] ** 2) for one in strikes]
        return strikes, np.array(means), np.zeros(len(k), bool)
    knots = np.unique(np.quantile(strikes, np.linspace(0, 1, min(KNOTS, 1 + len(strikes) // 2))))
    size = min(max(int(NEIGHBOURS * len(k)), LEAST_NEIGHBOURS), len(k))
    trust = _beside_neighbours(k, vols, errors)
    for _ in range(PASSES):
        fitted = np.maximum(_regressed(k, vols, trust / np.maximum(errors, LEAST_ERROR), knots, size), LEAST_VOL)
        missed = np.abs(vols - between_knots(knots, fitted, k))
        scale = AWAY_MEDIANS * max(float(np.median(missed)), 1e-5)
        trust = np.clip(1 - (missed / scale) ** 2, 0.0, 1.0) ** 2 + LEAST_TRUST
    return knots, fitted, (missed > scale) & (missed > AWAY_HALVES * errors)


def _beside_neighbours(k: Floats, vols: Floats, errors: Floats) -> Floats:
    """A first trust in each quote: next to none where it lies far from the median of as many on either side.

    A gross outlier bends a regression so much that its neighbours seem to be the outliers; it cannot move a median.
    """
    order = np.argsort(k)
    inner = vols[order]
    places = np.arange(len(k))
    sides = np.minimum(np.minimum(places, len(k) - 1 - places), SIDE)
    medians = np.array([np.median(inner[i - side : i + side + 1]) for i, side in zip(places, sides, strict=True)])
    far = np.empty(len(k))
    far[order] = np.abs(inner - medians)
    return np.where(far > np.maximum(GROSS * vols, AWAY_HALVES * errors), LEAST_TRUST, 1.0)


def _regressed(k: Floats, vols: Floats, weights: Floats, knots: Floats, size: int) -> Floats:
    """At each knot the value of a quadratic through its ``size`` nearest quotes, near ones counting most."""
    gaps = k - knots[:, None]
    reach = np.maximum(np.partition(np.abs(gaps), size - 1, axis=1)[:, size - 1 : size] * 1.0001, 1e-9)
    x = gaps / reach
    counted = np.clip(1 - np.abs(x) ** 3, 0.0, 1.0) ** 3 * weights
    counted /= counted.sum(axis=1, keepdims=True)
    powers = x[:, :, None] ** np.arange(5)
    moments = np.einsum("ij,ijp->ip", counted, powers)
    left = moments[:, np.add.outer(np.arange(3), np.arange(3))] + RIDGE * np.diag([0.0, 1.0, 1.0])
    right = np.einsum("ij,ijp->ip", counted * vols, powers[:, :, :3])
    found: Floats = np.linalg.solve(left, right[:, :, None])[:, 0, 0]
    return found

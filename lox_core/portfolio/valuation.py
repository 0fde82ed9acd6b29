"""Theoretical value, volatility and Greeks of every leg, all options of a model at once.

A leg's volatility is the one its mid implies through the model it is valued by; where the mid says too little, the
fitted smile's; else the one given with an imported file. It never comes from the conservative mark. Rates are the
discount curve's at each expiry. In a closed market everything is valued at the last session's close, where the quotes
are from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from lox_core.calendars import in_session, last_close
from lox_core.clock import NEW_YORK
from lox_core.options import black_scholes
from lox_core.options.contract import YEAR_S, OptionContract
from lox_core.options.surface import Smile
from lox_core.portfolio import marking, models
from lox_core.portfolio.greeks import MISSING, NOTHING, SHARE, ShareGreeks, cap_theta, finite
from lox_core.portfolio.models import Model, Options
from lox_core.portfolio.positions import BookInputs, Holding, UnderlyingState
from lox_core.portfolio.valued import Mark, VolSource

Floats = NDArray[np.float64]
# Flags under which a mid is no basis for a volatility, and those under which it is only when nothing better is known.
NEVER_A_VOL = {marking.CROSSED, marking.NO_BID, marking.EXPIRED}
POOR_VOL = {marking.WIDE, marking.STALE, marking.IMPORTED}
# Half the spread over vega: beyond this many vol points a mid says less than the smile.
MOST_UNCERTAIN_POINTS = 5.0
LEAST_IN_THE_MONEY = 0.01  # the clearing house exercises from one cent on
EX_HOUR, EX_MINUTE = 9, 30


@dataclass(frozen=True)
class Valued:
    """How one leg was valued, per share. ``reason`` says why Greeks are missing; ``poor`` that the mid was no good."""

    model: str
    greeks: ShareGreeks
    spot: float | None = None
    vol: float | None = None
    vol_source: VolSource | None = None
    rate: float | None = None
    div_yield: float = 0.0
    dividends: tuple[tuple[float, float], ...] = ()
    expiry_years: float | None = None
    theo: float | None = None
    intrinsic: float | None = None
    reason: str | None = None
    poor: bool = False


def valuation_instant(as_of: datetime, *, market_open: bool) -> datetime:
    """When times to expiry count from: the present, or the last close when the market has been shut since."""
    return as_of if market_open or in_session(as_of) else last_close(as_of)


def value_legs(holdings: Sequence[Holding], marks: Sequence[Mark], inputs: BookInputs) -> list[Valued]:
    """Value each holding; one result per holding, in order."""
    at = valuation_instant(inputs.as_of, market_open=inputs.market_open)
    found: dict[int, Valued] = {}
    running: list[_Running] = []
    smiles = _smile_vols(holdings, inputs)
    for index, (holding, mark) in enumerate(zip(holdings, marks, strict=True)):
        contract = _running_contract(holding, inputs.as_of)
        if contract is None:
            found[index] = _without_model(holding, mark, inputs.underlyings.get(holding.underlying))
            continue
        prepared = _prepare(index, holding, contract, mark, inputs, at, smiles.get(index))
        if isinstance(prepared, Valued):
            found[index] = prepared
        else:
            running.append(prepared)
    for model in models.MODELS:
        of_model = [one for one in running if one.model == model]
        if of_model:
            found |= zip((one.index for one in of_model), _value(model, of_model), strict=True)
    return [found[index] for index in range(len(holdings))]


@dataclass(frozen=True)
class _Running:
    """An option that has not expired, with all that its model needs. NaN where there is no price or volatility."""

    index: int
    model: Model
    contract: OptionContract
    spot: float
    years: float
    rate: float
    div_yield: float
    dividends: tuple[tuple[float, float], ...]
    price: float
    half_spread: float
    price_source: VolSource
    poor: bool
    smile_vol: float
    given_vol: float


def _running_contract(holding: Holding, as_of: datetime) -> OptionContract | None:
    """The contract of an option that a model values; ``None`` for all else."""
    if marking.refusal(holding) is not None or holding.contract is None:
        return None
    return holding.contract if as_of < holding.contract.last_valuation else None


def _without_model(holding: Holding, mark: Mark, state: UnderlyingState | None) -> Valued:
    """Shares, expired options and what is not understood."""
    spot = finite(state.spot) if state is not None else None
    contract = holding.contract
    refused = marking.refusal(holding)
    if refused is not None:
        return Valued("", MISSING, spot=spot, reason=refused)
    if contract is None:
        price = spot if spot is not None else mark.mid if mark.mid is not None else mark.mark
        reason = None if price is not None else f"no price of {holding.symbol}"
        return Valued("share", SHARE if price is not None else MISSING, spot=price, reason=reason)
    if mark.mark is None:
        return Valued("expired", MISSING, spot=spot, expiry_years=0.0, reason=mark.reason)
    owned = contract.settlement == "physical" and mark.mark >= LEAST_IN_THE_MONEY
    delivered = ShareGreeks(1.0 if contract.is_call else -1.0) if owned else NOTHING
    reason = None if spot is not None else _no_price(holding.underlying, state)
    return Valued(*("expired", delivered, spot), expiry_years=0.0, theo=mark.mark, intrinsic=mark.mark, reason=reason)


def _smile_vols(holdings: Sequence[Holding], inputs: BookInputs) -> dict[int, float]:
    """The fitted volatility of each option that has a smile, by its place."""
    places: dict[tuple[str, date], list[int]] = {}
    for index, holding in enumerate(holdings):
        key = (holding.underlying, holding.contract.expiry) if holding.contract is not None else None
        if key is not None and key in inputs.smiles:
            places.setdefault(key, []).append(index)
    found: dict[int, float] = {}
    for key, indices in places.items():
        strikes = [one.strike for index in indices if (one := holdings[index].contract) is not None]
        found |= zip(indices, inputs.smiles[key].vol(strikes).tolist(), strict=True)
    return found


def _prepare(
    index: int,
    holding: Holding,
    contract: OptionContract,
    mark: Mark,
    inputs: BookInputs,
    at: datetime,
    smile_vol: float | None,
) -> _Running | Valued:
    """An option's inputs, or why it cannot be valued."""
    state = inputs.underlyings.get(holding.underlying)
    smile = inputs.smiles.get((holding.underlying, contract.expiry))
    years = contract.expiry_years(at)
    spot = finite(state.spot) if state is not None else None
    if inputs.curve is None:
        return Valued("", MISSING, spot=spot, expiry_years=years, reason="no Treasury yield, so no discount rate")
    rate = float(inputs.curve.rate(years))
    if contract.priced_off == "future":
        spot, div_yield = (finite(smile.forward) if smile is not None else None), rate
        missing = f"{contract.root} options price off the future, which is not known"
    else:
        div_yield = _div_yield(contract, state, smile)
        missing = _no_price(holding.underlying, state)
    if spot is None or spot <= 0:
        return Valued("", MISSING, expiry_years=years, rate=rate, reason=missing)
    dividends = _dividends(contract, state, at, years)
    if contract.style == "european":
        model: Model = "european"
    else:
        model = "american, cash dividends" if dividends else "american"
    price, source = _price_for_vol(mark, smile_vol is not None or holding.given_vol is not None)
    return _Running(
        *(index, model, contract, spot, years, rate, div_yield, dividends, price),
        half_spread=math.nan if mark.mid is None or mark.mark is None else abs(mark.mid - mark.mark),
        price_source=source,
        poor=bool(POOR_VOL & set(mark.flags)),
        smile_vol=math.nan if smile_vol is None else smile_vol,
        given_vol=holding.given_vol or math.nan,
    )


def _price_for_vol(mark: Mark, other_vol: bool) -> tuple[float, VolSource]:
    """The price to invert: a sound mid; a poor one or an imported mark only where no other volatility is known."""
    flags = set(mark.flags)
    if mark.mid is None or flags & NEVER_A_VOL or (flags & POOR_VOL and other_vol):
        return math.nan, "mid"
    return mark.mid, "given" if marking.IMPORTED in flags else "mid"


def _div_yield(contract: OptionContract, state: UnderlyingState | None, smile: Smile | None) -> float:
    """The continuous yield: the chain's own for indices, none beside cash dividends, else the state's."""
    if contract.style == "european" and smile is not None and math.isfinite(smile.div_yield):
        return smile.div_yield
    return 0.0 if state is None or (state.dividends and contract.style == "american") else state.div_yield


def _dividends(
    contract: OptionContract, state: UnderlyingState | None, at: datetime, years: float
) -> tuple[tuple[float, float], ...]:
    """Years to each ex-date's opening and dollars a share, for an American option's dividends before expiry."""
    if state is None or contract.style != "american":
        return ()
    found = []
    for one in state.dividends:
        opening = datetime(one.ex_date.year, one.ex_date.month, one.ex_date.day, EX_HOUR, EX_MINUTE, tzinfo=NEW_YORK)
        time = (opening - at).total_seconds() / YEAR_S
        if 0 < time < years and math.isfinite(one.amount) and one.amount > 0:
            found.append((time, one.amount))
    return tuple(sorted(found))


def _no_price(underlying: str, state: UnderlyingState | None) -> str:
    told = f": {state.problem}" if state is not None and state.problem else ""
    return f"no price of {underlying}{told}"


def _value(model: Model, legs: Sequence[_Running]) -> list[Valued]:
    """Volatilities, values and Greeks of one model's legs."""
    options = _columns(legs)
    vol, sources = _vols(model, legs, options)
    found = models.greeks(model, options, vol)
    sign = np.where(options.is_call, 1.0, -1.0)
    intrinsic = np.maximum(sign * (options.spot - options.strike), 0.0)
    theta = cap_theta(found.theta_per_day, found.price - intrinsic, options.expiry_years)
    rows = zip(
        *(found.delta, found.gamma, theta, found.vega_per_vol_point, found.rho_per_pct_point),
        *(found.vanna_per_vol_point, found.charm_per_day, found.volga_per_vol_point_sq),
        strict=True,
    )
    return [
        _valued(model, leg, ShareGreeks(*map(float, row)), *numbers)
        for leg, row, *numbers in zip(legs, rows, vol.tolist(), sources, found.price.tolist(), intrinsic, strict=True)
    ]


def _valued(
    model: Model, leg: _Running, greeks: ShareGreeks, vol: float, source: VolSource | None, theo: float, worth: float
) -> Valued:
    known = source is not None and math.isfinite(theo)
    reason = None
    if source is None:
        reason = "no volatility: the quote implies none and no smile is fitted"
    elif not known:
        reason = "the model has no value for these rates"
    return Valued(
        *(model, greeks if known else MISSING, leg.spot),
        vol=vol if source is not None else None,
        vol_source=source,
        rate=leg.rate,
        div_yield=leg.div_yield,
        dividends=leg.dividends,
        expiry_years=leg.years,
        theo=theo if known else None,
        intrinsic=float(worth),
        reason=reason,
        poor=leg.poor and source == leg.price_source and math.isfinite(leg.price),
    )


def _columns(legs: Sequence[_Running]) -> Options:
    width = max(1, *(len(leg.dividends) for leg in legs))
    ex_times, amounts = np.full((len(legs), width), np.nan), np.full((len(legs), width), np.nan)
    for row, leg in enumerate(legs):
        for column, (time, amount) in enumerate(leg.dividends):
            ex_times[row, column], amounts[row, column] = time, amount
    return Options(
        np.array([leg.contract.is_call for leg in legs]),
        np.array([leg.spot for leg in legs]),
        np.array([leg.contract.strike for leg in legs]),
        np.array([leg.years for leg in legs]),
        np.array([leg.rate for leg in legs]),
        np.array([leg.div_yield for leg in legs]),
        ex_times,
        amounts,
    )


def _vols(model: Model, legs: Sequence[_Running], options: Options) -> tuple[Floats, list[VolSource | None]]:
    """Each leg's volatility and where it comes from: mid, smile, given; NaN and ``None`` where there is none."""
    price = np.array([leg.price for leg in legs])
    smile, given = (np.array([getattr(leg, name) for leg in legs]) for name in ("smile_vol", "given_vol"))
    implied = np.full(len(legs), np.nan)
    priced = np.isfinite(price)
    if priced.any():
        implied[priced] = models.implied(model, options.of(priced), price[priced])
    vega = black_scholes.greeks(**options.arguments(), vol=implied).vega_per_vol_point
    half_spread = np.array([leg.half_spread for leg in legs])
    vague = np.isfinite(smile) & ~(half_spread <= MOST_UNCERTAIN_POINTS * vega)
    use_mid = np.isfinite(implied) & ~vague
    vol = np.where(use_mid, implied, np.where(smile > 0, smile, np.where(given > 0, given, np.nan)))
    sources: list[VolSource | None] = []
    for mid, leg in zip(use_mid.tolist(), legs, strict=True):
        if mid:
            sources.append(leg.price_source)
        else:
            sources.append("smile" if leg.smile_vol > 0 else "given" if leg.given_vol > 0 else None)
    return vol, sources

"""Building the book: every holding marked, valued and grouped, and the totals over them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import numpy as np

from lox_core import numbers
from lox_core.clock import NEW_YORK
from lox_core.options.legs import LegTable
from lox_core.portfolio import greeks, marking, strategies, valuation
from lox_core.portfolio.positions import BookInputs, Holding, UnderlyingState
from lox_core.portfolio.valuation import Valued
from lox_core.portfolio.valued import EXTRA_GREEKS, GREEKS, Book, Leg, Mark, Total

Key = TypeVar("Key", bound=Hashable)


def build_book(inputs: BookInputs) -> Book:
    """The whole book of what was fetched.

    Every holding becomes a leg, priced or not: a total is the sum of the legs that have the number, and the legs
    without a mark are listed with their reasons.
    """
    marks = [
        marking.mark(
            one,
            inputs.quotes.get(one.symbol),
            as_of=inputs.as_of,
            market_open=inputs.market_open,
            underlying=inputs.underlyings.get(one.underlying),
        )
        for one in inputs.holdings
    ]
    valued = valuation.value_legs(inputs.holdings, marks, inputs)
    legs = tuple(_leg(*row, inputs) for row in zip(inputs.holdings, marks, valued, strict=True))
    bare = Book(
        as_of=inputs.as_of,
        account=inputs.account,
        legs=legs,
        strategies=(),
        totals={**greeks.money_totals(legs, inputs.account), **greeks.greek_totals(legs)},
        by_strategy={},
        by_underlying=_totals_by(legs, lambda leg: leg.holding.underlying),
        by_expiry=_totals_by(legs, lambda leg: leg.holding.contract.expiry if leg.holding.contract else None),
        gap_usd=greeks.gap_total(legs),
        unpriced=tuple((leg.symbol, leg.reason or "") for leg in legs if leg.mark.mark is None),
        market_open=inputs.market_open,
        notices=_notices(inputs, legs, valued),
        gaps=dict(inputs.gaps),
        underlyings=dict(inputs.underlyings),
    )
    return regroup(bare, inputs.groupings)


def regroup(book: Book, groupings: Mapping[str, str]) -> Book:
    """The same book under the owner's other grouping; nothing is valued again."""
    today = book.as_of.astimezone(NEW_YORK).date()
    found = strategies.group((leg.holding for leg in book.legs), groupings, today=today)
    names = {symbol: one.name for one in found for symbol in one.symbols}
    legs = tuple(replace(leg, strategy=names[leg.symbol]) for leg in book.legs)
    by_name = _totals_by(legs, lambda leg: leg.strategy)
    return replace(book, legs=legs, strategies=found, by_strategy={one.name: by_name[one.name] for one in found})


def leg_table(book: Book) -> LegTable:
    """The book as columns for revaluation; times to expiry count from the instant it was valued at."""
    legs = book.legs
    contracts = [leg.holding.contract for leg in legs]

    def column(pick: Callable[[Leg], float | None]) -> valuation.Floats:
        """One number per leg, NaN where there is none."""
        return np.array([np.nan if (value := pick(leg)) is None else value for leg in legs], float)

    return LegTable(
        symbol=tuple(leg.symbol for leg in legs),
        underlying=tuple(leg.holding.underlying for leg in legs),
        strategy=tuple(leg.strategy for leg in legs),
        is_option=np.array([leg.holding.kind == "option" for leg in legs], bool),
        is_call=np.array([one is not None and one.is_call for one in contracts], bool),
        is_american=np.array([one is not None and one.style == "american" for one in contracts], bool),
        quantity=column(lambda leg: leg.holding.quantity),
        multiplier=column(lambda leg: leg.holding.multiplier),
        strike=np.array([np.nan if one is None else one.strike for one in contracts], float),
        expiry_years=column(lambda leg: leg.expiry_years),
        vol=column(lambda leg: leg.vol),
        spot=column(lambda leg: leg.spot),
        rate=column(lambda leg: leg.rate),
        div_yield=column(lambda leg: leg.div_yield),
        value_usd=column(lambda leg: leg.mark_value),
        dividends=tuple(leg.dividends for leg in legs),
        as_of=valuation.valuation_instant(book.as_of, market_open=book.market_open),
    )


def _leg(holding: Holding, mark: Mark, valued: Valued, inputs: BookInputs) -> Leg:
    size = holding.quantity * holding.multiplier
    mark_value, mid_value = (None if price is None else size * price for price in (mark.mark, mark.mid))
    state, spy = inputs.underlyings.get(holding.underlying), inputs.underlyings.get(greeks.SPY)
    beta, spy_spot = greeks.beta_of(state), greeks.finite(spy.spot if spy is not None else None)
    dollars = greeks.position_greeks(valued.greeks, size=size, spot=valued.spot, beta=beta, spy_spot=spy_spot)
    quote = inputs.quotes.get(holding.symbol)
    previous = quote.previous_close if quote is not None else None
    return Leg(
        holding=holding,
        mark=mark,
        mark_value=mark_value,
        mid_value=mid_value,
        gap_usd=None if mark_value is None or mid_value is None else mid_value - mark_value,
        greeks={name: dollars[name] for name in GREEKS},
        extra_greeks={name: dollars[name] for name in EXTRA_GREEKS},
        spot=valued.spot,
        vol=valued.vol,
        vol_source=valued.vol_source,
        rate=valued.rate,
        div_yield=valued.div_yield,
        dividends=valued.dividends,
        expiry_years=valued.expiry_years,
        theo=valued.theo,
        intrinsic=valued.intrinsic,
        model=valued.model,
        vendor=inputs.vendor.get(holding.symbol),
        previous_mark=holding.last_day_price if previous is None else previous,
        reason=mark.reason,
        greeks_reason=valued.reason or _beta_reason(holding, beta, spy_spot),
    )


def _beta_reason(holding: Holding, beta: float | None, spy_spot: float | None) -> str | None:
    """Why only the beta-weighted delta is missing."""
    if not spy_spot:
        return "no price of SPY to weigh by"
    return None if beta is not None else f"no beta of {holding.underlying} to SPY"


def _totals_by(legs: Iterable[Leg], key: Callable[[Leg], Key | None]) -> dict[Key, dict[str, Total]]:
    """Greek totals of the legs by a key; legs without one are in none."""
    groups: dict[Key, list[Leg]] = {}
    for leg in legs:
        name = key(leg)
        if name is not None:
            groups.setdefault(name, []).append(leg)
    return {name: greeks.greek_totals(members) for name, members in groups.items()}


def _notices(inputs: BookInputs, legs: Sequence[Leg], valued: Sequence[Valued]) -> tuple[str, ...]:
    """What was assumed, in words."""
    told = []
    if legs and inputs.account.cash is None:
        if inputs.account.name in greeks.CASHLESS_ACCOUNTS:
            told.append("The book names no cash: its value is the sum of its positions.")
        else:
            told.append("The account's cash is not known, so neither is its net value.")
    if not inputs.market_open:
        at = valuation.valuation_instant(inputs.as_of, market_open=False)
        told.append(f"The market is closed: quotes are the last session's, and all is valued at {numbers.moment(at)}.")
        later = sorted({leg.holding.underlying for leg in legs if _priced_after(leg, inputs, at)})
        if later:
            told.append(f"Prices from after the close meet the session's option quotes: {', '.join(later)}.")
    flags = [set(leg.mark.flags) for leg in legs]
    for flag, words in _FLAG_NOTICES:
        count = sum(flag in one for one in flags)
        if count:
            told.append(words.format(legs=numbers.plural(count, "leg")))
    poor = sum(one.poor for one in valued)
    if poor:
        told.append(f"The volatility of {numbers.plural(poor, 'leg')} rests on a wide, old or imported price.")
    projected = sorted({name for name, state in inputs.underlyings.items() if _projects(name, state, legs)})
    if projected:
        told.append(f"Dividends not yet declared repeat the last ones: {', '.join(projected)}.")
    return tuple(told)


_FLAG_NOTICES = (
    (marking.INDICATIVE, "{legs} on the indicative feed, whose quotes are delayed or modified."),
    (marking.IMPORTED, "{legs} at the imported mark, for want of a quote."),
    (marking.EXPIRED, "{legs} expired and not yet booked out: held at intrinsic value where it is known."),
    (marking.SETTLEMENT_ESTIMATED, "{legs} settled at an estimate: the exchange's own settlement price is not known."),
)


def _priced_after(leg: Leg, inputs: BookInputs, close: datetime) -> bool:
    """Whether an option's underlying is priced from trading after the close its quote is from."""
    state = inputs.underlyings.get(leg.holding.underlying)
    if leg.vol is None or state is None or state.spot_at is None:
        return False
    return (state.spot_at - close).total_seconds() > marking.STALE_AFTER_S


def _projects(name: str, state: UnderlyingState, legs: Sequence[Leg]) -> bool:
    """Whether a leg on this underlying was valued with a projected dividend."""
    amounts = {one.amount for one in state.dividends if one.projected}
    return any(amount in amounts for leg in legs if leg.holding.underlying == name for _, amount in leg.dividends)

"""Conservative marks: long at the bid, short at the ask, the mid beside them, and the reason where there is none.

What the owner would get by leaving now is the mark; the mid is a fairer guess of worth. So a mark's value never
exceeds the mid's. A quote that cannot carry a mark leaves the position unpriced, never at zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lox_core import numbers
from lox_core.calendars import is_session, last_close
from lox_core.clock import NEW_YORK
from lox_core.options.contract import OptionContract
from lox_core.portfolio.positions import Holding, Quote, UnderlyingState
from lox_core.portfolio.valued import Mark

# An open market's quote older than this is stale; a delayed feed is flagged by this too, besides its own label.
STALE_AFTER_S = 900.0
# A spread is wide when it exceeds both the dollars and the share of the mid.
WIDE_OPTION = (0.10, 0.20)
WIDE_SHARE = (0.05, 0.01)

WIDE, CROSSED, NO_BID, ONE_SIDED = "wide", "crossed", "no bid", "one-sided"
LAST_SESSION, INDICATIVE, STALE, NO_TIME = "last session", "indicative", "stale", "age unknown"
LAST_TRADE, UNDERLYING_PRICE, IMPORTED = "last trade", "underlying's price", "imported"
EXPIRED, SETTLEMENT_ESTIMATED = "expired", "settlement estimated"
ADJUSTED_REASON = "adjusted contract: deliverable unknown"


def mark(
    holding: Holding,
    quote: Quote | None,
    *,
    as_of: datetime,
    market_open: bool,
    underlying: UnderlyingState | None = None,
) -> Mark:
    """The conservative mark of one holding, per share.

    Parameters
    ----------
    holding : Holding
    quote : Quote or None
        The best bid and ask; ``None`` where the vendor has none.
    as_of : datetime
        The present; ages count from it.
    market_open : bool
        When not, the last session's quote stands and is flagged.
    underlying : UnderlyingState, optional
        Carries an expired option's settlement price, and a share's price where it has no quote.

    Returns
    -------
    Mark
        ``mark`` is ``None`` with a reason where

        * the row is not understood, the asset class is unknown, or the contract was adjusted;
        * neither side is quoted, or the side to leave at is missing: a long without a bid, a short without an ask.

        A bid of zero beside an ask is a bid of zero: a long option marks at 0, its mid is half the ask. An ask of zero
        is no ask, and a share's bid of zero is no bid. A crossed quote marks a long at the lower and a short at the
        higher side, its mid is between. A share without both sides falls back to its last trade, then to the price of
        the underlying; an imported mark is used where there is no quote. An expired option is worth its intrinsic
        value at the price its last day closed at.
    """
    refused = refusal(holding)
    if refused is not None:
        return Mark(None, None, None, None, reason=refused)
    contract = holding.contract
    if contract is not None and as_of >= contract.last_valuation:
        return _expired(contract, underlying, as_of)
    found = _quoted(holding, quote) if holding.kind == "option" else _share(holding, quote, underlying)
    if found.mark is None and _price(holding.given_mark) is not None:
        return Mark(holding.given_mark, holding.given_mark, None, None, (IMPORTED,))
    return _aged(found, quote, as_of, market_open)


def refusal(holding: Holding) -> str | None:
    """Why a holding cannot be priced whatever its quote."""
    if holding.problem is not None:
        return holding.problem
    if not math.isfinite(holding.quantity):
        return "the quantity is no number"
    if holding.kind == "other":
        return f"asset class '{holding.asset_class or 'unknown'}' is not priced here"
    if holding.kind == "option" and holding.contract is None:
        return "the symbol names no option contract"
    if holding.contract is not None and holding.contract.adjusted:
        return ADJUSTED_REASON
    return None


def _price(value: float | None, *, zero: bool = True) -> float | None:
    """A usable price or ``None``: NaN and negative prices are none, zero only where it can be one."""
    if value is None or not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        return None
    return value


def _quoted(holding: Holding, quote: Quote | None) -> Mark:
    """The mark from a bid and an ask, without age."""
    bid = _price(quote.bid, zero=holding.kind == "option") if quote is not None else None
    ask = _price(quote.ask, zero=False) if quote is not None else None
    long = holding.quantity >= 0
    if ask is None and not bid:
        return Mark(None, None, None, None, reason="no bid and no ask")
    if bid is None or ask is None:
        side = bid if long else ask
        missing = "bid" if bid is None else "ask"
        reason = None if side is not None else f"{'long' if long else 'short'} without {missing}"
        return Mark(side, None, None, None, (ONE_SIDED,), reason)
    low, high = min(bid, ask), max(bid, ask)
    flags = [CROSSED] if bid > ask else []
    if is_wide(low, high, WIDE_OPTION if holding.kind == "option" else WIDE_SHARE):
        flags.append(WIDE)
    if bid == 0:
        flags.append(NO_BID)
    return Mark(low if long else high, low + (high - low) / 2, None, None, tuple(flags))


def is_wide(bid: float, ask: float, limits: tuple[float, float] = WIDE_OPTION) -> bool:
    """Whether a spread exceeds both limits: dollars, and the share of the mid."""
    dollars, fraction = limits
    spread = ask - bid
    return spread > dollars + 1e-9 and spread > fraction * (bid + ask) / 2 + 1e-9


def _share(holding: Holding, quote: Quote | None, underlying: UnderlyingState | None) -> Mark:
    """A share's mark: its quote, its last trade, or the price its underlying's state carries."""
    found = _quoted(holding, quote)
    if found.mid is not None:
        return found
    last = _price(quote.last, zero=False) if quote is not None else None
    if quote is not None and last is not None:
        return Mark(last, last, quote.last_at, None, (LAST_TRADE,))
    spot = _price(underlying.spot, zero=False) if underlying is not None else None
    if underlying is not None and spot is not None:
        return Mark(spot, spot, underlying.spot_at, None, (UNDERLYING_PRICE,))
    return found


def _aged(found: Mark, quote: Quote | None, as_of: datetime, market_open: bool) -> Mark:
    """The mark with its time, its age and the flags these bring. An unpriced one keeps its quote's time."""
    from_quote = not {LAST_TRADE, UNDERLYING_PRICE} & set(found.flags)
    at = quote.at if from_quote and quote is not None else found.at
    flags = list(found.flags)
    age_s = None if at is None else max((as_of - at).total_seconds(), 0.0)
    if found.mark is not None:
        if quote is not None and quote.feed == INDICATIVE and UNDERLYING_PRICE not in flags:
            flags.append(INDICATIVE)
        if not market_open:
            flags.append(LAST_SESSION)
        if age_s is None:
            flags.append(NO_TIME)
        elif at is not None and _is_stale(at, age_s, as_of, market_open):
            flags.append(STALE)
    return replace(found, at=at, age_s=age_s, flags=tuple(flags))


def _is_stale(at: datetime, age_s: float, as_of: datetime, market_open: bool) -> bool:
    """Too old for an open market, or from before the last session of a closed one."""
    if market_open:
        return age_s > STALE_AFTER_S
    return at.astimezone(NEW_YORK).date() < last_close(as_of).date()


@dataclass(frozen=True)
class Settlement:
    """The price an expired option settles at; ``estimated`` where it was not struck near the last valuation."""

    price: float
    at: datetime
    estimated: bool


def settlement(contract: OptionContract, underlying: UnderlyingState | None, as_of: datetime) -> Settlement | None:
    """The underlying's price at a contract's last valuation, ``None`` when later prices have replaced it.

    The present price is that day's until the next session begins; during the next session the previous close is.
    Morning-settled roots settle at a special opening print, which nobody here quotes: theirs is an estimate.
    """
    if underlying is None:
        return None
    last_day = contract.last_valuation.date()
    priced_at = underlying.spot_at or as_of
    priced_on = priced_at.astimezone(NEW_YORK).date()
    following = _session_after(last_day)
    if last_day <= priced_on < following:
        price, at = underlying.spot, priced_at
    elif priced_on == following:
        price, at = underlying.previous_close, contract.last_valuation
    else:
        return None
    usable = _price(price, zero=False)
    if usable is None:
        return None
    off_s = abs((at - contract.last_valuation).total_seconds())
    return Settlement(usable, at, contract.session == "am" or off_s > STALE_AFTER_S)


def _session_after(day: date) -> date:
    """The first trading day after ``day``."""
    following = day + timedelta(days=1)
    while not is_session(following):
        following += timedelta(days=1)
    return following


def _expired(contract: OptionContract, underlying: UnderlyingState | None, as_of: datetime) -> Mark:
    """An expired option at its intrinsic value, until the broker has booked what became of it."""
    struck = settlement(contract, underlying, as_of)
    if struck is None:
        day = numbers.day(contract.expiry)
        return Mark(None, None, None, None, (EXPIRED,), f"expired {day}; the price it settled at is not at hand")
    worth = contract.intrinsic(struck.price)
    flags = (EXPIRED, SETTLEMENT_ESTIMATED) if struck.estimated else (EXPIRED,)
    age_s = max((as_of - struck.at).total_seconds(), 0.0)
    return Mark(worth, worth, struck.at, age_s, flags)

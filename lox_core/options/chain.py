"""Quotes of a chain before a smile is fitted: which are fit to be used, and why the others are not.

Both sides must be there and the bid above zero, for a bid of nothing bounds a price from one side only. The ask must
not be below the bid. The spread must say something: no wider than the larger of 25 cents and 40 % of the mid. That is
Lox's own choice; it lets pass all but 4 % of the two-sided quotes of the recorded Cboe chains, even after hours. The
quote must be of the session it is valued in. An adjusted contract's deliverable is not the underlying.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from lox_core.calendars import is_session, last_close
from lox_core.clock import NEW_YORK
from lox_core.options.contract import OptionContract

LEAST_WIDTH_USD, WIDEST_SHARE = 0.25, 0.4


@dataclass(frozen=True)
class ChainQuote:
    """One contract's quote per share; ``at`` when it was made, ``vendor_vol`` the vendor's own, an annual decimal."""

    contract: OptionContract
    bid: float | None
    ask: float | None
    at: datetime | None = None
    vendor_vol: float | None = None

    @property
    def mid(self) -> float | None:
        """Halfway between the sides; None without both."""
        return None if self.bid is None or self.ask is None else 0.5 * (self.bid + self.ask)


def refusal(quote: ChainQuote, at: datetime) -> str | None:
    """Why a quote is no basis for a volatility at the instant ``at``; None when it is one."""
    bid, ask = _side(quote.bid), _side(quote.ask)
    if quote.contract.adjusted:
        return "adjusted contract"
    if ask is None or bid is None:
        return "no quote" if ask is bid else "no ask" if ask is None else "no bid"
    if bid <= 0:
        return "bid of zero"
    if ask < bid:
        return "crossed"
    if ask - bid > max(LEAST_WIDTH_USD, WIDEST_SHARE * 0.5 * (bid + ask)):
        return "too wide"
    if quote.at is not None and _session(quote.at) < _session(at):
        return "of an earlier session"
    return None


def strangers(quotes: Sequence[ChainQuote], expiry: date) -> list[str | None]:
    """Why each quote is none of an expiry's most common kind of contract; None where it is one.

    The S&P 500's monthly expiry has contracts settled in the morning and others at the close, hours apart.
    """
    kinds = [(one.contract.last_valuation, one.contract.style, one.contract.priced_off) for one in quotes]
    alike = Counter(kind for one, kind in zip(quotes, kinds, strict=True) if one.contract.expiry == expiry)
    usual = alike.most_common(1)[0][0] if alike else None
    found: list[str | None] = []
    for one, kind in zip(quotes, kinds, strict=True):
        if one.contract.expiry != expiry:
            found.append("of another expiry")
        else:
            found.append(None if kind == usual else "settled or exercised otherwise")
    return found


def sorted_quotes(quotes: Sequence[ChainQuote]) -> list[ChainQuote]:
    """By strike, puts before calls."""
    return sorted(quotes, key=lambda one: (one.contract.strike, one.contract.is_call))


def _side(price: float | None) -> float | None:
    return None if price is None or not math.isfinite(price) else price


@lru_cache(maxsize=1024)  # every quote of a chain is compared with one instant
def _session(at: datetime) -> date:
    """The New York day of the session an instant belongs to: its own from the opening on, else the last one's."""
    local = at.astimezone(NEW_YORK)
    opening = local.replace(hour=9, minute=30, second=0, microsecond=0)
    return local.date() if is_session(local.date()) and local >= opening else last_close(at).date()

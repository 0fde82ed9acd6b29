"""What is known of each underlying: its price, its last closes, its beta to SPY, its dividends ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lox_core.calendars import close_of, in_session, last_close
from lox_core.clock import NEW_YORK
from lox_core.errors import InsufficientHistory
from lox_core.portfolio.betas import WINDOW, Beta, beta_to_spy
from lox_core.portfolio.dividends import dividends_ahead
from lox_core.portfolio.positions import Dividend, Quote, UnderlyingState

SPY = "SPY"
# How an index is quoted by the price vendor: its symbol there, and how many of ours one of theirs is.
INDICES = {
    "SPX": ("^GSPC", 1.0),
    "XSP": ("^GSPC", 0.1),
    "NDX": ("^NDX", 1.0),
    "XND": ("^NDX", 0.01),
    "RUT": ("^RUT", 1.0),
    "MRUT": ("^RUT", 0.1),
    "DJX": ("^DJI", 0.01),
    "OEX": ("^OEX", 1.0),
    "VIX": ("^VIX", 1.0),
}
LINE = 21  # closes: twenty returns
WIDEST = 0.01  # of the mid; a wider quote says less than the last trade
Closes = Mapping[date, float]
NO_PRICE = "no quote and no close"


@dataclass(frozen=True)
class DayStart:
    """Where the day's P&L starts: the close of ``session`` at ``at``, the one before the session looked at."""

    session: date
    at: datetime


def day_start(as_of: datetime) -> DayStart:
    """The close before the session that runs, or that was the last to run.

    In the evening and at the weekend the last session's P&L stays to be seen until the next one begins.
    """
    end = as_of if in_session(as_of) else last_close(as_of)
    opening = end.astimezone(NEW_YORK).replace(hour=9, minute=0)
    before = last_close(opening)
    return DayStart(before.date(), before)


def spot_of(quote: Quote) -> tuple[float | None, datetime | None]:
    """The mid where both sides are quoted closely, else the last trade, else any mid; and when it was true."""
    mid = None if not quote.bid or not quote.ask else (quote.bid + quote.ask) / 2
    if mid is not None and quote.bid and quote.ask and abs(quote.ask - quote.bid) <= WIDEST * mid:
        return mid, quote.at
    if quote.last:
        return quote.last, quote.last_at
    return mid, quote.at if mid is not None else None


@dataclass(frozen=True, eq=False)
class Known:
    """What was fetched of one underlying.

    ``closes`` and ``spy_closes`` are daily closes by day, adjusted for splits; ``dividends`` those declared, past and
    coming; ``problem`` says why there is no price.
    """

    symbol: str
    quote: Quote | None
    closes: Closes
    spy_closes: Closes
    dividends: tuple[Dividend, ...] = ()
    source: str = ""
    problem: str | None = None


def state_of(known: Known, *, as_of: datetime, market_open: bool, until: date | None = None) -> UnderlyingState:
    """The state of one underlying.

    Parameters
    ----------
    known : Known
    as_of : datetime
        The present.
    market_open : bool
        In a closed market the price is the last session's close, where the options' quotes are from too.
    until : date, optional
        The last expiry that matters; dividends are projected up to it. Those since the day's start are kept, for its
        P&L counts them.
    """
    spot, spot_at = (None, None) if known.quote is None else spot_of(known.quote)
    ended = last_close(as_of)
    if not market_open and not in_session(as_of) and ended.date() in known.closes:
        spot, spot_at = known.closes[ended.date()], ended
    before = known.closes.get(day_start(as_of).session)
    if before is None and known.quote is not None:
        before = known.quote.previous_close
    since = day_start(as_of).session + timedelta(days=1)
    beta = _beta(known)
    return UnderlyingState(
        known.symbol,
        spot=spot,
        spot_at=spot_at,
        source=known.source,
        previous_close=before,
        dividends=() if until is None else dividends_ahead(known.dividends, today=since, until=until),
        beta=None if beta is None else beta.beta,
        correlation=None if beta is None else beta.correlation,
        beta_days=None if beta is None else beta.days,
        recent_closes=line(known.closes, as_of),
        problem=None if spot is not None else known.problem or NO_PRICE,
    )


def line(closes: Closes, as_of: datetime) -> tuple[float, ...]:
    """The last finished sessions' closes, oldest first."""
    ended = last_close(as_of).date()
    return tuple(price for day, price in sorted(closes.items()) if day <= ended)[-LINE:]


def bars_since(as_of: datetime) -> date:
    """How far back daily bars are asked: a year of returns and some days more."""
    return as_of.astimezone(NEW_YORK).date() - timedelta(days=385)


def closes_by_symbol(bars: Sequence[tuple[str, date, float]], as_of: datetime) -> dict[str, dict[date, float]]:
    """Closes of finished sessions by symbol and day; the running session's bar is left out."""
    found: dict[str, dict[date, float]] = {}
    ended = last_close(as_of)
    for symbol, day, close in bars:
        if close_of(day) <= ended:
            found.setdefault(symbol, {})[day] = close
    return found


def _beta(known: Known) -> Beta | None:
    if known.symbol == SPY and len(known.closes) > 1:
        return Beta(1.0, 1.0, min(len(known.closes) - 1, WINDOW))
    try:
        return beta_to_spy(known.closes, known.spy_closes)
    except InsufficientHistory:
        return None

"""What is made of a fetched book: the day's P&L, the expiry sheet, the signals, the performance."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from lox_core.calendars import is_session
from lox_core.clock import NEW_YORK
from lox_core.journal.records import NavRecord
from lox_core.options.contract import is_occ, parse_occ
from lox_core.options.curve import DiscountCurve
from lox_core.portfolio.alerts import alerts
from lox_core.portfolio.attribution import Attribution, Fill, StartLeg, attribute
from lox_core.portfolio.expiry import expiry_sheet
from lox_core.portfolio.performance import performance
from lox_core.portfolio.positions import Quote
from lox_core.portfolio.valuation import valuation_instant
from lox_core.portfolio.valued import Book, Leg
from lox_core.providers.alpaca_records import ActivityRow, HistoryRow
from lox_core.workbench.book import Snapshot
from lox_core.workbench.book_inputs import Assembled
from lox_core.workbench.flows import EXTERNAL, kind_of
from lox_core.workbench.sessions import session_of
from lox_core.workbench.underlyings import day_start

DELIVERED = ("OPTRD",)  # shares that an exercise or assignment moved, at the strike
GONE = ("OPEXP", "OPASN", "OPEXC")  # contracts that ended; their quantity is the position's change
LEAST_FUNDED = "Performance needs two days with equity."


@dataclass(frozen=True, eq=False)
class Starts:
    """Prices at the day's start: closes of contracts by symbol and day, and the quotes' own previous closes.

    ``closed`` are symbols no longer held; ``curve`` are the rates known then.
    """

    option_closes: Mapping[str, Mapping[date, float]] = field(default_factory=dict)
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    closed: Sequence[str] = ()
    curve: DiscountCurve | None = None


def studied(
    snapshot: Snapshot,
    starts: Mapping[str, StartLeg],
    *,
    equity: Sequence[tuple[date, float | None]] = (),
    flows: Sequence[tuple[date, float]] = (),
    start_gap_usd: float | None = None,
) -> Snapshot:
    """The snapshot with everything that follows from its book.

    Parameters
    ----------
    snapshot : Snapshot
    starts : mapping of symbol to its state at the last close
    equity, flows : by day, for the performance; none for a book without an account.
    start_gap_usd : the liquidation gap when the day began.
    """
    book = snapshot.book
    if book is None:
        return snapshot
    began = day_start(book.as_of)
    end = valuation_instant(book.as_of, market_open=book.market_open)
    held = [leg.symbol for leg in book.legs]
    fills = None if "activities" in snapshot.gaps else _fills(snapshot, held, book.as_of)
    made = attribute(book, starts, start=began.at, end=end, fills=fills, start_gap_usd=start_gap_usd)
    sheet = expiry_sheet(book)
    earned = performance(equity, flows) if equity else None
    gaps = dict(snapshot.gaps)
    if equity and earned is None and "history" not in gaps:
        gaps["performance"] = LEAST_FUNDED
    return replace(
        snapshot,
        attribution=made,
        expiry=sheet,
        alerts=alerts(book, sheet),
        performance=earned,
        day_pnl=_by_symbol(made),
        day_pnl_usd=made.pnl,
        gaps=gaps,
    )


def start_legs(book: Book, known: Starts) -> dict[str, StartLeg]:
    """Each position's price and its underlying's at the close the day starts from.

    A contract's is its bar of that day, else what the broker calls the previous close, which is that close only once
    the present session has begun; an underlying's stands in its state. What has neither has no price.
    """
    began = day_start(book.as_of)
    today = book.as_of.astimezone(NEW_YORK).date()
    previous_is_start = is_session(today) and session_of(book.as_of) == today
    found = {}
    for leg in book.legs:
        state = book.underlyings.get(leg.holding.underlying)
        spot = None if state is None else state.previous_close
        if leg.holding.contract is None:
            found[leg.symbol] = StartLeg(spot, spot)
            continue
        price = known.option_closes.get(leg.symbol, {}).get(began.session)
        if price is None and previous_is_start:
            price = _previous(leg, known.quotes.get(leg.symbol))
        years = leg.holding.contract.expiry_years(began.at)
        rate = None if known.curve is None else float(known.curve.rate(years))
        found[leg.symbol] = StartLeg(price, spot, rate)
    for symbol in known.closed:
        state = book.underlyings.get(symbol)
        share = None if state is None else state.previous_close
        found[symbol] = StartLeg(known.option_closes.get(symbol, {}).get(began.session, share), None)
    return found


def starts_of(assembled: Assembled, closed: Sequence[str] = ()) -> Starts:
    """What was fetched of the day's start."""
    return Starts(assembled.option_closes, assembled.inputs.quotes, closed, assembled.start_curve)


def closed_since(snapshot: Snapshot, held: Collection[str], as_of: datetime) -> tuple[str, ...]:
    """Symbols that fills and activities since the day's start have moved and that are not held any more."""
    return tuple(sorted({one.symbol for one in _fills(snapshot, held, as_of)} - set(held)))


def gap_before(nav: Iterable[NavRecord], as_of: datetime) -> float | None:
    """The liquidation gap the journal kept of the session the day starts from; None where it kept none whole."""
    began = day_start(as_of).session
    for one in nav:
        if one.date == began and one.nav_mid is not None and one.nav_liquidation is not None and one.coverage == 1:
            return one.nav_mid - one.nav_liquidation
    return None


def equity_by_day(
    history: Iterable[HistoryRow], kept: Iterable[tuple[date, float]], book: Book | None
) -> list[tuple[date, float | None]]:
    """Equity by session: the broker's history over what the journal kept, the present's own last."""
    found: dict[date, float | None] = dict(kept)
    found.update({row.day: row.equity for row in history if row.equity is not None})
    if book is not None and book.account.equity is not None:
        found[session_of(book.as_of)] = book.account.equity
    return sorted(found.items())


def external_flows(activities: Iterable[ActivityRow], kept: Iterable[tuple[date, float]]) -> list[tuple[date, float]]:
    """Deposits and withdrawals by day: the broker's, and those only the journal still knows.

    ``kept`` are the journal's flows of days before the broker's answer begins.
    """
    asked = [
        (row.day, row.net_amount)
        for row in activities
        if row.net_amount and kind_of(row.kind, row.net_amount) in EXTERNAL
    ]
    first = min((row.day for row in activities), default=None)
    return [*((day, amount) for day, amount in kept if first is None or day < first), *asked]


def _previous(leg: Leg, quote: Quote | None) -> float | None:
    if quote is not None and quote.previous_close is not None:
        return quote.previous_close
    return leg.holding.last_day_price


def _fills(snapshot: Snapshot, held: Collection[str], as_of: datetime) -> list[Fill]:
    """What changed positions since the day's start.

    A contract that ended but is still listed is held at its last value, so it has not gone; one that runs on and was
    assigned in part has gone in part.
    """
    began = day_start(as_of)
    found = [
        Fill(row.symbol, row.quantity, row.price)
        for row in snapshot.fills
        if row.at is not None and row.at > began.at and row.quantity is not None and row.price is not None
    ]
    for row in snapshot.activities:
        if row.day <= began.session or row.quantity is None or not row.symbol:
            continue
        if row.kind in DELIVERED and row.price is not None:
            found.append(Fill(row.symbol, row.quantity, row.price, before_open=True))
        elif row.kind in GONE and (row.symbol not in held or _runs(row.symbol, as_of)):
            found.append(Fill(row.symbol, row.quantity, 0.0))
    return found


def _runs(symbol: str, as_of: datetime) -> bool:
    return is_occ(symbol) and as_of < parse_occ(symbol).last_valuation


def _by_symbol(made: Attribution) -> dict[str, float | None]:
    known: dict[str, float | None] = {row.symbol: row.pnl for row in (*made.legs, *made.expiring)}
    return known | {symbol: None for symbol, _ in made.missing}

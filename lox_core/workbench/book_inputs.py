"""From holdings to everything the core needs to value them: quotes, closes, dividends, smiles and the discount curve.

All of it is asked at once in a bounded pool. What cannot be had is a gap in words and leaves the rest standing: a
position without its quote is unpriced, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from lox_core.calendars import in_session
from lox_core.clock import NEW_YORK, AsOf
from lox_core.market.market import Market
from lox_core.options.contract import is_occ
from lox_core.options.curve import DiscountCurve
from lox_core.options.surface import Smile
from lox_core.portfolio.positions import Account, BookInputs, Holding, Quote, UnderlyingState
from lox_core.providers.alpaca_records import BarRow, ClockRow, DividendRow, OptionQuoteRow, Rows, StockQuoteRow
from lox_core.sourced import Gap
from lox_core.workbench import holdings as read
from lox_core.workbench import underlyings as under
from lox_core.workbench.curve import discount_curve
from lox_core.workbench.reads import gather, rows_of

CLOCK_TRUSTED = timedelta(minutes=10)
MOST_CHAINS = 24
DECLARED_BACK, DECLARED_AHEAD = timedelta(days=400), timedelta(days=150)
OPTION_QUOTES, OPTION_CLOSES, SHARE_QUOTES = "option quotes", "option closes", "share quotes"
HISTORY, DIVIDENDS, CURVE = "daily closes", "dividends", "curve"


class QuoteSource(Protocol):
    """What quotes a book, as far as the broker's client is needed for it."""

    def option_quotes(self, symbols: Sequence[str]) -> Rows[OptionQuoteRow]:
        """Quotes of contracts."""

    def option_chain(self, underlying: str, *, first: date, last: date) -> Rows[OptionQuoteRow]:
        """Every contract of an underlying between two expiries."""

    def stock_quotes(self, symbols: Sequence[str]) -> Rows[StockQuoteRow]:
        """Quotes of shares."""

    def stock_bars(self, symbols: Sequence[str], since: date, *, adjustment: Any = "all") -> Rows[BarRow]:
        """Daily bars of shares."""

    def option_bars(self, symbols: Sequence[str], since: date) -> Rows[BarRow]:
        """Daily bars of contracts."""

    def dividends(self, symbols: Sequence[str], since: date, until: date) -> Rows[DividendRow]:
        """Declared dividends."""


@dataclass(frozen=True)
class Held:
    """Which symbols a book needs asked: its contracts, its shares and underlyings with SPY, its expiries.

    ``closed`` are contracts no longer held whose price at the day's start is still asked.
    """

    options: tuple[str, ...]
    closed: tuple[str, ...]
    shares: tuple[str, ...]
    indices: tuple[str, ...]
    expiries: tuple[tuple[str, date], ...]
    payers: tuple[str, ...]
    last_expiry: date | None

    @classmethod
    def of(cls, holdings: Sequence[Holding], instant: datetime, closed: Sequence[str] = ()) -> Held:
        """The symbols behind some holdings; an expiry that is over at ``instant`` has no chain any more."""
        sold = {symbol for symbol in closed if not is_occ(symbol)}
        contracts = [one.contract for one in holdings if one.contract is not None]
        names = {one.underlying for one in holdings if one.kind in ("option", "share") and one.problem is None}
        shares = {one.symbol for one in holdings if one.kind == "share" and one.problem is None}
        running = [one for one in contracts if one.last_valuation > instant and not one.adjusted]
        return cls(
            options=tuple(sorted({one.symbol for one in holdings if one.contract is not None})),
            closed=tuple(sorted(set(closed) - sold)),
            shares=tuple(sorted((names - under.INDICES.keys()) | {under.SPY} | sold)),
            indices=tuple(sorted(names & under.INDICES.keys())),
            expiries=tuple(sorted({(one.underlying, one.expiry) for one in running}, key=lambda pair: pair[::-1])),
            payers=tuple(sorted({one.underlying for one in running if one.style == "american"} | shares | sold)),
            last_expiry=max((one.expiry for one in running), default=None),
        )


@dataclass(frozen=True, eq=False)
class Assembled:
    """The core's inputs, and what besides them the day's P&L starts from.

    ``option_closes`` are closes of finished sessions by contract and day, ``start_curve`` the rates known then.
    """

    inputs: BookInputs
    option_closes: Mapping[str, Mapping[date, float]]
    start_curve: DiscountCurve | None


def assemble(
    source: QuoteSource | None,
    market: Market,
    as_of: AsOf,
    *,
    account: Account,
    holdings: Sequence[Holding],
    clock: ClockRow | None,
    groupings: Mapping[str, str],
    gaps: MutableMapping[str, str],
    smiles_of: Callable[..., Mapping[tuple[str, date], Smile]],
    closed: Sequence[str] = (),
) -> Assembled:
    """Fetch what values ``holdings`` at the present and put it together.

    Parameters
    ----------
    source : QuoteSource or None
        None: no broker; shares are then quoted by the market's own vendor and options not at all.
    gaps : mutable mapping
        Reasons found so far; more are added.
    smiles_of : callable
        Fits the smiles of fetched chains.
    closed : sequence of str
        What is no longer held, whose prices at the day's start are asked too.
    """
    held = Held.of(holdings, as_of.instant, closed)
    found = gather(_asked(source, market, as_of, held, gaps), gaps)
    open_now = market_open(clock, as_of)
    states = _states(found, held, as_of, open_now, gaps)
    rows = rows_of(found, OPTION_QUOTES, gaps)
    curve = _curve(found, gaps)
    chains = {pair: rows_of(found, _chain(pair), {}) for pair in held.expiries[:MOST_CHAINS]}
    smiles = smiles_of(chains, states=states, curve=curve, as_of=as_of.instant, market_open=open_now, gaps=gaps)
    inputs = BookInputs(
        as_of=as_of.instant,
        account=account,
        holdings=tuple(holdings),
        market_open=open_now,
        quotes=_share_quotes(found, states) | {row.symbol: read.option_quote(row) for row in rows},
        vendor={row.symbol: greeks for row in rows if (greeks := read.vendor_greeks(row)) is not None},
        underlyings=states,
        curve=curve,
        smiles=smiles,
        groupings=groupings,
        gaps=dict(gaps),
    )
    gaps.pop(OPTION_CLOSES, None)  # the broker's own price of that close stands in, leg by leg
    return Assembled(inputs, _closes(found, OPTION_CLOSES, as_of, {}), _start_curve(market, as_of, curve))


def _curve(found: Mapping[str, Any], gaps: MutableMapping[str, str]) -> DiscountCurve | None:
    """The present's discount curve; None with its reason among the gaps."""
    answer: DiscountCurve | Gap | None = found.get(CURVE)
    if isinstance(answer, Gap):
        gaps[CURVE] = answer.reason
        return None
    return answer


def _closes(
    found: Mapping[str, Any], name: str, as_of: AsOf, gaps: MutableMapping[str, str]
) -> dict[str, dict[date, float]]:
    """The closes of an answer's bars by symbol and day."""
    bars = [(row.symbol, row.day, row.close) for row in rows_of(found, name, gaps)]
    return under.closes_by_symbol(bars, as_of.instant)


def _start_curve(market: Market, as_of: AsOf, curve: DiscountCurve | None) -> DiscountCurve | None:
    """The rates known when the day began, out of what was just fetched; None without the present's."""
    if curve is None:
        return None
    found = discount_curve(market, AsOf(under.day_start(as_of.instant).at, "moment"))
    return None if isinstance(found, Gap) else found


def market_open(clock: ClockRow | None, as_of: AsOf) -> bool:
    """Whether the market trades: the broker's word where its clock agrees with ours, else the exchange's calendar."""
    if clock is not None and abs(clock.at - as_of.instant) <= CLOCK_TRUSTED:
        return clock.is_open
    return in_session(as_of.instant)


def _asked(
    source: QuoteSource | None, market: Market, as_of: AsOf, held: Held, gaps: MutableMapping[str, str]
) -> dict[str, Callable[[], Any]]:
    """Every question, by the name its gap gets."""
    asked: dict[str, Callable[[], Any]] = {CURVE: partial(discount_curve, market, as_of)}
    for name in held.indices:
        asked[f"{name} quote"] = partial(market.quote, under.INDICES[name][0])
        asked[f"{name} closes"] = partial(market.closes, under.INDICES[name][0], as_of)
    if source is None:
        asked |= {f"{name} quote": partial(market.quote, name) for name in held.shares}
        asked |= {f"{name} closes": partial(market.closes, name, as_of) for name in held.shares}
        return asked
    instant = as_of.instant
    today, since = instant.astimezone(NEW_YORK).date(), under.bars_since(instant)
    asked[SHARE_QUOTES] = partial(source.stock_quotes, held.shares)
    asked[HISTORY] = partial(source.stock_bars, held.shares, since, adjustment="split")
    if held.options:
        asked[OPTION_QUOTES] = partial(source.option_quotes, held.options)
    if held.options or held.closed:
        both = (*held.options, *held.closed)
        asked[OPTION_CLOSES] = partial(source.option_bars, both, under.day_start(instant).session)
    if held.payers:
        span = (today - DECLARED_BACK, today + DECLARED_AHEAD)
        asked[DIVIDENDS] = partial(source.dividends, held.payers, *span)
    for name, expiry in held.expiries[:MOST_CHAINS]:
        asked[_chain((name, expiry))] = partial(source.option_chain, name, first=expiry, last=expiry)
    if len(held.expiries) > MOST_CHAINS:
        gaps["smiles"] = f"Smiles are fitted to the nearest {MOST_CHAINS} of the book's {len(held.expiries)} expiries."
    return asked


def _chain(pair: tuple[str, date]) -> str:
    return f"{pair[0]} chain of {pair[1]}"


def _states(
    found: Mapping[str, Any], held: Held, as_of: AsOf, open_now: bool, gaps: MutableMapping[str, str]
) -> dict[str, UnderlyingState]:
    """The state of every underlying, SPY's among them."""
    closes = _closes(found, HISTORY, as_of, gaps)
    for name in (*held.shares, *held.indices):
        if f"{name} closes" in found:
            ratio, series = under.INDICES.get(name, ("", 1.0))[1], found[f"{name} closes"].value
            closes[name] = {day.date(): float(price) * ratio for day, price in series.items()}
    quotes = {row.symbol: read.share_quote(row) for row in rows_of(found, SHARE_QUOTES, gaps)}
    declared = read.dividends_by_symbol(rows_of(found, DIVIDENDS, gaps))
    until = held.last_expiry or (as_of.date if held.payers else None)
    states = {}
    for name in (*held.shares, *held.indices):
        vendor, ratio = found.get(f"{name} quote"), under.INDICES.get(name, ("", 1.0))[1]
        quote = quotes.get(name) or (_vendor_quote(vendor.value, ratio) if vendor is not None else None)
        known = under.Known(
            name,
            quote,
            closes.get(name, {}),
            closes.get(under.SPY, {}),
            tuple(declared.get(name, ())),
            source=vendor.source if vendor is not None else "Alpaca",
            problem=gaps.get(f"{name} quote") or gaps.get(SHARE_QUOTES),
        )
        states[name] = under.state_of(known, as_of=as_of.instant, market_open=open_now, until=until)
    return states


def _vendor_quote(quote: Any, ratio: float) -> Quote:
    """The market vendor's price as a last trade, an index's in our units."""
    before = None if quote.previous_close is None else quote.previous_close * ratio
    return Quote(last=quote.price * ratio, last_at=quote.timestamp, previous_close=before, feed="FMP")


def _share_quotes(found: Mapping[str, Any], states: Mapping[str, UnderlyingState]) -> dict[str, Quote]:
    """Quotes of shares: the broker's, else the market vendor's last price."""
    quotes = {
        name.removesuffix(" quote"): _vendor_quote(answer.value, 1.0)
        for name, answer in found.items()
        if name.endswith(" quote") and name.removesuffix(" quote") in states.keys() - under.INDICES.keys()
    }
    return quotes | {row.symbol: read.share_quote(row) for row in rows_of(found, SHARE_QUOTES, {})}

"""Alpaca, read only: the account, its positions, orders and activities, and the quotes its book is marked with.

Lox holds no code that submits, changes or cancels an order. Which data feeds the account's plan covers is found out
once and remembered: consolidated first, then the free one, each quote labelled with the feed it came from.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, TypeVar

from pydantic import SecretStr
from requests.adapters import BaseAdapter

from lox_core.calendars import last_close
from lox_core.clock import NEW_YORK, Clock
from lox_core.errors import AuthError, SchemaError
from lox_core.providers import alpaca_models as models
from lox_core.providers import alpaca_wire as wire
from lox_core.providers.alpaca_pages import Reading
from lox_core.providers.alpaca_records import (
    AccountRow,
    ActivityRow,
    BarRow,
    ClockRow,
    DividendRow,
    HistoryRow,
    OptionQuoteRow,
    OrderRow,
    PositionRow,
    Rows,
    StockQuoteRow,
)
from lox_core.providers.alpaca_session import SOURCE, Keys, Rest, connect, judge, sdk
from lox_core.providers.exchange import Limits
from lox_core.providers.http import Gate, Http

PAPER_URL, LIVE_URL = "https://paper-api.alpaca.markets", "https://api.alpaca.markets"
T = TypeVar("T")
ORDERS_MAX, PAGE = 500, 100
OPTION_FEEDS, STOCK_FEEDS = ("opra", "indicative"), ("sip", "iex")
# Consolidated prices this old need no paid plan; one exchange's closes would differ from everybody's.
SETTLED = timedelta(minutes=16)


class Broker:
    """The Alpaca calls Lox makes; safe for any number of threads.

    Parameters
    ----------
    key, secret : SecretStr
        Read-only use; nothing else is ever sent.
    trading_url, data_url : str
        Without version.
    now : callable
        The present, aware; quotes dated after it are set aside.
    adapter, limits, gate, monotonic, sleep
        As for :class:`~lox_core.providers.http.Http`.

    Notes
    -----
    Every method raises ``AuthError``, ``RateLimited``, ``Unavailable``, ``SchemaError`` or ``ProviderError`` in words
    when nothing could be had, and otherwise gives the rows it could read with the reasons for the others.
    """

    def __init__(
        self,
        key: SecretStr,
        secret: SecretStr,
        *,
        trading_url: str,
        data_url: str,
        now: Callable[[], datetime],
        adapter: BaseAdapter | None = None,
        limits: Limits | None = None,
        gate: Gate | None = None,
        monotonic: Callable[[], float] = Clock.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._now, self._monotonic = now, monotonic
        auth = Keys(key, secret)
        trading, stocks, options, actions = sdk()
        given = {"api_key": key.get_secret_value(), "secret_key": secret.get_secret_value(), "raw_data": True}

        def client(make: Callable[..., Rest], url: str) -> Rest:
            http = Http(
                SOURCE,
                url,
                auth=auth,
                adapter=adapter,
                limits=limits,
                gate=gate,
                judge=judge,
                monotonic=monotonic,
                sleep=sleep,
            )
            return connect(make(**given, url_override=url), http, url)

        self._trading = client(trading, trading_url)
        self._stocks = client(stocks, data_url)
        self._options = client(options, data_url)
        self._actions = client(actions, data_url)
        self._feeds: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def feeds(self) -> Mapping[str, str]:
        """Which feeds answered: ``options``, ``stocks`` and ``stock bars``, as far as asked."""
        return dict(self._feeds)

    def account(self) -> AccountRow:
        """The account."""
        return _whole(wire.account, self._trading.get("/account"), "account")

    def positions(self) -> Rows[PositionRow]:
        """Every position, one row a symbol."""
        return wire.merged(wire.read(self._trading.get("/positions"), wire.position))

    def open_orders(self) -> Rows[OrderRow]:
        """Working orders, the legs of multi-leg orders inside them, newest first."""
        params = {"status": "open", "limit": ORDERS_MAX, "nested": "true"}
        document = self._trading.get("/orders", params)
        found = wire.orders(document)
        more = (f"only the newest {ORDERS_MAX} orders were read",) if len(document) >= ORDERS_MAX else ()
        return Rows(found.rows, (*found.skipped, *more))

    def activities(self, since: date) -> Rows[ActivityRow]:
        """Fills, expiries, assignments, dividends, transfers and fees from ``since`` on, newest first."""
        params: dict[str, Any] = {"after": f"{since}T00:00:00Z", "page_size": PAGE, "direction": "desc"}

        def ask(token: str | None) -> Mapping[str, Any]:
            rows = self._trading.get("/account/activities", {**params, "page_token": token})
            ids = [row["id"] for row in rows if isinstance(row, dict) and models.text(row.get("id"))]
            return {"rows": rows, "next_page_token": ids[-1] if ids and len(rows) >= PAGE else None}

        reading = Reading(self._monotonic)
        found = wire.read([row for page in reading.pages(ask) for row in page["rows"]], wire.activity)
        kept = {row.id: row for row in found.rows if row.day >= since}
        return Rows(tuple(kept.values()), (*found.skipped, *reading.skipped))

    def portfolio_history(self, period: str = "1A") -> Rows[HistoryRow]:
        """Equity by session over ``period`` (``1M``, ``1A`` ...)."""
        return wire.history(self._trading.get("/account/portfolio/history", {"period": period, "timeframe": "1D"}))

    def clock(self) -> ClockRow:
        """The market's clock."""
        return _whole(wire.market_clock, self._trading.get("/clock"), "clock")

    def option_quotes(self, symbols: Sequence[str]) -> Rows[OptionQuoteRow]:
        """Quotes and vendor Greeks of contracts; one the broker does not quote is among the skipped."""
        asked = sorted(set(symbols))

        def ask(feed: str) -> tuple[dict[str, Any], Reading]:
            reading, found = Reading(self._monotonic), {}

            def batch(some: Sequence[str]) -> None:
                params = {"symbols": ",".join(some), "feed": feed, "limit": 1000}
                found.update(self._snapshots(reading, "/options/snapshots", params))

            reading.batches(asked, batch)
            return found, reading

        return self._read_quotes(asked, *self._by_feed("options", OPTION_FEEDS, ask), wire.option_quote)

    def option_chain(
        self, underlying: str, *, first: date, last: date, low: float | None = None, high: float | None = None
    ) -> Rows[OptionQuoteRow]:
        """Quotes of an underlying's contracts that expire between two days, strikes between ``low`` and ``high``."""
        params = {
            "limit": 1000,
            "expiration_date_gte": str(first),
            "expiration_date_lte": str(last),
            "strike_price_gte": low,
            "strike_price_lte": high,
        }

        def ask(feed: str) -> tuple[dict[str, Any], Reading]:
            reading = Reading(self._monotonic)
            return self._snapshots(reading, f"/options/snapshots/{underlying}", {**params, "feed": feed}), reading

        found, reading, feed = self._by_feed("options", OPTION_FEEDS, ask)
        return self._read_quotes(sorted(found), found, reading, feed, wire.option_quote)

    def stock_quotes(self, symbols: Sequence[str]) -> Rows[StockQuoteRow]:
        """Quotes, last trades and previous closes of shares."""
        asked = sorted(set(symbols))

        def ask(feed: str) -> tuple[dict[str, Any], Reading]:
            reading, found = Reading(self._monotonic), {}

            def batch(some: Sequence[str]) -> None:
                found.update(self._stocks.get("/stocks/snapshots", {"symbols": ",".join(some), "feed": feed}))

            reading.batches(asked, batch)
            return found, reading

        return self._read_quotes(asked, *self._by_feed("stocks", STOCK_FEEDS, ask), wire.stock_quote)

    def stock_bars(
        self, symbols: Sequence[str], since: date, *, adjustment: Literal["raw", "split", "all"] = "all"
    ) -> Rows[BarRow]:
        """Bars of shares by finished session from ``since`` on; ``all`` adjusts for splits and dividends."""

        def ask(feed: str) -> tuple[list[Mapping[str, Any]], Reading]:
            more = {"adjustment": adjustment, "feed": feed}
            return self._bar_pages(self._stocks, "/stocks/bars", symbols, since, more)

        return _bar_rows(*self._by_feed("stock bars", STOCK_FEEDS, ask)[:2])

    def option_bars(self, symbols: Sequence[str], since: date) -> Rows[BarRow]:
        """Bars of contracts by finished session from ``since`` on; a session without a trade has none."""
        return _bar_rows(*self._bar_pages(self._options, "/options/bars", symbols, since, {}))

    def dividends(self, symbols: Sequence[str], since: date, until: date) -> Rows[DividendRow]:
        """Cash dividends declared, by pay date between two days."""
        reading, pages = Reading(self._monotonic), []
        params = {"types": "cash_dividend", "start": str(since), "end": str(until), "limit": 1000}

        def batch(some: Sequence[str]) -> None:
            asked = {**params, "symbols": ",".join(some)}
            pages.extend(reading.pages(lambda token: self._actions.get("/corporate-actions", asked | _next(token))))

        reading.batches(sorted(set(symbols)), batch)
        found = [wire.dividends(page) for page in pages]
        rows = dict.fromkeys(row for part in found for row in part.rows)
        return Rows(tuple(rows), (*(reason for part in found for reason in part.skipped), *reading.skipped))

    def _snapshots(self, reading: Reading, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Snapshots by symbol, all pages joined."""
        joined: dict[str, Any] = {}
        for page in reading.pages(lambda token: self._options.get(path, {**params, **_next(token)})):
            part = page.get("snapshots")
            if not isinstance(part, dict):
                raise SchemaError(
                    "Alpaca's reply has changed: 'snapshots' is missing.", source=SOURCE, item="snapshots"
                )
            joined.update(part)
        return joined

    def _bar_pages(
        self, client: Rest, path: str, symbols: Sequence[str], since: date, more: Mapping[str, Any]
    ) -> tuple[list[Mapping[str, Any]], Reading]:
        """Daily bars up to the last close that is settled."""
        reading, pages = Reading(self._monotonic), []
        end = last_close(self._now() - SETTLED).astimezone(UTC)
        params = {
            "timeframe": "1Day",
            "start": f"{since}T00:00:00{since_offset(since)}",
            "end": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "limit": 10_000,
            **more,
        }

        def batch(some: Sequence[str]) -> None:
            asked = {**params, "symbols": ",".join(some)}
            pages.extend(reading.pages(lambda token: client.get(path, asked | _next(token))))

        reading.batches(sorted(set(symbols)), batch)
        return pages, reading

    def _by_feed(
        self, kind: str, feeds: Sequence[str], ask: Callable[[str], tuple[T, Reading]]
    ) -> tuple[T, Reading, str]:
        """What the best feed the plan covers answers, what is missing of it, and the feed's name."""
        known = self._feeds.get(kind, feeds[0])
        for feed in feeds[feeds.index(known) :]:
            try:
                answer, reading = ask(feed)
            except AuthError as error:
                if error.status != 403 or "plan" not in str(error) or feed == feeds[-1]:
                    raise
                continue
            with self._lock:
                self._feeds[kind] = feed
            return answer, reading, feed
        raise AssertionError("a feed either answers or raises")

    def _read_quotes(
        self,
        symbols: Sequence[str],
        found: Mapping[str, Any],
        reading: Reading,
        feed: str,
        parse: Callable[..., Any],
    ) -> Rows[Any]:
        now, rows, skipped = self._now(), [], list(reading.skipped)
        for symbol in symbols:
            if symbol in reading.missing:
                continue
            try:
                rows.append(parse(symbol, found.get(symbol), feed, now))
            except wire.Unreadable as error:
                skipped.append(f"{symbol}: {error}")
        return Rows(tuple(rows), tuple(skipped))


def _next(token: str | None) -> dict[str, Any]:
    return {"page_token": token}


def _bar_rows(pages: Sequence[Mapping[str, Any]], reading: Reading) -> Rows[BarRow]:
    found = [wire.bars(page) for page in pages]
    rows = tuple(row for part in found for row in part.rows)
    return Rows(rows, (*(reason for part in found for reason in part.skipped), *reading.skipped))


def since_offset(day: date) -> str:
    """New York's offset on a day, as Alpaca reads it: ``-05:00``."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=NEW_YORK)
    minutes = int((noon.utcoffset() or timedelta()).total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _whole(parse: Callable[[Mapping[str, Any]], T], document: Any, item: str) -> T:
    """A reply that is one object, or an error in words."""
    try:
        return parse(document)
    except wire.Unreadable as error:
        why = str(error)
    raise SchemaError(f"Alpaca's {item} cannot be read: {why}.", source=SOURCE, item=item)

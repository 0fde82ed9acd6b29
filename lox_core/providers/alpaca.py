"""Alpaca, read only: the account, its positions, orders and activities, and the quotes its book is marked with.

Lox holds no code that submits, changes or cancels an order. Which data feeds the account's plan covers is found out
once and remembered: consolidated first, then the free one, each quote labelled with the feed it came from.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeVar

from pydantic import SecretStr
from requests.adapters import BaseAdapter

from lox_core.clock import NEW_YORK, Clock
from lox_core.errors import AuthError, SchemaError
from lox_core.providers import alpaca_wire as wire
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
SYMBOLS_A_CALL, PAGES_MAX = 100, 40
OPTION_FEEDS, STOCK_FEEDS = ("opra", "indicative"), ("sip", "iex")


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
        self._now = now
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
        """Which feeds answered: ``options`` and ``stocks``, as far as asked."""
        return dict(self._feeds)

    def account(self) -> AccountRow:
        """The account."""
        return _whole(wire.account, self._trading.get("/account"), "account")

    def positions(self) -> Rows[PositionRow]:
        """Every position, one row a symbol."""
        return wire.merged(wire.read(self._trading.get("/positions"), wire.position))

    def open_orders(self) -> Rows[OrderRow]:
        """Working orders, the legs of multi-leg orders inside them, newest first."""
        return wire.read(self._trading.get("/orders", {"status": "open", "limit": 500, "nested": "true"}), wire.order)

    def activities(self, since: date) -> Rows[ActivityRow]:
        """Fills, expiries, assignments, dividends, transfers and fees from ``since`` on, newest first."""
        params: dict[str, Any] = {"after": f"{since}T00:00:00Z", "page_size": 100, "direction": "desc"}
        rows: list[Any] = []
        for _ in range(PAGES_MAX):
            page = self._trading.get("/account/activities", params)
            rows += page
            last = page[-1].get("id") if page and isinstance(page[-1], dict) else None
            if len(page) < 100 or not last or last == params.get("page_token"):
                break
            params = {**params, "page_token": last}
        found = wire.read(rows, wire.activity)
        kept = {row.id: row for row in found.rows if row.day >= since}
        return Rows(tuple(kept.values()), found.skipped)

    def portfolio_history(self, period: str = "1A") -> Rows[HistoryRow]:
        """Equity by session over ``period`` (``1M``, ``1A`` ...)."""
        return wire.history(self._trading.get("/account/portfolio/history", {"period": period, "timeframe": "1D"}))

    def clock(self) -> ClockRow:
        """The market's clock."""
        return _whole(wire.market_clock, self._trading.get("/clock"), "clock")

    def option_quotes(self, symbols: Sequence[str]) -> Rows[OptionQuoteRow]:
        """Quotes and vendor Greeks of contracts; one the broker does not quote is among the skipped."""
        asked = sorted(set(symbols))
        found = self._by_feed("options", OPTION_FEEDS, lambda feed: self._snapshots(asked, feed))
        return self._read_quotes(asked, *found, wire.option_quote)

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
        path = f"/options/snapshots/{underlying}"
        found, feed = self._by_feed(
            "options",
            OPTION_FEEDS,
            lambda feed: self._paged(self._options, path, {**params, "feed": feed}, "snapshots"),
        )
        return self._read_quotes(sorted(found), found, feed, wire.option_quote)

    def stock_quotes(self, symbols: Sequence[str]) -> Rows[StockQuoteRow]:
        """Quotes, last trades and previous closes of shares."""
        asked = sorted(set(symbols))

        def ask(feed: str) -> dict[str, Any]:
            found: dict[str, Any] = {}
            for batch in _batches(asked):
                found.update(self._stocks.get("/stocks/snapshots", {"symbols": ",".join(batch), "feed": feed}))
            return found

        return self._read_quotes(asked, *self._by_feed("stocks", STOCK_FEEDS, ask), wire.stock_quote)

    def stock_bars(
        self, symbols: Sequence[str], since: date, *, adjustment: Literal["raw", "split", "all"] = "all"
    ) -> Rows[BarRow]:
        """Daily bars of shares from ``since`` on; ``all`` adjusts for splits and dividends."""
        return self._bars(self._stocks, "/stocks/bars", symbols, since, {"adjustment": adjustment})

    def option_bars(self, symbols: Sequence[str], since: date) -> Rows[BarRow]:
        """Daily bars of contracts from ``since`` on; a day without a trade has none."""
        return self._bars(self._options, "/options/bars", symbols, since, {})

    def dividends(self, symbols: Sequence[str], since: date, until: date) -> Rows[DividendRow]:
        """Cash dividends declared, by pay date between two days."""
        rows: list[DividendRow] = []
        skipped: list[str] = []
        for batch in _batches(sorted(set(symbols))):
            params = {
                "symbols": ",".join(batch),
                "types": "cash_dividend",
                "start": str(since),
                "end": str(until),
                "limit": 1000,
            }
            for page in self._pages(self._actions, "/corporate-actions", params):
                found = wire.dividends(page)
                rows += found.rows
                skipped += found.skipped
        return Rows(tuple(dict.fromkeys(rows)), tuple(skipped))

    def _snapshots(self, symbols: Sequence[str], feed: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for batch in _batches(symbols):
            params = {"symbols": ",".join(batch), "feed": feed, "limit": 1000}
            found.update(self._paged(self._options, "/options/snapshots", params, "snapshots"))
        return found

    def _bars(
        self, client: Rest, path: str, symbols: Sequence[str], since: date, more: Mapping[str, Any]
    ) -> Rows[BarRow]:
        start = f"{since}T00:00:00{since_offset(since)}"
        rows: list[BarRow] = []
        skipped: list[str] = []

        def ask(feed: str | None) -> list[Mapping[str, Any]]:
            found: list[Mapping[str, Any]] = []
            for batch in _batches(sorted(set(symbols))):
                params = {"symbols": ",".join(batch), "timeframe": "1Day", "start": start, "limit": 10_000, **more}
                found += self._pages(client, path, {**params, "feed": feed})
            return found

        pages = self._by_feed("stocks", STOCK_FEEDS, ask)[0] if client is self._stocks else ask(None)
        for page in pages:
            found = wire.bars(page)
            rows += found.rows
            skipped += found.skipped
        return Rows(tuple(rows), tuple(skipped))

    def _by_feed(self, kind: str, feeds: Sequence[str], ask: Callable[[str], Any]) -> tuple[Any, str]:
        """What the best feed the plan covers answers, and its name."""
        known = self._feeds.get(kind)
        for feed in [known] if known else feeds:
            try:
                answer = ask(feed)
            except AuthError as error:
                if error.status != 403 or "plan" not in str(error) or feed == feeds[-1]:
                    raise
                continue
            with self._lock:
                self._feeds[kind] = feed
            return answer, feed
        raise AssertionError("a feed either answers or raises")

    def _read_quotes(
        self, symbols: Sequence[str], found: Mapping[str, Any], feed: str, parse: Callable[..., Any]
    ) -> Rows[Any]:
        now, rows, skipped = self._now(), [], []
        for symbol in symbols:
            try:
                rows.append(parse(symbol, found.get(symbol), feed, now))
            except wire.Unreadable as error:
                skipped.append(f"{symbol}: {error}")
        return Rows(tuple(rows), tuple(skipped))

    def _paged(self, client: Rest, path: str, params: Mapping[str, Any], name: str) -> dict[str, Any]:
        """The object ``name`` of every page, joined."""
        joined: dict[str, Any] = {}
        for page in self._pages(client, path, params):
            part = page.get(name)
            if not isinstance(part, dict):
                raise SchemaError(f"Alpaca's reply has changed: '{name}' is missing.", source=SOURCE, item=name)
            joined.update(part)
        return joined

    def _pages(self, client: Rest, path: str, params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Every page; an empty token ends, as does one that comes again."""
        pages: list[Mapping[str, Any]] = []
        token: object = None
        for _ in range(PAGES_MAX):
            page = client.get(path, {**params, "page_token": token})
            pages.append(page)
            following = page.get("next_page_token")
            if not following or following == token:
                return pages
            token = following
        return pages


def since_offset(day: date) -> str:
    """New York's offset on a day, as Alpaca reads it: ``-05:00``."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=NEW_YORK)
    minutes = int((noon.utcoffset() or timedelta()).total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _batches(symbols: Sequence[str]) -> list[Sequence[str]]:
    return [symbols[i : i + SYMBOLS_A_CALL] for i in range(0, len(symbols), SYMBOLS_A_CALL)]


def _whole(parse: Callable[[Mapping[str, Any]], T], document: Any, item: str) -> T:
    """A reply that is one object, or an error in words."""
    try:
        return parse(document)
    except wire.Unreadable as error:
        why = str(error)
    raise SchemaError(f"Alpaca's {item} cannot be read: {why}.", source=SOURCE, item=item)

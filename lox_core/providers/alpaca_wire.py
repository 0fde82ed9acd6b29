"""Alpaca's rows read one by one: what cannot be read is set aside with a reason, and no row costs another.

Decimals come as strings in the trading API and as numbers in the data API; anything may be null. Quantities of short
positions come signed or not, so the side decides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from lox_core.clock import NEW_YORK
from lox_core.providers import fields
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

T = TypeVar("T")
_STAMP = re.compile(
    r"(?P<second>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?P<rest>\.\d+)?(?P<zone>Z|[+-]\d{2}:\d{2})", re.ASCII
)
AHEAD = timedelta(minutes=1)
FUTURE = "its quote is dated in the future"


class Unreadable(ValueError):
    """Why a row cannot be used, in words."""


def text(row: Mapping[str, Any], name: str) -> str:
    """A field as text, empty when missing."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def number(row: Mapping[str, Any], name: str) -> float | None:
    """A field as a finite number; missing, unreadable and NaN alike are None."""
    try:
        return fields.number(row.get(name))
    except ValueError:
        return None


def moment(value: object) -> datetime | None:
    """An RFC 3339 instant, nanoseconds and all; None where it is none."""
    found = _STAMP.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    fraction = (found["rest"] or ".0")[1:7].ljust(6, "0")
    zone = "+00:00" if found["zone"] == "Z" else found["zone"]
    try:
        return datetime.fromisoformat(f"{found['second']}.{fraction}{zone}")
    except ValueError:
        return None


def day(value: object) -> date | None:
    """A day, alone or at the head of an instant in UTC, which is taken to New York first."""
    if isinstance(value, str) and len(value) == 10:
        try:
            return fields.day(value)
        except ValueError:
            return None
    at = moment(value)
    return None if at is None else at.astimezone(NEW_YORK).date()


def read(rows: object, parse: Callable[[Mapping[str, Any]], T]) -> Rows[T]:
    """Every row of a list that ``parse`` can read; the others by name and reason."""
    good: list[T] = []
    bad: list[str] = []
    for place, row in enumerate(rows if isinstance(rows, list) else []):
        if not isinstance(row, dict):
            bad.append(f"row {place + 1}: it is no object")
            continue
        try:
            good.append(parse(row))
        except Unreadable as error:
            name = text(row, "symbol") or text(row, "id") or f"row {place + 1}"
            bad.append(f"{name}: {error}")
    return Rows(tuple(good), tuple(bad))


def account(row: Mapping[str, Any]) -> AccountRow:
    """The account; raises ``Unreadable`` when it has neither equity nor cash."""
    equity, cash = number(row, "equity"), number(row, "cash")
    if equity is None and cash is None:
        raise Unreadable("neither equity nor cash is there")
    flags = ("trading_blocked", "account_blocked", "transfers_blocked", "trade_suspended_by_user")
    blocked = [name.replace("_", " ") for name in flags if row.get(name) is True]
    level = number(row, "options_trading_level")
    return AccountRow(
        number=text(row, "account_number") or text(row, "id"),
        status=text(row, "status"),
        currency=text(row, "currency") or "USD",
        equity=equity,
        last_equity=number(row, "last_equity"),
        cash=cash,
        buying_power=number(row, "buying_power"),
        options_buying_power=number(row, "options_buying_power"),
        initial_margin=number(row, "initial_margin"),
        maintenance_margin=number(row, "maintenance_margin"),
        options_trading_level=None if level is None else int(level),
        blocked=", ".join(blocked) or None,
    )


def position(row: Mapping[str, Any]) -> PositionRow:
    """One position; an asset class that nobody knows is kept as sent."""
    symbol, size = text(row, "symbol"), number(row, "qty")
    if not symbol:
        raise Unreadable("its symbol is missing")
    if size is None or size == 0:
        raise Unreadable("its quantity is missing" if size is None else "its quantity is zero")
    sign = {"long": 1.0, "short": -1.0}.get(text(row, "side"), math.copysign(1.0, size))
    value = number(row, "market_value")
    return PositionRow(
        symbol=symbol,
        asset_class=text(row, "asset_class"),
        quantity=sign * abs(size),
        average_entry_price=_price(row, "avg_entry_price"),
        market_value=None if value is None else sign * abs(value),
        current_price=_price(row, "current_price"),
        last_day_price=_price(row, "lastday_price"),
    )


def merged(found: Rows[PositionRow]) -> Rows[PositionRow]:
    """One row a symbol: the same row twice counts once; two different ones are set aside, unresolved."""
    by_symbol: dict[str, PositionRow] = {}
    clashing: set[str] = set()
    for row in found.rows:
        if row.symbol in by_symbol and by_symbol[row.symbol] != row:
            clashing.add(row.symbol)
        by_symbol.setdefault(row.symbol, row)
    said = tuple(f"{symbol}: the broker lists it twice, with different numbers" for symbol in sorted(clashing))
    return Rows(tuple(row for row in by_symbol.values() if row.symbol not in clashing), (*found.skipped, *said))


def orders(rows: object) -> Rows[OrderRow]:
    """Every order that can be read; legs that cannot be are told beside the orders that cannot."""
    found = read(rows, order)
    lost = [
        f"{text(row, 'symbol') or text(row, 'id')}, legs: {reason}"
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
        for reason in read(row.get("legs"), order).skipped
    ]
    return Rows(found.rows, (*found.skipped, *lost))


def order(row: Mapping[str, Any]) -> OrderRow:
    """One order with its legs; a multi-leg order's own symbol and side are empty."""
    if not text(row, "id"):
        raise Unreadable("its id is missing")
    legs = read(row.get("legs"), order)
    if not text(row, "symbol") and not legs.rows:
        raise Unreadable("it has neither symbol nor legs")
    return OrderRow(
        id=text(row, "id"),
        symbol=text(row, "symbol"),
        side=text(row, "side"),
        type=text(row, "order_type") or text(row, "type"),
        order_class=text(row, "order_class"),
        time_in_force=text(row, "time_in_force"),
        status=text(row, "status"),
        quantity=number(row, "qty"),
        filled_quantity=number(row, "filled_qty"),
        limit_price=number(row, "limit_price"),
        stop_price=number(row, "stop_price"),
        submitted_at=moment(row.get("submitted_at")),
        legs=legs.rows,
    )


def activity(row: Mapping[str, Any]) -> ActivityRow:
    """One activity; fills carry an instant, the others a day."""
    kind, name = text(row, "activity_type"), text(row, "id")
    at = moment(row.get("transaction_time"))
    on = day(row.get("date")) if at is None else at.astimezone(NEW_YORK).date()
    if not kind or not name:
        raise Unreadable("its kind or id is missing")
    if on is None:
        raise Unreadable("its day is missing")
    size, price = number(row, "qty"), number(row, "price")
    if kind == "FILL" and (size is None or price is None):
        raise Unreadable("a fill without quantity or price")
    if size is not None and text(row, "side").startswith("sell"):
        size = -abs(size)
    return ActivityRow(
        id=name,
        kind=kind,
        at=at,
        day=on,
        symbol=text(row, "symbol"),
        side=text(row, "side"),
        quantity=size,
        price=price,
        net_amount=number(row, "net_amount"),
        order_id=text(row, "order_id"),
        description=text(row, "description"),
    )


def history(document: Mapping[str, Any]) -> Rows[HistoryRow]:
    """Portfolio history by day; unfunded days come as 0 and are read as missing."""
    stamps, equity, gains = (document.get(name) for name in ("timestamp", "equity", "profit_loss"))
    rows, skipped = [], []
    if not isinstance(stamps, list) or not isinstance(equity, list):
        return Rows((), ("portfolio history: its columns are missing",))
    for place, stamp in enumerate(stamps):
        if isinstance(stamp, bool) or not isinstance(stamp, int | float) or not 0 < stamp < 4e9:
            skipped.append(f"portfolio history, point {place + 1}: its time is unreadable")
            continue
        at = datetime.fromtimestamp(stamp, UTC)
        value = _cell(equity, place)
        gain = _cell(gains, place) if isinstance(gains, list) else None
        rows.append(HistoryRow(at.astimezone(NEW_YORK).date(), at, value or None, gain))
    return Rows(tuple(rows), tuple(skipped))


def market_clock(row: Mapping[str, Any]) -> ClockRow:
    """The clock; raises ``Unreadable`` without an instant and a state."""
    at = moment(row.get("timestamp"))
    if at is None or not isinstance(row.get("is_open"), bool):
        raise Unreadable("the market's clock is unreadable")
    return ClockRow(at, bool(row["is_open"]), moment(row.get("next_open")), moment(row.get("next_close")))


def option_quote(symbol: str, snapshot: object, feed: str, now: datetime) -> OptionQuoteRow:
    """One contract's snapshot; raises ``Unreadable`` when it is no object."""
    if not isinstance(snapshot, dict):
        raise Unreadable("the broker has no quote for it")
    quote, trade, greeks = (_part(snapshot, name) for name in ("latestQuote", "latestTrade", "greeks"))
    bid, ask, at, note = _sides(quote, now, zero_bid=True)
    bar, before = _part(snapshot, "dailyBar"), _part(snapshot, "prevDailyBar")
    last, last_at = _last(trade, now)
    return OptionQuoteRow(
        symbol=symbol,
        bid=bid,
        ask=ask,
        at=at,
        feed=feed,
        bid_size=number(quote, "bs"),
        ask_size=number(quote, "as"),
        last=last,
        last_at=last_at,
        previous_close=_previous_close(bar, before, now),
        vol=_price(snapshot, "impliedVolatility"),
        **{name: number(greeks, name) for name in ("delta", "gamma", "theta", "vega", "rho")},
        note=note,
    )


def stock_quote(symbol: str, snapshot: object, feed: str, now: datetime) -> StockQuoteRow:
    """One share's snapshot; raises ``Unreadable`` when it is no object."""
    if not isinstance(snapshot, dict):
        raise Unreadable("the broker has no quote for it")
    quote, trade = _part(snapshot, "latestQuote"), _part(snapshot, "latestTrade")
    bid, ask, at, note = _sides(quote, now, zero_bid=False)
    last, last_at = _last(trade, now)
    return StockQuoteRow(
        symbol=symbol,
        bid=bid,
        ask=ask,
        at=at,
        feed=feed,
        last=last,
        last_at=last_at,
        previous_close=_previous_close(_part(snapshot, "dailyBar"), _part(snapshot, "prevDailyBar"), now),
        note=note,
    )


def bars(document: Mapping[str, Any]) -> Rows[BarRow]:
    """Daily bars of several symbols, in the order sent."""
    rows: list[BarRow] = []
    skipped: list[str] = []
    by_symbol = document.get("bars")
    for symbol, cells in (by_symbol if isinstance(by_symbol, dict) else {}).items():
        found = read(cells, partial(_bar, str(symbol)))
        rows += found.rows
        skipped += [f"{symbol}, {reason}" for reason in found.skipped]
    return Rows(tuple(rows), tuple(skipped))


def dividends(document: Mapping[str, Any]) -> Rows[DividendRow]:
    """Cash dividends of a corporate actions reply."""
    actions = _part(document, "corporate_actions")
    return read(actions.get("cash_dividends"), _dividend)


def _dividend(row: Mapping[str, Any]) -> DividendRow:
    ex, rate = day(row.get("ex_date")), number(row, "rate")
    if not text(row, "symbol") or ex is None or rate is None or rate <= 0:
        raise Unreadable("a dividend without symbol, ex-date or amount")
    return DividendRow(text(row, "symbol"), ex, rate, day(row.get("payable_date")), row.get("special") is True)


def _bar(symbol: str, row: Mapping[str, Any]) -> BarRow:
    on, close = day(row.get("t")), _price(row, "c")
    if on is None or close is None:
        raise Unreadable("a bar without day or close")
    return BarRow(symbol, on, close, _price(row, "o"), _price(row, "h"), _price(row, "l"), number(row, "v"))


def _part(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def _price(row: Mapping[str, Any], name: str) -> float | None:
    """A price above zero; the wire writes 0 where it has none."""
    value = number(row, name)
    return value if value is not None and value > 0 else None


def _sides(
    quote: Mapping[str, Any], now: datetime, *, zero_bid: bool
) -> tuple[float | None, float | None, datetime | None, str | None]:
    """Bid, ask, instant and a remark. For options a bid of 0 beside an ask is a bid; for shares it is none."""
    at = moment(quote.get("t"))
    if at is not None and at > now + AHEAD:
        return None, None, None, FUTURE
    ask, bid = _price(quote, "ap"), number(quote, "bp")
    if bid is not None and (bid < 0 or (bid == 0 and not (zero_bid and ask is not None))):
        bid = None
    return bid, ask, at, None


def _last(trade: Mapping[str, Any], now: datetime) -> tuple[float | None, datetime | None]:
    """The last trade and its instant; one dated in the future is none."""
    at = moment(trade.get("t"))
    return (None, None) if at is not None and at > now + AHEAD else (_price(trade, "p"), at)


def _previous_close(bar: Mapping[str, Any], before: Mapping[str, Any], now: datetime) -> float | None:
    """The close of the session before the present day's: a daily bar of an earlier day is that session's."""
    today = now.astimezone(NEW_YORK).date()
    on = day(bar.get("t"))
    return _price(bar, "c") if on is not None and on < today else _price(before, "c")


def _cell(column: Iterable[Any], place: int) -> float | None:
    cells = list(column)
    if place >= len(cells):
        return None
    try:
        return fields.number(cells[place])
    except ValueError:
        return None

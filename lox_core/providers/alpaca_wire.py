"""Alpaca's rows read one by one: what cannot be used is set aside with a reason, and no row costs another.

Quantities of short positions come signed or not, so the side decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from lox_core.clock import NEW_YORK
from lox_core.providers import alpaca_models as models
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
Parse = Callable[[Mapping[str, Any]], T]
AHEAD = timedelta(minutes=1)
LAST_STAMP = 4e9
FUTURE = "its quote is dated in the future"
BLOCKS = ("trading_blocked", "account_blocked", "transfers_blocked", "trade_suspended_by_user")


class Unreadable(ValueError):
    """Why a row cannot be used, in words."""


def read(rows: object, parse: Parse[T]) -> Rows[T]:
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
            bad.append(f"{name_of(row) or f'row {place + 1}'}: {error}")
    return Rows(tuple(good), tuple(bad))


def name_of(row: Mapping[str, Any]) -> str:
    """A row's symbol, or its id."""
    return models.text(row.get("symbol")) or models.text(row.get("id"))


def account(row: Mapping[str, Any]) -> AccountRow:
    """The account; raises ``Unreadable`` when it has neither equity nor cash."""
    found = models.Account.model_validate(row)
    if found.equity is None and found.cash is None:
        raise Unreadable("neither equity nor cash is there")
    blocked = [name.replace("_", " ") for name in BLOCKS if getattr(found, name)]
    level = found.options_trading_level
    return AccountRow(
        number=found.account_number or found.id,
        status=found.status,
        currency=found.currency or "USD",
        equity=found.equity,
        last_equity=found.last_equity,
        cash=found.cash,
        buying_power=found.buying_power,
        options_buying_power=found.options_buying_power,
        initial_margin=found.initial_margin,
        maintenance_margin=found.maintenance_margin,
        options_trading_level=None if level is None else int(level),
        blocked=", ".join(blocked) or None,
    )


def position(row: Mapping[str, Any]) -> PositionRow:
    """One position; an asset class that nobody knows is kept as sent."""
    found = models.Position.model_validate(row)
    size, value = found.qty, found.market_value
    if not found.symbol:
        raise Unreadable("its symbol is missing")
    if size is None or size == 0:
        raise Unreadable("its quantity is missing" if size is None else "its quantity is zero")
    sign = {"long": 1.0, "short": -1.0}.get(found.side, math.copysign(1.0, size))
    return PositionRow(
        symbol=found.symbol,
        asset_class=found.asset_class,
        quantity=sign * abs(size),
        average_entry_price=found.avg_entry_price,
        market_value=None if value is None else sign * abs(value),
        current_price=found.current_price,
        last_day_price=found.lastday_price,
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
        f"{name_of(row)}, legs: {reason}"
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
        for reason in read(row.get("legs"), order).skipped
    ]
    return Rows(found.rows, (*found.skipped, *lost))


def order(row: Mapping[str, Any]) -> OrderRow:
    """One order with its legs; a multi-leg order's own symbol and side are empty."""
    found = models.Order.model_validate(row)
    legs = read(found.legs, order)
    if not found.id:
        raise Unreadable("its id is missing")
    if not found.symbol and not legs.rows:
        raise Unreadable("it has neither symbol nor legs")
    return OrderRow(
        id=found.id,
        symbol=found.symbol,
        side=found.side,
        type=found.order_type or found.type,
        order_class=found.order_class,
        time_in_force=found.time_in_force,
        status=found.status,
        quantity=found.qty,
        filled_quantity=found.filled_qty,
        limit_price=found.limit_price,
        stop_price=found.stop_price,
        submitted_at=found.submitted_at,
        legs=legs.rows,
    )


def activity(row: Mapping[str, Any]) -> ActivityRow:
    """One activity; fills carry an instant, the others a day."""
    found = models.Activity.model_validate(row)
    at, size = found.transaction_time, found.qty
    on = found.on if at is None else models.day(row.get("transaction_time"))
    if not found.activity_type or not found.id:
        raise Unreadable("its kind or id is missing")
    if on is None:
        raise Unreadable("its day is missing")
    if found.activity_type == "FILL" and (size is None or found.price is None):
        raise Unreadable("a fill without quantity or price")
    if size is not None and found.side.startswith("sell"):
        size = -abs(size)
    return ActivityRow(
        id=found.id,
        kind=found.activity_type,
        at=at,
        day=on,
        symbol=found.symbol,
        side=found.side,
        quantity=size,
        price=found.price,
        net_amount=found.net_amount,
        order_id=found.order_id,
        description=found.description,
    )


def history(document: Mapping[str, Any]) -> Rows[HistoryRow]:
    """Portfolio history by day; unfunded days come as 0 and are read as missing."""
    if not isinstance(document.get("timestamp"), list) or not isinstance(document.get("equity"), list):
        return Rows((), ("portfolio history: its columns are missing",))
    found = models.History.model_validate(document)
    rows, skipped = [], []
    for place in range(len(found.timestamp)):
        stamp = _cell(found.timestamp, place)
        if stamp is None or not 0 < stamp < LAST_STAMP:
            skipped.append(f"portfolio history, point {place + 1}: its time is unreadable")
            continue
        at = datetime.fromtimestamp(stamp, UTC)
        equity, gain = _cell(found.equity, place), _cell(found.profit_loss, place)
        rows.append(HistoryRow(at.astimezone(NEW_YORK).date(), at, equity or None, gain))
    return Rows(tuple(rows), tuple(skipped))


def market_clock(row: Mapping[str, Any]) -> ClockRow:
    """The clock; raises ``Unreadable`` without an instant and a state."""
    found = models.Clock.model_validate(row)
    if found.timestamp is None or found.is_open is None:
        raise Unreadable("the market's clock is unreadable")
    return ClockRow(found.timestamp, found.is_open, found.next_open, found.next_close)


def option_quote(symbol: str, snapshot: object, feed: str, now: datetime) -> OptionQuoteRow:
    """One contract's snapshot; raises ``Unreadable`` when it is no object."""
    found = _snapshot(snapshot)
    bid, ask, at, note = _sides(found.quote, now, zero_bid=True)
    last, last_at = _last(found.trade, now)
    return OptionQuoteRow(
        symbol=symbol,
        bid=bid,
        ask=ask,
        at=at,
        feed=feed,
        bid_size=found.quote.bid_size,
        ask_size=found.quote.ask_size,
        last=last,
        last_at=last_at,
        previous_close=_previous_close(found, now),
        vol=found.vol,
        delta=found.greeks.delta,
        gamma=found.greeks.gamma,
        theta=found.greeks.theta,
        vega=found.greeks.vega,
        rho=found.greeks.rho,
        note=note,
    )


def stock_quote(symbol: str, snapshot: object, feed: str, now: datetime) -> StockQuoteRow:
    """One share's snapshot; raises ``Unreadable`` when it is no object."""
    found = _snapshot(snapshot)
    bid, ask, at, note = _sides(found.quote, now, zero_bid=False)
    last, last_at = _last(found.trade, now)
    return StockQuoteRow(
        symbol=symbol,
        bid=bid,
        ask=ask,
        at=at,
        feed=feed,
        last=last,
        last_at=last_at,
        previous_close=_previous_close(found, now),
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
    return read(models.Actions.model_validate(document).corporate_actions.cash_dividends, _dividend)


def _dividend(row: Mapping[str, Any]) -> DividendRow:
    found = models.Dividend.model_validate(row)
    if not found.symbol or found.ex_date is None or found.rate is None:
        raise Unreadable("a dividend without symbol, ex-date or amount")
    return DividendRow(found.symbol, found.ex_date, found.rate, found.payable_date, found.special is True)


def _bar(symbol: str, row: Mapping[str, Any]) -> BarRow:
    found = models.Bar.model_validate(row)
    if found.on is None or found.close is None:
        raise Unreadable("a bar without day or close")
    return BarRow(symbol, found.on, found.close, found.open, found.high, found.low, found.volume)


def _snapshot(snapshot: object) -> models.Snapshot:
    if not isinstance(snapshot, dict):
        raise Unreadable("the broker has no quote for it")
    return models.Snapshot.model_validate(snapshot)


def _sides(
    quote: models.Quote, now: datetime, *, zero_bid: bool
) -> tuple[float | None, float | None, datetime | None, str | None]:
    """Bid, ask, instant and a remark. For options a bid of 0 beside an ask is a bid; for shares it is none."""
    if quote.at is not None and quote.at > now + AHEAD:
        return None, None, None, FUTURE
    bid = quote.bid
    if bid is not None and (bid < 0 or (bid == 0 and not (zero_bid and quote.ask is not None))):
        bid = None
    return bid, quote.ask, quote.at, None


def _last(trade: models.Trade, now: datetime) -> tuple[float | None, datetime | None]:
    """The last trade and its instant; one dated in the future is none."""
    return (None, None) if trade.at is not None and trade.at > now + AHEAD else (trade.price, trade.at)


def _previous_close(found: models.Snapshot, now: datetime) -> float | None:
    """The close of the session before the present day's: a daily bar of an earlier day is that session's."""
    today, on = now.astimezone(NEW_YORK).date(), found.bar.on
    return found.bar.close if on is not None and on < today else found.bar_before.close


def _cell(column: list[Any], place: int) -> float | None:
    return models.number(column[place]) if place < len(column) else None

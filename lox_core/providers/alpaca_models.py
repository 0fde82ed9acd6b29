"""Alpaca's objects as pydantic models that never refuse: what cannot be read is missing, unknown fields are ignored.

Decimals come as strings in the trading API and as numbers in the data API, instants with nanoseconds, and anything may
be null or of a type nobody announced. What a row cannot do without is decided in
:mod:`~lox_core.providers.alpaca_wire`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from lox_core.clock import NEW_YORK
from lox_core.providers import fields

_STAMP = re.compile(
    r"(?P<second>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?P<rest>\.\d+)?(?P<zone>Z|[+-]\d{2}:\d{2})", re.ASCII
)


def text(value: object) -> str:
    """Text, empty when there is none."""
    return value if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """A finite number; missing, unreadable and NaN alike are None."""
    try:
        return fields.number(value)
    except ValueError:
        return None


def price(value: object) -> float | None:
    """A price above zero; the wire writes 0 where it has none."""
    found = number(value)
    return found if found is not None and found > 0 else None


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
    try:
        return None if at is None else at.astimezone(NEW_YORK).date()
    except OverflowError:
        return None


def _object(value: object) -> object:
    return value if isinstance(value, dict | BaseModel) else {}


def _rows(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


Text = Annotated[str, BeforeValidator(text)]
Number = Annotated[float | None, BeforeValidator(number)]
Price = Annotated[float | None, BeforeValidator(price)]
Moment = Annotated[datetime | None, BeforeValidator(moment)]
Day = Annotated[date | None, BeforeValidator(day)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Cells = Annotated[list[Any], BeforeValidator(_rows)]


class Tolerant(BaseModel):
    """A model that any JSON object satisfies."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Account(Tolerant):
    """``GET /v2/account``."""

    id: Text = ""
    account_number: Text = ""
    status: Text = ""
    currency: Text = ""
    equity: Number = None
    last_equity: Number = None
    cash: Number = None
    buying_power: Number = None
    options_buying_power: Number = None
    initial_margin: Number = None
    maintenance_margin: Number = None
    options_trading_level: Number = None
    trading_blocked: Flag = None
    account_blocked: Flag = None
    transfers_blocked: Flag = None
    trade_suspended_by_user: Flag = None


class Position(Tolerant):
    """A row of ``GET /v2/positions``."""

    symbol: Text = ""
    asset_class: Text = ""
    side: Text = ""
    qty: Number = None
    avg_entry_price: Price = None
    market_value: Number = None
    current_price: Price = None
    lastday_price: Price = None


class Order(Tolerant):
    """A row of ``GET /v2/orders``, or a leg of one."""

    id: Text = ""
    symbol: Text = ""
    side: Text = ""
    type: Text = ""
    order_type: Text = ""
    order_class: Text = ""
    time_in_force: Text = ""
    status: Text = ""
    qty: Number = None
    filled_qty: Number = None
    limit_price: Number = None
    stop_price: Number = None
    submitted_at: Moment = None
    legs: Cells = []


class Activity(Tolerant):
    """A row of ``GET /v2/account/activities``: a trade carries ``transaction_time``, anything else ``date``."""

    id: Text = ""
    activity_type: Text = ""
    transaction_time: Moment = None
    on: Day = Field(None, alias="date")
    symbol: Text = ""
    side: Text = ""
    qty: Number = None
    price: Number = None
    net_amount: Number = None
    order_id: Text = ""
    description: Text = ""


class History(Tolerant):
    """``GET /v2/account/portfolio/history``: columns, each cell to be read on its own."""

    timestamp: Cells = []
    equity: Cells = []
    profit_loss: Cells = []


class Clock(Tolerant):
    """``GET /v2/clock``."""

    timestamp: Moment = None
    is_open: Flag = None
    next_open: Moment = None
    next_close: Moment = None


class Quote(Tolerant):
    """The best bid and ask. A bid of 0 may be one, so it is kept as sent."""

    bid: Number = Field(None, alias="bp")
    ask: Price = Field(None, alias="ap")
    bid_size: Number = Field(None, alias="bs")
    ask_size: Number = Field(None, alias="as")
    at: Moment = Field(None, alias="t")


class Trade(Tolerant):
    """The last trade."""

    price: Price = Field(None, alias="p")
    at: Moment = Field(None, alias="t")


class Bar(Tolerant):
    """One daily bar; ``t`` is New York's midnight as an instant in UTC."""

    on: Day = Field(None, alias="t")
    open: Price = Field(None, alias="o")
    high: Price = Field(None, alias="h")
    low: Price = Field(None, alias="l")
    close: Price = Field(None, alias="c")
    volume: Number = Field(None, alias="v")


class Greeks(Tolerant):
    """The vendor's own Greeks."""

    delta: Number = None
    gamma: Number = None
    theta: Number = None
    vega: Number = None
    rho: Number = None


class Snapshot(Tolerant):
    """What is known of one symbol: of a share, or of a contract with its volatility and Greeks."""

    quote: Annotated[Quote, BeforeValidator(_object)] = Field(Quote(), alias="latestQuote")
    trade: Annotated[Trade, BeforeValidator(_object)] = Field(Trade(), alias="latestTrade")
    bar: Annotated[Bar, BeforeValidator(_object)] = Field(Bar(), alias="dailyBar")
    bar_before: Annotated[Bar, BeforeValidator(_object)] = Field(Bar(), alias="prevDailyBar")
    vol: Price = Field(None, alias="impliedVolatility")
    greeks: Annotated[Greeks, BeforeValidator(_object)] = Greeks()


class Dividend(Tolerant):
    """A row of ``cash_dividends``."""

    symbol: Text = ""
    ex_date: Day = None
    payable_date: Day = None
    rate: Price = None
    special: Flag = None


class CorporateActions(Tolerant):
    """The kinds of actions that are read."""

    cash_dividends: Cells = []


class Actions(Tolerant):
    """``GET /v1/corporate-actions``."""

    corporate_actions: Annotated[CorporateActions, BeforeValidator(_object)] = CorporateActions()

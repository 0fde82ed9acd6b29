"""What the broker says, as plain values: rows that could be read, and why others could not.

Money in dollars, prices per share or point of premium, quantities signed, instants aware; what is missing is ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Rows(Generic[T]):
    """Rows of one reply. ``skipped`` says in words which rows could not be read, and why."""

    rows: tuple[T, ...]
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True)
class AccountRow:
    """The account. ``number`` is as the broker writes it; faces show its last four characters."""

    number: str
    status: str
    currency: str
    equity: float | None
    last_equity: float | None
    cash: float | None
    buying_power: float | None
    options_buying_power: float | None
    initial_margin: float | None
    maintenance_margin: float | None
    options_trading_level: int | None
    blocked: str | None


@dataclass(frozen=True)
class PositionRow:
    """One position. ``market_value`` has the sign of ``quantity``; ``last_day_price`` is the last session's close."""

    symbol: str
    asset_class: str
    quantity: float
    average_entry_price: float | None
    market_value: float | None
    current_price: float | None
    last_day_price: float | None


@dataclass(frozen=True)
class OrderRow:
    """A working or recent order. The legs of a multi-leg order are orders too; its own symbol is then empty."""

    id: str
    symbol: str
    side: str
    type: str
    order_class: str
    time_in_force: str
    status: str
    quantity: float | None
    filled_quantity: float | None
    limit_price: float | None
    stop_price: float | None
    submitted_at: datetime | None
    legs: tuple[OrderRow, ...] = ()


@dataclass(frozen=True)
class ActivityRow:
    """Something that moved the account: a fill, an expiry, an assignment, a dividend, a transfer, a fee.

    ``kind`` is Alpaca's code (``FILL``, ``OPEXP``, ``OPASN``, ``OPEXC``, ``OPTRD``, ``DIV``, ``CSD``, ``FEE`` ...);
    ``quantity`` is signed, below zero for what was sold. ``net_amount`` is cash, None for fills.
    """

    id: str
    kind: str
    at: datetime | None
    day: date
    symbol: str = ""
    side: str = ""
    quantity: float | None = None
    price: float | None = None
    net_amount: float | None = None
    order_id: str = ""
    description: str = ""


@dataclass(frozen=True)
class HistoryRow:
    """Equity at one session's close."""

    day: date
    at: datetime
    equity: float | None
    profit_loss: float | None


@dataclass(frozen=True)
class OptionQuoteRow:
    """One contract's quote and the vendor's own Greeks. A ``bid`` of 0 beside an ask is a bid of zero."""

    symbol: str
    bid: float | None
    ask: float | None
    at: datetime | None
    feed: str
    bid_size: float | None = None
    ask_size: float | None = None
    last: float | None = None
    last_at: datetime | None = None
    previous_close: float | None = None
    vol: float | None = None
    delta: float | None = None
    gamma: float | None = None
    theta: float | None = None
    vega: float | None = None
    rho: float | None = None
    note: str | None = None


@dataclass(frozen=True)
class StockQuoteRow:
    """One share's quote, last trade and the close before the running session's."""

    symbol: str
    bid: float | None
    ask: float | None
    at: datetime | None
    feed: str
    last: float | None = None
    last_at: datetime | None = None
    previous_close: float | None = None
    note: str | None = None


@dataclass(frozen=True)
class BarRow:
    """One daily bar."""

    symbol: str
    day: date
    close: float
    open: float | None = None
    high: float | None = None
    low: float | None = None
    volume: float | None = None


@dataclass(frozen=True)
class DividendRow:
    """A declared cash dividend per share."""

    symbol: str
    ex_date: date
    amount: float
    pay_date: date | None = None
    special: bool = False


@dataclass(frozen=True)
class ClockRow:
    """The market's clock."""

    at: datetime
    is_open: bool
    next_open: datetime | None
    next_close: datetime | None

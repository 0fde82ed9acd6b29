"""What the journal keeps and answers: plain values, one class per kind of row.

Money is in dollars, prices per share, dates are New York session dates, instants are aware and read back in UTC. A
missing number is ``None``; NaN and infinities are kept as missing. ``mode`` is ``live``: a demo writes nothing.
``details``, ``pillars``, ``inputs`` and ``payload`` hold JSON values only (dates and instants become ISO text, NaN
becomes null).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

TOTAL = "total"  # the symbol of a day's attribution over the whole book
UNKNOWN_ACCOUNT = "unknown"  # rows of the previous schema, which named no account
FLOW_KINDS = (
    "deposit", "withdrawal", "dividend", "fee", "interest", "assignment", "exercise", "expiry", "transfer", "other",
)  # fmt: skip
Outcome = Literal["new", "updated", "older"]


@dataclass(frozen=True)
class PositionRecord:
    """One holding at the end of a day.

    ``mark`` is conservative, ``mid`` in the middle, both per share; ``quantity`` is signed. ``details`` is whatever the
    next day's attribution starts from, such as volatility, spot and Greeks.
    """

    symbol: str
    quantity: float
    mark: float | None = None
    mid: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AttributionRecord:
    """What made a day's P&L of one position, or of the book (``symbol`` :data:`TOTAL`).

    ``pnl_usd`` is the P&L itself; ``expansion_usd`` what the Greek expansion explains of it and ``repricing_usd`` what
    sequential repricing does; ``residual_usd`` is what the expansion leaves. ``alarm``: the two disagree. ``details``
    holds the terms of both. ``account``, ``mode`` and ``date`` are those of the day it is recorded with.
    """

    symbol: str
    pnl_usd: float | None = None
    expansion_usd: float | None = None
    repricing_usd: float | None = None
    residual_usd: float | None = None
    alarm: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    account: str = ""
    mode: str = ""
    date: date | None = None


@dataclass(frozen=True)
class RegimeRecord:
    """The macro regime of one day with what it rests on.

    Attributes
    ----------
    regime : str or None
        The macro label; None where too little was known.
    vix, hy_oas, yield_10y : float or None
        Index points, percent, percent.
    pillars : mapping of pillar to its confirmed regime, None where grey.
    inputs : mapping of pillar to its inputs, as JSON values.
    """

    mode: str
    date: date
    regime: str | None
    vix: float | None = None
    hy_oas: float | None = None
    yield_10y: float | None = None
    risk_score: float | None = None
    pillars: Mapping[str, str | None] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RegimeChange:
    """A regime that differs from the last one known: of a pillar, or of the whole (``pillar`` ``macro``)."""

    date: date
    pillar: str
    before: str
    after: str
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DayRecord:
    """Everything recorded of one account's day, in one transaction.

    ``equity`` is the broker's and must be known; ``nav_mid`` and ``nav_liquidation`` are ours, over the share
    ``coverage`` (0 to 1) of the book that could be priced. ``positions`` is the whole book: empty means flat, so a
    day whose positions could not be had must not be recorded. An empty ``attribution`` and a ``regime`` of None leave
    what the day already has. ``details`` belongs to the book as a whole (curve, spots).
    """

    account: str
    mode: str
    date: date
    equity: float
    cash: float | None = None
    nav_mid: float | None = None
    nav_liquidation: float | None = None
    coverage: float | None = None
    positions: tuple[PositionRecord, ...] = ()
    attribution: tuple[AttributionRecord, ...] = ()
    regime: RegimeRecord | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NavRecord:
    """One kept day of an account. ``as_of`` is the instant of the newest figures, ``created_at`` of the first."""

    account: str
    mode: str
    date: date
    equity: float
    cash: float | None
    nav_mid: float | None
    nav_liquidation: float | None
    coverage: float | None
    details: Mapping[str, Any]
    as_of: datetime
    created_at: datetime


@dataclass(frozen=True)
class Snapshot:
    """The book as it stood at the end of ``nav.date``."""

    nav: NavRecord
    positions: tuple[PositionRecord, ...]


@dataclass(frozen=True)
class TradeRecord:
    """One fill. ``activity_id`` is the broker's and makes it unique; ``side`` is ``buy`` or ``sell``."""

    account: str
    mode: str
    activity_id: str
    symbol: str
    side: str
    quantity: float
    price: float
    filled_at: datetime
    fees: float | None = None
    strategy: str | None = None


@dataclass(frozen=True)
class FlowRecord:
    """Money or contracts that moved without a trade; ``kind`` is one of :data:`FLOW_KINDS`.

    ``amount`` is signed as it changes cash; None where the broker states none.
    """

    account: str
    mode: str
    activity_id: str
    date: date
    kind: str
    amount: float | None = None
    symbol: str | None = None
    quantity: float | None = None
    note: str | None = None


@dataclass(frozen=True)
class ReceiptRecord:
    """A reproducible answer: ``id`` is the hash of its canonical JSON, ``payload`` what was asked and answered."""

    id: str
    kind: str
    payload: Mapping[str, Any]
    created_at: datetime | None = None


@dataclass(frozen=True)
class JournalState:
    """How the journal stands, in words a page can print.

    ``where`` is the file's name or the kind of database. ``kept_out`` counts rows of a previous schema that could not
    be taken over. ``problem`` says what is wrong, None when nothing is.
    """

    where: str
    keeps: bool
    rows: Mapping[str, int] = field(default_factory=dict)
    first_day: date | None = None
    last_day: date | None = None
    size_bytes: int | None = None
    kept_out: int = 0
    problem: str | None = None

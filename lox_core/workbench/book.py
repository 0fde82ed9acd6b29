"""What a face holds of a book: one fetch, whole, with its age and what could not be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lox_core.options.surface import Smile
    from lox_core.portfolio.alerts import Alert
    from lox_core.portfolio.attribution import Attribution
    from lox_core.portfolio.expiry import ExpiryRow
    from lox_core.portfolio.performance import Performance
    from lox_core.portfolio.valued import Book
    from lox_core.providers.alpaca_records import ActivityRow, HistoryRow, OrderRow

SAMPLE = "sample"


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One fetch of a book. It belongs to whoever it was fetched for and goes into no shared cache.

    Attributes
    ----------
    account_label : str
        How the account is called: its masked number, or ``sample``.
    fetched_at : datetime
    named : str
        What must be said where the book is not the owner's own, such as ``Sample book``; else empty.
    book : Book or None
        None with ``problem`` set: there is no book to show, and why, in words.
    orders, fills, activities : tuple
        Working orders; recent fills; dividends, fees, transfers, assignments. Newest first.
    history : tuple
        Equity by session, as the broker keeps it.
    attribution, expiry, alerts, performance :
        Of the pure core; None or empty where their inputs are missing, with the reason in ``gaps``.
    day_pnl : mapping
        Symbol to the day's dollars at mid since the last session's close, None where unknown.
    day_pnl_usd : float or None
        Their sum over the book, as far as known.
    smiles : mapping
        (underlying, expiry) to its fitted smile, with every quote and why it was not used.
    gaps : mapping
        What could not be had, to its reason in words: ``positions``, ``quotes``, ``history`` and so on.
    """

    account_label: str
    fetched_at: datetime
    named: str = ""
    book: Book | None = None
    orders: tuple[OrderRow, ...] = ()
    fills: tuple[ActivityRow, ...] = ()
    activities: tuple[ActivityRow, ...] = ()
    history: tuple[HistoryRow, ...] = ()
    attribution: Attribution | None = None
    expiry: tuple[ExpiryRow, ...] = ()
    alerts: tuple[Alert, ...] = ()
    performance: Performance | None = None
    day_pnl: Mapping[str, float | None] = field(default_factory=dict)
    day_pnl_usd: float | None = None
    smiles: Mapping[tuple[str, date], Smile] = field(default_factory=dict)
    gaps: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    def with_gap(self, item: str, reason: str) -> Snapshot:
        """The same fetch with one more gap."""
        return replace(self, gaps={**self.gaps, item: reason})

    @property
    def is_sample(self) -> bool:
        """Whether the book is nobody's."""
        return bool(self.named)

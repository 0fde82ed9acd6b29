"""Where a book comes from: the broker's account for the owner, the sample for everybody else.

Every fetch asks anew and is handed to whoever asked; a desk keeps nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any, Protocol

from lox_core.clock import NEW_YORK, AsOf, Clock
from lox_core.errors import LoxError, SettingsError
from lox_core.journal import Journal
from lox_core.journal.records import NavRecord
from lox_core.market.market import Market
from lox_core.portfolio.book import build_book, regroup
from lox_core.providers.alpaca import Broker
from lox_core.providers.alpaca_records import AccountRow
from lox_core.workbench import holdings as read
from lox_core.workbench.analysis import (
    closed_since,
    equity_by_day,
    external_flows,
    gap_before,
    start_legs,
    starts_of,
    studied,
)
from lox_core.workbench.book import SAMPLE, Snapshot
from lox_core.workbench.book_inputs import QuoteSource, assemble
from lox_core.workbench.flows import EXTERNAL
from lox_core.workbench.reads import gather, rows_of
from lox_core.workbench.sample import build_sample, sample_starts
from lox_core.workbench.sample_market import sample_market
from lox_core.workbench.smiles import fitted_smiles

FIRST_LOOK, LATER_LOOK = timedelta(days=370), timedelta(days=31)
HIDDEN = "With a past as-of the live book is hidden: the broker only knows the present."
SAMPLE_NAME, DEMO_NAME = "Sample book", "Demo account"
POSITIONS, ACCOUNT = "positions", "account"


class BookDesk(Protocol):
    """Whom a face asks for a book. ``quotes`` prices an imported one; None where there is no broker to ask."""

    @property
    def quotes(self) -> QuoteSource | None:
        """The broker's quotes, if any."""

    def fetch(self, as_of: AsOf) -> Snapshot:
        """The book of the present; raises :class:`SettingsError` for a past as-of."""


class SampleDesk:
    """The sample book on the live market; it has no broker."""

    def __init__(self, market: Market, clock: Clock) -> None:
        self._market, self._clock = market, clock

    @property
    def quotes(self) -> None:
        """No broker."""
        return

    def fetch(self, as_of: AsOf) -> Snapshot:
        """The sample of the present."""
        require_present(as_of)
        found = sample_market(self._market, as_of)
        book = build_sample(found)
        snapshot = Snapshot(SAMPLE, self._clock.now(), named=SAMPLE_NAME, book=book, gaps=dict(found.gaps))
        return studied(snapshot, sample_starts(found))


class AccountDesk:
    """The account at the broker. ``named`` is set where it is nobody's own: the demo's."""

    def __init__(self, broker: Broker, market: Market, clock: Clock, journal: Journal, *, named: str = "") -> None:
        self._broker, self._market, self._clock = broker, market, clock
        self._journal, self._named = journal, named

    @property
    def quotes(self) -> QuoteSource:
        """The broker's."""
        return self._broker

    def fetch(self, as_of: AsOf) -> Snapshot:
        """Everything of the account at the present, in one go.

        A failure of the positions leaves no book, with the reason in ``problem``; any other is a gap.
        """
        require_present(as_of)
        gaps: dict[str, str] = {}
        broker, since = self._broker, self._since(as_of)
        asked: dict[str, Callable[[], Any]] = {
            ACCOUNT: broker.account,
            POSITIONS: broker.positions,
            "orders": broker.open_orders,
            "activities": partial(broker.activities, since),
            "history": broker.portfolio_history,
            "clock": broker.clock,
        }
        found = gather(asked, gaps)
        row: AccountRow | None = found.get(ACCOUNT)
        account = read.account_of(row, SAMPLE if self._named else None)
        snapshot = self._around(found, account.name, gaps)
        if POSITIONS not in found:
            return replace(snapshot, gaps=gaps, problem=gaps[POSITIONS])
        holdings = [read.holding_of(one) for one in rows_of(found, POSITIONS, gaps)]
        closed = closed_since(snapshot, [one.symbol for one in holdings], as_of.instant)
        assembled = assemble(
            broker,
            self._market,
            as_of,
            account=account,
            holdings=holdings,
            clock=found.get("clock"),
            groupings=self._groupings(account.name, gaps),
            gaps=gaps,
            smiles_of=fitted_smiles,
            closed=closed,
        )
        book = build_book(assembled.inputs)
        whole = replace(snapshot, book=book, fetched_at=self._clock.now(), smiles=assembled.inputs.smiles, gaps=gaps)
        starts = start_legs(book, starts_of(assembled, closed))
        nav = self._kept_nav(account.name, gaps)
        equity, flows = self._earned(whole, nav, gaps)
        return studied(whole, starts, equity=equity, flows=flows, start_gap_usd=gap_before(nav, as_of.instant))

    def _around(self, found: Mapping[str, Any], account: str, gaps: dict[str, str]) -> Snapshot:
        """What stands beside the book: orders, fills, activities, history."""
        activities = rows_of(found, "activities", gaps)
        return Snapshot(
            account_label=account,
            fetched_at=self._clock.now(),
            named=self._named,
            orders=rows_of(found, "orders", gaps),
            fills=tuple(one for one in activities if one.kind == "FILL"),
            activities=tuple(one for one in activities if one.kind != "FILL"),
            history=rows_of(found, "history", gaps),
        )

    def _kept_nav(self, account: str, gaps: dict[str, str]) -> tuple[NavRecord, ...]:
        try:
            return self._journal.nav(account)
        except LoxError as error:
            gaps["journal"] = str(error)
            return ()

    def _earned(
        self, found: Snapshot, nav: Sequence[NavRecord], gaps: dict[str, str]
    ) -> tuple[list[tuple[date, float | None]], list[tuple[date, float]]]:
        """Equity and external flows by day, the broker's and before them the journal's."""
        try:
            kept = [(one.date, one.amount) for one in self._journal.flows(found.account_label) if one.kind in EXTERNAL]
        except LoxError as error:
            gaps["journal"] = str(error)
            kept = []
        equity = equity_by_day(found.history, [(one.date, one.equity) for one in nav], found.book)
        return equity, external_flows(found.activities, [(day, amount) for day, amount in kept if amount])

    def _since(self, as_of: AsOf) -> date:
        """How far back activities are asked: a year until the journal has begun, then a month."""
        today = as_of.instant.astimezone(NEW_YORK).date()
        try:
            begun = bool(self._journal.nav(since=today - LATER_LOOK))
        except LoxError:
            begun = False
        return today - (LATER_LOOK if begun else FIRST_LOOK)

    def _groupings(self, account: str, gaps: dict[str, str]) -> Mapping[str, str]:
        try:
            return self._journal.groupings(account)
        except LoxError as error:
            gaps["journal"] = str(error)
            return {}


class ClosedDesk:
    """A desk that cannot be asked, and why: half a key is set."""

    def __init__(self, why: str) -> None:
        self._why = why

    @property
    def quotes(self) -> None:
        """No broker."""
        return

    def fetch(self, as_of: AsOf) -> Snapshot:
        """Raises :class:`SettingsError`, always."""
        require_present(as_of)
        raise SettingsError("ALPACA_API_SECRET", self._why)


def regrouped(snapshot: Snapshot, groupings: Mapping[str, str]) -> Snapshot:
    """The same fetch under the owner's other strategy names; nothing is fetched or valued again."""
    return snapshot if snapshot.book is None else replace(snapshot, book=regroup(snapshot.book, groupings))


def require_present(as_of: AsOf) -> None:
    """Refuse a past as-of.

    Raises
    ------
    SettingsError
        The live book is of the present only.
    """
    if as_of.is_past:
        raise SettingsError("as_of", HIDDEN)

"""The journal as the rest of Lox uses it: a small set of writes, each one transaction, and of reads by account and day.

Demo and past as-ofs never write: a demo gets :meth:`Journal.none`, and whatever reaches a real journal as a demo's or a
past day's is refused. Every method raises :class:`StoreError` in words when the database cannot be used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Select, Table, delete, func, select

from lox_core.clock import AsOf, Clock
from lox_core.errors import LoxError, StoreError
from lox_core.journal import rows
from lox_core.journal import tables as t
from lox_core.journal.changes import changes
from lox_core.journal.database import FILE_NAME, Database, file_url, parse_url
from lox_core.journal.records import (
    AttributionRecord,
    DayRecord,
    FlowRecord,
    JournalState,
    NavRecord,
    Outcome,
    PositionRecord,
    ReceiptRecord,
    RegimeChange,
    RegimeRecord,
    Snapshot,
    TradeRecord,
)
from lox_core.settings import Settings

R = TypeVar("R")
DEMO_KEEPS_NONE = "The demo keeps no journal."


class Journal:
    """Everything kept of the owner's book, and the regimes. Opens its database on first use; safe for any thread."""

    def __init__(self, database: Database | None, clock: Clock, *, why_none: str = DEMO_KEEPS_NONE) -> None:
        self._database, self._clock, self._why_none = database, clock, why_none

    @classmethod
    def open(cls, settings: Settings, clock: Clock) -> Journal:
        """The journal at ``LOX_TRACKER_URL``, else ``tracker.sqlite3`` in ``LOX_DATA_DIR``; in a demo none.

        Raises
        ------
        SettingsError
            ``LOX_TRACKER_URL`` is no address of a SQLite file or a PostgreSQL database.
        """
        if settings.demo:
            return cls.none(clock)
        address = settings.LOX_TRACKER_URL
        url = parse_url(address.get_secret_value()) if address else file_url(settings.LOX_DATA_DIR / FILE_NAME)
        return cls(Database(url), clock)

    @classmethod
    def none(cls, clock: Clock, why: str = DEMO_KEEPS_NONE) -> Journal:
        """A journal that keeps nothing: reads are empty, writes are refused with ``why``."""
        return cls(None, clock, why_none=why)

    @property
    def keeps(self) -> bool:
        """Whether anything is kept here at all."""
        return self._database is not None

    @property
    def database(self) -> Database:
        """The database behind it; raises :class:`StoreError` where there is none."""
        if self._database is None:
            raise StoreError(self._why_none)
        return self._database

    def record_day(self, day: DayRecord, as_of: AsOf) -> Outcome:
        """Keep one account's day whole: NAV, positions, attribution and regime, in one transaction.

        While the day runs, each call puts the newer figures in the place of the older ones, so the last call of the day
        is what stays. Idempotent per account, mode and date.

        Parameters
        ----------
        day : DayRecord
        as_of : AsOf
            The present the figures are of.

        Returns
        -------
        {"new", "updated", "older"}
            The day's first record; newer figures than those kept; or older ones, which were not written.

        Raises
        ------
        StoreError
            A demo's or past day, or one without account or equity; or the database cannot be used.
        """
        rows.require_day(day)
        _require_present(as_of, day.date)
        at = {"as_of": as_of.utc, "created_at": self._clock.now()}
        with self.database.write() as connection:
            whose = {"account": day.account, "mode": day.mode, "date": day.date}
            known = connection.execute(select(t.nav_history.c.id).filter_by(**whose)).first()
            if not rows.put_newer(connection, t.nav_history, {**rows.columns_of(t.nav_history, day), **at}):
                return "older"
            _replace(connection, t.positions_daily, whose, day.positions)
            if day.attribution:
                _replace(connection, t.attribution, whose, day.attribution)
            if day.regime is not None:
                rows.put_newer(connection, t.regime_history, {**rows.columns_of(t.regime_history, day.regime), **at})
        return "new" if known is None else "updated"

    def log_regime(self, regime: RegimeRecord, as_of: AsOf) -> Outcome:
        """Keep one day's regimes with their inputs; the newest of a day stays, as in :meth:`record_day`."""
        rows.require_mode(regime.mode)
        _require_present(as_of, regime.date)
        row = {**rows.columns_of(t.regime_history, regime), "as_of": as_of.utc, "created_at": self._clock.now()}
        with self.database.write() as connection:
            day = select(t.regime_history.c.id).filter_by(mode=regime.mode, date=regime.date)
            known = connection.execute(day).first()
            if not rows.put_newer(connection, t.regime_history, row):
                return "older"
        return "new" if known is None else "updated"

    def add_trades(self, trades: Iterable[TradeRecord]) -> int:
        """Keep the fills not kept yet, by account and activity id; returns how many those were."""
        return self._add(t.trades, trades)

    def add_flows(self, flows: Iterable[FlowRecord]) -> int:
        """Keep the flows not kept yet, by account and activity id; returns how many those were."""
        flows = list(flows)
        for flow in flows:
            rows.require_kind(flow.kind)
        return self._add(t.flows, flows)

    def _add(self, table: Table, records: Iterable[TradeRecord | FlowRecord]) -> int:
        now, new = self._clock.now(), []
        for record in records:
            rows.require_mode(record.mode)
            new.append({**rows.columns_of(table, record), "created_at": now})
        if not new:
            return 0
        with self.database.write() as connection:
            return rows.put_absent(connection, table, new)

    def nav(self, account: str | None = None, mode: str = "live", since: date | None = None) -> tuple[NavRecord, ...]:
        """The days kept, ascending; of every account where none is named."""
        table = t.nav_history
        return self._read(NavRecord, _since(_of(table, account, mode), table.c.date, since))

    def trades(
        self, account: str | None = None, mode: str = "live", since: datetime | None = None
    ) -> tuple[TradeRecord, ...]:
        """The fills kept, oldest first."""
        table = t.trades
        return self._read(TradeRecord, _since(_of(table, account, mode), table.c.filled_at, since))

    def flows(
        self, account: str | None = None, mode: str = "live", since: date | None = None
    ) -> tuple[FlowRecord, ...]:
        """The flows kept, oldest first."""
        table = t.flows
        return self._read(FlowRecord, _since(_of(table, account, mode), table.c.date, since))

    def attribution(self, account: str, mode: str = "live", since: date | None = None) -> tuple[AttributionRecord, ...]:
        """What made each day's P&L, by day and symbol; the whole book under the symbol ``total``."""
        table = t.attribution
        chosen = _since(_of(table, account, mode), table.c.date, since).order_by(table.c.symbol)
        return self._read(AttributionRecord, chosen)

    def positions(self, account: str, mode: str = "live", *, before: date) -> Snapshot | None:
        """The book at the end of the last day kept before ``before``, which is where that day's P&L starts."""
        nav = t.nav_history
        chosen = _of(nav, account, mode).where(nav.c.date < before).order_by(nav.c.date.desc()).limit(1)
        if not self._begun():
            return None
        with self.database.read() as connection:
            found = connection.execute(chosen).mappings().first()
            if found is None:
                return None
            last = _record(NavRecord, found)
            held = _of(t.positions_daily, account, mode).filter_by(date=last.date).order_by(t.positions_daily.c.symbol)
            return Snapshot(last, tuple(_record(PositionRecord, row) for row in connection.execute(held).mappings()))

    def regimes(self, mode: str = "live", since: date | None = None) -> tuple[RegimeRecord, ...]:
        """The regimes kept by day, oldest first."""
        table = t.regime_history
        return self._read(RegimeRecord, _since(select(table).filter_by(mode=mode), table.c.date, since))

    def regime_changes(self, mode: str = "live") -> tuple[RegimeChange, ...]:
        """Where the macro label or a pillar's regime differs from the last one known, with the day's inputs."""
        return changes(self.regimes(mode))

    def groupings(self, account: str, mode: str = "live") -> dict[str, str]:
        """The owner's own strategy names by symbol."""
        if not self._begun():
            return {}
        with self.database.read() as connection:
            found = connection.execute(_of(t.groupings, account, mode).order_by(t.groupings.c.symbol)).mappings()
            return {row["symbol"]: row["name"] for row in found}

    def set_grouping(self, account: str, mode: str, symbols: Sequence[str], name: str) -> None:
        """Remember that ``symbols`` belong to the strategy ``name``."""
        rows.require_mode(mode)
        name = name.strip()[: rows.NAME_LENGTH]
        if not name or not account:
            raise StoreError("A strategy needs a name, and an account it belongs to.")
        row = {"account": account, "mode": mode, "name": name, "created_at": self._clock.now()}
        with self.database.write() as connection:
            for symbol in symbols:
                rows.put(connection, t.groupings, {**row, "symbol": symbol})

    def clear_grouping(self, account: str, mode: str, symbols: Sequence[str]) -> None:
        """Forget the names of ``symbols``; Lox recognises their strategies again."""
        mine = delete(t.groupings).filter_by(account=account, mode=mode).where(t.groupings.c.symbol.in_(symbols))
        with self.database.write() as connection:
            connection.execute(mine)

    def put_receipt(self, receipt: ReceiptRecord) -> None:
        """Keep a receipt; one that is kept already stays as it is, for its id is the hash of what it holds."""
        made = receipt.created_at or self._clock.now()
        with self.database.write() as connection:
            rows.put_absent(connection, t.receipts, [{**rows.columns_of(t.receipts, receipt), "created_at": made}])

    def get_receipt(self, receipt_id: str) -> ReceiptRecord | None:
        """The receipt of that id."""
        found = self._read(ReceiptRecord, select(t.receipts).filter_by(id=receipt_id))
        return found[0] if found else None

    def state(self) -> JournalState:
        """How the journal stands. Never raises: what is wrong is said in ``problem``."""
        if self._database is None:
            return JournalState(self._why_none, keeps=False)
        name = self._database.name
        try:
            if not self._database.begun:
                return JournalState(name, keeps=True, rows={table.name: 0 for table in t.KEPT})
            with self._database.read() as connection:
                counts = {one.name: rows.count(connection, one) for one in (*t.KEPT, t.kept_out)}
                day = t.nav_history.c.date
                first, last = connection.execute(select(func.min(day), func.max(day))).one()
            left = counts.pop(t.kept_out.name)
            return JournalState(name, True, counts, first, last, self._database.size_bytes(), left)
        except LoxError as error:
            return JournalState(name, keeps=True, problem=str(error))

    def _begun(self) -> bool:
        return self._database is not None and self._database.begun

    def _read(self, kind: type[R], chosen: Select[Any]) -> tuple[R, ...]:
        if not self._begun():
            return ()
        with self.database.read() as connection:
            return tuple(_record(kind, row) for row in connection.execute(chosen).mappings())


def _require_present(as_of: AsOf, day: date) -> None:
    if as_of.is_past:
        raise StoreError("A past day is looked at: nothing is written to the journal.")
    if day > as_of.date:
        raise StoreError(f"{day} has not begun: nothing is written to the journal.")


def _replace(connection: Connection, table: Table, whose: Mapping[str, Any], records: Iterable[Any]) -> None:
    connection.execute(delete(table).filter_by(**whose))
    new = [{**rows.columns_of(table, record), **whose} for record in records]
    if new:
        connection.execute(table.insert(), new)


def _of(table: Table, account: str | None, mode: str) -> Select[Any]:
    chosen = select(table).filter_by(mode=mode)
    return chosen if account is None else chosen.filter_by(account=account)


def _since(chosen: Select[Any], column: Any, since: Any) -> Select[Any]:
    return (chosen if since is None else chosen.where(column >= since)).order_by(column)


def _record(kind: type[R], row: RowMapping) -> R:
    return kind(**{one.name: row[one.name] for one in fields(kind)})  # type: ignore[arg-type]

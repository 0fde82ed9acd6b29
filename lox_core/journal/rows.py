"""How records become rows: checked, and written so that a key is never there twice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from lox_core.errors import StoreError
from lox_core.journal.records import FLOW_KINDS, DayRecord
from lox_core.journal.tables import key_of

NAME_LENGTH = 200
Insert = postgresql.Insert | sqlite.Insert


def columns_of(table: Table, record: Any) -> dict[str, Any]:
    """The record's fields that are columns of ``table``."""
    return {one.name: getattr(record, one.name) for one in fields(record) if one.name in table.c}


def put(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Write ``row`` in the place of the one with its key, whose ``created_at`` stays."""
    insert = _insert(connection, table).values(**row)
    connection.execute(insert.on_conflict_do_update(index_elements=key_of(table), set_=_news(insert, table, row)))


def put_newer(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Like :func:`put`, unless the kept row is of a later ``as_of``; whether it was written."""
    insert = _insert(connection, table).values(**row)
    upsert = insert.on_conflict_do_update(
        index_elements=key_of(table),
        set_=_news(insert, table, row),
        where=insert.excluded.as_of >= table.c.as_of,
    ).returning(table.c.id)
    return connection.execute(upsert).first() is not None


def put_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write those of ``rows`` whose key is not there yet; returns how many those were."""
    if not rows:
        return 0
    before = count(connection, table)
    connection.execute(_insert(connection, table).on_conflict_do_nothing(index_elements=key_of(table)), list(rows))
    return count(connection, table) - before


def count(connection: Connection, table: Table) -> int:
    """How many rows the table holds."""
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _insert(connection: Connection, table: Table) -> Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _news(insert: Insert, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    keep = {*key_of(table), "created_at"}
    return {name: insert.excluded[name] for name in row if name not in keep}


def require_mode(mode: str) -> None:
    """Refuse what a demo or a sample says, and what does not say whose it is."""
    if mode != "live":
        raise StoreError(f"The journal keeps the live market's days only, not those of mode '{mode[:20]}'.")


def require_kind(kind: str) -> None:
    """Refuse a flow of an unknown kind."""
    if kind not in FLOW_KINDS:
        raise StoreError(f"'{kind[:20]}' is no kind of flow; there are {', '.join(FLOW_KINDS)}.")


def require_day(day: DayRecord) -> None:
    """Refuse a day that is not the owner's own, or that lacks what makes it a day.

    Raises
    ------
    StoreError
        In words: what is missing, or which symbol is there twice.
    """
    require_mode(day.mode)
    if day.regime is not None:
        require_mode(day.regime.mode)
    if not day.account:
        raise StoreError("A day needs the account it is of.")
    if not math.isfinite(day.equity):
        raise StoreError(f"The account's equity is not known: {day.date} is not written to the journal.")
    _require_once("positions", (one.symbol for one in day.positions))
    _require_once("attribution", (one.symbol for one in day.attribution))


def _require_once(what: str, symbols: Iterable[str]) -> None:
    seen: set[str] = set()
    for symbol in symbols:
        if symbol in seen:
            raise StoreError(f"{symbol} is in the day's {what} twice; the day is not written to the journal.")
        seen.add(symbol)

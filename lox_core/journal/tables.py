"""The journal's tables, and how values lie in them.

Instants are kept as ISO text in UTC with microseconds, so that they sort as text; JSON as text with sorted keys;
numbers that are not finite as null. The three oldest tables keep the columns they always had.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Dialect,
    Float,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from lox_core.errors import StoreError


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces; NaN and infinities are null, dates and instants ISO text."""
    try:
        return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except RecursionError:
        raise StoreError("The journal keeps no JSON nested that deep.") from None


def plain(value: Any) -> Any:
    """The value as JSON holds it; raises :class:`StoreError` for what JSON cannot hold."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float):  # numpy's double is one too
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, date):  # an instant is one too
        return value.isoformat()
    raise StoreError(f"The journal keeps JSON values only, not a {type(value).__name__}.")


class Number(TypeDecorator[float]):
    """A double; what is not finite is missing."""

    impl = Float(53)
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:  # noqa: ARG002
        """None for NaN and infinities."""
        return None if value is None or not math.isfinite(value) else float(value)


class Instant(TypeDecorator[datetime]):
    """An aware instant as ISO text in UTC, always of the same length."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text; a time without its zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise StoreError("The journal takes no time without its zone.")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The instant, in UTC."""
        return None if value is None else datetime.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """A JSON value as canonical text."""

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The canonical text."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """The value."""
        return None if value is None else json.loads(value)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
    }
)


def _id() -> Column[Any]:
    return Column("id", Integer, autoincrement=True, nullable=False)


def _whose() -> tuple[Column[Any], Column[Any]]:
    return Column("account", String(64), nullable=False), Column("mode", String(16), nullable=False)


def _of_a_day(table: str, *columns: Column[Any]) -> Table:
    """A table of rows by symbol that belong to a day of ``nav_history`` and go with it."""
    return Table(
        table,
        metadata,
        _id(),
        *_whose(),
        Column("date", Date, nullable=False),
        Column("symbol", String(64), nullable=False),
        *columns,
        Column("details", Json, nullable=False),
        PrimaryKeyConstraint("id"),
        UniqueConstraint("account", "mode", "date", "symbol"),
        ForeignKeyConstraint(
            ["account", "mode", "date"],
            ["nav_history.account", "nav_history.mode", "nav_history.date"],
            ondelete="CASCADE",
        ),
    )


nav_history = Table(
    "nav_history",
    metadata,
    _id(),
    Column("date", Date, nullable=False),
    Column("equity", Number, nullable=False),
    Column("cash", Number),
    Column("created_at", Instant, nullable=False),
    *_whose(),
    Column("nav_mid", Number),
    Column("nav_liquidation", Number),
    Column("coverage", Number),
    Column("details", Json, nullable=False),
    Column("as_of", Instant, nullable=False),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("account", "mode", "date"),
)

trades = Table(
    "trades",
    metadata,
    _id(),
    Column("symbol", String(64), nullable=False),
    Column("side", String(16), nullable=False),
    Column("quantity", Number, nullable=False),
    Column("price", Number, nullable=False),
    Column("filled_at", Instant, nullable=False),
    Column("strategy", String(200)),
    Column("created_at", Instant, nullable=False),
    *_whose(),
    Column("activity_id", String(128), nullable=False),
    Column("fees", Number),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("account", "mode", "activity_id"),
)

regime_history = Table(
    "regime_history",
    metadata,
    _id(),
    Column("date", Date, nullable=False),
    Column("regime", String(200)),
    Column("vix", Number),
    Column("hy_oas", Number),
    Column("yield_10y", Number),
    Column("created_at", Instant, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("risk_score", Number),
    Column("pillars", Json, nullable=False),
    Column("inputs", Json, nullable=False),
    Column("as_of", Instant, nullable=False),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("mode", "date"),
)

positions_daily = _of_a_day(
    "positions_daily",
    Column("quantity", Number, nullable=False),
    Column("mark", Number),
    Column("mid", Number),
)

attribution = _of_a_day(
    "attribution",
    Column("pnl_usd", Number),
    Column("expansion_usd", Number),
    Column("repricing_usd", Number),
    Column("residual_usd", Number),
    Column("alarm", Boolean, nullable=False),
)

flows = Table(
    "flows",
    metadata,
    _id(),
    *_whose(),
    Column("activity_id", String(128), nullable=False),
    Column("date", Date, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("amount", Number),
    Column("symbol", String(64)),
    Column("quantity", Number),
    Column("note", Text),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("account", "mode", "activity_id"),
)

groupings = Table(
    "groupings",
    metadata,
    _id(),
    *_whose(),
    Column("symbol", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("account", "mode", "symbol"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", String(128), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("payload", Json, nullable=False),
    PrimaryKeyConstraint("id"),
)

kept_out = Table(  # rows of the previous schema that could not be taken over, as they were
    "kept_out",
    metadata,
    _id(),
    Column("source", String(64), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("row", Json, nullable=False),
    PrimaryKeyConstraint("id"),
)

# What is exported and imported, parents before their children.
KEPT = (nav_history, positions_daily, attribution, trades, flows, regime_history, groupings, receipts)


def key_of(table: Table) -> tuple[str, ...]:
    """The columns that make a row of ``table`` unique, surrogate ids aside."""
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            return tuple(column.name for column in constraint.columns)
    return tuple(column.name for column in table.primary_key.columns)

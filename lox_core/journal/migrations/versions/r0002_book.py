"""Accounts and modes, unique days, and what the book needs beside the three oldest tables.

The oldest tables' rows are taken over under the account ``unknown``, mode ``live``. Where several rows claim one day
the one written last is taken; the others and every row that cannot be read is put into ``kept_out`` as
it was, and told of.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from lox_core import log

revision = "0002"
down_revision = "0001"

Row = dict[str, Any]
WHOSE = {"account": "unknown", "mode": "live"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    """Read the old rows, put the new tables in the place of the old ones, write what can be taken over."""
    connection = op.get_bind()
    there = set(sa.inspect(connection).get_table_names())
    old = {name: _rows(connection, name) for name in TAKEN if name in there}
    for name in old:
        op.drop_table(name)
    tables = {**_oldest_tables(), **_days_tables(), **_other_tables()}
    left: list[Row] = []
    for name, rows in old.items():
        taken = list(_taken(name, rows, left))
        op.bulk_insert(tables[name], taken)
    op.bulk_insert(tables["kept_out"], left)
    if left:
        log.LOGGER.warning(
            "journal: %d rows of the previous schema were not taken over; table kept_out has them", len(left)
        )


def _rows(connection: sa.Connection, name: str) -> list[Row]:
    return [dict(row._mapping) for row in connection.execute(sa.text(f"SELECT * FROM {name} ORDER BY id"))]  # noqa: S608


def _taken(name: str, rows: list[Row], left: list[Row]) -> Iterator[Row]:
    """The rows in their new form, one per day where days are unique; the others go to ``left``."""
    days: dict[Any, tuple[datetime, Row, Row]] = {}
    for position, row in enumerate(rows):
        try:
            new, written = TAKEN[name](row)
        except (ValueError, TypeError, KeyError):
            left.append(_kept_out(name, "a value is missing or cannot be read", row))
            continue
        key = position if name == "trades" else new["date"]
        if key in days and days[key][0] > written:
            left.append(_kept_out(name, "a later row has the same date", row))
            continue
        if key in days:
            left.append(_kept_out(name, "a later row has the same date", days[key][2]))
        days[key] = (written, new, row)
    return (new for _, new, _ in days.values())


def _kept_out(name: str, reason: str, row: Row) -> Row:
    return {"source": name, "reason": reason, "row": json.dumps(row, sort_keys=True, default=str)}


def _nav(row: Row) -> tuple[Row, datetime]:
    day, written = _day(row["date"]), _instant(row["created_at"])
    at = _text(written or _midnight(day))
    figures = {"equity": _number(row["equity"]), "cash": _or_none(row["cash"])}
    return {**WHOSE, "date": day, **figures, "details": "{}", "as_of": at, "created_at": at}, written or EPOCH


def _regime(row: Row) -> tuple[Row, datetime]:
    day, written = _day(row["date"]), _instant(row["created_at"])
    at = _text(written or _midnight(day))
    figures = {name: _or_none(row[name]) for name in ("vix", "hy_oas", "yield_10y")}
    said = {"regime": row["regime"], **figures, "pillars": "{}", "inputs": "{}"}
    return {"mode": WHOSE["mode"], "date": day, **said, "as_of": at, "created_at": at}, written or EPOCH


def _trade(row: Row) -> tuple[Row, datetime]:
    filled = _instant(row["filled_at"])
    if filled is None or not row["symbol"] or not row["side"]:
        raise ValueError("a fill needs its symbol, side and time")
    written = _instant(row["created_at"]) or filled
    new = {
        **WHOSE,
        "activity_id": f"previous-{row['id']}",
        **{name: row[name] for name in ("symbol", "side", "strategy")},
        "quantity": _number(row["quantity"]),
        "price": _number(row["price"]),
        "filled_at": _text(filled),
        "created_at": _text(written),
    }
    return new, written


TAKEN: Mapping[str, Callable[[Row], tuple[Row, datetime]]] = {
    "nav_history": _nav,
    "trades": _trade,
    "regime_history": _regime,
}


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a number")
    return number


def _or_none(value: Any) -> float | None:
    return None if value is None else _number(value)


def _day(value: Any) -> date:
    return date.fromisoformat(str(value)[:10])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _instant(value: Any) -> datetime | None:
    if value is None:
        return None
    found = datetime.fromisoformat(str(value))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="microseconds")


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer, autoincrement=True, nullable=False)


def _whose() -> tuple[sa.Column[Any], sa.Column[Any]]:
    return sa.Column("account", sa.String(64), nullable=False), sa.Column("mode", sa.String(16), nullable=False)


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Float(53)) for name in names]


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _instants(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(32), nullable=False) for name in names]


def _keys(table: str, *unique: str) -> tuple[sa.PrimaryKeyConstraint, sa.UniqueConstraint]:
    return sa.PrimaryKeyConstraint("id", name=f"pk_{table}"), sa.UniqueConstraint(*unique, name=f"uq_{table}")


def _oldest_tables() -> dict[str, sa.Table]:
    nav = op.create_table(
        "nav_history",
        _id(),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("equity", sa.Float(53), nullable=False),
        *_numbers("cash"),
        *_instants("created_at"),
        *_whose(),
        *_numbers("nav_mid", "nav_liquidation", "coverage"),
        *_texts("details"),
        *_instants("as_of"),
        *_keys("nav_history", "account", "mode", "date"),
    )
    trades = op.create_table(
        "trades",
        _id(),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.Column("side", sa.String(16), nullable=False),
        sa.Column("quantity", sa.Float(53), nullable=False),
        sa.Column("price", sa.Float(53), nullable=False),
        *_instants("filled_at"),
        sa.Column("strategy", sa.String(200)),
        *_instants("created_at"),
        *_whose(),
        sa.Column("activity_id", sa.String(128), nullable=False),
        *_numbers("fees"),
        *_keys("trades", "account", "mode", "activity_id"),
    )
    regimes = op.create_table(
        "regime_history",
        _id(),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("regime", sa.String(200)),
        *_numbers("vix", "hy_oas", "yield_10y"),
        *_instants("created_at"),
        sa.Column("mode", sa.String(16), nullable=False),
        *_numbers("risk_score"),
        *_texts("pillars", "inputs"),
        *_instants("as_of"),
        *_keys("regime_history", "mode", "date"),
    )
    return {"nav_history": nav, "trades": trades, "regime_history": regimes}


def _of_a_day(table: str, *columns: sa.Column[Any]) -> sa.Table:
    day = ("account", "mode", "date")
    return op.create_table(
        table,
        _id(),
        *_whose(),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("symbol", sa.String(64), nullable=False),
        *columns,
        *_texts("details"),
        *_keys(table, *day, "symbol"),
        sa.ForeignKeyConstraint(
            day, [f"nav_history.{name}" for name in day], name=f"fk_{table}_nav_history", ondelete="CASCADE"
        ),
    )


def _days_tables() -> dict[str, sa.Table]:
    quantity = sa.Column("quantity", sa.Float(53), nullable=False)
    figures = _numbers("pnl_usd", "expansion_usd", "repricing_usd", "residual_usd")
    return {
        "positions_daily": _of_a_day("positions_daily", quantity, *_numbers("mark", "mid")),
        "attribution": _of_a_day("attribution", *figures, sa.Column("alarm", sa.Boolean, nullable=False)),
    }


def _other_tables() -> dict[str, sa.Table]:
    flows = op.create_table(
        "flows",
        _id(),
        *_whose(),
        sa.Column("activity_id", sa.String(128), nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        *_numbers("amount"),
        sa.Column("symbol", sa.String(64)),
        *_numbers("quantity"),
        sa.Column("note", sa.Text),
        *_instants("created_at"),
        *_keys("flows", "account", "mode", "activity_id"),
    )
    groupings = op.create_table(
        "groupings",
        _id(),
        *_whose(),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        *_instants("created_at"),
        *_keys("groupings", "account", "mode", "symbol"),
    )
    receipts = op.create_table(
        "receipts",
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        *_instants("created_at"),
        *_texts("payload"),
        sa.PrimaryKeyConstraint("id", name="pk_receipts"),
    )
    kept_out = op.create_table(
        "kept_out",
        _id(),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        *_texts("row"),
        sa.PrimaryKeyConstraint("id", name="pk_kept_out"),
    )
    return {"flows": flows, "groupings": groupings, "receipts": receipts, "kept_out": kept_out}

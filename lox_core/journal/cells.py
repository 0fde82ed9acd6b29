"""Rows as text and back: CSV cells no spreadsheet takes for a formula, JSON values, rows checked on the way in."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Date, Integer, Table

from lox_core.errors import StoreError
from lox_core.journal.records import FLOW_KINDS
from lox_core.journal.tables import Instant, Json, Number, canonical

TEXT_LENGTH = 10_000
JSON_LENGTH = 2_000_000
# What makes a spreadsheet evaluate a cell; the apostrophe itself is guarded too, so that a guard can be told from text.
GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
CHOICES = {("flows", "kind"): FLOW_KINDS, ("trades", "side"): ("buy", "sell")}


def columns(table: Table) -> list[Column[Any]]:
    """The columns that are exported: all but the numbering of rows, which means nothing elsewhere."""
    return [one for one in table.c if not isinstance(one.type, Integer)]


def json_value(value: Any) -> Any:
    """A column's value as JSON holds it: instants and dates as ISO text, JSON columns as what they hold."""
    return value.isoformat() if isinstance(value, date) else value


def cell(column: Column[Any], value: Any) -> str:
    """A column's value as a CSV cell: missing is empty, numbers in full, text guarded against formulas."""
    if value is None:
        return ""
    if isinstance(column.type, Json):
        return canonical(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    text = str(json_value(value))
    return f"'{text}" if text.startswith(GUARDED) and isinstance(value, str) else text


def parsed(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of an export, from CSV cells or JSON values alike.

    Raises
    ------
    ValueError
        ``column: reason`` of the first value that cannot be used.
    """
    new = {}
    for column in columns(table):
        try:
            value = _value(column, row.get(column.name))
            if value in (None, "") and not column.nullable:
                raise ValueError("is missing")
            allowed = CHOICES.get((table.name, column.name))
            if allowed is not None and value not in allowed:
                raise ValueError(f"must be one of {', '.join(allowed)}")
            if column.name == "mode" and value != "live":
                raise ValueError("must be live; the journal keeps nothing else")
        except ValueError as error:
            raise ValueError(f"{column.name} {error}") from None
        new[column.name] = value
    return new


def from_csv(text: str) -> str | None:
    """A cell without its guard; empty is missing."""
    return text.removeprefix("'") or None


def _value(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    kind = column.type
    if isinstance(kind, Json):
        return _json(value)
    if isinstance(kind, Number):
        return _number(value)
    if isinstance(kind, Boolean):
        return _boolean(value)
    if not isinstance(value, str):
        raise ValueError("is no text")
    if len(value) > TEXT_LENGTH or not _writable(value):
        raise ValueError("is no usable text")
    if isinstance(kind, Instant):
        return _instant(value)
    if isinstance(kind, Date):
        return _day(value)
    length = getattr(kind, "length", None)
    if length is not None and len(value) > length:
        raise ValueError(f"is longer than {length} characters")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("is no number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError("is no number") from None
    if not math.isfinite(number):
        raise ValueError("is no number")
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        raise ValueError("must be true or false")
    return bool(value == "true")


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("is no date: use YYYY-MM-DD") from None


def _instant(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is no time: use 2026-11-20T21:00:00+00:00") from None
    if found.tzinfo is None:
        raise ValueError("lacks its zone: use 2026-11-20T21:00:00+00:00")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError("is no time") from None


def _json(value: Any) -> Any:
    """What a JSON column holds: an object, however it came."""
    if isinstance(value, str):
        if len(value) > JSON_LENGTH:
            raise ValueError("is too long")
        try:
            value = json.loads(value, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            raise ValueError("is no JSON") from None
    if not isinstance(value, dict):
        raise ValueError("is no JSON object")
    try:
        usable = _writable(canonical(value))
    except StoreError:
        usable = False
    if not usable:
        raise ValueError("is no usable JSON")
    return value


def _writable(text: str) -> bool:
    """Whether every database takes the text: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)

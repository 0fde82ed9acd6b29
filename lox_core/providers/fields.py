"""Strict reading of what vendors send: a number is a finite number, a day is a day, and nothing becomes 0.

A column is read at once. Each cell is a value, missing (the vendor said so: null, blank or ``.``), or unreadable;
unreadable cells make their row one to skip and count.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ValidationError

from lox_core import log
from lox_core.errors import SchemaError

Floats: TypeAlias = NDArray[np.float64]
Days: TypeAlias = NDArray[np.datetime64]
Mask: TypeAlias = NDArray[np.bool_]
Model = TypeVar("Model", bound=BaseModel)
ABSENT = object()
MISSING = (None, "", ".")
FEW_ROWS = 50
FIRST_DAY = "1600-01-01"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DAYS = re.compile(r"(?:\d{4}-\d{2}-\d{2} )*", re.ASCII)


def number(value: object) -> float | None:
    """A finite number, or None for what the vendor marks as missing.

    Raises
    ------
    ValueError
        For anything else: booleans, NaN and infinities, ``1,234``, ``1e400``, words, containers.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if text in MISSING:
            return None
        if not _NUMBER.fullmatch(text):
            raise ValueError("not a number")
        found = float(text)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            found = float(value)
        except OverflowError:
            raise ValueError("not a finite number") from None
    else:
        raise ValueError("not a number")
    if not math.isfinite(found):
        raise ValueError("not a finite number")
    return found


def day(value: object) -> date:
    """A ``YYYY-MM-DD`` day from 1600 on, where FRED's calendar begins; raises ``ValueError`` for anything else."""
    if not isinstance(value, str) or not _DAY.fullmatch(value) or value < FIRST_DAY:
        raise ValueError("not a day")
    return date.fromisoformat(value)


Number = Annotated[float | None, BeforeValidator(number)]
Day = Annotated[date, BeforeValidator(day)]


def numbers(cells: list[Any]) -> tuple[Floats, Mask]:
    """A column of numbers, NaN where missing or unreadable, and which were unreadable."""
    known: dict[tuple[type, Any], float] = {}
    values, bad = np.full(len(cells), np.nan), np.zeros(len(cells), bool)
    for i, cell in enumerate(cells):
        try:
            key = (type(cell), cell)
            found = known.get(key)
            if found is None:
                read = number(cell)
                found = known[key] = math.nan if read is None else read
            values[i] = found
        except (ValueError, TypeError):  # TypeError: a list or an object where a number belongs
            bad[i] = True
    return values, bad


def days(cells: list[Any]) -> tuple[Days, Mask]:
    """A column of days, NaT where unreadable, and which were unreadable."""
    if all(type(cell) is str and cell >= FIRST_DAY for cell in cells) and _DAYS.fullmatch(" ".join(cells) + " "):
        try:
            return np.array(cells, "datetime64[D]"), np.zeros(len(cells), bool)
        except ValueError:  # such as 30 February: find the row below
            pass
    found, bad = np.full(len(cells), "NaT", "datetime64[D]"), np.zeros(len(cells), bool)
    for i, cell in enumerate(cells):
        try:
            found[i] = np.datetime64(day(cell))
        except ValueError:
            bad[i] = True
    return found, bad


def columns(rows: list[Any], names: Iterable[str]) -> dict[str, list[Any]]:
    """The named fields of each row; ``ABSENT`` where a row lacks one or is no object."""
    objects = [row if isinstance(row, dict) else {} for row in rows]
    return {name: [row.get(name, ABSENT) for row in objects] for name in names}


def report(skipped: int, total: int, *, source: str, item: str, table: dict[str, list[Any]]) -> None:
    """Log the rows that were skipped; once per reply.

    Raises
    ------
    SchemaError
        Too many rows are unreadable, half of a few or a fifth of many: what is left is no series. A field that every
        row lacks is named.
    """
    if not skipped:
        return
    if skipped > total / (2 if total < FEW_ROWS else 5):
        lost = [name for name, cells in table.items() if all(cell is ABSENT for cell in cells)]
        why = f"lost the field '{lost[0]}'" if lost else f"is damaged: {skipped} of {total} rows are unreadable"
        raise SchemaError(f"{source}'s reply {why} ({item}).", source=source, item=item)
    log.LOGGER.warning("%s %s: %d of %d rows are unreadable and were skipped", source, item, skipped, total)


def validated(model: type[Model], document: Any, *, source: str, item: str) -> Model:
    """``document`` as ``model``.

    Raises
    ------
    SchemaError
        Naming the first field that is lost or unreadable.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"]) or "its top level"
    why = "is missing" if first["type"] == "missing" else f"is unreadable: {first['msg']}"
    raise SchemaError(f"{source}'s reply has changed: the field '{name}' {why} ({item}).", source=source, item=item)

"""Cells of a position file as numbers, days, rights and contracts, each failing in words that name the cell."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date, datetime

from lox_core.errors import ModelError
from lox_core.options.contract import OptionContract, contract_of, is_occ, occ_symbol, parse_occ

BLANK = {"", "-", "--", "---", "—", "n/a", "na", "nan", "none", "null"}
MOST_VOL = 5.0
_SHOWN = 24
_POINT = re.compile(r"(\d{1,3}(,\d{3})+|\d+)(\.\d*)?(e[+-]?\d{1,3})?|\.\d+", re.ASCII | re.IGNORECASE)
_COMMA = re.compile(r"(\d{1,3}(\.\d{3})+|\d+)(,\d*)?|,\d+", re.ASCII)
_DAYS = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%m/%d/%y", "%d %b %Y", "%d-%b-%Y", "%b %d %Y", "%d%b%y")
_SPELLED = re.compile(r"([A-Z]{1,5}\d?) +(\d{1,2}/\d{1,2}/\d{2,4}) +\$?([\d.,]+) +(C|P|CALL|PUT)", re.ASCII)
_SHARE = re.compile(r"[A-Z][A-Z0-9]{0,7}([./ -][A-Z]{1,3})?", re.ASCII)


class CellError(ModelError):
    """A cell that cannot be read; ``field`` is the column it stands in."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def blank(text: str) -> bool:
    """Whether a cell says that there is nothing."""
    return text.strip().lower() in BLANK


def shown(text: str) -> str:
    """A cell as an error quotes it: one short line."""
    flat = " ".join(text.split())
    return f"'{flat[:_SHOWN]}…'" if len(flat) > _SHOWN else f"'{flat}'"


def decimal_comma(cells: Iterable[str], separator: str) -> bool:
    """Whether a file writes 4,15 for four and fifteen hundredths.

    A comma behind the last point, or one that cannot part thousands, says so; where fields are parted by semicolons
    any comma in a number does, unless a point follows one.
    """
    found = False
    for cell in cells:
        text = _bare(cell)[0]
        if "," not in text:
            continue
        if "." in text and text.rfind(".") > text.rfind(","):
            return False
        found |= separator == ";" or "." in text or not _POINT.fullmatch(text)
    return found


def number(text: str, field: str, *, comma: bool = False) -> float | None:
    """A number or ``None`` for a blank cell.

    Currency signs, thousands separators, a percent sign (dividing by 100), parentheses and every kind of minus are
    understood, as are the broker's ``cr`` and ``db`` behind a price.

    Raises
    ------
    CellError
        The cell is neither blank nor a finite number.
    """
    if blank(text):
        return None
    bare, negative, percent = _bare(text)
    if not (_COMMA if comma else _POINT).fullmatch(bare):
        raise CellError(field, f"{shown(text)} is no number")
    digits = bare.replace(".", "").replace(",", ".") if comma else bare.replace(",", "")
    value = float(digits) * (-1 if negative else 1) / (100 if percent else 1)
    if not math.isfinite(value):
        raise CellError(field, f"{shown(text)} is too large")
    return value


def _bare(text: str) -> tuple[str, bool, bool]:
    """The digits and separators of a cell, whether it is negative, and whether it is in percent."""
    bare = text.strip().replace("\u2212", "-").replace("\u00a0", "").replace(" ", "").lower()
    bare = bare.removesuffix("cr").removesuffix("db")
    negative = bare.startswith("(") and bare.endswith(")")
    bare = bare.strip("()")
    percent = bare.endswith("%")
    bare = bare.rstrip("%")
    if bare.startswith(("-", "$-")) or bare.endswith("-"):
        negative = True
    return bare.replace("$", "").strip("+-"), negative, percent


def day(text: str, field: str) -> date:
    """A day, written as 2026-12-18, 20261218, 12/18/2026 or 18 Dec 2026.

    Raises
    ------
    CellError
        The cell is none of these.
    """
    flat = " ".join(text.replace(",", " ").split())
    for form in _DAYS:
        try:
            return datetime.strptime(flat, form).date()
        except ValueError:
            continue
    raise CellError(field, f"{shown(text)} is no day; write 2026-12-18")


def is_call(text: str, field: str) -> bool:
    """``C`` or ``CALL`` against ``P`` or ``PUT``."""
    word = text.strip().upper()
    if word in ("C", "CALL", "CALLS"):
        return True
    if word in ("P", "PUT", "PUTS"):
        return False
    raise CellError(field, f"{shown(text)} is no right; write C or P")


def contract(text: str, field: str) -> OptionContract | None:
    """The contract of an OCC symbol, padded or not, or of ``SPY 12/18/2026 640.00 P``; ``None`` for other text."""
    upper = " ".join(text.upper().split())
    if is_occ(upper):
        return parse_occ(upper)
    spelled = _SPELLED.fullmatch(upper)
    if spelled is None:
        return None
    root, expiry, strike, right = spelled.groups()
    value = number(strike, field)
    return contract_from(root, day(expiry, field), right, value or 0.0, field)


def contract_from(root: str, expiry: date, right: str, strike: float, field: str) -> OptionContract:
    """The contract of its parts.

    Raises
    ------
    CellError
        The parts make no symbol: a strange root, a strike out of range.
    """
    call = is_call(right, field)
    name = root.strip().upper()
    try:
        occ_symbol(name, expiry, is_call=call, strike=strike)
    except ModelError as error:
        raise CellError(field, str(error)) from None
    return contract_of(name, expiry, is_call=call, strike=strike)


def share_symbol(text: str, field: str) -> str:
    """A share's symbol, upper case, its class after a point: ``BRK.B``.

    Raises
    ------
    CellError
        The text is no symbol.
    """
    upper = " ".join(text.upper().split())
    if not _SHARE.fullmatch(upper):
        raise CellError(field, f"{shown(text)} is neither an option's symbol nor a share's")
    return re.sub(r"[/ -]", ".", upper)

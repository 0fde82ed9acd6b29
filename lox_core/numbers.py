"""Numbers as Lox prints them, on pages and in the terminal alike: true minus, thin units, a dash for what is missing.

Every function takes ``None`` or NaN and answers ``—``; a missing number is never printed as 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime

from lox_core.clock import NEW_YORK

MINUS = "\u2212"
DASH = "—"


@dataclass(frozen=True)
class Form:
    """How a unit is printed: the value over ``scale``, with ``prefix`` and ``suffix``; ``move`` follows a change."""

    digits: int
    suffix: str = ""
    move: str | None = None
    prefix: str = ""
    scale: float = 1.0
    sign: bool = False


# Units of the catalog and of the engine's derived readings, lower case; the first that begins a unit is its form.
FORMS: dict[str, Form] = {
    "percentage points": Form(2, " pts", sign=True),
    "percent of fed assets": Form(1, " % of assets", " % of assets", sign=True),
    "percent": Form(2, " %", " pts"),
    "bp a year": Form(0, " bp/yr"),
    "bp": Form(0, " bp", sign=True),
    "points": Form(2, " pts", sign=True),
    "index": Form(2, move=" pts"),
    "ratio": Form(2),
    "correlation": Form(2, sign=True),
    "days": Form(0, " d"),
    "number": Form(0),
    "thousands a month": Form(0, " k a month", sign=True),
    "thousands of persons": Form(0, " k"),
    "millions of": Form(0, " bn", prefix="$", scale=1e3),
    "billions of": Form(0, " bn", prefix="$"),
}


def missing(value: float | None) -> bool:
    """Whether there is no number: ``None``, NaN or infinite."""
    return value is None or not math.isfinite(value)


def number(value: float | None, digits: int = 0, *, sign: bool = False, prefix: str = "", suffix: str = "") -> str:
    """``1,234.5``; ``sign`` prints a plus too. A value that rounds to zero carries no sign.

    >>> number(-1234.56, 1, prefix="$")
    '−$1,234.6'
    """
    if value is None or not math.isfinite(value):
        return DASH
    text = f"{abs(value):,.{digits}f}"
    zero = not text.strip("0.,")
    mark = "" if zero else MINUS if value < 0 else "+" if sign else ""
    return f"{mark}{prefix}{text}{suffix}"


def signed(value: float | None, digits: int = 0, suffix: str = "") -> str:
    """``+1.3`` or ``−1.3``, so that signed columns line up."""
    return number(value, digits, sign=True, suffix=suffix)


def money(value: float | None, *, sign: bool = False) -> str:
    """Dollars: ``−$4,370``, with cents under $100."""
    digits = 2 if value is not None and abs(value) < 100 else 0
    return number(value, digits, sign=sign, prefix="$")


def percent(value: float | None, digits: int = 1, *, sign: bool = False) -> str:
    """A value already in percent: ``22.8 %``."""
    return number(value, digits, sign=sign, suffix=" %")


def share(value: float | None) -> str:
    """A fraction as whole percent: ``0.957`` → ``96 %``. Only the whole prints 100 %, only nothing prints 0 %."""
    if value is None or not math.isfinite(value):
        return DASH
    shown = round(100 * value)
    if 0 < value < 1:
        shown = min(max(shown, 1), 99)
    return f"{shown} %"


def basis_points(value: float | None) -> str:
    """``+52 bp``."""
    return signed(value, 0, " bp")


def reading(value: float | None, unit: str) -> str:
    """A level in its unit: ``21.4``, ``3.98 %``, ``+4 bp``, ``$6,612 bn``. A strange unit is printed as it is named."""
    form = _form(value, unit)
    scaled = None if value is None else value / form.scale
    return number(scaled, form.digits, sign=form.sign, prefix=form.prefix, suffix=form.suffix)


def change(value: float | None, unit: str, *, spread: bool = False) -> str:
    """A move in a unit, signed: ``+3.6 pts``, ``+52 bp``.

    ``spread`` says that a percent unit is a yield or a spread, whose moves are told in basis points.
    """
    if spread and unit.lower() == "percent":
        return basis_points(None if value is None else 100 * value)
    form = _form(value, unit)
    scaled = None if value is None else value / form.scale
    suffix = form.suffix if form.move is None else form.move
    return number(scaled, form.digits, sign=True, prefix=form.prefix, suffix=suffix)


def suffix(unit: str) -> str:
    """What follows a number in a unit, where the number is printed by somebody else, such as a figure's hover text."""
    return _form(1.0, unit).suffix


def _form(value: float | None, unit: str) -> Form:
    key = unit.lower()
    found = next((form for name, form in FORMS.items() if key.startswith(name)), None)
    return found or Form(_digits(value), f" {unit}" if unit else "")


def age(seconds: float | None) -> str:
    """``14 s``, ``4 min``, ``3 h``, ``2 d``; a clock that went back never makes an age negative."""
    if seconds is None or not math.isfinite(seconds):
        return DASH
    left = max(seconds, 0.0)
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if left >= size:
            return (
                f"{left / size:.0f} {name}" if left < 1.5 * size or left >= 10 * size else f"{left // size:.0f} {name}"
            )
    return f"{left:.0f} s"


def day(value: date | None, today: date | None = None) -> str:
    """``20 Nov``, with the year when it is not ``today``'s."""
    if value is None:
        return DASH
    text = f"{value.day} {value:%b}"
    return text if today is not None and value.year == today.year else f"{text} {value.year}"


def moment(value: datetime | None) -> str:
    """``20 Nov 16:00 ET``: an instant on New York's clock."""
    if value is None:
        return DASH
    local = value.astimezone(NEW_YORK)
    return f"{local.day} {local:%b %H:%M} ET"


def size(count: int | None) -> str:
    """Bytes as ``14 kB`` or ``2.3 MB``."""
    if count is None:
        return DASH
    return f"{count / 1e6:,.1f} MB" if count >= 1_000_000 else f"{count / 1e3:,.0f} kB"


def plural(count: int, noun: str, many: str | None = None) -> str:
    """``1 episode``, ``3 episodes``; ``many`` where the plural is no ``s``."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def _digits(value: float | None) -> int:
    """Three significant digits, at most two decimals."""
    if value is None or not math.isfinite(value) or abs(value) >= 100:
        return 0
    return 1 if abs(value) >= 10 else 2

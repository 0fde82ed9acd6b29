"""Positions as CSV that a spreadsheet opens without running anything, and that can be imported again."""

from __future__ import annotations

import csv
import io
import math

from lox_core.portfolio.greeks import ALL_GREEKS, greek_of
from lox_core.portfolio.valued import Book, Leg

COLUMNS = (
    *("symbol", "underlying", "expiry", "right", "strike", "quantity", "average_price", "mark", "mid", "mark_value"),
    *("mid_value", "gap_usd", "iv", *ALL_GREEKS, "strategy", "flags", "reason"),
)
_RUN = ("=", "+", "-", "@", "\t", "\r", "\n")


def export_csv(book: Book) -> str:
    """The book's legs as CSV text, one line each, missing numbers empty.

    Numbers are plain, with a hyphen for a minus and at most ten significant digits. Text that a spreadsheet would take
    for a formula gets a leading apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in _row(leg)] for leg in book.legs)
    return out.getvalue()


def safe_text(text: str) -> str:
    """Text that no spreadsheet evaluates."""
    return f"'{text}" if text.startswith(_RUN) else text


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        return safe_text(value)
    return "" if value is None or not math.isfinite(value) else f"{value:.10g}"


def _row(leg: Leg) -> list[str | float | None]:
    held, contract = leg.holding, leg.holding.contract
    return [
        held.symbol,
        held.underlying,
        contract.expiry.isoformat() if contract is not None else "",
        contract.right if contract is not None else "",
        contract.strike if contract is not None else None,
        held.quantity,
        held.average_price,
        leg.mark.mark,
        leg.mark.mid,
        leg.mark_value,
        leg.mid_value,
        leg.gap_usd,
        leg.vol,
        *(greek_of(leg, name) for name in ALL_GREEKS),
        leg.strategy,
        ", ".join(leg.mark.flags),
        leg.reason or leg.greeks_reason or "",
    ]

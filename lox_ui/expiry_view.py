"""The expiry sheet, the working orders and the recent fills as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from lox_core import numbers
from lox_core.portfolio.expiry import theta_break_evens
from lox_ui import parts
from lox_ui.parts import Safe, tag
from lox_ui.table_parts import cell, download, table

if TYPE_CHECKING:
    from lox_core.portfolio.expiry import ExpiryRow
    from lox_core.portfolio.valued import Book
    from lox_core.workbench import Snapshot

MOST_ROWS, MOST_FILLS = 14, 8
_RISKS = {"none": "—", "low": "low", "medium": "medium", "high": "high", "unknown": "unknown"}
KINDS = {
    "OPEXP": "expired",
    "OPASN": "assigned",
    "OPEXC": "exercised",
    "OPTRD": "shares by exercise",
    "DIV": "dividend",
    "CSD": "deposit",
    "CSW": "withdrawal",
    "FEE": "fee",
    "INT": "interest",
}


def expiry_panel(snapshot: Snapshot, book: Book, *, file_day: str, demo: bool) -> None:
    """What ends within sixty days, soonest first."""
    rows: Sequence[ExpiryRow] = snapshot.expiry or ()
    with parts.bar("expiry"):
        parts.show(parts.head("Expiry sheet", "next 60 days; if assigned or exercised"), width="content")
        download(
            lambda: expiry_frame(rows), f"expiry-{file_day}", demo=demo, key="pf-csv-expiry", what="of the expiry sheet"
        )
    if not rows:
        parts.nothing("No option ends within sixty days.")
        return
    headers = ["Leg", "Moneyness", "DTE", "Pin", "Assignment", "Shares", "Cash"]
    body = [_row(row) for row in rows[:MOST_ROWS]]
    parts.show(table(headers, body, left=(4,), wrap=(), tight=True, caption="Expiry sheet"))
    lines = [f"{len(rows) - MOST_ROWS} more in the CSV."] if len(rows) > MOST_ROWS else []
    evens = [
        f"{one.underlying} ±{numbers.percent(100 * one.move, 2)}" for one in list(theta_break_evens(book).values())[:6]
    ]
    if evens:
        lines.append(f"Daily move at which gamma and theta cancel: {', '.join(evens)}.")
    if lines:
        parts.show(tag("div", " ".join(lines), cls="lx-note"))


def _row(row: ExpiryRow) -> list[object]:
    size = f" ×{abs(row.leg.holding.quantity):g}"
    name = parts.join(tag("span", "short " if row.leg.holding.quantity < 0 else "", cls="lx-quiet"), row.name, size)
    return [
        name,
        _moneyness(row),
        str(row.days_left),
        _risk(row.pin, ""),
        _risk(row.assignment, row.why),
        numbers.number(row.shares, 0, sign=True) if row.shares else numbers.DASH,
        numbers.money(row.cash_usd, sign=True) if row.cash_usd else numbers.DASH,
    ]


def _moneyness(row: ExpiryRow) -> object:
    if row.moneyness is None:
        return numbers.DASH
    text = f"{numbers.percent(100 * abs(row.moneyness))} {'in' if row.in_the_money else 'out'}"
    moves = "" if row.expected_moves is None else f"{abs(row.expected_moves):.1f} standard deviations to the close"
    return tag("b" if row.in_the_money else "span", text, cls="t3" if row.in_the_money else "", title=moves)


def _risk(level: str, why: str) -> Safe:
    cls = {"medium": "t3", "high": "t4"}.get(level, "")
    return tag("span", _RISKS[level], cls=cls, title=why)


def expiry_frame(rows: Sequence[ExpiryRow]) -> pd.DataFrame:
    """The sheet with everything known."""
    fields = (
        "name",
        "expiry",
        "days_left",
        "sessions_left",
        "in_the_money",
        "moneyness",
        "expected_moves",
        "extrinsic",
    )
    more = ("pin", "assignment", "why", "shares", "cash_usd", "daily_move")
    return pd.DataFrame(
        [{"symbol": row.leg.symbol, **{name: getattr(row, name) for name in (*fields, *more)}} for row in rows]
    )


def orders_panel(snapshot: Snapshot) -> None:
    """Working orders; the legs of a multi-leg order beneath it."""
    parts.show(parts.head("Working orders", "as the broker lists them; Lox places none"))
    if "orders" in snapshot.gaps:
        parts.fault("The orders could not be had.", snapshot.gaps["orders"])
        return
    if not snapshot.orders:
        parts.nothing("No order is working.")
        return
    rows: list[list[object]] = []
    for order in snapshot.orders:
        what = order.symbol or "multi-leg"
        rows.append(
            [
                what,
                order.side or numbers.DASH,
                _size(order),
                _limit(order),
                order.time_in_force,
                order.status,
                numbers.moment(order.submitted_at),
            ]
        )
        rows += [
            [tag("span", "\u2003", leg.symbol, cls="lx-quiet"), leg.side, _size(leg), "", "", "", ""]
            for leg in order.legs
        ]
    headers = ["Order", "Side", "Filled", "Limit", "In force", "Status", "Sent"]
    parts.show(table(headers, rows, left=(1, 4, 5), tight=True, caption="Working orders"))


def _size(order: Any) -> str:
    done, whole = (numbers.number(value) for value in (order.filled_quantity, order.quantity))
    return f"{done} of {whole}"


def _limit(order: Any) -> str:
    return numbers.number(order.limit_price, 2) if order.limit_price is not None else order.type or numbers.DASH


def fills_panel(snapshot: Snapshot, names: Mapping[str, str]) -> None:
    """The latest fills and what else moved the account."""
    parts.show(parts.head("Fills and activities", "newest first"))
    if "activities" in snapshot.gaps:
        parts.fault("The activities could not be had.", snapshot.gaps["activities"])
        return
    found = sorted((*snapshot.fills, *snapshot.activities), key=lambda row: (row.day, row.id), reverse=True)[
        :MOST_FILLS
    ]
    if not found:
        parts.nothing("Nothing moved the account lately.")
        return
    rows = [
        [
            numbers.day(row.day),
            "fill" if row.kind == "FILL" else KINDS.get(row.kind, row.kind),
            cell(names.get(row.symbol, row.symbol) or numbers.DASH, cls="left"),
            numbers.number(row.quantity, 0, sign=True) if row.quantity is not None else "",
            numbers.number(row.price, 2) if row.price is not None else "",
            numbers.money(row.net_amount, sign=True) if row.net_amount else "",
        ]
        for row in found
    ]
    parts.show(
        table(
            ["Day", "What", "Symbol", "Qty", "Price", "Cash"],
            rows,
            left=(1, 2),
            tight=True,
            caption="Fills and activities",
        )
    )

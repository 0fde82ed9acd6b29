"""The account, its health and its history as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING

from lox_core.portfolio.performance import MWR_FORMULA, TWR_FORMULA
from lox_core.portfolio.positions import Account
from lox_core.workbench.book_payload import frame_json
from lox_core.workbench.payload import Json, significant

if TYPE_CHECKING:
    from lox_core.journal.records import JournalState, NavRecord
    from lox_core.portfolio.performance import Performance
    from lox_core.providers.alpaca_records import ActivityRow, OrderRow
    from lox_core.workbench.book import Snapshot
    from lox_core.workbench.record import Recorded

LAST_FILLS = 20


def status_json(snapshot: Snapshot, mode: str, journal: JournalState, recorded: Recorded) -> Json:
    """``lox status --json``."""
    book, made = snapshot.book, snapshot.attribution
    totals = {} if book is None else book.totals
    return {
        **frame_json(snapshot, mode),
        "nav_mid": significant(totals["nav_mid"].value) if totals else None,
        "nav_liquidation": significant(totals["nav_liquidation"].value) if totals else None,
        "gap_usd": significant(book.gap_usd.value) if book is not None else None,
        "day_pnl_usd": significant(snapshot.day_pnl_usd),
        "day_start": made.start.isoformat() if made is not None else None,
        "alarms": list(made.alarms) if made is not None else [],
        "coverage": {name: significant(total.coverage) for name, total in totals.items()},
        "alerts": [
            {"step": one.step, "title": one.title, "text": one.text, "symbols": list(one.symbols)}
            for one in snapshot.alerts
        ],
        "unpriced": [
            {"symbol": symbol, "missing_reason": why} for symbol, why in (book.unpriced if book is not None else ())
        ],
        "journal": {
            "keeps": journal.keeps,
            "where": journal.where,
            "last_day": journal.last_day.isoformat() if journal.last_day else None,
            "recorded": recorded.outcome,
            "problem": journal.problem or recorded.why or None,
        },
    }


def account_json(snapshot: Snapshot, mode: str) -> Json:
    """``lox account --json``."""
    found = Account(snapshot.account_label) if snapshot.book is None else snapshot.book.account
    money = {
        one.name: significant(getattr(found, one.name))
        for one in fields(Account)
        if one.name not in ("name", "options_level", "blocked")
    }
    return {
        **frame_json(snapshot, mode),
        **money,
        "options_level": found.options_level,
        "blocked": found.blocked,
        "orders": [_order(one) for one in snapshot.orders],
        "fills": [_fill(one) for one in snapshot.fills[:LAST_FILLS]],
    }


def nav_json(snapshot: Snapshot | None, kept: Sequence[NavRecord], as_of: str, mode: str) -> Json:
    """``lox nav --json``: the journal's days, the broker's between them, and the performance over both."""
    days: dict[str, Json] = {
        row.day.isoformat(): {"equity": significant(row.equity), "source": "broker"}
        for row in (snapshot.history if snapshot is not None else ())
        if row.equity is not None
    }
    for one in kept:
        days[one.date.isoformat()] = {
            "equity": significant(one.equity),
            "cash": significant(one.cash),
            "nav_mid": significant(one.nav_mid),
            "nav_liquidation": significant(one.nav_liquidation),
            "coverage": significant(one.coverage),
            "source": "journal",
        }
    frame = {"as_of": as_of, "mode": mode} if snapshot is None else frame_json(snapshot, mode)
    earned = None if snapshot is None else snapshot.performance
    return {
        **frame,
        "history": [{"date": day, **row} for day, row in sorted(days.items())],
        "performance": None if earned is None else performance_json(earned),
    }


def performance_json(earned: Performance) -> Json:
    """Returns with the formulas they follow from."""
    fall = earned.drawdown
    return {
        "first": earned.first.isoformat(),
        "last": earned.last.isoformat(),
        "twr": significant(earned.twr),
        "twr_yearly": significant(earned.twr_yearly),
        "mwr_yearly": significant(earned.mwr_yearly),
        "flows_usd": significant(earned.flows_usd),
        "drawdown": None
        if fall is None
        else {
            "worst": significant(fall.worst),
            "peak": fall.peak.isoformat(),
            "trough": fall.trough.isoformat(),
            "recovered": fall.recovered.isoformat() if fall.recovered else None,
            "current": significant(fall.current),
        },
        "formulas": {"twr": TWR_FORMULA, "mwr_yearly": MWR_FORMULA},
        "missing_reason": " ".join(earned.reasons) or None,
    }


def _order(one: OrderRow) -> Json:
    return {
        "symbol": one.symbol or None,
        "side": one.side or None,
        "type": one.type,
        "status": one.status,
        "quantity": significant(one.quantity),
        "filled_quantity": significant(one.filled_quantity),
        "limit_price": significant(one.limit_price),
        "stop_price": significant(one.stop_price),
        "submitted_at": _iso(one.submitted_at),
        "legs": [_order(leg) for leg in one.legs],
    }


def _fill(one: ActivityRow) -> Json:
    return {
        "symbol": one.symbol,
        "quantity": significant(one.quantity),
        "price": significant(one.price),
        "filled_at": _iso(one.at),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()

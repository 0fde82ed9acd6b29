"""Rows of the simulated broker in Alpaca's own form: decimals as strings, ids like UUIDs, instants in nanoseconds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lox_core.demo.book import Ledger
from lox_core.demo.episodes import ASSETS

Answer = tuple[int, bytes]


@dataclass(frozen=True)
class Held:
    """A position priced now and at the last close."""

    symbol: str
    quantity: int
    average: float
    price: float
    before: float
    size: int


def position(one: Held, *, priced: bool) -> dict[str, object]:
    """A position; its money is null where nobody makes a price."""
    scale = one.quantity * one.size
    money = {
        "market_value": scale * one.price,
        "unrealized_pl": scale * (one.price - one.average),
        "unrealized_intraday_pl": scale * (one.price - one.before),
        "current_price": one.price,
        "lastday_price": one.before,
        "change_today": one.price / one.before - 1 if one.before else 0.0,
    }
    return {
        "asset_id": ident(one.symbol),
        "symbol": one.symbol,
        "exchange": "" if one.size > 1 else ASSETS[one.symbol].exchange,
        "asset_class": "us_option" if one.size > 1 else "us_equity",
        "qty": str(one.quantity),
        "side": "long" if one.quantity > 0 else "short",
        "avg_entry_price": decimal(one.average, 4),
        "cost_basis": decimal(scale * one.average),
        "qty_available": str(one.quantity),
        **{name: decimal(value, 6) if priced else None for name, value in money.items()},
    }


def order(
    name: str, symbol: str, asset_class: str, side: str, quantity: int, limit: float, at: datetime
) -> dict[str, Any]:
    """A working limit order."""
    return {
        "id": ident(f"{name} {symbol} {at.date()}"),
        "symbol": symbol,
        "asset_class": asset_class,
        "side": side,
        "qty": str(quantity),
        "filled_qty": "0",
        "order_class": "simple",
        "order_type": "limit",
        "type": "limit",
        "time_in_force": "gtc",
        "limit_price": decimal(limit),
        "stop_price": None,
        "status": "new",
        "submitted_at": utc(at),
        "legs": None,
    }


def spread_order(held: Sequence[Held], limit: float, at: datetime) -> dict[str, Any]:
    """A multi-leg order: its own symbol, class and side are empty, as on the wire."""
    legs = []
    for one in held:
        leg = order("leg", one.symbol, "us_option", "buy" if one.quantity < 0 else "sell", abs(one.quantity), 0.0, at)
        legs.append({**leg, "order_class": "mleg", "type": "", "order_type": "", "limit_price": None, "ratio_qty": "1"})
    parent = order("close", "", "", "", abs(held[0].quantity), limit, at)
    return {**parent, "order_class": "mleg", "legs": legs}


def activities(book: Ledger) -> list[dict[str, Any]]:
    """Everything that happened to the account, in no order."""
    rows: list[dict[str, Any]] = []
    for place, deal in enumerate(book.deals):
        side = "buy" if deal.quantity > 0 else "sell_short" if deal.opening else "sell"
        rows.append(
            {
                "id": f"{deal.at:%Y%m%d%H%M%S}000::{ident(f'{deal.symbol} {place}')}",
                "activity_type": "FILL",
                "transaction_time": utc(deal.at),
                "type": "fill",
                "price": decimal(deal.price),
                "qty": str(abs(deal.quantity)),
                "side": side,
                "symbol": deal.symbol,
                "order_id": ident(f"{deal.group} {deal.opening}"),
            }
        )
    for flow in book.flows:
        extra = {"symbol": flow.symbol, "qty": str(flow.quantity), "per_share_amount": decimal(flow.per_share, 4)}
        rows.append(
            {
                "id": f"{flow.day:%Y%m%d}000000000::{ident(f'{flow.kind} {flow.symbol} {flow.day}')}",
                "activity_type": flow.kind,
                "date": str(flow.day),
                "net_amount": decimal(flow.amount),
                "status": "executed",
                **(extra if flow.symbol else {}),
            }
        )
    for one in book.expired:
        rows.append(
            {
                "id": f"{one.day:%Y%m%d}235959000::{ident(f'OPEXP {one.symbol}')}",
                "activity_type": "OPEXP",
                "date": str(one.day),
                "net_amount": "0",
                "qty": str(-one.quantity),
                "symbol": one.symbol,
                "description": "Option Expiry",
                "status": "executed",
            }
        )
    return rows


def utc(at: datetime) -> str:
    """An instant as the wire writes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.259610112Z"


def decimal(value: float, digits: int = 2) -> str:
    """A number as the trading API writes it."""
    return f"{round(value, digits):.{digits}f}".rstrip("0").rstrip(".") or "0"


def ident(text: str) -> str:
    """An id in the form of a UUID, the same for the same text."""
    code = hashlib.sha256(text.encode()).hexdigest()
    return f"{code[:8]}-{code[8:12]}-{code[12:16]}-{code[16:20]}-{code[20:32]}"


def ok(document: object) -> Answer:
    """A reply that succeeded."""
    return 200, json.dumps(document).encode()

"""The book as the JSON that outside programs rely on (names and shapes are a contract).

``lox risk --json`` and ``GET /api/positions`` give the same object. Numbers carry at most ten significant digits; a
missing one is ``null`` beside a ``missing_reason``; a total is the sum of what is not null, and ``coverage`` says how
much of the book that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lox_core.portfolio.valued import GREEKS, TOTALS, Leg, Total
from lox_core.workbench.payload import Json, significant

if TYPE_CHECKING:
    from lox_core.workbench.book import Snapshot

UNKNOWN = "not known"


def frame_json(snapshot: Snapshot, mode: str) -> Json:
    """What stands at the head of every answer about a book: when, whose, and what could not be had."""
    book = snapshot.book
    return {
        "as_of": (snapshot.fetched_at if book is None else book.as_of).isoformat(),
        "fetched_at": snapshot.fetched_at.isoformat(),
        "account": snapshot.account_label,
        "named": snapshot.named or None,
        "mode": mode,
        "market_open": None if book is None else book.market_open,
        "missing_reason": snapshot.problem,
        "gaps": dict(snapshot.gaps),
    }


def book_json(snapshot: Snapshot, mode: str) -> Json:
    """The book of one fetch; where there is none, every total is null and ``missing_reason`` says why."""
    book = snapshot.book
    if book is None:
        nothing: Json = {"cash": None, "gap_usd": None, "positions": [], "unpriced": [], "notices": []}
        reasons = dict.fromkeys(TOTALS, snapshot.problem or UNKNOWN)
        totals: Json = {"totals": dict.fromkeys(TOTALS), "coverage": dict.fromkeys(TOTALS, 0)}
        return {**frame_json(snapshot, mode), **totals, "missing_reasons": reasons, **nothing}
    found = {name: book.totals[name] for name in TOTALS}
    return {
        **frame_json(snapshot, mode),
        "totals": {name: significant(total.value) for name, total in found.items()},
        "coverage": {name: significant(total.coverage) for name, total in found.items()},
        "missing_reasons": _reasons(found),
        "cash": significant(book.account.cash),
        "gap_usd": significant(book.gap_usd.value),
        "positions": [_position(leg) for leg in book.legs],
        "unpriced": [{"symbol": symbol, "missing_reason": reason} for symbol, reason in book.unpriced],
        "notices": list(book.notices),
    }


def _position(leg: Leg) -> Json:
    """One leg; ``missing_reason`` says first why it has no mark, then why it has no Greeks."""
    mark = leg.mark
    entry: Json = {
        "symbol": leg.symbol,
        "quantity": significant(leg.holding.quantity),
        "mark": significant(mark.mark),
        "mid": significant(mark.mid),
        "mark_value": significant(leg.mark_value),
        "mid_value": significant(leg.mid_value),
        "quote_age_s": significant(mark.age_s),
        "greeks": {name: significant(leg.greeks.get(name)) for name in GREEKS},
        "strategy": leg.strategy or None,
        "flags": list(mark.flags),
        "vol": significant(leg.vol),
        "vol_source": leg.vol_source,
        "missing_reason": None,
    }
    entry["missing_reason"] = _why(leg, entry)
    return entry


def _why(leg: Leg, entry: Json) -> str | None:
    said = [reason.rstrip(".") for reason in (leg.reason or leg.mark.reason, leg.greeks_reason) if reason]
    if said:
        return "; ".join(dict.fromkeys(said))
    numbers = (entry["mark"], entry["mid"], entry["quote_age_s"], *entry["greeks"].values())
    return UNKNOWN if any(value is None for value in numbers) else None


def _reasons(totals: Mapping[str, Total]) -> dict[str, str]:
    """Why a total is null or partial, by its name: the legs it leaves out."""
    found = {}
    for name, total in totals.items():
        if total.value is None or total.missing:
            found[name] = f"without {', '.join(total.missing)}" if total.missing else UNKNOWN
    return found

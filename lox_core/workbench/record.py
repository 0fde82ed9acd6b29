"""The day into the journal: NAV, positions, attribution, trades, flows and regimes, once per account and day.

Called whenever the owner looks, so the last look of a day is what stays. The demo, the sample and past as-ofs write
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lox_core.calendars import close_of
from lox_core.clock import NEW_YORK, AsOf
from lox_core.journal import Journal
from lox_core.journal.records import (
    TOTAL,
    AttributionRecord,
    DayRecord,
    FlowRecord,
    PositionRecord,
    RegimeRecord,
    TradeRecord,
)
from lox_core.portfolio.attribution import Attribution, LegPnl
from lox_core.portfolio.valued import Book, Leg
from lox_core.providers.alpaca_records import ActivityRow
from lox_core.regimes.state import Board
from lox_core.workbench.book import Snapshot
from lox_core.workbench.flows import kind_of
from lox_core.workbench.sessions import session_of

LIVE = "live"
NOT_OURS = "The book is nobody's own, so no day is recorded."
NO_EQUITY = "The broker's equity is not known, so no day is recorded."
NO_BOOK = "There is no book, so no day is recorded."
CLOSED = "The last session is kept as it was after its close."
NO_REGIME = "insufficient_data"


@dataclass(frozen=True)
class Recorded:
    """What became of a day: ``new``, ``updated``, ``older`` or ``not``; then ``why`` says why not."""

    outcome: str
    why: str = ""


def record_day(journal: Journal, snapshot: Snapshot, as_of: AsOf, *, mode: str, board: Board | None = None) -> Recorded:
    """Keep one fetch as its session's record; idempotent per account and day.

    Parameters
    ----------
    journal : Journal
    snapshot : Snapshot
    as_of : AsOf
    mode : str
        ``live`` or ``demo``.
    board : Board, optional
        The regimes of the same present, kept even where the book is not the owner's.

    Raises
    ------
    StoreError
        The journal cannot be used.
    """
    if mode != LIVE or not journal.keeps or as_of.is_past:
        return Recorded("not", "Only the live present is recorded.")
    regime = None if board is None else regime_record(board, session_of(as_of.instant))
    refused = _refusal(snapshot)
    if refused is not None:
        if regime is not None:
            journal.log_regime(regime, as_of)
        return Recorded("not", refused)
    account = snapshot.account_label
    trades = [_trade(account, row, snapshot) for row in snapshot.fills if row.at is not None]
    journal.add_trades([one for one in trades if one is not None])
    journal.add_flows(_flow(account, row) for row in snapshot.activities)
    day = session_of(as_of.instant)
    if _settled(journal, account, day, as_of.instant):
        return Recorded("older", CLOSED)
    return Recorded(journal.record_day(_day(snapshot, day, regime), as_of))


def regime_record(board: Board, day: date) -> RegimeRecord | None:
    """The day's regimes; where too little is known the whole has no label, and where nothing is there is no record."""
    pillars = {name: pillar.confirmed for name, pillar in board.pillars.items()}
    if not any(pillars.values()):
        return None
    known = board.macro.band != NO_REGIME and board.macro.risk_score is not None
    inputs = {
        name: {key: {"value": one.value, "as_of": one.as_of, "unit": one.unit} for key, one in pillar.inputs.items()}
        for name, pillar in board.pillars.items()
    }
    return RegimeRecord(
        mode=LIVE,
        date=day,
        regime=board.macro.label if known else None,
        vix=_input(board, "volatility", "VIXCLS"),
        hy_oas=_input(board, "credit", "BAMLH0A0HYM2"),
        yield_10y=_input(board, "rates", "DGS10"),
        risk_score=board.macro.risk_score if known else None,
        pillars=pillars,
        inputs=inputs,
    )


def _input(board: Board, pillar: str, name: str) -> float | None:
    reading = board.pillars[pillar].inputs.get(name) if pillar in board.pillars else None
    return None if reading is None else reading.value


def _refusal(snapshot: Snapshot) -> str | None:
    if snapshot.is_sample:
        return NOT_OURS
    if snapshot.book is None:
        return NO_BOOK
    return NO_EQUITY if snapshot.book.account.equity is None else None


def _settled(journal: Journal, account: str, day: date, instant: datetime) -> bool:
    """Whether a look before the next session would replace what was kept after the close of ``day``."""
    if instant.astimezone(NEW_YORK).date() == day:
        return False
    kept = [one for one in journal.nav(account, since=day) if one.date == day]
    return any(one.as_of >= close_of(day) for one in kept)


def _day(snapshot: Snapshot, day: date, regime: RegimeRecord | None) -> DayRecord:
    book = snapshot.book
    assert book is not None  # noqa: S101 - refused before
    assert book.account.equity is not None  # noqa: S101
    mid, liquidation = book.totals["nav_mid"], book.totals["nav_liquidation"]
    return DayRecord(
        account=snapshot.account_label,
        mode=LIVE,
        date=day,
        equity=book.account.equity,
        cash=book.account.cash,
        nav_mid=mid.value,
        nav_liquidation=liquidation.value,
        coverage=liquidation.coverage,
        positions=tuple(_position(leg) for leg in book.legs),
        attribution=_attribution(snapshot.attribution),
        regime=regime,
        details=_details(book, snapshot.gaps),
    )


def _details(book: Book, gaps: Mapping[str, str]) -> dict[str, Any]:
    curve = {name: state.spot for name, state in book.underlyings.items()}
    return {"gap_usd": book.gap_usd.value, "spots": curve, "market_open": book.market_open, "gaps": dict(gaps)}


def _position(leg: Leg) -> PositionRecord:
    details = {
        "underlying": leg.holding.underlying,
        "strategy": leg.strategy,
        "spot": leg.spot,
        "vol": leg.vol,
        "vol_source": leg.vol_source,
        "rate": leg.rate,
        "div_yield": leg.div_yield,
        "expiry_years": leg.expiry_years,
        "greeks": dict(leg.greeks),
        "missing_reason": leg.reason,
    }
    return PositionRecord(leg.symbol, leg.holding.quantity, leg.mark.mark, leg.mark.mid, details)


def _attribution(made: Attribution | None) -> tuple[AttributionRecord, ...]:
    """The day's P&L by position, and of the whole book."""
    if made is None:
        return ()
    apart = {row.symbol for row in made.expiring}
    rows = [_pnl(row, expiring=row.symbol in apart) for row in (*made.legs, *made.expiring)]
    effects, steps = dict(made.effects), dict(made.steps)
    whole = AttributionRecord(
        TOTAL,
        pnl_usd=made.pnl,
        expansion_usd=sum(value for name, value in effects.items() if name != "residual"),
        repricing_usd=sum(value for name, value in steps.items() if name != "marks"),
        residual_usd=effects.get("residual"),
        alarm=bool(made.alarms),
        details={
            "effects": effects,
            "steps": steps,
            "trades_usd": made.trades,
            "expiring_usd": made.expiring_pnl,
            "alarms": list(made.alarms),
            "missing": dict(made.missing),
            "gap_change_usd": made.gap_change_usd,
            "start": made.start,
            "end": made.end,
        },
    )
    return (whole, *rows)


def _pnl(row: LegPnl, *, expiring: bool) -> AttributionRecord:
    effects, steps = dict(row.effects), dict(row.steps)
    return AttributionRecord(
        row.symbol,
        pnl_usd=row.pnl,
        expansion_usd=sum(value for name, value in effects.items() if name != "residual") if effects else None,
        repricing_usd=sum(value for name, value in steps.items() if name != "marks") if steps else None,
        residual_usd=effects.get("residual"),
        details={"effects": effects, "steps": steps, "trades_usd": row.trades, "expiring": expiring},
    )


def _trade(account: str, row: ActivityRow, snapshot: Snapshot) -> TradeRecord | None:
    if row.quantity is None or row.price is None or row.at is None:
        return None
    return TradeRecord(
        account=account,
        mode=LIVE,
        activity_id=row.id,
        symbol=row.symbol,
        side="sell" if row.quantity < 0 or row.side.startswith("sell") else "buy",
        quantity=abs(row.quantity),
        price=row.price,
        filled_at=row.at,
        strategy=_strategy(snapshot, row.symbol),
    )


def _strategy(snapshot: Snapshot, symbol: str) -> str | None:
    legs: Sequence[Leg] = () if snapshot.book is None else snapshot.book.legs
    return next((leg.strategy or None for leg in legs if leg.symbol == symbol), None)


def _flow(account: str, row: ActivityRow) -> FlowRecord:
    return FlowRecord(
        account=account,
        mode=LIVE,
        activity_id=row.id,
        date=row.day,
        kind=kind_of(row.kind, row.net_amount),
        amount=row.net_amount,
        symbol=row.symbol or None,
        quantity=row.quantity,
        note=row.description or None,
    )

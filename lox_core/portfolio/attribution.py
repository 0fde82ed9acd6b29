"""What made the day's P&L, told two ways that must agree: an expansion in averaged Greeks, and repricing step by step.

:mod:`lox_core.portfolio.explanation` tells what moved each option; here it is scaled to positions, with fills and
dividends, and summed. Repricing moves time, spot, volatility and rate, in that order, so that its steps add up to the
model's P&L exactly; ``marks`` is what prices did beyond the model. Prices are mids. A dividend counts on its ex-date,
when the price gives it up, not when it is paid. Legs that expire in the window stand apart, for no Greek describes
their last day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from lox_core import numbers
from lox_core.calendars import opening_of
from lox_core.clock import NEW_YORK
from lox_core.options.contract import is_occ, parse_occ
from lox_core.portfolio import reprice
from lox_core.portfolio.explanation import Paid, explain
from lox_core.portfolio.positions import UnderlyingState
from lox_core.portfolio.valued import Book, Leg

EFFECTS = ("delta", "gamma", "vega", "theta", "rho", "cross", "dividends", "residual")
STEPS = ("time", "spot", "vol", "rate", "marks")
MOST_RESIDUAL, MOST_DISAGREEMENT, GAP = 0.05, 0.10, 0.03
LEAST_USD, LEAST_QUANTITY = 1.0, 1e-9
UNKNOWN_FILLS = "Fills since the last close are not known: every position is taken as held since then."


@dataclass(frozen=True)
class StartLeg:
    """One position at the start of the window, per share.

    ``rate`` None: the end's rate, no change is attributed to it.
    """

    price: float | None
    spot: float | None
    rate: float | None = None


@dataclass(frozen=True)
class Fill:
    """A fill in the window; ``quantity`` signed, ``price`` per share.

    ``before_open``: shares delivered by an exercise or assignment of the night, which an ex-date that morning finds
    gone or come.
    """

    symbol: str
    quantity: float
    price: float
    before_open: bool = False


@dataclass(frozen=True)
class LegPnl:
    """One position's P&L in dollars. ``effects`` has :data:`EFFECTS`, ``steps`` :data:`STEPS`; empty where apart.

    ``trades`` is the part of ``pnl`` that fills of the window made; effects and steps explain the rest. ``reason`` says
    why ``pnl`` is None.
    """

    symbol: str
    pnl: float | None
    effects: Mapping[str, float]
    steps: Mapping[str, float]
    trades: float = 0.0
    reason: str | None = None


@dataclass(frozen=True)
class Attribution:
    """The window's P&L. Totals are sums over ``legs``; ``expiring`` and ``trades`` stand beside them.

    ``pnl`` is everything that could be priced: legs, expiring ones and trades. ``residual_share`` is the residual over
    the sum of the legs' absolute P&L; ``disagreement_usd`` the largest difference between both ways by cause.
    ``missing`` lists (symbol, reason) of positions in no total. ``gap_change_usd`` is by how much leaving has become
    dearer, the liquidation gap now less the start's: P&L at liquidation is ``pnl`` less this; None where not known.
    """

    start: datetime
    end: datetime
    legs: tuple[LegPnl, ...]
    expiring: tuple[LegPnl, ...]
    effects: Mapping[str, float]
    steps: Mapping[str, float]
    trades: float
    pnl: float | None
    expiring_pnl: float
    residual_share: float | None
    disagreement_usd: float
    alarms: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    gap_change_usd: float | None = None


def attribute(
    book: Book,
    starts: Mapping[str, StartLeg],
    *,
    start: datetime,
    end: datetime,
    fills: Sequence[Fill] | None = (),
    start_gap_usd: float | None = None,
) -> Attribution:
    """Attribute the P&L between two instants.

    Parameters
    ----------
    book : Book
        As it stands at ``end``; mids are its prices.
    starts : mapping
        Symbol to its state at ``start``; positions opened since need none.
    fills : sequence of Fill or None
        Those after ``start``; None where they could not be had, which raises an alarm.
    start_gap_usd : float, optional
        The book's liquidation gap at ``start``.

    Notes
    -----
    Only declared dividends count; those of the book's underlyings whose ex-date opened in the window.
    """
    traded: dict[str, list[Fill]] = {}
    for fill in fills or ():
        traded.setdefault(fill.symbol, []).append(fill)
    paid = {name: _paid(state, start, end) for name, state in book.underlyings.items()}
    held = {leg.symbol: leg.holding.quantity - _bought(traded.get(leg.symbol, ())) for leg in book.legs}
    rows = {
        leg.symbol: _plain(leg, held[leg.symbol], starts.get(leg.symbol), traded.get(leg.symbol, ()))
        for leg in book.legs
    }
    over = {symbol for symbol in (*rows, *traded) if _expires(symbol, end)}
    explained = [leg for leg in book.legs if leg.symbol not in over and _explicable(leg, rows[leg.symbol], starts)]
    if explained:
        rows |= _explained(explained, rows, starts, held, paid, start=start, end=end)
    rows |= {name: _closed(name, starts.get(name), some) for name, some in traded.items() if name not in rows}
    for symbol, row in rows.items():
        if row.pnl is not None and not is_occ(symbol):
            some = traded.get(symbol, ())
            entitled = held.get(symbol, -_bought(some)) + _bought([one for one in some if one.before_open])
            rows[symbol] = _share(row, entitled * sum(one.amount for one in paid.get(symbol, ())))
    found = _summed(book, rows, over, starts, start=start, end=end)
    gap, untold = book.gap_usd.value, (UNKNOWN_FILLS,) if fills is None else ()
    change = None if gap is None or start_gap_usd is None else gap - start_gap_usd
    return replace(found, alarms=(*untold, *found.alarms), gap_change_usd=change)


def _paid(state: UnderlyingState, start: datetime, end: datetime) -> tuple[Paid, ...]:
    """The declared dividends whose ex-date opened in the window."""
    opened = [Paid(opening_of(one.ex_date), one.amount) for one in state.dividends if not one.projected]
    return tuple(one for one in opened if start < one.at <= end)


def _bought(fills: Sequence[Fill]) -> float:
    return sum(fill.quantity for fill in fills)


def _plain(leg: Leg, held: float, before: StartLeg | None, fills: Sequence[Fill]) -> LegPnl:
    """P&L by prices alone: what was held all through times the move, and each fill against the end's price."""
    end, size = leg.mark.mid, leg.holding.multiplier
    if end is None:
        return LegPnl(leg.symbol, None, {}, {}, reason=leg.reason or "it has no mid now")
    trades = sum(fill.quantity * size * (end - fill.price) for fill in fills)
    if abs(held) < LEAST_QUANTITY:
        return LegPnl(leg.symbol, trades, {}, {}, trades)
    if before is None or before.price is None:
        return LegPnl(leg.symbol, None, {}, {}, reason="its price at the last close is missing")
    return LegPnl(leg.symbol, held * size * (end - before.price) + trades, {}, {}, trades)


def _closed(symbol: str, before: StartLeg | None, fills: Sequence[Fill]) -> LegPnl:
    """A position closed in the window: what the fills brought against its price at the start."""
    size = parse_occ(symbol).multiplier if is_occ(symbol) else 1.0
    cash, held = -sum(fill.quantity * fill.price for fill in fills) * size, -_bought(fills)
    if abs(held) < LEAST_QUANTITY:
        return LegPnl(symbol, cash, {}, {}, cash)
    if before is None or before.price is None:
        return LegPnl(symbol, None, {}, {}, reason="closed since, and its price at the last close is missing")
    pnl = cash - held * size * before.price
    return LegPnl(symbol, pnl, {}, {}, pnl)


def _expires(symbol: str, end: datetime) -> bool:
    return is_occ(symbol) and parse_occ(symbol).last_valuation.date() <= end.astimezone(NEW_YORK).date()


def _explicable(leg: Leg, row: LegPnl, starts: Mapping[str, StartLeg]) -> bool:
    before = starts.get(leg.symbol)
    ready = reprice.repriceable(leg) and row.pnl is not None and before is not None
    return ready and before is not None and before.price is not None and bool(before.spot)


def _share(row: LegPnl, dividends: float) -> LegPnl:
    """Shares move by delta alone, and bring their dividends."""
    moved = (row.pnl or 0.0) - row.trades
    effects = dict.fromkeys(EFFECTS, 0.0) | {"delta": moved, "dividends": dividends}
    steps = dict.fromkeys(STEPS, 0.0) | {"spot": moved + dividends}
    return replace(row, pnl=(row.pnl or 0.0) + dividends, effects=effects, steps=steps)


def _explained(
    legs: Sequence[Leg],
    rows: Mapping[str, LegPnl],
    starts: Mapping[str, StartLeg],
    held: Mapping[str, float],
    paid: Mapping[str, Sequence[Paid]],
    *,
    start: datetime,
    end: datetime,
) -> dict[str, LegPnl]:
    """Effects and steps of options, all explained together."""
    before = [starts[leg.symbol] for leg in legs]
    gone = [paid.get(leg.holding.underlying, ()) for leg in legs]
    told = explain(legs, before, gone, start=start, end=end)
    found = {}
    for i, leg in enumerate(legs):
        row, size = rows[leg.symbol], held[leg.symbol] * leg.holding.multiplier
        whole = (row.pnl or 0.0) - row.trades
        effects = {name: float(size * column[i]) for name, column in told.effects.items()}
        walked = {name: float(size * column[i]) for name, column in told.steps.items()}
        if not np.isfinite([*effects.values(), *walked.values()]).all():
            continue
        effects["residual"] = whole - sum(effects.values())
        walked["marks"] = whole - sum(walked.values())
        found[leg.symbol] = replace(row, effects=effects, steps=walked)
    return found


def _summed(
    book: Book,
    rows: Mapping[str, LegPnl],
    over: set[str],
    starts: Mapping[str, StartLeg],
    *,
    start: datetime,
    end: datetime,
) -> Attribution:
    known = [row for row in rows.values() if row.pnl is not None]
    expiring = tuple(row for row in known if row.symbol in over)
    legs = tuple(row for row in known if row.symbol not in over)
    effects = {name: sum(row.effects.get(name, 0.0) for row in legs) for name in EFFECTS}
    steps = {name: sum(row.steps.get(name, 0.0) for row in legs) for name in STEPS}
    trades = sum(row.trades for row in legs)
    unexplained = sum((row.pnl or 0.0) - row.trades for row in legs if not row.effects)
    effects["residual"] += unexplained
    steps["marks"] += unexplained
    gross = sum(abs((row.pnl or 0.0) - row.trades) for row in legs)
    pairs = (
        (effects["delta"] + effects["gamma"] + effects["cross"] + effects["dividends"], steps["spot"]),
        (effects["vega"], steps["vol"]),
        (effects["theta"], steps["time"]),
        (effects["rho"], steps["rate"]),
    )
    apart = max(abs(a - b) for a, b in pairs)
    share = abs(effects["residual"]) / gross if gross > 0 else None
    return Attribution(
        start=start,
        end=end,
        legs=legs,
        expiring=expiring,
        effects=effects,
        steps=steps,
        trades=trades,
        pnl=sum(row.pnl or 0.0 for row in known) if known or not rows else None,
        expiring_pnl=sum(row.pnl or 0.0 for row in expiring),
        residual_share=share,
        disagreement_usd=apart,
        alarms=_alarms(book, starts, share=share, residual=effects["residual"], apart=apart, gross=gross),
        missing=tuple((row.symbol, row.reason or "") for row in rows.values() if row.pnl is None),
    )


def _alarms(
    book: Book, starts: Mapping[str, StartLeg], *, share: float | None, residual: float, apart: float, gross: float
) -> tuple[str, ...]:
    said = []
    moves: dict[str, float] = {}
    for leg in book.legs:
        before = starts.get(leg.symbol)
        if leg.spot and before is not None and before.spot:
            moves[leg.holding.underlying] = leg.spot / before.spot - 1
    for symbol, move in sorted(moves.items()):
        if abs(move) >= GAP:
            size = numbers.percent(100 * move, sign=True)
            said.append(f"{symbol} moved {size} since the last close: a gap, of which averaged Greeks say little.")
    if share is not None and share > MOST_RESIDUAL and abs(residual) > LEAST_USD:
        said.append(f"The expansion leaves {100 * share:.0f} % of the legs' P&L unexplained.")
    if gross > 0 and apart > MOST_DISAGREEMENT * gross and apart > LEAST_USD:
        said.append(f"Both ways differ by ${apart:,.0f} on one cause: the moves are too large for an expansion.")
    return tuple(said)

"""What made the day's P&L, told two ways that must agree: an expansion in averaged Greeks, and repricing step by step.

The expansion takes each Greek as the average of the day's start and end, which is exact to second order: what it
leaves is of third order in the moves. Delta is the start's, gamma the averaged half, and ``cross`` the rest of the
delta's change, which vanna and charm made. The other way reprices in a stated order, time, spot, volatility, rate, so
that its steps add up to the model's P&L exactly. Prices are mids; legs that expire in the window stand apart, for
no Greek describes their last day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from lox_core import numbers
from lox_core.options.contract import YEAR_S, is_occ, parse_occ
from lox_core.portfolio import reprice
from lox_core.portfolio.valued import Book, Leg

EFFECTS = ("delta", "gamma", "vega", "theta", "rho", "cross", "residual")
STEPS = ("time", "spot", "vol", "rate", "marks")
MOST_RESIDUAL, MOST_DISAGREEMENT, GAP = 0.05, 0.10, 0.03
LEAST_USD, LEAST_QUANTITY = 1.0, 1e-9


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
    """A fill in the window; ``quantity`` signed, ``price`` per share."""

    symbol: str
    quantity: float
    price: float


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
    ``missing`` lists (symbol, reason) of positions in no total.
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


def attribute(
    book: Book, starts: Mapping[str, StartLeg], *, start: datetime, end: datetime, fills: Sequence[Fill] = ()
) -> Attribution:
    """Attribute the P&L between two instants.

    Parameters
    ----------
    book : Book
        As it stands at ``end``; mids are its prices.
    starts : mapping
        Symbol to its state at ``start``; positions opened since need none.
    fills : sequence of Fill
        Those after ``start``.
    """
    traded: dict[str, list[Fill]] = {}
    for fill in fills:
        traded.setdefault(fill.symbol, []).append(fill)
    held = {leg.symbol: leg.holding.quantity - _bought(traded.get(leg.symbol, ())) for leg in book.legs}
    rows = {
        leg.symbol: _plain(leg, held[leg.symbol], starts.get(leg.symbol), traded.get(leg.symbol, ()))
        for leg in book.legs
    }
    over = {leg.symbol for leg in book.legs if _expires(leg, end)}
    explained = [leg for leg in book.legs if leg.symbol not in over and _explicable(leg, rows[leg.symbol], starts)]
    if explained:
        rows |= _explained(explained, rows, starts, held, start=start, end=end)
    for leg in book.legs:
        if leg.holding.contract is None and rows[leg.symbol].pnl is not None:
            rows[leg.symbol] = _share(rows[leg.symbol])
    for symbol, some in traded.items():
        if symbol not in rows:
            rows[symbol] = _closed(symbol, starts.get(symbol), some)
    return _summed(book, rows, over, starts, start=start, end=end)


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


def _expires(leg: Leg, end: datetime) -> bool:
    contract = leg.holding.contract
    return (
        contract is not None and contract.last_valuation.date() <= end.astimezone(contract.last_valuation.tzinfo).date()
    )


def _explicable(leg: Leg, row: LegPnl, starts: Mapping[str, StartLeg]) -> bool:
    before = starts.get(leg.symbol)
    ready = reprice.repriceable(leg) and row.pnl is not None and before is not None
    return ready and before is not None and before.price is not None and bool(before.spot)


def _share(row: LegPnl) -> LegPnl:
    """Shares move by delta alone."""
    moved = (row.pnl or 0.0) - row.trades
    effects = dict.fromkeys(EFFECTS, 0.0) | {"delta": moved}
    return replace(row, effects=effects, steps=dict.fromkeys(STEPS, 0.0) | {"spot": moved})


def _explained(
    legs: Sequence[Leg],
    rows: Mapping[str, LegPnl],
    starts: Mapping[str, StartLeg],
    held: Mapping[str, float],
    *,
    start: datetime,
    end: datetime,
) -> dict[str, LegPnl]:
    """Effects and steps of options, all repriced together."""
    before = [starts[leg.symbol] for leg in legs]
    after = reprice.inputs_of(legs)
    days = (end - start).total_seconds() / 86_400
    first = {
        "spot": np.array([one.spot for one in before], float),
        "years": after["years"] + (end - start).total_seconds() / YEAR_S,
        "rate": np.array(
            [r if (r := one.rate) is not None else leg.rate for one, leg in zip(before, legs, strict=True)], float
        ),
        "vol": after["vol"],
    }
    price = np.array([one.price for one in before], float)
    solved = reprice.implied(legs, first, price)
    first["vol"] = np.where(np.isfinite(solved), solved, after["vol"])
    after["vol"] = _vols_of_mids(legs, after, solved)
    g0, g1 = reprice.greeks(legs, first), reprice.greeks(legs, after)
    size = np.array([held[leg.symbol] * leg.holding.multiplier for leg in legs])
    moved = {name: after[name] - first[name] for name in reprice.INPUTS}
    delta, gamma = g0.delta * moved["spot"], 0.25 * (g0.gamma + g1.gamma) * moved["spot"] ** 2
    parts = {
        "delta": delta,
        "gamma": gamma,
        "vega": 50 * (g0.vega_per_vol_point + g1.vega_per_vol_point) * moved["vol"],
        "theta": 0.5 * (g0.theta_per_day + g1.theta_per_day) * days,
        "rho": 50 * (g0.rho_per_pct_point + g1.rho_per_pct_point) * moved["rate"],
        "cross": 0.5 * (g1.delta - g0.delta) * moved["spot"] - gamma,
    }
    steps = _steps(legs, first, after)
    found = {}
    for i, leg in enumerate(legs):
        row = rows[leg.symbol]
        whole = (row.pnl or 0.0) - row.trades
        effects = {name: float(size[i] * column[i]) for name, column in parts.items()}
        walked = {name: float(size[i] * column[i]) for name, column in steps.items()}
        if not np.isfinite([*effects.values(), *walked.values()]).all():
            continue
        effects["residual"] = whole - sum(effects.values())
        walked["marks"] = whole - sum(walked.values())
        found[leg.symbol] = replace(row, effects=effects, steps=walked)
    return found


def _vols_of_mids(legs: Sequence[Leg], after: reprice.Table, solved: reprice.Floats) -> reprice.Floats:
    """The end's volatilities from the mids, like the start's from its prices.

    A leg valued by a smile or a given volatility has another price than its mid; beside a start solved from a price
    that difference would pass for a move of volatility.
    """
    vols = after["vol"].copy()
    places = np.array([i for i, leg in enumerate(legs) if leg.vol_source != "mid" and np.isfinite(solved[i])], int)
    if len(places):
        mine = [legs[i] for i in places]
        mids = np.array([leg.mark.mid for leg in mine], float)
        found = reprice.implied(mine, {name: column[places] for name, column in after.items()}, mids)
        vols[places] = np.where(np.isfinite(found), found, vols[places])
    return vols


def _steps(legs: Sequence[Leg], first: reprice.Table, after: reprice.Table) -> reprice.Table:
    """Value changes as time, spot, volatility and rate move one after the other, per share."""
    state, value, found = dict(first), reprice.values(legs, first), {}
    for name, step in (("years", "time"), ("spot", "spot"), ("vol", "vol"), ("rate", "rate")):
        state = state | {name: after[name]}
        following = reprice.values(legs, state)
        found[step] = following - value
        value = following
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
        (effects["delta"] + effects["gamma"] + effects["cross"], steps["spot"]),
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

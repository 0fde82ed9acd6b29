"""The book for people at a terminal: what counts first, then the tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from lox_core import numbers
from lox_core.cli.output import console
from lox_core.journal.records import JournalState, NavRecord
from lox_core.portfolio.performance import MWR_FORMULA, TWR_FORMULA
from lox_core.portfolio.rows import leg_name
from lox_core.portfolio.valued import Book, Leg, Total
from lox_core.workbench import Snapshot
from lox_core.workbench.record import Recorded

STEPS = {2: "note", 3: "watch", 4: "act", 5: "urgent"}
GREEK_WORDS = {
    "dollar_delta": "Dollar delta",
    "beta_weighted_delta_spy": "β-weighted delta, SPY shares",
    "gamma_1pct_usd": "Gamma per 1 %",
    "theta_per_day_usd": "Theta per day",
    "vega_per_vol_point_usd": "Vega per vol point",
    "rho_per_pct_point_usd": "Rho per point of rates",
}


def status(snapshot: Snapshot, mode: str, journal: JournalState, recorded: Recorded) -> None:
    """Portfolio health."""
    out = _frame(snapshot, mode)
    book = snapshot.book
    if book is None:
        return
    _worth(out, book)
    made = snapshot.attribution
    if made is not None:
        since = numbers.moment(made.start)
        out.print(f"Day {numbers.money(snapshot.day_pnl_usd, sign=True)} at mid since {since}", markup=False)
        for alarm in made.alarms:
            out.print(alarm, style="yellow", markup=False)
    for one in snapshot.alerts:
        out.print(f"{STEPS.get(one.step, 'note'):>6}  {one.title}: {one.text}", markup=False)
    if not snapshot.alerts:
        out.print("Nothing asks for action.", style="dim")
    _gaps(out, snapshot)
    _journal(out, journal, recorded)


def account(snapshot: Snapshot, mode: str) -> None:
    """The account's figures, working orders and recent fills."""
    out = _frame(snapshot, mode)
    if snapshot.book is not None:
        found = snapshot.book.account
        figures = [
            ("Equity", numbers.money(found.equity)),
            ("Equity at the last close", numbers.money(found.last_equity)),
            ("Cash", numbers.money(found.cash)),
            ("Buying power", numbers.money(found.buying_power)),
            ("Options buying power", numbers.money(found.options_buying_power)),
            ("Initial margin", numbers.money(found.initial_margin)),
            ("Maintenance margin", numbers.money(found.maintenance_margin)),
            ("Options level", numbers.DASH if found.options_level is None else str(found.options_level)),
        ]
        table = _table("", "")
        for figure in figures:
            table.add_row(*figure)
        out.print(table)
        if found.blocked:
            out.print(f"Blocked: {found.blocked}", style="yellow", markup=False)
    orders = _table("Working order", "Side", "Quantity", "Limit", "Status")
    for one in snapshot.orders:
        name = one.symbol or " / ".join(leg.symbol for leg in one.legs)
        limit = numbers.number(one.limit_price, 2)
        orders.add_row(name, one.side or "multi-leg", numbers.number(one.quantity), limit, one.status)
    if snapshot.orders:
        out.print(orders)
    fills = _table("Fill", "Quantity", "Price", "At")
    for row in snapshot.fills[:10]:
        fills.add_row(row.symbol, numbers.signed(row.quantity, 0), numbers.number(row.price, 2), numbers.moment(row.at))
    if snapshot.fills:
        out.print(fills)
    _gaps(out, snapshot)


def risk(snapshot: Snapshot, mode: str) -> None:
    """Totals with their coverage, then every position."""
    out = _frame(snapshot, mode)
    book = snapshot.book
    if book is None:
        return
    _worth(out, book)
    totals = _table("Total", "Value", "Coverage")
    for name, words in GREEK_WORDS.items():
        totals.add_row(words, *_total(book.totals[name]))
    out.print(totals)
    legs = _table("Position", "Qty", "Mark", "Mid", "Value", "IV", "$ Delta", "Γ 1 %", "Θ / day", "Vega", "Note")
    for leg in book.legs:
        legs.add_row(*_leg(leg))
    out.print(legs)
    for notice in book.notices:
        out.print(notice, style="dim", markup=False)
    _gaps(out, snapshot)


def nav(snapshot: Snapshot | None, kept: Sequence[NavRecord], mode: str, rows: int) -> None:
    """The last days' net value, then the performance with its formulas."""
    out = console() if snapshot is None else _frame(snapshot, mode)
    by_day = {one.date: one for one in kept}
    equity = {one.date: one.equity for one in kept}
    for row in snapshot.history if snapshot is not None else ():
        if row.equity is not None:
            equity.setdefault(row.day, row.equity)
    table = _table("Day", "Equity", "NAV, liquidation", "NAV, mid", "Coverage", "From")
    for day in sorted(equity)[-rows:]:
        one = by_day.get(day)
        if one is None:
            table.add_row(day.isoformat(), numbers.money(equity[day]), "", "", "", "broker")
            continue
        money = (numbers.money(one.nav_liquidation), numbers.money(one.nav_mid), numbers.share(one.coverage))
        table.add_row(day.isoformat(), numbers.money(one.equity), *money, "journal")
    out.print(table)
    if snapshot is not None:
        _performance(out, snapshot)


def _performance(out: Console, snapshot: Snapshot) -> None:
    earned = snapshot.performance
    if earned is None:
        out.print(snapshot.gaps.get("performance", "No performance: there is no equity by day."), markup=False)
        return
    span = f"{earned.first} to {earned.last}"
    out.print(f"Time-weighted {_percent(earned.twr)} over {span}, {_percent(earned.twr_yearly)} a year", markup=False)
    out.print(TWR_FORMULA, style="dim", markup=False)
    out.print(f"Money-weighted {_percent(earned.mwr_yearly)} a year", markup=False)
    out.print(MWR_FORMULA, style="dim", markup=False)
    fall = earned.drawdown
    if fall is not None:
        words = f"Deepest fall {_percent(fall.worst)}, {fall.peak} to {fall.trough}; now {_percent(fall.current)}"
        out.print(words, markup=False)
    for reason in earned.reasons:
        out.print(reason, style="dim", markup=False)


def _frame(snapshot: Snapshot, mode: str) -> Console:
    """What stands over every answer: whose book, when, and that it is nobody's where it is."""
    out = console()
    if mode == "demo":
        out.print("DEMO MARKET · simulated, no real prices", style="bold reverse")
    elif snapshot.is_sample:
        out.print("SAMPLE BOOK · nobody's positions, options valued by their model", style="bold reverse")
    out.print(f"Account {snapshot.account_label} · fetched {numbers.moment(snapshot.fetched_at)}", markup=False)
    if snapshot.problem is not None:
        out.print(f"No positions: {snapshot.problem}", style="yellow", markup=False)
    return out


def _worth(out: Console, book: Book) -> None:
    liquidation, mid = book.totals["nav_liquidation"], book.totals["nav_mid"]
    gap = book.gap_usd.value
    out.print(
        f"NAV {numbers.money(liquidation.value)} at liquidation, {numbers.money(mid.value)} at mid, "
        f"gap {numbers.money(None if gap is None else -gap)} · coverage {numbers.share(liquidation.coverage)}",
        style="bold",
        markup=False,
    )


def _gaps(out: Console, snapshot: Snapshot) -> None:
    for item, reason in snapshot.gaps.items():
        out.print(f"{item}: {reason}", style="yellow", markup=False)


def _journal(out: Console, journal: JournalState, recorded: Recorded) -> None:
    kept = {"new": "this day was added", "updated": "this day was brought up to date"}.get(recorded.outcome)
    words = journal.problem or kept or (recorded.why if journal.keeps else "") or journal.where
    out.print(f"Journal: {words}", style="dim", markup=False)


def _total(total: Total) -> tuple[str, str]:
    without = f", without {numbers.plural(len(total.missing), 'leg')}" if total.missing else ""
    return numbers.number(total.value, 0, sign=True), numbers.share(total.coverage) + without


def _leg(leg: Leg) -> list[str]:
    greeks = leg.greeks
    shown = ("dollar_delta", "gamma_1pct_usd", "theta_per_day_usd", "vega_per_vol_point_usd")
    note = leg.reason or ", ".join(leg.mark.flags) or leg.greeks_reason or ""
    quantity = leg.holding.quantity
    return [
        leg_name(leg),
        numbers.signed(quantity, 0 if float(quantity).is_integer() else 3),
        numbers.number(leg.mark.mark, 2),
        numbers.number(leg.mark.mid, 2),
        numbers.money(leg.mark_value),
        numbers.percent(None if leg.vol is None else 100 * leg.vol),
        *(numbers.signed(greeks.get(name)) for name in shown),
        note,
    ]


def _percent(value: float | None) -> str:
    return numbers.percent(None if value is None else 100 * value, sign=True)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    left = {"", "Position", "Total", "Note", "Working order", "Side", "Status", "Fill", "Day", "From"}
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if column in left and place != 1 else "right")
    return table

"""What made the day, how the account went, and what moves the book: the panels with figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from lox_core import numbers
from lox_core.charts import portfolio as figures
from lox_core.charts.theme import palette
from lox_core.portfolio.performance import MWR_FORMULA, TWR_FORMULA
from lox_ui import parts
from lox_ui.parts import tag
from lox_ui.table_parts import cell, download, table

if TYPE_CHECKING:
    from lox_core.portfolio.attribution import Attribution
    from lox_core.portfolio.valued import Book, Total
    from lox_core.workbench import Snapshot

PLOT = {"displayModeBar": False}
WAYS = ("Greeks", "Steps")
MOST_BARS = 9
LEAST_CHANGE_USD = 1.0


def attribution_panel(snapshot: Snapshot, *, file_day: str, demo: bool) -> None:
    """The waterfall by Greeks or by repricing, its alarms, and what is in no bar."""
    found: Attribution | None = snapshot.attribution
    with parts.bar("attribution"):
        note = "" if found is None else _window(found)
        parts.show(parts.head("The day's P&L", note), width="content")
        if found is not None:
            with st.container(
                horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key="bar-attribution-right"
            ):
                way = st.segmented_control(
                    "Told by",
                    WAYS,
                    default="Greeks",
                    key="pf_way",
                    bind="query-params",
                    label_visibility="collapsed",
                    required=True,
                )
                _by_position(found)
                download(
                    lambda: attribution_frame(found),
                    f"attribution-{file_day}",
                    demo=demo,
                    key="pf-csv-attribution",
                    what="of the attribution",
                )
    if found is None:
        parts.nothing(
            snapshot.gaps.get("attribution", "The prices of the last close are missing, so no day can be told.")
        )
        return
    drawn = figures.attribution(palette(parts.theme_name()), found, by_steps=way == "Steps", demo=demo)
    said = f"P&L since the last close {numbers.money(found.pnl, sign=True)}"
    st.plotly_chart(drawn, theme=None, key="pf-attribution", config=PLOT, alt=said)
    lines = [*found.alarms]
    if found.missing:
        names = ", ".join(symbol for symbol, _ in found.missing[:4])
        lines.append(f"In no bar, a price is missing: {names}{' …' if len(found.missing) > 4 else ''}.")
    parts.show(tag("div", _agreement(found), cls="lx-note"))
    if lines:
        label = parts.label("alarm" if found.alarms else "gap", warn=True)
        parts.show(tag("div", label, " ", " ".join(lines), cls="lx-note"))


def _by_position(found: Attribution) -> None:
    """What each position made, by cause."""
    with st.popover("By position", icon=":material/list:", type="tertiary", key="pf_by_position"):
        parts.show(parts.head("The day by position", "$ at mid; averaged Greeks"))
        rows: list[list[object]] = []
        for row in sorted(found.legs, key=lambda one: -abs(one.pnl or 0.0)):
            causes = [numbers.signed(row.effects.get(name)) for name in figures.CAUSES]
            rows.append([row.symbol, numbers.signed(row.pnl), *causes, numbers.signed(row.trades)])
        rows += [
            [row.symbol, numbers.signed(row.pnl), cell("expiring", cls="left", colspan=len(figures.CAUSES) + 1)]
            for row in found.expiring
        ]
        rows += [
            [symbol, numbers.DASH, cell(reason, cls="left wrap", colspan=len(figures.CAUSES) + 1)]
            for symbol, reason in found.missing
        ]
        headers = ["Position", "P&L", *figures.CAUSES.values(), "Trades"]
        parts.show(table(headers, rows, tight=True, caption="The day by position"))


def _window(found: Attribution) -> str:
    return f"$ at mid since {numbers.moment(found.start)}"


def _agreement(found: Attribution) -> str:
    share = numbers.DASH if found.residual_share is None else numbers.percent(100 * found.residual_share)
    told = (
        f"Averaged Greeks leave {share} of the legs' absolute P&L; "
        f"repricing agrees within {numbers.money(found.disagreement_usd)}."
    )
    change = found.gap_change_usd
    if change is None or abs(change) < LEAST_CHANGE_USD:
        return told
    dearer = "dearer" if change > 0 else "cheaper"
    return f"{told} Leaving has become {numbers.money(abs(change))} {dearer} since that session was last recorded."


def attribution_frame(found: Attribution) -> pd.DataFrame:
    """One row per position: P&L, every effect and every step."""
    rows: list[dict[str, Any]] = [
        {"symbol": row.symbol, "pnl_usd": row.pnl, "trades_usd": row.trades, **row.effects, **_prefixed(row.steps)}
        for row in (*found.legs, *found.expiring)
    ]
    rows += [{"symbol": symbol, "missing_reason": reason} for symbol, reason in found.missing]
    return pd.DataFrame(rows)


def _prefixed(steps: Mapping[str, float]) -> dict[str, float]:
    return {f"step_{name}": value for name, value in steps.items()}


def exposure_panel(book: Book, *, by: str) -> None:
    """Dollar delta by underlying, or vega by expiry, as bars either side of zero."""
    if by == "underlying":
        parts.show(parts.head("Dollar delta", "by underlying, $"))
        totals = {name: group["dollar_delta"] for name, group in book.by_underlying.items()}
    else:
        parts.show(parts.head("Vega per point", "by expiry, $"))
        totals = {
            numbers.day(day, book.as_of.date()): group["vega_per_vol_point_usd"]
            for day, group in sorted(book.by_expiry.items())
        }
    rows = _bars(totals)
    if rows:
        parts.show(parts.money_bars(rows))
    else:
        parts.nothing("No option in the book." if by != "underlying" else "No position has a delta.")


def _bars(totals: Mapping[str, Total]) -> list[tuple[str, float | None]]:
    """The largest in their order, the rest summed."""
    items = [(name, total.value) for name, total in totals.items()]
    if len(items) <= MOST_BARS:
        return items
    ranked = sorted(items, key=lambda item: -abs(item[1] or 0.0))
    kept = {name for name, _ in ranked[: MOST_BARS - 1]}
    rest = [value for name, value in items if name not in kept]
    known = [value for value in rest if value is not None]
    word = "others" if len(known) == len(rest) else f"others ({len(rest) - len(known)} missing)"
    return [item for item in items if item[0] in kept] + [(word, sum(known) if known else None)]


def performance_panel(snapshot: Snapshot, liquidation: Mapping[date, float], *, file_day: str, demo: bool) -> None:
    """NAV and drawdown with the returns and their formulas."""
    found = snapshot.performance
    equity = {row.day: row.equity for row in snapshot.history or () if row.equity is not None}
    with parts.bar("performance"):
        parts.show(
            parts.head(
                "Net asset value and drawdown", "the broker's history at mid; dashed: liquidation, from the journal"
            ),
            width="content",
        )
        download(
            lambda: pd.DataFrame({"date": list(equity), "equity_usd": list(equity.values())}),
            f"nav-{file_day}",
            demo=demo,
            key="pf-csv-nav",
            what="of the net asset value",
        )
    if snapshot.history is None or "history" in snapshot.gaps:
        parts.fault(
            "The account's history could not be had.",
            snapshot.gaps.get("history", ""),
            "Positions and Greeks are not concerned.",
        )
        return
    drawn = figures.nav_and_drawdown(palette(parts.theme_name()), equity, found, liquidation=liquidation, demo=demo)
    st.plotly_chart(
        drawn, theme=None, key="pf-nav", config=PLOT, alt="Net asset value by day, and drawdown from its peak"
    )
    if found is None:
        return
    fall = found.drawdown
    percent = lambda value: numbers.percent(None if value is None else 100 * value, sign=True)  # noqa: E731 - one form
    cells = [
        ("Time-weighted", percent(found.twr), f"since {numbers.day(found.first)}"),
        ("a year", percent(found.twr_yearly), "the same, yearly"),
        ("Money-weighted", percent(found.mwr_yearly), "a year"),
        ("Drawdown now", percent(fall.current if fall else None), "from the peak"),
        (
            "Deepest",
            percent(fall.worst if fall else None),
            "" if fall is None else f"{numbers.day(fall.peak)} to {numbers.day(fall.trough)}",
        ),
        ("Deposits", numbers.money(found.flows_usd, sign=True), "less withdrawals, since then"),
    ]
    parts.show(parts.strip(cells, small=True), tag("div", f"{TWR_FORMULA}. {MWR_FORMULA}.", cls="lx-note"))

"""The positions table: grouped, filtered, sortable, with the day's P&L first and every missing number explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from lox_core import numbers
from lox_core.charts.theme import palette
from lox_core.portfolio.rows import GROUPINGS, Row, leg_name, position_rows
from lox_ui import parts
from lox_ui.table_parts import download, table

if TYPE_CHECKING:
    from lox_core.portfolio.valued import Book, Leg

ROW_PX, MOST_ROWS = 28, 22
WORDS = {"strategy": "Strategy", "underlying": "Underlying", "expiry": "Expiry", "leg": "Leg"}
GREEK_COLUMNS = {
    "$ Delta": "dollar_delta",
    "β-Δ SPY": "beta_weighted_delta_spy",
    "Γ 1 %": "gamma_1pct_usd",
    "Θ / day": "theta_per_day_usd",
    "Vega / pt": "vega_per_vol_point_usd",
}
EXTRA_COLUMNS = {"Vanna": "vanna_usd", "Charm / day": "charm_per_day_usd", "Volga": "volga_usd"}
ALL_GREEKS = {**GREEK_COLUMNS, **EXTRA_COLUMNS}
SIGNED = ("Day P&L", "Value", "Gap to mid", *ALL_GREEKS)
FIRST = ("Position", "Day P&L", "Value", "Gap to mid", "Qty", "Mark", "IV", "DTE", "20 d")
SAID_ABOVE = ("indicative", "last session")  # of every row, so a notice tells it once
PROBLEMS = ("Unpriced", "Flagged quote", "Short")
PnlBySymbol = Mapping[str, float | None]


def positions_panel(
    book: Book, day_pnl: PnlBySymbol, trends: Mapping[str, Sequence[float]], *, file_day: str, demo: bool
) -> None:
    """The table with its controls; the choice of grouping stays in the address."""
    with parts.bar("positions"):
        parts.show(parts.head("Positions", "longs at bid, shorts at ask; Greeks in dollars"), width="content")
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key="bar-positions-right"
        ):
            chosen = _filters(book)
            vendor_popover(book)
            legs = st.toggle("Legs", True, key="pf_legs", bind="query-params", help="Show each group's legs beneath it")
            by = st.segmented_control(
                "Group by",
                list(WORDS.values()),
                default="Strategy",
                key="pf_group",
                bind="query-params",
                label_visibility="collapsed",
                required=True,
            )
            kind = next((name for name, word in WORDS.items() if word == by), GROUPINGS[0])
            rows = [row for row in position_rows(book, kind, day_pnl=day_pnl, trends=trends, legs=legs) if chosen(row)]
            download(
                lambda: positions_frame(book, day_pnl),
                f"positions-{file_day}",
                demo=demo,
                key="pf-csv",
                what="of the positions",
            )
    if not rows:
        parts.nothing("No position passes the filter.")
        return
    shown = table_frame(rows)
    st.dataframe(
        styled(shown, rows),
        hide_index=True,
        row_height=ROW_PX,
        height=32 + ROW_PX * min(len(rows), MOST_ROWS) + 2,
        key="pf-table",
        column_order=[*FIRST, *(ALL_GREEKS if st.session_state.get("pf_extra") else GREEK_COLUMNS), "Note"],
        column_config=_columns(),
        placeholder=numbers.DASH,
        alt="Positions with marks, day's P&L and Greeks",
    )
    unpriced(book)


def vendor_popover(book: Book) -> None:
    """Our volatility and Greeks per share beside the vendor's, which are shown and never used."""
    rows = [row for leg in book.legs if (row := _beside(leg)) is not None]
    if not rows:
        return
    with st.popover("Vendor", icon=":material/balance:", type="tertiary", key="pf_vendor"):
        parts.show(parts.head("Ours and the vendor's", "per share; the vendor's are shown, never used"))
        headers = ["Leg", "IV", "theirs", "Δ", "theirs", "Θ", "theirs", "Vega", "theirs"]
        parts.show(table(headers, rows, tight=True, caption="Our Greeks beside the vendor's"))


def _beside(leg: Leg) -> list[object] | None:
    vendor, size = leg.vendor, leg.holding.quantity * leg.holding.multiplier
    if vendor is None or not size:
        return None

    def share(name: str, unit: float) -> float | None:
        """A position's Greek per share."""
        value = leg.greeks.get(name)
        return None if value is None or not unit else value / (size * unit)

    ours = (
        share("dollar_delta", leg.spot or 0.0),
        share("theta_per_day_usd", 1.0),
        share("vega_per_vol_point_usd", 1.0),
    )
    pairs = zip(ours, (vendor.delta, vendor.theta, vendor.vega), strict=True)
    vols = [numbers.percent(None if vol is None else 100 * vol) for vol in (leg.vol, vendor.vol)]
    return [leg_name(leg), *vols, *(numbers.signed(value, 3) for pair in pairs for value in pair)]


def unpriced(book: Book) -> None:
    """What has no mark, and why: it counts in no total."""
    if book.unpriced:
        said = "; ".join(f"{symbol}: {reason.rstrip('.')}" for symbol, reason in book.unpriced)
        parts.show(
            parts.tag(
                "div",
                parts.label(f"{len(book.unpriced)} unpriced", warn=True),
                f" {said}. Counted in no total.",
                cls="lx-note",
            )
        )


def table_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """The rows as the table's columns; numbers stay numbers, so that sorting is by value."""
    table: dict[str, list[Any]] = {
        "Position": [("\u2003" if row.depth else "") + row.name for row in rows],
        "Day P&L": [row.day_pnl for row in rows],
        "Value": [row.mark_value for row in rows],
        "Gap to mid": [None if row.gap_usd is None else -row.gap_usd for row in rows],
        "Qty": [row.quantity for row in rows],
        "Mark": [row.mark for row in rows],
        "IV": [None if row.vol is None else 100 * row.vol for row in rows],
        "DTE": [row.days_left for row in rows],
        "20 d": [list(row.trend) if not row.depth else [] for row in rows],
        **{name: [row.greeks.get(key) for row in rows] for name, key in ALL_GREEKS.items()},
        "Note": [note(row) for row in rows],
    }
    frame = pd.DataFrame(table)
    numeric = [*SIGNED, "Qty", "Mark", "IV", "DTE"]
    frame[numeric] = frame[numeric].astype(float)
    return frame


def note(row: Row) -> str:
    """The structure's name, then what is wrong with the row's quotes."""
    if row.reason and row.missing:
        return f"unpriced: {row.reason}"
    said = [row.kind, *(flag for flag in row.flags if flag not in SAID_ABOVE)]
    if row.missing:
        said.append(f"{numbers.plural(row.missing, 'leg')} unpriced")
    return ", ".join(text for text in said if text)


def styled(frame: pd.DataFrame, rows: Sequence[Row]) -> Any:
    """True minus and signs, P&L in its colours, legs quieter than their group. ``format`` can be called once only."""
    colours = palette(parts.theme_name())
    up, down = ("#0B7353", "#B81F44") if colours.name == "light" else ("#6FDCA6", "#F07484")

    def ink(value: float) -> str:
        return "" if pd.isna(value) or not round(value, 2) else f"color: {up if value > 0 else down}"

    quiet = [row.depth > 0 for row in rows]
    formats: dict[str, Callable[[float], str]] = {
        **dict.fromkeys(SIGNED, lambda value: numbers.signed(_known(value))),
        "Qty": lambda value: numbers.signed(_known(value), 0 if float(value or 0).is_integer() else 3),
        "Mark": lambda value: numbers.number(_known(value), 2),
        "IV": lambda value: numbers.percent(_known(value)),
        "DTE": lambda value: numbers.number(_known(value)),
    }
    return (
        frame.style.format(formats, na_rep=numbers.DASH)
        .map(ink, subset=["Day P&L"])
        .apply(lambda _: [f"color: {colours.muted}" if q else "" for q in quiet], subset=["Position", "Note"])
    )


def positions_frame(book: Book, day_pnl: PnlBySymbol) -> pd.DataFrame:
    """One row per leg with everything known about it, for the file."""
    rows = []
    for leg in book.legs:
        holding, contract = leg.holding, leg.holding.contract
        rows.append(
            {
                "symbol": leg.symbol,
                "underlying": holding.underlying,
                "expiry": contract.expiry if contract else None,
                "right": contract.right if contract else None,
                "strike": contract.strike if contract else None,
                "quantity": holding.quantity,
                "average_price": holding.average_price,
                "mark": leg.mark.mark,
                "mid": leg.mark.mid,
                "mark_value_usd": leg.mark_value,
                "mid_value_usd": leg.mid_value,
                "gap_usd": leg.gap_usd,
                "day_pnl_usd": day_pnl.get(leg.symbol),
                "quote_at": leg.mark.at.isoformat() if leg.mark.at else None,
                "flags": ", ".join(leg.mark.flags),
                "spot": leg.spot,
                "vol": leg.vol,
                "vol_source": leg.vol_source,
                "model": leg.model,
                **leg.greeks,
                **leg.extra_greeks,
                "strategy": leg.strategy,
                "missing_reason": leg.reason or leg.greeks_reason,
            }
        )
    return pd.DataFrame(rows)


def _filters(book: Book) -> Callable[[Row], bool]:
    """A popover with the underlyings and what may be wrong; no choice shows everything."""
    underlyings = sorted({leg.holding.underlying for leg in book.legs})
    chosen = len(st.session_state.get("pf_only", [])) + len(st.session_state.get("pf_what", []))
    with st.popover(
        f"Filter ({chosen})" if chosen else "Filter", icon=":material/filter_list:", type="tertiary", key="pf_filter"
    ):
        only = st.multiselect("Underlying", underlyings, key="pf_only", placeholder="all")
        what = st.pills("Only", PROBLEMS, selection_mode="multi", key="pf_what")
        st.toggle("Vanna, charm, volga", key="pf_extra", help="Second-order Greeks, in dollars of delta and of vega")
    wanted = {leg.symbol for leg in book.legs if not only or leg.holding.underlying in only}
    if what:
        wanted &= {leg.symbol for leg in book.legs if any(_is(leg, word) for word in what)}
    return lambda row: bool(wanted.intersection(row.symbols))


def _is(leg: Any, word: str) -> bool:
    if word == "Unpriced":
        return leg.mark_value is None
    return leg.holding.quantity < 0 if word == "Short" else bool(leg.mark.flags)


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "Position": column.TextColumn(width=250),
        "Day P&L": column.NumberColumn(help="Since the last session's close, at mid"),
        "Gap to mid": column.NumberColumn(help="What the spread costs to get out now"),
        "IV": column.NumberColumn(help="From the leg's own mid, else from the smile; never from the mark"),
        "20 d": column.LineChartColumn("20 d", width=70, color="gray", help="The underlying's last 20 closes"),
        "$ Delta": column.NumberColumn(help="Dollars of the underlying held: quantity × multiplier × delta × spot"),
        "β-Δ SPY": column.NumberColumn(help="The same in SPY shares, weighted by beta"),
        "Γ 1 %": column.NumberColumn(help="Change of dollar delta for a 1 % move"),
        "Θ / day": column.NumberColumn(help="Dollars a calendar day; positive: you collect"),
        "Vega / pt": column.NumberColumn(help="Dollars for one volatility point"),
        "Vanna": column.NumberColumn(help="Change of dollar delta for one volatility point"),
        "Charm / day": column.NumberColumn(help="Change of dollar delta in a calendar day"),
        "Volga": column.NumberColumn(help="Change of vega for one volatility point"),
        "Note": column.TextColumn(width=160),
    }


def _known(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)

"""A strategy's payoff today, on a chosen day and at expiry, and the smile its strikes lie on."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from lox_core import numbers
from lox_core.charts import options as smile_figures
from lox_core.charts import portfolio as figures
from lox_core.charts.theme import palette
from lox_core.clock import NEW_YORK
from lox_core.errors import ModelError
from lox_core.portfolio.payoff import payoff
from lox_ui import parts
from lox_ui.parts import tag

if TYPE_CHECKING:
    from lox_core.portfolio.payoff import Payoff
    from lox_core.portfolio.valued import Book, Leg
    from lox_core.workbench import Snapshot

PLOT = {"displayModeBar": False}
BASES = {"to leave now": "mark", "to what was paid": "cost"}


def payoff_panel(book: Book, *, demo: bool) -> None:
    """The chosen strategy's payoff with its break-evens and bounds."""
    drawable = [one.name for one in book.strategies if _kept(book, one.name)]
    with parts.bar("payoff"):
        parts.show(parts.head("Payoff", "$ by spot; against"), width="content")
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key="bar-payoff-right"
        ):
            if not drawable:
                parts.show(tag("span", "no option strategy"), width="content")
                return
            basis = st.selectbox("Against", list(BASES), key="pf_basis", label_visibility="collapsed", width=150)
            most = max(range(len(drawable)), key=lambda place: len(_kept(book, drawable[place])))
            name = st.selectbox(
                "Strategy", drawable, index=most, key="pf_payoff", label_visibility="collapsed", width=230
            )
            legs = _kept(book, name)
            last = min(leg.holding.contract.expiry for leg in legs if leg.holding.contract)
            today = book.as_of.astimezone(NEW_YORK).date()
            day = _day(today, last, name)
    chosen = None if day is None else datetime.combine(day, time(16), NEW_YORK)
    try:
        found = payoff(legs, as_of=book.as_of, chosen=chosen, basis=BASES[basis])  # type: ignore[arg-type]
    except ModelError as error:
        parts.fault("This payoff cannot be drawn.", str(error))
        return
    named = "" if day is None else f"on {numbers.day(day, today)}"
    drawn = figures.payoff(palette(parts.theme_name()), found, chosen_name=named, demo=demo)
    st.plotly_chart(drawn, theme=None, key="pf-payoff-chart", config=PLOT, alt=_said(found, name))
    parts.show(tag("div", _legend(named), _bounds(found), cls="lx-apart lx-note"))


def _day(today: date, last: date, name: str) -> date | None:
    """A day between now and the first expiry; the middle unless chosen."""
    if last <= today + timedelta(days=1):
        return None
    middle = today + (last - today) / 2
    picked = st.date_input(
        "On",
        middle,
        min_value=today,
        max_value=last,
        key=f"pf_day_{name}",
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        width=136,
    )
    return picked if isinstance(picked, date) and today < picked < last else None


def _kept(book: Book, name: str) -> list[Leg]:
    """The strategy's legs on its underlying, when at least one is a running option."""
    legs = [leg for leg in book.legs if leg.strategy == name]
    running = any(leg.holding.contract is not None and leg.expiry_years for leg in legs)
    return legs if running and len({leg.holding.underlying for leg in legs}) == 1 else []


def _legend(named: str) -> object:
    words = ["solid: at the first expiry", *([f"dashed: {named}"] if named else []), "dotted: today"]
    return tag("span", " · ".join(words))


def _bounds(found: Payoff) -> object:
    best = "unlimited" if found.best is None else numbers.money(found.best, sign=True)
    worst = "unlimited" if found.worst is None else numbers.money(found.worst, sign=True)
    evens = ", ".join(numbers.number(level, 2) for level in found.break_evens) or "none"
    return tag("span", f"break-even {evens} · best {best} · worst {worst}")


def _said(found: Payoff, name: str) -> str:
    evens = ", ".join(f"{level:,.2f}" for level in found.break_evens) or "none"
    return f"Payoff of {name} over the spot of {found.underlying}; break-evens at expiry: {evens}"


def smile_panel(snapshot: Snapshot, book: Book, *, demo: bool) -> None:
    """The smile of one underlying and expiry, the book's strikes marked."""
    held = sorted(
        {
            (leg.holding.underlying, leg.holding.contract.expiry)
            for leg in book.legs
            if leg.holding.contract is not None and not leg.holding.contract.adjusted
        }
    )
    with parts.bar("smile"):
        parts.show(parts.head("Smile", "○ used, × not used, | held; %"), width="content")
        if not held:
            return
        names = [f"{name} {numbers.day(day, book.as_of.date())}" for name, day in held]
        picked = st.selectbox(
            "Smile of", names, index=_first(held, snapshot), key="pf_smile", label_visibility="collapsed", width=180
        )
    key = held[names.index(picked)]
    found = snapshot.smiles.get(key)
    strikes = [
        (leg.holding.contract.strike, leg.holding.contract.right, leg.holding.quantity)
        for leg in book.legs
        if leg.holding.contract is not None and (leg.holding.underlying, leg.holding.contract.expiry) == key
    ]
    drawn = smile_figures.smile(palette(parts.theme_name()), found, strikes, why=_why(snapshot, key), demo=demo)
    st.plotly_chart(drawn, theme=None, key="pf-smile-chart", config=PLOT, alt=f"Smile of {picked}")
    if found is not None:
        used = sum(one.reason is None for one in found.quotes)
        words = [
            f"{used} of {len(found.quotes)} quotes used",
            f"forward {numbers.number(found.forward, 2)}",
            found.source,
        ]
        parts.show(tag("div", " · ".join(word for word in words if word), " ", " ".join(found.warnings), cls="lx-note"))


def _first(held: list[tuple[str, date]], snapshot: Snapshot) -> int:
    """The expiry whose smile rests on the most quotes."""
    used = [
        sum(one.reason is None for one in snapshot.smiles[key].quotes) if key in snapshot.smiles else -1 for key in held
    ]
    return used.index(max(used))


def _why(snapshot: Snapshot, key: tuple[str, date]) -> str:
    reasons = [
        reason for name, reason in snapshot.gaps.items() if name.startswith(("smile", "chain", f"chain {key[0]}"))
    ]
    return reasons[0] if reasons else "No chain was quoted for this expiry."

"""Around the book: whose it is, Refresh, the owner's own grouping, and what wants saying first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from lox_core import numbers
from lox_core.errors import LoxError
from lox_core.log import log_error
from lox_ui import book_io, book_state, parts, services
from lox_ui.parts import tag

if TYPE_CHECKING:
    from lox_core.workbench import Snapshot
    from lox_ui.book_state import Held

MOST_SIGNALS = 4


def whose(snapshot: Snapshot) -> str:
    """The line beside the title: the account's name, or what stands in its place."""
    if snapshot.named:
        return snapshot.named
    return f"account {snapshot.account_label}"


def ribbon(snapshot: Snapshot, *, demo: bool) -> None:
    """A sample on a live market says so where the demo's ribbon would hang."""
    if snapshot.is_sample and not demo:
        notices = snapshot.book.notices if snapshot.book is not None else ()
        parts.ribbon(snapshot.named.upper(), notices[0] if notices else "Nobody's positions, on the real market.")


def toolbar(held: Held) -> None:
    """Refresh and the grouping."""
    if st.button("Refresh", icon=":material/refresh:", type="tertiary", key="pf_refresh", help="Ask the broker now"):
        book_state.refresh()
        st.rerun()
    book_io.popover(held)
    book = held.snapshot.book
    if book is None or not book.legs:
        return
    with st.popover("Group", icon=":material/workspaces:", type="tertiary", key="pf_names"):
        parts.show(tag("div", "Put legs under a name of your own; it wins over what Lox recognises.", cls="lx-note"))
        symbols = st.multiselect("Legs", [leg.symbol for leg in book.legs], key="pf_name_legs")
        name = st.text_input("Name", key="pf_name", max_chars=60, placeholder="Earnings play")
        one, two = st.columns(2)
        if one.button("Group them", key="pf_name_set", disabled=not (symbols and name.strip())):
            _tell(lambda: book_state.name_strategy(symbols, name.strip()))
        if two.button("As recognised", key="pf_name_clear", disabled=not symbols):
            _tell(lambda: book_state.clear_names(symbols))
        kept = held.whose != "public" and not services.demo()
        parts.show(tag("div", "Kept in the journal." if kept else "Kept for this session.", cls="lx-note"))


def _tell(change: object) -> None:
    try:
        change()  # type: ignore[operator]
    except LoxError as error:
        log_error("grouping", error)
        st.warning(str(error))
        return
    st.rerun()


def signals(snapshot: Snapshot) -> None:
    """The gravest signals, then what the book wants noted."""
    lines = [
        tag("div", parts.label(alert.title, warn=alert.step >= 4), " ", alert.text, cls="lx-signal")
        for alert in (snapshot.alerts or ())[:MOST_SIGNALS]
    ]
    more = len(snapshot.alerts or ()) - MOST_SIGNALS
    if more > 0:
        rest = "; ".join(alert.text for alert in snapshot.alerts[MOST_SIGNALS:])
        lines.append(tag("span", numbers.plural(more, "more signal"), cls="lx-note", title=rest))
    if lines:
        parts.show(*lines)
    book = snapshot.book
    notes = [] if book is None else [note for note in book.notices if not snapshot.is_sample or note != book.notices[0]]
    if notes:
        parts.show(tag("div", " ".join(notes[:4]), cls="lx-note"))


def liquidation_history(snapshot: Snapshot) -> Mapping[date, float]:
    """What leaving would have brought, by day, as the journal kept it; empty for whoever is not the owner."""
    if snapshot.is_sample or services.visitor() == "public" or services.demo():
        return {}
    try:
        rows = services.owners_workbench().journal.nav(snapshot.account_label)
    except LoxError as error:
        log_error("reading the journal", error)
        return {}
    return {row.date: row.nav_liquidation for row in rows if row.nav_liquidation is not None}

"""Portfolio & Greeks: what is owned, what leaving now brings, what moves it, what expires, what made the day."""

from __future__ import annotations

import streamlit as st

from lox_core.clock import NEW_YORK
from lox_ui import (
    book_badges,
    book_pnl_view,
    book_state,
    book_strip,
    book_tools,
    expiry_view,
    parts,
    payoff_view,
    positions_view,
    services,
)

REDRAW_S = 300
SKELETONS_PX = (90, 330, 280, 280)
STATUS = "The Status page says which source failed and when it is asked again."

demo = services.demo()
with parts.bar("portfolio"):
    title, tools = (
        st.empty(),
        st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key="bar-portfolio-right"
        ),
    )

with parts.analyst_errors("The portfolio", works=STATUS, key="portfolio", again=book_state.refresh):
    if book_state.ready():
        held = book_state.current()
    else:
        with parts.waiting(SKELETONS_PX, "Asking the broker…"):
            held = book_state.current()
    snapshot = held.snapshot
    title.html(
        parts.tag("div", parts.title("Portfolio & Greeks", book_tools.whose(snapshot)), cls="lx"), width="content"
    )
    with tools:
        parts.show(book_badges.badges(snapshot, held.age_s), width="content")
        book_tools.toolbar(held)
    book_tools.ribbon(snapshot, demo=demo)
    book = snapshot.book
    if book is None:
        parts.fault("There is no book to show.", snapshot.problem or "", "Nothing older is shown in its place.", STATUS)
        st.button("Try again", icon=":material/refresh:", key="pf-again", on_click=book_state.refresh)
        st.stop()
    if not book.legs:
        parts.nothing("No positions. Import a CSV, or look again once the account holds something.")
    day = f"{snapshot.fetched_at.astimezone(NEW_YORK):%Y-%m-%d}"
    parts.show(book_strip.strip(book, snapshot.day_pnl_usd, book_strip.day_note(snapshot)))
    book_tools.signals(snapshot)

    trends = {name: state.recent_closes for name, state in book.underlyings.items()}
    with parts.panel("positions"):
        positions_view.positions_panel(book, snapshot.day_pnl, trends, file_day=day, demo=demo)

    left, right = st.columns([1, 1.15], gap="xsmall")
    with left, parts.panel("attribution"):
        book_pnl_view.attribution_panel(snapshot, file_day=day, demo=demo)
    with right, parts.panel("payoff"):
        payoff_view.payoff_panel(book, demo=demo)

    left, right = st.columns([1, 1.8], gap="xsmall")
    with left, parts.panel("exposure"):
        book_pnl_view.exposure_panel(book, by="underlying")
        book_pnl_view.exposure_panel(book, by="expiry")
    with right, parts.panel("expiry"):
        expiry_view.expiry_panel(snapshot, book, file_day=day, demo=demo)

    left, right = st.columns([1, 1.15], gap="xsmall")
    with left, parts.panel("smile"):
        payoff_view.smile_panel(snapshot, book, demo=demo)
    with right, parts.panel("performance"):
        book_pnl_view.performance_panel(snapshot, book_tools.liquidation_history(snapshot), file_day=day, demo=demo)

    left, right = st.columns([1.15, 1], gap="xsmall")
    with left, parts.panel("orders"):
        expiry_view.orders_panel(snapshot)
    with right, parts.panel("fills"):
        expiry_view.fills_panel(snapshot, {})

parts.redraw_every(REDRAW_S, "pf_beat")

"""Import and export of positions: a dry run that names every bad row, then a book for the session, or one to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from lox_core.clock import NEW_YORK
from lox_core.errors import StoreError
from lox_core.portfolio.export_csv import export_csv
from lox_core.portfolio.import_csv import ImportResult, import_csv
from lox_core.portfolio.presets import PRESETS
from lox_core.workbench import imported
from lox_ui import book_state, parts, services
from lox_ui.parts import tag
from lox_ui.table_parts import table

if TYPE_CHECKING:
    from lox_ui.book_state import Held

ANY = "Recognise the layout"
MOST_ERRORS, LIMIT_MB = 12, 5
COLUMNS = "Columns: symbol (OCC, or underlying, expiry, right, strike), quantity, average_price; optional mark, iv."


def popover(held: Held) -> None:
    """Everything behind one button; what belongs to the owner's disk is offered to him alone."""
    with st.popover("Import / export", icon=":material/swap_vert:", type="tertiary", key="pf_io"):
        _export(held)
        if st.session_state.get(book_state.IMPORT) is not None:
            parts.show(tag("div", "An imported book is open; it stands in place of the account.", cls="lx-note"))
            st.button(
                "Back to the account", icon=":material/undo:", key="pf_import_close", on_click=book_state.close_import
            )
        titles = {ANY: None, **{one.title: one.name for one in PRESETS}}
        layout = st.selectbox("Layout", list(titles), key="pf_layout")
        file = st.file_uploader("Positions, CSV", type=["csv", "txt"], max_upload_size=LIMIT_MB, key="pf_file")
        parts.show(tag("div", COLUMNS, cls="lx-note"))
        if file is not None:
            data = file.getvalue()
            _dry_run(import_csv(data, preset=titles[layout]), data)
        _kept()


def _export(held: Held) -> None:
    book = held.snapshot.book
    if book is None or not book.legs:
        return
    day = held.snapshot.fetched_at.astimezone(NEW_YORK).date()
    name = f"{'DEMO-' if services.demo() else ''}book-{day}.csv"
    st.download_button(
        "This book as CSV",
        data=lambda: export_csv(book).encode(),
        file_name=name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="pf_export",
        help="Reads back in here; text a spreadsheet would run is guarded",
    )


def _dry_run(found: ImportResult, data: bytes) -> None:
    """What the file would bring, what was wrong with it, and the buttons to go on."""
    cash = "" if found.cash is None else f", cash ${found.cash:,.2f}"
    title = next((one.title for one in PRESETS if one.name == found.preset), "no layout recognised")
    parts.show(tag("div", tag("b", f"{len(found.holdings)} positions{cash}"), f" · {title}", cls="lx-note"))
    if found.errors:
        rows = [[str(one.row or "file"), one.column or "—", one.message] for one in found.errors[:MOST_ERRORS]]
        parts.show(
            table(["Row", "Column", "What is wrong"], rows, left=(1,), wrap=(2,), tight=True, caption="Rows left out")
        )
        if len(found.errors) > MOST_ERRORS:
            parts.show(tag("div", f"{len(found.errors) - MOST_ERRORS} more rows are left out.", cls="lx-note"))
    if found.notices:
        parts.show(tag("div", " ".join(found.notices), cls="lx-note"))
    if not found.holdings:
        return
    if st.button("Use for this session", key="pf_import_use", type="primary"):
        book_state.open_import(found)
        st.rerun()
    if _may_keep() and st.button("Use and keep", key="pf_import_keep", help="Kept in the data folder, for you only"):
        try:
            imported.keep(services.settings().LOX_DATA_DIR, data)
        except StoreError as error:
            st.warning(str(error))
            return
        book_state.open_import(found)
        st.rerun()


def _may_keep() -> bool:
    return services.visitor() != "public" and not services.demo()


def _kept() -> None:
    """The owner's kept file: open it or delete it."""
    if not _may_keep() or (data := imported.kept(services.settings().LOX_DATA_DIR)) is None:
        return
    parts.show(tag("div", "A book kept before is at hand.", cls="lx-note"))
    one, two = st.columns(2)
    if one.button("Open it", key="pf_kept_open"):
        book_state.open_import(import_csv(data))
        st.rerun()
    if two.button("Delete it", key="pf_kept_drop"):
        try:
            imported.drop(services.settings().LOX_DATA_DIR)
        except StoreError as error:
            st.warning(str(error))
            return
        st.rerun()

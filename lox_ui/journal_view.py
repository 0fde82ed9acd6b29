"""The owner's journal: what it holds, and out of it and back. Drawn for nobody else."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from lox_core import numbers
from lox_core.errors import LoxError, StoreError
from lox_core.log import log_error
from lox_ui import parts, services
from lox_ui.table_parts import table

if TYPE_CHECKING:
    from lox_core.journal import Journal
    from lox_core.journal.records import JournalState
    from lox_core.journal.transfer import ImportReport

WORDS = {
    "nav_history": "Days of net value",
    "positions_daily": "Positions of those days",
    "attribution": "Attribution of those days",
    "trades": "Fills",
    "flows": "Flows",
    "regime_history": "Days of regimes",
    "groupings": "Own strategy names",
    "receipts": "Receipts",
}
EXPORT, NAME = "_journal_export", "lox-journal"


def journal_panel(today: date) -> None:
    """How the journal stands, its export and import; nothing for whoever is not the owner, nor in the demo."""
    if services.visitor() == "public" or services.demo():
        return
    journal = services.owners_workbench().journal
    with parts.panel("journal"):
        state = journal.state()
        parts.show(parts.head("Journal", _about(state)))
        if state.problem is not None:
            parts.fault("The journal cannot be used.", state.problem, "The book is shown all the same.")
            return
        rows = [[WORDS.get(name, name), f"{count:,}"] for name, count in state.rows.items()]
        parts.show(table(["Kept", "Rows"], rows, caption="What the journal holds"))
        with st.container(horizontal=True, gap="small", key="bar-journal"):
            _export(journal, today)
        _import(journal)


def _about(state: JournalState) -> str:
    said = [state.where]
    if state.first_day and state.last_day:
        said.append(f"{numbers.day(state.first_day)} to {numbers.day(state.last_day)}")
    if state.size_bytes is not None:
        said.append(numbers.size(state.size_bytes))
    return ", ".join(said)


def _export(journal: Journal, today: date) -> None:
    """A zip, made when asked for and kept in this session only until it is taken."""
    if st.button("Export", icon=":material/archive:", type="tertiary", key="st-journal-export"):
        from lox_core.journal.transfer import export_zip

        st.session_state[EXPORT] = export_zip(journal)
    data: bytes | None = st.session_state.get(EXPORT)
    if data is not None:
        st.download_button(
            f"Take {numbers.size(len(data))}",
            data,
            f"{NAME}-{today}.zip",
            "application/zip",
            icon=":material/download:",
            type="tertiary",
            key="st-journal-take",
            on_click=lambda: st.session_state.pop(EXPORT, None),
        )


def _import(journal: Journal) -> None:
    """Bring an export back: first what would be done, then, asked once more, done."""
    with st.expander("Bring an export back"):
        given = st.file_uploader("An export of a journal", type=["zip", "json"], key="st-journal-file")
        if given is None:
            return
        from lox_core.journal.transfer import import_rows

        data = given.getvalue()
        try:
            _told(import_rows(journal, data, dry_run=True))
            if st.button("Import", icon=":material/upload:", key="st-journal-import"):
                _told(import_rows(journal, data))
        except LoxError as error:
            log_error("journal import", error)
            words = str(error) if isinstance(error, StoreError) else "The file cannot be read."
            parts.fault("Nothing was imported.", words)


def _told(report: ImportReport) -> None:
    new, there = sum(report.added.values()), sum(report.present.values())
    if report.errors:
        lines = [f"{one.table}, row {one.row}: {one.reason}" for one in report.errors[:5]]
        parts.fault(f"{numbers.plural(report.error_count, 'row')} cannot be used; nothing is written.", *lines)
        return
    done = "imported" if report.imported else "to import"
    parts.show(parts.tag("div", f"{numbers.plural(new, 'row')} {done}, {there:,} there already.", cls="lx-note"))

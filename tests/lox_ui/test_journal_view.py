from __future__ import annotations

from datetime import date, datetime
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from lox_core.clock import NEW_YORK, AsOf, Clock
from lox_core.journal import Journal
from lox_core.journal.records import DayRecord, JournalState
from lox_core.settings import Settings
from lox_ui import access, services
from tests.lox_ui.board_factory import FakeWorkbench

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=NEW_YORK)
SCRIPT = """
from datetime import date
from lox_ui import journal_view
journal_view.journal_panel(date(2026, 11, 20))
"""


@pytest.fixture
def journal(tmp_path, monkeypatch):
    found = Journal.open(Settings(LOX_MODE="live", LOX_DATA_DIR=tmp_path), Clock(NOW))
    found.record_day(DayRecord("…0001", "live", date(2026, 11, 20), 1000.0), AsOf(NOW, "now"))
    owner = FakeWorkbench()
    owner.journal = found
    services.install(FakeWorkbench(), owner)
    monkeypatch.setattr(services, "demo", lambda: False)
    monkeypatch.setattr(access, "present", lambda _: "local")
    yield found
    services.install(None)


def text(at: AppTest) -> str:
    assert not at.exception
    return "\n".join(element.proto.body for element in at.get("html"))


def test_the_owner_sees_what_is_kept(journal):
    said = text(AppTest.from_string(SCRIPT).run())
    assert "tracker.sqlite3" in said
    assert "Days of net value" in said
    assert "20 Nov" in said


def test_the_export_is_made_when_asked_for(journal):
    at = AppTest.from_string(SCRIPT).run()
    assert not at.get("download_button")
    at.button(key="st-journal-export").click().run()
    assert len(at.get("download_button")) == 1


@pytest.mark.parametrize(("who", "demo"), [("public", False), ("local", True)])
def test_nobody_else_sees_anything_of_it(journal, monkeypatch, who, demo):
    monkeypatch.setattr(access, "present", lambda _: who)
    monkeypatch.setattr(services, "demo", lambda: demo)
    at = AppTest.from_string(SCRIPT).run()
    assert text(at) == ""
    assert not at.button


def test_a_journal_in_trouble_is_told_in_words(journal, monkeypatch):
    state = JournalState("tracker.sqlite3", keeps=True, problem="The disk is full.")
    services.owners_workbench().journal = SimpleNamespace(state=lambda: state)
    assert "The disk is full." in text(AppTest.from_string(SCRIPT).run())


IMPORTING = """
import streamlit as st
from lox_ui import journal_view, services
class Given:
    def getvalue(self):
        return st.session_state["file"]
st.file_uploader = lambda *asked, **named: Given()
journal_view._import(services.owners_workbench().journal)
"""


@pytest.fixture
def uploader(monkeypatch):
    import streamlit

    monkeypatch.setattr(streamlit, "file_uploader", streamlit.file_uploader)


def test_an_import_says_first_what_it_would_do(journal, uploader, tmp_path):
    from lox_core.journal.transfer import export_zip

    other = Journal.open(Settings(LOX_MODE="live", LOX_DATA_DIR=tmp_path / "other"), Clock(NOW))
    other.record_day(DayRecord("…0002", "live", date(2026, 11, 19), 5.0), AsOf(NOW, "now"))
    at = AppTest.from_string(IMPORTING)
    at.session_state["file"] = export_zip(other)
    at.run()
    assert "1 row to import" in text(at)
    assert len(journal.nav()) == 1
    at.button(key="st-journal-import").click().run()
    assert "1 row imported" in text(at)
    assert len(journal.nav()) == 2


def test_a_file_that_is_no_export_is_refused_in_words(journal, uploader):
    at = AppTest.from_string(IMPORTING)
    at.session_state["file"] = b"nothing of the kind"
    at.run()
    assert "Nothing was imported." in text(at)

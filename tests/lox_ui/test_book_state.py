from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from lox_core.clock import Clock
from lox_core.errors import StoreError
from lox_core.workbench.book import Snapshot
from lox_core.workbench.record import Recorded
from lox_ui import access, book_state, loaders, services
from tests.lox_ui.board_factory import NOW, FakeWorkbench


class Ticking(Clock):
    """A standing wall clock whose monotonic seconds the test moves."""

    seconds = 1000.0

    def monotonic(self) -> float:
        return type(self).seconds


class Bench(FakeWorkbench):
    """A workbench whose book counts its fetches and whose journal remembers names."""

    def __init__(self, label: str, *, mode: str = "live") -> None:
        super().__init__(mode=mode)
        self.label, self.fetched, self.days, self.names = label, 0, [], {}
        self.clock = Ticking(NOW)
        self.journal = SimpleNamespace(
            groupings=lambda account: dict(self.names),
            set_grouping=lambda account, mode, symbols, name: self.names.update(dict.fromkeys(symbols, name)),
            clear_grouping=lambda account, mode, symbols: [self.names.pop(one, None) for one in symbols],
        )

    def book(self, as_of) -> Snapshot:
        self.fetched += 1
        return Snapshot(self.label, datetime(2026, 11, 20, tzinfo=UTC))

    def record_day(self, snapshot, as_of, board=None) -> Recorded:
        self.days.append((snapshot, board))
        return Recorded("new")


SCRIPT = """
import streamlit as st
from lox_ui import book_state
book_state.on_page(st.session_state.get("page", "portfolio"))
held = book_state.current()
st.write(held.snapshot.account_label)
st.write(f"{held.age_s:.0f} s")
"""


@pytest.fixture
def benches(monkeypatch):
    everybodys, owners = Bench("sample"), Bench("CANARY-0001")
    services.install(everybodys, owners)
    monkeypatch.setattr(services, "demo", lambda: False)
    monkeypatch.setattr(access, "present", lambda _: who[0])
    loaders.forget()
    who = ["local"]
    yield everybodys, owners, who
    services.install(None)
    loaders.forget()


def shown(at: AppTest) -> list[str]:
    assert not at.exception
    return [one.value for one in at.markdown]


def test_the_owners_book_is_fetched_on_entry_and_kept_across_reruns(benches):
    _, owners, _ = benches
    at = AppTest.from_string(SCRIPT).run()
    assert shown(at) == ["CANARY-0001", "0 s"]
    Ticking.seconds += 60
    assert shown(at.run()) == ["CANARY-0001", "60 s"]
    assert owners.fetched == 1


def test_it_is_fetched_again_after_five_minutes_on_refresh_and_on_coming_back(benches):
    _, owners, _ = benches
    at = AppTest.from_string(SCRIPT).run()
    Ticking.seconds += book_state.EVERY_S
    at.run()
    assert owners.fetched == 2
    at.session_state["page"] = "status"
    at.run()
    assert owners.fetched == 3
    del at.session_state[book_state.HELD]
    at.run()
    assert owners.fetched == 4


def test_a_visitor_gets_what_everybody_shares_and_the_owners_desk_is_not_asked(benches):
    everybodys, owners, who = benches
    who[0] = "public"
    for _ in range(3):
        assert shown(AppTest.from_string(SCRIPT).run())[0] == "sample"
    assert (everybodys.fetched, owners.fetched) == (1, 0)
    assert owners.days == []


def test_a_session_that_is_no_longer_the_owners_loses_the_book_at_once(benches):
    _, _, who = benches
    at = AppTest.from_string(SCRIPT).run()
    assert book_state.HELD in at.session_state
    who[0] = "public"
    assert shown(at.run())[0] == "sample"
    assert book_state.HELD not in at.session_state


def test_local_and_owner_do_not_share_a_snapshot_either(benches):
    _, owners, who = benches
    at = AppTest.from_string(SCRIPT).run()
    who[0] = "owner"
    at.run()
    assert owners.fetched == 2


def test_no_streamlit_cache_ever_holds_the_owners_book(benches, monkeypatch):
    held = []
    with monkeypatch.context() as patch:
        patch.setattr(loaders, "_public_book", lambda *asked: held.append(asked) or Snapshot("sample", NOW))
        AppTest.from_string(SCRIPT).run()
    assert held == []


def test_the_day_is_recorded_once_a_fetch_and_again_when_the_regimes_are_known(benches):
    _, owners, _ = benches
    at = AppTest.from_string(SCRIPT).run()
    at.run()
    assert [board for _, board in owners.days] == [None]
    loaders.board(services.as_of(None))
    at.run()
    at.run()
    assert len(owners.days) == 2
    assert owners.days[1][1] is not None


def test_a_journal_in_trouble_is_told_and_the_book_still_shown(benches):
    _, owners, _ = benches

    def fail(*_):
        raise StoreError("The journal's disk is full.")

    owners.record_day = fail
    at = AppTest.from_string(SCRIPT).run()
    assert shown(at)[0] == "CANARY-0001"
    assert at.session_state[book_state.HELD].recorded == Recorded("not", "The journal's disk is full.")


NAMING = """
import streamlit as st
from lox_ui import book_state
book_state.on_page("portfolio")
book_state.current()
book_state.name_strategy(["SPY"], "Core")
if st.session_state.get("clear"):
    book_state.clear_names(["SPY"])
st.write(str(st.session_state.get(book_state.NAMES)))
"""


def test_the_owners_names_are_remembered_in_the_journal(benches, monkeypatch):
    _, owners, _ = benches
    at = AppTest.from_string(NAMING).run()
    assert owners.names == {"SPY": "Core"}
    assert shown(at) == ["None"]
    at.session_state["clear"] = True
    at.run()
    assert owners.names == {}


def test_a_visitors_names_stay_in_his_session(benches):
    everybodys, owners, who = benches
    who[0] = "public"
    at = AppTest.from_string(NAMING).run()
    assert shown(at) == ["{'SPY': 'Core'}"]
    assert (everybodys.names, owners.names) == ({}, {})
    at.session_state["clear"] = True
    assert shown(at.run()) == ["{}"]


def test_in_the_demo_the_owner_sees_what_everybody_sees(benches, monkeypatch):
    everybodys, owners, _ = benches
    monkeypatch.setattr(services, "demo", lambda: True)
    assert shown(AppTest.from_string(SCRIPT).run())[0] == "sample"
    assert (everybodys.fetched, owners.fetched) == (1, 0)

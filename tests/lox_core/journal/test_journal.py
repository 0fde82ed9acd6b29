"""What is written is read back, once, and nothing is written that must not be."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lox_core.clock import AsOf, Clock
from lox_core.errors import SettingsError, StoreError
from lox_core.journal import Journal
from lox_core.journal.records import FlowRecord, PositionRecord, ReceiptRecord, TradeRecord
from lox_core.settings import Settings
from tests.lox_core.journal.conftest import CLOCK, LATER, TODAY, a_day, a_regime, journal_at

NOW, LATE = CLOCK.as_of_now(), LATER.as_of_now()
FILL = TradeRecord("PA***1", "live", "20261123::1", "SPY", "buy", 100.0, 659.5, CLOCK.now(), 0.02, "shares")
DIVIDEND = FlowRecord("PA***1", "live", "20261123::2", TODAY, "dividend", 181.0, "SPY", note="ordinary")


def test_a_day_is_kept_whole_and_read_back(journal):
    assert journal.record_day(a_day(), NOW) == "new"
    kept = journal.nav("PA***1")[0]
    assert (kept.equity, kept.cash, kept.nav_mid, kept.nav_liquidation) == (100_000.0, 40_000.0, 100_120.0, 99_920.0)
    assert kept.created_at == kept.as_of == datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
    total = journal.attribution("PA***1")[1]
    assert (total.symbol, total.pnl_usd, total.alarm, total.details) == ("total", 90.0, True, {"delta": 100.0})
    assert total.date == TODAY
    assert journal.regimes() == (a_regime(),)
    snapshot = journal.positions("PA***1", before=TODAY + timedelta(days=1))
    assert snapshot is not None
    assert snapshot.nav == kept
    assert [(one.symbol, one.quantity, one.mark, one.mid) for one in snapshot.positions] == [
        ("SPY", 100.0, 660.0, 660.01),
        ("SPY261218P00600000", -2.0, None, 3.1),
    ]
    assert snapshot.positions[1].details == {"vol": 0.19, "spot": None}


def test_the_newest_figures_of_a_running_day_stay(journal, file):
    journal.record_day(a_day(), NOW)
    moved = a_day(99_000.0, positions=(PositionRecord("QQQ", 5.0, 600.0, 600.0),), attribution=(), regime=None)
    assert journal_at(file, LATER).record_day(moved, LATE) == "updated"
    kept = journal.nav("PA***1")
    assert [one.equity for one in kept] == [99_000.0]
    assert kept[0].created_at == NOW.utc
    assert kept[0].as_of == LATE.utc
    held = journal.positions("PA***1", before=date(2027, 1, 1))
    assert [one.symbol for one in held.positions] == ["QQQ"]
    assert len(journal.attribution("PA***1")) == 2, "an attribution that could not be had does not erase the kept one"


def test_a_slow_writer_does_not_overwrite_newer_figures(journal):
    journal.record_day(a_day(99_000.0), LATE)
    assert journal.record_day(a_day(1.0, positions=()), NOW) == "older"
    assert journal.nav("PA***1")[0].equity == 99_000.0
    assert len(journal.positions("PA***1", before=date(2027, 1, 1)).positions) == 2


def test_the_start_of_a_day_is_the_last_one_kept_before_it(journal):
    assert journal.positions("PA***1", before=TODAY) is None
    for back, equity in ((4, 1.0), (3, 2.0), (0, 3.0)):
        journal.record_day(a_day(equity, TODAY - timedelta(days=back)), NOW)
    journal.record_day(a_day(9.0, TODAY - timedelta(days=1), account="other"), NOW)
    assert journal.positions("PA***1", before=TODAY).nav.equity == 2.0
    assert [one.equity for one in journal.nav("PA***1", since=TODAY - timedelta(days=3))] == [2.0, 3.0]
    assert [one.account for one in journal.nav()] == ["PA***1", "PA***1", "other", "PA***1"]


def test_fills_and_flows_are_kept_once_by_activity(journal):
    assert journal.add_trades([FILL, FILL]) == 1
    assert journal.add_trades([FILL, replace(FILL, activity_id="20261123::9", filled_at=LATER.now())]) == 1
    assert journal.add_trades([]) == 0
    assert journal.trades()[0] == replace(FILL, filled_at=CLOCK.now().astimezone(UTC))
    assert len(journal.trades(since=LATER.now())) == 1
    assert journal.add_flows([DIVIDEND]) == 1
    assert journal.add_flows([DIVIDEND]) == 0
    assert journal.flows("PA***1") == (DIVIDEND,)
    assert journal.add_flows([replace(DIVIDEND, account="PA***2")]) == 1, "two accounts may share an activity id"


def test_an_unknown_kind_of_flow_is_refused_whole(journal):
    with pytest.raises(StoreError, match="no kind of flow"):
        journal.add_flows([DIVIDEND, replace(DIVIDEND, activity_id="x", kind="gift")])
    assert journal.flows() == ()


def test_regime_changes_are_derived_with_their_inputs(journal):
    days = [
        a_regime(date(2026, 11, 18), pillars={"volatility": "normal", "credit": "benign"}),
        a_regime(date(2026, 11, 19), regime=None, pillars={"volatility": None, "credit": "benign"}),
        a_regime(date(2026, 11, 20), pillars={"volatility": "elevated", "credit": "benign"}),
        a_regime(date(2026, 11, 23), regime="slowdown", pillars={"volatility": "elevated", "credit": "benign"}),
    ]
    for day in days:
        assert journal.log_regime(day, NOW) == "new"
    found = journal.regime_changes()
    assert [(one.date.day, one.pillar, one.before, one.after) for one in found] == [
        (20, "volatility", "normal", "elevated"),
        (23, "macro", "goldilocks", "slowdown"),
    ]
    assert found[0].inputs == {"volatility": {"VIXCLS": {"value": 16.5}}}


def test_a_days_regime_is_the_newest(journal):
    journal.log_regime(a_regime(), LATE)
    assert journal.log_regime(a_regime(regime="stagflation"), NOW) == "older"
    assert journal.log_regime(a_regime(regime="reflation"), LATE) == "updated"
    assert [one.regime for one in journal.regimes()] == ["reflation"]


def test_the_owners_strategies_are_remembered_and_forgotten(journal):
    assert journal.groupings("PA***1") == {}
    journal.set_grouping("PA***1", "live", ["A", "B"], " hedge ")
    journal.set_grouping("PA***1", "live", ["B"], "income")
    journal.set_grouping("PA***2", "live", ["A"], "other")
    assert journal.groupings("PA***1") == {"A": "hedge", "B": "income"}
    journal.clear_grouping("PA***1", "live", ["A", "C"])
    assert journal.groupings("PA***1") == {"B": "income"}
    with pytest.raises(StoreError, match="needs a name"):
        journal.set_grouping("PA***1", "live", ["A"], "  ")


def test_a_receipt_is_written_once(journal):
    journal.put_receipt(ReceiptRecord("abc", "scenario", {"b": 1, "a": [1.5, None]}))
    journal.put_receipt(ReceiptRecord("abc", "scenario", {"b": 2}))
    kept = journal.get_receipt("abc")
    assert kept.payload == {"a": [1.5, None], "b": 1}
    assert kept.created_at == CLOCK.now()
    assert journal.get_receipt("nothing") is None


@pytest.mark.parametrize(
    ("day", "as_of", "words"),
    [
        (a_day(mode="demo"), NOW, "live market's"),
        (a_day(regime=a_regime(mode="demo")), NOW, "live market's"),
        (a_day(account=""), NOW, "account"),
        (a_day(float("nan")), NOW, "equity is not known"),
        (a_day(day=TODAY + timedelta(days=1)), NOW, "has not begun"),
        (a_day(day=date(2020, 3, 16)), AsOf.on(date(2020, 3, 16)), "past day"),
        (a_day(), AsOf(NOW.instant - timedelta(hours=1), "moment"), "past day"),
        (a_day(positions=(PositionRecord("A", 1.0), PositionRecord("A", 2.0))), NOW, "twice"),
        (a_day(details={"what": object()}), NOW, "JSON values only"),
    ],
)
def test_what_must_not_be_written_is_refused_and_leaves_nothing(journal, day, as_of, words):
    with pytest.raises(StoreError, match=words):
        journal.record_day(day, as_of)
    assert journal.nav() == ()
    assert journal.regimes() == ()


def test_a_failure_half_way_leaves_the_day_as_it_was(journal):
    journal.record_day(a_day(), NOW)
    broken = a_day(5.0, positions=(PositionRecord("A", 1.0), PositionRecord("B", 1.0, details={"x": {1, 2}})))
    with pytest.raises(StoreError, match="JSON values only, not a set"):
        journal.record_day(broken, LATE)
    assert journal.nav()[0].equity == 100_000.0
    assert len(journal.positions("PA***1", before=date(2027, 1, 1)).positions) == 2


def test_reading_makes_no_file(journal, file):
    assert journal.nav() == ()
    assert journal.trades() == ()
    assert journal.groupings("PA***1") == {}
    assert journal.positions("PA***1", before=TODAY) is None
    assert journal.state().rows["nav_history"] == 0
    assert not file.parent.exists()


def test_folder_and_file_are_the_owners_alone(journal, file):
    journal.record_day(a_day(), NOW)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    journal_at(file).nav()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_state_counts_rows_and_days(journal):
    journal.record_day(a_day(), NOW)
    journal.record_day(a_day(day=date(2026, 11, 20)), NOW)
    state = journal.state()
    assert (state.where, state.keeps, state.problem) == ("tracker.sqlite3", True, None)
    assert (state.first_day, state.last_day) == (date(2026, 11, 20), TODAY)
    assert state.rows == {
        "nav_history": 2,
        "positions_daily": 4,
        "attribution": 4,
        "trades": 0,
        "flows": 0,
        "regime_history": 2,
        "groupings": 0,
        "receipts": 0,
    }
    assert state.size_bytes > 4096


def test_a_demo_keeps_nothing(tmp_path):
    journal = Journal.open(Settings(LOX_MODE="demo", LOX_DATA_DIR=tmp_path / "d"), CLOCK)
    assert not journal.keeps
    assert journal.nav() == ()
    assert journal.state().where == "The demo keeps no journal."
    with pytest.raises(StoreError, match="demo keeps no journal"):
        journal.record_day(a_day(), NOW)
    with pytest.raises(StoreError, match="demo keeps no journal"):
        journal.set_grouping("PA***1", "live", ["A"], "x")
    assert not (tmp_path / "d").exists()


def test_the_settings_say_where(tmp_path):
    live = {"LOX_MODE": "live", "LOX_DATA_DIR": tmp_path / "d"}
    assert Journal.open(Settings(**live), CLOCK).database.path == tmp_path / "d" / "tracker.sqlite3"
    elsewhere = Settings(**live, LOX_TRACKER_URL=f"sqlite:///{tmp_path}/mine.db")
    journal = Journal.open(elsewhere, CLOCK)
    journal.record_day(a_day(), NOW)
    assert (tmp_path / "mine.db").exists()
    assert journal.state().where == "mine.db"


@pytest.mark.parametrize(
    "address",
    [
        "mysql://u:hunter22@h/d",
        "not an address hunter22",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///a?mode=hunter22",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_being_shown(address):
    with pytest.raises(SettingsError) as caught:
        Journal.open(Settings(LOX_MODE="live", LOX_TRACKER_URL=address), CLOCK)
    assert caught.value.setting == "LOX_TRACKER_URL"
    assert "hunter22" not in str(caught.value)


def test_a_server_without_its_driver_is_a_setting_in_words(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    journal = Journal.open(Settings(LOX_MODE="live", LOX_TRACKER_URL="postgres://u:hunter22@127.0.0.1/d"), CLOCK)
    with pytest.raises(SettingsError, match="psycopg") as caught:
        journal.record_day(a_day(), NOW)
    assert "hunter22" not in str(caught.value)
    assert journal.state().where == "the PostgreSQL database"
    assert "psycopg" in journal.state().problem


def test_the_clock_stamps_utc(journal):
    at = Clock.from_setting("2026-11-23T22:00:00+05:00")
    journal.put_receipt(ReceiptRecord("r", "k", {}, at.now()))
    assert journal.get_receipt("r").created_at.utcoffset() == timedelta(0)
    with pytest.raises(StoreError, match="without its zone"):
        journal.add_trades([replace(FILL, filled_at=datetime(2026, 11, 23, 10))])

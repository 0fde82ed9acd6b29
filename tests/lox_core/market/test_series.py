"""Series: which request, when it is made, what is kept, and how rows become point in time."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lox_core.catalog import SERIES, series
from lox_core.clock import NEW_YORK, AsOf
from lox_core.errors import AuthError, SchemaError, SeriesNotFound, Unavailable
from lox_core.market.store import Entry, Store
from lox_core.sourced import Gap, Sourced
from tests.lox_core.market.invented_vendor import NOW, Vendor, keys, market_of, now_of, vendor
from tests.lox_core.providers.scripted import Answer, FakeTime

OBSERVATIONS = "fred observations"


def at(text: str) -> AsOf:
    return AsOf(datetime.fromisoformat(text))


def newest(found: Sourced[Any], series_id: str, as_of: AsOf) -> tuple[str, float]:
    known = found.value.as_known(series(series_id), as_of)
    return str(known.date[-1]), float(known.value[-1])


def test_a_market_series_is_one_plain_request_for_the_whole_history() -> None:
    wire = vendor()
    found = market_of(wire).series("DGS10", now_of(wire))
    assert (found.source, found.route, found.attempts) == ("FRED:DGS10", "live", ())
    assert len(found.value) == len(wire.daily["DGS10"])
    assert found.fetched_at == NOW
    assert found.as_of == datetime(2026, 11, 17, 16, tzinfo=NEW_YORK)
    assert wire.hits == {OBSERVATIONS: 1}
    assert not {"realtime_start", "realtime_end", "observation_start"} & wire.queries[0].keys()


def test_a_released_series_is_asked_for_with_its_last_two_hundred_days_of_real_time() -> None:
    wire = vendor()
    market_of(wire).series("PAYEMS", now_of(wire))
    assert (wire.queries[0]["realtime_start"], wire.queries[0]["realtime_end"]) == ("2026-05-02", "2026-11-18")


def test_rows_carry_real_vintages_and_those_older_than_the_window_the_release_rule() -> None:
    wire = vendor()
    rows = market_of(wire).series("PAYEMS", now_of(wire)).value
    assert [str(day) for day in rows.date] == ["2026-03-01", "2026-09-01", "2026-09-01", "2026-10-01"]
    assert [str(day) for day in rows.vintage] == ["NaT", "2026-10-02", "2026-11-06", "2026-11-06"]
    assert str(rows.known_at[1]) == "2026-10-02T12:30:00"  # 08:30 New York, summer time
    assert str(rows.known_at[2]) == "2026-11-06T13:30:00"  # and winter time


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-06T08:29:00-05:00", ("2026-09-01", 160100.0)),
        ("2026-11-06T08:30:00-05:00", ("2026-10-01", 160200.0)),
        ("2026-10-02T08:29:59-04:00", ("2026-03-01", 159000.0)),
    ],
)
def test_a_moment_before_a_release_knows_the_old_value_and_a_moment_after_it_the_new(
    moment: str, expected: tuple[str, float]
) -> None:
    wire = vendor()
    as_of = at(moment)
    assert newest(market_of(wire).series("PAYEMS", as_of), "PAYEMS", as_of) == expected


def test_a_revision_replaces_the_first_print_only_from_its_day_on() -> None:
    wire, market = vendor(), None
    market = market_of(wire)
    for moment, value in (("2026-11-05T12:00:00-05:00", 160100.0), ("2026-11-06T12:00:00-05:00", 160050.0)):
        as_of = at(moment)
        known = market.series("PAYEMS", as_of).value.as_known(series("PAYEMS"), as_of)
        assert known.value[known.date == np.datetime64("2026-09-01")].tolist() == [value]


def test_two_moments_of_one_past_day_share_a_fetch_and_another_day_has_its_own() -> None:
    wire = vendor()
    market = market_of(wire)
    market.series("PAYEMS", at("2026-10-05T08:00:00-04:00"))
    market.series("PAYEMS", at("2026-10-05T15:00:00-04:00"))
    market.series("PAYEMS", AsOf.on(date(2026, 10, 5)))
    assert wire.hits[OBSERVATIONS] == 1
    assert (wire.queries[0]["realtime_start"], wire.queries[0]["realtime_end"]) == ("2026-03-19", "2026-10-05")
    market.series("PAYEMS", at("2026-10-06T15:00:00-04:00"))
    assert wire.hits[OBSERVATIONS] == 2


def test_a_market_series_needs_no_second_fetch_for_the_past() -> None:
    wire = vendor()
    market = market_of(wire)
    market.series("DGS10", now_of(wire))
    market.series("DGS10", AsOf.on(date(2025, 1, 2)))
    assert wire.hits[OBSERVATIONS] == 1


def test_a_settled_past_is_never_asked_for_again(tmp_path: Path) -> None:
    wire = vendor()
    as_of = AsOf.on(date(2026, 10, 5))
    market_of(wire, Store.open(tmp_path)).series("PAYEMS", as_of)
    wire.clock.move(days=300)
    found = market_of(wire, Store.open(tmp_path)).series("PAYEMS", as_of)
    assert (found.route, wire.hits[OBSERVATIONS]) == ("cache", 1)


def test_yesterday_is_asked_for_once_more_when_its_day_is_quite_over(tmp_path: Path) -> None:
    wire = vendor()
    market, as_of = market_of(wire), AsOf.on(date(2026, 11, 17))
    market.series("PAYEMS", as_of)
    wire.clock.move(days=2)
    market.series("PAYEMS", as_of)
    wire.clock.move(days=2)
    market.series("PAYEMS", as_of)
    assert wire.hits[OBSERVATIONS] == 2


def test_where_vintages_are_refused_the_plain_values_and_the_release_rule_stand_in(
    caplog: pytest.LogCaptureFixture,
) -> None:
    wire = vendor()
    wire.refuses_vintages = True
    rows = market_of(wire).series("CPIAUCNS", now_of(wire)).value
    assert np.isnat(rows.vintage).all()
    assert rows.value.tolist() == [320.0, 321.0, 322.0]
    assert wire.hits[OBSERVATIONS] == 2
    assert "no vintages" in caplog.text


def test_a_series_is_fetched_once_between_two_turns_of_its_day() -> None:
    wire = vendor()  # CPI's day turns at 08:35 New York
    market = market_of(wire)
    for moment, fetches in (
        ("2026-11-18T08:00:00-05:00", 1),
        ("2026-11-18T08:34:00-05:00", 1),
        ("2026-11-18T08:36:00-05:00", 2),
        ("2026-11-18T23:00:00-05:00", 2),
        ("2026-11-19T08:34:00-05:00", 2),
        ("2026-11-19T08:35:00-05:00", 3),
    ):
        wire.clock.put(datetime.fromisoformat(moment))
        market.series("CPIAUCNS", now_of(wire))
        assert wire.hits[OBSERVATIONS] == fetches, moment


def test_a_fresh_copy_of_the_store_spares_the_call(tmp_path: Path) -> None:
    wire = vendor()
    first = market_of(wire, Store.open(tmp_path)).series("DGS10", now_of(wire))
    second = market_of(wire, Store.open(tmp_path)).series("DGS10", now_of(wire))
    assert (second.route, wire.hits[OBSERVATIONS]) == ("cache", 1)
    assert second.fetched_at == first.fetched_at
    for name in ("date", "value", "known_at", "vintage"):
        assert (getattr(first.value, name).view("i8") == getattr(second.value, name).view("i8")).all()


def test_a_warm_call_parses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = vendor()
    market = market_of(wire)
    first = market.series("DGS10", now_of(wire))
    monkeypatch.setattr("lox_core.market.series_source._columns", lambda _: pytest.fail("parsed"))
    monkeypatch.setattr("lox_core.market.store.Store.get", lambda *_: pytest.fail("read the disk"))
    assert market.series("DGS10", now_of(wire)).value is first.value


def test_a_failed_refresh_serves_the_last_good_copy_flagged_with_its_age_and_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    wire = vendor()
    market = market_of(wire)
    good = market.series("DGS10", now_of(wire))
    wire.clock.move(days=3)
    wire.down.add("fred")
    found = market.series("DGS10", now_of(wire))
    assert found.route == "last_good"
    assert found.value is good.value
    assert found.fetched_at == NOW
    assert [(a.source, "trouble" in a.outcome) for a in found.attempts] == [("FRED:DGS10", True)]
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert any("Unavailable" in words and "last good copy" in words for words in warned)


def test_without_any_copy_the_reason_is_the_error() -> None:
    wire = vendor()
    wire.down.add("fred")
    with pytest.raises(Unavailable, match=r"FRED is having trouble \(HTTP 500\) \(DGS10\)"):
        market_of(wire).series("DGS10", now_of(wire))


def test_a_refusal_is_remembered_for_a_while_and_forgotten_on_demand() -> None:
    wire, timer = vendor(), FakeTime()
    market = market_of(wire, timer=timer)
    wire.down.add("fred")
    for _ in range(3):
        with pytest.raises(Unavailable):
            market.series("DGS10", now_of(wire))
    assert wire.hits[OBSERVATIONS] == 3  # the tries of one call
    wire.down.clear()
    with pytest.raises(Unavailable):
        market.series("DGS10", now_of(wire))
    market.forget_refusals()
    assert market.series("DGS10", now_of(wire)).route == "live"
    wire.clock.move(days=2)
    wire.down.add("fred")
    assert market.series("DGS10", now_of(wire)).route == "last_good"
    wire.down.clear()
    timer.seconds += 60
    assert market.series("DGS10", now_of(wire)).route == "live"


def test_an_unknown_series_is_not_asked_for_at_every_redraw() -> None:
    wire, timer = vendor(), FakeTime()
    market = market_of(wire, timer=timer)
    for _ in range(3):
        with pytest.raises(SeriesNotFound):
            market.series("THREEFYTP10", now_of(wire))
        timer.seconds += 3600
    assert wire.hits[OBSERVATIONS] == 1


def test_a_series_outside_the_catalog_is_refused_without_asking() -> None:
    wire = vendor()
    with pytest.raises(SeriesNotFound, match="Lox does not know"):
        market_of(wire).series("NOSUCH", now_of(wire))
    assert wire.hits == {}


def test_a_missing_key_says_which_and_what_it_unlocks_and_a_kept_copy_still_serves(tmp_path: Path) -> None:
    wire = vendor()
    bare = keys(FRED_API_KEY="")
    with pytest.raises(AuthError, match="FRED_API_KEY is not set; it unlocks: Real macro series"):
        market_of(wire, settings=bare).series("DGS10", now_of(wire))
    market_of(wire, Store.open(tmp_path)).series("DGS10", now_of(wire))
    wire.clock.move(days=1)
    found = market_of(wire, Store.open(tmp_path), settings=bare).series("DGS10", now_of(wire))
    assert (found.route, wire.hits[OBSERVATIONS]) == ("last_good", 1)
    assert "FRED_API_KEY is not set" in found.attempts[0].outcome


def test_publication_is_never_later_than_the_moment_we_held_the_value() -> None:
    wire = vendor()
    wire.clock.put(datetime(2026, 11, 18, 7, 30, tzinfo=NEW_YORK))  # an hour before the rule says DGS10 is public
    rows = market_of(wire).series("DGS10", now_of(wire)).value
    assert str(rows.date[-1]) == "2026-11-17"
    assert str(rows.known_at[-1]) == "2026-11-18T12:30:00"
    assert str(rows.known_at[-2]) == "2026-11-17T13:30:00"


def test_a_value_in_force_when_the_window_began_was_public_by_then() -> None:
    wire = vendor()
    wire.vintages["PAYEMS"] = [("2026-09-01", "2026-05-01", "1")]  # dated ahead of its release rule
    rows = market_of(wire).series("PAYEMS", now_of(wire)).value
    assert np.isnat(rows.vintage[0])
    assert rows.known_at[0] <= np.datetime64("2026-05-03")


def test_observations_dated_after_today_are_set_aside_and_told(caplog: pytest.LogCaptureFixture) -> None:
    wire = vendor()
    wire.daily["DGS10"] |= {"2026-11-18": "4.9", "2026-11-19": "5.0", "2031-01-02": "9.9"}
    rows = market_of(wire).series("DGS10", now_of(wire)).value
    assert str(rows.date[-1]) == "2026-11-18"
    assert "2 observations dated in the future" in caplog.text


def test_missing_values_have_no_row_and_are_never_zero() -> None:
    wire = vendor()
    wire.daily["DGS10"]["2026-11-17"] = "."
    rows = market_of(wire).series("DGS10", now_of(wire)).value
    assert str(rows.date[-1]) == "2026-11-16"
    assert (rows.value > 0).all()


def test_skipped_rows_are_told_with_the_value() -> None:
    wire = vendor()
    wire.daily["DGS10"]["2026-11-17"] = "1,234"
    found = market_of(wire).series("DGS10", now_of(wire))
    assert [attempt.outcome for attempt in found.attempts] == ["1 unreadable rows were skipped"]


@pytest.mark.parametrize("rows", [{}, {"2026-11-17": "."}])
def test_a_reply_without_a_single_value_is_no_success(rows: dict[str, str]) -> None:
    wire = vendor()
    wire.daily["DGS10"] = rows
    with pytest.raises(SeriesNotFound, match="no observations"):
        market_of(wire).series("DGS10", now_of(wire))


def test_a_damaged_reply_does_not_replace_a_good_copy(tmp_path: Path) -> None:
    wire, store = vendor(), Store.open(tmp_path)
    market = market_of(wire, store)
    good = market.series("DGS10", now_of(wire))
    wire.clock.move(days=1)
    wire.daily["DGS10"] = dict.fromkeys(wire.daily["DGS10"], "NaN")
    found = market.series("DGS10", now_of(wire))
    assert (found.route, len(found.value)) == ("last_good", len(good.value))
    kept = store.get("fred", "fred.example.invalid/fred/DGS10")
    assert kept is not None
    assert kept.fetched_at == NOW


def test_the_present_copy_is_replaced_and_revisions_in_place_arrive() -> None:
    wire = vendor()
    market = market_of(wire)
    market.series("DGS10", now_of(wire))
    wire.clock.move(days=1)
    wire.daily["DGS10"]["2024-01-02"] = "9.99"
    assert market.series("DGS10", now_of(wire)).value.value[0] == 9.99


def test_what_the_vendor_serves_no_longer_comes_from_the_archive(tmp_path: Path) -> None:
    wire = vendor()
    whole = market_of(wire, Store.open(tmp_path)).series("VIXCLS", now_of(wire)).value
    wire.clock.move(days=1)
    wire.daily["VIXCLS"] = {day: value for day, value in wire.daily["VIXCLS"].items() if day >= "2026-01-01"}
    for market in (market_of(wire, Store.open(tmp_path)), market_of(wire, Store.open(tmp_path))):
        found = market.series("VIXCLS", now_of(wire))
        assert found.value.date.tolist() == whole.date.tolist()
        assert found.value.value.tolist() == whole.value.tolist()
        assert found.value.known_at.tolist() == whole.known_at.tolist()


def test_the_archive_survives_the_cache(tmp_path: Path) -> None:
    wire, store = vendor(), Store.open(tmp_path)
    market_of(wire, store).series("VIXCLS", now_of(wire))
    store.clear("fred")
    wire.daily["VIXCLS"] = {"2026-11-17": "20.0"}
    wire.clock.move(days=1)
    assert str(market_of(wire, Store.open(tmp_path)).series("VIXCLS", now_of(wire)).value.date[0]) == "2024-01-02"


def test_the_simulated_market_and_another_address_share_no_copy_with_the_real_one(tmp_path: Path) -> None:
    wire = vendor()
    market_of(wire, Store.open(tmp_path)).series("VIXCLS", now_of(wire))
    elsewhere = keys(FRED_BASE_URL="https://other.example.invalid/fred")
    simulated = keys(FRED_API_KEY="", FMP_API_KEY="")
    assert market_of(wire, Store.open(tmp_path), settings=elsewhere).series("VIXCLS", now_of(wire)).route == "live"
    found = market_of(wire, Store.open(tmp_path), settings=simulated, source_prefix="demo ").series(
        "VIXCLS", now_of(wire)
    )
    assert (found.route, found.source) == ("live", "demo FRED:VIXCLS")
    assert wire.hits[OBSERVATIONS] == 3
    assert len(list((tmp_path / "archive").glob("*.csv"))) == 3


def test_a_copy_that_cannot_be_read_is_fetched_again(tmp_path: Path) -> None:
    wire, store = vendor(), Store.open(tmp_path)
    market_of(wire, store).series("DGS10", now_of(wire))
    key = "fred.example.invalid/fred/DGS10"
    assert store.get("fred", key) is not None
    for payload in (b"", b"junk", b"date,value,vintage\n", b"date,value,vintage\n2026-11-17,nan,\n", b"\xff\xfe"):
        store.put("fred", key, Entry(payload, NOW, {}))
        assert market_of(wire, store).series("DGS10", now_of(wire)).route == "live"


def test_a_copy_from_the_future_of_a_clock_set_back_is_asked_for_again() -> None:
    wire = vendor()
    market = market_of(wire)
    market.series("DGS10", now_of(wire))
    wire.clock.move(days=-3)
    found = market.series("DGS10", now_of(wire))
    assert (found.route, found.fetched_at) == ("live", wire.clock.now())
    assert str(found.value.date[-1]) == "2026-11-13"  # the 14th and 15th are a weekend; later ones are the future


def test_twenty_threads_cold_make_one_call() -> None:
    wire = vendor()
    wire.delay_s = 0.05
    market, start = market_of(wire), threading.Barrier(20)

    def ask(_: int) -> Sourced[Any]:
        start.wait()
        return market.series("DGS10", now_of(wire))

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(ask, range(20)))
    assert wire.hits[OBSERVATIONS] == 1
    assert sorted(one.route for one in found) == ["cache"] * 19 + ["live"]
    assert len({id(one.value) for one in found}) == 1


def test_twenty_threads_against_a_dead_vendor_make_the_tries_of_one_call() -> None:
    wire = vendor()
    wire.delay_s = 0.02
    wire.down.add("fred")
    market, start = market_of(wire), threading.Barrier(20)

    def ask(_: int) -> str:
        start.wait()
        with pytest.raises(Unavailable) as caught:
            market.series("DGS10", now_of(wire))
        return str(caught.value)

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(ask, range(20))) == {"FRED is having trouble (HTTP 500) (DGS10)."}
    assert wire.hits[OBSERVATIONS] == 3


def test_many_comes_in_order_with_gaps_in_words_and_progress_from_the_callers_thread() -> None:
    wire = vendor()
    steps: list[tuple[int, int, str, str]] = []
    found = market_of(wire).many(
        ["DGS10", "THREEFYTP10", "PAYEMS", "NOSUCH", "DGS10"],
        now_of(wire),
        lambda done, total, name: steps.append((done, total, name, threading.current_thread().name)),
    )
    assert list(found) == ["DGS10", "THREEFYTP10", "PAYEMS", "NOSUCH"]
    assert isinstance(found["PAYEMS"], Sourced)
    gap = found["THREEFYTP10"]
    assert isinstance(gap, Gap)
    assert gap.reason == "FRED does not know the series THREEFYTP10."
    assert isinstance(found["NOSUCH"], Gap)
    assert [(done, total) for done, total, *_ in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert {name for *_, name in steps} == {threading.current_thread().name}


def test_many_uses_six_threads_at_most_and_none_when_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = vendor()
    wire.delay_s = 0.02
    wire.daily |= {name: wire.daily["DGS10"] for name, spec in SERIES.items() if spec.kind == "market"}
    busy, most, lock = 0, 0, threading.Lock()
    serve = wire.serve

    def counted(request: Any) -> Any:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        try:
            return serve(request)
        finally:
            with lock:
                busy -= 1

    wire.adapter._script = counted
    market = market_of(wire)
    market.many(list(wire.daily), now_of(wire))
    assert 2 <= most <= 6
    monkeypatch.setattr("lox_core.market.market.ThreadPoolExecutor", lambda *_, **__: pytest.fail("a pool"))
    assert all(isinstance(one, Sourced) for one in market.many(list(wire.daily), now_of(wire)).values())


def test_many_never_raises_also_for_a_fault_of_our_own(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wire = vendor()
    monkeypatch.setattr("lox_core.market.series_source.publication", lambda *_: 1 / 0)
    gap = market_of(wire).many(["DGS10"], now_of(wire))["DGS10"]
    assert isinstance(gap, Gap)
    assert "fault in Lox" in gap.reason
    assert "ZeroDivisionError" in caplog.text


def test_a_caller_that_gives_up_is_not_kept_waiting() -> None:
    wire = vendor()

    class Stop(BaseException):
        pass

    def stop(*_: Any) -> None:
        raise Stop

    with pytest.raises(Stop):
        market_of(wire).many(["DGS10", "VIXCLS", "SP500"], now_of(wire), stop)


def test_the_version_rises_with_every_change_on_hand_and_not_otherwise() -> None:
    wire = vendor()
    market = market_of(wire)
    versions = [market.version]
    for change in (False, True, True):
        market.series("DGS10", now_of(wire))
        versions.append(market.version)
        if change:
            wire.clock.move(days=1)
    assert versions == [0, 1, 1, 2]


def test_metadata_comes_with_its_origin() -> None:
    wire = vendor()
    market = market_of(wire)
    found = market.metadata("DGS10")
    assert (found.value.units, found.source, found.route) == ("Percent", "FRED:DGS10", "live")
    assert market.metadata("DGS10").route == "cache"
    assert wire.hits["fred series"] == 1


def test_a_rejected_key_is_asked_once_and_the_rest_fail_fast() -> None:
    wire = vendor()
    wire.down.add("fred")
    wire.answer = Answer({"error_code": 400, "error_message": "Bad Request.  Variable api_key is not set."}, 400)
    market = market_of(wire)
    found = market.many(["DGS10", "VIXCLS", "SP500", "PAYEMS", "CPIAUCNS", "NASDAQCOM", "GDP", "ICSA"], now_of(wire))
    assert all(isinstance(one, Gap) and "rejected the key" in one.reason for one in found.values())
    assert wire.hits[OBSERVATIONS] <= 6  # those already under way
    before = wire.hits[OBSERVATIONS]
    market.forget_refusals()
    with pytest.raises(AuthError):
        market.series("DGS10", now_of(wire))
    assert wire.hits[OBSERVATIONS] == before
    assert market.statuses()[0].key == "rejected"


def test_vendors_with_a_key_refusing_vintages_for_the_key_itself_are_not_asked_twice() -> None:
    wire = vendor()
    wire.down.add("fred")
    wire.answer = Answer({"error_code": 400, "error_message": "Bad Request.  Variable api_key is not set."}, 400)
    with pytest.raises(AuthError):
        market_of(wire).series("PAYEMS", now_of(wire))
    assert wire.hits[OBSERVATIONS] == 1


def test_a_reply_that_changed_its_shape_is_remembered_and_told() -> None:
    wire = vendor()
    wire.down.add("fred")
    wire.answer = Answer({"observations": []})
    market = market_of(wire)
    with pytest.raises(SchemaError, match="'count' is missing"):
        market.series("DGS10", now_of(wire))
    assert "'count' is missing" in (market.statuses()[0].last_error or "")


def test_the_vendor_is_told_of_nothing_but_what_it_needs() -> None:
    wire = vendor()
    market_of(wire).series("DGS10", now_of(wire))
    assert set(wire.queries[0]) == {"series_id", "file_type", "limit", "offset", "api_key"}


def test_a_helper_vendor_answers_like_the_real_one() -> None:
    assert Vendor._windowed([("d", "2026-01-01", "1"), ("d", "2026-02-01", "2")], "2026-01-15", "2026-03-01") == [
        ("d", "2026-01-15", "2026-02-01", "1"),
        ("d", "2026-02-01", "9999-12-31", "2"),
    ]


def test_a_history_re_estimated_every_week_is_asked_for_as_of_one_day_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred days of vintages of such a series would be megabytes; the release rule dates its rows."""
    assert series("NFCI").reestimated
    monkeypatch.setitem(SERIES, "PAYEMS", replace(series("PAYEMS"), reestimated=True))
    wire = vendor()
    rows = market_of(wire).series("PAYEMS", now_of(wire)).value
    assert (wire.queries[0]["realtime_start"], wire.queries[0]["realtime_end"]) == ("2026-11-18", "2026-11-18")
    assert np.isnat(rows.vintage).all()

"""Quotes, the ten-year and the equity index: their order of sources, what is partial, what is from the future."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from lox_core.clock import NEW_YORK, AsOf
from lox_core.errors import AuthError, SchemaError, SeriesNotFound, Unavailable
from lox_core.market.store import Entry, Store
from lox_core.sourced import Attempt
from tests.lox_core.market.invented_vendor import NOW, Vendor, keys, market_of, now_of, vendor
from tests.lox_core.providers.scripted import Answer, FakeTime

PAYWALL = Answer("Restricted Endpoint: upgrade your plan", 402, "text/plain")


def test_a_quote_is_live_then_cached_for_half_an_hour() -> None:
    wire = vendor()
    market = market_of(wire)
    first = market.quote("SPY")
    assert (first.value.price, first.source, first.route, first.as_of) == (600.0, "FMP:SPY", "live", NOW)
    wire.clock.move(minutes=29)
    assert market.quote("SPY").route == "cache"
    wire.clock.move(minutes=2)
    assert market.quote("SPY").route == "live"
    assert wire.hits["fmp quote"] == 2


def test_a_quote_survives_a_restart(tmp_path: Path) -> None:
    wire = vendor()
    first = market_of(wire, Store.open(tmp_path)).quote("SPY")
    second = market_of(wire, Store.open(tmp_path)).quote("SPY")
    assert (second.value, second.route) == (first.value, "cache")


def test_the_last_known_quote_is_served_flagged_when_fmp_fails() -> None:
    wire = vendor()
    market = market_of(wire)
    market.quote("SPY")
    wire.clock.move(minutes=45)
    wire.down.add("fmp")
    found = market.quote("SPY")
    assert (found.route, found.as_of, found.value.price) == ("last_good", NOW, 600.0)
    assert "trouble" in found.attempts[0].outcome


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'{"timestamp": 5}', b'{"timestamp": "2026-11-18"}'])
def test_a_kept_quote_that_cannot_be_read_is_asked_for_again(payload: bytes) -> None:
    wire, store = vendor(), Store.memory()
    store.put("fmp", "fmp.example.invalid/quote:SPY", Entry(payload, NOW))
    assert market_of(wire, store).quote("SPY").route == "live"


def test_a_quote_from_the_future_is_no_quote() -> None:
    wire = vendor()
    wire.quotes["SPY"]["timestamp"] = int((NOW + timedelta(days=1)).timestamp())
    with pytest.raises(SchemaError, match="later than the present"):
        market_of(wire).quote("SPY")


def test_a_kept_quote_is_not_shown_to_a_clock_that_stands_before_it() -> None:
    wire, store = vendor(), Store.memory()
    market_of(wire, store).quote("SPY")
    wire.clock.move(minutes=-30)
    wire.down.add("fmp")
    with pytest.raises(SchemaError):
        market_of(wire, store).quote("SPY")


def test_an_unknown_symbol_is_not_found() -> None:
    with pytest.raises(SeriesNotFound, match="ZZZZ"):
        market_of(vendor()).quote("ZZZZ")


def test_the_vix_is_fmps_quote_while_fmp_answers() -> None:
    found = market_of(wire := vendor()).vix()
    assert (found.value.price, found.source, found.attempts) == (22.5, "FMP:^VIX", ())
    assert found.value.change_pct == pytest.approx((22.5 / 22 - 1) * 100)
    assert set(wire.hits) == {"fmp quote"}


def test_without_fmp_the_vix_is_the_last_published_close(caplog: pytest.LogCaptureFixture) -> None:
    wire = vendor()
    wire.down.add("fmp")
    market = market_of(wire)
    found = market.vix()
    closes = list(wire.daily["VIXCLS"].values())
    assert (found.source, found.value.price) == ("FRED:VIXCLS", float(closes[-1]))
    assert found.value.previous_close == float(closes[-2])
    assert found.as_of == found.value.timestamp == datetime(2026, 11, 17, 16, tzinfo=NEW_YORK)
    assert [attempt.source for attempt in found.attempts] == ["FMP:^VIX"]
    market.vix()
    told = [
        r.getMessage() for r in caplog.records if r.levelno == logging.WARNING and r.getMessage().startswith("^VIX")
    ]
    assert len(told) == 1
    assert "FRED:VIXCLS is used instead" in told[0]


def test_a_published_close_comes_before_a_quote_that_has_gone_stale() -> None:
    wire = vendor()
    market = market_of(wire)
    market.vix()
    wire.clock.move(minutes=45)
    wire.down.add("fmp")
    assert market.vix().source == "FRED:VIXCLS"
    wire.down.add("fred")
    cold = market_of(wire, market.store).vix()
    assert (cold.source, cold.route) == ("FRED:VIXCLS", "cache")


def test_with_everything_else_dead_the_last_quote_known_is_served_flagged() -> None:
    wire = vendor()
    market = market_of(wire)
    market.vix()
    wire.clock.move(minutes=45)
    wire.down |= {"fmp", "fred"}
    found = market.vix()
    assert (found.source, found.route) == ("FMP:^VIX", "last_good")
    assert len(found.attempts) == 2


def test_with_everything_dead_the_reason_names_both() -> None:
    wire = vendor()
    wire.down |= {"fmp", "fred"}
    with pytest.raises(Unavailable, match=r"\^VIX could not be had. FMP is having trouble .* FRED is having trouble"):
        market_of(wire).vix()


def test_without_an_fmp_key_fred_serves_and_the_attempt_says_which_key() -> None:
    wire = vendor()
    found = market_of(wire, settings=keys(FMP_API_KEY="")).vix()
    assert found.source == "FRED:VIXCLS"
    assert "FMP_API_KEY is not set; it unlocks: Live VIX quote" in found.attempts[0].outcome
    assert wire.hits["fmp quote"] == 0


def test_the_ten_year_is_fmps_newest_then_freds() -> None:
    wire = vendor()
    market = market_of(wire)
    found = market.ten_year()
    assert (found.value, found.source) == (4.5, "FMP:treasury-rates year10")
    assert found.as_of == datetime(2026, 11, 18, 16, tzinfo=NEW_YORK)
    wire.down.add("fmp")
    fallen = market_of(wire).ten_year()
    assert (fallen.value, fallen.source) == (float(list(wire.daily["DGS10"].values())[-1]), "FRED:DGS10")
    assert fallen.attempts[0].source == "FMP:year10"


def test_a_curve_without_the_ten_year_or_only_from_the_future_is_none() -> None:
    for curve in ([{"date": "2026-11-17", "year2": 4.0}], [{"date": "2026-11-17", "year10": None, "year2": 4.0}]):
        wire = vendor()
        wire.curve = curve
        assert market_of(wire).ten_year().source == "FRED:DGS10"


@pytest.mark.parametrize("as_of", [AsOf.on(date(2026, 3, 16)), AsOf(datetime(2026, 3, 16, 16, 0, tzinfo=NEW_YORK))])
def test_the_index_ends_at_the_as_of(as_of: AsOf) -> None:
    found = market_of(vendor()).index_history(as_of)
    assert found.source == "FMP:^GSPC"
    assert found.value.index[-1] == pd.Timestamp("2026-03-16")
    assert found.as_of == datetime(2026, 3, 16, 16, tzinfo=NEW_YORK)
    assert found.value.index.is_monotonic_increasing
    assert found.value.notna().all()


def test_a_moment_before_the_close_does_not_know_that_days_close() -> None:
    as_of = AsOf(datetime(2026, 3, 16, 15, 59, tzinfo=NEW_YORK))
    assert market_of(vendor()).index_history(as_of).value.index[-1] == pd.Timestamp("2026-03-13")


def test_the_bar_of_a_running_session_is_no_close() -> None:
    wire = vendor()
    wire.clock.put(datetime(2026, 11, 18, 11, 0, tzinfo=NEW_YORK))
    market = market_of(wire)
    assert market.index_history(now_of(wire)).value.index[-1] == pd.Timestamp("2026-11-17")
    wire.down.add("fmp")
    wire.clock.put(datetime(2026, 11, 18, 18, 0, tzinfo=NEW_YORK))
    held = market.index_history(now_of(wire))  # the copy of eleven o'clock: what was partial then is not a close now
    assert (held.route, held.value.index[-1]) == ("last_good", pd.Timestamp("2026-11-17"))


def test_the_index_is_fetched_once_a_day() -> None:
    wire = vendor()
    market = market_of(wire)
    for _ in range(3):
        market.index_history(now_of(wire))
    assert wire.hits["fmp full"] == 2  # one call, and the page before it that does not exist
    wire.clock.move(days=1)
    market.index_history(now_of(wire))
    assert wire.hits["fmp full"] == 4


def sources_down(wire: Vendor, count: int) -> Vendor:
    """The first ``count`` sources of the index's order refuse."""
    wire.down |= {0: set(), 1: {"^GSPC"}, 2: {"^GSPC", "dividend-adjusted"}, 3: {"fmp"}, 4: {"fmp", "SP500"}}[count]
    wire.answer = PAYWALL
    return wire


@pytest.mark.parametrize(
    ("count", "source", "last"),
    [
        (0, "FMP:^GSPC", 4700.0 + 751),
        (1, "FMP:SPY", 460.0 + 751),
        (2, "FMP:SPY", 470.0 + 751),
        (3, "FRED:SP500", 5000.0 + 750),
        (4, "FRED:NASDAQCOM", 15000.0 + 750),
    ],
)
def test_the_index_falls_back_in_order_and_says_what_was_tried(count: int, source: str, last: float) -> None:
    wire = sources_down(vendor(), count)
    found = market_of(wire).index_history(now_of(wire))
    assert (found.source, found.value.iloc[-1]) == (source, last)
    tried = ["FMP:^GSPC", "FMP:SPY", "FMP:SPY", "FRED:SP500"][:count]
    assert [attempt.source for attempt in found.attempts] == tried
    assert all("does not cover" in attempt.outcome or "plan" in attempt.outcome for attempt in found.attempts)


def test_a_missing_key_is_told_once() -> None:
    wire = vendor()
    found = market_of(wire, settings=keys(FMP_API_KEY="")).index_history(now_of(wire))
    assert found.source == "FRED:SP500"
    assert len(found.attempts) == 1


def test_a_vendor_that_does_not_answer_is_asked_once_and_its_kept_copies_still_count() -> None:
    wire = vendor()
    sources_down(wire, 1)  # a plan without ^GSPC: SPY is what is kept
    market = market_of(wire)
    assert market.index_history(now_of(wire)).source == "FMP:SPY"
    wire.clock.move(days=1)
    wire.down, wire.answer = {"fmp"}, TimeoutError("silent")
    market.forget_refusals()
    before = sum(wire.hits.values())
    found = market.index_history(now_of(wire))
    assert (found.source, found.route, len(found.value)) == ("FMP:SPY", "last_good", 752)
    assert sum(wire.hits.values()) - before <= 3
    cold = market_of(wire)
    assert cold.index_history(now_of(wire)).source == "FRED:SP500"


def test_many_days_without_a_close_are_a_damaged_reply_and_few_are_told() -> None:
    wire = vendor()
    days = list(wire.bars["^GSPC"])
    wire.bars["^GSPC"] |= dict.fromkeys(days[:3], None)
    found = market_of(wire).index_history(now_of(wire))
    assert (len(found.value), found.source) == (len(days) - 3, "FMP:^GSPC")
    assert [attempt.outcome for attempt in found.attempts] == ["3 unreadable rows were skipped"]
    wire.bars["^GSPC"] |= dict.fromkeys(days[::3], None)
    assert market_of(wire).index_history(now_of(wire)).source == "FMP:SPY"


def test_an_index_that_ended_weeks_ago_gives_way_to_one_that_did_not() -> None:
    wire = vendor()
    wire.bars["^GSPC"] = {day: level for day, level in wire.bars["^GSPC"].items() if day < "2026-10-01"}
    found = market_of(wire).index_history(now_of(wire))
    assert found.source == "FMP:SPY"
    assert found.attempts == (Attempt("FMP:^GSPC", "Ends on 2026-09-30."),)


def test_where_every_history_is_old_the_first_serves_and_says_so() -> None:
    wire = vendor()
    wire.bars = {"^GSPC": {"2026-09-30": 5000.0}}
    wire.daily = {}
    found = market_of(wire).index_history(now_of(wire))
    assert (found.source, found.value.tolist()) == ("FMP:^GSPC", [5000.0])
    assert found.attempts[0].outcome == "Ends on 2026-09-30."


def test_before_every_history_begins_there_is_none() -> None:
    with pytest.raises(Unavailable, match="No equity index history"):
        market_of(vendor()).index_history(AsOf.on(date(1999, 1, 4)))


def test_nothing_at_all_is_an_error_in_words() -> None:
    wire = vendor()
    wire.down |= {"fmp", "fred"}
    with pytest.raises(Unavailable, match=r"No equity index history could be had. FMP is having trouble"):
        market_of(wire).index_history(now_of(wire))


def test_a_kept_history_that_cannot_be_read_is_fetched_again() -> None:
    wire, store = vendor(), Store.memory()
    for payload in (b"", b"date,close\n", b"date,close\n2026-11-17,nan\n", b"junk", b"date,close\nyesterday,5\n"):
        store.put("fmp", "fmp.example.invalid/closes:^GSPC:split", Entry(payload, NOW))
        assert market_of(wire, store).index_history(now_of(wire)).route == "live"


def test_the_bandwidth_limit_leaves_fmp_alone_for_an_hour() -> None:
    wire, timer = vendor(), FakeTime()
    wire.down.add("fmp")
    wire.answer = Answer({"Error Message": "Bandwidth Limit Reach . Please upgrade your plan"}, 429)
    market = market_of(wire, timer=timer)
    market.vix()
    before = wire.hits["fmp quote"]
    timer.seconds += 3500
    market.vix()
    assert wire.hits["fmp quote"] == before
    assert market.statuses()[1].breaker == "open"
    timer.seconds += 200
    wire.down.clear()
    market.forget_refusals()
    assert market.vix().source == "FMP:^VIX"


def test_a_missing_fmp_key_raises_for_a_quote() -> None:
    with pytest.raises(AuthError, match="FMP_API_KEY is not set"):
        market_of(vendor(), settings=keys(FMP_API_KEY="")).quote("SPY")

"""What the status page is told, and that telling it costs nothing."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from lox_core.catalog import SERIES
from lox_core.clock import AsOf
from lox_core.errors import DataError
from lox_core.market.status import NEEDED
from lox_core.market.store import Store
from lox_core.settings import Settings
from tests.lox_core.market.invented_vendor import FMP_KEY, FRED_KEY, NOW, keys, market_of, now_of, vendor


def test_every_vendor_has_a_line_that_says_what_its_key_unlocks() -> None:
    statuses = market_of(vendor(), settings=keys(FMP_API_KEY="", OPENAI_API_KEY="sk-canary-openai")).statuses()
    assert [(s.name, s.mode, s.key) for s in statuses] == [
        ("FRED", "live", "set"),
        ("FMP", "off", "missing"),
        ("Alpaca", "off", "missing"),
        ("Trading Economics", "off", "missing"),
        ("OpenAI", "off", "set"),
    ]
    for status in statuses:
        assert status.unlocks == Settings.model_fields[NEEDED[status.name][0]].description
        assert "http" in status.unlocks


def test_half_a_pair_of_keys_is_none() -> None:
    def alpaca(**given: str) -> str:
        return market_of(vendor(), settings=keys(**given)).statuses()[2].key

    assert alpaca(ALPACA_API_KEY="only-one-half") == "missing"
    assert alpaca(ALPACA_API_KEY="one-half", ALPACA_API_SECRET="the-other") == "set"


def test_success_failure_and_budget_are_told_with_their_times() -> None:
    wire = vendor()
    market = market_of(wire)
    market.series("DGS10", now_of(wire))
    wire.clock.move(hours=1)
    wire.down.add("fred")
    with pytest.raises(DataError):
        market.series("VIXCLS", now_of(wire))
    fred = market.statuses()[0]
    assert fred.last_success == NOW
    assert fred.last_error_at == wire.clock.now()
    assert fred.last_error == "FRED is having trouble (HTTP 500) (VIXCLS)."
    assert fred.tokens_capacity == 55
    assert 51 <= fred.tokens_left < 54
    assert fred.budget_left == pytest.approx(fred.tokens_left / 55)


def test_an_open_breaker_says_when_the_vendor_is_asked_again() -> None:
    wire = vendor()
    wire.down.add("fred")
    market = market_of(wire)
    market.many(["DGS10", "VIXCLS", "SP500"], now_of(wire))
    fred = market.statuses()[0]
    assert fred.breaker == "open"
    assert fred.retry_in_s is not None
    assert 0 < fred.retry_in_s <= 30


def test_an_unknown_series_is_no_trouble_of_the_vendor() -> None:
    wire = vendor()
    market = market_of(wire)
    market.many(["THREEFYTP10", "FGRECPT", "GDP", "ICSA", "BAA", "SOFR", "IORB"], now_of(wire))
    fred = market.statuses()[0]
    assert (fred.breaker, fred.last_error, fred.last_success) == ("closed", None, NOW)


def test_the_simulated_market_says_so_and_has_no_budget_to_run_out_of() -> None:
    wire = vendor()
    market = market_of(wire, settings=keys(FRED_API_KEY="", FMP_API_KEY=""), source_prefix="demo ")
    for _ in range(200):
        market.forget_refusals()
        market.many(["THREEFYTP10"], now_of(wire))
    statuses = market.statuses()
    assert [(s.mode, s.key) for s in statuses[:2]] == [("demo", "missing")] * 2
    assert statuses[0].budget_left > 0.99
    assert market.vix().source == "demo FMP:^VIX"


def test_every_series_has_an_age_worked_out_from_memory() -> None:
    wire = vendor()
    market = market_of(wire)
    market.many(["DGS10", "PAYEMS", "THREEFYTP10"], now_of(wire))
    before = dict(wire.hits)
    ages = {age.id: age for age in market.series_ages(now_of(wire))}
    assert wire.hits == before
    assert list(ages) == list(SERIES)
    ten_year = ages["DGS10"]
    assert (ten_year.observation_date, ten_year.age_days, ten_year.stale) == (date(2026, 11, 17), 1, False)
    assert (ten_year.source, ten_year.fetched_at, ten_year.reason) == ("FRED:DGS10", NOW, None)
    assert ages["PAYEMS"].age_days == 12  # from its publication on the 6th
    assert ages["THREEFYTP10"].reason == "FRED does not know the series THREEFYTP10."
    assert (ages["THREEFYTP10"].stale, ages["THREEFYTP10"].observation_date) == (True, None)
    assert ages["GDP"].reason == "Not loaded yet."


def test_an_old_observation_and_an_old_fetch_are_both_stale() -> None:
    wire = vendor()
    market = market_of(wire)
    market.many(["DGS10", "PAYEMS"], now_of(wire))
    wire.down.add("fred")
    wire.clock.move(days=2, hours=1)
    market.many(["DGS10", "PAYEMS"], now_of(wire))
    ages = {age.id: age for age in market.series_ages(now_of(wire))}
    assert ages["PAYEMS"].stale  # fetched more than two days ago, though its observation is in time
    assert ages["PAYEMS"].route == "last_good"
    assert "trouble" in (ages["PAYEMS"].reason or "")
    wire.clock.move(days=9)
    assert {age.id: age for age in market.series_ages(now_of(wire))}["DGS10"].age_days == 12


def test_a_past_before_the_first_release_says_so() -> None:
    wire = vendor()
    market, as_of = market_of(wire), AsOf.on(date(2024, 1, 1))
    market.series("DGS10", as_of)
    age = {age.id: age for age in market.series_ages(as_of)}["DGS10"]
    assert age.reason == "Nothing was published by 2024-01-01."


def test_the_status_costs_milliseconds() -> None:
    wire = vendor()
    market = market_of(wire)
    market.many(list(SERIES), now_of(wire))
    began = time.perf_counter()
    for _ in range(5):
        assert market.statuses()
        assert len(market.series_ages(now_of(wire))) == len(SERIES)
        assert market.notices == ()
    assert (time.perf_counter() - began) / 5 < 0.25


def test_size_and_notices_are_the_stores(tmp_path: Path) -> None:
    wire = vendor()
    market = market_of(wire, Store.open(tmp_path))
    market.series("DGS10", now_of(wire))
    assert market.cache_bytes > 1000
    assert market.notices == ()
    (tmp_path / "file").write_text("")
    broken = market_of(wire, Store.open(tmp_path / "file"))
    broken.series("DGS10", now_of(wire))
    assert any("kept in memory" in words for words in broken.notices)


def test_nothing_the_market_says_of_itself_holds_a_key() -> None:
    wire = vendor()
    wire.down |= {"VIXCLS", "^GSPC"}
    market = market_of(wire)
    found = market.many(["DGS10", "VIXCLS"], now_of(wire))
    said = repr((market, vars(market), market.statuses(), market.series_ages(now_of(wire)), found, market.vix()))
    assert FRED_KEY not in said
    assert FMP_KEY not in said

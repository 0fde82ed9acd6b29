"""The macro workbench on the simulated market: one world, asked in several ways."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from lox_core.clock import AsOf, Clock
from lox_core.errors import DataError, SettingsError, Unavailable
from lox_core.regimes.state import PILLARS
from lox_core.settings import Settings
from lox_core.sourced import Gap, Sourced
from lox_core.workbench import Workbench

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench.build(Settings.from_layers({}), Clock(NOW))


@pytest.fixture(scope="module")
def now() -> AsOf:
    return Clock(NOW).as_of_now()


def test_without_a_key_it_is_the_simulated_market(bench, now):
    report = bench.board(now)
    assert bench.mode == "demo"
    assert tuple(report.board.pillars) == PILLARS
    assert [name for name, pillar in report.board.pillars.items() if pillar.grey] == []
    assert all(found.source.startswith("demo ") for found in report.series.values())


def test_with_any_key_nothing_is_simulated(tmp_path):
    settings = Settings.from_layers(
        {"FMP_API_KEY": "only-a-price-key", "FMP_BASE_URL": "http://127.0.0.1:9", "LOX_DATA_DIR": str(tmp_path)}
    )
    bench = Workbench.build(settings, Clock(NOW))
    report = bench.board(Clock(NOW).as_of_now())
    assert bench.mode == "live"
    assert all(isinstance(found, Gap) for found in report.series.values())
    assert all("FRED_API_KEY" in pillar.missing_reason for pillar in report.board.pillars.values())
    assert report.board.macro.band == "insufficient_data"


def test_loading_tells_its_progress(bench, now):
    told = []
    bench.load(now, lambda done, total, name: told.append((done, total, name)))
    assert [done for done, _, _ in told] == list(range(1, len(told) + 1))
    assert told[-1][0] == told[-1][1]


def test_the_same_question_is_answered_from_memory(bench, now):
    assert bench.board(now).board is bench.board(now).board


def test_a_past_day_is_another_question(bench, now):
    past = bench.board(AsOf.on(date(2022, 6, 30)))
    assert past.board.as_of.date == date(2022, 6, 30)
    assert past.board.pillars["volatility"].history.index[-1] == pd.Timestamp("2022-06-30")
    assert any("2022-06-30" in notice for notice in past.notices)
    assert not any("Looking at" in notice for notice in bench.board(now).notices)


def test_a_standing_clock_is_said_on_every_face():
    bench = Workbench.build(Settings.from_layers({"LOX_NOW": NOW.isoformat()}), Clock(NOW))
    assert any("LOX_NOW" in notice for notice in bench.notices(Clock(NOW).as_of_now()))


def test_the_playbook_names_its_benchmark_and_refuses_strange_questions(bench, now):
    book = bench.playbook(now, "volatility", 21)
    assert book.benchmark.startswith("demo FMP:^GSPC")
    assert len(book.rows) == 5
    assert bench.playbook(now, "volatility", 21) is book
    with pytest.raises(SettingsError):
        bench.playbook(now, "astrology", 21)
    with pytest.raises(SettingsError):
        bench.playbook(now, "volatility", 22)


def test_without_a_benchmark_the_playbook_says_so(bench, now, monkeypatch):
    def refuse(as_of: AsOf) -> Sourced[pd.Series]:
        raise Unavailable("every source of the index failed")

    fresh = Workbench.build(Settings.from_layers({}), Clock(NOW))
    monkeypatch.setattr(fresh.market, "index_history", refuse)
    with pytest.raises(DataError, match="every source of the index failed"):
        fresh.playbook(now, "volatility", 21)
    assert not fresh.board(now).board.pillars["rates"].grey


def test_features_come_back_from_the_store_as_they_went_in(bench, now, monkeypatch):
    first = bench.features(now)
    monkeypatch.setattr("lox_core.workbench.macro.feature_matrix", None)  # the second answer is the store's
    pd.testing.assert_frame_equal(first, bench.features(now), check_freq=False)


def test_two_moments_of_one_day_are_two_questions(bench):
    early, late = (AsOf.parse(f"2026-10-02T{hour}-04:00", bench.clock) for hour in ("08:00", "23:00"))
    assert bench.playbook(early, "volatility", 21) is not bench.playbook(late, "volatility", 21)
    assert not bench.features(early).equals(bench.features(late))


def test_status_knows_every_series_and_its_pillar(bench, now):
    bench.board(now)
    report = bench.status(now)
    assert {p.name for p in report.providers} == {"FRED", "FMP", "Trading Economics", "OpenAI"}
    assert {s.pillar for s in report.series} >= set(PILLARS)
    vix = next(s for s in report.series if s.id == "VIXCLS")
    assert vix.observation_date is not None
    assert not vix.stale
    assert report.cache_bytes > 0


def test_a_change_of_regime_is_announced_with_its_driver(bench, now, caplog):
    board = bench.board(now).board
    logging.getLogger("lox").propagate = True
    bench._labels["volatility"] = "crisis"
    with caplog.at_level(logging.WARNING, logger="lox"):
        bench._announce(board)
        bench._announce(board)
    told = [record.getMessage() for record in caplog.records if "regime change" in record.getMessage()]
    assert len(told) == 1
    assert f"volatility crisis -> {board.pillars['volatility'].confirmed}" in told[0]
    assert "VIXCLS" in told[0]


def test_an_intraday_quote_moves_raw_only(bench, now):
    """Mid-session on a Monday: the last close known is Friday's at best, the quote is today's."""
    pillar = bench.board(now).board.pillars["volatility"]
    assert pillar.intraday
    quote = pillar.inputs["VIXCLS now"]
    assert quote.intraday
    assert quote.as_of == date(2026, 11, 23)
    assert np.isfinite(quote.value)
    assert pillar.inputs["VIXCLS"].as_of < date(2026, 11, 23)

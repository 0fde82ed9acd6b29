"""Invariants of the whole board on an invented market."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lox_core.catalog import SERIES, Observations, series
from lox_core.clock import AsOf
from lox_core.regimes.board import build_board
from lox_core.regimes.rules import default_rules, edges
from lox_core.regimes.state import BANDS, PILLARS, QUADRANTS, STEPS, Board, Reading

DAY = AsOf.on(date(2020, 6, 30))
COLUMNS = ["raw", "confirmed", "score"]
SLOW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
REQUIRED = {
    "VIXCLS": "volatility", "BAMLH0A0HYM2": "credit", "DGS10": "rates", "SOFR": "funding", "MTSDS133FMS": "fiscal",
    "GDP": "fiscal",
}  # fmt: skip


@pytest.fixture(scope="module")
def board(market) -> Board:
    return build_board(DAY, market)


def test_all_seven_pillars_are_there_and_lit(board):
    assert tuple(board.pillars) == PILLARS
    assert [name for name, pillar in board.pillars.items() if pillar.grey] == []


def test_every_label_has_its_why_and_a_border(board):
    for name, pillar in board.pillars.items():
        assert pillar.rule == f"{name}.{pillar.confirmed}"
        assert pillar.rule in pillar.why
        assert str(pillar.since) in pillar.why
        assert pillar.next_boundary in pillar.boundaries
        assert pillar.next_boundary.regime != pillar.confirmed
        assert pillar.next_boundary.input in pillar.inputs, name


def test_a_score_lies_in_its_confirmed_level(board):
    for name in ("volatility", "credit", "funding", "growth", "fiscal"):
        pillar = board.pillars[name]
        borders = edges(default_rules()[name]["anchors"])
        place = pillar.levels.index(pillar.confirmed)
        scored = pillar.history[pillar.history["confirmed"] == place]["score"]
        assert borders[place] <= scored.min()
        assert scored.max() <= borders[place + 1]


def test_contributions_sum_to_the_score_before_floors(board):
    assert 50 + sum(board.macro.contributions.values()) == pytest.approx(board.macro.score_before_floors, abs=1e-9)


@SLOW
@given(st.integers(0, 1000), st.sets(st.sampled_from(sorted(REQUIRED)), max_size=3))
def test_contributions_sum_whatever_is_missing(seed, missing):
    import invented

    rows = invented.observations(seed, date(2017, 1, 3), date(2019, 12, 31))
    built = build_board(AsOf.on(date(2019, 12, 31)), {k: v for k, v in rows.items() if k not in missing})
    fresh = {name for name, pillar in built.pillars.items() if not pillar.grey}
    assert fresh.isdisjoint({REQUIRED[name] for name in missing})
    assert set(built.macro.contributions) == fresh
    assert 50 + sum(built.macro.contributions.values()) == pytest.approx(built.macro.score_before_floors, abs=1e-9)
    assert built.macro.risk_score >= built.macro.score_before_floors


@SLOW
@given(st.integers(1, 400))
def test_appending_future_rows_changes_no_past_label(market, days_back):
    """A board at t is the same whether or not rows published later are in its input; and so is the history at t."""
    day = (np.datetime64("2020-10-30") - np.timedelta64(days_back, "D")).item()
    as_of = AsOf.on(day)
    cutoff = np.datetime64(as_of.utc.replace(tzinfo=None), "s")
    past = {}
    for name, rows in market.items():
        known = rows.known_at <= cutoff if series(name).kind == "release" else rows.date <= np.datetime64(day)
        past[name] = rows.select(known)
    with_future, without = build_board(as_of, market), build_board(as_of, past)
    later = build_board(AsOf.on(date(2020, 10, 30)), market)
    for name in PILLARS:
        now, then = with_future.pillars[name], without.pillars[name]
        assert (now.raw, now.confirmed, now.score, now.flags) == (then.raw, then.confirmed, then.score, then.flags)
        here = now.history[COLUMNS].iloc[:-1]
        np.testing.assert_array_equal(later.pillars[name].history[COLUMNS].loc[here.index].to_numpy(), here.to_numpy())
    assert with_future.macro.risk_score == without.macro.risk_score
    shared = with_future.macro.history.iloc[:-1]
    np.testing.assert_array_equal(later.macro.history.loc[shared.index].to_numpy(), shared.to_numpy())


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    "name", ["VIXCLS", "BAMLH0A0HYM2", "DGS10", "SOFR", "CFNAIMA3", "CPIAUCNS", "GDP", "ICSA", "WALCL"]
)
def test_permuting_or_duplicating_rows_changes_nothing(market, board, seed, name):
    rows, rng = market[name], np.random.default_rng(seed)
    order = rng.permutation(np.append(np.arange(len(rows)), rng.integers(0, len(rows), 20)))
    shuffled = Observations.of(
        series(name), rows.date[order], rows.value[order], source=rows.source, known_at=rows.known_at[order]
    )
    again = build_board(DAY, {**market, name: shuffled})
    for pillar in PILLARS:
        pd.testing.assert_frame_equal(again.pillars[pillar].history, board.pillars[pillar].history, check_exact=True)
    assert again.macro.label == board.macro.label
    assert again.macro.risk_score == board.macro.risk_score


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["VIXCLS", "DGS10", "SOFR", "PAYEMS", "CPILFESL", "MTSDS133FMS", "RRPONTSYD"])
def test_a_missing_value_is_never_zero(market, board, name, seed):
    """NaN rows are dropped: the result is that of a series without those rows, not of one with zeros there."""
    rows = market[name]
    rng = np.random.default_rng(seed)
    holes = rng.random(len(rows)) < 0.2
    with_nan = Observations.of(series(name), rows.date, np.where(holes, np.nan, rows.value), source=rows.source)
    without = Observations.of(series(name), rows.date[~holes], rows.value[~holes], source=rows.source)
    a, b = build_board(DAY, {**market, name: with_nan}), build_board(DAY, {**market, name: without})
    assert a.macro.risk_score == b.macro.risk_score
    for pillar in PILLARS:
        left, right = a.pillars[pillar], b.pillars[pillar]
        assert {n: r.value for n, r in left.inputs.items()} == {n: r.value for n, r in right.inputs.items()}
        grey = left.history["confirmed"] == -1
        assert left.history["score"][grey].isna().all()


@pytest.mark.parametrize(("name", "pillar"), REQUIRED.items())
def test_a_missing_required_series_greys_its_pillar_with_the_reason(market, board, name, pillar):
    without = {key: rows for key, rows in market.items() if key != name}
    built = build_board(DAY, without, gaps={name: "the key was rejected"})
    state = built.pillars[pillar]
    assert (state.raw, state.confirmed, state.score) == (None, None, None)
    assert "the key was rejected" in state.missing_reason
    assert pillar not in built.macro.contributions
    assert built.macro.coverage < board.macro.coverage


def test_a_missing_optional_series_lowers_coverage_only(market, board):
    built = build_board(DAY, {k: v for k, v in market.items() if k != "VXVCLS"})
    assert built.pillars["volatility"].confirmed == board.pillars["volatility"].confirmed
    assert built.pillars["volatility"].coverage < 1
    assert built.macro.coverage < board.macro.coverage
    assert built.pillars["volatility"].inputs["VXVCLS"].missing_reason


@pytest.mark.parametrize(
    ("name", "stands_in", "pillar"),
    [
        ("CPIAUCNS", "CPIAUCSL", "inflation"),
        ("CFNAIMA3", "CFNAI", "growth"),
        ("SAHMREALTIME", "UNRATE", "growth"),
        ("WDTGAL", "WTREGEN", "funding"),
        ("THREEFYTP10", "ACMTP10", "fiscal"),
        ("IORB", "IOER", "funding"),
    ],
)
def test_a_substitute_stands_in_and_says_so(market, name, stands_in, pillar):
    built = build_board(DAY, {k: v for k, v in market.items() if k != name})
    state = built.pillars[pillar]
    assert not state.grey
    assert any(reading.source and stands_in in reading.source for reading in state.inputs.values())


def test_a_stale_series_greys_its_pillar(market):
    rows = market["VIXCLS"]
    old = rows.select(rows.date <= np.datetime64("2020-06-20"))
    state = build_board(DAY, {**market, "VIXCLS": old}).pillars["volatility"]
    assert state.grey
    assert "2020-06-19" in state.missing_reason
    assert state.history["confirmed"].iloc[-1] == -1
    assert state.history["confirmed"].loc["2020-06-24"] != -1  # three trading days still count


def test_no_data_at_all_is_an_answer_too():
    built = build_board(DAY, {}, gaps=dict.fromkeys(SERIES, "FRED_API_KEY is not set"))
    assert all(pillar.grey for pillar in built.pillars.values())
    assert built.macro.band == "insufficient_data"
    assert built.macro.risk_score is None
    assert built.macro.quadrant == "insufficient_data"
    assert "FRED_API_KEY" in built.pillars["rates"].missing_reason


def test_below_seventy_percent_of_weight_there_is_no_band(market):
    without = {k: v for k, v in market.items() if k not in ("VIXCLS", "CFNAIMA3", "CFNAI")}
    built = build_board(DAY, without)
    assert built.macro.coverage < 0.7
    assert built.macro.band == "insufficient_data"


def test_an_intraday_quote_moves_raw_and_nothing_else(market, board):
    quote = Reading(
        "VIX quote", "VIX, now", "index", value=45.0, as_of=date(2020, 6, 30), source="FMP:^VIX", intraday=True
    )
    state = build_board(DAY, market, quotes={"VIXCLS": quote}).pillars["volatility"]
    before = board.pillars["volatility"]
    assert state.raw == "crisis"
    assert state.intraday
    assert (state.confirmed, state.score, state.days_in_state) == (before.confirmed, before.score, before.days_in_state)


def test_before_publication_a_release_is_not_known(market):
    """A moment before the hour of a release the old print counts; a moment after, the new one."""
    before = build_board(AsOf.parse("2020-06-15T08:29-04:00", _clock()), market).pillars["inflation"]
    after = build_board(AsOf.parse("2020-06-15T08:31-04:00", _clock()), market).pillars["inflation"]
    assert before.inputs["CPIAUCNS"].as_of == date(2020, 4, 1)
    assert after.inputs["CPIAUCNS"].as_of == date(2020, 5, 1)


def test_at_a_moment_the_close_of_yesterday_is_what_is_known(market):
    built = build_board(AsOf.parse("2020-06-16T10:00-04:00", _clock()), market)
    assert built.pillars["volatility"].inputs["VIXCLS"].as_of == date(2020, 6, 15)
    on_the_day = build_board(AsOf.on(date(2020, 6, 16)), market)
    assert on_the_day.pillars["volatility"].inputs["VIXCLS"].as_of == date(2020, 6, 16)


def test_the_first_sixty_observations_carry_no_label(market):
    rows = market["VIXCLS"]
    young = rows.select(rows.date >= np.datetime64("2020-04-15"))
    state = build_board(DAY, {**market, "VIXCLS": young}).pillars["volatility"]
    assert state.grey
    assert "warming up" in state.missing_reason


def test_slugs_have_steps_and_numbers_are_finite(board):
    assert {slug for p in board.pillars.values() for slug in p.levels} <= set(STEPS)
    assert set(BANDS) <= set(STEPS)
    assert board.macro.quadrant in (*QUADRANTS, "insufficient_data")
    for pillar in board.pillars.values():
        for reading in pillar.inputs.values():
            for field in fields(reading):
                value = getattr(reading, field.name)
                assert not isinstance(value, float) or math.isfinite(value)


def test_a_single_crisis_floors_at_65_and_two_at_80(market):
    def shocked(name: str, level: float) -> Observations:
        rows = market[name]
        return replace(rows, value=np.where(rows.date >= np.datetime64("2020-06-25"), level, rows.value))

    one = build_board(DAY, {**market, "VIXCLS": shocked("VIXCLS", 60.0)}).macro
    two = build_board(
        DAY, {**market, "VIXCLS": shocked("VIXCLS", 60.0), "BAMLH0A0HYM2": shocked("BAMLH0A0HYM2", 12.0)}
    ).macro
    assert one.risk_score >= 65
    assert two.risk_score >= 80
    assert two.floor == 80
    assert "Volatility and Credit" in two.floor_reason
    assert two.band == "risk_off"


def _clock():
    from lox_core.clock import Clock

    return Clock()

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
        assert f"{pillar.since.day} {pillar.since:%b %Y}" in pillar.why
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
    assert built.macro.risk_score is None or built.macro.risk_score >= built.macro.score_before_floors


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
    assert built.macro.risk_score is None
    assert "70%" in built.macro.missing_reason


def test_an_intraday_quote_moves_raw_and_nothing_else(market, board):
    quote = Reading(
        "VIX quote", "VIX, now", "index", value=45.0, as_of=date(2020, 7, 1), source="FMP:^VIX", intraday=True
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


def test_a_row_published_late_hides_nothing_that_was_public_before_it(market):
    """A month back-filled in January must not grey the weeks before, when a newer month was already out."""
    rows = market["CPIAUCNS"]
    late = np.datetime64("2020-03-01")
    known_at = np.where(rows.date == late, np.datetime64("2020-09-20T12:30"), rows.known_at)
    known_at = known_at.astype("datetime64[s]")
    backfilled = Observations.of(series("CPIAUCNS"), rows.date, rows.value, source=rows.source, known_at=known_at)
    before = build_board(AsOf.on(date(2020, 9, 18)), {**market, "CPIAUCNS": backfilled}).pillars["inflation"].history
    after = build_board(AsOf.on(date(2020, 9, 25)), {**market, "CPIAUCNS": backfilled}).pillars["inflation"].history
    span = slice("2020-06-20", "2020-09-17")
    assert (after["confirmed"].loc[span] != -1).all()
    np.testing.assert_array_equal(before["confirmed"].loc[span], after["confirmed"].loc[span])


@pytest.mark.parametrize(
    ("name", "stands_in", "pillar"),
    [("CPIAUCNS", "CPIAUCSL", "inflation"), ("CFNAIMA3", "CFNAI", "growth"), ("SAHMREALTIME", "UNRATE", "growth")],
)
def test_a_source_that_ends_leaves_the_past_as_it_was(market, name, stands_in, pillar):
    """Going stale lets the substitute speak from then on; what the source said before stays."""
    rows = market[name]
    ended = {**market, name: rows.select(rows.date <= np.datetime64("2020-03-01"))}
    fresh = build_board(AsOf.on(date(2020, 4, 20)), ended).pillars[pillar].history
    stale = build_board(AsOf.on(date(2020, 9, 30)), ended).pillars[pillar].history
    past = slice(None, "2020-04-17")
    np.testing.assert_array_equal(fresh[COLUMNS].loc[past].to_numpy(), stale[COLUMNS].loc[past].to_numpy())
    if name != "SAHMREALTIME":
        assert stale["confirmed"].iloc[-1] != -1, stands_in


@pytest.mark.parametrize("moment", ["2020-06-16T08:00-04:00", "2020-06-16T12:00-04:00", "2020-06-14T12:00-04:00"])
def test_at_a_moment_no_day_stands_without_its_closes(market, moment):
    """The last day of the history is the last with any news; looking again later rewrites no earlier day."""
    now = build_board(AsOf.parse(moment, _clock()), market)
    later = build_board(AsOf.parse("2020-06-17T12:00-04:00", _clock()), market)
    closes = market["VIXCLS"]
    known = closes.as_known(series("VIXCLS"), now.as_of).date[-1]
    history = now.pillars["volatility"].history
    settled = history.loc[: str(known)]
    np.testing.assert_array_equal(
        settled[COLUMNS].to_numpy(), later.pillars["volatility"].history.loc[settled.index, COLUMNS].to_numpy()
    )
    assert (history.index[-1] - np.datetime64(known)).days <= 3


@pytest.mark.parametrize("moment", ["2020-06-16T08:45-04:00", "2020-06-16T18:00-04:00", "2020-06-13T12:00-04:00"])
def test_the_change_of_a_day_compares_closes(market, moment):
    """In the morning, in the evening and at a weekend: the newest close against the one before it."""
    built = build_board(AsOf.parse(moment, _clock()), market)
    state = built.pillars["volatility"]
    close = state.history.loc[: str(state.inputs["VIXCLS"].as_of), "score"]
    assert state.trend.change_1d == pytest.approx(close.iloc[-1] - close.iloc[-2])


def test_a_change_between_days_that_weigh_other_pillars_is_none(market):
    rows = market["VIXCLS"]
    young = rows.select(rows.date <= np.datetime64("2020-06-22"))
    before = build_board(AsOf.on(date(2020, 6, 25)), {**market, "VIXCLS": young}).macro
    after = build_board(AsOf.on(date(2020, 6, 26)), {**market, "VIXCLS": young}).macro
    assert before.change_1d is not None
    assert after.change_1d is None  # volatility went grey in between


def test_a_day_with_news_on_which_the_exchange_is_shut_has_its_label(market):
    """Good Friday 2020: yields were published, so the label of that day is that day's."""
    rows = market["DGS10"]
    friday = np.datetime64("2020-04-10")
    with_friday = Observations.of(
        series("DGS10"), np.append(rows.date, friday), np.append(rows.value, rows.value[0] - 1.5), source=rows.source
    )
    state = build_board(AsOf.on(date(2020, 4, 10)), {**market, "DGS10": with_friday}).pillars["rates"]
    assert state.history.index[-1] == pd.Timestamp("2020-04-10")
    assert state.inputs["DGS10 Δ20d"].as_of == date(2020, 4, 10)
    assert state.confirmed in ("shock_down", "disorderly")


def test_without_the_rate_on_reserves_funding_is_grey_and_says_so(market):
    """From July 2021 on nothing stands in for it; an upper funds target would be 10 bp off."""
    rows = {
        name: replace(one, date=one.date + 700, known_at=one.known_at + np.timedelta64(700, "D"))
        for name, one in market.items()
    }
    day = AsOf.on(date(2022, 5, 31))
    assert not build_board(day, rows).pillars["funding"].grey
    without = {name: one for name, one in rows.items() if name != "IORB"}
    state = build_board(day, without, gaps={"IORB": "the key was rejected"}).pillars["funding"]
    assert state.grey
    assert "the key was rejected" in state.missing_reason


@pytest.mark.parametrize("day", ["2018-03-29", "2019-01-15", "2019-08-14", "2020-02-28", "2020-06-30", "2020-10-30"])
def test_borders_point_the_right_way(market, day):
    """A worse regime is score up, a milder one score down; a distance covered is zero, never beyond."""
    for name, state in build_board(AsOf.on(date.fromisoformat(day)), market).pillars.items():
        if state.grey:
            continue
        for border in state.boundaries:
            assert border.regime != state.confirmed
            assert border.input in state.inputs
            if name not in ("volatility", "credit", "funding"):
                continue  # the others are not one ladder on one input
            sign = 1 if state.levels.index(border.regime) > state.levels.index(state.confirmed) else -1
            assert sign * border.distance >= 0
            assert sign * border.score_distance >= -1e-9


def test_stress_is_unknown_while_one_of_its_pillars_is_grey_and_none_is_stressed(market):
    calm = {**market, "VIXCLS": replace(market["VIXCLS"], value=np.full(len(market["VIXCLS"]), 15.0))}
    calm["BAMLH0A0HYM2"] = replace(calm["BAMLH0A0HYM2"], value=np.full(len(calm["BAMLH0A0HYM2"]), 3.5))
    calm["SOFR"] = replace(calm["SOFR"], value=np.full(len(calm["SOFR"]), 2.0))
    for floor in ("IORB", "IOER", "DFEDTARU"):
        calm[floor] = replace(calm[floor], value=np.full(len(calm[floor]), 2.2))
    assert build_board(DAY, calm).macro.stress == "none"
    assert build_board(DAY, {k: v for k, v in calm.items() if k != "VIXCLS"}).macro.stress == "unknown"


def _clock():
    from lox_core.clock import Clock

    return Clock()

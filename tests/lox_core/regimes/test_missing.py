"""Missing is not zero: a measure, a day or a whole series that is not there makes grey or nothing, never calm."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.catalog import Observations, series
from lox_core.clock import AsOf
from lox_core.regimes.board import NEEDED, build_board
from lox_core.regimes.pillars import fiscal_rules, growth_rules, inflation_rules, rates_rules
from lox_core.regimes.quadrants import walk_quadrants
from lox_core.regimes.rules import band_states, finish_score
from lox_core.regimes.state import GREY, PILLARS
from tests.lox_core.regimes.bench import RULES, daily, known

DAY = AsOf.on(date(2020, 6, 30))
NONE = float("nan")
seeds = st.integers(0, 10**6)
MANY = settings(max_examples=100)


def holed(rng, low, high, count=80):
    """Random readings, a third of them missing, and where they are there."""
    values = rng.uniform(low, high, count)
    there = rng.random(count) > 0.3
    there[0] = True
    return np.where(there, values, NONE), there


@given(seeds)
@MANY
def test_a_day_without_a_measure_of_rates_is_grey_and_the_walk_goes_on_without_it(seed):
    rng = np.random.default_rng(seed)
    drift, a = holed(rng, -60, 60)
    vol, b = holed(rng, 50, 170)
    there = a & b
    section, hysteresis = RULES["rates"], RULES["hysteresis"]
    raw, walk = rates_rules.classify(rates_rules.Moves(drift, vol), section, hysteresis)
    whole, alone = rates_rules.classify(rates_rules.Moves(drift[there], vol[there]), section, hysteresis)
    assert (raw[~there] == GREY).all()
    assert (walk.levels[~there] == GREY).all()
    assert raw[there].tolist() == whole.tolist()
    assert walk.levels[there].tolist() == alone.levels.tolist()
    score = rates_rules.score_moves(rates_rules.Moves(drift, vol), section)
    assert (np.isfinite(score) == there).all()


@given(seeds)
@MANY
def test_a_print_without_a_rate_is_grey_and_counts_for_nothing(seed):
    rng = np.random.default_rng(seed)
    rate, there = holed(rng, -1, 7)
    raw, walk = inflation_rules.classify(rate, RULES["inflation"], 2)
    _, alone = inflation_rules.classify(rate[there], RULES["inflation"], 2)
    assert ((raw == GREY) == ~there).all()
    assert walk.levels[there].tolist() == alone.levels.tolist()
    z, points = np.full(len(rate), NONE), np.zeros(len(rate))
    score = inflation_rules.score_of(rate, walk.levels, z, points, RULES["inflation"], RULES)
    assert (np.isfinite(score) == there).all()


@given(seeds)
@MANY
def test_growth_without_its_index_is_grey_and_without_the_others_as_if_they_were_not_asked(seed):
    rng = np.random.default_rng(seed)
    index, there = holed(rng, -1.2, 1.0)
    sahm, with_sahm = holed(rng, 0.0, 0.9)
    claims, _ = holed(rng, -10, 20)
    number = np.cumsum(rng.random(len(index)) < 0.4)
    section = RULES["growth"]
    pulse = growth_rules.Pulse(index, sahm, claims, number)
    raw, walk = growth_rules.classify(pulse, section, 2)
    assert ((raw == GREY) == ~there).all()
    assert ((walk.levels == GREY) == ~there).all()
    score = growth_rules.score_of(pulse, walk.levels, np.full(len(index), NONE), section, RULES)
    assert (np.isfinite(score) == there).all()
    blind = replace(pulse, sahm=np.where(with_sahm, sahm, -99.0))  # what could raise nothing
    assert growth_rules.classify(blind, section, 2)[0].tolist() == raw.tolist()


def test_a_missing_sahm_rule_scores_unlike_one_at_zero():
    section, state = RULES["growth"], np.array([1], np.int8)
    base = growth_rules.Pulse(np.array([0.6]), np.array([NONE]), np.array([NONE]), np.array([1]))
    missing = growth_rules.score_of(base, state, np.array([NONE]), section, RULES)
    zero = growth_rules.score_of(replace(base, sahm=np.zeros(1)), state, np.array([NONE]), section, RULES)
    assert missing[0] == pytest.approx(20 + 0.1 / 1.05 * 20)
    assert zero[0] == pytest.approx(30.0)


@given(seeds)
@MANY
def test_fiscal_without_a_deficit_is_grey_and_without_interest_goes_by_the_deficit(seed):
    rng = np.random.default_rng(seed)
    deficit, there = holed(rng, 1, 9)
    burden, with_burden = holed(rng, 7, 21)
    number = np.cumsum(rng.random(len(deficit)) < 0.4)
    section, calm = RULES["fiscal"], np.zeros(len(deficit), bool)
    strain = fiscal_rules.Strain(deficit, burden, np.full(len(deficit), NONE), calm, number)
    raw, walk = fiscal_rules.classify(strain, section)
    assert ((raw == GREY) == ~there).all()
    score = fiscal_rules.score_of(strain, walk.levels, np.full(len(deficit), NONE), section, RULES)
    assert (np.isfinite(score) == there).all()
    alone, _ = fiscal_rules.classify(replace(strain, burden_pct=np.full(len(deficit), NONE)), section)
    assert raw[there & ~with_burden].tolist() == alone[there & ~with_burden].tolist()


@given(seeds)
@MANY
def test_a_day_without_an_axis_or_a_score_has_no_quadrant_and_no_band(seed):
    rng = np.random.default_rng(seed)
    growth, a = holed(rng, -1, 1)
    inflation, b = holed(rng, -1, 1)
    quadrant = walk_quadrants(growth, inflation, np.arange(len(growth)), RULES["macro"])
    assert ((quadrant == GREY) == ~(a & b)).all()
    score, there = holed(rng, 0, 100)
    band = band_states(score, RULES["macro"]["bands"], 3)
    assert ((band == GREY) == ~there).all()


def test_a_missing_z_raises_nothing_and_a_missing_score_stays_missing():
    low, high = np.full(2, 40.0), np.full(2, 60.0)
    found = finish_score(np.array([45.0, NONE]), low, high, np.full(2, NONE), np.full(2, 5.0), RULES["zscore"])
    np.testing.assert_array_equal(found, [50.0, NONE])


@pytest.fixture(scope="module")
def board(market):
    return build_board(DAY, market)


def with_values(rows: Observations, holes: np.ndarray, value: float) -> Observations:
    return Observations.of(
        series(rows.series_id), rows.date, np.where(holes, value, rows.value), source=rows.source,
        known_at=rows.known_at, vintage=rows.vintage,
    )  # fmt: skip


def same(left, right) -> bool:
    """Whether two boards say the same of every day: labels, scores, inputs, contributions."""
    for name in PILLARS:
        a, b = left.pillars[name], right.pillars[name]
        readings = [{n: (r.value, r.z, r.as_of) for n, r in one.inputs.items()} for one in (a, b)]
        if readings[0] != readings[1] or not a.history.equals(b.history):
            return False
    return left.macro.contributions == right.macro.contributions and left.macro.history.equals(right.macro.history)


@pytest.mark.parametrize("names", [NEEDED[start::9] for start in range(9)], ids=lambda names: names[0])
def test_days_knocked_out_are_days_that_never_were(market, names):
    """NaN among the values, single days and the last ones, is what rows that were never published are.

    Every series of the catalog, a few at a time.
    """
    missing, never = dict(market), dict(market)
    for name in names:
        rows = market[name]
        holes = np.random.default_rng(len(name)).random(len(rows)) < 0.05
        holes[rows.date > np.datetime64("2020-06-10")] = True
        missing[name], never[name] = with_values(rows, holes, NONE), rows.select(~holes)
    assert same(build_board(DAY, missing), build_board(DAY, never))


ZERO_IS_A_VALUE = ("T10Y2Y", "CFNAIMA3", "SAHMREALTIME", "MTSDS133FMS", "SOFR", "DGS10", "T5YIE", "T5YIFR", "RRPONTSYD")


@pytest.mark.parametrize("name", ZERO_IS_A_VALUE)
def test_and_not_days_at_zero(market, name):
    rows = market[name]
    holes = np.zeros(len(rows), bool)
    holes[(rows.date >= np.datetime64("2020-02-01")) & (rows.date <= np.datetime64("2020-05-10"))] = True
    missing = build_board(DAY, {**market, name: with_values(rows, holes, NONE)})
    zero = build_board(DAY, {**market, name: with_values(rows, holes, 0.0)})
    assert not same(missing, zero)


REQUIRED = {
    "VIXCLS": "volatility",
    "BAMLH0A0HYM2": "credit",
    "DGS10": "rates",
    "SOFR": "funding",
    "MTSDS133FMS": "fiscal",
    "GDP": "fiscal",
}


@pytest.mark.parametrize(("name", "pillar"), REQUIRED.items())
def test_a_required_input_gone_stale_leaves_a_grey_pillar_out_of_the_mean(market, board, name, pillar):
    rows = market[name]
    old = build_board(DAY, {**market, name: rows.select(rows.date <= np.datetime64("2019-09-01"))})
    state = old.pillars[pillar]
    assert (state.raw, state.confirmed, state.score, state.coverage) == (None, None, None, 0.0)
    last = state.history.iloc[-1]
    assert (last["raw"], last["confirmed"], last["coverage"]) == (GREY, GREY, 0)
    assert np.isnan(last["score"])
    weights = {one: RULES["macro"]["weights"][one] for one in PILLARS if not old.pillars[one].grey}
    assert pillar not in weights
    mean = sum(weight * old.pillars[one].score for one, weight in weights.items()) / sum(weights.values())
    assert old.macro.score_before_floors == pytest.approx(mean)
    assert set(old.macro.contributions) == set(weights)
    assert {one for one in PILLARS if old.pillars[one].grey} >= {pillar}


OPTIONAL = {"VXVCLS": "volatility", "T10Y2Y": "rates", "WALCL": "funding", "ICSA": "growth", "T5YIFR": "inflation"}


@pytest.mark.parametrize(("name", "pillar"), OPTIONAL.items())
def test_an_optional_input_gone_stale_is_as_if_it_had_ended(market, name, pillar):
    """From the day it no longer counts the pillar reads as without it: its value is not held, and not zero."""
    rows = market[name]
    ended = build_board(DAY, {**market, name: rows.select(rows.date <= np.datetime64("2020-03-01"))}).pillars[pillar]
    without = build_board(DAY, {k: v for k, v in market.items() if k != name}).pillars[pillar]
    assert not ended.grey
    assert ended.raw == without.raw
    assert ended.coverage == pytest.approx(without.coverage)
    assert set(ended.flags) == set(without.flags)
    span = slice(pd.Timestamp("2020-04-15"), None)
    assert ended.history["raw"].loc[span].tolist() == without.history["raw"].loc[span].tolist()


def test_of_sources_that_are_all_stale_the_newest_speaks():
    """A catalogued substitute that went on for years longer must not hide behind the first choice."""
    old, newer = daily("WDTGAL", [1.0] * 5, date(2010, 1, 4)), daily("WTREGEN", [2.0] * 5, date(2012, 1, 4))
    fresh = daily("WTREGEN", [2.0] * 5, DAY.date)
    for rows, spoken in (((old, newer), "WTREGEN"), ((newer, old), "WTREGEN"), ((old, fresh), "WTREGEN")):
        here = known(*rows, day=DAY.date)
        assert here.speaking(here.choices("WDTGAL"))[0].id == spoken
    assert known(day=DAY.date).speaking([]) is None

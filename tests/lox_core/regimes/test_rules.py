"""Levels, scores and bands, by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lox_core.regimes.rules import band_states, default_rules, edges, finish_score, ladder

RULES = default_rules()
ENTER = [13, 18, 25, 35]


def test_a_value_on_the_cut_has_reached_it():
    assert ladder(np.array([12.99, 13.0, 18.0, 34.99, 35.0]), ENTER).tolist() == [0, 1, 2, 3, 4]


def test_score_borders_lie_midway_between_anchors():
    assert edges([15, 45, 65, 90]) == [0.0, 30.0, 55.0, 77.5, 100.0]


@given(
    st.floats(-50, 150),
    st.integers(0, 4),
    st.one_of(st.floats(-4, 4), st.just(float("nan"))),
    st.sampled_from([0.0, 5.0, 10.0]),
)
def test_z_and_flags_raise_a_score_and_never_leave_its_band(base, level, z, points):
    borders = edges([10, 30, 50, 70, 90])
    low, high = np.array([borders[level]]), np.array([borders[level + 1]])
    plain = finish_score(np.array([base]), low, high, np.array([np.nan]), np.zeros(1), RULES["zscore"])[0]
    score = finish_score(np.array([base]), low, high, np.array([z]), np.array([points]), RULES["zscore"])[0]
    assert low[0] <= score <= high[0]
    assert score >= plain
    assert score < high[0] or level == 4


def test_a_z_above_one_raises_by_four_points_a_sigma_and_at_most_eight():
    base, low, high = np.full(6, 45.0), np.full(6, 40.0), np.full(6, 60.0)
    z = np.array([-4.0, 0.0, 1.0, 2.0, 3.5, np.nan])
    scores = finish_score(base, low, high, z, np.zeros(6), RULES["zscore"])
    assert scores.tolist() == [45.0, 45.0, 45.0, 49.0, 53.0, 45.0]


def test_a_missing_reading_has_no_score():
    score = finish_score(np.array([np.nan]), np.zeros(1), np.full(1, 20.0), np.zeros(1), np.zeros(1), RULES["zscore"])
    assert np.isnan(score[0])


def test_bands_need_three_points_past_a_cut():
    scores = np.array([34.0, 37.0, 38.5, 33.0, 31.5])
    assert band_states(scores, [35, 50, 65], 3).tolist() == [0, 0, 1, 1, 0]


def test_exactly_three_points_past_a_cut_the_band_holds():
    assert band_states(np.array([34.0, 38.0, 38.01]), [35, 50, 65], 3).tolist() == [0, 0, 1]
    assert band_states(np.array([36.0, 32.0, 31.99]), [35, 50, 65], 3).tolist() == [1, 1, 0]


def test_a_score_on_the_cut_belongs_to_the_lower_band():
    assert band_states(np.array([35.0]), [35, 50, 65], 3).tolist() == [0]
    assert band_states(np.array([65.0]), [35, 50, 65], 3).tolist() == [2]


def test_a_gap_in_the_score_has_no_band_and_starts_afresh():
    assert band_states(np.array([37.0, np.nan, 37.0]), [35, 50, 65], 3).tolist() == [1, -1, 1]


def test_a_floor_of_65_is_still_cautious_and_one_of_80_is_risk_off():
    assert band_states(np.array([40.0, 65.0]), [35, 50, 65], 3).tolist() == [1, 2]
    assert band_states(np.array([40.0, 80.0]), [35, 50, 65], 3).tolist() == [1, 3]

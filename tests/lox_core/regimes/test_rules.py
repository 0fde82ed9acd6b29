"""The state machines, walked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.regimes.rules import (
    band_states,
    confirm,
    confirm_prints,
    default_rules,
    edges,
    finish_score,
    ladder,
    latch,
    still_needed,
    trailing,
)

RULES = default_rules()
HYSTERESIS = RULES["hysteresis"]
ENTER, LEAVE = [13, 18, 25, 35], [12, 16, 22, 30]


def walk(values: list[float]) -> list[int]:
    series = np.asarray(values, float)
    raw = ladder(series, ENTER)
    return confirm(raw, np.maximum(ladder(series, LEAVE), raw), top=4, hysteresis=HYSTERESIS).tolist()


def test_a_value_on_the_cut_has_reached_it():
    assert ladder(np.array([12.99, 13.0, 18.0, 34.99, 35.0]), ENTER).tolist() == [0, 1, 2, 3, 4]


def test_a_lower_level_is_entered_on_the_second_day():
    assert walk([15, 19, 19, 19]) == [1, 1, 2, 2]


def test_one_day_above_a_low_cut_changes_nothing():
    assert walk([15, 19, 17, 19, 17]) == [1, 1, 1, 1, 1]


@pytest.mark.parametrize(("value", "level"), [(26.0, 3), (40.0, 4)])
def test_the_top_two_levels_are_entered_the_same_day(value, level):
    assert walk([15, value])[-1] == level


def test_a_jump_of_two_levels_is_believed_at_once():
    assert walk([11, 19]) == [0, 2]


def test_a_level_is_left_on_the_fifth_day_below_its_exit_value():
    assert walk([26, 21, 21, 21, 21, 21]) == [3, 3, 3, 3, 3, 2]


def test_a_day_back_at_the_exit_value_starts_the_count_again():
    assert walk([26, 21, 21, 21, 21, 22, 21, 21, 21, 21])[-1] == 3


def test_leaving_goes_to_the_level_the_exit_cuts_imply():
    # 15 is below the exit of Elevated (16) and above that of Normal (12): from Stress straight to Normal.
    assert walk([26, 15, 15, 15, 15, 15])[-1] == 1


def test_between_exit_and_entry_the_level_holds():
    assert set(walk([26] + [23] * 30)) == {3}


def test_funding_falls_one_level_at_a_time():
    raw = np.array([4] + [0] * 11, np.int8)
    assert confirm(raw, raw, top=4, hysteresis=HYSTERESIS, one_down=True).tolist() == [4] * 5 + [3] * 5 + [2] * 2


@given(st.lists(st.floats(9, 80), min_size=2, max_size=60), st.integers(1, 59))
def test_the_machine_looks_only_backwards(values, cut):
    cut = min(cut, len(values) - 1)
    assert walk(values)[:cut] == walk(values[:cut])


@given(st.lists(st.floats(9, 80), min_size=1, max_size=60))
def test_a_confirmed_level_is_never_beyond_what_entry_and_exit_cuts_have_shown(values):
    seen = np.asarray(values)
    assert max(walk(values)) <= ladder(seen, ENTER).max()


def test_prints_worsen_at_once_and_improve_after_two():
    rank = np.arange(5, dtype=np.int8)
    raw = np.array([1, 3, 1, 3, 1, 1], np.int8)
    assert confirm_prints(raw, rank, np.arange(6), leave_prints=2).tolist() == [1, 3, 3, 3, 3, 1]


def test_steps_between_prints_do_not_count_as_prints():
    rank = np.arange(5, dtype=np.int8)
    raw = np.array([3, 1, 1, 1, 1], np.int8)
    print_no = np.array([1, 2, 2, 2, 3])
    assert confirm_prints(raw, rank, print_no, leave_prints=2).tolist() == [3, 3, 3, 3, 1]


def test_a_print_that_was_out_before_the_reading_eased_does_not_count():
    """Claims ease between two prints of the index: two prints of the index must still come."""
    rank = np.arange(5, dtype=np.int8)
    raw = np.array([3, 3, 1, 1, 1, 1], np.int8)
    print_no = np.array([4, 5, 5, 6, 6, 7])
    assert confirm_prints(raw, rank, print_no, leave_prints=2).tolist() == [3, 3, 3, 3, 3, 1]


def test_equal_ranks_replace_each_other_at_once():
    rank = np.array([0, 1, 2, 2, 3], np.int8)
    assert confirm_prints(np.array([2, 3], np.int8), rank, np.arange(2), leave_prints=2).tolist() == [2, 3]


def test_a_latch_sets_on_the_first_day_and_clears_after_five_without():
    on = np.array([0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0], bool)
    assert latch(on, clears_after=5).astype(int).tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]


def test_trailing_counts_from_the_end():
    assert trailing(np.array([1, 0, 1, 1], bool)) == 2
    assert trailing(np.array([1, 1], bool)) == 2
    assert trailing(np.array([0], bool)) == 0


def test_what_is_still_needed_is_at_least_one_close():
    assert still_needed(5, np.array([0, 1, 1], bool)) == "3 more closes"
    assert still_needed(2, np.array([1, 1, 1], bool)) == "1 more close"


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


def test_a_missing_reading_has_no_score():
    score = finish_score(np.array([np.nan]), np.zeros(1), np.full(1, 20.0), np.zeros(1), np.zeros(1), RULES["zscore"])
    assert np.isnan(score[0])


def test_bands_need_three_points_past_a_cut():
    scores = np.array([34.0, 37.0, 38.5, 33.0, 31.5])
    assert band_states(scores, [35, 50, 65], 3).tolist() == [0, 0, 1, 1, 0]


def test_a_score_on_the_cut_belongs_to_the_lower_band():
    assert band_states(np.array([35.0]), [35, 50, 65], 3).tolist() == [0]
    assert band_states(np.array([65.0]), [35, 50, 65], 3).tolist() == [2]


def test_a_gap_in_the_score_has_no_band_and_starts_afresh():
    assert band_states(np.array([37.0, np.nan, 37.0]), [35, 50, 65], 3).tolist() == [1, -1, 1]


def test_a_floor_of_65_is_still_cautious_and_one_of_80_is_risk_off():
    assert band_states(np.array([40.0, 65.0]), [35, 50, 65], 3).tolist() == [1, 2]
    assert band_states(np.array([40.0, 80.0]), [35, 50, 65], 3).tolist() == [1, 3]

"""The state machines, walked by hand, and continued where they ended."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.regimes.rules import default_rules, ladder
from lox_core.regimes.walks import (
    HAIR,
    Flip,
    Standing,
    across,
    confirm,
    confirm_prints,
    counted,
    first_flip,
    flip_by_prints,
    latch,
    way_to,
)

HYSTERESIS = default_rules()["hysteresis"]
ENTER, LEAVE = [13, 18, 25, 35], [12, 16, 22, 30]
RANK = np.arange(5, dtype=np.int8)


def walk(values: list[float]) -> list[int]:
    series = np.asarray(values, float)
    raw = ladder(series, ENTER)
    return confirm(raw, np.maximum(ladder(series, LEAVE), raw), top=4, hysteresis=HYSTERESIS).levels.tolist()


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
    assert confirm(raw, raw, top=4, hysteresis=HYSTERESIS, one_down=True).levels.tolist() == [4] * 5 + [3] * 5 + [2] * 2


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
    assert confirm_prints(raw, rank, np.arange(6), leave_prints=2).levels.tolist() == [1, 3, 3, 3, 3, 1]


def test_steps_between_prints_do_not_count_as_prints():
    rank = np.arange(5, dtype=np.int8)
    raw = np.array([3, 1, 1, 1, 1], np.int8)
    print_no = np.array([1, 2, 2, 2, 3])
    assert confirm_prints(raw, rank, print_no, leave_prints=2).levels.tolist() == [3, 3, 3, 3, 1]


def test_a_print_that_was_out_before_the_reading_eased_does_not_count():
    """Claims ease between two prints of the index: two prints of the index must still come."""
    rank = np.arange(5, dtype=np.int8)
    raw = np.array([3, 3, 1, 1, 1, 1], np.int8)
    print_no = np.array([4, 5, 5, 6, 6, 7])
    assert confirm_prints(raw, rank, print_no, leave_prints=2).levels.tolist() == [3, 3, 3, 3, 3, 1]


def test_equal_ranks_replace_each_other_at_once():
    rank = np.array([0, 1, 2, 2, 3], np.int8)
    assert confirm_prints(np.array([2, 3], np.int8), rank, np.arange(2), leave_prints=2).levels.tolist() == [2, 3]


def test_a_latch_sets_on_the_first_day_and_clears_after_five_without():
    on = np.array([0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0], bool)
    assert latch(on, clears_after=5).astype(int).tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]


def test_a_walk_continued_is_the_walk_whole():
    """Cutting a walk anywhere and going on from where it stood changes nothing."""
    values = np.random.default_rng(7).choice([11.0, 15, 17, 19, 21, 24, 26, 29, 40], 300)
    raw = ladder(values, ENTER)
    stay = np.maximum(ladder(values, LEAVE), raw)
    whole = confirm(raw, stay, top=4, hysteresis=HYSTERESIS)
    for cut in range(1, 300, 7):
        first = confirm(raw[:cut], stay[:cut], top=4, hysteresis=HYSTERESIS)
        rest = confirm(raw[cut:], stay[cut:], top=4, hysteresis=HYSTERESIS, start=first.end)
        assert np.append(first.levels, rest.levels).tolist() == whole.levels.tolist()
        assert rest.end == whole.end


def test_a_walk_over_prints_continued_is_the_walk_whole():
    rng = np.random.default_rng(8)
    raw, number = rng.integers(0, 5, 300).astype(np.int8), np.sort(rng.integers(0, 80, 300))
    whole = confirm_prints(raw, RANK, number, leave_prints=3)
    for cut in range(1, 300, 7):
        first = confirm_prints(raw[:cut], RANK, number[:cut], leave_prints=3)
        rest = confirm_prints(raw[cut:], RANK, number[cut:], leave_prints=3, start=first.end)
        assert np.append(first.levels, rest.levels).tolist() == whole.levels.tolist()
        assert rest.end == whole.end


def test_the_first_flip_is_counted_from_one():
    assert first_flip(np.array([2, 2, 3, 1], np.int8), 2) == Flip(3, 3)
    assert first_flip(np.array([2, 2], np.int8), 2) is None


def test_prints_to_come_are_counted_on_those_that_came():
    assert flip_by_prints(1, RANK, Standing(3, down=1, number=9), leave_prints=2) == Flip(1, 1)
    assert flip_by_prints(1, RANK, Standing(3, number=9), leave_prints=2) == Flip(2, 1)
    assert flip_by_prints(4, RANK, Standing(3, down=1, number=9), leave_prints=2) == Flip(1, 4)
    assert flip_by_prints(3, RANK, Standing(3, down=1, number=9), leave_prints=2) is None


def test_a_wait_is_told_in_words():
    assert counted(Flip(1, 0), "close", there=False) == "1 close"
    assert counted(Flip(3, 0), "close", there=True) == "3 more closes"


def test_the_way_to_a_cut_is_nothing_once_it_is_crossed():
    assert way_to(15.0, 18.0, above=True, reaching=True) == 3.0
    assert way_to(18.0, 18.0, above=True, reaching=True) == 0.0
    assert way_to(18.0, 18.0, above=True, reaching=False) == HAIR
    assert way_to(16.0, 16.0, above=False, reaching=False) == -HAIR
    assert way_to(15.9, 16.0, above=False, reaching=False) == 0.0
    assert across(16.5, -0.5) < 16.0
    assert across(16.5, 0.0) == 16.5

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.charts.bands import SCREEN_POINTS, boxes, runs, thin, window, worst_by_bucket

DAYS = np.arange("2026-01-01", "2026-01-11", dtype="datetime64[D]")


@given(st.lists(st.integers(-1, 4), max_size=60))
def test_runs_put_together_again_are_the_levels(levels):
    array = np.array(levels, np.int8)
    rebuilt = [level for first, last, level in runs(array) for _ in range(first, last + 1)]
    assert rebuilt == levels


@given(st.lists(st.integers(-1, 4), min_size=2, max_size=60))
def test_neighbouring_runs_differ(levels):
    found = [level for _, _, level in runs(np.array(levels, np.int8))]
    assert all(a != b for a, b in pairwise(found))


def test_a_box_lasts_until_the_next_run_begins():
    levels = np.array([2, 4, 4, 2, 2, 4, 4, 4, 4, 4], np.int8)
    x, y = boxes(DAYS, levels, 4, 0.0, 9.0)
    assert x[:6] == ["2026-01-02", "2026-01-02", "2026-01-04", "2026-01-04", "2026-01-02", None]
    assert x[6] == "2026-01-06"
    assert x[8] == "2026-01-10"
    assert y[:6] == [0.0, 9.0, 9.0, 0.0, 0.0, None]


def test_a_level_that_never_occurs_has_no_box():
    assert boxes(DAYS, np.full(10, 2, np.int8), 5, 0.0, 1.0) == ([], [])


def test_a_window_begins_at_its_first_known_value():
    frame = pd.DataFrame({"value": [np.nan, np.nan, 3.0, np.nan, 5.0]}, index=pd.DatetimeIndex(DAYS[:5]))
    assert window(frame, None).index[0] == pd.Timestamp("2026-01-03")
    assert len(window(frame, 2)) == 1
    assert window(frame.assign(value=np.nan), None).empty
    assert window(frame.iloc[:0], 183).empty


@given(st.integers(0, 6000))
def test_thinning_keeps_the_ends_and_the_extremes(n):
    values = np.cos(np.arange(n) * 0.7) * np.arange(n)
    keep = thin(values)
    assert len(keep) <= SCREEN_POINTS + 2
    assert np.all(np.diff(keep) > 0)
    if n:
        assert keep[0] == 0
        assert keep[-1] == n - 1
        assert values[keep].max() == values.max()
        assert values[keep].min() == values.min()


def test_thinning_does_not_bridge_a_hole():
    values = np.ones(5000)
    values[2000:3000] = np.nan
    assert np.isnan(values[thin(values)]).any()


def test_one_day_of_crisis_survives_a_narrow_screen():
    days = np.arange("1990-01-01", "2026-01-01", dtype="datetime64[D]")
    levels = np.full((len(days), 2), 1.0)
    levels[5000, 0] = 5.0
    levels[:, 1] = np.nan
    starts, worst = worst_by_bucket(days, levels, columns=200)
    assert len(starts) <= 200
    assert worst[:, 0].max() == 5
    assert np.isnan(worst[:, 1]).all()


@pytest.mark.parametrize(("count", "wanted"), [(100, 100), (600, 87)])
def test_buckets_are_as_fine_as_fits(count, wanted):
    days = np.arange(np.datetime64("2024-01-06"), np.datetime64("2024-01-06") + count)
    starts, _ = worst_by_bucket(days, np.ones((count, 1)), columns=120)
    assert abs(len(starts) - wanted) <= 1

"""Momentum and transitions, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lox_core.regimes.trend import moved, spells, transitions, trend_of
from tests.lox_core.regimes.bench import RULES, sessions

LEVELS = ("complacent", "normal", "elevated", "stress", "crisis")


def trend(scores, levels=None, close=None):
    scores = np.asarray(scores, float)
    days = sessions(len(scores))
    levels = np.ones(len(scores), np.int8) if levels is None else np.asarray(levels, np.int8)
    return trend_of(days, scores, spells(days, levels), RULES, close=len(scores) - 1 if close is None else close)


def test_changes_run_from_the_sessions_before_the_newest_close():
    found = trend(np.arange(40.0) ** 1.5)
    last = 39**1.5
    assert found.change_1d == pytest.approx(last - 38**1.5)
    assert found.change_5d == pytest.approx(last - 34**1.5)
    assert found.change_21d == pytest.approx(last - 18**1.5)


@pytest.mark.parametrize(
    ("drift", "direction"), [(1.0, 1), (5.0, 1), (0.99, 0), (0.0, 0), (-0.99, 0), (-1.0, -1), (-5.0, -1)]
)
def test_a_rising_score_worsens(drift, direction):
    assert trend([30.0] * 30 + [30.0 + drift] * 5).direction == direction


def test_the_slope_is_in_points_a_session():
    assert trend(50 - 0.5 * np.arange(40)).slope_21d == pytest.approx(-0.5)


def test_a_change_from_or_to_a_grey_day_is_missing():
    scores = np.full(40, 30.0)
    scores[34] = np.nan
    found = trend(scores)
    assert (found.change_5d, found.z_change_5d, found.change_1d) == (None, None, 0.0)
    assert moved(np.array([np.nan, 1.0]), 1, 1) is None
    assert moved(np.array([1.0]), 1, 0) is None


def test_z_of_the_five_day_change_is_of_the_change_that_is_shown():
    """Also on a day with news and no close: the change then runs from five sessions before the newest close."""
    rng = np.random.default_rng(4)
    scores = 40 + np.cumsum(rng.standard_normal(700))
    for close in (699, 698):
        found = trend(scores, close=close)
        past = pd.Series(scores[:close]).diff(5).to_numpy()[-504:]
        step = scores[-1] - scores[close - 5]
        assert found.change_5d == pytest.approx(step)
        assert found.z_change_5d == pytest.approx((step - past.mean()) / past.std(ddof=1))


def test_transitions_of_ninety_days_are_those_that_are_listed():
    """Across a grey stretch as well; ninety days back and no further."""
    levels = np.full(120, 1)
    levels[40:] = 2  # more than ninety days ago
    levels[80:] = 1
    levels[90:95] = -1
    levels[95:] = 3
    found = trend(np.full(120, 30.0), levels)
    days = sessions(120)
    listed = transitions(pd.DataFrame({"confirmed": levels}, index=pd.DatetimeIndex(days)), LEVELS)
    recent = listed["date"] > (days[-1] - np.timedelta64(90, "D")).item()
    assert found.transitions_90d == recent.sum() == 2
    assert listed["to"].tolist() == ["stress", "normal", "elevated"]
    assert listed["from"].tolist() == ["normal", "elevated", "normal"]
    assert listed["days_before"].tolist() == [10, 40, 40]


def test_a_change_on_the_first_of_the_ninety_days_counts():
    days = sessions(120)
    begins = int(np.flatnonzero(days > days[-1] - np.timedelta64(90, "D"))[0])
    for place, count in ((begins, 1), (begins - 1, 0)):
        levels = np.ones(120, np.int8)
        levels[place:] = 2
        assert trend(np.full(120, 30.0), levels).transitions_90d == count


def test_coming_back_from_grey_to_the_same_level_is_no_transition():
    levels = np.ones(60, np.int8)
    levels[50:55] = -1
    assert trend(np.full(60, 30.0), levels).transitions_90d == 0


def test_spells_leave_grey_out():
    levels = np.array([-1, 1, 1, -1, 2, 2, 2], np.int8)
    found = spells(sessions(7), levels)
    assert [(run.level, run.days) for run in found] == [(1, 2), (2, 3)]
    assert spells(sessions(0)[:0], np.array([], np.int8)) == []

"""The building blocks do what their names say."""

from __future__ import annotations

import numpy as np
import pytest

from lox_core.demo.processes import Knots, mean_reverting, pinned, pulse, smoothed, stream, wandering

DAYS = np.arange("2020-01-01", "2022-01-01", dtype="datetime64[D]")


def test_the_same_seed_and_name_draw_the_same_and_others_do_not():
    first = stream(7, "equity").standard_normal(5)
    assert np.array_equal(first, stream(7, "equity").standard_normal(5))
    assert not np.array_equal(first, stream(7, "credit").standard_normal(5))
    assert not np.array_equal(first, stream(8, "equity").standard_normal(5))


def test_a_longer_draw_begins_like_a_shorter_one():
    assert np.array_equal(stream(7, "x").standard_normal(50)[:20], stream(7, "x").standard_normal(20))


def test_knots_are_met_and_joined_by_straight_lines():
    knots = Knots.of("2020-02 10, 2020-02-11 20, 2021-01 5")
    days = np.array(["2020-01-01", "2020-02-01", "2020-02-06", "2020-02-11", "2021-12-31"], "datetime64[D]")
    assert knots.at(days) == pytest.approx([10, 10, 15, 20, 5])
    assert knots.at(days, geometric=True)[2] == pytest.approx(np.sqrt(10 * 20))


def test_mean_reversion_is_the_recursion_it_states():
    assert mean_reverting(np.array([1.0, 0.0, 2.0]), 0.5).tolist() == [1.0, 0.5, 2.25]


def test_wandering_has_the_spread_asked_for():
    path = wandering(stream(1, "w"), 200_000, spread=0.3, persistence=0.9)
    assert path.std() == pytest.approx(0.3, rel=0.03)
    assert np.corrcoef(path[1:], path[:-1])[0, 1] == pytest.approx(0.9, abs=0.01)


def test_smoothing_starts_at_the_first_value_and_reaches_a_constant():
    path = smoothed(np.array([2.0] + [4.0] * 200), 0.1)
    assert path[0] == 2.0
    assert path[1] == pytest.approx(2.2)
    assert path[-1] == pytest.approx(4.0)


def test_pinning_meets_every_knot_inside_and_ignores_those_outside():
    path = np.cumsum(stream(3, "p").standard_normal(len(DAYS)))
    knots = Knots.of("2019-06 99, 2020-03-05 1, 2021-05-06 -4, 2025-01 99")
    bent = pinned(path, DAYS, knots)
    at = {str(day): value for day, value in zip(DAYS, bent, strict=True)}
    assert at["2020-03-05"] == pytest.approx(1)
    assert at["2021-05-06"] == pytest.approx(-4)
    assert np.diff(bent - path)[:60] == pytest.approx(0)


def test_a_pulse_climbs_to_one_and_halves():
    path = pulse(40, start=5, rise=10, half_life=6.0)
    assert path[5] == 0
    assert path[15] == pytest.approx(1)
    assert path[21] == pytest.approx(0.5)
    assert np.all(np.diff(path[5:16]) > 0)

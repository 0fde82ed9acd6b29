"""Inflation, walked by hand: a ladder that is not monotone, its flags, and the index that stands in."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from lox_core.regimes.pillars import inflation
from lox_core.regimes.pillars.inflation_rules import borders_of, classify, raw_level, score_of
from lox_core.regimes.walks import Standing
from tests.lox_core.regimes.bench import CALM, LAST, RULES, daily, known, labels, monthly, sessions

SECTION = RULES["inflation"]
NAMES = (*SECTION["levels"], "grey")
NONE = float("nan")


@pytest.mark.parametrize(
    ("rate", "level"),
    [
        (0.99, "deflation_risk"),
        (1.0, "on_target"),
        (2.49, "on_target"),
        (2.5, "above"),
        (3.49, "above"),
        (3.5, "high"),
        (4.99, "high"),
        (5.0, "hot"),
        (NONE, "grey"),
    ],
)
def test_the_cuts(rate, level):
    assert NAMES[raw_level(np.array([rate]), SECTION)[0]] == level


def walk(*rates):
    _, found = classify(np.array(rates, float), SECTION, 2)
    return [NAMES[level] for level in found.levels]


def test_worse_comes_at_the_first_print_and_better_after_two():
    assert walk(2.0, 2.5, 2.0, 2.0) == ["on_target", "above", "above", "on_target"]
    assert walk(4.0, 2.0, 4.0, 2.0, 3.0) == ["high", "high", "high", "high", "above"]


def test_too_little_is_as_bad_as_high():
    """Deflation risk ranks between high and hot: entered at once from high, left for high only after two prints."""
    assert walk(4.0, 0.5) == ["high", "deflation_risk"]
    assert walk(0.5, 4.0, 4.0) == ["deflation_risk", "deflation_risk", "high"]
    assert walk(0.5, 5.0) == ["deflation_risk", "hot"]
    assert walk(6.0, 0.5, 0.5) == ["hot", "hot", "deflation_risk"]


def test_a_print_that_is_missing_counts_for_nothing():
    assert walk(2.0, 3.0, NONE, 2.0, NONE, 2.0) == ["on_target", "above", "grey", "above", "grey", "on_target"]


@pytest.mark.parametrize(
    ("rate", "state", "score"),
    [
        (1.75, "on_target", 0.0),
        (2.5, "above", 22.5),  # midway between the anchors 10 and 35
        (3.0, "above", 36.25),
        (3.5, "high", 50.0),  # midway between 35 and 65
        (4.25, "high", 63.75),
        (5.0, "hot", 77.5),  # midway between 65 and 90
        (7.5, "hot", 88.75),
        (10.0, "hot", 100.0),
        (1.375, "on_target", 11.25),
        (1.0, "on_target", 22.4),  # 22.5 begins the next level
        (0.999999, "deflation_risk", 60.0),  # ten points either side of 70
        (-0.5, "deflation_risk", 70.0),
        (-2.0, "deflation_risk", 79.9),
        (1.07, "high", 50.0),  # confirmed high holds 50
    ],
)
def test_the_score_is_least_at_the_centre(rate, state, score):
    place = np.array([NAMES.index(state)], np.int8)
    found = score_of(np.array([rate]), place, np.array([NONE]), np.zeros(1), SECTION, RULES)
    assert found[0] == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize(("rate", "worse"), [(2.0, 3.0), (1.5, -3.0)])
def test_a_rate_moving_away_from_the_centre_raises_the_score(rate, worse):
    """Above it a high z is worse, below it a low one: 4 points a sigma beyond one, here 8."""
    place = np.array([NAMES.index("on_target")], np.int8)

    def score(z):
        return score_of(np.array([rate]), place, np.array([z]), np.zeros(1), SECTION, RULES)[0]

    assert score(worse) - score(NONE) == pytest.approx(8.0)
    assert score(-worse) == score(NONE)


def prices(rates, name="CPIAUCNS", last="2024-05"):
    """An index whose last yearly rates are these: a flat first year, then every month over its year before."""
    level = [100.0] * 12
    for rate in rates:
        level.append(level[-12] * (1 + rate / 100))
    return monthly(name, level, last)


def pillar(tail, *others, quiet=2.0, name="CPIAUCNS", day=date(2024, 6, 13)):
    return inflation.build(known(prices([quiet] * CALM + list(tail), name), *others, day=day))


def test_the_rate_is_over_the_same_month_a_year_before():
    state = pillar([2.6])
    assert state.inputs["CPIAUCNS"].value == pytest.approx(2.6)
    assert (state.confirmed, state.raw) == ("above", "above")
    assert labels(pillar([2.6, 2.0]), 1) == ["above"]
    assert pillar([2.6, 2.0]).raw == "on_target"


def test_a_month_never_published_leaves_its_comparison_out():
    rows = prices([2.0] * CALM + [9.0])
    gone = rows.select(rows.date != np.datetime64("2023-05-01"))
    state = inflation.build(known(gone, day=date(2024, 6, 13)))
    assert state.inputs["CPIAUCNS"].as_of == date(2024, 4, 1)


def test_seasonally_adjusted_prices_stand_in_and_only_then():
    alone = pillar([3.0], name="CPIAUCSL")
    assert (alone.confirmed, alone.inputs["CPIAUCSL"].value) == ("above", pytest.approx(3.0))
    both = pillar([2.0], prices([2.0] * CALM + [6.0], "CPIAUCSL"))
    assert (both.confirmed, "CPIAUCSL" in both.inputs) == ("on_target", False)
    assert inflation.build(known(daily("T5YIE", [2.0] * CALM))).grey


def core(pace):
    """Core prices flat for a year and more, then up ``pace`` percent in three months."""
    level = np.full(40, 100.0)
    level[-3:] = 100.0 * (1 + pace / 100) ** (np.arange(1, 4) / 3)
    return monthly("CPILFESL", level, "2024-05")


def test_core_prices_faster_than_their_year_are_accelerating_and_five_points():
    """One percent in three months is 4.06 % a year, 3.06 over the year's 1 %; 0.16 and 0.18 % are 0.48 and 0.54."""
    fast = pillar([], core(1.0))
    assert fast.inputs["CPILFESL 3m ann − YoY"].value == pytest.approx((1.01**4 - 1) * 100 - 1.0)
    assert fast.inputs["CPILFESL"].value == pytest.approx(1.0)
    assert fast.flags == ("accelerating",)
    assert fast.score - pillar([]).score == pytest.approx(5.0)
    assert pillar([], core(0.16)).flags == ()
    assert pillar([], core(0.16)).score == pytest.approx(pillar([]).score)
    assert pillar([], core(0.18)).flags == ("accelerating",)
    assert pillar([], core(-1.0)).flags == ()


@pytest.mark.parametrize(("forward", "on"), [(2.75, False), (2.76, True), (1.75, False), (1.74, True)])
def test_a_forward_outside_its_band_is_deanchoring_and_five_points(forward, on):
    state = pillar([], daily("T5YIFR", [forward] * CALM))
    assert state.flags == (("deanchoring",) if on else ())
    assert state.score - pillar([]).score == pytest.approx(5.0 if on else 0.0)


def test_a_stale_forward_sets_no_flag():
    old = daily("T5YIFR", [3.0] * CALM, sessions(5)[0].item())
    state = pillar([], old)
    assert state.flags == ()
    assert state.score == pytest.approx(pillar([]).score)


def test_required_and_optional():
    state = pillar([], core(0.0))
    assert state.inputs["CPIAUCNS"].required
    assert state.coverage == pytest.approx(0.7 + 0.3 / 5)
    assert state.inputs["T5YIFR"].missing_reason


def test_monthly_inputs_have_a_ten_year_z():
    rng = np.random.default_rng(6)
    values = 2 + 0.3 * rng.standard_normal(130)
    state = pillar([], monthly("PCETRIM12M159SFRBDAL", values, "2024-04"), daily("T5YIFR", [2.3] * CALM))
    window = pd.Series(values[-121:-1])
    z = (values[-1] - window.mean()) / window.std(ddof=1)
    assert state.inputs["PCETRIM12M159SFRBDAL"].z_10y == pytest.approx(z)
    assert state.inputs["T5YIFR"].z_10y is None  # daily inputs have two years of their own


def borders(rate, state, *, milder=0, score=50.0):
    end = Standing(NAMES.index(state), down=milder, number=9)
    found = borders_of(rate, end, score, SECTION, name="CPIAUCNS", leave_prints=2)
    return {one.regime: (one.distance, one.needs) for one in found}


def test_what_would_flip_on_target():
    assert borders(2.0, "on_target", score=8.0) == {
        "deflation_risk": (pytest.approx(-1.0), "1 print"),
        "above": (pytest.approx(0.5), "1 print"),
        "high": (pytest.approx(1.5), "1 print"),
        "hot": (pytest.approx(3.0), "1 print"),
    }


def test_high_with_one_print_on_target_and_deflation_risk_at_the_door():
    """December 2008: confirmed high, the rate at 1.07."""
    found = borders(1.07, "high", milder=1)
    assert found["on_target"] == (0.0, "1 more print")
    assert found["deflation_risk"] == (pytest.approx(-0.07), "1 print")
    assert found["above"] == (pytest.approx(1.43), "1 print")
    assert found["hot"] == (pytest.approx(3.93), "1 print")


def test_what_would_flip_deflation_risk():
    found = borders(0.5, "deflation_risk", score=67.0)
    assert found["on_target"] == (pytest.approx(0.5), "2 prints")
    assert found["high"] == (pytest.approx(3.0), "2 prints")
    assert found["hot"] == (pytest.approx(4.5), "1 print")


def test_the_nearest_in_score_is_the_nearest_on_the_way():
    """From high at 4.7 %, deflation risk lies beyond the whole way down."""
    end = Standing(NAMES.index("high"), number=9)
    found = borders_of(4.7, end, 72.0, SECTION, name="CPIAUCNS", leave_prints=2)
    nearest = min(found, key=lambda one: abs(one.score_distance))
    assert nearest.regime == "hot"
    assert max(found, key=lambda one: abs(one.score_distance)).regime == "deflation_risk"


def test_the_rule_is_told_from_the_thresholds():
    assert "below 1 deflation risk, from 2.5 above, 3.5 high, 5 hot" in pillar([]).why
    assert date(2024, 6, 13) > LAST

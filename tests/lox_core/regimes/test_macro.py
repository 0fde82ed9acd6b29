"""Overlays, risk score, floors and coverage, by hand on made-up pillars."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from lox_core.clock import AsOf
from lox_core.regimes import macro
from lox_core.regimes.board import build_board
from lox_core.regimes.state import MARKET_PILLARS, PILLARS, PillarState
from tests.lox_core.regimes.bench import RULES, daily, known, sessions, weekly

SECTION = RULES["macro"]
NONE = float("nan")
CALM_SCORES = {"volatility": 30, "credit": 30, "growth": 40, "rates": 15, "inflation": 20, "funding": 30, "fiscal": 60}


def pillar(name, score, level=1, coverage=1.0, days=1):
    levels = tuple(RULES[name]["levels"])
    grey = not np.isfinite(score)
    history = pd.DataFrame(
        {
            "score": np.full(days, float(score)),
            "confirmed": np.full(days, -1 if grey else level, np.int8),
            "coverage": np.full(days, 0.0 if grey else coverage),
        },
        index=pd.DatetimeIndex(sessions(days)),
    )
    slug = None if grey else levels[level]
    return PillarState(name, levels, slug, slug, None if grey else float(score), history=history)


def pillars(scores=None, levels=None):
    levels = levels or {}
    return {name: pillar(name, score, levels.get(name, 1)) for name, score in {**CALM_SCORES, **(scores or {})}.items()}


def test_the_score_is_the_weighted_mean_of_the_fresh_pillars():
    """30·20 + 30·20 + 40·20 + 15·12 + 20·10 + 30·13 + 60·5 = 3,070 over 100."""
    assert macro.risk_score(pillars(), SECTION, 1).plain[0] == pytest.approx(30.7)
    without = macro.risk_score(pillars({"fiscal": NONE, "rates": NONE}), SECTION, 1)
    assert without.plain[0] == pytest.approx((3070 - 300 - 180) / 83)
    assert without.coverage[0] == pytest.approx(0.83)


def test_a_contribution_is_the_weight_times_the_distance_from_fifty():
    found = macro.contributions(pillars(), SECTION)
    assert found["volatility"] == pytest.approx(20 * (30 - 50) / 100)
    assert found["fiscal"] == pytest.approx(5 * (60 - 50) / 100)
    assert 50 + sum(found.values()) == pytest.approx(30.7)
    fewer = macro.contributions(pillars({"fiscal": NONE}), SECTION)
    assert fewer["volatility"] == pytest.approx(20 * (30 - 50) / 95)
    assert "fiscal" not in fewer


def test_a_missing_score_is_not_zero_and_not_fifty():
    nothing = macro.risk_score(pillars(dict.fromkeys(PILLARS, NONE)), SECTION, 1)
    assert np.isnan(nothing.plain[0])
    assert nothing.coverage[0] == 0
    one = macro.risk_score(pillars({name: NONE for name in PILLARS if name != "growth"}), SECTION, 1)
    assert one.plain[0] == pytest.approx(40.0)


def test_a_pillars_own_coverage_scales_its_share():
    some = pillars()
    some["credit"] = pillar("credit", 30, coverage=0.85)
    assert macro.risk_score(some, SECTION, 1).coverage[0] == pytest.approx(1 - 20 * 0.15 / 100)


@pytest.mark.parametrize("name", MARKET_PILLARS)
def test_one_market_pillar_at_the_top_floors_at_65_and_two_at_80(name):
    assert macro.risk_score(pillars({name: 90}, {name: 4}), SECTION, 1).floored[0] == 65
    other = "credit" if name != "credit" else "rates"
    both = macro.risk_score(pillars({name: 90, other: 90}, {name: 4, other: 4}), SECTION, 1)
    assert both.floored[0] == 80
    assert macro.risk_score(pillars({name: 78}, {name: 3}), SECTION, 1).floored[0] < 65


@pytest.mark.parametrize("name", ["growth", "inflation", "fiscal"])
def test_other_pillars_floor_nothing(name):
    found = macro.risk_score(pillars({name: 90}, {name: 4}), SECTION, 1)
    assert found.floored[0] == found.plain[0]


def test_a_floor_below_the_score_changes_nothing():
    scores = dict.fromkeys(PILLARS, 90)
    assert macro.risk_score(pillars(scores, {"volatility": 4}), SECTION, 1).floored[0] == pytest.approx(90)


@pytest.mark.parametrize(
    ("levels", "stress"),
    [
        ({}, "none"),
        ({"volatility": 2, "credit": 2, "funding": 2}, "none"),
        ({"volatility": 3}, "elevated"),
        ({"credit": 3}, "elevated"),
        ({"funding": 3}, "elevated"),
        ({"funding": 4, "credit": 3}, "crisis"),
        ({"rates": 4, "growth": 4}, "none"),  # neither belongs to it
    ],
)
def test_stress_is_the_worst_of_volatility_credit_and_funding(levels, stress):
    assert macro.stress_of(pillars(None, levels)) == stress


def test_stress_is_unknown_while_one_is_grey_and_none_is_stressed():
    assert macro.stress_of(pillars({"credit": NONE})) == "unknown"
    assert macro.stress_of(pillars({"credit": NONE}, {"volatility": 3})) == "elevated"
    assert macro.stress_of(pillars({"rates": NONE})) == "none"


WEDNESDAY = date(2024, 6, 5)


def cash(repos_now, **asked):
    """Fed assets of $8,000bn; repos of $500bn until two months ago: 160 less is +2 % of assets."""
    repos = [500.0] * 150
    repos[-8:] = [repos_now] * 8
    return known(
        weekly("WALCL", [8_000_000.0] * 40, WEDNESDAY), weekly("WDTGAL", [700_000.0] * 40, WEDNESDAY),
        daily("RRPONTSYD", repos), **asked,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("repos", "liquidity"),
    [(340.0, "expanding"), (341.0, "neutral"), (500.0, "neutral"), (659.0, "neutral"), (660.0, "draining")],
)
def test_liquidity_is_net_liquiditys_quarter(repos, liquidity):
    assert macro.liquidity_of(cash(repos)) == liquidity


def test_liquidity_without_a_part_or_too_old_is_unknown():
    assert macro.liquidity_of(known(daily("VIXCLS", [15.0] * 9))) == "unknown"
    assert macro.liquidity_of(cash(340.0, day=date(2024, 6, 14))) == "expanding"  # nine days after the Wednesday
    assert macro.liquidity_of(cash(340.0, day=date(2024, 6, 15))) == "unknown"


def test_the_label_says_all_three(market):
    state = build_board(AsOf.on(date(2020, 6, 30)), market).macro
    lean = f", leaning {state.leaning.capitalize()}" if state.leaning else ""
    assert state.label == (f"{state.quadrant.capitalize()}{lean} · liquidity {state.liquidity} · stress {state.stress}")
    assert (state.quadrant == "transition") is (state.leaning is not None)


def test_a_band_takes_seventy_percent_of_weight(market):
    """Coverage at the limit has a band; a hair below it has none, and no quadrant is lost for it."""
    board = build_board(AsOf.on(date(2020, 6, 30)), market)
    covered = board.macro.coverage
    for least, banded in ((covered, True), (covered + 1e-6, False)):
        rules = {**RULES, "macro": {**SECTION, "least_coverage": least}}
        state = build_board(AsOf.on(date(2020, 6, 30)), market, rules=rules).macro
        assert (state.band != "insufficient_data") is banded
        assert (state.risk_score is not None) is banded
        assert state.quadrant == board.macro.quadrant


def test_what_flips_the_band_lies_three_points_past_its_borders(market):
    state = build_board(AsOf.on(date(2020, 6, 30)), market).macro
    borders = {"risk_on": (None, 38), "neutral": (32, 53), "cautious": (47, 68), "risk_off": (62, None)}
    assert state.band_cuts == borders[state.band]

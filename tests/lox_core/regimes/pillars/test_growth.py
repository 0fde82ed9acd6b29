"""Growth, walked by hand: the index, the Sahm rule and claims, alone and together, and what stands in for them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from lox_core.regimes.pillars import growth
from lox_core.regimes.pillars.growth_inputs import claims_trend_pct, sahm_rules
from lox_core.regimes.pillars.growth_rules import Pulse, borders_of, classify, raw_level, score_of
from lox_core.regimes.walks import Standing
from tests.lox_core.regimes.bench import CALM, RULES, known, monthly, told, weekly

SECTION = RULES["growth"]
NAMES = (*SECTION["levels"], "grey")
NONE = float("nan")


def raw(index, sahm=NONE, claims=NONE):
    return NAMES[raw_level(np.array([index]), np.array([sahm]), np.array([claims]), SECTION)[0]]


@pytest.mark.parametrize(
    ("index", "sahm", "claims", "level"),
    [
        (0.71, NONE, NONE, "boom"),
        (0.70, NONE, NONE, "expansion"),
        (-0.34, NONE, NONE, "expansion"),
        (-0.35, NONE, NONE, "slowing"),
        (-0.70, NONE, NONE, "slowing"),
        (-0.71, NONE, NONE, "contraction_risk"),
        (0.0, NONE, 9.99, "expansion"),
        (0.0, NONE, 10.0, "slowing"),
        (0.9, NONE, 10.0, "slowing"),
        (0.0, 0.49, NONE, "expansion"),
        (0.0, 0.5, NONE, "contraction_risk"),  # 0.53 in July 2024 was a false alarm: alone it is no recession
        (0.9, 0.9, NONE, "contraction_risk"),
        (-0.70, 0.5, 9.99, "contraction_risk"),
        (-0.71, 0.5, NONE, "recession"),
        (0.0, 0.5, 10.0, "recession"),
        (-0.71, 0.49, 10.0, "contraction_risk"),
        (NONE, 0.9, 50.0, "grey"),
    ],
)
def test_the_cuts(index, sahm, claims, level):
    assert raw(index, sahm, claims) == level


def walk(*steps):
    """Confirmed level at each (index, prints of the index so far); no claims, no Sahm rule."""
    index, number = (np.array(column) for column in zip(*steps, strict=True))
    missing = np.full(len(index), NONE)
    _, found = classify(Pulse(index.astype(float), missing, missing, number), SECTION, 2)
    return [NAMES[level] for level in found.levels]


def test_worse_comes_at_once_and_better_after_two_prints():
    assert walk((0.0, 1), (-0.8, 2)) == ["expansion", "contraction_risk"]
    assert walk((-0.8, 1), (0.0, 2), (0.0, 2), (0.0, 3))[1:] == ["contraction_risk", "contraction_risk", "expansion"]
    assert walk((-0.8, 1), (0.0, 2), (-0.8, 3), (0.0, 4))[-1] == "contraction_risk"
    assert walk((0.9, 1), (NONE, 1), (0.9, 2)) == ["boom", "grey", "boom"]


@pytest.mark.parametrize(
    ("index", "sahm", "claims", "state", "score"),
    [
        (1.0, NONE, NONE, "boom", 0.0),
        (0.85, NONE, NONE, "boom", 10.0),
        (0.175, NONE, NONE, "expansion", 30.0),
        (-0.525, NONE, NONE, "slowing", 50.0),
        (-1.35, NONE, NONE, "contraction_risk", 75.0),
        (0.0, 0.25, NONE, "contraction_risk", 60.0),  # the Sahm rule says 45; the level holds 60
        (0.0, 1.25, NONE, "contraction_risk", 79.9),  # and 80, which is recession's
        (0.0, 1.25, 35.0, "recession", 80.0),
        (0.0, 2.0, 10.0, "recession", 100.0),
        (0.0, NONE, 22.5, "slowing", 55.0),  # 10 to 60 % is 40 to 100
        (0.0, NONE, 35.0, "slowing", 59.9),  # claims say 70
        (0.0, NONE, 5.0, "expansion", 35.0),
        (0.0, NONE, 0.0, "expansion", 100 / 3),  # the index says 20 + 0.7 / 1.05 · 20, claims at zero 30
        (0.5, 0.0, NONE, "expansion", 30.0),  # the Sahm rule at zero says 30; the index alone 25.7
        (0.5, NONE, NONE, "expansion", 20 + 0.2 / 1.05 * 20),  # missing is not zero
    ],
)
def test_the_score_is_the_worst_of_the_measures_inside_the_level(index, sahm, claims, state, score):
    one = Pulse(np.array([index]), np.array([sahm]), np.array([claims]), np.array([1]))
    place = np.array([NAMES.index(state)], np.int8)
    found = score_of(one, place, np.array([NONE]), SECTION, RULES)
    assert found[0] == pytest.approx(score)


INDEX_DAY, LAST_MONTH = date(2024, 5, 31), "2024-04"  # April's index came out on 24 May


def index(tail=(), quiet=0.0, name="CFNAIMA3"):
    return monthly(name, [quiet] * CALM + list(tail), LAST_MONTH)


def pillar(*rows, day=INDEX_DAY):
    return growth.build(known(*rows, day=day))


def test_a_weak_index_is_contraction_risk_the_day_it_is_out():
    before = growth.build(known(index([-0.8]), day=date(2024, 5, 23)))
    assert before.confirmed == "expansion"
    assert pillar(index([-0.8])).confirmed == "contraction_risk"


def test_the_mean_of_three_months_stands_in_for_the_index():
    state = pillar(index([0.3, -0.9, -1.8], name="CFNAI"))
    assert state.inputs["CFNAIMA3"].value == pytest.approx(-0.8)
    assert state.confirmed == "contraction_risk"
    assert "mean of three months" in state.inputs["CFNAIMA3"].source


def test_a_month_without_an_index_breaks_the_mean():
    rows = index([0.3, -0.9, -1.8], name="CFNAI")
    gone = rows.select(rows.date != np.datetime64("2024-03-01"))
    assert pillar(gone).grey


def test_without_an_index_it_is_grey_whatever_else_is_there():
    state = pillar(monthly("SAHMREALTIME", [0.9] * 70, LAST_MONTH))
    assert state.grey
    assert state.inputs["CFNAIMA3"].required
    assert not state.inputs["SAHMREALTIME"].required


def test_a_high_index_is_calm_and_its_z_raises_the_score_when_it_falls():
    rng = np.random.default_rng(1)
    quiet = 0.05 * rng.standard_normal(90)
    for last, lifted in ((-0.1, True), (0.1, False)):
        values = np.append(quiet, last)
        state = pillar(monthly("CFNAIMA3", values, LAST_MONTH))
        window = pd.Series(values[-25:-1])
        z = np.clip((last - window.mean()) / window.std(ddof=1), -4, 4)
        assert abs(z) < 3
        assert state.inputs["CFNAIMA3"].z == pytest.approx(z)
        lift = float(np.clip(4 * (-z - 1), 0, 8))
        assert (lift > 0) is lifted
        plain = 20 + (0.70 - last) / 1.05 * 20
        assert state.score == pytest.approx(min(plain + lift, 39.9))


def unemployment(tail, quiet=4.0, name="UNRATE"):
    return monthly(name, [quiet] * CALM + list(tail), "2024-05")


JOBS_DAY = date(2024, 6, 11)  # May's report came out on 7 June


def test_the_sahm_rule_is_computed_from_unemployment_where_it_is_missing():
    """Means of three months: 4.0 before; of 4.3, 4.5 and 4.7 the mean is 4.5: half a point up, and up is worse."""
    rule = sahm_rules(known(unemployment([4.3, 4.5, 4.7]), day=JOBS_DAY))[0][1]
    assert rule.value[-1] == pytest.approx(0.5)
    falling = sahm_rules(known(unemployment([3.9, 3.8, 3.7]), day=JOBS_DAY))[0][1]
    assert falling.value[-1] == pytest.approx(3.8 - (4.0 + 3.9 + 3.8) / 3)
    state = pillar(index(), unemployment([4.3, 4.5, 4.7]), day=JOBS_DAY)
    assert state.confirmed == "contraction_risk"
    assert state.inputs["SAHMREALTIME"].value == pytest.approx(0.5)


def test_the_low_of_the_sahm_rule_is_that_of_the_twelve_months_before():
    values = [3.0] * 3 + [4.0] * 12
    inside = sahm_rules(known(monthly("UNRATE", [4.0] * CALM + values[:-1], "2024-05"), day=JOBS_DAY))[0][1]
    outside = sahm_rules(known(monthly("UNRATE", [4.0] * CALM + values + [4.0], "2024-05"), day=JOBS_DAY))[0][1]
    assert inside.value[-1] == pytest.approx(1.0)
    assert outside.value[-1] == pytest.approx(4.0 - 10 / 3)


def test_two_months_make_a_mean_where_one_was_never_published():
    rows = unemployment([4.0, 9.0, 4.6])
    gone = rows.select(rows.date != np.datetime64("2024-04-01"))
    assert sahm_rules(known(gone, day=JOBS_DAY))[0][1].value[-1] == pytest.approx(0.3)


def test_the_real_time_rule_goes_first():
    state = pillar(index(), monthly("SAHMREALTIME", [0.2] * 70, "2024-05"), unemployment([4.3, 4.5, 4.7]), day=JOBS_DAY)
    assert state.inputs["SAHMREALTIME"].value == pytest.approx(0.2)
    assert state.confirmed == "expansion"


CLAIMS_DAY = date(2024, 5, 25)


def claims(last_four):
    return weekly("ICSA", [200_000.0] * 40 + [last_four] * 4, CLAIMS_DAY)


@pytest.mark.parametrize(("last_four", "level"), [(224_000.0, "expansion"), (225_000.0, "slowing")])
def test_claims_are_four_weeks_against_twenty_six(last_four, level):
    rows = claims(last_four)
    trend = (last_four / ((22 * 200_000 + 4 * last_four) / 26) - 1) * 100
    assert claims_trend_pct(rows, SECTION)[-1] == pytest.approx(trend)
    assert (trend >= 10) is (level == "slowing")
    state = pillar(index(), rows)
    assert state.confirmed == level
    assert state.inputs["ICSA 4w/26w"].value == pytest.approx(trend)


def test_stale_claims_raise_nothing():
    rows = claims(300_000.0)
    assert pillar(index(), rows, day=date(2024, 6, 6)).confirmed == "slowing"
    assert pillar(index(), rows, day=date(2024, 6, 7)).raw == "expansion"  # thirteen days old


def test_what_is_shown_beside_it():
    jobs = monthly("PAYEMS", 150_000 + 200.0 * np.arange(CALM), "2024-04")
    output = monthly("INDPRO", 100 * 1.002 ** np.arange(CALM), "2024-04")
    state = pillar(index(), jobs, output)
    assert state.inputs["PAYEMS 3m"].value == pytest.approx(200.0)
    assert state.inputs["INDPRO YoY"].value == pytest.approx((1.002**12 - 1) * 100)
    assert state.coverage == pytest.approx(0.7 + 0.3 * 2 / 4)


def test_slow_inputs_have_a_ten_year_z():
    rng = np.random.default_rng(5)
    values = rng.standard_normal(130) * 0.1
    state = pillar(index(values), monthly("SAHMREALTIME", values, LAST_MONTH))
    window = pd.Series(values[-121:-1])
    z = (values[-1] - window.mean()) / window.std(ddof=1)
    assert state.inputs["SAHMREALTIME"].z_10y == pytest.approx(z)
    assert state.inputs["CFNAIMA3"].z_10y == pytest.approx(z)


def borders(now, state, *, milder=0, score=50.0):
    found = borders_of(now, Standing(NAMES.index(state), down=milder, number=9), score, SECTION, 2)
    return {one.regime: (one.input, one.distance, one.needs) for one in found}


def reading(index=0.0, sahm=0.1, claims=0.0):
    return {"CFNAIMA3": index, "SAHMREALTIME": sahm, "ICSA 4w/26w": claims}


def test_what_would_flip_expansion():
    assert borders(reading(), "expansion") == {
        "boom": ("CFNAIMA3", pytest.approx(0.70), "2 prints"),
        "slowing": ("CFNAIMA3", pytest.approx(-0.35), "1 print"),
        "contraction_risk": ("SAHMREALTIME", pytest.approx(0.4), "1 print"),
    }


def test_what_would_flip_a_recession():
    found = borders(reading(-0.8, 0.65, 0.0), "recession")
    assert found["contraction_risk"] == ("CFNAIMA3", pytest.approx(0.1), "2 prints")
    by_sahm = borders(reading(-0.9, 0.6, 0.0), "recession")
    assert by_sahm["contraction_risk"] == ("SAHMREALTIME", pytest.approx(-0.1), "2 prints of CFNAI")


def test_prints_already_passed_are_counted():
    found = borders(reading(-0.3, 0.1, 0.0), "contraction_risk", milder=1, score=60.0)
    assert found["expansion"] == ("CFNAIMA3", 0.0, "1 more print")
    assert found["slowing"] == ("CFNAIMA3", pytest.approx(-0.05), "1 print")
    assert found["boom"] == ("CFNAIMA3", pytest.approx(1.0), "1 print")


def test_the_rule_and_what_holds_are_told():
    state = pillar(index([-0.8]))
    assert "CFNAI-MA3 against +0.70/−0.35/−0.70, claims 4 against 26 weeks at +10 %, Sahm rule at 0.5" in state.why
    assert told(state)["slowing"] == (pytest.approx(0.1), "2 prints")

"""Fiscal, walked by hand: signs and units, both measures, the funding event's conditions, and the way out."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from lox_core.regimes.pillars import fiscal, rates
from lox_core.regimes.pillars.fiscal_inputs import burden_pct, deficit_pct, premium_changes
from lox_core.regimes.pillars.fiscal_rules import Now, Strain, borders_of, classify, raw_level, score_of
from lox_core.regimes.walks import Standing
from tests.lox_core.regimes.bench import CALM, RULES, daily, known, labels, monthly, told

SECTION = RULES["fiscal"]
NAMES = (*SECTION["levels"], "grey")
NONE = float("nan")
DAY = date(2024, 6, 13)  # May's statement came out on the 12th
GDP = 28_000.0  # billions of dollars


def raw(deficit, burden=NONE, premium=NONE, shock=False):
    columns = (np.array([one]) for one in (deficit, burden, premium, shock))
    return NAMES[raw_level(*columns, SECTION)[0]]


@pytest.mark.parametrize(
    ("deficit", "burden", "level"),
    [
        (2.99, NONE, "benign"),
        (3.0, NONE, "watch"),
        (4.99, NONE, "watch"),
        (5.0, NONE, "strained"),
        (6.99, NONE, "strained"),
        (7.0, NONE, "extreme"),
        (-1.0, NONE, "benign"),
        (0.0, 9.99, "benign"),
        (0.0, 10.0, "watch"),
        (0.0, 13.99, "watch"),
        (0.0, 14.0, "strained"),
        (0.0, 17.99, "strained"),
        (0.0, 18.0, "extreme"),
        (5.0, 18.0, "extreme"),
        (7.0, 10.0, "extreme"),
        (NONE, 18.0, "grey"),
    ],
)
def test_the_worse_of_the_two_measures(deficit, burden, level):
    assert raw(deficit, burden) == level


@pytest.mark.parametrize(
    ("deficit", "premium", "shock", "level"),
    [
        (7.0, 40.0, True, "funding_event"),
        (7.0, 39.99, True, "extreme"),
        (7.0, NONE, True, "extreme"),
        (7.0, 40.0, False, "extreme"),
        (6.99, 40.0, True, "strained"),
    ],
)
def test_a_funding_event_takes_all_three(deficit, premium, shock, level):
    assert raw(deficit, NONE, premium, shock) == level


def walk(*steps):
    """Confirmed level at each (deficit, statements so far)."""
    deficit, number = (np.array(column) for column in zip(*steps, strict=True))
    missing = np.full(len(deficit), NONE)
    strain = Strain(deficit.astype(float), missing, missing, np.zeros(len(deficit), bool), number)
    return [NAMES[level] for level in classify(strain, SECTION)[1].levels]


def test_worse_comes_at_once_and_better_after_three_statements():
    assert walk((2.0, 1), (5.0, 2)) == ["benign", "strained"]
    assert walk((5.0, 1), (2.0, 2), (2.0, 3), (2.0, 3), (2.0, 4))[1:] == ["strained"] * 3 + ["benign"]
    assert walk((5.0, 1), (2.0, 2), (NONE, 3), (2.0, 4)) == ["strained", "strained", "grey", "strained"]


@pytest.mark.parametrize(
    ("deficit", "burden", "state", "score"),
    [
        (1.5, NONE, "benign", 10.0),
        (4.0, NONE, "watch", 30.0),
        (6.0, NONE, "strained", 50.0),
        (11.0, NONE, "extreme", 70.0),
        (20.0, NONE, "extreme", 79.9),
        (1.5, 12.0, "watch", 30.0),
        (0.0, 21.5, "extreme", 70.0),
        (-2.0, NONE, "benign", 0.0),
        (2.4, NONE, "benign", 16.0),
    ],
)
def test_the_score_is_the_worse_of_the_two_inside_the_level(deficit, burden, state, score):
    strain = Strain(np.array([deficit]), np.array([burden]), np.array([NONE]), np.zeros(1, bool), np.array([1]))
    place = np.array([NAMES.index(state)], np.int8)
    assert score_of(strain, place, np.array([NONE]), SECTION, RULES)[0] == pytest.approx(score)


def test_a_widening_deficit_raises_the_score():
    strain = Strain(np.array([4.0]), np.array([NONE]), np.array([NONE]), np.zeros(1, bool), np.array([1]))
    place = np.array([1], np.int8)
    assert score_of(strain, place, np.array([2.0]), SECTION, RULES)[0] == pytest.approx(34.0)
    assert score_of(strain, place, np.array([-2.0]), SECTION, RULES)[0] == pytest.approx(30.0)


def statements(per_month=-116_666.6666667, count=CALM, tail=()):
    """Monthly balances in millions: -116.7 bn a month is 1,400 bn a year, 5 % of a GDP of 28,000 bn."""
    return monthly("MTSDS133FMS", [per_month] * (count - len(tail)) + list(tail), "2024-05")


def output():
    return monthly("GDP", [GDP] * 30, "2024-01", step=3)


def pillar(*rows, by_rates=None, day=DAY):
    here = known(*rows, day=day)
    if by_rates is None:
        by_rates = rates.build(here)
    return fiscal.build(here, by_rates)


def test_a_deficit_is_a_positive_share_of_gdp():
    """Millions over billions: 12 months of -116.7 bn over 28,000 bn are +5 %; a surplus of as much -5 %."""
    deficit = deficit_pct(known(statements(), output(), day=DAY))
    assert deficit.value[-1] == pytest.approx(5.0)
    surplus = deficit_pct(known(statements(116_666.6666667), output(), day=DAY))
    assert surplus.value[-1] == pytest.approx(-5.0)
    state = pillar(statements(-116_700.0), output())
    assert state.confirmed == "strained"
    assert state.inputs["deficit/GDP 12m"].value == pytest.approx(1_400.4 / 280)


def test_the_sum_takes_all_twelve_months():
    rows = statements()
    gone = rows.select(rows.date != np.datetime64("2023-09-01"))
    deficit = deficit_pct(known(gone, output(), day=DAY))
    assert deficit.date[-1] == np.datetime64("2023-08-01")


def test_the_gdp_is_the_one_known_with_the_statement():
    gdp = monthly("GDP", [14_000.0] * 29 + [28_000.0], "2024-01", step=3)
    deficit = deficit_pct(known(statements(), gdp, day=DAY))
    by_month = dict(zip(deficit.date.astype("datetime64[M]").astype(str), deficit.value, strict=True))
    assert by_month["2024-03"] == pytest.approx(10.0)  # out on 12 April; GDP of the quarter on the 30th
    assert by_month["2024-04"] == pytest.approx(5.0)


def test_a_newer_gdp_counts_from_the_day_it_is_out():
    """March's statement came out on 12 April, the first quarter's GDP on the 30th; no other statement in between."""
    gdp = monthly("GDP", [14_000.0] * 29 + [28_000.0], "2024-01", step=3)
    seen = {day: pillar(statements(), gdp, day=day) for day in (date(2024, 4, 29), date(2024, 5, 1))}
    values = [state.inputs["deficit/GDP 12m"].value for state in seen.values()]
    assert values == pytest.approx([10.0, 5.0])
    assert [labels(state, 1, "raw") for state in seen.values()] == [["extreme"], ["strained"]]


def burden(interest, receipts=5_000.0, last="2024-01"):
    return (
        monthly("A091RC1Q027SBEA", [interest] * 30, last, step=3),
        monthly("FGRECPT", [receipts] * 30, last, step=3),
    )


def test_interest_is_a_share_of_receipts():
    here = known(*burden(900.0), day=DAY)
    assert burden_pct(here).value[-1] == pytest.approx(18.0)
    assert pillar(statements(-10_000.0), output(), *burden(900.0)).confirmed == "extreme"
    assert pillar(statements(-10_000.0), output(), *burden(899.0)).confirmed == "strained"


def test_required_and_optional():
    assert pillar(statements()).grey
    assert pillar(output()).grey
    bare = pillar(statements(-10_000.0), output())
    assert not bare.grey
    assert bare.coverage == pytest.approx(0.7)
    assert pillar(statements(-10_000.0), output(), *burden(500.0)).coverage == pytest.approx(0.7 + 0.3 * 2 / 3)
    assert bare.inputs["interest/receipts"].missing_reason


@pytest.mark.parametrize("name", ["THREEFYTP10", "ACMTP10"])
def test_the_term_premiums_change_is_over_63_days_in_basis_points(name):
    here = known(daily(name, [0.1] * 40 + [0.5] * 63), day=DAY)
    assert premium_changes(here)[0][1].value[-1] == pytest.approx(40.0)
    later = known(daily(name, [0.1] * 40 + [0.5] * 64), day=DAY)
    assert premium_changes(later)[0][1].value[-1] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("premium", "shock", "level"),
    [(0.5, "shock_up", "funding_event"), (0.49, "shock_up", "extreme"), (0.5, "shock_down", "extreme")],
)
@pytest.mark.parametrize("name", ["THREEFYTP10", "ACMTP10"])
def test_a_funding_event_whole(name, premium, shock, level):
    rows = (statements(-200_000.0), output(), daily(name, [0.1] * 40 + [premium] * 63), daily("DGS10", [4.0] * CALM))
    here = known(*rows, day=DAY)
    by_rates = rates.build(here)
    by_rates.history["confirmed"] = by_rates.levels.index(shock)
    assert fiscal.build(here, by_rates).confirmed == level


def test_impulse_and_sustainability_are_shown_apart():
    """1,400 bn a year until May 2023, more than before, and 1,680 bn since: 5 % became 6 %, an impulse of +1."""
    state = pillar(statements(-90_000.0, tail=[-116_666.6666667] * 12 + [-140_000.0] * 12), output(), *burden(500.0))
    assert state.inputs["fiscal impulse 12m"].value == pytest.approx(1.0, abs=1e-6)
    assert state.inputs["fiscal impulse 12m"].unit == "points"
    names = list(state.inputs)
    assert names.index("fiscal impulse 12m") < names.index("interest/receipts") < names.index("term premium Δ63d")
    shrinking = pillar(statements(tail=[-100_000.0] * 12), output())
    assert shrinking.inputs["fiscal impulse 12m"].value < 0


def test_slow_inputs_have_a_ten_year_z():
    shares = 12 + np.sin(np.arange(60))
    rows = (
        monthly("FGRECPT", [5_000.0] * 60, "2024-01", step=3),
        monthly("A091RC1Q027SBEA", 50 * shares, "2024-01", step=3),
    )
    state = pillar(statements(-10_000.0), output(), *rows)
    window = shares[-41:-1]
    z = (shares[-1] - window.mean()) / window.std(ddof=1)
    assert state.inputs["interest/receipts"].z_10y == pytest.approx(z)
    assert state.inputs["interest/receipts"].z is None  # two years hold eight quarters


def test_the_first_sixty_statements_carry_no_label():
    assert labels(pillar(statements(count=61), output()), 1) == ["strained"]
    assert pillar(statements(count=60), output()).grey


def borders(now, state, *, milder=0, score=50.0):
    end = Standing(NAMES.index(state), down=milder, number=9)
    return {(one.regime, one.input): (one.distance, one.needs) for one in borders_of(now, end, score, SECTION)}


DEFICIT, INTEREST, PREMIUM = "deficit/GDP 12m", "interest/receipts", "term premium Δ63d"


def test_what_would_flip_strained():
    found = borders(Now(5.5, 15.0, 10.0, False), "strained")
    assert found == {
        ("extreme", DEFICIT): (pytest.approx(1.5), "1 print"),
        ("extreme", INTEREST): (pytest.approx(3.0), "1 print"),
        ("watch", DEFICIT): (pytest.approx(-0.5), "3 statements, and the other measure"),
        ("watch", INTEREST): (pytest.approx(-1.0), "3 statements, and the other measure"),
    }


def test_one_measure_that_holds_alone_leads_to_where_the_other_stands():
    found = borders(Now(5.5, NONE, NONE, False), "strained")
    assert found[("watch", DEFICIT)] == (pytest.approx(-0.5), "3 statements")
    jump = borders(Now(5.5, 18.0, NONE, False), "extreme", score=62.0)
    assert jump[("strained", INTEREST)] == (pytest.approx(0.0, abs=1e-6), "3 statements")
    assert jump[("strained", INTEREST)][0] < 0


def test_statements_already_passed_are_counted():
    found = borders(Now(2.0, 8.0, NONE, False), "strained", milder=2)
    assert found[("benign", DEFICIT)] == (0.0, "1 more statement")


def test_the_way_into_a_funding_event_and_out_of_it():
    there = borders(Now(8.0, 12.0, 10.0, False), "extreme", score=65.0)
    assert there[("funding_event", PREMIUM)] == (pytest.approx(30.0), "1 close, in a rate shock up")
    in_shock = borders(Now(8.0, 12.0, 10.0, True), "extreme", score=65.0)
    assert in_shock[("funding_event", PREMIUM)] == (pytest.approx(30.0), "1 close")
    event = borders(Now(8.0, 12.0, 45.0, True), "funding_event", score=85.0)
    assert event[("extreme", PREMIUM)] == (pytest.approx(-5.0), "3 statements")
    assert event[("strained", DEFICIT)] == (pytest.approx(-1.0), "3 statements")
    over = borders(Now(8.0, 12.0, 45.0, False), "funding_event", milder=1, score=85.0)
    assert over[("extreme", PREMIUM)] == (0.0, "2 more statements")


def test_strained_next_to_the_cut_in_a_shock_leads_straight_to_the_event():
    found = borders(Now(6.0, 12.0, 50.0, True), "strained")
    assert found[("funding_event", DEFICIT)] == (pytest.approx(1.0), "1 print")


def test_the_rule_is_told_from_the_thresholds():
    state = pillar(statements(), output())
    assert "deficit over GDP at 3/5/7 % and interest over receipts at 10/14/18 %" in state.why
    assert told(state)["extreme"][1] == "1 print"

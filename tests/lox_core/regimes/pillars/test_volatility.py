"""Volatility, walked by hand: every cut, wait, flag and substitute of its row in the rules."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from lox_core.regimes.pillars import volatility
from lox_core.regimes.state import Reading
from tests.lox_core.regimes.bench import CALM, LAST, at_the_exit, daily, known, labels, sessions, told


def pillar(tail, *, quiet=15.0, longer=None, **asked):
    values = [quiet] * CALM + list(tail)
    rows = [daily("VIXCLS", values)]
    if longer is not None:
        rows.append(longer)
    return volatility.build(known(*rows, **asked))


@pytest.mark.parametrize(
    ("quiet", "below", "cut", "before", "after"),
    [
        (12.5, 12.99, 13.0, "complacent", "normal"),
        (15.0, 17.99, 18.0, "normal", "elevated"),
    ],
)
def test_lower_levels_are_entered_on_the_second_close_at_the_cut(quiet, below, cut, before, after):
    assert labels(pillar([below] * 5, quiet=quiet), 5) == [before] * 5
    assert labels(pillar([cut] * 2, quiet=quiet), 2) == [before, after]
    assert labels(pillar([cut, below, cut], quiet=quiet), 3) == [before] * 3


@pytest.mark.parametrize(
    ("below", "cut", "before", "after"), [(24.99, 25.0, "elevated", "stress"), (34.99, 35.0, "stress", "crisis")]
)
def test_the_top_two_levels_are_entered_at_once(below, cut, before, after):
    quiet = 20.0 if before == "elevated" else 26.0
    assert labels(pillar([below] * 5, quiet=quiet), 5) == [before] * 5
    assert labels(pillar([cut], quiet=quiet), 1) == [after]


def test_a_jump_of_two_levels_is_believed_at_once():
    assert labels(pillar([18.0], quiet=11.0), 1) == ["elevated"]


@pytest.mark.parametrize(
    ("quiet", "leave", "before", "after"),
    [
        (40.0, 30.0, "crisis", "stress"),
        (26.0, 22.0, "stress", "elevated"),
        (20.0, 16.0, "elevated", "normal"),
        (15.0, 12.0, "normal", "complacent"),
    ],
)
def test_a_level_is_left_on_the_fifth_close_below_its_exit_value(quiet, leave, before, after):
    left = [before] * 4 + [after]
    assert at_the_exit(pillar, quiet, leave) == ([before] * 9, left, [before] * 9)


def test_leaving_goes_to_the_level_the_exit_values_imply():
    assert labels(pillar([15.0] * 5, quiet=26.0), 1) == ["normal"]


def test_raw_is_the_cut_of_the_day():
    state = pillar([14.0, 35.0, 12.0], quiet=15.0)
    assert labels(state, 3, "raw") == ["normal", "crisis", "complacent"]
    assert (state.raw, state.confirmed) == ("complacent", "crisis")


@pytest.mark.parametrize(
    ("vix", "score"),
    [
        (11.0, 10.0),  # 9 to 13 is 0 to 20
        (15.0, 28.0),  # 13 to 18 is 20 to 40
        (21.5, 50.0),  # 18 to 25 is 40 to 60
        (30.0, 70.0),  # 25 to 35 is 60 to 80
        (57.5, 90.0),  # 35 to 80 is 80 to 100
        (90.0, 100.0),
    ],
)
def test_the_score_is_linear_between_the_cuts(vix, score):
    assert pillar([], quiet=vix).score == pytest.approx(score)


def test_a_level_that_holds_keeps_the_score_in_its_band():
    assert pillar([23.0], quiet=26.0).score == pytest.approx(60.0)  # stress begins at 60, whatever 23 says
    assert pillar([19.0], quiet=15.0).score == pytest.approx(39.9)  # not yet elevated


def test_z_of_the_logarithm_raises_the_score_inside_the_level():
    rng = np.random.default_rng(3)
    values = 15.0 * np.exp(0.02 * rng.standard_normal(400))
    values[-1] = 15.45
    state = volatility.build(known(daily("VIXCLS", values)))
    logs = pd.Series(np.log(values[:-1]))
    z = (np.log(15.45) - logs.mean()) / logs.std(ddof=1)
    assert 1.2 < z < 2.5
    assert state.inputs["VIXCLS"].z == pytest.approx(z)
    assert state.score == pytest.approx(20 + (15.45 - 13) / 5 * 20 + 4 * (z - 1))
    low = values.copy()
    low[-1] = 13.2
    assert volatility.build(known(daily("VIXCLS", low))).score == pytest.approx(20 + 0.2 / 5 * 20)  # never lowered


@pytest.mark.parametrize(
    ("three_months", "flags", "score"),
    [
        (14.9, ("backwardation",), 33.0),
        (15.0, (), 28.0),  # exactly 1 is not above
        (15.0 / 0.9001, (), 28.0),
        (15.0 / 0.8999, ("contango",), 28.0),  # the calm state adds nothing
    ],
)
def test_term_structure_flags_and_their_points(three_months, flags, score):
    state = pillar([], longer=daily("VXVCLS", [three_months] * CALM))
    assert state.flags == flags
    assert state.score == pytest.approx(score)
    assert state.inputs["VIXCLS/VXVCLS"].value == pytest.approx(15.0 / three_months)


@pytest.mark.parametrize(("behind", "on"), [(0, True), (1, True), (3, True), (4, False)])
def test_the_ratio_is_carried_while_vix3m_counts_in_flag_and_score_alike(behind, on):
    """VIX3M comes days late: against it the day's VIX would say contango, the ratio of its own day backwardation."""
    last = sessions(behind + 1)[0].item()
    values = [20.0] * (CALM - behind) + [15.0] * behind
    longer = daily("VXVCLS", [18.0] * (CALM - behind), last)
    state = volatility.build(known(daily("VIXCLS", values), longer))
    assert state.flags == (("backwardation",) if on else ())
    plain = volatility.build(known(daily("VIXCLS", values)))
    assert state.score - plain.score == pytest.approx(5.0 if on else 0.0)


def test_without_vix_the_pillar_is_grey_and_without_vix3m_less_is_covered():
    alone = volatility.build(known(daily("VXVCLS", [16.0] * CALM)))
    assert alone.grey
    assert alone.inputs["VXVCLS"].value == 16.0
    assert alone.inputs["VIXCLS"].required
    assert pillar([]).coverage == pytest.approx(0.7)
    assert pillar([], longer=daily("VXVCLS", [16.0] * CALM)).coverage == 1.0
    assert pillar([]).inputs["VXVCLS"].missing_reason


def test_a_close_counts_for_three_trading_days():
    values = [15.0] * CALM
    for behind, grey in ((3, False), (4, True)):
        last = sessions(behind + 1)[0].item()
        state = volatility.build(known(daily("VIXCLS", values, last), daily("DGS10", [4.0] * CALM)))
        assert state.grey is grey


def test_five_days_change_is_shown_in_points():
    state = pillar([16.0, 17.0, 17.0, 17.0, 17.5])
    assert state.inputs["VIXCLS Δ5d"].value == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ([], {"elevated": (3.0, "2 closes"), "complacent": (-3.0, "5 closes")}),
        ([18.5], {"elevated": (0.0, "1 more close"), "complacent": (-6.5, "5 closes")}),
        ([24.0, 24.0], {"stress": (1.0, "1 close"), "normal": (-8.0, "5 closes")}),
        ([26.0, 21.0, 21.0], {"crisis": (14.0, "1 close"), "elevated": (0.0, "3 more closes")}),
    ],
)
def test_what_would_flip_it(tail, expected):
    found = told(pillar(tail))
    assert {name: (pytest.approx(way), needs) for name, (way, needs) in expected.items()} == found


def test_on_an_exit_value_it_is_not_below_it():
    distance, needs = told(pillar([12.0]))["complacent"]
    assert -1e-6 < distance < 0
    assert needs == "5 closes"


def test_a_quote_newer_than_the_close_makes_raw():
    quote = Reading("VIXCLS now", "VIX, now", "index", 36.0, as_of=date(2024, 6, 13), source="FMP:^VIX", intraday=True)
    state = pillar([], quotes={"VIXCLS": quote})
    assert (state.raw, state.confirmed, state.intraday, state.quote) == ("crisis", "normal", True, quote)
    assert list(state.inputs)[1] == "VIXCLS now"
    assert "a quote of the running session says Crisis" in state.why
    old = Reading("VIXCLS now", "VIX, now", "index", 36.0, as_of=LAST, source="FMP:^VIX")
    state = pillar([], quotes={"VIXCLS": old})
    assert (state.raw, state.intraday, state.quote) == ("normal", False, None)

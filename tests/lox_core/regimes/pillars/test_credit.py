"""Credit, walked by hand: the spread ladder, the widening flag, and the proxy where there is no spread."""

from __future__ import annotations

from datetime import date
from math import exp, log

import numpy as np
import pytest

from lox_core.regimes.pillars import credit
from tests.lox_core.regimes.bench import CALM, at_the_exit, daily, known, labels, monthly, sessions, told


def pillar(tail, *others, quiet=3.5):
    return credit.build(known(daily("BAMLH0A0HYM2", [quiet] * CALM + list(tail)), *others))


@pytest.mark.parametrize(
    ("quiet", "below", "cut", "before", "after"),
    [(2.9, 2.99, 3.0, "euphoric", "benign"), (3.5, 4.49, 4.5, "benign", "cautious")],
)
def test_lower_levels_are_entered_on_the_second_close_at_the_cut(quiet, below, cut, before, after):
    assert labels(pillar([below] * 5, quiet=quiet), 5) == [before] * 5
    assert labels(pillar([cut] * 2, quiet=quiet), 2) == [before, after]


@pytest.mark.parametrize(
    ("quiet", "below", "cut", "before", "after"),
    [(5.0, 5.99, 6.0, "cautious", "stressed"), (6.5, 7.99, 8.0, "stressed", "crisis")],
)
def test_the_top_two_levels_are_entered_at_once(quiet, below, cut, before, after):
    assert labels(pillar([below] * 5, quiet=quiet), 5) == [before] * 5
    assert labels(pillar([cut], quiet=quiet), 1) == [after]


@pytest.mark.parametrize(
    ("quiet", "leave", "before", "after"),
    [
        (9.0, 7.25, "crisis", "stressed"),
        (6.5, 5.5, "stressed", "cautious"),
        (5.0, 4.1, "cautious", "benign"),
        (3.5, 2.75, "benign", "euphoric"),
    ],
)
def test_a_level_is_left_on_the_fifth_close_below_its_exit_value(quiet, leave, before, after):
    left = [before] * 4 + [after]
    assert at_the_exit(pillar, quiet, leave) == ([before] * 9, left, [before] * 9)


@pytest.mark.parametrize(
    ("spread", "score"),
    [(2.5, 10.0), (3.75, 30.0), (5.25, 50.0), (7.0, 70.0), (14.0, 90.0), (25.0, 100.0)],
)
def test_the_score_is_linear_between_the_cuts(spread, score):
    assert pillar([], quiet=spread).score == pytest.approx(score)


@pytest.mark.parametrize(("to", "on"), [(3.99, False), (4.0, True)])
def test_a_hundred_basis_points_in_a_month_is_widening_fast_and_five_points(to, on):
    state = pillar([*[3.0] * 21, to], quiet=3.0)
    assert state.flags == (("widening_fast",) if on else ())
    assert state.inputs["BAMLH0A0HYM2 Δ21d"].value == pytest.approx((to - 3.0) * 100)
    assert state.score == pytest.approx(20 + (to - 3.0) / 1.5 * 20 + (5 if on else 0))


def test_the_month_of_the_flag_is_twenty_one_observations():
    assert pillar([4.25] * 21, quiet=3.25).flags == ("widening_fast",)
    assert pillar([4.25] * 22, quiet=3.25).flags == ()


def test_the_first_month_has_no_change_and_no_flag():
    young = credit.build(known(daily("BAMLH0A0HYM2", [3.25] * 10 + [5.0] * 5)))
    assert young.grey
    assert young.inputs["BAMLH0A0HYM2 Δ21d"].value is None


def test_the_proxy_follows_its_published_coefficients():
    baa, vix = daily("BAA10Y", [2.0] * CALM), daily("VIXCLS", [20.0] * CALM)
    plain, fuller = credit.build(known(baa)), credit.build(known(baa, vix))
    assert plain.inputs["BAMLH0A0HYM2 proxy"].value == pytest.approx(exp(0.446 + 1.330 * log(2.0)))
    assert fuller.inputs["BAMLH0A0HYM2 proxy"].value == pytest.approx(
        exp(-0.131 + 1.178 * log(2.0) + 0.239 * log(20.0))
    )
    assert plain.inputs["BAMLH0A0HYM2 proxy"].proxy


def test_the_proxy_draws_the_history_and_never_the_day():
    state = credit.build(known(daily("BAA10Y", [4.0] * CALM)))  # exp(.446 + 1.33 ln 4) = 9.87 %
    assert state.grey
    assert labels(state, 3) == ["crisis", "crisis", "grey"]
    assert state.history["proxy"].to_numpy()[-3:].all()
    assert "proxy" in state.missing_reason


def test_real_spreads_take_over_after_their_first_sixty():
    state = pillar([], daily("BAA10Y", [4.0] * (CALM + 40)))
    assert labels(state, 11) == ["crisis"] + ["benign"] * 10
    assert state.history["proxy"].to_numpy()[-11:].tolist() == [True] + [False] * 10
    assert not state.inputs["BAMLH0A0HYM2"].proxy


def test_before_the_daily_spread_monthly_baa_less_the_ten_year_stands_in():
    """Baa of 7 % over a ten-year at 5 %: 2 points, known from the month's release on."""
    days = 120
    known_now = known(monthly("BAA", [7.0] * 8, "2024-05"), daily("DGS10", [5.0] * days))
    proxy = credit.proxy_spread(known_now)
    assert proxy.value[-1] == pytest.approx(exp(0.446 + 1.330 * log(2.0)))
    assert proxy.date[-1] == known_now.grid[-1]
    assert credit.proxy_spread(known(daily("DGS10", [5.0] * days))) is None


def test_what_is_shown_beside_it():
    state = pillar(
        [], daily("BAMLC0A0CM", [1.1] * CALM), daily("BAMLH0A3HYC", [9.5] * CALM), daily("BAMLH0A1HYBB", [2.25] * CALM)
    )
    assert state.inputs["BAMLH0A3HYC−BAMLH0A1HYBB"].value == pytest.approx(7.25)
    assert state.coverage == pytest.approx(0.7 + 0.3 * 3 / 4)  # BAA10Y alone is missing
    assert state.inputs["BAMLH0A0HYM2"].required
    assert not state.inputs["BAMLC0A0CM"].required


def test_a_spread_counts_for_four_trading_days():
    for behind, grey in ((4, False), (5, True)):
        rows = daily("BAMLH0A0HYM2", [3.5] * CALM, sessions(behind + 1)[0].item())
        assert credit.build(known(rows, daily("DGS10", [4.0] * CALM))).grey is grey


def test_what_would_flip_it():
    found = told(pillar([5.2, 4.0, 4.0], quiet=5.0))
    assert found == {"stressed": (pytest.approx(2.0), "1 close"), "benign": (0.0, "3 more closes")}


def test_the_walk_over_spreads_is_the_same_whatever_came_before():
    """Starting the walk at the first spread: the proxy's state is not carried over."""
    with_past = pillar([], daily("BAA10Y", np.linspace(6.0, 4.0, CALM + 200)), quiet=5.6)
    alone = pillar([], quiet=5.6)
    assert labels(with_past, 10) == labels(alone, 10) == ["cautious"] * 10
    assert with_past.history.index[0].date() < date(2023, 12, 1)

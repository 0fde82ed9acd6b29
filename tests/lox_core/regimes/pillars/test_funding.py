"""Funding, walked by hand: the spread's tests, its floor rates, net liquidity's quarter, month ends."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from lox_core.regimes import liquidity
from lox_core.regimes.pillars import funding
from lox_core.regimes.rules import default_rules
from tests.lox_core.regimes.bench import CALM, LAST, daily, known, labels, sessions, told, weekly

SECTION = default_rules()["funding"]
FLOOR = 5.40
QUIET = -10.0


def spread(values, *, floor="IORB", last=LAST):
    """SOFR so many basis points over a floor of 5.40 %."""
    bp = np.asarray(values, float)
    return daily("SOFR", FLOOR + bp / 100, last), daily(floor, [FLOOR] * len(bp), last)


def pillar(tail, *others, quiet=QUIET):
    return funding.build(known(*spread([quiet] * CALM + list(tail)), *others))


def raw(values):
    levels = funding.raw_levels(np.asarray(values, float), SECTION)
    return [SECTION["levels"][level] for level in levels]


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ([-5.0], "abundant"),
        ([-4.99], "ample"),
        ([0.0, 0.0, 0.0], "ample"),
        ([0.01, 0.01, -3.0, -3.0, 0.01], "tightening"),
        ([0.01, -3.0, 0.01, -3.0, -3.0, 0.01], "ample"),  # two of the last five
        ([9.99] * 5, "tightening"),
        ([10.0, 10.0, -3.0, -3.0, 10.0], "stress"),
        ([10.0, 10.0], "ample"),  # twice is not three of five
        ([24.99], "ample"),
        ([25.0], "stress"),
        ([25.0, -3.0, 25.0], "crisis"),
        ([25.0, -3.0, -3.0, 25.0], "stress"),
        ([-3.0, 25.0, 24.99], "ample"),
    ],
)
def test_the_tests_of_the_last_days(values, level):
    assert raw(values)[-1] == level


def test_ample_and_tightening_take_two_closes_and_the_top_two_one():
    assert labels(pillar([-3.0] * 2), 2) == ["abundant", "ample"]
    assert labels(pillar([1.0] * 4, quiet=-3.0), 4) == ["ample", "ample", "ample", "tightening"]
    assert labels(pillar([25.0], quiet=-3.0), 1) == ["stress"]
    assert labels(pillar([25.0, 25.0], quiet=-3.0), 2) == ["stress", "crisis"]


def test_it_falls_one_level_after_five_closes_with_the_test_failing():
    """A spike of two days: crisis, whose test of 2 in 3 fails from the second quiet day on."""
    tail = [25.0, 25.0, *[-10.0] * 22]
    words = labels(pillar(tail, quiet=-3.0), 24)
    assert words[:2] == ["stress", "crisis"]
    assert words[2:7] == ["crisis"] * 5
    assert words[7:12] == ["stress"] * 5
    assert words[12:17] == ["tightening"] * 5
    assert words[17:22] == ["ample"] * 5
    assert words[22:] == ["abundant"] * 2


def test_the_spread_is_in_basis_points_over_the_floor_of_its_day():
    state = pillar([7.0])
    assert state.inputs["SOFR−IORB"].value == pytest.approx(7.0)
    assert state.inputs["SOFR"].value == pytest.approx(5.47)
    assert state.inputs["IORB"].required


@pytest.mark.parametrize(
    ("values", "score"),
    [(-10.0, 10.0), (-2.5, 30.0), (5.0, 50.0), (17.5, 70.0), (42.5, 90.0)],
)
def test_the_score_is_linear_between_the_cuts(values, score):
    assert pillar([], quiet=values).score == pytest.approx(score)


OLD = date(2021, 7, 28)  # the last day before IORB


def test_before_iorb_ioer_is_the_floor_and_the_upper_target_where_there_is_none():
    rate = daily("SOFR", [0.10] * CALM, OLD)
    ioer, target = daily("IOER", [0.15] * CALM, OLD), daily("DFEDTARU", [0.25] * CALM, OLD)
    assert funding.spread_bp(known(rate, ioer, target, day=OLD)).value[-1] == pytest.approx(-5.0)
    assert funding.spread_bp(known(rate, target, day=OLD)).value[-1] == pytest.approx(-15.0)
    late = daily("IOER", [0.15] * 10, OLD)
    mixed = funding.spread_bp(known(rate, late, target, day=OLD)).value
    assert mixed[-10:] == pytest.approx(-5.0)
    assert mixed[:-10] == pytest.approx(-15.0)


def test_from_iorb_on_nothing_stands_in_for_it():
    day = date(2021, 10, 29)
    rate, target = daily("SOFR", [0.05] * 200, day), daily("DFEDTARU", [0.25] * 200, day)
    rows = funding.spread_bp(known(rate, target, day=day))
    assert rows.date[-1] == np.datetime64("2021-07-28")
    assert funding.build(known(rate, target, day=day)).grey


def test_a_floor_rate_is_held_for_five_days():
    rate = daily("SOFR", [5.3] * CALM)
    for behind, kept in ((5, True), (6, False)):
        floor = daily("IORB", [FLOOR] * CALM)
        rows = floor.select(floor.date <= np.datetime64(LAST) - behind)
        found = funding.spread_bp(known(rate, rows))
        assert bool(found.date[-1] == np.datetime64(LAST)) is kept


def test_required_and_optional():
    rate, floor = spread([QUIET] * CALM)
    assert funding.build(known(rate)).grey
    assert funding.build(known(floor)).grey
    state = funding.build(known(rate, floor))
    assert state.coverage == pytest.approx(0.7)
    assert state.inputs["WALCL"].missing_reason


WEDNESDAY = date(2024, 6, 5)  # public on the 6th
WEEKS = 40


def cash(*, assets=8_000_000.0, now=None, account="WDTGAL"):
    """Fed assets of $8,000bn, the Treasury's account of $700bn, repos of $500bn; ``now`` replaces the last repos."""
    repos = [500.0] * 220
    if now is not None:
        repos[-8:] = [now] * 8
    return (
        weekly("WALCL", [assets] * WEEKS, WEDNESDAY),
        weekly(account, [700_000.0] * WEEKS, WEDNESDAY),
        daily("RRPONTSYD", repos),
    )


def test_net_liquidity_is_in_billions_whatever_the_units_of_its_parts():
    net = liquidity.net_liquidity(known(*cash()))
    assert net.value[-1] == pytest.approx(8000 - 700 - 500)
    average = liquidity.net_liquidity(known(*cash(account="WTREGEN")))
    assert average.value[-1] == pytest.approx(6800)
    both = known(*cash(), weekly("WTREGEN", [650_000.0] * WEEKS, WEDNESDAY))
    assert liquidity.net_liquidity(both).value[-1] == pytest.approx(6800)  # the Wednesday level goes first


@pytest.mark.parametrize("lacking", ["WALCL", "WDTGAL", "RRPONTSYD"])
def test_without_a_part_there_is_no_net_liquidity(lacking):
    assert liquidity.net_liquidity(known(*(one for one in cash() if one.series_id != lacking))) is None


def test_its_change_is_over_thirteen_weeks_of_fed_assets():
    """Repos fall by 320bn: net liquidity rises by as much, 4 % of $8,000bn."""
    drained = liquidity.drained_pct(known(*cash(now=180.0)))
    assert drained.value[-1] == pytest.approx(4.0)
    assert liquidity.drained_pct(known(*cash(now=820.0))).value[-1] == pytest.approx(-4.0)
    assert len(drained) == WEEKS - 13


@pytest.mark.parametrize(("repos", "tilt"), [(500.0, 50.0), (180.0, 50 - 4 / 6 * 40), (820.0, 50 + 4 / 6 * 40)])
def test_net_liquidity_is_a_quarter_of_the_score_and_draining_is_worse(repos, tilt):
    state = pillar([], *cash(now=repos), quiet=-2.5)
    assert state.score == pytest.approx(np.clip(0.75 * 30 + 0.25 * tilt, 20, 39.9))
    assert state.coverage == 1.0
    assert state.inputs["net liquidity"].value == pytest.approx(8000 - 700 - repos)
    assert state.inputs["net liquidity Δ13w"].value == pytest.approx((500 - repos) / 80)


@pytest.mark.parametrize(("last", "tilts"), [(date(2024, 5, 22), True), (date(2024, 5, 21), False)])
def test_net_liquidity_older_than_three_weeks_tilts_nothing(last, tilts):
    repos = daily("RRPONTSYD", [500.0] * 200 + [180.0] * 40)
    assets, account = weekly("WALCL", [8e6] * WEEKS, last), weekly("WDTGAL", [7e5] * WEEKS, last)
    state = pillar([], assets, account, repos, quiet=-2.5)
    assert (state.score < 29.0) is tilts
    assert (state.score == pytest.approx(30.0)) is not tilts


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ("2024-05-31", True),
        ("2024-05-30", False),
        ("2024-06-28", True),
        ("2024-03-28", True),  # Good Friday follows, and the month ends on a Sunday
        ("2024-03-27", False),
        ("2024-12-31", True),
        ("2025-11-28", True),  # a half day
    ],
)
def test_month_ends_are_the_calendars(day, end):
    assert funding.period_end(np.array([day], "datetime64[D]")).tolist() == [end]


@pytest.mark.parametrize(("last", "count"), [(date(2024, 5, 30), 1), (date(2024, 5, 31), 1), (date(2024, 6, 3), 2)])
def test_the_as_ofs_own_month_end_is_left_out_of_the_days_above(last, count):
    """Above IORB on 30 and 31 May and 3 June: the 31st is a month end, on its own day as afterwards."""
    values = [-2.0] * CALM
    above = sessions(len(values), last)
    days = {np.datetime64("2024-05-30"), np.datetime64("2024-05-31"), np.datetime64("2024-06-03")}
    values = [3.0 if day in days else -2.0 for day in above]
    state = funding.build(known(*spread(values, last=last), day=last))
    assert state.inputs["days above IORB, 20d"].value == count


@pytest.mark.parametrize(
    ("quiet", "tail", "expected"),
    [
        (-10.0, [], {"ample": (5.0, "2 closes"), "stress": (35.0, "1 close")}),
        (-3.0, [], {"tightening": (3.0, "4 closes"), "stress": (28.0, "1 close"), "abundant": (-2.0, "5 closes")}),
        (-3.0, [1.0, 1.0], {"tightening": (0.0, "2 more closes"), "stress": (24.0, "1 close")}),
        (5.0, [], {"stress": (5.0, "3 closes"), "ample": (-5.0, "7 closes")}),
        (5.0, [12.0, 12.0], {"stress": (0.0, "1 more close"), "ample": (-12.0, "7 closes")}),
        (12.0, [25.0], {"crisis": (0.0, "1 more close"), "tightening": (-15.0, "7 closes")}),
    ],
)
def test_what_would_flip_it(quiet, tail, expected):
    found = told(pillar(tail, quiet=quiet))
    for regime, (distance, needs) in expected.items():
        assert found[regime] == (pytest.approx(distance, abs=1e-6), needs)


def test_the_rule_is_told_from_the_thresholds():
    words = pillar([]).why
    assert "above −5 bp is ample, above 0 on 3 of 5 days tightening, 10 bp on 3 of 5 or 25 bp once stress" in words

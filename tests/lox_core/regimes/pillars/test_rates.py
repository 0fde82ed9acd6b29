"""Rates, walked by hand: both measures, both shocks, their exits, the inversion flag, and a newer yield."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime

import numpy as np
import pytest

from lox_core.charts.history import quote_of
from lox_core.regimes.pillars import rates
from lox_core.regimes.pillars.rates_borders import Stand, borders_of
from lox_core.regimes.pillars.rates_rules import Moves, classify, score_moves
from lox_core.regimes.state import Reading
from lox_core.regimes.walks import Standing
from tests.lox_core.regimes.bench import CALM, RULES, daily, known, labels

SECTION, HYSTERESIS = RULES["rates"], RULES["hysteresis"]
NAMES = (*SECTION["levels"], "grey")
CALM_MOVE = (0.0, 60.0)


def walk(*moves):
    """Confirmed level after each (change bp, volatility), from a calm beginning."""
    table = np.array([CALM_MOVE, *moves])
    _, found = classify(Moves(table[:, 0], table[:, 1]), SECTION, HYSTERESIS)
    return [NAMES[level] for level in found.levels[1:]]


def raw(change_bp, vol):
    found, _ = classify(Moves(np.array([change_bp]), np.array([vol])), SECTION, HYSTERESIS)
    return NAMES[found[0]]


@pytest.mark.parametrize(
    ("change_bp", "vol", "level"),
    [
        (29.99, 104.99, "calm"),
        (-29.99, 104.99, "calm"),
        (30.0, 60.0, "repricing"),
        (-30.0, 60.0, "repricing"),
        (0.0, 105.0, "repricing"),
        (42.99, 60.0, "repricing"),
        (43.0, 60.0, "shock_up"),
        (-38.99, 60.0, "repricing"),
        (-39.0, 60.0, "shock_down"),
        (43.0, 149.99, "shock_up"),
        (0.0, 149.99, "repricing"),
        (0.0, 150.0, "disorderly"),
        (60.0, 150.0, "disorderly"),
    ],
)
def test_the_cuts(change_bp, vol, level):
    assert raw(change_bp, vol) == level


def test_repricing_takes_two_closes_and_shocks_and_disorder_one():
    assert walk((30.0, 60.0), (30.0, 60.0)) == ["calm", "repricing"]
    assert walk((30.0, 60.0), (29.0, 60.0), (30.0, 60.0)) == ["calm"] * 3
    assert walk((0.0, 105.0), (31.0, 60.0)) == ["calm", "repricing"]
    assert walk((43.0, 60.0)) == ["shock_up"]
    assert walk((-39.0, 60.0)) == ["shock_down"]
    assert walk((0.0, 150.0)) == ["disorderly"]


def test_repricing_is_left_after_five_closes_with_both_measures_inside():
    there = [(35.0, 60.0)] * 2
    assert walk(*there, *[(19.99, 89.99)] * 5)[-2:] == ["repricing", "calm"]
    assert walk(*there, *[(-19.99, 89.99)] * 5)[-1] == "calm"
    assert walk(*there, *[(20.0, 89.99)] * 9)[-1] == "repricing"
    assert walk(*there, *[(0.0, 90.0)] * 9)[-1] == "repricing"


@pytest.mark.parametrize(("entry", "at_exit", "beyond"), [(50.0, 30.0, 29.99), (-50.0, -27.0, -26.99)])
def test_a_shock_is_left_after_five_closes_past_its_exit_value(entry, at_exit, beyond):
    shock = "shock_up" if entry > 0 else "shock_down"
    assert walk((entry, 60.0), *[(at_exit, 60.0)] * 9)[-1] == shock
    assert walk((entry, 60.0), *[(beyond, 60.0)] * 5)[-2:] == [shock, "repricing"]
    assert walk((entry, 60.0), *[(0.0, 60.0)] * 5)[-1] == "calm"


def test_a_shock_on_the_way_into_disorder_is_not_over():
    assert walk((50.0, 60.0), *[(0.0, 125.0)] * 9)[-1] == "shock_up"
    assert walk((50.0, 60.0), *[(0.0, 124.99)] * 5)[-1] == "repricing"


def test_the_other_shock_replaces_one_at_its_own_cut_the_same_day():
    assert walk((50.0, 60.0), (-39.0, 60.0)) == ["shock_up", "shock_down"]
    assert walk((-50.0, 60.0), (43.0, 60.0)) == ["shock_down", "shock_up"]


@pytest.mark.parametrize(("entry", "other"), [(50.0, -35.0), (-50.0, 40.0)])
def test_a_shock_past_the_others_exit_value_does_not_become_the_other(entry, other):
    """The other shock's exit holds one that is there; it enters none: -35 is no shock down, +40 no shock up."""
    assert walk((entry, 60.0), *[(other, 60.0)] * 5)[-1] == "repricing"


def test_disorder_is_left_below_125_to_where_the_change_stands():
    assert walk((0.0, 160.0), *[(0.0, 125.0)] * 9)[-1] == "disorderly"
    assert walk((0.0, 160.0), *[(0.0, 89.0)] * 5)[-2:] == ["disorderly", "calm"]
    assert walk((0.0, 160.0), *[(0.0, 100.0)] * 5)[-1] == "repricing"
    assert walk((0.0, 160.0), *[(30.0, 100.0)] * 5)[-1] == "shock_up"
    assert walk((0.0, 160.0), *[(-27.0, 100.0)] * 5)[-1] == "shock_down"


@pytest.mark.parametrize(
    ("change_bp", "vol", "score"),
    [
        (15.0, 0.0, 15.0),  # calm is 0 to 30
        (-15.0, 0.0, 15.0),
        (36.5, 0.0, 42.5),  # 30 to 43 bp is 30 to 55
        (-34.5, 0.0, 42.5),  # 30 to 39 bp down as well
        (66.5, 0.0, 66.25),  # 43 to 90 is 55 to 77.5
        (200.0, 0.0, 77.5),
        (0.0, 52.5, 15.0),
        (0.0, 127.5, 53.75),  # 105 to 150 is 30 to 77.5
        (0.0, 200.0, 88.75),  # 150 to 250 is 77.5 to 100
        (15.0, 200.0, 88.75),  # the worse of the two
    ],
)
def test_the_score_is_the_worse_of_the_two_measures(change_bp, vol, score):
    found = score_moves(Moves(np.array([change_bp]), np.array([vol])), SECTION)
    assert found[0] == pytest.approx(score)


def ramp(start, step, count):
    return start + step * np.arange(count)


def pillar(values, *others, **asked):
    return rates.build(known(daily("DGS10", values), *others, **asked))


def test_the_change_is_over_twenty_closes_in_basis_points():
    """2.2 bp a day makes 44 bp in 20 days without any volatility: a shock up. Down, it is one down."""
    up, down = pillar(ramp(3.0, 0.022, CALM)), pillar(ramp(6.0, -0.022, CALM))
    assert up.inputs["DGS10 Δ20d"].value == pytest.approx(44.0)
    assert up.inputs["DGS10 vol20d"].value == pytest.approx(0.0, abs=1e-6)
    assert (up.confirmed, down.confirmed) == ("shock_up", "shock_down")
    assert pillar(ramp(3.0, 0.0213, CALM)).confirmed == "repricing"


def test_volatility_is_the_yearly_deviation_of_twenty_changes():
    """Ten changes of +8 and ten of -8 bp: 8·√(20/19)·√252 = 130.3 bp a year, repricing."""
    state = pillar(4.0 + 0.08 * (np.arange(CALM) % 2))
    assert state.inputs["DGS10 vol20d"].value == pytest.approx(8 * np.sqrt(20 / 19) * np.sqrt(252))
    assert state.inputs["DGS10 Δ20d"].value == pytest.approx(0.0)
    assert state.confirmed == "repricing"


def test_without_both_measures_there_is_no_label_even_without_a_warm_up():
    rules = copy.deepcopy(RULES)
    rules["hysteresis"]["warm_up"] = 0
    state = rates.build(known(daily("DGS10", ramp(3.0, 0.022, 22)), rules=rules))
    assert labels(state, 22) == ["grey"] * 20 + ["shock_up"] * 2
    assert np.isnan(state.history["score"].to_numpy()[:20]).all()
    short = rates.build(known(daily("DGS10", ramp(3.0, 0.022, 20)), rules=rules))
    assert short.grey
    assert "warming up" in short.missing_reason


@pytest.mark.parametrize(
    ("slopes", "on"),
    [
        ([0.0], False),
        ([-0.01], True),
        ([-0.01, 0.0, 0.0, 0.0, 0.0], True),
        ([-0.01, 0.0, 0.0, 0.0, 0.0, 0.0], False),
        ([-0.01, 0.0, 0.0, 0.0, -0.01, 0.0, 0.0, 0.0, 0.0], True),
    ],
)
def test_inversion_is_set_on_the_first_close_below_zero_and_cleared_after_five(slopes, on):
    flat = [4.0 + 0.0009 * place for place in range(CALM)]
    state = pillar(flat, daily("T10Y2Y", [0.5] * CALM + slopes))
    assert state.flags == (("inversion",) if on else ())
    assert state.score - pillar(flat).score == pytest.approx(5.0 if on else 0.0)


def test_a_stale_slope_says_nothing_of_inversion():
    flat = daily("DGS10", [4.0 + 0.0009 * place for place in range(CALM)])
    old = daily("T10Y2Y", [-0.5] * CALM, date(2024, 6, 6))  # four sessions before the as-of
    state = rates.build(known(flat, old))
    assert state.flags == ()
    assert rates.build(known(flat, daily("T10Y2Y", [-0.5] * CALM, date(2024, 6, 7)))).flags == ("inversion",)
    assert state.score == pytest.approx(rates.build(known(flat)).score)


def test_what_is_shown_beside_it():
    values = ramp(4.0, 0.002, 100)
    state = pillar(
        values, daily("DFII10", ramp(2.0, 0.0015, 100)), daily("T10YIE", ramp(2.0, 0.0005, 100)),
        daily("ACMTP10", [0.4] * 100),
    )  # fmt: skip
    assert state.inputs["DFII10 share"].value == pytest.approx(75.0)
    assert state.inputs["ACMTP10"].value == pytest.approx(0.4)  # in the place of THREEFYTP10
    assert "THREEFYTP10" not in state.inputs
    assert state.coverage == pytest.approx(0.7 + 0.3 * 3 / 6)
    assert state.inputs["DGS10"].required


def test_a_deflected_yield_correlates_with_stocks_by_its_own_sign():
    from lox_core.clock import AsOf
    from lox_core.regimes.known import Known
    from tests.lox_core.regimes.bench import LAST

    rng = np.random.default_rng(2)
    steps = 0.01 * rng.standard_normal(100)
    rows = daily("DGS10", 4 + np.cumsum(steps))
    for sign in (1, -1):
        closes = 100 * np.exp(np.cumsum(sign * steps))
        built = rates.build(Known.at(AsOf.on(LAST), {"DGS10": rows}, rules=RULES, equity=(rows.date, closes)))
        assert built.inputs["SPX~DGS10 63d"].value == pytest.approx(sign * 1.0)


def newer(value, *, day=date(2024, 6, 13), intraday=False):
    at = datetime(2024, 6, 13, 20, tzinfo=UTC)
    return Reading(
        "DGS10 now", "10Y, now", "percent", value, as_of=day, known_at=at, age_days=0,
        source="FMP:treasury-rates year10", intraday=intraday,
    )  # fmt: skip


def test_a_newer_yield_moves_raw_and_shows_as_readings():
    """Flat at 4 %, then 4.44: 44 bp in 20 days, one change of 44: √(44²·(1/19 - 1/(19·20)))·√252 a year."""
    state = pillar([4.0] * CALM, quotes={"DGS10": newer(4.44, intraday=True)})
    assert (state.raw, state.confirmed) == ("disorderly", "calm")
    assert list(state.inputs)[:4] == ["DGS10 Δ20d", "DGS10 Δ20d now", "DGS10 vol20d now", "DGS10 now"]
    drift, vol, quote = (state.inputs[f"{name} now"] for name in ("DGS10 Δ20d", "DGS10 vol20d", "DGS10"))
    assert drift.value == pytest.approx(44.0)
    assert vol.value == pytest.approx(44 / np.sqrt(20) * np.sqrt(252))
    assert (quote.value, quote.unit) == (4.44, "percent")
    for reading in (drift, vol, quote):
        assert (reading.source, reading.as_of, reading.age_days) == ("FMP:treasury-rates year10", date(2024, 6, 13), 0)


def test_a_newer_curve_is_never_called_intraday():
    """An end-of-day curve is newer than FRED's, whatever the hour it is read."""
    state = pillar([4.0] * CALM, quotes={"DGS10": newer(4.2, intraday=True)})
    assert not state.intraday
    assert not any(reading.intraday for reading in state.inputs.values())
    assert state.quote == state.inputs["DGS10 Δ20d now"]
    raised = pillar([4.0] * CALM, quotes={"DGS10": newer(4.44)})
    assert "a value newer than the last close says Disorderly" in raised.why


def test_the_chart_finds_the_newer_change_in_the_drivers_unit():
    state = pillar([4.0] * CALM, quotes={"DGS10": newer(4.2)})
    found = quote_of(state)
    assert (found.name, found.unit, found.value) == ("DGS10 Δ20d now", "bp", pytest.approx(20.0))


def test_a_yield_no_newer_than_the_close_changes_nothing():
    state = pillar([4.0] * CALM, quotes={"DGS10": newer(5.0, day=date(2024, 6, 12))})
    assert (state.raw, state.quote) == ("calm", None)
    assert "DGS10 now" not in state.inputs


def told(drift, vol, *, state, up=0, down=0, score=40.0):
    stand = Stand(drift, vol, Standing(NAMES.index(state), up, down), score, SECTION, HYSTERESIS)
    return {(one.regime, one.input[6:9]): (one.distance, one.needs) for one in borders_of(stand)}


def test_what_would_flip_calm():
    assert told(10.0, 60.0, state="calm") == {
        ("disorderly", "vol"): (pytest.approx(90.0), "1 close"),
        ("shock_up", "Δ20"): (pytest.approx(33.0), "1 close"),
        ("shock_down", "Δ20"): (pytest.approx(-49.0), "1 close"),
        ("repricing", "Δ20"): (pytest.approx(20.0), "2 closes"),
        ("repricing", "vol"): (pytest.approx(45.0), "2 closes"),
    }
    assert told(32.0, 60.0, state="calm", up=1)[("repricing", "Δ20")] == (0.0, "1 more close")


def test_what_would_flip_a_shock():
    found = told(50.0, 130.0, state="shock_up")
    assert found[("repricing", "vol")] == (pytest.approx(-5.0), "5 closes, and the other measure")
    assert found[("repricing", "Δ20")] == (pytest.approx(-20.0), "5 closes, and the other measure")
    assert found[("shock_down", "Δ20")] == (pytest.approx(-89.0), "1 close")
    past = told(-35.0, 60.0, state="shock_up", down=3)
    assert past[("repricing", "Δ20")] == (0.0, "2 more closes")
    assert past[("shock_down", "Δ20")] == (pytest.approx(-4.0), "1 close")


def test_what_would_flip_disorder_and_repricing():
    assert told(35.0, 160.0, state="disorderly", score=80.0) == {
        ("shock_up", "vol"): (pytest.approx(-35.0), "5 closes")
    }
    found = told(-25.0, 80.0, state="repricing")
    assert found[("calm", "Δ20")] == (pytest.approx(5.0), "5 closes")

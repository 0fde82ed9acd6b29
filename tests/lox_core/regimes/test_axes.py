"""The two axes: the sign of every part, the ten years it is held against, the gate, and how few parts are enough."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from lox_core.regimes.axes import gated, growth_axis, inflation_axis
from tests.lox_core.regimes.bench import daily, known, monthly, weekly

DAY = date(2024, 6, 13)
MONTHS = 200
NOISE = np.random.default_rng(11).standard_normal(5000) * 0.01


def bent(base, slope, turn):
    """A level that grows by ``slope`` a month (and a little noise) and by ``turn`` in its last month."""
    steps = slope + base * 0.0002 * NOISE[:MONTHS]
    steps[-1] = turn
    return base + np.cumsum(steps)


def z_of(values, window=120):
    past = pd.Series(values[-window - 1 : -1])
    return float(np.clip((values[-1] - past.mean()) / past.std(ddof=1), -4, 4))


def parts(axis):
    return {reading.name: reading for reading in axis.readings}


GROWTH = {
    "CFNAIMA3": lambda up: monthly("CFNAIMA3", np.append(NOISE[: MONTHS - 1], 0.02 if up else -0.02), "2024-04"),
    "−ICSA trend": lambda up: weekly(
        "ICSA", 200_000 * (1 + np.append(NOISE[:899], -0.4 if up else 0.4)), date(2024, 6, 8)
    ),
    "PAYEMS 3m − 12m": lambda up: monthly("PAYEMS", bent(150_000, 200.0, 900.0 if up else -500.0), "2024-05"),
    "INDPRO 6m": lambda up: monthly("INDPRO", bent(100, 0.1, 3.0 if up else -3.0), "2024-04"),
}
INFLATION = {
    "CPILFESL 3m ann − YoY": lambda up: monthly("CPILFESL", bent(250, 0.5, 3.0 if up else -2.0), "2024-05"),
    "STICKCPIM157SFRBATL 3m − 12m": lambda up: monthly(
        "STICKCPIM157SFRBATL", np.append(0.25 + NOISE[: MONTHS - 1], 1.0 if up else -0.5), "2024-05"
    ),
    "T5YIE Δ63d": lambda up: daily("T5YIE", np.append(2.0 + NOISE[:3000], 2.6 if up else 1.4), DAY),
}


PAIRS = [(growth_axis, GROWTH, pair) for pair in ((0, 1), (1, 2), (2, 3), (3, 0))]
PAIRS += [(inflation_axis, INFLATION, pair) for pair in ((0, 1), (1, 2), (2, 0))]


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize(("axis_of", "made", "pair"), PAIRS, ids=lambda one: getattr(one, "__name__", None))
def test_what_lifts_growth_or_inflation_lifts_its_axis(axis_of, made, pair, up):
    """A strong index, falling claims, payrolls and production quickening; core and sticky prices, breakevens."""
    names = [list(made)[place] for place in pair]
    axis = axis_of(known(*(made[name](up) for name in names), day=DAY))
    readings = parts(axis)
    z = [readings[name].z_10y for name in names]
    assert all((value > 0.5) is up and (value < -0.5) is not up for value in z)
    assert axis.value[-1] == pytest.approx(np.mean(z))


def test_the_parts_by_hand():
    """Three- less twelve-month payrolls a month, six months of production, sticky prices annualised."""
    jobs, output = 150_000 + 100.0 * np.arange(MONTHS), np.full(MONTHS, 100.0)
    jobs[-3:] += [200, 400, 600]  # 300 a month over three months, 150 over twelve
    output[-1] = 103.0
    growth = parts(
        growth_axis(known(monthly("PAYEMS", jobs, "2024-05"), monthly("INDPRO", output, "2024-04"), day=DAY))
    )
    assert growth["PAYEMS 3m − 12m"].value == pytest.approx(300 - 150)
    assert growth["INDPRO 6m"].value == pytest.approx(3.0)
    sticky = np.full(MONTHS, 0.2)
    sticky[-3:] = 0.5
    forward = np.full(700, 2.0)
    forward[-63:] = 2.25
    inflation = parts(
        inflation_axis(known(monthly("STICKCPIM157SFRBATL", sticky, "2024-05"), daily("T5YIE", forward, DAY), day=DAY))
    )
    yearly = 1.005**3 * 1.002**9
    assert inflation["STICKCPIM157SFRBATL 3m − 12m"].value == pytest.approx((1.005**12 - yearly) * 100)
    assert inflation["T5YIE Δ63d"].value == pytest.approx(0.25)


def test_z_is_against_ten_years_before():
    rows = GROWTH["CFNAIMA3"](up=True)
    small = monthly("INDPRO", bent(100, 0.1, 0.12), "2024-04")
    reading = parts(growth_axis(known(rows, small, day=DAY)))["CFNAIMA3"]
    assert 1 < reading.z_10y < 3
    assert reading.z_10y == pytest.approx(z_of(rows.value))


def test_one_part_alone_makes_no_axis():
    one = growth_axis(known(GROWTH["INDPRO 6m"](up=True), day=DAY))
    assert np.isnan(one.value).all()
    assert parts(one)["CFNAIMA3"].missing_reason
    assert np.isnan(inflation_axis(known(INFLATION["T5YIE Δ63d"](up=True), day=DAY)).value).all()
    assert np.isnan(growth_axis(known(daily("VIXCLS", [15.0] * 90, DAY), day=DAY)).value).all()


def test_a_stale_part_drops_out():
    rows = [GROWTH[name](up=True) for name in ("CFNAIMA3", "INDPRO 6m", "−ICSA trend")]
    rows[2] = rows[2].select(rows[2].date <= np.datetime64("2024-05-25"))  # nineteen days old
    axis = growth_axis(known(*rows, day=DAY))
    readings = parts(axis)
    both = [readings[name].z_10y for name in ("CFNAIMA3", "INDPRO 6m")]
    assert readings["−ICSA trend"].stale
    assert axis.value[-1] == pytest.approx(np.mean(both))


def test_headline_at_the_gate_is_never_falling_inflation():
    axis = np.array([-1.0, -1.0, 0.7, np.nan, -1.0])
    rate = np.array([3.49, 3.5, 9.0, 9.0, np.nan])
    np.testing.assert_array_equal(gated(axis, rate, 3.5), [-1.0, 0.0, 0.7, np.nan, -1.0])


@pytest.mark.parametrize(("rate", "floor"), [(3.4, False), (3.6, True)])
def test_the_gate_stands_in_the_axis(rate, floor):
    level = 100 * (1 + rate / 100) ** (np.arange(80) / 12)
    rows = [INFLATION[name](up=False) for name in INFLATION]
    axis = inflation_axis(known(*rows, monthly("CPIAUCNS", level, "2024-05"), day=DAY))
    assert bool(axis.value[-1] == 0) is floor
    assert bool(axis.value[-1] < -0.5) is not floor

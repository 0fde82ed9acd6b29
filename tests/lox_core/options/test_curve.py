"""The discount curve: par bonds are worth par on it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.errors import ModelError
from lox_core.options.curve import DiscountCurve, flat, from_par_yields

YIELDS = {
    1 / 12: 4.05,
    0.25: 4.1,
    0.5: 4.15,
    1.0: 4.2,
    2.0: 4.0,
    3.0: 4.02,
    5.0: 4.1,
    7.0: 4.2,
    10.0: 4.4,
    20.0: 4.8,
    30.0: 4.7,
}


def par_value(curve: DiscountCurve, tenor: float, yield_pct: float) -> float:
    """A half-yearly par bond per 100 of face."""
    times = np.arange(0.5, tenor + 0.25, 0.5)
    return float(yield_pct / 2 * curve.discount(times).sum() + 100 * curve.discount(tenor))


def test_par_bonds_are_worth_par():
    curve = from_par_yields(YIELDS)
    for tenor in (2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 30.0):
        assert par_value(curve, tenor, YIELDS[tenor]) == pytest.approx(100, abs=0.02)


def test_bills_pay_no_coupon():
    curve = from_par_yields(YIELDS)
    assert float(curve.discount(0.5)) == pytest.approx(1 / (1 + 0.0415 / 2), rel=1e-12)
    assert float(curve.rate(1 / 365)) == pytest.approx(2 * np.log1p(0.0405 / 2), rel=1e-12)


def test_one_tenor_and_missing_ones():
    assert float(from_par_yields({10.0: 4.0}).rate(10.0)) == pytest.approx(2 * np.log1p(0.02), rel=1e-9)
    with_gap = from_par_yields(YIELDS | {5.0: np.nan})
    assert float(with_gap.rate(5.0)) == pytest.approx(float(from_par_yields(YIELDS).rate(5.0)), abs=1e-3)
    assert float(from_par_yields({0.25: 4.0}).rate(7.0)) == pytest.approx(2 * np.log1p(0.02))


def test_no_yield_is_no_curve():
    with pytest.raises(ModelError, match="no discount curve"):
        from_par_yields({1.0: np.nan})


def test_yields_no_bond_can_have_are_refused():
    with pytest.raises(ModelError, match="below zero"):
        from_par_yields({1.0: 1.0, 5.0: 40.0, 10.0: 90.0, 30.0: 300.0})


def test_a_flat_curve():
    assert flat(0.03).rate([0.1, 5, 40]).tolist() == [0.03] * 3


@given(level=st.floats(-0.8, 9), slope=st.floats(-0.1, 0.05))
@settings(max_examples=40, deadline=None)
def test_any_plausible_curve_discounts(level, slope):
    curve = from_par_yields({tenor: level + slope * tenor for tenor in YIELDS})
    assert np.isfinite(curve.zero_rates).all()
    assert (np.diff(curve.tenor_years) > 0).all()
    for tenor in (2.0, 10.0, 30.0):
        assert par_value(curve, tenor, level + slope * tenor) == pytest.approx(100, abs=0.2)

"""The discount curve: par bonds are worth par on it."""

from __future__ import annotations

import numpy as np
import pytest
import QuantLib
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
    for tenor in (0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 30.0):
        assert par_value(curve, tenor, YIELDS[tenor]) == pytest.approx(100, abs=1e-9)


@pytest.mark.parametrize("left_out", [(0.5,), (0.5, 1.0), (1 / 12, 0.25, 0.5, 1.0), (2.0, 3.0), (20.0, 30.0)])
def test_par_bonds_of_the_tenors_there_are_worth_par_whatever_is_missing(left_out):
    yields = {tenor: value for tenor, value in YIELDS.items() if tenor not in left_out}
    curve = from_par_yields(yields)
    for tenor in (tenor for tenor in yields if tenor >= 0.5):
        assert par_value(curve, tenor, yields[tenor]) == pytest.approx(100, abs=1e-9)


def test_discount_factors_agree_with_quantlibs_bootstrap():
    """Bonds of whole years on a calendar without holidays; its dates make the years a day or two longer or shorter."""
    today = QuantLib.Date(20, 11, 2026)
    QuantLib.Settings.instance().evaluationDate = today
    everyday, unadjusted = QuantLib.NullCalendar(), QuantLib.Unadjusted
    bonds = []
    for tenor, value in YIELDS.items():
        if tenor < 0.5:
            continue
        end = today + QuantLib.Period(round(12 * tenor), QuantLib.Months)
        dates = QuantLib.MakeSchedule(today, end, QuantLib.Period(6, QuantLib.Months), calendar=everyday)
        quote = QuantLib.QuoteHandle(QuantLib.SimpleQuote(100.0))
        day_count = QuantLib.Thirty360(QuantLib.Thirty360.BondBasis)
        bonds.append(QuantLib.FixedRateBondHelper(quote, 0, 100.0, dates, [value / 100], day_count, unadjusted))
    theirs = QuantLib.PiecewiseLinearZero(today, bonds, QuantLib.Thirty360(QuantLib.Thirty360.BondBasis))
    curve = from_par_yields(YIELDS)
    for tenor in (0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0):
        rate = theirs.zeroRate(tenor, QuantLib.Continuous).rate()
        assert float(curve.rate(tenor)) == pytest.approx(rate, abs=5e-5), tenor


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
        assert par_value(curve, tenor, level + slope * tenor) == pytest.approx(100, abs=1e-9)


def test_negative_yields_make_discount_factors_above_one():
    curve = from_par_yields({0.25: -0.6, 1.0: -0.7, 2.0: -0.75})
    assert (curve.discount([0.1, 1.0, 2.0]) > 1).all()
    assert par_value(curve, 2.0, -0.75) == pytest.approx(100, abs=1e-9)


def test_rates_are_flat_beyond_both_ends():
    curve = from_par_yields(YIELDS)
    assert float(curve.rate(0.0)) == float(curve.rate(1 / 12))
    assert float(curve.rate(50.0)) == float(curve.rate(30.0))

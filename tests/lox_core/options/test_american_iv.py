"""Volatilities of American options: they come back, and a price without one says why."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.options import american, implied_vol
from lox_core.options.american_iv import LEAST_VOL, MOST_VOL, solve_american, solve_price

PUT = {"is_call": False, "spot": 90.0, "strike": 100.0, "expiry_years": 0.5, "rate": 0.05}
CALL = {"is_call": True, "spot": 100.0, "strike": 80.0, "expiry_years": 1.0, "rate": 0.05}


def test_volatilities_come_back(both_kernels):
    draw = np.random.default_rng(2)
    o = {
        "is_call": draw.random(200) < 0.5,
        "spot": 100.0,
        "strike": draw.uniform(75, 130, 200),
        "expiry_years": draw.uniform(0.02, 2, 200),
        "rate": draw.uniform(0.0, 0.08, 200),
        "div_yield": draw.uniform(0.0, 0.06, 200),
    }
    vol = draw.uniform(0.1, 0.9, 200)
    wanted = american.price(vol=vol, **o)
    found = solve_american(price=wanted, **o)
    ok = found.status == "ok"
    assert ok.mean() > 0.9
    again = american.price(vol=found.vol[ok], **{n: v[ok] if np.ndim(v) else v for n, v in o.items()})
    assert np.abs(again - wanted[ok]).max() < 2e-6
    # A millionth of a dollar is a ten-thousandth of a cent.
    assert (np.abs(found.vol - vol)[ok] <= 3e-4 * found.vol_error_per_tick[ok] + 1e-9).all()
    worth_exercising = wanted <= np.where(o["is_call"], 100 - o["strike"], o["strike"] - 100) + 1e-12
    assert (found.status[worth_exercising] == "below_intrinsic").all()


def test_an_option_never_exercised_early_has_its_european_volatility():
    price = np.array([1.0, 5.0, 24.5, 40.0])
    found, european = solve_american(price=price, **CALL), implied_vol.solve(price=price, **CALL)
    assert found.status.tolist() == european.status.tolist() == ["below_intrinsic", "below_intrinsic", "ok", "ok"]
    assert found.vol[2:] == pytest.approx(european.vol[2:], abs=1e-6)
    assert found.vol_error_per_tick[2:] == pytest.approx(european.vol_error_per_tick[2:], rel=1e-2)


@pytest.mark.parametrize(
    ("options", "price", "status"),
    [
        (PUT, 9.0, "below_intrinsic"),
        (PUT, 10.0, "below_intrinsic"),
        (PUT, 10.01, "ok"),
        (PUT, 100.0, "above_maximum"),
        (PUT, 101.0, "above_maximum"),
        (PUT, 99.999, "above_maximum"),
        (CALL, 20.5, "below_intrinsic"),  # more than exercising at once, less than with no volatility at all
        (CALL, 100.0, "above_maximum"),
        (PUT, np.nan, "missing"),
        (PUT | {"spot": 0.0}, 12.0, "missing"),
        (PUT | {"expiry_years": 0.0}, 12.0, "expired"),
        (PUT | {"rate": -0.02, "div_yield": -0.05}, 12.0, "ill_conditioned"),  # two exercise boundaries
        (PUT | {"spot": 10.0, "strike": 100.0, "expiry_years": 5.0, "rate": 0.1}, 95.0, "ok"),  # above e^{-rT} K
    ],
)
def test_a_price_has_a_volatility_or_a_reason(options, price, status):
    found = solve_american(price=price, **options)
    assert str(found.status) == status
    assert np.isfinite(found.vol) == np.isfinite(found.vol_error_per_tick) == (status == "ok")


def test_what_a_cent_moves_is_told_where_early_exercise_is_near():
    """There the European slope would promise ten times the precision."""
    found = solve_american(price=[10.01, 10.02, 12.0, 12.01], **PUT)
    near, far = found.vol_error_per_tick[0], found.vol_error_per_tick[2]
    assert near == pytest.approx(found.vol[1] - found.vol[0], rel=0.25)
    assert far == pytest.approx(found.vol[3] - found.vol[2], rel=0.02)
    assert near > 4 * far


@given(
    is_call=st.booleans(),
    strike=st.floats(60, 160),
    years=st.floats(0.01, 3),
    rate=st.floats(-0.01, 0.1),
    div_yield=st.floats(0, 0.1),
    price=st.floats(0, 150),
)
@settings(max_examples=60)
def test_every_price_is_met_or_refused_for_a_reason(is_call, strike, years, rate, div_yield, price):
    o = {"is_call": is_call, "spot": 100.0, "strike": strike, "expiry_years": years, "rate": rate}
    o["div_yield"] = div_yield
    found = solve_american(price=price, **o)
    match str(found.status):
        case "ok":
            assert LEAST_VOL <= found.vol <= MOST_VOL
            assert american.price(vol=found.vol, **o) == pytest.approx(price, abs=2e-6)
        case "below_intrinsic":
            assert price <= american.price(vol=0.0, **o)
        case "above_maximum":
            assert price >= min(float(american.price(vol=MOST_VOL, **o)), 100.0 if is_call else strike) - 1e-6
        case other:
            assert other == "ill_conditioned"


def test_the_solver_survives_a_value_that_is_not_there():
    found = solve_price(
        lambda some, vol: np.where(some == 0, np.nan, 10 * vol),
        lambda some, vol: np.full(len(some), 10.0),
        np.array([2.0, 2.0]),
        np.array([0.3, 0.3]),
    )
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(0.2)

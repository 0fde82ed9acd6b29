"""Implied volatility: recovered on the hard grid, and never a wrong number without a word."""

from __future__ import annotations

import csv

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.options import black_scholes as bs
from lox_core.options import implied_vol
from tests.lox_core.options.test_black_scholes import ANSWERS, random_options

FORWARD = 100.0
EXPIRIES = (1 / 365, 7 / 365, 30 / 365, 1.0, 3.0)
VOLS = (0.05, 0.1, 0.2, 0.4, 0.8, 2.0)
MONEYNESS = (0.2, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995, 1.0, 1.005, 1.02, 1.05, 1.1, 1.25, 1.5, 2.0, 5.0)


@pytest.fixture(scope="module")
def grid() -> dict[str, np.ndarray]:
    """Prices from 40 digits, out of the money and in, above 1e-250."""
    mp.mp.dps = 40
    rows = []
    for years in EXPIRIES:
        for vol in VOLS:
            total = mp.mpf(vol) * mp.sqrt(mp.mpf(years))
            for ratio in MONEYNESS:
                strike = FORWARD * ratio
                d1 = mp.log(mp.mpf(FORWARD) / mp.mpf(strike)) / total + total / 2
                for call in (True, False):
                    w = 1 if call else -1
                    value = w * (FORWARD * mp.ncdf(w * d1) - mp.mpf(strike) * mp.ncdf(w * (d1 - total)))
                    if value > 1e-250:
                        out = (ratio >= 1) == call
                        rows.append((call, float(value), strike, years, vol, out))
    table = np.array(rows, float).T
    return dict(zip(("is_call", "price", "strike", "years", "vol", "out"), table, strict=True))


def solved(grid: dict[str, np.ndarray]) -> implied_vol.ImpliedVol:
    return implied_vol.solve(
        is_call=grid["is_call"],
        price=grid["price"],
        spot=FORWARD,
        strike=grid["strike"],
        expiry_years=grid["years"],
        rate=0.0,
    )


def test_out_of_the_money_prices_give_their_volatility_back(grid, both_kernels):
    found, out = solved(grid), grid["out"] == 1
    assert (found.status[out] == "ok").all()
    assert np.abs(found.vol[out] / grid["vol"][out] - 1).max() < 1e-13


def test_in_the_money_it_is_as_near_as_the_price_allows_or_says_so(grid, both_kernels):
    found, inside = solved(grid), grid["out"] == 0
    ok = inside & (found.status == "ok")
    assert set(found.status[inside]) == {"ok", "below_intrinsic", "ill_conditioned"}
    ulp_moves = found.vol_error_per_tick / implied_vol.TICK_USD * np.spacing(grid["price"])
    error = np.abs(found.vol - grid["vol"])
    assert (error[ok] <= 4 * ulp_moves[ok] + 1e-13).all()
    assert np.isnan(found.vol[inside & ~ok]).all()


@pytest.fixture(scope="module")
def in_the_money() -> dict[str, np.ndarray]:
    """Quotes with rates and yields whose time value is small beside the price, and what one ulp of it moves."""
    mp.mp.dps = 40
    count, draw = 600, np.random.default_rng(9)
    o = {
        "is_call": draw.random(count) < 0.5,
        "spot": draw.uniform(5, 5000, count),
        "expiry_years": np.exp(draw.uniform(np.log(0.5 / 365), np.log(1), count)),
        "rate": draw.uniform(-0.02, 0.15, count),
        "div_yield": draw.uniform(0, 0.15, count),
        "vol": np.exp(draw.uniform(np.log(0.05), np.log(1), count)),
    }
    side = np.where(o["is_call"], 1, -1)
    depth = side * draw.uniform(2, 7, count) * o["vol"] * np.sqrt(o["expiry_years"])
    o["strike"] = o["spot"] * np.exp(-depth)
    rows = []
    for i in range(count):
        w = int(side[i])
        s, k, t, r, q, v = (
            mp.mpf(o[name][i]) for name in ("spot", "strike", "expiry_years", "rate", "div_yield", "vol")
        )
        total, held, owed = v * mp.sqrt(t), s * mp.exp(-q * t), k * mp.exp(-r * t)
        d1 = mp.log(held / owed) / total + total / 2
        price = float(w * (held * mp.ncdf(w * d1) - owed * mp.ncdf(w * (d1 - total))))
        rows.append((price, float(np.spacing(price) / (held * mp.npdf(d1) * mp.sqrt(t)))))
    o["price"], o["ulp_moves"] = np.array(rows).T
    return o


def test_discounting_costs_no_digits_in_the_money(in_the_money, both_kernels):
    o = {name: value for name, value in in_the_money.items() if name not in {"vol", "ulp_moves"}}
    found, vol, ulp_moves = implied_vol.solve(**o), in_the_money["vol"], in_the_money["ulp_moves"]
    ok = found.status == "ok"
    assert ok[ulp_moves < 0.5 * implied_vol.ILL_CONDITIONED].all()
    assert (ulp_moves > 1e-7).sum() > 20  # there are quotes a lost digit would spoil
    error = np.abs(found.vol - vol)
    assert (error[ok] <= 4 * ulp_moves[ok] + 1e-10 * vol[ok]).all()


@pytest.mark.real
def test_published_prices(both_kernels):
    with (ANSWERS / "bs_highprec_generated.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        found = implied_vol.solve(
            is_call=row["type"] == "call",
            price=float(row["undiscounted_price_double"]),
            spot=float(row["forward"]),
            strike=float(row["strike"]),
            expiry_years=float(row["t_years"]),
            rate=0.0,
        )
        if str(found.status) == "ok":
            spare = float(found.vol_error_per_tick) * 100 * np.spacing(float(row["undiscounted_price_double"]))
            assert float(found.vol) == pytest.approx(float(row["vol"]), rel=1e-12, abs=4 * spare)


def test_every_hopeless_price_says_why():
    common = {"is_call": True, "spot": 100.0, "strike": 90.0, "rate": 0.0}
    cases = {
        "below_intrinsic": {"price": 9.99, "expiry_years": 1.0},
        "above_maximum": {"price": 100.0, "expiry_years": 1.0},
        "expired": {"price": 12.0, "expiry_years": 0.0},
        "missing": {"price": np.nan, "expiry_years": 1.0},
        "ill_conditioned": {"price": np.nextafter(10.0, 11), "expiry_years": 1 / 365},
    }
    for status, case in cases.items():
        found = implied_vol.solve(**common, **case)
        assert str(found.status) == status
        assert np.isnan(found.vol)
        assert np.isnan(found.vol_error_per_tick)
    nothing = implied_vol.solve(**common, price=0.0, expiry_years=1.0)
    assert str(nothing.status) == "below_intrinsic"


def test_a_tick_moves_the_volatility_as_stated(both_kernels):
    o = random_options(500)
    value = bs.greeks(**o)
    o.pop("vol")
    found = implied_vol.solve(price=value.price, **o)
    ok = found.status == "ok"
    expected = 0.01 / (100 * value.vega_per_vol_point)
    assert ok.mean() > 0.9
    ok &= expected < 0.1  # beyond, the volatility itself is known to few digits
    assert ok.mean() > 0.7
    assert np.allclose(found.vol_error_per_tick[ok], expected[ok], rtol=1e-6)


@given(
    spot=st.floats(1, 5000),
    moneyness=st.floats(-1, 1),
    years=st.floats(0.002, 4),
    rate=st.floats(-0.03, 0.15),
    div_yield=st.floats(0, 0.1),
    vol=st.floats(0.02, 3),
    is_call=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_what_is_ok_reprices(spot, moneyness, years, rate, div_yield, vol, is_call):
    o = {
        "is_call": is_call,
        "spot": spot,
        "strike": spot * np.exp(moneyness),
        "expiry_years": years,
        "rate": rate,
        "div_yield": div_yield,
    }
    price = bs.price(vol=vol, **o)
    found = implied_vol.solve(price=price, **o)
    if str(found.status) == "ok":
        again = float(bs.price(vol=found.vol, **o))
        assert again == pytest.approx(float(price), abs=16 * np.spacing(max(spot, o["strike"])))
    else:
        assert np.isnan(found.vol)


def test_the_compiled_kernels_agree_with_numpy(grid, compiled):
    fast = solved(grid)
    implied_vol.kernels.use("numpy")
    plain, out = solved(grid), grid["out"] == 1
    assert (fast.status == plain.status).all()
    assert np.abs(fast.vol[out] / plain.vol[out] - 1).max() < 1e-13

"""American values and Greeks against published tables and QuantLib's high-precision engine, with both kernels."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import QuantLib
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.options import american, kernels
from lox_core.options import black_scholes as bs
from tests.lox_core.options.test_black_scholes import ANSWERS

TODAY = QuantLib.Date(20, 11, 2026)
DAY_COUNT = QuantLib.Actual365Fixed()


def quantlib_put(s: float, k: float, days: int, r: float, q: float, v: float) -> float:
    """A put by QdFp in its high-precision scheme."""
    QuantLib.Settings.instance().evaluationDate = TODAY
    option = QuantLib.VanillaOption(
        QuantLib.PlainVanillaPayoff(QuantLib.Option.Put, k), QuantLib.AmericanExercise(TODAY, TODAY + days)
    )
    scheme = QuantLib.QdFpAmericanEngine.highPrecisionScheme()
    option.setPricingEngine(QuantLib.QdFpAmericanEngine(process(s, r, q, v), scheme))
    return option.NPV()


def process(s: float, r: float, q: float, v: float) -> QuantLib.BlackScholesMertonProcess:
    def flat(rate: float) -> QuantLib.YieldTermStructureHandle:
        return QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(TODAY, rate, DAY_COUNT))

    vol = QuantLib.BlackConstantVol(TODAY, QuantLib.NullCalendar(), v, DAY_COUNT)
    return QuantLib.BlackScholesMertonProcess(
        QuantLib.QuoteHandle(QuantLib.SimpleQuote(s)), flat(q), flat(r), QuantLib.BlackVolTermStructureHandle(vol)
    )


def contracts(count: int, seed: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    return {
        "is_call": draw.random(count) < 0.5,
        "spot": np.full(count, 100.0),
        "strike": 100 * np.exp(draw.uniform(-0.6, 0.6, count)),
        "expiry_years": np.round(np.exp(draw.uniform(np.log(2), np.log(1825), count))) / 365,
        "rate": draw.uniform(0, 0.15, count),
        "vol": np.exp(draw.uniform(np.log(0.05), np.log(2), count)),
        "div_yield": draw.uniform(0, 0.15, count) * (draw.random(count) < 0.7),
    }


def exact(o: dict[str, np.ndarray]) -> np.ndarray:
    """Calls through the mirrored put, which QuantLib values more surely."""
    rows = []
    for call, s, k, t, r, v, q in zip(*o.values(), strict=True):
        days = round(t * 365)
        rows.append(quantlib_put(k, s, days, q, r, v) if call else quantlib_put(s, k, days, r, q, v))
    return np.array(rows)


@pytest.fixture(scope="module")
def random_five_hundred() -> tuple[dict[str, np.ndarray], np.ndarray]:
    o = contracts(500, seed=11)
    return o, exact(o)


def test_five_hundred_random_contracts_agree_with_quantlib(random_five_hundred, both_kernels):
    o, wanted = random_five_hundred
    for tier, allowed in (("fast", 1e-4), ("default", 2e-5), ("high", 3e-7)):
        error = np.abs(american.price(**o, tier=tier) - wanted) / o["strike"]
        assert error.max() < allowed, tier


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("andersen_lake_offengenden_premium.csv", "expected_premium_FP_A"),
        ("haug_baw_american.csv", "quantlib_qdfp_exact"),
        ("haug_bjerksund_stensland_american.csv", "quantlib_qdfp_exact"),
        ("ju1999_american.csv", "quantlib_qdfp_exact"),
        ("longstaff_schwartz_table1.csv", "quantlib_qdfp_american"),
        ("quantlib_american_edge_cases.csv", "quantlib_qdfp"),
        ("quantlib_american_random_pde.csv", "quantlib_qdfp_high_precision"),
    ],
)
def test_published_tables(file, column, both_kernels):
    with Path(ANSWERS / file).open() as lines:
        rows = [row for row in csv.DictReader(lines) if row[column]]
    assert rows
    for row in rows:
        wanted = float(row[column])
        if "premium" in column:
            wanted += float(row["european_price"])
        years = float(row["t_years"]) if "t_years" in row else float(row["maturity_days_act365"]) / 365
        got = american.price(
            is_call=row["type"] == "call",
            spot=float(row["spot"]),
            strike=float(row["strike"]),
            expiry_years=years,
            rate=float(row["rate_r"]),
            vol=float(row["vol"]),
            div_yield=float(row["div_yield_q"]),
        )
        if years > 0:  # an expired option is worth its intrinsic value here, and nothing there
            assert float(got) == pytest.approx(wanted, abs=max(1e-4 * float(row["strike"]), 1e-9)), row


def test_greeks_agree_with_bumped_quantlib_values(compiled):
    o = contracts(40, seed=4) | {"vol": np.linspace(0.15, 0.8, 40), "rate": np.linspace(0.01, 0.08, 40)}
    o["expiry_years"] = np.linspace(30, 900, 40).round() / 365
    found = american.greeks(**o)
    kept = found.price > np.where(o["is_call"], o["spot"] - o["strike"], o["strike"] - o["spot"]) + 1e-3
    assert 25 < kept.sum() < 40

    def moved(name: str, by: float) -> np.ndarray:
        return exact(o | {name: o[name] + by})

    base = exact(o)
    checks = {
        "delta": (moved("spot", 0.1) - moved("spot", -0.1)) / 0.2,
        "gamma": (moved("spot", 0.5) - 2 * base + moved("spot", -0.5)) / 0.25,
        "vega_per_vol_point": (moved("vol", 0.001) - moved("vol", -0.001)) / 0.2,
        "rho_per_pct_point": (moved("rate", 1e-4) - moved("rate", -1e-4)) / 0.02,
        "theta_per_day": -(moved("expiry_years", 1 / 365) - moved("expiry_years", -1 / 365)) / 2,
        "volga_per_vol_point_sq": (moved("vol", 0.004) - 2 * base + moved("vol", -0.004)) / 0.16,
    }
    for name, wanted in checks.items():
        got = getattr(found, name)
        size = np.abs(wanted[kept]).max()
        allowed = {"gamma": 0.01, "volga_per_vol_point_sq": 0.02}.get(name, 0.002)
        assert np.abs(got - wanted)[kept].max() < allowed * size, name


def test_second_differences_do_not_rattle():
    vol = np.linspace(0.19, 0.21, 201)
    found = american.greeks(is_call=False, spot=100, strike=105, expiry_years=0.7, rate=0.04, vol=vol, div_yield=0.01)
    for name in ("vega_per_vol_point", "rho_per_pct_point", "vanna_per_vol_point", "volga_per_vol_point_sq"):
        values = getattr(found, name)
        assert np.abs(np.diff(values, 2)).max() < 1e-4 * np.abs(values).max(), name


def test_two_methods_agree_whatever_the_signs_of_the_rates(compiled):
    draw = np.random.default_rng(2)
    o = contracts(150, seed=31) | {
        "rate": draw.choice([0.0, 0.01, 0.05, -0.02, -0.005, 1e-6], 150),
        "div_yield": draw.choice([0.0, 0.02, -0.03, -0.01, 0.06, 1e-7], 150),
        "expiry_years": draw.uniform(0.05, 2, 150),
        "vol": draw.uniform(0.1, 0.6, 150),
    }
    found = american.greeks(**o)
    by_grid = american.greeks_with_dividends(**o, ex_times=[0.01], amounts=[1e-9], tier="high")
    earned, paid = (np.where(o["is_call"], o[a], o[b]) for a, b in (("div_yield", "rate"), ("rate", "div_yield")))
    two_boundaries = (earned < 0) & (paid < earned)
    assert two_boundaries.any()
    assert (np.isnan(found.price) == two_boundaries).all()
    allowed = {"price": 1e-3, "delta": 1e-4, "gamma": 1e-4, "theta_per_day": 1e-4, "charm_per_day": 1e-4}
    for name, most in (allowed | {"vega_per_vol_point": 2e-3}).items():
        error = np.abs(getattr(found, name) - getattr(by_grid, name))[~two_boundaries]
        assert error.max() < most, name
    now = np.where(o["is_call"], o["spot"] - o["strike"], o["strike"] - o["spot"])
    kept = found.price > now + 0.1  # closer to exercise, the grid's wider step in volatility reaches across it
    assert np.abs(found.vanna_per_vol_point - by_grid.vanna_per_vol_point)[kept].max() < 5e-4
    assert np.abs(found.volga_per_vol_point_sq - by_grid.volga_per_vol_point_sq)[kept].max() < 1e-3


@pytest.mark.parametrize("tier", ["default", "high"])
def test_long_lives_wild_volatilities_and_steep_drifts(tier, compiled):
    draw = np.random.default_rng(21)
    o = {
        "is_call": draw.random(80) < 0.5,
        "spot": np.full(80, 100.0),
        "strike": 100 * np.exp(draw.uniform(-0.8, 0.8, 80)),
        "expiry_years": np.exp(draw.uniform(np.log(365), np.log(365 * 30), 80)).round() / 365,
        "rate": draw.uniform(0, 0.3, 80),
        "vol": np.exp(draw.uniform(np.log(0.02), np.log(3), 80)),
        "div_yield": draw.uniform(0, 0.3, 80),
    }
    error = np.abs(american.price(**o, tier=tier) - exact(o)) / o["strike"]
    assert error.max() < (1e-4 if tier == "default" else 1e-6)


def test_as_volatility_vanishes_the_value_becomes_that_of_the_certain_path(compiled):
    o = {"spot": 100.0, "expiry_years": 10.0, "rate": 0.3, "div_yield": 0.2}
    for is_call, strike in ((True, 100.0), (False, 95.0), (True, 120.0)):
        sure = american.price(is_call=is_call, strike=strike, vol=0.0, **o)
        near = american.price(is_call=is_call, strike=strike, vol=[3e-5, 1e-4, 1e-3], **o)
        assert np.abs(near - sure).max() < 5e-3


def test_second_order_greeks_agree_with_bumped_first_order_ones(compiled):
    o = contracts(30, seed=9) | {"vol": np.linspace(0.2, 0.6, 30), "expiry_years": np.linspace(0.1, 1.5, 30)}
    found = american.greeks(**o)
    kept = found.price > np.where(o["is_call"], o["spot"] - o["strike"], o["strike"] - o["spot"]) + 0.05

    def moved(name: str, by: float, of: str) -> np.ndarray:
        return getattr(american.greeks(**(o | {name: o[name] + by}), tier="high"), of)

    checks = {
        "vanna_per_vol_point": (moved("vol", 0.002, "delta") - moved("vol", -0.002, "delta")) / 0.4,
        "volga_per_vol_point_sq": (
            moved("vol", 0.002, "vega_per_vol_point") - moved("vol", -0.002, "vega_per_vol_point")
        )
        / 0.4,
        "charm_per_day": -(moved("expiry_years", 1e-3, "delta") - moved("expiry_years", -1e-3, "delta")) / 2e-3 / 365,
    }
    for name, wanted in checks.items():
        size = np.abs(wanted[kept]).max()
        assert np.abs(getattr(found, name) - wanted)[kept].max() < 0.01 * size, name


def test_what_is_never_exercised_is_european():
    o = contracts(50, seed=2) | {"is_call": np.ones(50, bool), "div_yield": np.zeros(50)}
    both = american.greeks(**o), bs.greeks(**o)
    for field in bs.fields(bs.Greeks):
        assert np.array_equal(getattr(both[0], field.name), getattr(both[1], field.name))
    zero = {**o, "is_call": False, "rate": 0.0, "div_yield": 0.03}
    assert np.array_equal(american.price(**zero), bs.price(**zero))
    least = {**zero, "rate": 5e-324}  # a rate no number can be divided by
    assert np.array_equal(american.price(**least), bs.price(**zero))


def test_deep_in_the_money_is_exercised_and_expired_is_intrinsic(both_kernels):
    deep = american.greeks(is_call=False, spot=40, strike=100, expiry_years=1, rate=0.05, vol=0.2)
    assert (float(deep.price), float(deep.delta)) == (60.0, -1.0)
    assert float(deep.gamma) == float(deep.theta_per_day) == float(deep.vega_per_vol_point) == 0.0
    o = contracts(200, seed=5) | {"vol": np.full(200, 0.15), "rate": np.full(200, 0.08)}
    many = american.greeks(**o)
    now = np.where(o["is_call"], o["spot"] - o["strike"], o["strike"] - o["spot"])
    done = (many.price - now) < 1e-9
    assert done.sum() > 20
    assert not many.theta_per_day[done].any()
    assert np.abs(many.delta[done]).tolist() == [1.0] * done.sum()
    over = american.greeks(
        is_call=[True, False], spot=110, strike=100, expiry_years=0, rate=0.05, vol=0.2, div_yield=0.1
    )
    assert over.price.tolist() == [10, 0]
    assert over.delta.tolist() == [1, 0]
    assert not over.theta_per_day.any()


def test_without_volatility_the_best_moment_on_the_certain_path_counts():
    held = american.price(is_call=False, spot=100, strike=100, expiry_years=1, rate=0.01, vol=0, div_yield=0.05)
    assert float(held) == pytest.approx(100 * np.exp(-0.01) - 100 * np.exp(-0.05))
    now = american.price(is_call=False, spot=90, strike=100, expiry_years=1, rate=0.05, vol=0)
    assert float(now) == 10
    middle = american.price(is_call=True, spot=100, strike=60, expiry_years=20, rate=0.08, vol=0, div_yield=0.03)
    times = np.linspace(0, 20, 200_001)
    assert float(middle) == pytest.approx((100 * np.exp(-0.03 * times) - 60 * np.exp(-0.08 * times)).max(), abs=1e-6)


def test_two_boundaries_are_refused_and_a_bad_input_harms_no_neighbour(both_kernels):
    found = american.price(
        is_call=False,
        spot=[100, 100, np.nan, 100],
        strike=100,
        expiry_years=1,
        rate=[-0.01, 0.03, 0.03, 0.03],
        vol=[0.2, 0.2, 0.2, -1],
        div_yield=[-0.03, 0, 0, 0],
    )
    assert np.isnan(found).tolist() == [True, False, True, True]
    alone = american.price(is_call=False, spot=100, strike=100, expiry_years=1, rate=0.03, vol=0.2)
    assert found[1] == pytest.approx(float(alone), rel=1e-13)


def test_the_compiled_kernels_agree_with_numpy(compiled):
    o = contracts(300, seed=21)
    for tier in ("fast", "default", "high"):
        kernels.use("numba")
        fast = american.greeks(**o, tier=tier)
        kernels.use("numpy")
        plain = american.greeks(**o, tier=tier)
        assert (np.abs(fast.price - plain.price) / o["strike"]).max() < 1e-11
        assert np.abs(fast.delta - plain.delta).max() < 1e-9


@given(
    is_call=st.booleans(),
    moneyness=st.floats(-0.7, 0.7),
    years=st.floats(0.003, 5),
    rate=st.floats(0, 0.15),
    div_yield=st.floats(0, 0.15),
    vol=st.floats(0.05, 2),
)
@settings(max_examples=120, deadline=None)
def test_it_is_worth_at_least_the_european_and_exercising_now(is_call, moneyness, years, rate, div_yield, vol):
    o = {
        "is_call": is_call,
        "spot": 100.0,
        "strike": 100 * np.exp(moneyness),
        "expiry_years": years,
        "rate": rate,
        "div_yield": div_yield,
        "vol": vol,
    }
    value = float(american.price(**o))
    sign = 1 if is_call else -1
    assert value >= float(bs.price(**o)) - 1e-9
    assert value >= sign * (100 - o["strike"]) - 1e-7
    longer = float(american.price(**(o | {"expiry_years": years * 1.1})))
    assert longer >= value - 2e-3

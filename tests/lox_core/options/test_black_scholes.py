"""European values and Greeks against QuantLib, 40-digit arithmetic and Haug's tables, with both kernels."""

from __future__ import annotations

import csv

import mpmath as mp
import numpy as np
import pytest
import QuantLib
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.options import black_scholes as bs
from lox_core.options.black_scholes import Greeks
from tests.conftest import SHARED

ANSWERS = SHARED / "data" / "known_answers"
NAMES = [field.name for field in bs.fields(Greeks)]


def random_options(count: int, seed: int = 7) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    spot = np.exp(draw.uniform(np.log(5), np.log(5000), count))
    return {
        "is_call": draw.random(count) < 0.5,
        "spot": spot,
        "strike": spot * np.exp(draw.uniform(-1.2, 1.2, count)),
        "expiry_years": draw.uniform(1 / 365, 5, count),
        "rate": draw.uniform(-0.02, 0.12, count),
        "vol": draw.uniform(0.05, 2.0, count),
        "div_yield": draw.uniform(0, 0.1, count),
    }


def quantlib(o: dict[str, np.ndarray]) -> np.ndarray:
    """price, delta, gamma, vega, theta and rho by QuantLib's Black calculator, in its own units."""
    rows = []
    for call, s, k, t, r, v, q in zip(*(o[name] for name in o), strict=True):
        payoff = QuantLib.PlainVanillaPayoff(QuantLib.Option.Call if call else QuantLib.Option.Put, k)
        it = QuantLib.BlackCalculator(payoff, s * np.exp((r - q) * t), v * np.sqrt(t), np.exp(-r * t))
        rows.append((it.value(), it.delta(s), it.gamma(s), it.vega(t), it.theta(s, t), it.rho(t)))
    return np.array(rows).T


def at_the_money(o: dict[str, np.ndarray]) -> Greeks:
    """What the same options are worth with the forward as strike."""
    return bs.greeks(**(o | {"strike": o["spot"] * np.exp((o["rate"] - o["div_yield"]) * o["expiry_years"])}))


@pytest.fixture(scope="module")
def peers() -> tuple[dict[str, np.ndarray], np.ndarray]:
    o = random_options(100_000)
    return o, quantlib(o)


def test_values_and_first_greeks_agree_with_quantlib(peers, both_kernels):
    o, theirs = peers
    ours, level = bs.greeks(**o), at_the_money(o)
    scales = {"price": 1, "delta": 1, "gamma": 1, "vega_per_vol_point": 0.01, "theta_per_day": 1 / 365}
    for row, name in enumerate([*scales, "rho_per_pct_point"]):
        wanted = theirs[row] * scales.get(name, 0.01)
        error = np.abs(getattr(ours, name) - wanted)
        allowed = np.maximum(1e-10 * np.abs(wanted), 1e-13 * np.abs(getattr(level, name)))
        assert (error <= allowed).all(), name


def exact(call: bool, s: float, k: float, t: float, r: float, v: float, q: float) -> dict[str, float]:
    """All nine in 40 digits: closed forms of the value and numerical derivatives of it."""
    mp.mp.dps = 40
    w = 1 if call else -1

    def value(s, v, t, r):
        total = v * mp.sqrt(t)
        d1 = (mp.log(s / k) + (r - q) * t) / total + total / 2
        return w * (s * mp.exp(-q * t) * mp.ncdf(w * d1) - k * mp.exp(-r * t) * mp.ncdf(w * (d1 - total)))

    s, k, t, r, v, q = map(mp.mpf, (s, k, t, r, v, q))
    point = (s, v, t, r)

    def partial(*orders: int) -> float:
        return float(mp.diff(value, point, orders))

    return {
        "price": float(value(*point)),
        "delta": partial(1, 0, 0, 0),
        "gamma": partial(2, 0, 0, 0),
        "vega_per_vol_point": partial(0, 1, 0, 0) / 100,
        "theta_per_day": -partial(0, 0, 1, 0) / 365,
        "rho_per_pct_point": partial(0, 0, 0, 1) / 100,
        "vanna_per_vol_point": partial(1, 1, 0, 0) / 100,
        "charm_per_day": -partial(1, 0, 1, 0) / 365,
        "volga_per_vol_point_sq": partial(0, 2, 0, 0) / 1e4,
    }


def test_all_nine_agree_with_forty_digits(both_kernels):
    o = random_options(60, seed=3)
    ours = bs.greeks(**o)
    for i in range(60):
        wanted = exact(*(value[i] for value in o.values()))
        for name in NAMES:
            got, size = getattr(ours, name)[i], abs(wanted[name])
            floor = 1e-14 * (o["spot"][i] if name == "price" else 1.0)
            assert abs(got - wanted[name]) <= 2e-12 * size + floor, (i, name)


def test_tiny_wings_and_short_quiet_options_keep_their_digits(both_kernels):
    cases = [(True, 100, 100, 1 / 365, 0.0, 0.05, 0.0), (False, 100, 100.01, 1 / 365, 0.03, 0.02, 0.01)]
    cases += [
        (True, 100, 180, 0.1, 0.02, 0.1, 0.0),
        (False, 100, 40, 0.05, 0.02, 0.2, 0.0),
        (True, 100, 101, 1e-4, 0, 0.1, 0),
    ]
    for case in cases:
        wanted = exact(*case)["price"]
        got = float(bs.price(**dict(zip(random_options(1), case, strict=True))))
        assert got == pytest.approx(wanted, rel=1e-11), case


@pytest.mark.real
def test_haugs_tables(both_kernels):
    with (ANSWERS / "haug_european_values.csv").open() as file:
        for row in csv.DictReader(file):
            got = bs.price(**arguments(row))
            assert float(got) == pytest.approx(float(row["expected"]), abs=6e-5)


@pytest.mark.real
def test_haugs_greeks(both_kernels):
    columns = {
        "delta": ("delta", 1),
        "gamma": ("gamma", 1),
        "vega": ("vega_per_vol_point", 100),
        "theta": ("theta_per_day", 365),
        "rho": ("rho_per_pct_point", 100),
        "vanna": ("vanna_per_vol_point", 100),
        "charm": ("charm_per_day", 365),
        "volga": ("volga_per_vol_point_sq", 1e4),
        "vomma": ("volga_per_vol_point_sq", 1e4),
    }
    checked = 0
    with (ANSWERS / "haug_greeks.csv").open() as file:
        for row in csv.DictReader(file):
            if row["greek"] not in columns:
                continue
            name, scale = columns[row["greek"]]
            got = float(getattr(bs.greeks(**arguments(row)), name)) * scale
            wanted = float(row["quantlib_1_44"] or row["expected"])
            assert got == pytest.approx(wanted, rel=1e-6), row
            checked += 1
    assert checked >= 8


@pytest.mark.real
def test_the_tables_of_vollib(both_kernels):
    with (ANSWERS / "vollib_bs_greeks.csv").open() as file:
        table = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert len(table) == 101
    given = {"spot": "S", "strike": "K", "rate": "R", "expiry_years": "t", "vol": "v"}
    o = {name: np.array([row[column] for row in table]) for name, column in given.items()}
    # Per year and per whole unit in the table; each bound is half of the last digit printed there, and a little.
    kinds = {"D": ("delta", 1, 6e-10), "G": ("gamma", 1, 6e-10), "T": ("theta_per_day", 365, 6e-7)}
    kinds |= {"V": ("vega_per_vol_point", 100, 6e-8), "R": ("rho_per_pct_point", 100, 6e-8)}
    for side, is_call, values in (("C", True, "bs_call"), ("P", False, "bs_put")):
        found = bs.greeks(is_call=is_call, **o)
        assert np.allclose(found.price, [row[values] for row in table], rtol=0, atol=6e-7)
        for letter, (name, scale, off) in kinds.items():
            wanted = [row[side + letter] for row in table]
            assert np.allclose(scale * getattr(found, name), wanted, rtol=0, atol=off), side + letter


@pytest.mark.real
def test_values_of_thirty_digits(both_kernels):
    with (ANSWERS / "bs_highprec_generated.csv").open() as file:
        for row in csv.DictReader(file):
            o = {"spot": float(row["forward"]), "strike": float(row["strike"]), "vol": float(row["vol"])}
            got = bs.price(is_call=row["type"] == "call", expiry_years=float(row["t_years"]), rate=0.0, **o)
            assert float(got) == pytest.approx(float(row["undiscounted_price_30_digits"]), rel=1e-12), row


def arguments(row: dict[str, str]) -> dict[str, object]:
    return {
        "is_call": row["type"] == "call",
        "spot": float(row["spot"]),
        "strike": float(row["strike"]),
        "expiry_years": float(row["t_years"]),
        "rate": float(row["rate_r"]),
        "vol": float(row["vol"]),
        "div_yield": float(row["div_yield_q"]),
    }


def test_at_expiry_the_value_is_intrinsic_and_nothing_divides_by_zero(both_kernels):
    found = bs.greeks(
        is_call=[True, True, True, False, False],
        spot=[110, 90, 100, 90, 110],
        strike=100,
        expiry_years=[0, 0, 0, -1, 0],
        rate=0.05,
        vol=0.2,
    )
    assert found.price.tolist() == [10, 0, 0, 10, 0]
    assert found.delta.tolist() == [1, 0, 0.5, -1, 0]
    for name in NAMES[2:]:
        assert not getattr(found, name).any()


def test_without_volatility_the_forward_is_held(both_kernels):
    found = bs.greeks(is_call=True, spot=100, strike=90, expiry_years=1, rate=0.05, vol=0, div_yield=0.02)
    assert float(found.price) == pytest.approx(100 * np.exp(-0.02) - 90 * np.exp(-0.05), rel=1e-14)
    assert float(found.theta_per_day) * 365 == pytest.approx(0.02 * 100 * np.exp(-0.02) - 0.05 * 90 * np.exp(-0.05))
    assert float(found.vega_per_vol_point) == 0


@pytest.mark.parametrize(
    "bad",
    [
        {"spot": np.nan},
        {"vol": np.nan},
        {"rate": np.nan},
        {"spot": -1.0},
        {"strike": -1.0},
        {"vol": -0.1},
        {"rate": 701.0},
        {"rate": -701.0},
        {"div_yield": 701.0},
        {"spot": np.inf},
    ],
)
def test_what_cannot_be_valued_is_nan_and_harms_no_neighbour(bad, both_kernels):
    good = {
        "is_call": True,
        "spot": 100.0,
        "strike": 100.0,
        "expiry_years": 1.0,
        "rate": 0.03,
        "vol": 0.2,
        "div_yield": 0.0,
    }
    mixed = {name: [value, bad.get(name, value)] for name, value in good.items()}
    found = bs.greeks(**mixed)
    alone = bs.greeks(**good)
    for name in NAMES:
        assert np.isnan(getattr(found, name)[1])
        assert getattr(found, name)[0] == getattr(alone, name)


def test_shapes_broadcast():
    found = bs.greeks(is_call=[[True], [False]], spot=[90, 100, 110], strike=100, expiry_years=1, rate=0, vol=0.2)
    assert found.price.shape == (2, 3)
    assert bs.price(is_call=True, spot=[], strike=1, expiry_years=1, rate=0, vol=0.2).shape == (0,)


def test_the_compiled_kernels_agree_with_numpy(compiled):
    o = random_options(100_000, seed=5)
    fast = bs.greeks(**o)
    bs.kernels.use("numpy")
    plain, level = bs.greeks(**o), at_the_money(o)
    terms = cancelling_terms(o, plain)
    for name in NAMES:
        wanted, size = getattr(plain, name), np.abs(getattr(level, name))
        allowed = np.maximum(1e-12 * np.abs(wanted), 1e-15 * np.maximum(size, terms.get(name, 0.0)))
        assert (np.abs(getattr(fast, name) - wanted) <= allowed).all(), name


def cancelling_terms(o: dict[str, np.ndarray], at: Greeks) -> dict[str, np.ndarray]:
    """What theta and charm are sums of, without the signs: they can be any small number where these cancel."""
    t, r, q, v, s = (o[name] for name in ("expiry_years", "rate", "div_yield", "vol", "spot"))
    decay, money = 50 * at.vega_per_vol_point * v / t, 100 * np.abs(r * at.rho_per_pct_point) / t
    drift, turn = np.abs((r - q) * s * at.gamma), 50 * np.abs(at.vanna_per_vol_point) * v / t
    return {
        "theta_per_day": (decay + money + q * s * np.abs(at.delta)) / 365,
        "charm_per_day": (drift + turn + q * np.abs(at.delta)) / 365,
    }


prices = st.floats(1, 1000)


@given(spot=prices, strike=prices, years=st.floats(0.001, 5), rate=st.floats(-0.02, 0.15), vol=st.floats(0.01, 3))
@settings(max_examples=80, deadline=None)
def test_parity_and_bounds(spot, strike, years, rate, vol):
    both = {"spot": spot, "strike": strike, "expiry_years": years, "rate": rate, "vol": vol, "div_yield": 0.01}
    call, put = bs.greeks(is_call=True, **both), bs.greeks(is_call=False, **both)
    held, owed = spot * np.exp(-0.01 * years), strike * np.exp(-rate * years)
    assert call.price - put.price == pytest.approx(held - owed, abs=1e-12 * max(held, owed))
    assert max(held - owed, 0) - 1e-12 <= call.price <= held
    assert call.gamma == pytest.approx(put.gamma, rel=1e-12)
    assert call.delta - put.delta == pytest.approx(np.exp(-0.01 * years), abs=1e-14)

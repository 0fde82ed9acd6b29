"""Options on stocks with cash dividends against QuantLib's finite differences, with both kernels."""

from __future__ import annotations

import numpy as np
import pytest
import QuantLib
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lox_core.errors import ModelError
from lox_core.options import american, kernels
from lox_core.options import black_scholes as bs
from tests.lox_core.options.test_american import TODAY, process


def quantlib(o: dict[str, float], days: int, ex_days: list[int], amounts: list[float], *, is_american: bool) -> float:
    QuantLib.Settings.instance().evaluationDate = TODAY
    kind = QuantLib.Option.Call if o["is_call"] else QuantLib.Option.Put
    end = TODAY + days
    exercise = QuantLib.AmericanExercise(TODAY, end) if is_american else QuantLib.EuropeanExercise(end)
    option = QuantLib.VanillaOption(QuantLib.PlainVanillaPayoff(kind, o["strike"]), exercise)
    dividends = [QuantLib.FixedDividend(a, TODAY + d) for a, d in zip(amounts, ex_days, strict=True)]
    market = process(o["spot"], o["rate"], 0.0, o["vol"])
    option.setPricingEngine(QuantLib.FdBlackScholesVanillaEngine(market, dividends, 800, 800, 2))
    return option.NPV()


def cases() -> list[tuple[dict[str, float], int, list[int], list[float], bool]]:
    draw = np.random.default_rng(8)
    found = []
    for i in range(14):
        days = int(draw.integers(20, 700))
        ex_days = list(range(int(draw.integers(3, 60)), days, 91)) or [days // 2]
        option = {
            "is_call": bool(i % 2),
            "spot": 100.0,
            "strike": float(draw.uniform(75, 125)),
            "rate": float(draw.uniform(0, 0.08)),
            "vol": float(draw.uniform(0.12, 0.7)),
        }
        found.append((option, days, ex_days, [float(draw.uniform(0.3, 2.5))] * len(ex_days), i >= 4))
    # A dividend halfway, where a step ends; on the day after; a day before expiry; every month; far below the grid
    # that volatility alone would need; of a third of the spot.
    plain = {"is_call": True, "spot": 100.0, "strike": 95.0, "rate": 0.05, "vol": 0.25}
    put = plain | {"is_call": False}
    return [
        *found,
        (plain, 100, [50], [2.0], True),
        (plain, 60, [1], [3.0], True),
        (plain, 60, [59], [3.0], True),
        (plain, 400, list(range(9, 400, 30)), [0.4] * 14, True),
        (put | {"strike": 90.0, "vol": 0.05}, 36, [18], [10.0], True),
        (put | {"strike": 90.0, "vol": 0.05}, 36, [18], [10.0], False),
        (put | {"strike": 60.0}, 180, [90], [33.0], True),
    ]


def test_values_agree_with_quantlib(both_kernels):
    for option, days, ex_days, amounts, is_american in cases():
        got = american.price_with_dividends(
            **option,
            expiry_years=days / 365,
            ex_times=np.array(ex_days) / 365,
            amounts=amounts,
            is_american=is_american,
        )
        wanted = quantlib(option, days, ex_days, amounts, is_american=is_american)
        assert float(got) == pytest.approx(wanted, abs=5e-3), (option, days, ex_days)


def test_a_stock_that_dividends_can_exhaust_ends_at_zero(both_kernels):
    o = {"is_call": False, "spot": 100.0, "strike": 120.0, "expiry_years": 2.0, "rate": 0.03, "vol": 0.5}
    times, amounts = np.arange(0.1, 2.0, 0.1), [4.0] * 19
    draw = np.random.default_rng(7)
    spot, now, paths = np.full(200_000, 100.0), 0.0, 100_000
    for time, amount in [*zip(times, amounts, strict=True), (2.0, 0.0)]:
        normal = draw.standard_normal(paths)
        step = (0.03 - 0.125) * (time - now) + 0.5 * np.sqrt(time - now) * np.concatenate([normal, -normal])
        spot, now = np.maximum(spot * np.exp(step) - amount, 0.0), time
    paid = np.exp(-0.06) * np.maximum(120 - spot, 0.0)
    pairs = 0.5 * (paid[:paths] + paid[paths:])
    found = american.price_with_dividends(**o, ex_times=times, amounts=amounts, is_american=False)
    assert (spot == 0).mean() > 0.2
    assert float(found) == pytest.approx(pairs.mean(), abs=4 * pairs.std() / np.sqrt(paths))


def test_without_volatility_dividends_still_fall():
    cash = {"ex_times": [0.25, 0.75], "amounts": [2.0, 3.0]}
    o = {"spot": 100.0, "strike": 98.0, "expiry_years": 1.0, "rate": 0.05, "vol": 0.0}
    after_first = (100 * np.exp(0.05 * 0.25) - 2) * np.exp(0.05 * 0.5)
    put = american.greeks_with_dividends(is_call=False, **o, **cash)
    assert float(put.price) == pytest.approx(np.exp(-0.0375) * max(98 - (after_first - 3), 0), abs=1e-12)
    call = american.greeks_with_dividends(is_call=True, **o, **cash)
    held = np.array([2, np.exp(-0.0125) * (100 * np.exp(0.0125) - 98), np.exp(-0.0375) * (after_first - 98)])
    assert float(call.price) == pytest.approx(held.max(), abs=1e-12)
    european = american.price_with_dividends(is_call=True, **o, **cash, is_american=False)
    assert float(european) == pytest.approx(np.exp(-0.05) * ((after_first - 3) * np.exp(0.0125) - 98), abs=1e-12)
    bumped = american.price_with_dividends(is_call=True, **(o | {"spot": 100.01}), **cash)
    assert float(call.delta) == pytest.approx((float(bumped) - float(call.price)) / 0.01, rel=1e-9)
    nearly = american.price_with_dividends(is_call=[True, False], **(o | {"vol": 0.002}), **cash)
    assert nearly == pytest.approx([float(call.price), float(put.price)], abs=0.02)


def test_the_compiled_kernel_agrees_with_numpy(compiled):
    draw = np.random.default_rng(3)
    o = {
        "is_call": draw.random(21) < 0.5,
        "spot": 100.0,
        "strike": draw.uniform(70, 130, 21),
        "expiry_years": draw.uniform(0.02, 2, 21),
        "rate": draw.uniform(0, 0.1, 21),
        "vol": draw.uniform(0.05, 0.9, 21),
        "is_american": draw.random(21) < 0.7,
    }
    cash = {"ex_times": [0.01, 0.3, 0.7], "amounts": [1.0, 20.0, 1.0]}
    fast = american.price_with_dividends(**o, **cash)
    kernels.use("numpy")
    assert (np.abs(american.price_with_dividends(**o, **cash) - fast) / o["strike"]).max() < 1e-11


def test_the_order_of_dividends_and_of_options_does_not_matter(both_kernels):
    o = {"is_call": True, "spot": 100.0, "strike": 95.0, "expiry_years": 1.0, "rate": 0.05, "vol": 0.25}
    forth = american.price_with_dividends(**o, ex_times=[0.2, 0.4, 0.9], amounts=[1.0, 2.0, 3.0])
    back = american.price_with_dividends(**o, ex_times=[0.9, 0.2, 0.4], amounts=[3.0, 1.0, 2.0])
    assert float(forth) == float(back)
    many = american.price_with_dividends(
        **(o | {"strike": np.linspace(80, 110, 31)}), ex_times=[0.2, 0.4, 0.9], amounts=[1.0, 2.0, 3.0]
    )
    assert many[15] == pytest.approx(float(forth), rel=1e-13)


@given(
    is_call=st.booleans(),
    moneyness=st.floats(-0.4, 0.4),
    years=st.floats(0.01, 2),
    rate=st.floats(0, 0.1),
    vol=st.floats(0.05, 1),
    when=st.floats(0.01, 0.99),
    amount=st.floats(0.01, 30),
)
@example(is_call=True, moneyness=0.0, years=2.0, rate=0.0, vol=1.0, when=0.5, amount=1.0)
@settings(max_examples=40, deadline=None)
def test_exercise_and_dividends_move_values_the_right_way(is_call, moneyness, years, rate, vol, when, amount):
    kernels.use("numba")
    assert kernels.wait() == "numba", kernels.problem()
    o = {"is_call": is_call, "spot": 100.0, "strike": 100 * np.exp(moneyness), "expiry_years": years}
    o |= {"rate": rate, "vol": vol, "ex_times": [when * years]}
    value, smaller, european = (
        float(american.price_with_dividends(**o, amounts=[paid], is_american=early))
        for paid, early in ((amount, True), (0.5 * amount, True), (amount, False))
    )
    kernels.use("numpy")
    assert value >= european - 5e-3
    assert value >= (1 if is_call else -1) * (100 - o["strike"])
    assert value <= smaller + 5e-3 if is_call else value >= smaller - 5e-3


def test_greeks_agree_with_bumped_values(compiled):
    for is_call in (True, False):
        o = {"is_call": is_call, "spot": 100.0, "strike": 100.0, "expiry_years": 0.6, "rate": 0.04, "vol": 0.3}
        cash = {"ex_times": [0.1, 0.35], "amounts": [1.2, 1.2]}
        found = american.greeks_with_dividends(**o, **cash)

        def moved(name, by, o=o, cash=cash):
            return float(american.price_with_dividends(**(o | {name: o[name] + by}), **cash))

        base = moved("spot", 0)
        assert float(found.price) == base
        assert float(found.delta) == pytest.approx((moved("spot", 0.5) - moved("spot", -0.5)), abs=2e-3)
        gamma = (moved("spot", 2) - 2 * base + moved("spot", -2)) / 4
        assert float(found.gamma) == pytest.approx(gamma, rel=0.03)
        vega = (moved("vol", 0.01) - moved("vol", -0.01)) / 2
        assert float(found.vega_per_vol_point) == pytest.approx(vega, rel=5e-3)
        rho = (moved("rate", 0.005) - moved("rate", -0.005)) / 1.0
        assert float(found.rho_per_pct_point) == pytest.approx(rho, rel=0.03, abs=1e-3)


def test_theta_is_the_value_lost_as_the_days_pass(compiled):
    o = {"is_call": False, "spot": 100.0, "strike": 100.0, "rate": 0.04, "vol": 0.3}
    days = 1 / 365

    def at(passed: float) -> float:
        times = np.array([0.1, 0.35]) - passed
        return float(american.price_with_dividends(**o, expiry_years=0.6 - passed, ex_times=times, amounts=[1.2, 1.2]))

    found = american.greeks_with_dividends(**o, expiry_years=0.6, ex_times=[0.1, 0.35], amounts=[1.2, 1.2])
    assert float(found.theta_per_day) == pytest.approx((at(2 * days) - at(-2 * days)) / 4, rel=0.02)


def test_dividends_outside_the_life_do_not_count(both_kernels):
    o = {"is_call": False, "spot": 100.0, "strike": 105.0, "expiry_years": 0.5, "rate": 0.04, "vol": 0.3}
    alone = float(american.price(**o))
    for time in (0.0, -0.1, 0.5, 0.7):
        assert float(american.price_with_dividends(**o, ex_times=[time], amounts=[2.0])) == alone
    european = float(american.price_with_dividends(**o, ex_times=[0.9], amounts=[2.0], is_american=False))
    assert european == float(bs.price(**o))


def test_rows_of_their_own_and_a_refusal():
    o = {"is_call": True, "spot": [100.0, 100.0], "strike": 90.0, "expiry_years": 0.5, "rate": 0.04, "vol": 0.3}
    both = american.price_with_dividends(**o, ex_times=[[0.2, np.nan], [0.1, 0.4]], amounts=[[1.0, np.nan], [1.0, 1.0]])
    one = american.price_with_dividends(**(o | {"spot": 100.0}), ex_times=[0.2], amounts=[1.0])
    assert both[0] == pytest.approx(float(one), rel=1e-12)
    assert both[1] < both[0]
    with pytest.raises(ModelError, match="in pairs"):
        american.price_with_dividends(**o, ex_times=[0.1, 0.2], amounts=[1.0])


def test_a_large_dividend_and_missing_inputs_stay_in_bounds(both_kernels):
    value = american.price_with_dividends(
        is_call=False,
        spot=[100.0, np.nan],
        strike=100,
        expiry_years=1,
        rate=0.03,
        vol=0.3,
        ex_times=[0.5],
        amounts=[60],
    )
    after_it = 100 * np.exp(-0.015) - (100 - 60 * np.exp(-0.015))  # exercised once it has fallen
    assert after_it - 0.05 < value[0] < after_it + 3
    assert np.isnan(value[1])

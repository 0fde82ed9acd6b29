"""How fast American options are valued, beside QuantLib's fast QdFp engine, and how near both come to its best one.

Goals (2 cores, one run): a third of the fast engine's time an option, each with a boundary of its own, at a smaller
largest error; Greeks of 60 options with cash dividends within half a second.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import QuantLib

from benchmarks import Figure
from benchmarks.numerics import interleaved
from lox_core.options import american, kernels

COUNT, PAYING, SEED = 240, 60, 5
TODAY, DAY_COUNT = QuantLib.Date(20, 11, 2026), QuantLib.Actual365Fixed()
GRID_GOAL_MS = 500
Inputs = dict[str, np.ndarray]


def options(count: int) -> Inputs:
    """Random options around the money: a week to two years, yields to 6 %, volatilities of 10 to 80 %."""
    draw = np.random.default_rng(SEED)
    return {
        "is_call": draw.random(count) < 0.5,
        "spot": np.full(count, 100.0),
        "strike": draw.uniform(80, 120, count),
        "expiry_years": draw.integers(7, 731, count) / 365,
        "rate": draw.uniform(0.001, 0.06, count),
        "vol": draw.uniform(0.1, 0.8, count),
        "div_yield": draw.uniform(0, 0.06, count),
    }


def quantlib(o: Inputs, scheme: Callable[[], object]) -> list[QuantLib.VanillaOption]:
    """The options, with a QdFp engine each."""

    def flat(rate: float) -> QuantLib.YieldTermStructureHandle:
        return QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(TODAY, rate, DAY_COUNT))

    made = []
    for is_call, s, k, t, r, v, q in zip(*o.values(), strict=True):
        vol = QuantLib.BlackConstantVol(TODAY, QuantLib.NullCalendar(), v, DAY_COUNT)
        process = QuantLib.BlackScholesMertonProcess(
            QuantLib.QuoteHandle(QuantLib.SimpleQuote(s)), flat(q), flat(r), QuantLib.BlackVolTermStructureHandle(vol)
        )
        kind = QuantLib.Option.Call if is_call else QuantLib.Option.Put
        exercise = QuantLib.AmericanExercise(TODAY, TODAY + round(365 * t))
        option = QuantLib.VanillaOption(QuantLib.PlainVanillaPayoff(kind, k), exercise)
        option.setPricingEngine(QuantLib.QdFpAmericanEngine(process, scheme()))
        made.append(option)
    return made


def values(made: list[QuantLib.VanillaOption]) -> np.ndarray:
    """QuantLib's values, reckoned anew."""
    for option in made:
        option.recalculate()
    return np.array([option.NPV() for option in made])


def _grid_ms() -> float:
    """Value and Greeks with four cash dividends a year."""
    o = options(PAYING) | {"div_yield": np.zeros(PAYING)}
    times = np.arange(0.05, 2, 0.25)
    amounts = np.full(len(times), 0.5)
    (taken,) = interleaved(lambda: american.greeks_with_dividends(**o, ex_times=times, amounts=amounts))
    return taken


def main() -> list[Figure]:
    """Measure values by the integral against QuantLib, and Greeks by the grid."""
    QuantLib.Settings.instance().evaluationDate = TODAY
    o, engine = options(COUNT), QuantLib.QdFpAmericanEngine
    best = values(quantlib(o, engine.highPrecisionScheme))
    made = quantlib(o, engine.fastScheme)
    kernels.use("numba")
    try:
        mode = kernels.wait()
        ours, whole, bare, greeks = interleaved(
            lambda: american.price(**o),
            lambda: values(quantlib(o, engine.fastScheme)),
            lambda: values(made),
            lambda: american.greeks(**o),
        )
        error, theirs = np.abs(american.price(**o) - best).max(), np.abs(values(made) - best).max()
        each = 1000 / COUNT
        print(f"an American option: {ours * each:.1f} µs, largest error {error:.1e} dollars at a spot of 100")
        print(f"QuantLib's fast QdFp: {whole * each:.1f} µs, {bare * each:.1f} with all objects made, {theirs:.1e}")
        return [
            Figure(f"American value, {mode}, over QuantLib's fast QdFp", ours / whole, "of its time", 1 / 3),
            Figure("the same over its engine alone", ours / bare, "of its time"),
            Figure("largest error over the fast QdFp's", float(error / theirs), "of its error", 1.0),
            Figure("American Greeks, an option", greeks * each, "µs"),
            Figure(f"Greeks of {PAYING} options with cash dividends", _grid_ms(), "ms", GRID_GOAL_MS),
        ]
    finally:
        kernels.use("numpy")

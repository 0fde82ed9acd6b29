"""How fast 100,000 European options are valued and inverted, beside what a quant would write or install first.

Goals (2 cores): nine Greeks at least 5 times as fast as textbook numpy with the compiled kernels and 1.3 times without;
implied volatility faster than py_vollib_vectorized. Ratios, measured in one run.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.stats import norm

from benchmarks import Figure, peers
from lox_core.options import black_scholes, implied_vol, kernels

COUNT, SEED, ROUNDS, REPEATS = 100_000, 11, 15, 3
Inputs = dict[str, np.ndarray]


def options() -> Inputs:
    """Random options of ordinary strikes, expiries and volatilities."""
    draw = np.random.default_rng(SEED)
    spot = draw.uniform(50, 150, COUNT)
    return {
        "spot": spot,
        "strike": spot * draw.uniform(0.75, 1.25, COUNT),
        "expiry_years": draw.uniform(0.02, 2, COUNT),
        "rate": np.full(COUNT, 0.04),
        "div_yield": np.full(COUNT, 0.012),
        "vol": draw.uniform(0.12, 0.7, COUNT),
        "is_call": draw.random(COUNT) < 0.5,
    }


def textbook(o: Inputs) -> np.ndarray:
    """Value and eight Greeks as the textbook writes them."""
    s, k, t, r, q, v = (o[name] for name in ("spot", "strike", "expiry_years", "rate", "div_yield", "vol"))
    w, root = np.where(o["is_call"], 1.0, -1.0), np.sqrt(t)
    d1 = (np.log(s / k) + (r - q + 0.5 * v * v) * t) / (v * root)
    d2 = d1 - v * root
    carry, discount = np.exp(-q * t), np.exp(-r * t)
    density, n1, n2 = norm.pdf(d1), norm.cdf(w * d1), norm.cdf(w * d2)
    vega = s * carry * density * root
    return np.array(
        [
            w * (s * carry * n1 - k * discount * n2),
            w * carry * n1,
            carry * density / (s * v * root),
            vega,
            -s * carry * density * v / (2 * root) - w * r * k * discount * n2 + w * q * s * carry * n1,
            w * k * t * discount * n2,
            -carry * density * d2 / v,
            w * q * carry * n1 - carry * density * (2 * (r - q) * t - d2 * v * root) / (2 * t * v * root),
            vega * d1 * d2 / v,
        ]
    )


def interleaved(*actions: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Least milliseconds of each, taken in turns so that a busy machine slows all alike."""
    taken: list[list[float]] = [[] for _ in actions]
    for action in actions:
        action()
    for _ in range(rounds):
        for place, action in enumerate(actions):
            for _ in range(REPEATS):
                start = time.perf_counter()
                action()
                taken[place].append(1000 * (time.perf_counter() - start))
    return [min(times) for times in taken]


def inversion(solve: Callable[[], object]) -> tuple[float, float | None]:
    """Least milliseconds of ours and of the peer's, in turns; the peer's process times itself."""
    with peers.implied_vol(COUNT, SEED) as peer:
        if peer is None:
            return interleaved(solve)[0], None
        rounds = [(interleaved(solve, rounds=1)[0], min(peer() for _ in range(REPEATS))) for _ in range(ROUNDS)]
    return min(ours for ours, _ in rounds), min(theirs for _, theirs in rounds)


def main() -> list[Figure]:
    """Measure both kernels against the peers."""
    o = options()
    price = black_scholes.price(**o)
    quotes = {name: column for name, column in o.items() if name != "vol"}
    kernels.use("numba")
    kernels.wait()

    def under(mode: kernels.Mode, action: Callable[[], object]) -> Callable[[], object]:
        """The action with one kind of kernel."""

        def run() -> object:
            kernels.use(mode)
            return action()

        return run

    def greeks() -> object:
        return black_scholes.greeks(**o)

    plain, slow, fast = interleaved(lambda: textbook(o), under("numpy", greeks), under("numba", greeks))
    ours, theirs = inversion(under("numba", lambda: implied_vol.solve(price=price, **quotes)))
    kernels.use("numpy")
    print(f"nine Greeks of {COUNT:,}: textbook {plain:.1f} ms, numpy {slow:.1f}, compiled {fast:.1f}")
    print(f"implied volatility of {COUNT:,}: {ours:.1f} ms; py_vollib_vectorized {theirs or float('nan'):.1f}")
    figures = [
        Figure("nine Greeks, compiled, over textbook numpy", fast / plain, "of its time", 1 / 5),
        Figure("nine Greeks, numpy, over textbook numpy", slow / plain, "of its time", 1 / 1.3),
    ]
    if theirs is None:
        print("py_vollib_vectorized could not be installed here, so the comparison is left out.")
        return figures
    return [*figures, Figure("implied volatility over py_vollib_vectorized", ours / theirs, "of its time", 1.0)]

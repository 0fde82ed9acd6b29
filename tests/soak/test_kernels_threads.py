"""Kernels called from eight threads at once for half a minute: no abort, and the same numbers throughout."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lox_core.options import american, implied_vol, kernels
from lox_core.options import black_scholes as bs

THREADS, SOAK_S, SHORT_S = 8, 30.0, 1.0


def work(seed: int, stop_at: float, start: threading.Barrier) -> int:
    """Value, invert and value again until the time is over; every round must give the first round's bits."""
    draw = np.random.default_rng(seed)
    o = {
        "is_call": draw.random(400) < 0.5,
        "spot": 100.0,
        "strike": draw.uniform(70, 140, 400),
        "expiry_years": draw.uniform(0.02, 2, 400),
        "rate": 0.04,
        "vol": draw.uniform(0.1, 0.8, 400),
        "div_yield": 0.02,
    }
    quotes = {name: value for name, value in o.items() if name != "vol"}
    some = {name: value[:40] if np.ndim(value) else value for name, value in o.items()}

    def once() -> list[np.ndarray]:
        price = bs.greeks(**o)
        cash = american.price_with_dividends(
            **{n: v[:4] if np.ndim(v) else v for n, v in o.items()}, ex_times=[0.1], amounts=[1]
        )
        return [
            price.price,
            price.charm_per_day,
            implied_vol.solve(price=price.price, **quotes).vol,
            american.price(**some),
            cash,
        ]

    start.wait()
    first, rounds = once(), 0
    while time.monotonic() < stop_at:
        again = once()
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, again, strict=True))
        rounds += 1
    return rounds


def hammer(seconds: float) -> list[int]:
    """Rounds each thread came through."""
    kernels.use("numba")
    assert kernels.wait() == "numba", kernels.problem()
    try:
        barrier = threading.Barrier(THREADS)
        with ThreadPoolExecutor(THREADS) as pool:
            stop_at = time.monotonic() + seconds
            jobs = [pool.submit(work, seed, stop_at, barrier) for seed in range(THREADS)]
            return [job.result() for job in jobs]
    finally:
        kernels.use("numpy")


def test_eight_threads_for_a_moment():
    assert min(hammer(SHORT_S)) > 0


@pytest.mark.soak
def test_eight_threads_for_half_a_minute():
    assert min(hammer(SOAK_S)) > 0

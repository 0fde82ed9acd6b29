"""Options on a stock that pays cash dividends: finite differences in the logarithm of the spot.

The stock itself falls by the cash amount at each ex-time (the spot model), and follows geometric Brownian motion in
between. Time is cut at the ex-times, so none falls between two steps. Crank-Nicolson steps, each stretch begun with
two pairs of implicit half steps (Rannacher), which the kinks at expiry and at ex-times need; the half steps share the
matrix of the whole ones. The payoff is averaged over the cell that holds the strike. Compare Haug, Haug and Lewis,
"Back to Basics: a New Approach to the Discrete Dividend Problem" (2003).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from lox_core.options import kernels

Floats = NDArray[np.float64]
NODES, STEPS, LEAST_STEPS, HALF_STEPS = 201, 100, 6, 4  # nodes on either side of the spot; steps over the whole life
WIDTH = 5.5  # standard deviations on either side
CHUNK, POOL_FROM = 2, 4


def solve(table: Floats, ex_times: Floats, amounts: Floats) -> Floats:
    """Value, delta, gamma and speed, (4, n).

    Parameters
    ----------
    table : (8, n)
        is_call, is_american, spot, strike, years, rate, vol, div_yield; ordinary numbers, time and volatility above
        zero.
    ex_times, amounts : (n, k)
        Years to each ex-date, ascending, and dollars a share; a row ends where its times reach its years.
    """
    coarse, fine = (_run(table, ex_times, amounts, steps) for steps in (STEPS, 2 * STEPS))
    # Exercise is decided once a step, an error of first order that two step sizes take away.
    return np.where(table[1] > 0, 2 * fine - coarse, fine)


def _run(table: Floats, ex_times: Floats, amounts: Floats, steps: int) -> Floats:
    out = np.empty((4, table.shape[1]))
    compiled = kernels.kernel("lattice_values")

    def work(part: slice) -> None:
        if compiled is not None:
            mine = np.empty((4, part.stop - part.start))
            sizes = NODES, steps, LEAST_STEPS, HALF_STEPS, WIDTH
            compiled(np.ascontiguousarray(table[:, part]), ex_times[part], amounts[part], *sizes, mine)
            out[:, part] = mine
            return
        for i in range(part.start, part.stop):
            out[:, i] = _one(table[:, i], ex_times[i], amounts[i], steps)

    kernels.each_chunk(table.shape[1], work, chunk=CHUNK, pool_from=POOL_FROM)
    return out


def _one(option: Floats, ex_times: Floats, amounts: Floats, steps: int) -> Floats:
    """One option in plain numpy: the reference of the compiled kernel."""
    is_call, is_american, spot, strike, years, rate, vol, div_yield = option
    sign = 1.0 if is_call > 0 else -1.0
    drift = rate - div_yield - 0.5 * vol * vol
    dx = (WIDTH * vol * np.sqrt(years) + abs(drift) * years) / NODES
    s = spot * np.exp(dx * np.arange(-NODES, NODES + 1))
    now = sign * (s - strike)
    value = _payoff(s, strike, sign, dx)
    known = (ex_times < years) & (ex_times > 0)
    late = years
    for early, amount in [*zip(ex_times[known][::-1], amounts[known][::-1], strict=True), (0.0, 0.0)]:
        count = max(int(steps * (late - early) / years + 0.5), LEAST_STEPS)
        half = 0.5 * (late - early) / count
        low = 0.5 * (vol * vol / (dx * dx) - drift / dx)
        high = 0.5 * (vol * vol / (dx * dx) + drift / dx)
        level = -vol * vol / (dx * dx) - rate
        inside = len(s) - 2
        factors = lapack.dgttrf(
            np.full(inside - 1, -half * low), np.full(inside, 1 - half * level), np.full(inside - 1, -half * high)
        )[:5]
        for step in range(count - HALF_STEPS // 2 + HALF_STEPS):
            right = value[1:-1].copy()
            if step >= HALF_STEPS:
                right += half * (low * value[:-2] + level * value[1:-1] + high * value[2:])
            right[0] += half * low * value[0]
            right[-1] += half * high * value[-1]
            value[1:-1] = lapack.dgttrs(*factors, right)[0]
            _straighten(value, s)
            if is_american > 0:
                np.maximum(value, now, out=value)
        if amount > 0:
            value = _after_dividend(value, s, spot, dx, amount)
            if is_american > 0:
                np.maximum(value, now, out=value)
        late = early
    return _at_spot(value, spot, dx)


def _payoff(s: Floats, strike: float, sign: float, dx: float) -> Floats:
    """The payoff, averaged over the cell of width ``dx`` in ln S where that cell holds the strike."""
    left, right = np.log(s) - 0.5 * dx, np.log(s) + 0.5 * dx
    edge = np.clip(np.log(strike), left, right)
    if sign > 0:
        paid = np.exp(right) - np.exp(edge) - strike * (right - edge)
    else:
        paid = strike * (edge - left) - (np.exp(edge) - np.exp(left))
    averaged: Floats = np.maximum(paid / dx, 0.0)
    return np.where((left < np.log(strike)) & (np.log(strike) < right), averaged, np.maximum(sign * (s - strike), 0.0))


def _straighten(value: Floats, s: Floats) -> None:
    """The outermost nodes on the line through the next two: far away a value is straight in the spot."""
    value[0] = max(value[1] + (s[0] - s[1]) * (value[2] - value[1]) / (s[2] - s[1]), 0.0)
    value[-1] = max(value[-2] + (s[-1] - s[-2]) * (value[-2] - value[-3]) / (s[-2] - s[-3]), 0.0)


def _after_dividend(value: Floats, s: Floats, spot: float, dx: float, amount: float) -> Floats:
    """Before the ex-time each spot is worth what the fallen one is after it; below the lowest node, on its tangent."""
    place = np.log(np.maximum(s - amount, s[0]) / spot) / dx + NODES
    base = np.clip(place.astype(int), 1, len(s) - 3)
    u = place - base
    fallen: Floats = (
        -u * (u - 1) * (u - 2) / 6 * value[base - 1]
        + (u + 1) * (u - 1) * (u - 2) / 2 * value[base]
        - (u + 1) * u * (u - 2) / 2 * value[base + 1]
        + (u + 1) * u * (u - 1) / 6 * value[base + 2]
    )
    below = value[0] + (np.maximum(s - amount, 0.0) - s[0]) * (value[1] - value[0]) / (s[1] - s[0])
    return np.where(s - amount < s[0], np.maximum(below, 0.0), fallen)


def _at_spot(value: Floats, spot: float, dx: float) -> Floats:
    """Value and derivatives in the spot at the middle node, from five nodes in ln S."""
    v = value[NODES - 2 : NODES + 3]
    one = (v[0] - 8 * v[1] + 8 * v[3] - v[4]) / (12 * dx)
    two = (-v[0] + 16 * v[1] - 30 * v[2] + 16 * v[3] - v[4]) / (12 * dx * dx)
    three = (-v[0] + 2 * v[1] - 2 * v[3] + v[4]) / (2 * dx**3)
    return np.array([v[2], one / spot, (two - one) / spot**2, (three - 3 * two + 2 * one) / spot**3])

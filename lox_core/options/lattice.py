"""Finite differences in the logarithm of the spot, on nodes that drift with it, for stocks that pay cash dividends.

The stock falls by the cash amount at each ex-time, at most to zero (the spot model), and follows geometric Brownian
motion in between. Time is cut at the ex-times, so none falls between two steps. Crank-Nicolson steps, each stretch
begun with two pairs of implicit half steps (Rannacher), which the kinks at expiry and at ex-times need; the half steps
share the matrix of the whole ones. Nodes move by ``(r - q - vol**2/2) dt``, which leaves pure diffusion and a symmetric
matrix, however small the volatility is. The lowest node is part of the system, since a dividend carries its value to
all spots below the amount; the highest is set after each step. The payoff is averaged over the cell that holds the
strike. Compare Haug, Haug and Lewis, "Back to Basics: a New Approach to the Discrete Dividend Problem" (2003).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from lox_core.options import kernels

Floats = NDArray[np.float64]
LEAST_STEPS, HALF_STEPS = 5, 4
WIDTH = 5.5  # standard deviations on either side of the spots that can be reached by dividends alone
MOST_CELLS, MOST_FOLD = 800, 4  # of any tier; where dividends widen the range there are up to that many times more
CALM, MOST_PACE = 0.7, 3.0  # volatility over the whole life for which a tier's steps are enough; most times more
LEAST_LEFT = 0.02  # of the spot after all dividends; below it a value is straight in the spot
LANES = 8  # options a compiled kernel takes side by side
CHUNK, POOL_FROM = 2 * LANES, 2 * LANES


@dataclass(frozen=True, eq=False)
class Grid:
    """Nodes of n options: ``dx`` (n,) apart in ln S, today's spot at ``centre`` (n,); ``spots`` (n, nodes) today's."""

    dx: Floats
    centre: NDArray[np.int64]
    spots: Floats


@dataclass(frozen=True, eq=False)
class Schedule:
    """The steps of n options, (steps, n), backwards in time; those of shorter schedules end in steps of no length.

    ``half`` is the implicit half step in years, ``explicit`` 1 where an explicit one goes before it, ``drift`` the
    factor on today's node spots after the step, ``fall`` the dividend then, before exercise.
    """

    half: Floats
    explicit: Floats
    drift: Floats
    fall: Floats


def fold(spot: Floats, total_vol: Floats, amounts: Floats) -> NDArray[np.int64]:
    """How many times a tier's cells each option's grid should have, (n,)."""
    reach = _fallen(spot, amounts) / (2 * WIDTH * total_vol)
    folds: NDArray[np.int64] = np.clip(np.ceil(1 + reach - 0.25), 1, MOST_FOLD).astype(np.int64)
    return folds


def pace(total_vol: Floats) -> Floats:
    """How many times a tier's steps each option needs, (n,): wide distributions more."""
    found: Floats = np.clip(total_vol / CALM, 1.0, MOST_PACE)
    return found


def _fallen(spot: Floats, amounts: Floats) -> Floats:
    """How far all dividends together can take the logarithm of the spot down."""
    left = np.maximum(1 - np.nansum(amounts, axis=1) / spot, LEAST_LEFT)
    gone: Floats = -np.log(left)
    return gone


def grid(spot: Floats, total_vol: Floats, amounts: Floats, cells: int) -> Grid:
    """Nodes that reach ``WIDTH`` standard deviations beyond the spot, and below it as it is after all dividends."""
    low, high = WIDTH * total_vol + _fallen(spot, amounts), WIDTH * total_vol
    dx = (low + high) / (cells - 1)
    centre = np.ceil(low / dx).astype(np.int64)
    spots = spot[:, None] * np.exp(dx[:, None] * (np.arange(cells + 1) - centre[:, None]))
    return Grid(dx, centre, spots)


def schedule(
    years: Floats, drift: Floats, ex_times: Floats, amounts: Floats, steps: Floats, *, finer: int = 1
) -> Schedule:
    """The steps between expiry and today, about ``steps`` (n,) of them, each cut into ``finer``.

    ``drift`` (n,) is what nodes move by in a year, ``ex_times`` (n, k) ascending, NaN where there is none.
    """
    known = np.isfinite(ex_times)
    edges = np.column_stack([years, np.where(known, ex_times, 0.0)[:, ::-1], 0.0 * years])
    edges[:, 1:] = np.minimum.accumulate(np.where(edges[:, 1:] > 0, edges[:, 1:], np.inf), axis=1)
    edges = np.where(np.isfinite(edges), edges, years[:, None])
    edges[:, -1] = 0.0
    falls = np.column_stack([np.where(known, amounts, 0.0)[:, ::-1], 0.0 * years])
    length = edges[:, :-1] - edges[:, 1:]
    whole = finer * np.maximum(((steps / years)[:, None] * length + 0.5).astype(int), LEAST_STEPS)
    count = np.where(length > 0, whole + HALF_STEPS // 2, 0)
    option, stretch = np.nonzero(count)
    each = count[option, stretch]
    at = np.repeat(np.arange(len(each)), each)
    place = np.arange(len(at)) - np.repeat(np.cumsum(each) - each, each)  # within the stretch
    begins = np.repeat((np.cumsum(count, axis=1) - count)[option, stretch], each)
    option, stretch = option[at], stretch[at]
    half = length[option, stretch] / (2 * whole[option, stretch])
    implicit = place < HALF_STEPS
    gone = half * np.where(implicit, place + 1, 2 * (place + 1) - HALF_STEPS)
    last = place == count[option, stretch] - 1
    time = np.where(last, edges[option, stretch + 1], edges[option, stretch] - gone)
    shape = (int(count.sum(axis=1).max()), len(years))
    table = np.zeros((4, *shape))
    table[2] = 1.0
    table[:, begins + place, option] = (
        half,
        np.where(implicit, 0.0, 1.0),
        np.exp(drift[option] * time),
        np.where(last, falls[option, stretch], 0.0),
    )
    return Schedule(*table)


def payoff(spots: Floats, strike: Floats, sign: Floats, dx: Floats) -> Floats:
    """Payoffs, (n, nodes), averaged over the cell of width ``dx`` in ln S where that cell holds the strike."""
    distance = np.log(spots / strike[:, None])
    half = 0.5 * dx[:, None]
    edge = np.clip(-distance, -half, half)
    above = spots * (np.exp(half) - np.exp(edge)) - strike[:, None] * (half - edge)
    below = strike[:, None] * (edge + half) - spots * (np.exp(edge) - np.exp(-half))
    averaged = np.maximum(np.where(sign[:, None] > 0, above, below) / dx[:, None], 0.0)
    plain = np.maximum(sign[:, None] * (spots - strike[:, None]), 0.0)
    values: Floats = np.where(np.abs(distance) < half, averaged, plain)
    return values


def solve(value: Floats, nodes: Grid, steps: Schedule, terms: Floats) -> Floats:
    """Values today at the nodes, (n, nodes), from those at expiry.

    ``terms`` (5, n): ``vol**2 / (2 dx**2)``, rate, and what exercise brings in: ``terms[2] * spot - terms[3]``, with
    -inf for European options held in ``-terms[3]``; ``terms[4]`` is dx.
    """
    out = np.empty_like(value)
    compiled = kernels.kernel("lattice_values")

    def _work(part: slice) -> None:
        rows = steps.half[:, part], steps.explicit[:, part], steps.drift[:, part], steps.fall[:, part]
        if compiled is None:
            out[part] = _reference(value[part].copy(), nodes.spots[part], Schedule(*rows), terms[:, part])
        else:
            table = [np.ascontiguousarray(row) for row in (*rows, terms[:, part])]
            compiled(value[part], nodes.spots[part], *table, out[part])

    chunk = CHUNK if compiled is not None else 4 * CHUNK
    kernels.each_chunk(len(value), _work, chunk=chunk, pool_from=POOL_FROM)
    return out


def _reference(value: Floats, spots: Floats, steps: Schedule, terms: Floats) -> Floats:
    """The steps in plain numpy, all options' systems as one: the reference of the compiled kernel."""
    spread, rate, sign, paid, dx = (row[:, None] for row in terms)
    inside = value.shape[1] - 2
    first = -np.expm1(-dx)  # what is left of the second difference where the lowest node is in line with the next two
    joined = np.zeros((2, len(value), inside))  # diagonal and what stands beside it, none between two options
    for k in range(len(steps.half)):
        half = steps.half[k][:, None]
        if k == 0 or (steps.half[k] != steps.half[k - 1]).any():
            joined[0] = 1 + half * (2 * spread + rate)
            joined[1] = -half * spread
            joined[1, :, -1] = 0.0
            joined[0, :, :1] = (1 + half * (spread * first + rate)) / first
            factors = lapack.dpttrf(joined[0].ravel(), joined[1].ravel()[:-1])[:2]
        middle = value[:, 1:-1]
        gain = spread * (value[:, :-2] - 2 * middle + value[:, 2:]) - rate * middle
        right = middle + half * steps.explicit[k][:, None] * gain
        right[:, :1] /= first
        right[:, -1:] += half * spread * value[:, -1:]
        value[:, 1:-1] = lapack.dpttrs(*factors, right.ravel())[0].reshape(middle.shape)
        _straighten(value, dx)
        drift = steps.drift[k][:, None]
        np.maximum(value, sign * spots * drift - paid, out=value)
        for i in np.flatnonzero(steps.fall[k]):
            value[i] = _before_dividend(value[i], spots[i] * steps.drift[k, i], dx[i, 0], steps.fall[k, i])
            np.maximum(value[i], sign[i] * spots[i] * drift[i] - paid[i], out=value[i])
    return value


def _straighten(value: Floats, dx: Floats) -> None:
    """The outermost nodes on the line through the next two: far away a value is straight in the spot."""
    shrink, grow = np.exp(-dx), np.exp(dx)
    value[:, :1] = np.maximum(value[:, 1:2] - shrink * (value[:, 2:3] - value[:, 1:2]), 0.0)
    value[:, -1:] = np.maximum(value[:, -2:-1] + grow * (value[:, -2:-1] - value[:, -3:-2]), 0.0)


def _before_dividend(value: Floats, s: Floats, dx: float, amount: float) -> Floats:
    """Before the ex-time each spot is worth what the fallen one is after it; below the lowest node, on its tangent."""
    place = np.log(np.maximum(s - amount, s[0]) / s[0]) / dx
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


def at_spot(value: Floats, nodes: Grid, spot: Floats) -> Floats:
    """Value, delta, gamma and speed at today's spot, (4, n), from five nodes in ln S."""
    each = np.arange(len(spot))
    v = [value[each, nodes.centre + k] for k in range(-2, 3)]
    dx = nodes.dx
    one = (v[0] - 8 * v[1] + 8 * v[3] - v[4]) / (12 * dx)
    two = (-v[0] + 16 * v[1] - 30 * v[2] + 16 * v[3] - v[4]) / (12 * dx * dx)
    three = (-v[0] + 2 * v[1] - 2 * v[3] + v[4]) / (2 * dx**3)
    return np.array([v[2], one / spot, (two - one) / spot**2, (three - 3 * two + 2 * one) / spot**3])

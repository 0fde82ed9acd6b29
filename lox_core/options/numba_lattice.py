"""The compiled kernel of :mod:`lattice`: the same steps for ``LANES`` options side by side in one vector register."""

from __future__ import annotations

import math

import numpy as np
from numba import float64, njit, types, uint64

from lox_core.options.lattice import LANES, MOST_CELLS, MOST_FOLD

_TABLE = types.Array(float64, 2, "C")
FAST = {"contract", "nsz", "reassoc"}
# Unsigned, since for a signed index numba asks each time whether it counts from the end, which no vector can.
WIDE = np.uint64(LANES)
ROOM = np.uint64(LANES * (MOST_CELLS * MOST_FOLD + 1))
# Rows by node, lanes side by side, in one work array at distances known when compiling; then single rows of lanes.
VALUE, HELD, SPOTS, INVERSE, RATIO = (ROOM * np.uint64(i) for i in range(5))
SPREAD, RATE, SIGN, PAID, DX, HALF, EXPLICIT, DRIFT, LOW, HIGH = (
    np.uint64(5) * ROOM + WIDE * np.uint64(i) for i in range(10)
)
SIZE = int(HIGH + WIDE)


@njit(error_model="numpy", inline="always")
def _factor(w, lanes, nodes):  # type: ignore[no-untyped-def]
    """The elimination of the symmetric matrix."""
    for i in range(lanes):
        beside = w[HALF + i] * w[SPREAD + i] * (1.0 - w[LOW + i])
        w[INVERSE + WIDE + i] = 1.0 / (1.0 + w[HALF + i] * w[RATE + i] + beside)
        w[RATIO + WIDE + i] = beside * w[INVERSE + WIDE + i]
    for j in range(uint64(2), nodes - uint64(1)):
        row = j * WIDE
        for i in range(lanes):
            beside = w[HALF + i] * w[SPREAD + i]
            own = 1.0 + w[HALF + i] * (2.0 * w[SPREAD + i] + w[RATE + i])
            inverse = 1.0 / (own - beside * w[RATIO + row - WIDE + i])
            w[INVERSE + row + i] = inverse
            w[RATIO + row + i] = beside * inverse


@njit(error_model="numpy", inline="always", fastmath=FAST)
def _diffuse(w, lanes, nodes):  # type: ignore[no-untyped-def]
    """One step: elimination upwards, substitution downwards, exercise where it is better."""
    end = (nodes - uint64(1)) * WIDE
    for i in range(lanes):
        w[HELD + i] = 0.0
    for j in range(uint64(1), nodes - uint64(1)):
        row = j * WIDE
        for i in range(lanes):
            before, here, after = w[VALUE + row - WIDE + i], w[VALUE + row + i], w[VALUE + row + WIDE + i]
            gain = w[SPREAD + i] * (before - 2.0 * here + after) - w[RATE + i] * here
            right = here + w[HALF + i] * w[EXPLICIT + i] * gain
            w[HELD + row + i] = right * w[INVERSE + row + i] + w[RATIO + row + i] * w[HELD + row - WIDE + i]
    for back in range(uint64(1), nodes - uint64(1)):
        row = end - back * WIDE
        for i in range(lanes):
            value = w[HELD + row + i] + w[RATIO + row + i] * w[VALUE + row + WIDE + i]
            w[VALUE + row + i] = value
    for i in range(lanes):
        one, two = w[VALUE + WIDE + i], w[VALUE + WIDE + WIDE + i]
        w[VALUE + i] = max(one - w[LOW + i] * (two - one), 0.0)
        one, two = w[VALUE + end - WIDE + i], w[VALUE + end - WIDE - WIDE + i]
        w[VALUE + end + i] = max(one + w[HIGH + i] * (one - two), 0.0)
    for j in range(nodes):
        row = j * WIDE
        for i in range(lanes):
            now = w[SIGN + i] * w[SPOTS + row + i] * w[DRIFT + i] - w[PAID + i]
            w[VALUE + row + i] = max(w[VALUE + row + i], now)


@njit(error_model="numpy", inline="always")
def _fall(w, nodes, i, amount):  # type: ignore[no-untyped-def]
    """Lane ``i`` before the ex-time: cubic interpolation at the fallen spot, the tangent below the grid, exercise."""
    low, drift, dx = w[SPOTS + i] * w[DRIFT + i], w[DRIFT + i], w[DX + i]
    for j in range(nodes):
        w[HELD + j * WIDE + i] = w[VALUE + j * WIDE + i]
    slope = (w[HELD + WIDE + i] - w[HELD + i]) / (w[SPOTS + WIDE + i] * drift - low)
    for j in range(nodes):
        s = w[SPOTS + j * WIDE + i] * drift
        place = math.log(max(s - amount, low) / low) / dx
        base = uint64(min(max(int(place), 1), int(nodes) - 3))
        u, at = place - base, HELD + base * WIDE + i
        value = (
            -u * (u - 1.0) * (u - 2.0) / 6.0 * w[at - WIDE]
            + (u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0 * w[at]
            - (u + 1.0) * u * (u - 2.0) / 2.0 * w[at + WIDE]
            + (u + 1.0) * u * (u - 1.0) / 6.0 * w[at + WIDE + WIDE]
        )
        if s - amount < low:
            value = max(w[HELD + i] + (max(s - amount, 0.0) - low) * slope, 0.0)
        w[VALUE + j * WIDE + i] = max(value, w[SIGN + i] * s - w[PAID + i])


@njit(error_model="numpy", inline="always")
def _load(w, lanes, nodes, low, payoff, spots, terms):  # type: ignore[no-untyped-def]
    for i in range(lanes):
        at = low + i
        for j in range(nodes):
            w[VALUE + j * WIDE + i], w[SPOTS + j * WIDE + i] = payoff[at, j], spots[at, j]
        w[SPREAD + i], w[RATE + i], w[SIGN + i] = terms[0, at], terms[1, at], terms[2, at]
        w[PAID + i], w[DX + i], w[HALF + i] = terms[3, at], terms[4, at], -1.0
        w[LOW + i], w[HIGH + i] = math.exp(-terms[4, at]), math.exp(terms[4, at])


@njit(
    types.void(_TABLE, _TABLE, _TABLE, _TABLE, _TABLE, _TABLE, _TABLE, _TABLE),
    nogil=True,
    cache=True,
    error_model="numpy",
    fastmath=FAST,
)
def lattice_values(payoff, spots, half, explicit, drift, fall, terms, out):  # type: ignore[no-untyped-def]
    """Values today of every row of ``payoff``; arguments as for :func:`lattice.solve` and of a ``Schedule``."""
    count, nodes = uint64(payoff.shape[0]), uint64(payoff.shape[1])
    w = np.zeros(SIZE)
    for low in range(uint64(0), count, WIDE):
        lanes = min(WIDE, count - low)
        _load(w, lanes, nodes, low, payoff, spots, terms)
        for k in range(half.shape[0]):
            changed = False
            for i in range(lanes):
                changed = changed or w[HALF + i] != half[k, low + i]
                w[HALF + i], w[EXPLICIT + i], w[DRIFT + i] = half[k, low + i], explicit[k, low + i], drift[k, low + i]
            if changed:
                _factor(w, lanes, nodes)
            _diffuse(w, lanes, nodes)
            for i in range(lanes):
                if fall[k, low + i] > 0.0:
                    _fall(w, nodes, i, fall[k, low + i])
        for i in range(lanes):
            for j in range(nodes):
                out[low + i, j] = w[VALUE + j * WIDE + i]


KERNELS = {"lattice_values": lattice_values}

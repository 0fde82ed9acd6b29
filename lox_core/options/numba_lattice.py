"""The compiled kernel of :mod:`lattice`: the same steps, with the elimination worked out once per stretch."""

from __future__ import annotations

import math

import numpy as np
from numba import float64, int64, njit, types

_TABLE = types.Array(float64, 2, "C")
_ANY = types.Array(float64, 2, "A")


@njit(error_model="numpy", inline="always")
def _at_ends(value, s, now, american):  # type: ignore[no-untyped-def]
    """The outermost nodes in line with the next two, then exercise where it is better."""
    last = s.size - 1
    value[0] = max(value[1] + (s[0] - s[1]) * (value[2] - value[1]) / (s[2] - s[1]), 0.0)
    slope = (value[last - 1] - value[last - 2]) / (s[last - 1] - s[last - 2])
    value[last] = max(value[last - 1] + (s[last] - s[last - 1]) * slope, 0.0)
    if american:
        for j in range(s.size):
            value[j] = max(value[j], now[j])


@njit(error_model="numpy", inline="always")
def _pay_out(s, strike, sign, dx, value):  # type: ignore[no-untyped-def]
    for j in range(s.size):
        left, right, edge = math.log(s[j]) - 0.5 * dx, math.log(s[j]) + 0.5 * dx, math.log(strike)
        value[j] = max(sign * (s[j] - strike), 0.0)
        if left < edge < right:
            if sign > 0:
                value[j] = (math.exp(right) - strike - strike * (right - edge)) / dx
            else:
                value[j] = (strike * (edge - left) - (strike - math.exp(left))) / dx
            value[j] = max(value[j], 0.0)


@njit(error_model="numpy", inline="always")
def _fall(value, held, s, spot, nodes, dx, amount):  # type: ignore[no-untyped-def]
    """Each spot's value before the ex-time: cubic interpolation at the fallen spot, the tangent below the grid."""
    for j in range(s.size):
        held[j] = value[j]
    for j in range(s.size):
        place = math.log(max(s[j] - amount, s[0]) / spot) / dx + nodes
        base = min(max(int(place), 1), s.size - 3)
        u = place - base
        value[j] = (
            -u * (u - 1) * (u - 2) / 6 * held[base - 1]
            + (u + 1) * (u - 1) * (u - 2) / 2 * held[base]
            - (u + 1) * u * (u - 2) / 2 * held[base + 1]
            + (u + 1) * u * (u - 1) / 6 * held[base + 2]
        )
        if s[j] - amount < s[0]:
            below = held[0] + (max(s[j] - amount, 0.0) - s[0]) * (held[1] - held[0]) / (s[1] - s[0])
            value[j] = max(below, 0.0)


@njit(
    types.void(_TABLE, _ANY, _ANY, int64, int64, int64, int64, float64, _TABLE),
    nogil=True,
    cache=True,
    error_model="numpy",
    fastmath={"contract", "nsz"},
)
def lattice_values(table, ex_times, amounts, nodes, steps, least, halves, width, out):  # type: ignore[no-untyped-def]
    """Value, delta, gamma and speed of every column of ``table``, as :func:`lattice.solve` lays it out."""
    size = 2 * nodes + 1
    s, now, value, held = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    inverse, ratio = np.empty(size), np.empty(size)
    for i in range(table.shape[1]):
        american, spot, strike, years = table[1, i] > 0, table[2, i], table[3, i], table[4, i]
        rate, vol, div_yield = table[5, i], table[6, i], table[7, i]
        sign = 1.0 if table[0, i] > 0 else -1.0
        drift = rate - div_yield - 0.5 * vol * vol
        dx = (width * vol * math.sqrt(years) + abs(drift) * years) / nodes
        for j in range(size):
            s[j] = spot * math.exp(dx * (j - nodes))
            now[j] = sign * (s[j] - strike)
        _pay_out(s, strike, sign, dx, value)
        low = 0.5 * (vol * vol / (dx * dx) - drift / dx)
        high = 0.5 * (vol * vol / (dx * dx) + drift / dx)
        level = -vol * vol / (dx * dx) - rate
        late, k = years, ex_times.shape[1] - 1
        while late > 0.0:
            while k >= 0 and not (0.0 < ex_times[i, k] < late):
                k -= 1
            early = ex_times[i, k] if k >= 0 else 0.0
            count = max(int(steps * (late - early) / years + 0.5), least)
            half = 0.5 * (late - early) / count
            below, above = -half * low, -half * high
            inverse[1] = 1.0 / (1.0 - half * level)
            ratio[1] = above * inverse[1]
            for j in range(2, size - 1):
                inverse[j] = 1.0 / (1.0 - half * level - below * ratio[j - 1])
                ratio[j] = above * inverse[j]
            for step in range(count - halves // 2 + halves):
                first, last = value[0], value[size - 1]
                if step < halves:
                    for j in range(1, size - 1):
                        held[j] = value[j]
                else:
                    for j in range(1, size - 1):
                        held[j] = value[j] + half * (low * value[j - 1] + level * value[j] + high * value[j + 1])
                held[1] -= below * first
                held[size - 2] -= above * last
                held[1] *= inverse[1]
                for j in range(2, size - 1):
                    held[j] = (held[j] - below * held[j - 1]) * inverse[j]
                value[size - 2] = held[size - 2]
                for j in range(size - 3, 0, -1):
                    value[j] = held[j] - ratio[j] * value[j + 1]
                _at_ends(value, s, now, american)
            if k >= 0:
                _fall(value, held, s, spot, nodes, dx, amounts[i, k])
                if american:
                    for j in range(size):
                        value[j] = max(value[j], now[j])
            late = early
        a, b, c, d, e = (
            value[nodes - 2],
            value[nodes - 1],
            value[nodes],
            value[nodes + 1],
            value[nodes + 2],
        )
        one = (a - 8 * b + 8 * d - e) / (12 * dx)
        two = (-a + 16 * b - 30 * c + 16 * d - e) / (12 * dx * dx)
        three = (-a + 2 * b - 2 * d + e) / (2 * dx**3)
        out[0, i], out[1, i] = c, one / spot
        out[2, i], out[3, i] = (two - one) / spot**2, (three - 3 * two + 2 * one) / spot**3


KERNELS = {"lattice_values": lattice_values}

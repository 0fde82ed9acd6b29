"""Compiled kernels of European options: the formulas of :mod:`black_scholes` and :mod:`normalised_vol`, in one loop.

Importing this module compiles, some seconds when numba's cache is cold. The loops are free of branches, with an
exponential of their own, so that the compiler turns them into vector instructions; columns the formulas do not hold
for may come out as anything, and the caller overwrites them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import float64, int64, njit, types
from numba.extending import intrinsic

from lox_core.options import kernels
from lox_core.options.normal import (
    INV_ROOT_TWO_PI,
    LEAST_TOTAL_VOL,
    MILLS,
    MILLS_CENTRE,
    ROOT_TWO_PI,
    SMALL_PRODUCT,
    SMALL_STEP,
)

FAST = {"contract", "nsz", "arcp", "nnan", "ninf"}
C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12 = MILLS[:13]
C13, C14, C15, C16, C17, C18, C19, C20, C21, C22, C23, C24, C25 = MILLS[13:]
LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.693145751953125, 1.42860682030941723212e-6
DAY = 1.0 / 365.0
BLOCK = kernels.BLOCK
LEAST_SQUARE, SMALL_SQUARE, HUGE = LEAST_TOTAL_VOL**2, SMALL_STEP**2, 1e300


@intrinsic
def _bits_to_float(typing_context: Any, bits: Any) -> Any:  # noqa: ARG001 - numba calls both by position
    """The double whose bits are those of an integer."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        """The instruction."""
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@njit(inline="always", error_model="numpy", fastmath=FAST)
def exp(x):  # type: ignore[no-untyped-def]
    """``exp(x)`` to about an ulp for x from -708 to 709, by halving the argument to the nearest power of two."""
    x = max(min(x, 709.0), -708.0)
    k = np.floor(x * LOG2_E + 0.5)
    r = x - k * LN2_HIGH - k * LN2_LOW
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r * r + r
    scale: float = _bits_to_float((int64(k) + 1023) << 52)  # type: ignore[call-arg]
    return p * scale + scale


@njit(inline="always", error_model="numpy", fastmath=FAST)
def mills(x):  # type: ignore[no-untyped-def]
    """``(1 - N(x)) / n(x)`` for ``x >= 0``."""
    y = (x - MILLS_CENTRE) / (x + MILLS_CENTRE)
    p = C25
    p = p * y + C24
    p = p * y + C23
    p = p * y + C22
    p = p * y + C21
    p = p * y + C20
    p = p * y + C19
    p = p * y + C18
    p = p * y + C17
    p = p * y + C16
    p = p * y + C15
    p = p * y + C14
    p = p * y + C13
    p = p * y + C12
    p = p * y + C11
    p = p * y + C10
    p = p * y + C9
    p = p * y + C8
    p = p * y + C7
    p = p * y + C6
    p = p * y + C5
    p = p * y + C4
    p = p * y + C3
    p = p * y + C2
    p = p * y + C1
    p = p * y + C0
    return p / (1.0 + x)


_FLAT = types.Array(float64, 1, "C")
_SIGNATURE = types.void(_FLAT, int64, _FLAT)


@njit(_SIGNATURE, nogil=True, cache=True, error_model="numpy", fastmath=FAST)
def european_price(rows, count, out):  # type: ignore[no-untyped-def]
    """Values into the first row of ``out``; arguments as for :func:`european_greeks`."""
    for i in range(count):
        total = rows[5 * BLOCK + i] * np.sqrt(rows[3 * BLOCK + i])
        x = rows[7 * BLOCK + i] + (rows[4 * BLOCK + i] - rows[6 * BLOCK + i]) * rows[3 * BLOCK + i]
        d1 = x / total + 0.5 * total
        d2 = d1 - total
        held = rows[1 * BLOCK + i] * exp(-rows[6 * BLOCK + i] * rows[3 * BLOCK + i])
        owed = rows[2 * BLOCK + i] * exp(-rows[4 * BLOCK + i] * rows[3 * BLOCK + i])
        weight = held * (INV_ROOT_TWO_PI * exp(-0.5 * d1 * d1))
        mills1 = mills(abs(d1))
        mills2 = mills(abs(d2))
        near = min(held, owed) - weight * (mills1 + mills2)
        far = weight * abs(mills1 - mills2)
        wing = near if abs(x) < 0.5 * total * total else far
        sign = 1.0 if rows[0 * BLOCK + i] > 0 else -1.0
        out[0 * BLOCK + i] = wing + max(sign * (held - owed), 0.0)


@njit(_SIGNATURE, nogil=True, cache=True, error_model="numpy", fastmath=FAST)
def european_greeks(rows, count, out):  # type: ignore[no-untyped-def]
    """The nine Greeks of the first ``count`` columns.

    ``rows`` are is_call, spot, strike, years, rate, vol, div_yield and ln(spot/strike), each ``BLOCK`` long and one
    after another; ``out`` is laid out alike. Distances between rows are thus known when compiling, without which the
    compiler fears that they overlap and does one option at a time.
    """
    for i in range(count):
        spot, strike, t, r, v, q = (
            rows[1 * BLOCK + i],
            rows[2 * BLOCK + i],
            rows[3 * BLOCK + i],
            rows[4 * BLOCK + i],
            rows[5 * BLOCK + i],
            rows[6 * BLOCK + i],
        )
        carry = exp(-q * t)
        root = np.sqrt(t)
        total = v * root
        x = rows[7 * BLOCK + i] + (r - q) * t
        d1 = x / total + 0.5 * total
        d2 = d1 - total
        held = spot * carry
        owed = strike * exp(-r * t)
        density = INV_ROOT_TWO_PI * exp(-0.5 * d1 * d1)
        weight = held * density
        mills1 = mills(abs(d1))
        mills2 = mills(abs(d2))
        near = min(held, owed) - weight * (mills1 + mills2)
        far = weight * abs(mills1 - mills2)
        wing = near if abs(x) < 0.5 * total * total else far
        sign = 1.0 if rows[0 * BLOCK + i] > 0 else -1.0
        tail1 = density * mills1
        tail2 = weight * mills2 / owed
        side1 = 1.0 - tail1 if sign * d1 > 0 else tail1
        side2 = 1.0 - tail2 if sign * d2 > 0 else tail2
        delta = sign * carry * side1
        money = sign * owed * side2
        vega = weight * root
        out[0 * BLOCK + i] = wing + max(sign * (held - owed), 0.0)
        out[1 * BLOCK + i] = delta
        out[2 * BLOCK + i] = carry * density / (spot * total)
        out[3 * BLOCK + i] = 0.01 * vega
        out[4 * BLOCK + i] = (-0.5 * weight * v / root - r * money + q * spot * delta) * DAY
        out[5 * BLOCK + i] = 0.01 * t * money
        out[6 * BLOCK + i] = -0.01 * carry * density * d2 / v
        out[7 * BLOCK + i] = (q * delta - carry * density * ((r - q) / total - 0.5 * d2 / t)) * DAY
        out[8 * BLOCK + i] = 1e-4 * vega * d1 * d2 / v


@njit(float64(float64), error_model="numpy")
def _ratio(x):  # type: ignore[no-untyped-def]
    """The Mills ratio on both sides of zero."""
    return mills(x) if x >= 0 else ROOT_TWO_PI * math.exp(0.5 * x * x) - mills(-x)


@njit(float64(float64, float64), error_model="numpy")
def _drop(low, step):  # type: ignore[no-untyped-def]
    """``R(low) - R(low + step)`` for small steps: the series of ``normal.mills_drop``."""
    below, term, power, total = _ratio(low), low * _ratio(low) - 1.0, step, 0.0
    for order in range(1, 9):
        total += power * term
        below, term = term, low * term + order * below
        power *= step / (order + 1)
    return -total


@njit(float64(float64, float64), error_model="numpy")
def _normalised_price(x, s):  # type: ignore[no-untyped-def]
    h, half = -x / s, 0.5 * s
    weight = INV_ROOT_TWO_PI * math.exp(-0.5 * (h * h + half * half))
    low = h - half
    if s < SMALL_STEP and low * s < SMALL_PRODUCT:
        return weight * _drop(low, s)
    if low < 0:
        return math.exp(0.5 * x) - weight * (mills(-low) + mills(h + half))
    return weight * (mills(low) - mills(h + half))


@njit(float64(float64, float64), error_model="numpy")
def _slope(x, s):  # type: ignore[no-untyped-def]
    h = x / s
    return INV_ROOT_TWO_PI * math.exp(-0.5 * (h * h + 0.25 * s * s))


_VECTOR, _TABLE = types.Array(float64, 1, "C"), types.Array(float64, 2, "C")


@njit(error_model="numpy")
def _middle(b, left, right, s_left, s_right, d_left, d_right, straight_right):  # type: ignore[no-untyped-def]
    """The rational cubic of ``normalised_vol._rational``, straight at one end."""
    h = right - left
    u = min(max((b - left) / h, 0.0), 1.0)
    chord = (s_right - s_left) / h
    by_left, by_right = (d_right - d_left) / (chord - d_left), (d_right - d_left) / (d_right - chord)
    r = max(by_right if straight_right else by_left, (d_right + d_left) / chord)
    r = max(r, max(abs(by_left), abs(by_right)))
    if not math.isfinite(r) or r > 1e20:
        return s_right * u + s_left * (1 - u)
    v = 1 - u
    top = (
        s_right * u**3 + (r * s_right - h * d_right) * u * u * v + (r * s_left + h * d_left) * u * v * v + s_left * v**3
    )
    return top / (1 + (r - 3) * u * v)


@njit(types.void(_VECTOR, _VECTOR, _TABLE, _VECTOR), nogil=True, cache=True, error_model="numpy")
def vol_landmarks(x, b, marks, s):  # type: ignore[no-untyped-def]
    """The rows of ``normalised_vol._Landmarks`` for every ``x``, and in ``s`` the guess between the outer two."""
    for i in range(x.size):
        most, s_mid = math.exp(0.5 * x[i]), math.sqrt(-2.0 * x[i])
        b_mid, v_mid = _normalised_price(x[i], s_mid), _slope(x[i], s_mid)
        s_low = max(s_mid - b_mid / v_mid, 0.1 * s_mid)
        s_high = s_mid + (most - b_mid) / v_mid
        b_low, b_high = _normalised_price(x[i], s_low), _normalised_price(x[i], s_high)
        marks[0, i], marks[1, i], marks[2, i], marks[3, i] = most, s_mid, b_mid, v_mid
        marks[4, i], marks[5, i], marks[6, i], marks[7, i] = s_low, b_low, s_high, b_high
        if b[i] >= b_mid:
            s[i] = _middle(b[i], b_mid, b_high, s_mid, s_high, 1 / v_mid, 1 / _slope(x[i], s_high), False)
        else:
            s[i] = _middle(b[i], b_low, b_mid, s_low, s_mid, 1 / _slope(x[i], s_low), 1 / v_mid, True)


@njit(float64(float64, float64, float64, float64, float64, float64, float64), error_model="numpy")
def _move(x, s, b, room, most, b_low, b_high):  # type: ignore[no-untyped-def]
    """One Householder step of fourth order, as in ``normalised_vol._step``."""
    h, half = -x / s, 0.5 * s
    weight = INV_ROOT_TWO_PI * math.exp(-0.5 * (h * h + half * half))
    low = h - half
    near, far = mills(abs(low)), mills(h + half)
    value = most - weight * (near + far) if low < 0 else weight * (near - far)
    left = weight * (near + far) if low < 0 else most - value
    if s < SMALL_STEP and low * s < SMALL_PRODUCT:
        value = weight * _drop(low, s)
    bend = h * h / s - 0.25 * s
    third = bend * bend - 3.0 * (h / s) ** 2 - 0.25
    if b < b_low:
        logs, aim, per = math.log(value), math.log(b), weight / value
        newton = (aim - logs) * (logs / aim) / per
        third += 2 * per * per * (1 + 3 / logs * (1 + 1 / logs)) - 3 * bend * per * (1 + 2 / logs)
        bend -= per * (1 + 2 / logs)
    elif b > b_high and b > 0.5 * most:
        share = weight / left
        newton = math.log(left / room) / share
        third += share * (2 * share + 3 * bend)
        bend += share
    else:
        newton = (b - value) / weight
    step = newton * (1 + 0.5 * bend * newton) / (1 + newton * (bend + third * newton / 6))
    if not math.isfinite(step):
        step = newton
    return min(max(step, -0.5 * s), max(s, 1.0)) if math.isfinite(step) else 0.0


@njit(types.void(_VECTOR, _VECTOR, _VECTOR, _TABLE, int64, _VECTOR), nogil=True, cache=True, error_model="numpy")
def vol_steps(x, b, room, marks, steps, s):  # type: ignore[no-untyped-def]
    """``steps`` Householder steps on every first guess in ``s``, in place."""
    for i in range(x.size):
        found = s[i]
        for _ in range(steps):
            found = abs(found + _move(x[i], found, b[i], room[i], marks[0, i], marks[5, i], marks[7, i]))
        s[i] = found


@njit(int64(_FLAT, int64), nogil=True, cache=True, error_model="numpy")
def european_scan(rows, count):  # type: ignore[no-untyped-def]
    """0: the formulas hold for every column; 1: some lose digits at small volatility; 2: some they do not hold for."""
    odd, small = 0, 0
    for i in range(count):
        spot, strike, t, v = rows[1 * BLOCK + i], rows[2 * BLOCK + i], rows[3 * BLOCK + i], rows[5 * BLOCK + i]
        whole = spot + strike + t + v + rows[4 * BLOCK + i] + rows[6 * BLOCK + i] + rows[0 * BLOCK + i]
        square = v * v * t
        good = (spot > 0) & (strike > 0) & (t > 0) & (v > 0) & (square > LEAST_SQUARE) & (abs(whole) < HUGE)
        odd += 0 if good else 1
        small += 1 if square < SMALL_SQUARE else 0
    return 2 if odd else 1 if small else 0


KERNELS = {
    "european_scan": european_scan,
    "european_price": european_price,
    "european_greeks": european_greeks,
    "vol_landmarks": vol_landmarks,
    "vol_steps": vol_steps,
}

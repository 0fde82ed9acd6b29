"""Compiled kernels of European options: the formulas of :mod:`black_scholes` in one loop.

Importing this module compiles, some seconds when numba's cache is cold. The loops are free of branches, with an
exponential of their own, so that the compiler turns them into vector instructions; columns the formulas do not hold
for may come out as anything, and the caller overwrites them.
"""

from __future__ import annotations

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
    MOST_GROWTH,
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


@njit(int64(_FLAT, int64), nogil=True, cache=True, error_model="numpy")
def european_scan(rows, count):  # type: ignore[no-untyped-def]
    """0: the formulas hold for every column; 1: some lose digits at small volatility; 2: some they do not hold for."""
    odd, small = 0, 0
    for i in range(count):
        spot, strike, t, v = rows[1 * BLOCK + i], rows[2 * BLOCK + i], rows[3 * BLOCK + i], rows[5 * BLOCK + i]
        r, q = rows[4 * BLOCK + i], rows[6 * BLOCK + i]
        whole = spot + strike + t + v + r + q + rows[0 * BLOCK + i]
        square = v * v * t
        good = (spot > 0) & (strike > 0) & (t > 0) & (v > 0) & (square > LEAST_SQUARE) & (abs(whole) < HUGE)
        good &= (abs(r * t) <= MOST_GROWTH) & (abs(q * t) <= MOST_GROWTH)
        odd += 0 if good else 1
        small += 1 if square < SMALL_SQUARE else 0
    return 2 if odd else 1 if small else 0


KERNELS = {
    "european_scan": european_scan,
    "european_price": european_price,
    "european_greeks": european_greeks,
}

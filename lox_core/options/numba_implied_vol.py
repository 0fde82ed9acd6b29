"""Compiled kernels of the implied volatility: the formulas of :mod:`normalised_vol`.

Most quotes lie between the two outer regions, where a step needs neither logarithm nor branch: those go through loops
the compiler turns into vector instructions. The few in the wings, and those of small total volatility, go one by one.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float64, int64, njit, types

from lox_core.options import kernels
from lox_core.options.normal import INV_ROOT_TWO_PI, ROOT_HALF_PI, ROOT_TWO_PI, SMALL_PRODUCT, SMALL_STEP
from lox_core.options.normalised_vol import LEAST_X
from lox_core.options.numba_european import exp, mills

# Not that numbers are finite: a division by zero in the interpolation is seen afterwards, and answered by a line.
FAST = {"contract", "nsz", "arcp"}
BLOCK = kernels.BLOCK
X, B, ROOM = 0, BLOCK, 2 * BLOCK  # where the rows of what is given begin
MOST, S_LOW, B_LOW, S_HIGH, B_HIGH = 0, BLOCK, 2 * BLOCK, 3 * BLOCK, 4 * BLOCK  # and those of the landmarks
STRAIGHT = 1e20  # a control parameter beyond which the rational cubic is a line
LEAST_B, MOST_S = 1e-200, 1e3
_FLAT = types.Array(float64, 1, "C")


@njit(inline="always", error_model="numpy", fastmath=FAST)
def _interpolated(b, left, right, s_left, s_right, d_left, d_right, upper):  # type: ignore[no-untyped-def]
    """The rational cubic of ``normalised_vol._rational``, straight at the inflection point."""
    h = right - left
    u = (b - left) / h
    u = u if u > 0.0 else 0.0
    u = u if u < 1.0 else 1.0
    v = 1.0 - u
    chord = (s_right - s_left) / h
    by_left, by_right = (d_right - d_left) / (chord - d_left), (d_right - d_left) / (d_right - chord)
    monotone = (d_right + d_left) / chord
    steep_left, steep_right = abs(by_left), abs(by_right)
    r = by_left if upper else by_right
    r = r if r > monotone else monotone
    r = r if r > steep_left else steep_left
    r = r if r > steep_right else steep_right
    top = s_right * u * u * u + (r * s_right - h * d_right) * u * u * v
    top += (r * s_left + h * d_left) * u * v * v + s_left * v * v * v
    return top / (1.0 + (r - 3.0) * u * v) if abs(r) < STRAIGHT else s_right * u + s_left * v


@njit(types.void(_FLAT, int64, _FLAT, _FLAT), nogil=True, cache=True, error_model="numpy", fastmath=FAST)
def vol_landmarks(given, count, marks, s):  # type: ignore[no-untyped-def]
    """The rows of ``normalised_vol._Landmarks`` into ``marks``, and into ``s`` the guess between the outer two regions.

    Of the outer values only that on the quote's own side of the inflection point is worked out; the other is put where
    no quote passes it. At the inflection point both Mills ratios and the weight are known: ``R(0)``, ``R(s)`` and
    ``exp(x/2)``.
    """
    for i in range(count):
        x = given[X + i] if given[X + i] < LEAST_X else LEAST_X
        b = given[B + i]
        most = exp(0.5 * x)
        s_mid = np.sqrt(-2.0 * x)
        reach = ROOT_HALF_PI - mills(s_mid)
        v_mid = INV_ROOT_TWO_PI * most
        b_mid = v_mid * reach
        s_low = s_mid - reach if s_mid - reach > 0.1 * s_mid else 0.1 * s_mid
        s_high = s_mid + (ROOT_TWO_PI - reach)
        upper = b >= b_mid
        s_edge = s_high if upper else s_low
        h, half = -x / s_edge, 0.5 * s_edge
        weight = INV_ROOT_TWO_PI * exp(-0.5 * (h * h + half * half))
        near, far = mills(abs(h - half)), mills(h + half)
        b_edge = most - weight * (near + far) if h < half else weight * (near - far)
        d_mid, d_edge = 1.0 / v_mid, 1.0 / weight
        left, right = (b_mid if upper else b_edge), (b_edge if upper else b_mid)
        s_left, s_right = (s_mid if upper else s_edge), (s_edge if upper else s_mid)
        d_left, d_right = (d_mid if upper else d_edge), (d_edge if upper else d_mid)
        s[i] = _interpolated(b, left, right, s_left, s_right, d_left, d_right, upper)
        marks[MOST + i] = most
        marks[S_LOW + i] = s_low
        marks[B_LOW + i] = -1.0 if upper else b_edge
        marks[S_HIGH + i] = s_high
        marks[B_HIGH + i] = b_edge if upper else 2.0


@njit(inline="always", error_model="numpy", fastmath=FAST)
def _plain_move(x, s, b, most):  # type: ignore[no-untyped-def]
    """``s`` after one Householder step of fourth order in ``b`` itself."""
    h, half = -x / s, 0.5 * s
    weight = INV_ROOT_TWO_PI * exp(-0.5 * (h * h + half * half))
    near, far = mills(abs(h - half)), mills(h + half)
    value = most - weight * (near + far) if h < half else weight * (near - far)
    bend = h * h / s - half * 0.5
    third = bend * bend - 3.0 * (h / s) * (h / s) - 0.25
    newton = (b - value) / weight
    step = newton * (1.0 + 0.5 * bend * newton) / (1.0 + newton * (bend + third * newton / 6.0))
    most_up = s if s > 1.0 else 1.0
    step = step if step > -half else -half
    return s + (step if step < most_up else most_up)


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


@njit(float64(float64, float64, float64, float64, float64, float64, float64), error_model="numpy")
def _careful_move(x, s, b, room, most, b_low, b_high):  # type: ignore[no-untyped-def]
    """One Householder step of fourth order, as in ``normalised_vol._step``, in the objective of its region."""
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


@njit(types.void(_FLAT, int64, _FLAT, _FLAT), nogil=True, cache=True, error_model="numpy", fastmath=FAST)
def _plain_steps(given, count, marks, s):  # type: ignore[no-untyped-def]
    """Three plain steps from every guess in ``s``; -1 where the quote's region asks for more care."""
    for i in range(count):
        x, b, most = given[X + i], given[B + i], marks[MOST + i]
        outer = (b < marks[B_LOW + i]) | ((b > marks[B_HIGH + i]) & (b > 0.5 * most)) | (b < LEAST_B)
        plain = (not outer) & (s[i] > SMALL_STEP)
        found = s[i] if plain else 1.0
        found = _plain_move(x, found, b, most)
        found = _plain_move(x, found, b, most)
        found = _plain_move(x, found, b, most)
        s[i] = found if plain else -1.0


@njit(types.void(_FLAT, int64, _FLAT, int64, _FLAT), nogil=True, cache=True, error_model="numpy")
def vol_steps(given, count, marks, steps, s):  # type: ignore[no-untyped-def]
    """Householder steps on every first guess in ``s``, in place: three plain ones, or ``steps`` careful ones."""
    guess = s[:count].copy()
    _plain_steps(given, count, marks, s)
    for i in range(count):
        if SMALL_STEP < s[i] < MOST_S:
            continue
        found = guess[i]
        for _ in range(steps):
            x, b, room = given[X + i], given[B + i], given[ROOM + i]
            found = abs(found + _careful_move(x, found, b, room, marks[MOST + i], marks[B_LOW + i], marks[B_HIGH + i]))
        s[i] = found


KERNELS = {"vol_landmarks": vol_landmarks, "vol_steps": vol_steps}

"""The inverse of the normalised Black formula, by Jäckel's "Let's be rational" (2015).

One function of two numbers is inverted: ``b`` at log-moneyness ``x = -|ln(F/K)|``, the value out of the money over
``D sqrt(F K)``. Rational interpolation on both sides of the inflection point ``s = sqrt(2|x|)`` gives the first guess,
in transformed variables where ``b`` is tiny or near its maximum; fourth-order Householder steps finish, with the
objective ``1/ln b`` below and ``ln(m - b)`` above. The interpolants and their derivatives are those of the paper; code
and evaluation of ``b`` are our own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfinv, log_ndtr, ndtri, ndtri_exp

from lox_core.options import kernels
from lox_core.options.normal import (
    INV_ROOT_TWO_PI,
    ROOT_HALF_PI,
    ROOT_TWO_PI,
    SMALL_PRODUCT,
    SMALL_STEP,
    mills,
    mills_drop,
)

Floats = NDArray[np.float64]
STEPS = 3
LEAST_X = -1e-300
LOWER_SCALE = 2 * np.pi / np.sqrt(27.0)
ROOT_THIRD = 1 / np.sqrt(3.0)


def normalised_vol(x: Floats, b: Floats, room: Floats) -> Floats:
    """Total volatility ``s`` with ``normalised_price(x, s) = b``, for ``x <= 0`` and ``0 < b < exp(x/2)``.

    ``room`` is ``exp(x/2) - b``, given apart because it keeps its digits where ``b`` is near the maximum.
    """
    compiled = kernels.kernel("vol_landmarks"), kernels.kernel("vol_steps")
    s = np.empty(len(x))
    for low in range(0, len(x), kernels.BLOCK):
        some = slice(low, low + kernels.BLOCK)
        if compiled[0] is None or compiled[1] is None:
            s[some] = _reference(x[some], b[some], room[some])
        else:
            s[some] = _compiled(compiled[0], compiled[1], x[some], b[some], room[some])
    return s


def _compiled(landmarks: kernels.Kernel, steps: kernels.Kernel, x: Floats, b: Floats, room: Floats) -> Floats:
    """One block through the compiled kernels, which want rows at known distances."""
    count = len(x)
    given, marks = np.empty((3, kernels.BLOCK)), np.empty((len(fields(_Landmarks)), kernels.BLOCK))
    given[0, :count], given[1, :count], given[2, :count] = x, b, room
    s = np.empty(count)
    landmarks(given.reshape(-1), count, marks.reshape(-1), s)
    s = _outer(x, np.minimum(x, LEAST_X), b, _Landmarks(*marks[:, :count]), s)
    steps(given.reshape(-1), count, marks.reshape(-1), STEPS, s)
    return s


def _reference(x: Floats, b: Floats, room: Floats) -> Floats:
    """The same in plain numpy."""
    flat = np.minimum(x, LEAST_X)
    at, s = _landmarks(flat, b)
    s = _outer(x, flat, b, at, s)
    for _ in range(STEPS):
        s = np.abs(s + _step(x, s, b, room, at))
    return s


def normalised_price(x: Floats, s: Floats) -> Floats:
    """``b``: the value out of the money over ``D sqrt(F K)`` at log-moneyness ``x <= 0`` and total volatility ``s``."""
    h, half = -x / s, 0.5 * s
    weight = INV_ROOT_TWO_PI * np.exp(-0.5 * (h * h + half * half))
    low, high = h - half, h + half
    value = np.where(
        low < 0,
        np.exp(0.5 * x) - weight * (mills(np.abs(low)) + mills(high)),
        weight * (mills(np.abs(low)) - mills(high)),
    )
    return np.where((s < SMALL_STEP) & (low * s < SMALL_PRODUCT), weight * mills_drop(low, s), value)


def normalised_vega(x: Floats, s: Floats) -> Floats:
    """The slope of :func:`normalised_price` in ``s``."""
    h = x / s
    slope: Floats = INV_ROOT_TWO_PI * np.exp(-0.5 * (h * h + 0.25 * s * s))
    return slope


@dataclass(frozen=True)
class _Landmarks:
    """The maximum, and where the tangent at the inflection point meets nothing and the maximum, with the values there.

    Of the two values that of the quote's own side is right; the other is only never passed.
    """

    most: Floats
    s_low: Floats
    b_low: Floats
    s_high: Floats
    b_high: Floats

    def of(self, some: NDArray[np.intp]) -> _Landmarks:
        """Those of some elements."""
        return _Landmarks(*(getattr(self, field.name)[some] for field in fields(self)))


def _landmarks(x: Floats, b: Floats) -> tuple[_Landmarks, Floats]:
    """The landmarks, and the guesses for quotes between the two outer regions.

    At the inflection point both Mills ratios and the weight are known: ``R(0)``, ``R(s)`` and ``exp(x/2)``. From there
    to the quote's own side ``s`` itself is interpolated in ``b``, straight at the inflection point.
    """
    most, s_mid = np.exp(0.5 * x), np.sqrt(-2.0 * x)
    reach = ROOT_HALF_PI - mills(s_mid)
    v_mid = INV_ROOT_TWO_PI * most
    b_mid = v_mid * reach
    s_low, s_high = np.maximum(s_mid - reach, 0.1 * s_mid), s_mid + (ROOT_TWO_PI - reach)
    upper = b >= b_mid
    s_edge = np.where(upper, s_high, s_low)
    b_edge, edge, mid = normalised_price(x, s_edge), 1 / normalised_vega(x, s_edge), 1 / v_mid
    ends = np.where(upper, b_mid, b_edge), np.where(upper, b_edge, b_mid)
    heights = np.where(upper, s_mid, s_edge), np.where(upper, s_edge, s_mid)
    slopes = np.where(upper, mid, edge), np.where(upper, edge, mid)
    bend = np.zeros_like(b)
    by_left = _rational(b, *ends, *heights, *slopes, bend, right=False)
    by_right = _rational(b, *ends, *heights, *slopes, bend, right=True)
    at = _Landmarks(most, s_low, np.where(upper, -1.0, b_edge), s_high, np.where(upper, b_edge, 2.0))
    return at, np.where(upper, by_left, by_right)


def _outer(x: Floats, flat: Floats, b: Floats, at: _Landmarks, s: Floats) -> Floats:
    """The middle's guesses ``s`` with those of the two outer regions, and the exact answer at the money."""
    low, high = np.flatnonzero(b < at.b_low), np.flatnonzero(b > at.b_high)
    s[low] = _guess_low(flat[low], b[low], at.of(low))
    s[high] = _guess_high(flat[high], b[high], at.of(high))
    level = np.flatnonzero(x == 0.0)
    s[level] = 2.0 * np.sqrt(2.0) * erfinv(b[level])
    return s


def _guess_low(x: Floats, b: Floats, at: _Landmarks) -> Floats:
    """Below ``b_low``: interpolate ``f = (2 pi |x| / sqrt 27) N(-|x| / (sqrt 3 s))^3``, which is nearly linear in b."""
    s = at.s_low
    z = -ROOT_THIRD * x / s
    square, total = z * z, s * s
    tail = INV_ROOT_TWO_PI * np.exp(-0.5 * square) * mills(z)
    f = -LOWER_SCALE * x * tail**3
    slope = 2 * np.pi * square * tail * tail * np.exp(square + 0.125 * total)
    ratio = mills(z)  # N(-z) / n(z)
    bend = (
        (np.pi / 6)
        * square
        / (total * s)
        * tail
        * (-8 * np.sqrt(3.0) * s * x + (3 * total * (total - 8) - 8 * x * x) * ratio)
        * np.exp(2 * square + 0.25 * total)
    )
    zero = np.zeros_like(b)
    found = _rational(b, zero, at.b_low, zero, f, np.ones_like(b), slope, bend, right=True)
    usable = (found > 0) & np.isfinite(found)
    found = np.where(usable, found, f * (b / at.b_low))
    logs = np.log(found / (-LOWER_SCALE * x)) / 3
    guess: Floats = np.abs(ROOT_THIRD * x / ndtri_exp(np.minimum(logs, -1e-12)))
    return guess


def _guess_high(x: Floats, b: Floats, at: _Landmarks) -> Floats:
    """Above ``b_high``: interpolate ``f = N(-s/2)``, which is nearly linear in b there."""
    s = at.s_high
    ratio = (x / s) ** 2
    f = np.exp(log_ndtr(-0.5 * s))
    slope = -0.5 * np.exp(0.5 * ratio)
    bend = np.sqrt(np.pi / 2) * np.exp(ratio + 0.125 * s * s) * ratio / s
    zero = np.zeros_like(b)
    found = _rational(b, at.b_high, at.most, f, zero, slope, np.full_like(b, -0.5), bend, right=False)
    usable = (found > 0) & (found < f) & np.isfinite(found)
    found = np.where(usable, found, f * (at.most - b) / (at.most - at.b_high))
    guess: Floats = -2.0 * ndtri(found)
    return guess


def _rational(
    x: Floats,
    left: Floats,
    right_end: Floats,
    f_left: Floats,
    f_right: Floats,
    d_left: Floats,
    d_right: Floats,
    bend: Floats,
    *,
    right: bool,
) -> Floats:
    """Delbourgo and Gregory's rational cubic through both ends' values and slopes.

    Its control parameter makes the second derivative at the ``right`` (or left) end equal ``bend``, raised where the
    data need it to stay monotone.
    """
    h = right_end - left
    t = np.clip((x - left) / h, 0.0, 1.0)
    chord = (f_right - f_left) / h
    if right:
        r = (0.5 * h * bend + (d_right - d_left)) / (d_right - chord)
    else:
        r = (0.5 * h * bend + (d_right - d_left)) / (chord - d_left)
    shape = np.maximum(
        (d_right + d_left) / chord,
        np.maximum(np.abs((d_right - d_left) / (d_right - chord)), np.abs((d_right - d_left) / (chord - d_left))),
    )
    r = np.where(np.isfinite(r), np.maximum(r, np.where(np.isfinite(shape), shape, 3.0)), 1e30)
    u = 1 - t
    top = (
        f_right * t**3 + (r * f_right - h * d_right) * t * t * u + (r * f_left + h * d_left) * t * u * u + f_left * u**3
    )
    return np.where(r > 1e20, f_right * t + f_left * u, top / (1 + (r - 3) * t * u))


def _step(x: Floats, s: Floats, b: Floats, room: Floats, at: _Landmarks) -> Floats:
    """One Householder step of fourth order, in the objective of each element's region."""
    lower, upper = b < at.b_low, (b > at.b_high) & (b > 0.5 * at.most)
    h, half = -x / s, 0.5 * s
    weight = INV_ROOT_TWO_PI * np.exp(-0.5 * (h * h + half * half))
    low = mills(np.abs(h - half))
    high = mills(h + half)
    inside = h < half
    value = np.where(inside, at.most - weight * (low + high), weight * (low - high))
    small = (s < SMALL_STEP) & ((h - half) * s < SMALL_PRODUCT)
    value = np.where(small, weight * mills_drop(h - half, s), value)
    left = np.where(inside, weight * (low + high), at.most - value)  # of the maximum
    slope = weight
    bend = h * h / s - 0.25 * s
    third = bend * bend - 3 * (h / s) ** 2 - 0.25
    logs, aim, per = np.log(value), np.log(b), slope / value
    newton_low = (aim - logs) * (logs / aim) / per
    bend_low = bend - per * (1 + 2 / logs)
    third_low = third + 2 * per * per * (1 + 3 / logs * (1 + 1 / logs)) - 3 * bend * per * (1 + 2 / logs)
    share = slope / left
    newton_high = np.log(left / room) / share
    bend_high = bend + share
    third_high = third + share * (2 * share + 3 * bend)
    newton = np.where(lower, newton_low, np.where(upper, newton_high, (b - value) / slope))
    second = np.where(lower, bend_low, np.where(upper, bend_high, bend))
    cubic = np.where(lower, third_low, np.where(upper, third_high, third))
    step = newton * (1 + 0.5 * second * newton) / (1 + newton * (second + cubic * newton / 6))
    step = np.where(np.isfinite(step), step, newton)
    return np.where(np.isfinite(step), np.clip(step, -0.5 * s, np.maximum(s, 1.0)), 0.0)

"""The exercise boundary of an American put and what exercising early is worth: Andersen, Lake and Offengenden (2016).

All in units of the strike. The boundary at time to expiry ``tau`` is written ``X exp(-sqrt(H))`` with
``X = min(1, r/q)``; ``H`` is smooth in ``sqrt(tau)`` and held as its values at Chebyshev nodes. The fixed point is
their system B, ``B = exp(-(r-q) tau) N/D``, begun with one Newton step from Bjerksund and Stensland's boundary. No
matrix here depends on an option: interpolation and quadrature are made once per tier.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from lox_core.options.normal import INV_ROOT_TWO_PI

Floats = NDArray[np.float64]
Tier = Literal["fast", "default", "high"]
# Chebyshev intervals, quadrature points of the fixed point and of the value, most steps, and the change in ln B that
# ends them.
TIERS: dict[str, tuple[int, int, int, int, float]] = {
    "fast": (6, 10, 20, 8, 1e-3),
    "default": (7, 16, 32, 24, 3e-5),
    "high": (14, 48, 96, 80, 1e-11),
}
FAR = 1e4


@dataclass(frozen=True, eq=False)
class Grid:
    """Nodes, weights and interpolation matrices of one tier.

    ``share`` (n,) is tau/T at the nodes but the last, where tau is 0 and the boundary is X. ``back`` and ``weight``
    (l,) place and weigh the fixed point's quadrature, both as shares of tau. ``matrix`` (n*l, n) takes H at the nodes
    to H at the quadrature points. ``ahead``, ``ahead_weight`` (p,) and ``ahead_matrix`` (p, n) do it for the value, as
    shares of T: time elapsed, its weight.
    """

    share: Floats
    back: Floats
    weight: Floats
    matrix: Floats
    ahead: Floats
    ahead_weight: Floats
    ahead_matrix: Floats
    steps: int
    tolerance: float


@lru_cache(maxsize=8)
def grid(tier: str) -> Grid:
    """The matrices of a tier; raises ``KeyError`` for one there is not."""
    intervals, points, value_points, steps, tolerance = TIERS[tier]
    nodes = np.cos(np.pi * np.arange(intervals + 1) / intervals)
    share = (0.5 * (1 + nodes[:-1])) ** 2
    y, w = np.polynomial.legendre.leggauss(points)
    back = (0.5 * (1 + y)) ** 2  # the square takes away the root singularity at the upper limit
    at = 2 * np.sqrt(share[:, None] * (1 - back)) - 1
    y_value, w_value = np.polynomial.legendre.leggauss(value_points)
    root = 0.5 * (1 + y_value)
    return Grid(
        share=share,
        back=back,
        weight=0.5 * w * (1 + y),
        matrix=_interpolation(nodes, at.ravel())[:, :-1].copy(),
        ahead=1 - root**2,
        ahead_weight=w_value * root,
        ahead_matrix=_interpolation(nodes, 2 * root - 1)[:, :-1].copy(),
        steps=steps,
        tolerance=tolerance,
    )


def _interpolation(nodes: Floats, at: Floats) -> Floats:
    """Barycentric interpolation from Chebyshev points of the second kind, rows by target."""
    weights = (-1.0) ** np.arange(len(nodes))
    weights[[0, -1]] *= 0.5
    gaps = at[:, None] - nodes
    met = np.abs(gaps) < 1e-14
    rows = weights / np.where(met, 1.0, gaps)
    matrix: Floats = rows / rows.sum(axis=1, keepdims=True)
    hit = met.any(axis=1)
    matrix[hit] = met[hit]
    return matrix


def first_boundary(years: Floats, rate: Floats, div_yield: Floats, vol: Floats, share: Floats) -> Floats:
    """Bjerksund and Stensland's (1993) boundary at the nodes, (options, n): where the iteration begins."""
    tau = years[:, None] * share
    carry, square = div_yield - rate, vol * vol
    inside = (carry / square - 0.5) ** 2 + 2 * div_yield / square
    beta = 0.5 - carry / square + np.sqrt(np.maximum(inside, 0.0))
    ratio = np.where(rate > 0, div_yield / np.where(rate > 0, rate, 1.0), 1.0)
    start = np.maximum(1.0, ratio)  # of the mirrored call, whose boundary is the put's reciprocal
    end = np.where(beta > 1.0 + 1.0 / FAR, beta / np.where(beta > 1.0 + 1.0 / FAR, beta - 1.0, 1.0), FAR)
    end = np.maximum(end, 1.0001 * start)
    fall = -(carry[:, None] * tau + 2 * vol[:, None] * np.sqrt(tau)) * (start / (end - start))[:, None]
    mirrored: Floats = start[:, None] + (end - start)[:, None] * (1 - np.exp(np.minimum(fall, 0.0)))
    return 1.0 / mirrored


def ceiling(rate: Floats, div_yield: Floats) -> Floats:
    """The boundary just before expiry, ``min(1, r/q)``."""
    steep = div_yield > rate
    found: Floats = np.where(steep, rate / np.where(steep, div_yield, 1.0), 1.0)
    return found


def boundaries(years: Floats, rate: Floats, div_yield: Floats, vol: Floats, at: Grid) -> Floats:
    """``H`` at the nodes, (options, n); plain numpy, the reference of the compiled kernel.

    For options whose early exercise is worth something; all inputs (options,).
    """
    top = ceiling(rate, div_yield)
    first = first_boundary(years, rate, div_yield, vol, at.share)
    log_b = np.minimum(np.log(first / top[:, None]), 0.0)
    live = np.arange(len(years))
    for step in range(at.steps):
        moved = _improved(years[live], rate[live], div_yield[live], vol[live], top[live], log_b[live], at, step == 0)
        change = np.abs(moved - log_b[live]).max(axis=1)
        log_b[live] = moved
        live = live[change > at.tolerance]
        if not len(live):
            break
    return log_b * log_b


def _improved(
    years: Floats, rate: Floats, div_yield: Floats, vol: Floats, top: Floats, log_b: Floats, at: Grid, newton: bool
) -> Floats:
    """One step of the fixed point on ``ln(B/X)``, (options, n)."""
    tau = years[:, None] * at.share
    r, q = rate[:, None], div_yield[:, None]
    root = vol[:, None] * np.sqrt(tau)
    back = tau[:, :, None] * at.back
    spread = vol[:, None, None] * np.sqrt(back)
    at_points = -np.sqrt(np.maximum((log_b * log_b) @ at.matrix.T, 0.0)).reshape(back.shape)
    high = (log_b[:, :, None] - at_points + (r - q)[:, :, None] * back) / spread + 0.5 * spread
    left = tau[:, :, None] - back
    measure = at.weight * tau[:, :, None]
    earned = (np.exp(r[:, :, None] * left) * measure * ndtr(high - spread)).sum(axis=2)
    paid = (np.exp(q[:, :, None] * left) * measure * ndtr(high)).sum(axis=2)
    log_k = log_b + np.log(top)[:, None]
    d1 = (log_k + (r - q) * tau) / root + 0.5 * root
    d2 = d1 - root
    above, below = ndtr(d2) + r * earned, ndtr(d1) + q * paid
    scale = np.exp(-(r - q) * tau)
    b = np.exp(log_k)
    aim = scale * above / below
    if newton:  # with the derivatives of the outer terms only, which dominate
        n1, n2 = np.exp(-0.5 * d1 * d1) * INV_ROOT_TWO_PI, np.exp(-0.5 * d2 * d2) * INV_ROOT_TWO_PI
        slope = scale * (n2 - above / below * n1) / (b * root * below)
        aim = b - (aim - b) / np.minimum(slope - 1.0, -0.1)
    moved = np.log(np.where(np.isfinite(aim) & (aim > 0), aim, b) / top[:, None])
    return np.minimum(moved, 0.0)


def premium(
    spot: Floats, years: Floats, rate: Floats, div_yield: Floats, vol: Floats, h: Floats, at: Grid
) -> tuple[Floats, Floats, Floats, Floats]:
    """What early exercise adds to the European put, and its first three derivatives in spot; strike 1.

    ``spot`` and the parameters are (options,), ``h`` (options, n) from :func:`boundaries`.
    """
    r, q = rate[:, None], div_yield[:, None]
    elapsed = years[:, None] * at.ahead
    spread = vol[:, None] * np.sqrt(elapsed)
    log_b = np.log(ceiling(rate, div_yield))[:, None] - np.sqrt(np.maximum(h @ at.ahead_matrix.T, 0.0))
    d1 = (np.log(spot)[:, None] - log_b + (r - q) * elapsed) / spread + 0.5 * spread
    d2 = d1 - spread
    measure = at.ahead_weight * years[:, None]
    cash, stock = r * np.exp(-r * elapsed) * measure, q * np.exp(-q * elapsed) * measure
    n1, n2 = np.exp(-0.5 * d1 * d1) * INV_ROOT_TWO_PI, np.exp(-0.5 * d2 * d2) * INV_ROOT_TWO_PI
    s = spot[:, None]
    value = cash * ndtr(-d2) - stock * s * ndtr(-d1)
    first = -cash * n2 / (s * spread) - stock * (ndtr(-d1) - n1 / spread)
    second = cash * n2 * (d2 + spread) / (s * spread) ** 2 + stock * n1 * (spread - d1) / (s * spread * spread)
    third = _third(cash, stock, s, spread, d1, d2, n1, n2)
    return value.sum(axis=1), first.sum(axis=1), second.sum(axis=1), third.sum(axis=1)


def _third(
    cash: Floats, stock: Floats, s: Floats, spread: Floats, d1: Floats, d2: Floats, n1: Floats, n2: Floats
) -> Floats:
    """The third derivative in spot of each element of the premium."""
    by_cash = -cash * n2 * ((d2 + spread) * (d2 + 2 * spread) - 1.0) / (s * spread) ** 3
    by_stock = -stock * n1 * ((spread - d1) * (d1 + spread) + 1.0) / (s * s * spread**3)
    return by_cash + by_stock

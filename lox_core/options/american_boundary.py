"""The exercise boundary of an American put and what exercising early is worth: Andersen, Lake and Offengenden (2016).

All in units of the strike. The boundary at time to expiry ``tau`` is written ``X exp(-sqrt(H))`` with
``X = min(1, r/q)``; ``H`` is smooth in ``sqrt(tau)`` and held as its values at Chebyshev nodes. The iteration begins at
the boundary of Barone-Adesi and Whaley (1987) with Li's correction (QD+, 2010) and takes a fixed number of steps, so
that values are smooth in every input and can be differenced. No matrix here depends on an option: interpolation and
quadrature are made once per tier.
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
# Chebyshev intervals, quadrature points of the fixed point and of the value, steps by system A and by system B.
TIERS: dict[str, tuple[int, int, int, int, int]] = {
    "fast": (5, 8, 12, 2, 3),
    "default": (8, 12, 28, 3, 5),
    "high": (20, 48, 80, 12, 60),
}
VECTOR = 8  # doubles in the widest registers
START_STEPS = 5  # Newton's, the last with Li's correction
LAST_MOVE = 0.1  # at most, of ln B: the correction is a few hundredths and its formula wild far from the boundary
FAR, LEAST = 1e4, 1e-200
STEEP = 0.5  # |r - q| sqrt(T) / vol past which system A, whose terms then vanish, gives way to B


@dataclass(frozen=True, eq=False)
class Grid:
    """Nodes, weights and interpolation matrices of one tier.

    ``share`` (n,) is tau/T at the nodes but the last, where tau is 0 and the boundary is X; ``share_filled`` repeats
    one of them up to a multiple of ``VECTOR``. For the fixed point's quadrature, l points at each node: ``gap`` (n, l)
    is sqrt((tau - u)/T), ``left`` and ``weight_all`` (n*l,) are u/T and the weights as shares of T, ``matrix`` (n, n*l)
    takes H at the nodes to H at the points. ``ahead``, ``ahead_weight`` (p,) and ``ahead_matrix`` (n, p) do it for the
    value, as shares of T: time elapsed, its weight.
    """

    share: Floats
    share_filled: Floats
    gap: Floats
    left: Floats
    weight_all: Floats
    matrix: Floats
    ahead: Floats
    ahead_weight: Floats
    ahead_matrix: Floats
    steps_a: int
    steps_b: int


@lru_cache(maxsize=8)
def grid(tier: str) -> Grid:
    """The matrices of a tier; raises ``KeyError`` for one there is not."""
    intervals, points, value_points, steps_a, steps_b = TIERS[tier]
    nodes = np.cos(np.pi * np.arange(intervals + 1) / intervals)
    share = (0.5 * (1 + nodes[:-1])) ** 2
    angle, w = _right_angle(points)
    back, weight = np.sin(angle) ** 2, w * np.sin(2 * angle)
    at = 2 * np.sqrt(share[:, None]) * np.cos(angle) - 1
    ahead, w_ahead = _right_angle(value_points)
    return Grid(
        share=share,
        share_filled=np.append(share, np.full(-intervals % VECTOR, share[0])),
        gap=np.sqrt(share[:, None] * back),
        left=(share[:, None] * (1 - back)).ravel(),
        weight_all=(share[:, None] * weight).ravel(),
        matrix=_interpolation(nodes, at.ravel())[:, :-1].T.copy(),
        ahead=np.sin(ahead) ** 2,
        ahead_weight=w_ahead * np.sin(2 * ahead),
        ahead_matrix=_interpolation(nodes, 2 * np.cos(ahead) - 1)[:, :-1].T.copy(),
        steps_a=steps_a,
        steps_b=steps_b,
    )


def _right_angle(points: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre points and weights from 0 to π/2.

    Time is cut by its sine and cosine squared, so that the square roots of what has gone and of what is left, in which
    integrands and boundary are smooth, are smooth in the angle.
    """
    y, w = np.polynomial.legendre.leggauss(points)
    return 0.25 * np.pi * (1 + y), 0.25 * np.pi * w


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


def ceiling(rate: Floats, div_yield: Floats) -> Floats:
    """The boundary just before expiry, ``min(1, r/q)``."""
    steep = div_yield > rate
    found: Floats = np.where(steep, rate / np.where(steep, div_yield, 1.0), 1.0)
    return found


def by_system_b(years: Floats, rate: Floats, div_yield: Floats, vol: Floats) -> NDArray[np.bool_]:
    """Which options need the slower system B, whose terms stay away from zero when the drift outruns the spread."""
    steep: NDArray[np.bool_] = np.abs(rate - div_yield) * np.sqrt(years) > STEEP * vol
    return steep


def first_boundary(years: Floats, rate: Floats, div_yield: Floats, vol: Floats, share: Floats) -> Floats:
    """``ln(B/X)`` at the nodes, (options, n), where the iteration begins."""
    tau, r, q, v = years[:, None] * share, rate[:, None], div_yield[:, None], vol[:, None]
    root, square = v * np.sqrt(tau), v * v
    lead = 2.0 * (r - q) / square - 1.0
    log_top = np.log(ceiling(r, q))
    cash, stock = np.exp(-r * tau), np.exp(-q * tau)
    gone = r * tau
    small = np.abs(gone) < 1e-4
    earned = np.where(small, 1.0 - 0.5 * gone * (1.0 - gone / 3.0), (1.0 - cash) / np.where(small, 1.0, gone))
    pull = 2.0 / (square * tau * earned)
    wide = np.sqrt(lead * lead + 4.0 * pull)
    x = np.minimum(_seed(lead, r, q, v, tau), log_top)
    for step in range(START_STEPS):
        b, d1 = np.exp(x), (x + (r - q) * tau) / root + 0.5 * root
        n1, side1, side2 = np.exp(-0.5 * d1 * d1) * INV_ROOT_TWO_PI, ndtr(-d1), ndtr(root - d1)
        kept = b * (1.0 - stock * side1)
        gap = 1.0 - cash * side2 - kept
        slope, most = -0.5 * (lead + wide), 1.0
        if step == START_STEPS - 1:
            theta = r * cash * side2 - b * stock * (q * side1 + 0.5 * n1 * root / tau)
            more = cash / wide * (pull - 2.0 * theta / (square * cash * gap) - (pull / wide) ** 2)
            slope, most = slope + np.where(np.abs(more) < FAR, more, 0.0), LAST_MOVE
        move = (kept + slope * gap) / (kept * (1.0 - slope) + b * stock * n1 / root)
        x = np.minimum(x - np.where(np.abs(move) < FAR, np.clip(move, -most, most), 0.0), log_top)
    found: Floats = np.minimum(x - log_top, 0.0)
    return found


def _seed(lead: Floats, r: Floats, q: Floats, v: Floats, tau: Floats) -> Floats:
    """``ln B``, falling from near X to the boundary without expiry."""
    power = -0.5 * (lead + np.sqrt(lead * lead + 8.0 * np.maximum(r, 0.0) / (v * v)))
    last = np.maximum(power / (power - 1.0), 1e-9)
    top = np.maximum(np.sqrt(ceiling(r, q)), 1.000001 * last)  # the root, since B leaves X with infinite slope
    fall = ((r - q) * tau - 2.0 * v * np.sqrt(tau)) * top / (top - last)
    found: Floats = np.log(last + (top - last) * np.exp(np.minimum(fall, 0.0)))
    return found


def boundaries(years: Floats, rate: Floats, div_yield: Floats, vol: Floats, at: Grid, *, system_b: bool) -> Floats:
    """``H`` at the nodes, (options, n); plain numpy, the reference of the compiled kernel.

    For options whose early exercise is worth something; all inputs (options,).
    """
    log_b = first_boundary(years, rate, div_yield, vol, at.share)
    for _ in range(at.steps_b if system_b else at.steps_a):
        log_b = _improved(years, rate, div_yield, vol, log_b, at, system_b=system_b)
    return log_b * log_b


def _improved(
    years: Floats, rate: Floats, div_yield: Floats, vol: Floats, log_b: Floats, at: Grid, *, system_b: bool
) -> Floats:
    """One step of the fixed point on ``ln(B/X)``, (options, n)."""
    tau, v = years[:, None] * at.share, vol[:, None]
    r, q = rate[:, None], div_yield[:, None]
    root = v * np.sqrt(tau)
    spread = (v * np.sqrt(years)[:, None])[:, :, None] * at.gap
    level = np.sqrt(np.maximum((log_b * log_b) @ at.matrix, 0.0)).reshape(spread.shape)
    drift = ((r - q) * np.sqrt(years)[:, None] / v)[:, :, None] * at.gap
    high = (log_b[:, :, None] + level) / spread + drift + 0.5 * spread
    cash = (r * years[:, None] * np.exp(r * years[:, None] * at.left) * at.weight_all).reshape(spread.shape)
    stock = (q * years[:, None] * np.exp(q * years[:, None] * at.left) * at.weight_all).reshape(spread.shape)
    log_k = log_b + np.log(ceiling(r, q))
    d1 = (log_k + (r - q) * tau) / root + 0.5 * root
    if system_b:
        above = ndtr(d1 - root) + (cash * ndtr(high - spread)).sum(axis=2)
        below = ndtr(d1) + (stock * ndtr(high)).sum(axis=2)
    else:
        above = _density(d1 - root) / root + (cash * _density(high - spread) / spread).sum(axis=2)
        below = ndtr(d1) + _density(d1) / root + (stock * (ndtr(high) + _density(high) / spread)).sum(axis=2)
    aim, b = np.exp((q - r) * tau) * above, np.exp(log_k) * below
    # The logarithm of aim/b, by a series that is exact where they meet and moves less where they are far apart.
    z = (aim - b) / (aim + b)
    z2 = z * z
    move = 2.0 * z * (1.0 + z2 * (1.0 / 3.0 + z2 * (0.2 + z2 * (1.0 / 7.0 + z2 / 9.0))))
    return np.minimum(np.where(b > LEAST, log_b + move, log_b), 0.0)


def _density(x: Floats) -> Floats:
    values: Floats = INV_ROOT_TWO_PI * np.exp(-0.5 * x * x)
    return values


def premium(
    spot: Floats, years: Floats, rate: Floats, div_yield: Floats, vol: Floats, h: Floats, at: Grid
) -> tuple[Floats, Floats, Floats]:
    """What early exercise adds to the European put, and its first two derivatives in spot; strike 1.

    ``spot`` and the parameters are (options,), ``h`` (options, n) from :func:`boundaries`.
    """
    r, q = rate[:, None], div_yield[:, None]
    elapsed = years[:, None] * at.ahead
    spread = vol[:, None] * np.sqrt(elapsed)
    log_b = np.log(ceiling(rate, div_yield))[:, None] - np.sqrt(np.maximum(h @ at.ahead_matrix, 0.0))
    d1 = (np.log(spot)[:, None] - log_b + (r - q) * elapsed) / spread + 0.5 * spread
    d2 = d1 - spread
    measure = at.ahead_weight * years[:, None]
    cash, stock = r * np.exp(-r * elapsed) * measure, q * np.exp(-q * elapsed) * measure
    n1, n2 = _density(d1), _density(d2)
    s = spot[:, None]
    value = cash * ndtr(-d2) - stock * s * ndtr(-d1)
    first = -cash * n2 / (s * spread) - stock * (ndtr(-d1) - n1 / spread)
    second = cash * n2 * d1 / (s * spread) ** 2 - stock * n1 * d2 / (s * spread * spread)
    return value.sum(axis=1), first.sum(axis=1), second.sum(axis=1)

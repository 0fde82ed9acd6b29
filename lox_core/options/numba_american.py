"""Compiled kernels of American options: the loops of :mod:`american_boundary`, one option at a time.

Everything that does not depend on the option comes in ready-made, so that the inner loops are sums of products and
exponentials over short rows, which the compiler turns into vector instructions.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float64, int64, njit, types

from lox_core.options.normal import INV_ROOT_TWO_PI
from lox_core.options.numba_european import FAST, exp, mills

LOOSE = FAST | {"reassoc"}  # sums may be reordered, or they could not be vectors
_ROW, _TABLE = types.Array(float64, 1, "C"), types.Array(float64, 2, "C")
_PLACES = types.Array(int64, 1, "C")


@njit(inline="always", error_model="numpy", fastmath=FAST)
def normal(x):  # type: ignore[no-untyped-def]
    """The standard normal distribution function."""
    tail = INV_ROOT_TWO_PI * exp(-0.5 * x * x) * mills(abs(x))
    return 1.0 - tail if x > 0 else tail


@njit(inline="always", error_model="numpy", fastmath=LOOSE)
def _sums(high, spread, growth, lift, drift):  # type: ignore[no-untyped-def]
    """What the exercised strike earns and the stock pays, over one node's quadrature points."""
    earned, paid = 0.0, 0.0
    for j in range(high.size):
        d1 = (lift - high[j]) / spread[j] + drift * spread[j]
        earned += growth[j] * normal(d1 - spread[j])
        paid += growth[high.size + j] * normal(d1)
    return earned, paid


@njit(
    types.void(_TABLE, _TABLE, _ROW, _ROW, _ROW, _TABLE, int64, float64, _TABLE),
    nogil=True,
    cache=True,
    error_model="numpy",
    fastmath=LOOSE,
)
def american_boundaries(market, first, share, back, weight, matrix, steps, tolerance, h):  # type: ignore[no-untyped-def]
    """``H`` at the nodes for every column of ``market`` (years, rate, yield, vol), begun from ``first``, ln(B/X)."""
    nodes, points = share.size, back.size
    log_b, moved, at_node = np.empty(nodes), np.empty(nodes), np.empty(nodes)
    level, spread, growth = np.empty(points), np.empty((nodes, points)), np.empty((nodes, 2 * points))
    for i in range(market.shape[1]):
        years, r, q, vol = market[0, i], market[1, i], market[2, i], market[3, i]
        log_top = math.log(r / q) if q > r else 0.0
        drift = (r - q) / (vol * vol) + 0.5
        for k in range(nodes):
            tau = years * share[k]
            log_b[k] = first[i, k]
            for j in range(points):
                gone = tau * back[j]
                spread[k, j] = vol * math.sqrt(gone)
                growth[k, j] = exp(r * (tau - gone)) * weight[j] * tau
                growth[k, points + j] = exp(q * (tau - gone)) * weight[j] * tau
        for step in range(steps):
            for k in range(nodes):
                at_node[k] = log_b[k] * log_b[k]
            change = 0.0
            for k in range(nodes):
                tau = years * share[k]
                for j in range(points):
                    total = 0.0
                    for m in range(nodes):
                        total += matrix[k * points + j, m] * at_node[m]
                    level[j] = -math.sqrt(max(total, 0.0))
                earned, paid = _sums(level, spread[k], growth[k], log_b[k], drift)
                root = vol * math.sqrt(tau)
                log_k = log_b[k] + log_top
                d1 = (log_k + (r - q) * tau) / root + 0.5 * root
                d2 = d1 - root
                above, below = normal(d2) + r * earned, normal(d1) + q * paid
                scale, b = math.exp(-(r - q) * tau), math.exp(log_k)
                aim = scale * above / below
                if step == 0:
                    n1, n2 = INV_ROOT_TWO_PI * math.exp(-0.5 * d1 * d1), INV_ROOT_TWO_PI * math.exp(-0.5 * d2 * d2)
                    slope = scale * (n2 - above / below * n1) / (b * root * below)
                    aim = b - (aim - b) / min(slope - 1.0, -0.1)
                good = below > 1e-300 and aim > 0.0 and aim < 1e300
                moved[k] = min(math.log(aim) - log_top, 0.0) if good else log_b[k]
                change = max(change, abs(moved[k] - log_b[k]))
            for k in range(nodes):
                log_b[k] = moved[k]
            if change <= tolerance:
                break
        for k in range(nodes):
            h[i, k] = log_b[k] * log_b[k]


@njit(
    types.void(_TABLE, _PLACES, _TABLE, _ROW, _ROW, _TABLE, _TABLE),
    nogil=True,
    cache=True,
    error_model="numpy",
    fastmath=LOOSE,
)
def american_premiums(table, place, h, ahead, ahead_weight, ahead_matrix, out):  # type: ignore[no-untyped-def]
    """The premium and its three derivatives for each column of ``table``: spot, years, rate, yield, vol."""
    nodes, points = h.shape[1], ahead.size
    level = np.empty(points)
    for i in range(table.shape[1]):
        s, years, r, q, vol = table[0, i], table[1, i], table[2, i], table[3, i], table[4, i]
        log_s = math.log(s) - (math.log(r / q) if q > r else 0.0)
        for j in range(points):
            total = 0.0
            for m in range(nodes):
                total += ahead_matrix[j, m] * h[place[i], m]
            level[j] = log_s + math.sqrt(max(total, 0.0))
        value, one, two, three = 0.0, 0.0, 0.0, 0.0
        for j in range(points):
            elapsed = years * ahead[j]
            spread = vol * math.sqrt(elapsed)
            d1 = (level[j] + (r - q) * elapsed) / spread + 0.5 * spread
            d2 = d1 - spread
            cash = r * exp(-r * elapsed) * ahead_weight[j] * years
            stock = q * exp(-q * elapsed) * ahead_weight[j] * years
            n1, n2 = INV_ROOT_TWO_PI * exp(-0.5 * d1 * d1), INV_ROOT_TWO_PI * exp(-0.5 * d2 * d2)
            tail1, tail2 = n1 * mills(abs(d1)), n2 * mills(abs(d2))
            side1 = tail1 if d1 > 0 else 1.0 - tail1
            side2 = tail2 if d2 > 0 else 1.0 - tail2
            per = 1.0 / (s * spread)
            value += cash * side2 - stock * s * side1
            one += -cash * n2 * per - stock * (side1 - n1 / spread)
            two += cash * n2 * (d2 + spread) * per * per + stock * n1 * (spread - d1) * per / spread
            three += -cash * n2 * ((d2 + spread) * (d2 + 2 * spread) - 1.0) * per * per * per
            three += -stock * n1 * ((spread - d1) * (d1 + spread) + 1.0) * per * per / spread
        out[0, i], out[1, i], out[2, i], out[3, i] = value, one, two, three


KERNELS = {"american_boundaries": american_boundaries, "american_premiums": american_premiums}

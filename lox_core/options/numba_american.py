"""Compiled kernels of American options: the formulas of :mod:`american_boundary`, one option at a time.

Everything that does not depend on the option comes in ready-made. The loops are over nodes or over quadrature points,
free of branches, and either only add up or write where the compiler can see that nothing read is overwritten, so that
it turns them into vector instructions.
"""

from __future__ import annotations

import math

import numpy as np
from numba import boolean, float64, int64, njit, types

from lox_core.options.american_boundary import FAR, LAST_MOVE, LEAST, START_STEPS
from lox_core.options.normal import INV_ROOT_TWO_PI
from lox_core.options.numba_european import FAST, exp, mills

LOOSE = FAST | {"reassoc"}  # sums may be reordered, or they could not be vectors
ROOM = 24  # nodes of the largest tier, in whole vectors
_ROW, _TABLE = types.Array(float64, 1, "C"), types.Array(float64, 2, "C")
_PLACES = types.Array(int64, 1, "C")
# Rows by node in one work array, at distances known when compiling.
LOG_B, SQUARE, CASH, STOCK, PULL, WIDE, ABOVE, BELOW = (ROOM * i for i in range(8))


@njit(inline="always", error_model="numpy", fastmath=FAST)
def _tail(density, x):  # type: ignore[no-untyped-def]
    """``N(x)``, given the density there."""
    beyond = density * mills(abs(x))
    return 1.0 - beyond if x > 0 else beyond


@njit(inline="always", error_model="numpy", fastmath=LOOSE)
def _seed(w, share, years, r, q, v, log_top):  # type: ignore[no-untyped-def]
    """First guesses at all nodes, and what the steps of :func:`_start` need."""
    square = v * v
    lead = 2.0 * (r - q) / square - 1.0
    power = -0.5 * (lead + math.sqrt(lead * lead + 8.0 * max(r, 0.0) / square))
    last = max(power / (power - 1.0), 1e-9)
    top = max(math.exp(0.5 * log_top), 1.000001 * last)
    for k in range(share.size):
        t = years * share[k]
        fall = ((r - q) * t - 2.0 * v * math.sqrt(t)) * top / (top - last)
        w[LOG_B + k] = min(math.log(last + (top - last) * exp(min(fall, 0.0))), log_top)
    for k in range(share.size):
        t = years * share[k]
        gone = r * t
        cash = exp(-gone)
        w[CASH + k], w[STOCK + k] = cash, exp(-q * t)
        earned = 1.0 - 0.5 * gone * (1.0 - gone / 3.0) if abs(gone) < 1e-4 else (1.0 - cash) / gone
        pull = 2.0 / (square * t * earned)
        w[PULL + k], w[WIDE + k] = pull, math.sqrt(lead * lead + 4.0 * pull)


@njit(inline="always", error_model="numpy", fastmath=LOOSE)
def _start(w, share, years, r, q, v, log_top, corrected):  # type: ignore[no-untyped-def]
    """One Newton step at all nodes; with Li's correction in the last."""
    square = v * v
    lead = 2.0 * (r - q) / square - 1.0
    most = LAST_MOVE if corrected else 1.0
    for k in range(share.size):
        t = years * share[k]
        root = v * math.sqrt(t)
        pull, wide, cash, stock, x = w[PULL + k], w[WIDE + k], w[CASH + k], w[STOCK + k], w[LOG_B + k]
        b, d1 = exp(x), (x + (r - q) * t) / root + 0.5 * root
        d2 = d1 - root
        n1, n2 = INV_ROOT_TWO_PI * exp(-0.5 * d1 * d1), INV_ROOT_TWO_PI * exp(-0.5 * d2 * d2)
        side1, side2 = _tail(n1, -d1), _tail(n2, -d2)
        kept = b * (1.0 - stock * side1)
        gap = 1.0 - cash * side2 - kept
        theta = r * cash * side2 - b * stock * (q * side1 + 0.5 * n1 * root / t)
        more = cash / wide * (pull - 2.0 * theta / (square * cash * gap) - (pull / wide) * (pull / wide))
        more = more if corrected and abs(more) < FAR else 0.0
        slope = more - 0.5 * (lead + wide)
        move = (kept + slope * gap) / (kept * (1.0 - slope) + b * stock * n1 / root)
        move = min(max(move, -most), most) if abs(move) < FAR else 0.0
        w[LOG_B + k] = min(x - move, log_top)


@njit(inline="always", error_model="numpy", fastmath=LOOSE)
def _grow(cash, stock, left, weight, years, r, q):  # type: ignore[no-untyped-def]
    """Interest on strike and stock at all points, weighed: what does not change from step to step."""
    for c in range(left.size):
        cash[c] = r * years * exp(r * years * left[c]) * weight[c]
        stock[c] = q * years * exp(q * years * left[c]) * weight[c]


@njit(inline="always", error_model="numpy", fastmath=LOOSE)
def _add(level, gap, cash, stock, x, s, drift):  # type: ignore[no-untyped-def]
    """System A's integrals at one node; ``s`` is vol sqrt(T), ``gap`` sqrt((tau - u)/T)."""
    above, below = 0.0, 0.0
    for j in range(level.size):
        spread = s * gap[j]
        per = 1.0 / spread
        d1 = (x + math.sqrt(max(level[j], 0.0))) * per + drift * gap[j] + 0.5 * spread
        d2 = d1 - spread
        n1, n2 = INV_ROOT_TWO_PI * exp(-0.5 * d1 * d1), INV_ROOT_TWO_PI * exp(-0.5 * d2 * d2)
        above += cash[j] * (n2 * per)
        below += stock[j] * (_tail(n1, d1) + n1 * per)
    return above, below


@njit(inline="always", error_model="numpy", fastmath=LOOSE)
def _add_b(level, gap, cash, stock, x, s, drift):  # type: ignore[no-untyped-def]
    """System B's integrals at one node."""
    above, below = 0.0, 0.0
    for j in range(level.size):
        spread = s * gap[j]
        d1 = (x + math.sqrt(max(level[j], 0.0))) / spread + drift * gap[j] + 0.5 * spread
        d2 = d1 - spread
        n1, n2 = INV_ROOT_TWO_PI * exp(-0.5 * d1 * d1), INV_ROOT_TWO_PI * exp(-0.5 * d2 * d2)
        above += cash[j] * _tail(n2, d2)
        below += stock[j] * _tail(n1, d1)
    return above, below


@njit(inline="always", error_model="numpy", fastmath=LOOSE)
def _meet(w, share, years, r, q, v, log_top, system_b):  # type: ignore[no-untyped-def]
    """The step of ``ln(B/X)`` at all nodes, given the integrals."""
    for k in range(share.size):
        t = years * share[k]
        root, x = v * math.sqrt(t), w[LOG_B + k]
        d1 = (x + log_top + (r - q) * t) / root + 0.5 * root
        d2 = d1 - root
        n1, n2 = INV_ROOT_TWO_PI * exp(-0.5 * d1 * d1), INV_ROOT_TWO_PI * exp(-0.5 * d2 * d2)
        above = w[ABOVE + k] + (_tail(n2, d2) if system_b else n2 / root)
        below = w[BELOW + k] + _tail(n1, d1) + (0.0 if system_b else n1 / root)
        aim, b = exp((q - r) * t) * above, exp(x + log_top) * below
        z = (aim - b) / (aim + b)
        z2 = z * z
        move = 2.0 * z * (1.0 + z2 * (1.0 / 3.0 + z2 * (0.2 + z2 * (1.0 / 7.0 + z2 / 9.0))))
        x = min(x + move if b > LEAST else x, 0.0)
        w[LOG_B + k], w[SQUARE + k] = x, x * x


@njit(
    types.void(_TABLE, _ROW, _TABLE, _ROW, _ROW, _TABLE, int64, boolean, _TABLE),
    nogil=True,
    cache=True,
    error_model="numpy",
    fastmath=LOOSE,
)
def american_boundaries(market, share, gap, left, weight, matrix, steps, system_b, h):  # type: ignore[no-untyped-def]
    """``H`` at the nodes for every column of ``market``: years, rate, yield, vol."""
    nodes, points = gap.shape
    w = np.zeros(8 * ROOM)
    level, cash, stock = np.empty(left.size), np.empty(left.size), np.empty(left.size)
    levels, cashes = level.reshape(nodes, points), cash.reshape(nodes, points)
    stocks = stock.reshape(nodes, points)
    for i in range(market.shape[1]):
        years, r, q, v = market[0, i], market[1, i], market[2, i], market[3, i]
        log_top = math.log(r / q) if q > r else 0.0
        s, drift = v * math.sqrt(years), (r - q) * math.sqrt(years) / v
        _seed(w, share, years, r, q, v, log_top)
        for step in range(START_STEPS):
            _start(w, share, years, r, q, v, log_top, step == START_STEPS - 1)
        for k in range(share.size):
            x = min(w[LOG_B + k] - log_top, 0.0)
            w[LOG_B + k], w[SQUARE + k] = x, x * x
        _grow(cash, stock, left, weight, years, r, q)
        for _ in range(steps):
            level[:] = 0.0
            for m in range(nodes):
                row, square = matrix[m], w[SQUARE + m]
                for c in range(level.size):
                    level[c] += row[c] * square
            for k in range(nodes):
                x = w[LOG_B + k]
                if system_b:
                    w[ABOVE + k], w[BELOW + k] = _add_b(levels[k], gap[k], cashes[k], stocks[k], x, s, drift)
                else:
                    w[ABOVE + k], w[BELOW + k] = _add(levels[k], gap[k], cashes[k], stocks[k], x, s, drift)
            _meet(w, share, years, r, q, v, log_top, system_b)
        for k in range(nodes):
            h[i, k] = w[SQUARE + k]


@njit(
    types.void(_TABLE, _PLACES, _TABLE, _ROW, _ROW, _TABLE, _TABLE),
    nogil=True,
    cache=True,
    error_model="numpy",
    fastmath=LOOSE,
)
def american_premiums(table, place, h, ahead, ahead_weight, ahead_matrix, out):  # type: ignore[no-untyped-def]
    """The premium and its first two derivatives for each column of ``table``: spot, years, rate, yield, vol."""
    nodes, points = h.shape[1], ahead.size
    level = np.empty(points)
    for i in range(table.shape[1]):
        s, years, r, q, vol = table[0, i], table[1, i], table[2, i], table[3, i], table[4, i]
        log_s = math.log(s) - (math.log(r / q) if q > r else 0.0)
        level[:] = 0.0
        for m in range(nodes):
            row, square = ahead_matrix[m], h[place[i], m]
            for j in range(points):
                level[j] += row[j] * square
        value, one, two = 0.0, 0.0, 0.0
        for j in range(points):
            elapsed = years * ahead[j]
            spread = vol * math.sqrt(elapsed)
            d1 = (log_s + math.sqrt(max(level[j], 0.0)) + (r - q) * elapsed) / spread + 0.5 * spread
            d2 = d1 - spread
            cash = r * exp(-r * elapsed) * ahead_weight[j] * years
            stock = q * exp(-q * elapsed) * ahead_weight[j] * years
            n1, n2 = INV_ROOT_TWO_PI * exp(-0.5 * d1 * d1), INV_ROOT_TWO_PI * exp(-0.5 * d2 * d2)
            side1, side2 = _tail(n1, -d1), _tail(n2, -d2)
            per = 1.0 / (s * spread)
            value += cash * side2 - stock * s * side1
            one += -cash * n2 * per - stock * (side1 - n1 / spread)
            two += (cash * n2 * d1 * per - stock * n1 * d2 / spread) * per
        out[0, i], out[1, i], out[2, i] = value, one, two


KERNELS = {"american_boundaries": american_boundaries, "american_premiums": american_premiums}

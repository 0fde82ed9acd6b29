"""Value, delta, gamma and speed of options on a stock that pays cash dividends, American or European.

By :mod:`lattice`; without volatility, along the certain path.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lox_core.errors import ModelError
from lox_core.options import lattice
from lox_core.options.american_boundary import Tier
from lox_core.options.early_exercise import Flags, Floats, Options, Scheme

# Cells in ln S and time steps over the whole life. Exercise is decided once a step, an error of first order, which the
# same with twice the steps takes away.
SIZES: dict[str, tuple[int, int]] = {"fast": (200, 50), "default": (400, 100), "high": (800, 400)}
NEVER = 1e300


def paired(ex_times: Floats, amounts: Floats, size: int) -> tuple[Floats, Floats]:
    """A row of ascending times and their amounts for each option, (n, k); NaN and 0 where there is none.

    Raises
    ------
    ModelError
        When times and amounts do not pair, or are neither one row nor a row for each option.
    """
    times, cash = np.atleast_2d(ex_times), np.atleast_2d(amounts)
    if times.shape != cash.shape or len(times) not in (1, size):
        raise ModelError("Ex-dates and dividend amounts must come in pairs, one row for all options or a row each.")
    order = np.argsort(times, axis=1, kind="stable")
    times, cash = np.take_along_axis(times, order, axis=1), np.take_along_axis(cash, order, axis=1)
    return np.broadcast_to(times, (size, times.shape[1])), np.broadcast_to(cash, (size, times.shape[1]))


def due(options: Options, ex_times: Floats, amounts: Floats) -> Flags:
    """Which options have a dividend between now and expiry, and inputs that it can be reckoned with."""
    with np.errstate(invalid="ignore"):
        every = options.spot + options.strike + options.rate + options.div_yield + options.total_vol()
        usable = np.isfinite(every) & (options.spot > 0) & (options.strike > 0) & (options.vol >= 0)
        paid: Flags = usable & _within(options, ex_times, amounts).any(axis=1)
    return paid


def _within(options: Options, ex_times: Floats, amounts: Floats) -> Flags:
    within: Flags = (ex_times > 0) & (ex_times < options.years[:, None]) & (amounts > 0)
    return within


def values(
    options: Options, american: Flags, ex_times: Floats, amounts: Floats, tier: Tier, *, copies: int = 1
) -> Floats:
    """Value, delta, gamma and speed, (4, n), of options for which a dividend is :func:`due`.

    Times and amounts (n, k) are from :func:`paired`. Of ``copies`` lists of options one after another, all are worked
    out as the first, so that differences are smooth.
    """
    first = slice(len(options) // copies)
    within = _within(options, ex_times, amounts)
    times, cash = np.where(within, ex_times, np.nan), np.where(within, amounts, 0.0)
    sure = Scheme.of(options, copies).certain
    total = options.total_vol()[first]
    with np.errstate(divide="ignore"):
        folds = np.tile(lattice.fold(options.spot[first], total, cash[first]), copies)
    cells, steps = folds * SIZES[tier][0], np.tile(lattice.pace(total), copies) * SIZES[tier][1]
    out = np.empty((4, len(options)))
    if sure.any():
        out[:, sure] = _certain(options.of(sure), american[sure], times[sure], cash[sure])
    if not sure.all():
        kept = ~sure
        mine = options.of(kept), american[kept], times[kept], cash[kept]
        out[:, kept] = _by_grid(*mine, cells[kept], steps[kept])
    return out


def _by_grid(
    options: Options, american: Flags, times: Floats, cash: Floats, cells: NDArray[np.int64], steps: Floats
) -> Floats:
    """On the lattice, options with grids of the same size together."""
    sign = np.where(options.is_call, 1.0, -1.0)
    out = np.empty((4, len(options)))
    for size in np.unique(cells):
        some = cells == size
        mine = options.of(some), american[some], times[some], cash[some]
        out[:, some] = _same_size(*mine, int(size), steps[some])
    floor = sign * (options.spot - options.strike)
    done = american & (out[0] <= floor)
    exercised = np.array([floor, sign, 0.0 * sign, 0.0 * sign])
    return np.where(done, exercised, out)


def _same_size(options: Options, american: Flags, times: Floats, cash: Floats, cells: int, steps: Floats) -> Floats:
    sign = np.where(options.is_call, 1.0, -1.0)
    nodes = lattice.grid(options.spot, options.total_vol(), cash, cells)
    drift = options.rate - options.div_yield - 0.5 * options.vol**2
    final = nodes.spots * np.exp(drift * options.years)[:, None]
    payoff = lattice.payoff(final, options.strike, sign, nodes.dx)
    terms = np.array(
        [
            options.vol**2 / (2 * nodes.dx**2),
            options.rate,
            np.where(american, sign, 0.0),
            np.where(american, sign * options.strike, NEVER),
            nodes.dx,
        ]
    )
    fine = lattice.schedule(options.years, drift, times, cash, steps, finer=2)
    found = lattice.solve(payoff, nodes, fine, terms)
    if american.any():
        coarse = lattice.schedule(options.years, drift, times, cash, steps)
        found = np.where(american[:, None], 2 * found - lattice.solve(payoff, nodes, coarse, terms), found)
    return lattice.at_spot(found, nodes, options.spot)


def _certain(options: Options, american: Flags, times: Floats, cash: Floats) -> Floats:
    """Without volatility: the best moment on the certain path, a stretch between ex-times after the other."""
    sign = np.where(options.is_call, 1.0, -1.0)
    spot, share = (
        options.spot.copy(),
        np.ones(len(options)),
    )  # at the stretch's begin, and what a dollar today adds to it
    begin = np.zeros(len(options))
    best = np.where(american, sign * (spot - options.strike), -np.inf)
    delta = sign.copy()
    edges = np.column_stack([times, options.years])
    for k in range(edges.shape[1]):
        end, final = edges[:, k], k == edges.shape[1] - 1
        here = np.isfinite(end)
        for moment in (_turn(options, spot, begin, end), end):
            grown = np.exp((options.rate - options.div_yield) * (moment - begin))
            worth = np.exp(-options.rate * moment) * sign * (spot * grown - options.strike)
            better = here & (worth > best) & (american | final)
            best = np.where(better, worth, best)
            delta = np.where(better, sign * share * grown * np.exp(-options.rate * moment), delta)
        grown = np.where(here, np.exp((options.rate - options.div_yield) * (end - begin)), 1.0)
        fallen = spot * grown - (0.0 if final else cash[:, k])
        spot, share = np.maximum(fallen, 0.0), np.where(fallen > 0, share * grown, 0.0)
        begin = np.where(here, end, begin)
        if not final:
            worth = np.exp(-options.rate * begin) * sign * (spot - options.strike)
            better = here & american & (worth > best)
            best = np.where(better, worth, best)
            delta = np.where(better, sign * share * np.exp(-options.rate * begin), delta)
    return np.array([np.maximum(best, 0.0), np.where(best > 0, delta, 0.0), 0.0 * best, 0.0 * best])


def _turn(options: Options, spot: Floats, begin: Floats, end: Floats) -> Floats:
    """Where the discounted gain's slope is zero within the stretch, else its end."""
    with np.errstate(all="ignore"):
        ratio = options.rate * options.strike / (options.div_yield * spot)
        found = begin + np.log(ratio) / (options.rate - options.div_yield)
    return np.where((found > begin) & (found < end), found, end)

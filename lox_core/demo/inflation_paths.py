"""Simulated consumer prices by month: core and all items, adjusted and not, and two underlying measures.

Core follows a scripted level and a cycle about it, all items move with core plus a scripted energy cycle; the
unadjusted index carries a fixed seasonal pattern, so the year-on-year rate of both indices agrees and a month-on-month
rate of the unadjusted one does not mean much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lox_core.demo.episodes import LEVELS
from lox_core.demo.processes import Days, Floats, stream
from lox_core.demo.swings import swing

_SEASON_PCT = (-0.32, 0.05, 0.33, 0.42, 0.41, 0.38, 0.22, 0.12, 0.06, -0.10, -0.49, -1.08)
_CORE_NOISE, _HEADLINE_NOISE = 0.0005, 0.0010
_CORE_SWING_PCT, _STICKY_SWING_PCT = 0.9, 0.6
_HEADLINE_START, _CORE_START = 146.2, 154.4


@dataclass(frozen=True, eq=False)
class InflationPaths:
    """Monthly arrays of shape (n_months,): three price indices and two rates.

    ``sticky_monthly`` is percent a month, ``trimmed_yearly`` percent over a year (the first year uses what there is).
    """

    all_items: Floats
    all_items_unadjusted: Floats
    core: Floats
    sticky_monthly: Floats
    trimmed_yearly: Floats


def simulate_inflation(seed: int, months: Days) -> InflationPaths:
    """Final values on ``months`` (first days, from a January). Nothing is missing."""
    draws, size = stream(seed, "inflation"), len(months)
    script = np.log1p(LEVELS["core_inflation_pct"].at(months) / 100.0) / 12.0
    cycle = swing("inflation_swing", months, lead_months=-3.0) / 1200.0
    core_month = script + _CORE_SWING_PCT * cycle
    core_noise = _CORE_NOISE * draws.standard_normal(size)
    energy = LEVELS["energy_inflation_pct"].at(months) / 1200.0 + _HEADLINE_NOISE * draws.standard_normal(size)
    core = _CORE_START * np.exp(np.cumsum(core_month + core_noise))
    headline = _HEADLINE_START * np.exp(np.cumsum(core_month + 0.8 * core_noise + energy))
    calendar_month = months.astype("datetime64[M]").astype(int) % 12
    season = 1.0 + np.array(_SEASON_PCT)[calendar_month] / 100.0
    sticky = 100.0 * (_trailing(script, 12) + _STICKY_SWING_PCT * cycle) + 0.035 * draws.standard_normal(size)
    trimmed = 1200.0 * _trailing(core_month, 12) * 0.93 - 0.22 + 0.07 * draws.standard_normal(size)
    return InflationPaths(
        all_items=np.round(headline, 3),
        all_items_unadjusted=np.round(headline * season, 3),
        core=np.round(core, 3),
        sticky_monthly=np.round(sticky, 6),
        trimmed_yearly=np.round(trimmed, 2),
    )


def _trailing(values: Floats, window: int) -> Floats:
    padded = np.concatenate([np.full(window - 1, values[0]), values])
    return np.asarray(sliding_window_view(padded, window).mean(axis=1), float)

"""The simulated real economy: activity, work and output by month, jobless claims by week.

The series share scripted recessions, and a scripted cycle between them, but carry their own noise. Levels are final
values; how first prints miss them is decided where values are published.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lox_core.demo.episodes import LEVELS
from lox_core.demo.processes import Days, Floats, stream, wandering
from lox_core.demo.swings import summed, swing

_CYCLE = "growth_swing"
_ACTIVITY_SWING = 0.30
_HIRED_K_A_MONTH, _UNEMPLOYED_PCT_A_MONTH = 84.0, 0.015
_MADE_A_MONTH, _DISMISSED_A_MONTH = 0.0039, 0.020


@dataclass(frozen=True, eq=False)
class GrowthPaths:
    """Monthly arrays on ``months`` (first days, shape (n_months,)) and weekly ``claims`` on ``saturdays``.

    ``activity`` and its three-month mean are indices, ``unemployment`` and ``sahm`` percent and points, ``payrolls``
    thousands of persons, ``production`` an index, ``claims`` persons.
    """

    months: Days
    activity: Floats
    activity_3m: Floats
    unemployment: Floats
    sahm: Floats
    payrolls: Floats
    production: Floats
    saturdays: Days
    claims: Floats


def simulate_growth(seed: int, months: Days, saturdays: Days) -> GrowthPaths:
    """Final values on ``months`` and ``saturdays``. Nothing is missing."""
    draws, size = stream(seed, "growth"), len(months)
    activity = LEVELS["activity"].at(months) + _ACTIVITY_SWING * swing(_CYCLE, months, lead_months=1.0)
    activity = np.round(activity + wandering(draws, size, spread=0.20, persistence=0.15), 2)
    hired = summed(_CYCLE, months, lead_months=-3.0)
    unemployment = LEVELS["unemployment_pct"].at(months) - _UNEMPLOYED_PCT_A_MONTH * hired
    unemployment = np.round(unemployment + wandering(draws, size, spread=0.07, persistence=0.7), 1)
    payrolls = LEVELS["payrolls_k"].at(months) + _HIRED_K_A_MONTH * hired
    payrolls = np.round(payrolls + wandering(draws, size, spread=110.0, persistence=0.9))
    made = _MADE_A_MONTH * summed(_CYCLE, months, lead_months=2.5)
    production = LEVELS["production"].at(months, geometric=True) * np.exp(
        made + wandering(draws, size, spread=0.006, persistence=0.85)
    )
    dismissed = -_DISMISSED_A_MONTH * summed(_CYCLE, saturdays, lead_months=1.5)
    claims = LEVELS["claims_k"].at(saturdays, geometric=True) * np.exp(
        dismissed + wandering(draws, len(saturdays), spread=0.032, persistence=0.4)
    )
    return GrowthPaths(
        months=months,
        activity=activity,
        activity_3m=np.round(_trailing_mean(activity, 3), 2),
        unemployment=unemployment,
        sahm=_sahm(unemployment),
        payrolls=payrolls,
        production=np.round(production, 4),
        saturdays=saturdays,
        claims=np.round(claims) * 1000.0,
    )


def _sahm(unemployment: Floats) -> Floats:
    """Three-month mean of unemployment above the lowest such mean of the twelve months before, points."""
    mean = _trailing_mean(unemployment, 3)
    before = np.concatenate([np.full(12, mean[0]), mean[:-1]])
    return np.asarray(np.round(mean - sliding_window_view(before, 12).min(axis=1), 2), float)


def _trailing_mean(values: Floats, window: int) -> Floats:
    """Mean of the last ``window`` values; the first value stands in for what lies before it."""
    padded = np.concatenate([np.full(window - 1, values[0]), values])
    return np.asarray(sliding_window_view(padded, window).mean(axis=1), float)

"""The swings of growth and of inflation: scripted cycles of one to three years that move all series of an axis.

A series enters its axis as a rate of change, an average or a difference of averages, each of which runs ahead of or
behind the series. Leads undo that, so that the measures rise and fall together whatever the series do.
"""

from __future__ import annotations

import numpy as np

from lox_core.demo.episodes import LEVELS
from lox_core.demo.processes import Days, Floats, mean_reverting

_MONTH_DAYS = 30.4369
_FORGETTING_MONTHS = 60


def swing(name: str, days: Days, *, lead_months: float = 0.0) -> Floats:
    """The scripted cycle ``name`` as it will stand ``lead_months`` after each of ``days``; typical peaks are ±1."""
    return LEVELS[name].at(days + np.timedelta64(round(lead_months * _MONTH_DAYS), "D"))


def summed(name: str, days: Days, *, lead_months: float = 0.0) -> Floats:
    """Sum of the cycle's months up to each of ``days``: the level of a series whose monthly pace is the cycle.

    The sum forgets over five years, so that cycles which do not quite balance leave no trend behind.
    """
    start = LEVELS[name].days[0].astype("datetime64[M]")
    months = np.arange(start, days[-1].astype("datetime64[M]") + 2).astype("datetime64[D]")
    total = mean_reverting(swing(name, months, lead_months=lead_months), 1.0 - 1.0 / _FORGETTING_MONTHS)
    return np.asarray(np.interp(days.astype(np.int64), months.astype(np.int64), total), float)

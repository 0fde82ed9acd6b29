"""Transforms of observations, each looking backwards only.

All work on one series' values in observation order. Windows are counted in observations at native frequency; a
window that is not full yet gives NaN. Year-on-year rates join by calendar date, because a month can be missing for
good (October 2025 has no CPI), and a row offset would then compare the wrong months.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lox_core.regimes.rules import Rules

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


def trailing_z(values: Floats, *, window: int, least: int, clip: float) -> Floats:
    """The z-score of each value against the ``window`` values before it (itself excluded), ddof 1, clipped.

    NaN where fewer than ``least`` earlier values exist or they do not vary. NaN values are skipped in the window.
    """
    past = pd.Series(values).shift(1).rolling(window, min_periods=least)
    mean, deviation = past.mean().to_numpy(), past.std(ddof=1).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(deviation > 1e-12, (values - mean) / deviation, np.nan)
    return np.clip(z, -clip, clip)


def z_two_years(values: Floats, frequency: str, rules: Rules) -> Floats:
    """The product's z-score: two years at native frequency (504/104/24 observations), window ending at t-1.

    Two years hold eight quarters, too few to say anything: NaN throughout.
    """
    if frequency == "quarterly":
        return np.full(len(values), np.nan)
    spec = rules["zscore"][_native(frequency)]
    return trailing_z(values, window=spec["window"], least=spec["least"], clip=rules["zscore"]["clip"])


def z_ten_years(values: Floats, frequency: str, rules: Rules) -> Floats:
    """The z against ten years, for the macro axes and beside short monthly windows; half the window must be there."""
    spec = rules["zscore"]["ten_years"]
    window = spec[_native(frequency)]
    return trailing_z(values, window=window, least=int(window * spec["least_share"]), clip=rules["zscore"]["clip"])


def _native(frequency: str) -> str:
    return "daily" if frequency == "calendar_daily" else frequency


def change(values: Floats, count: int) -> Floats:
    """Value minus the value ``count`` observations earlier; NaN at the start."""
    out = np.full(len(values), np.nan)
    out[count:] = values[count:] - values[:-count]
    return out


def realised_vol_bp(yield_pct: Floats, days: int) -> Floats:
    """Annualised yield volatility, bp: standard deviation (ddof 1) of the last ``days`` daily changes × √252."""
    steps = pd.Series(np.diff(yield_pct * 100, prepend=np.nan))
    vol: Floats = (steps.rolling(days).std(ddof=1) * np.sqrt(252)).to_numpy()
    return vol


def count_of(condition: NDArray[np.bool_], days: int) -> NDArray[np.int64]:
    """How many of the last ``days`` observations (this one included) meet ``condition``."""
    total = np.cumsum(np.concatenate([[0], condition.astype(np.int64)]))
    start = np.maximum(np.arange(1, len(condition) + 1) - days, 0)
    counts: NDArray[np.int64] = total[1:] - total[start]
    return counts


def by_month(dates: Days, values: Floats, months_back: int) -> Floats:
    """The value dated ``months_back`` months before each monthly date; NaN where that month was never published."""
    month = dates.astype("datetime64[M]")
    wanted = month - np.timedelta64(months_back, "M")
    place = np.searchsorted(month, wanted)
    found = (
        (place < len(month)) & (month[np.minimum(place, len(month) - 1)] == wanted)
        if len(month)
        else np.array([], bool)
    )
    return np.where(found, values[np.minimum(place, len(month) - 1)], np.nan) if len(month) else values


def year_on_year_pct(dates: Days, values: Floats) -> Floats:
    """Percent change against the same month a year before, joined by date."""
    return (values / by_month(dates, values, 12) - 1) * 100


def annualised_pct(dates: Days, values: Floats, months: int) -> Floats:
    """Percent change over ``months`` months, annualised by compounding, joined by date."""
    return ((values / by_month(dates, values, months)) ** (12 / months) - 1) * 100


def mean_of_last(values: Floats, count: int) -> Floats:
    """Mean of the last ``count`` observations; NaN until there are that many."""
    mean: Floats = pd.Series(values).rolling(count).mean().to_numpy()
    return mean


def last_slope(values: Floats) -> float | None:
    """Least-squares slope per step of the values; None when any is missing or fewer than three."""
    if len(values) < 3 or not np.isfinite(values).all():
        return None
    steps = np.arange(len(values)) - (len(values) - 1) / 2
    return float(steps @ values / (steps @ steps))

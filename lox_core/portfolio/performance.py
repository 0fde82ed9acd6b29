"""What the account earned: time-weighted, money-weighted, and how far it fell.

Time-weighted as the CFA Institute's GIPS have it: daily returns linked, with external flows taken at the start of their
day. Money-weighted is the internal rate of return. Formulas stand beside the numbers they give.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq

from lox_core import numbers

TWR_FORMULA = "TWR = Π Eₜ / (Eₜ₋₁ + Fₜ) − 1, F: deposits less withdrawals, at the day's start"
MWR_FORMULA = "MWR: the yearly rate r at which Σ Fₜ (1 + r)^(T−t) = E at the end, days over 365"
LEAST_DAYS = 30
LOWEST_RATE, HIGHEST_RATE = -0.9999, 1e4


@dataclass(frozen=True)
class Drawdown:
    """The deepest fall of the linked returns: fractions at or below zero. ``recovered`` None: not yet."""

    worst: float
    peak: date
    trough: date
    recovered: date | None
    current: float


@dataclass(frozen=True)
class Performance:
    """Performance over the days at hand; a number that cannot be had is None, with ``reasons`` saying why.

    ``twr`` is over the whole span, ``twr_yearly`` the same as a yearly rate and only from thirty days on, as is
    ``mwr_yearly``. ``index`` is 1 at the first day, by day; ``drawdowns`` the fall from its running peak.
    """

    first: date
    last: date
    twr: float | None
    twr_yearly: float | None
    mwr_yearly: float | None
    drawdown: Drawdown | None
    index: Mapping[date, float]
    drawdowns: Mapping[date, float]
    flows_usd: float
    reasons: tuple[str, ...] = ()


def performance(
    equity: Sequence[tuple[date, float | None]], flows: Sequence[tuple[date, float]] = ()
) -> Performance | None:
    """Performance from daily equity and external flows.

    Parameters
    ----------
    equity : sequence of (day, dollars)
        Days without funds may be None or zero; they are left out. Missing days are bridged, days of debt too, which
        ``reasons`` then tell.
    flows : sequence of (day, dollars)
        Deposits above zero, withdrawals below. Dividends, fees and fills are none.

    Returns
    -------
    Performance or None
        None with fewer than two funded days.
    """
    known = {day: value for day, value in sorted(equity) if value is not None and math.isfinite(value) and value > 0}
    if len(known) < 2:
        return None
    days = list(known)
    by_day = _on_days(days, flows)
    index, reasons = _linked(days, known, by_day)
    reasons += _owed(equity)
    falls = _falls(index)
    span = (days[-1] - days[0]).days
    twr = index[days[-1]] - 1
    inner = [(day, by_day[day]) for day in days[1:] if by_day[day]]
    yearly = mwr = None
    if span < LEAST_DAYS:
        reasons.append(f"A yearly rate needs {LEAST_DAYS} days; there are {span}.")
    else:
        yearly = (1 + twr) ** (365 / span) - 1
        mwr = _money_weighted(known[days[0]], inner, known[days[-1]], days[0], days[-1])
        if mwr is None:
            reasons.append("No single rate explains these deposits and withdrawals, so there is no money-weighted one.")
    return Performance(
        first=days[0],
        last=days[-1],
        twr=twr,
        twr_yearly=yearly,
        mwr_yearly=mwr,
        drawdown=_deepest(index, falls),
        index=index,
        drawdowns=falls,
        flows_usd=sum(amount for _, amount in inner),
        reasons=tuple(reasons),
    )


def _owed(equity: Sequence[tuple[date, float | None]]) -> list[str]:
    """What is to be said of days of debt."""
    days = sum(value is not None and value < 0 for _, value in equity)
    told = f"{numbers.plural(days, 'day')} with equity below zero left out: no return can be linked there."
    return [told] if days else []


def _falls(index: Mapping[date, float]) -> dict[date, float]:
    """By day, how far the index stands below its highest so far."""
    peak, found = 0.0, {}
    for day, level in index.items():
        peak = max(peak, level)
        found[day] = level / peak - 1
    return found


def _on_days(days: Sequence[date], flows: Sequence[tuple[date, float]]) -> dict[date, float]:
    """Flows summed on the first known day at or after each."""
    found = dict.fromkeys(days, 0.0)
    for day, amount in flows:
        place = next((one for one in days if one >= day), None)
        if place is not None:
            found[place] += amount
    return found


def _linked(
    days: Sequence[date], equity: Mapping[date, float], flows: Mapping[date, float]
) -> tuple[dict[date, float], list[str]]:
    index, level, reasons = {days[0]: 1.0}, 1.0, []
    for before, day in pairwise(days):
        base = equity[before] + flows[day]
        if base > 0:
            level *= equity[day] / base
        else:
            reasons.append(f"A withdrawal on {day} left nothing to earn on; that day is left out.")
        index[day] = level
    return index, reasons


def _money_weighted(
    opening: float, flows: Sequence[tuple[date, float]], closing: float, first: date, last: date
) -> float | None:
    """The internal rate of return; None where there is none between -99.99 % and a million per cent."""
    sums = [opening, *(amount for _, amount in flows)]
    years = [(last - day).days / 365 for day in (first, *(day for day, _ in flows))]

    def missed(rate: float) -> float:
        """By how much a rate overshoots the closing value."""
        return float(np.dot(sums, (1 + rate) ** np.array(years)) - closing)

    low, high = missed(LOWEST_RATE), missed(HIGHEST_RATE)
    return float(brentq(missed, LOWEST_RATE, HIGHEST_RATE, xtol=1e-12)) if low * high < 0 else None


def _deepest(index: Mapping[date, float], falls: Mapping[date, float]) -> Drawdown | None:
    trough = min(falls, key=lambda day: falls[day])
    days = list(index)
    before = days[: days.index(trough) + 1]
    peak = max(before, key=lambda day: (index[day], day))
    after = [day for day in days[days.index(trough) :] if index[day] >= index[peak]]
    return Drawdown(falls[trough], peak, trough, after[0] if after else None, falls[days[-1]])

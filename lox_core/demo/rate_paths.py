"""Daily paths of policy, Treasury yields, inflation compensation and the term premium, in percent.

Identities hold to the published two decimals: slopes are differences of the rounded yields, the real yield is the
nominal one less the breakeven, and the five-year forward follows from the five- and ten-year breakevens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lox_core.demo.episodes import LEVELS, POLICY, POLICY_START_PCT, SHOCKS
from lox_core.demo.market_paths import MarketPaths, scare
from lox_core.demo.processes import Days, Floats, mean_reverting, rounded, smoothed, stream, wandering
from lox_core.demo.swings import summed

_MEETING_DAYS = 42
_NOISE_PER_DAY_PCT = 0.050
_QUIET_SESSIONS, _UNREST_SESSIONS = (75, 165), (40, 80)
_QUIET_AND_UNREST = (0.67, 1.5)
_WORST_SURPRISE = 3.6
_FLOOR_10Y_PCT, _FLOOR_2Y_PCT, _FLOOR_BILL_PCT = 0.42, 0.09, 0.01
_BETWEEN_2Y_AND_10Y = {"year3": 0.17, "year5": 0.45, "year7": 0.74}


@dataclass(frozen=True, eq=False)
class RatePaths:
    """Arrays of shape (n_sessions,), percent, rounded to two decimals (term premia to four).

    ``policy_upper`` is the upper bound of the policy range, ``breakeven_*`` inflation compensation, ``forward`` the
    five-year rate five years on.
    """

    policy_upper: Floats
    bill_3m: Floats
    yield_2y: Floats
    yield_10y: Floats
    yield_30y: Floats
    breakeven_10y: Floats
    breakeven_5y: Floats
    forward: Floats
    real_10y: Floats
    term_premium: Floats
    term_premium_acm: Floats


def policy_upper(days: Days) -> Floats:
    """Upper bound of the policy range on any ``days``, percent: the scripted cycles in steps of a quarter point."""
    effective, bounds = [np.iinfo(np.int64).min], [POLICY_START_PCT]
    for cycle in POLICY:
        first, last = (int(np.datetime64(day, "D").astype(np.int64)) for day in (cycle.first, cycle.last))
        meetings = 1 if first == last else max((last - first) // _MEETING_DAYS, 1) + 1
        start = bounds[-1]
        for number in range(meetings):
            weeks = round((last - first) / 7 * number / max(meetings - 1, 1))
            effective.append(first + 7 * weeks)
            bounds.append(round((start + (cycle.to - start) * (number + 1) / meetings) * 4) / 4)
    at = np.searchsorted(np.array(effective), days.astype("datetime64[D]").astype(np.int64), side="right") - 1
    return np.array(bounds)[at]


def simulate_rates(seed: int, market: MarketPaths) -> RatePaths:
    """The paths on the sessions of ``market``. Nothing is missing; no nominal yield is below its floor."""
    draws, days, size = stream(seed, "rates"), market.days, len(market.days)
    policy = policy_upper(days)
    wobble = _ten_year_noise(seed, draws, market)
    scares = sum(shock.y10 * scare(days, shock, shock.vix_half) for shock in SHOCKS)
    script = LEVELS["yield_10y_pct"].at(days)
    yield_10y = _lifted(script + wobble * np.minimum(1.0, np.sqrt(script / 2.2)) + scares, _FLOOR_10Y_PCT)
    ahead = _mean_ahead(policy, 400)
    own = wandering(draws, size, spread=0.17, persistence=0.985)
    freedom = np.clip(ahead / 2.0, 0.15, 1.0)
    expected = 0.36 * policy + 0.43 * ahead + 0.21 * (script - 0.6)
    yield_2y = _lifted(expected + freedom * (own + 0.8 * wobble + 1.1 * scares), _FLOOR_2Y_PCT)
    bill = (
        0.55 * policy + 0.45 * _mean_ahead(policy, 60) - 0.12 + wandering(draws, size, spread=0.035, persistence=0.93)
    )
    yield_10y, yield_2y = np.round(yield_10y, 2), np.round(yield_2y, 2)
    breakeven_10y, breakeven_5y = _breakevens(draws, market, wobble)
    own_premium = wandering(draws, size, spread=0.06, persistence=0.99)
    premium = LEVELS["term_premium_pct"].at(days) + 0.42 * wobble + own_premium
    longer = 0.42 + 0.10 * (yield_10y - yield_2y) + wandering(draws, size, spread=0.05, persistence=0.98)
    return RatePaths(
        policy_upper=policy,
        bill_3m=np.round(_lifted(bill, _FLOOR_BILL_PCT), 2),
        yield_2y=yield_2y,
        yield_10y=yield_10y,
        yield_30y=np.round(yield_10y + longer, 2),
        breakeven_10y=breakeven_10y,
        breakeven_5y=breakeven_5y,
        forward=_five_years_on(breakeven_5y, breakeven_10y),
        real_10y=np.round(yield_10y - breakeven_10y, 2),
        term_premium=np.round(premium, 4),
        term_premium_acm=np.round(premium - 0.05 + wandering(draws, size, spread=0.08, persistence=0.99), 4),
    )


def curve(rates: RatePaths) -> dict[str, Floats]:
    """The Treasury curve by the price vendor's tenor names, percent, each of shape (n_sessions,)."""
    bill, two, ten = rates.bill_3m, rates.yield_2y, rates.yield_10y
    short = {
        "month1": bill * 0.985 + 0.02,
        "month2": bill * 0.99 + 0.015,
        "month3": bill,
        "month6": 0.8 * bill + 0.2 * two,
    }
    middle = {"year1": 0.5 * bill + 0.5 * two, "year2": two}
    belly = {name: two + share * (ten - two) for name, share in _BETWEEN_2Y_AND_10Y.items()}
    long = {"year10": ten, "year20": 0.12 * ten + 0.88 * rates.yield_30y + 0.05, "year30": rates.yield_30y}
    return {name: np.round(path, 2) for name, path in (short | middle | belly | long).items()}


def _ten_year_noise(seed: int, draws: np.random.Generator, market: MarketPaths) -> Floats:
    """Deviation of the ten-year yield from its script: tied to equities by the era's sign, in calm and wild months."""
    link = LEVELS["stock_yield_correlation"].at(market.days)
    own = np.clip(draws.standard_t(7, len(link)) * np.sqrt(5 / 7), -_WORST_SURPRISE, _WORST_SURPRISE)
    news = link * market.shock + np.sqrt(1.0 - link**2) * own
    width = LEVELS["yield_vol_multiple"].at(market.days) * _unrest(stream(seed, "yield volatility"), len(link))
    return mean_reverting(_NOISE_PER_DAY_PCT * width * news, 0.986)


def _unrest(draws: np.random.Generator, size: int) -> Floats:
    """What yield volatility is multiplied by: quiet stretches and unrest take turns, neither for very long."""
    turns = size // (_QUIET_SESSIONS[0] + _UNREST_SESSIONS[0]) + 1
    lengths = np.stack([draws.integers(*_QUIET_SESSIONS, turns), draws.integers(*_UNREST_SESSIONS, turns)], axis=1)
    return np.repeat(np.tile(_QUIET_AND_UNREST, turns), lengths.ravel())[:size]


def _breakevens(draws: np.random.Generator, market: MarketPaths, wobble: Floats) -> tuple[Floats, Floats]:
    """Ten- and five-year breakevens: they follow yields a little and fall in a fright, the shorter one more."""
    size = len(wobble)
    own = mean_reverting(0.014 * draws.standard_normal(size) + 0.008 * market.shock, 0.985)
    script = LEVELS["breakeven_10y_pct"].at(market.days) + 0.058 * summed(
        "inflation_swing", market.days, lead_months=1.5
    )
    ten = script + own + 0.22 * wobble - 0.12 * smoothed(market.fear, 0.1)
    five = ten + 0.55 * (ten - 2.25) + wandering(draws, size, spread=0.05, persistence=0.97)
    return rounded(np.maximum(ten, 0.05), 2), rounded(five, 2)


def _five_years_on(five_pct: Floats, ten_pct: Floats) -> Floats:
    """The five-year rate five years ahead that makes both compounded rates agree (semi-annual compounding)."""
    growth = (1.0 + ten_pct / 200.0) ** 20 / (1.0 + five_pct / 200.0) ** 10
    return np.asarray(np.round((growth**0.1 - 1.0) * 200.0, 2), float)


def _mean_ahead(path: Floats, sessions: int) -> Floats:
    """Average of the next ``sessions`` values: what a market that reads the script expects."""
    longer = np.concatenate([path, np.full(sessions, path[-1])])
    total = np.concatenate([[0.0], np.cumsum(longer)])
    return np.asarray((total[sessions:] - total[:-sessions])[: len(path)] / sessions, float)


def _lifted(path: Floats, floor: float) -> Floats:
    """``path`` bent smoothly so that it never goes below ``floor``."""
    soft = 0.12
    return np.asarray(floor + soft * np.logaddexp(0.0, (path - floor) / soft), float)

"""Money: the overnight rate against the administered one, and the central bank's balance sheet.

Month, quarter and year ends squeeze the overnight rate; a few scripted squeezes are hard enough to count as stress.
Units are the vendor's: the balance sheet and the Treasury's account in millions, the reverse repo in billions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lox_core.demo.episodes import LEVELS, SQUEEZES
from lox_core.demo.processes import Days, Floats, Knots, rounded, stream, wandering
from lox_core.demo.rate_paths import policy_upper

SUCCESSION = np.datetime64("2021-07-29")
_BELOW_UPPER_PCT = (
    (np.datetime64("1900-01-01"), 0.0),
    (np.datetime64("2018-07-05"), 0.05),
    (np.datetime64("2019-04-04"), 0.10),
)
_AFTERMATH = 0.4
_MONTH_END_BP, _QUARTER_END_BP, _YEAR_END_BP = 3.0, 6.0, 9.0


@dataclass(frozen=True, eq=False)
class FundingPaths:
    """The paths of money.

    ``overnight`` (percent) and ``reverse_repo`` (billions) are on sessions, shape (n_sessions,); ``assets``,
    ``treasury_account`` and its average over the week to that day (millions) on ``wednesdays``, shape (n_weeks,).
    """

    overnight: Floats
    reverse_repo: Floats
    wednesdays: Days
    assets: Floats
    treasury_account: Floats
    treasury_account_average: Floats


def administered_rate(days: Days) -> Floats:
    """The rate paid on reserves on any ``days``, percent: the range's upper bound less a step that grew twice."""
    since = np.array([day for day, _ in _BELOW_UPPER_PCT])
    steps = np.array([step for _, step in _BELOW_UPPER_PCT])
    return np.asarray(np.round(policy_upper(days) - steps[np.searchsorted(since, days, side="right") - 1], 2), float)


def simulate_funding(seed: int, days: Days) -> FundingPaths:
    """The paths on sessions ``days`` and on the Wednesdays they span. Nothing is missing."""
    draws, size = stream(seed, "funding"), len(days)
    spread_bp = LEVELS["funding_spread_bp"].at(days) + wandering(draws, size, spread=1.5, persistence=0.72)
    spread_bp = spread_bp + _calendar_squeeze(draws, days)
    overnight = np.maximum(administered_rate(days) + np.round(spread_bp) / 100.0, 0.01)
    quarter_end = _turns(days, 3)
    repo = around_script(LEVELS["reverse_repo_bn"], days, wandering(draws, size, spread=0.22, persistence=0.9))
    repo = repo * np.where(quarter_end, 1.3, 1.0) + np.where(
        quarter_end & (days > np.datetime64("2013-09-20")), 25.0, 0.0
    )
    wednesdays = np.arange(np.busday_offset(days[0], 0, roll="forward", weekmask="Wed"), days[-1] + 1, 7)
    account, average = _treasury_account(draws, wednesdays)
    assets = LEVELS["fed_assets_bn"].at(wednesdays) * (
        1.0 + wandering(draws, len(wednesdays), spread=0.004, persistence=0.8)
    )
    return FundingPaths(
        overnight=rounded(overnight, 2),
        reverse_repo=np.round(repo, 3),
        wednesdays=wednesdays,
        assets=np.round(assets * 1000.0),
        treasury_account=np.round(account * 1000.0),
        treasury_account_average=np.round(average * 1000.0),
    )


def around_script(level: Knots, days: Days, log_noise: Floats) -> Floats:
    """A positive level with proportional noise around its script."""
    return np.asarray(level.at(days, geometric=True) * np.exp(log_noise), float)


def _turns(days: Days, months: int) -> NDArray[np.bool_]:
    """Whether each session is the last of a calendar period of ``months`` months."""
    period = days.astype("datetime64[M]").astype(int) // months
    return np.append(period[1:] != period[:-1], False)


def _calendar_squeeze(draws: np.random.Generator, days: Days) -> Floats:
    """Basis points that period ends and scripted squeezes add, with an echo the session after."""
    size = np.where(_turns(days, 1), _MONTH_END_BP, 0.0)
    size = np.where(_turns(days, 3), _QUARTER_END_BP, size)
    size = np.where(_turns(days, 12), _YEAR_END_BP, size)
    squeeze = size * draws.uniform(0.5, 1.4, len(days))
    for scripted in SQUEEZES:
        squeeze[np.searchsorted(days, np.datetime64(scripted.day))] += scripted.bp
    echo = np.append(0.0, squeeze[:-1]) * _AFTERMATH
    return np.asarray(squeeze + echo, float)


def _treasury_account(draws: np.random.Generator, wednesdays: Days) -> tuple[Floats, Floats]:
    """The account on each Wednesday and over the week to it, billions: tax dates fill it, weeks between drain it."""
    level = around_script(
        LEVELS["treasury_account_bn"], wednesdays, wandering(draws, len(wednesdays), spread=0.10, persistence=0.8)
    )
    day_of_year = (wednesdays - wednesdays.astype("datetime64[Y]")).astype(int)
    taxes = sum(
        weight * np.exp(-0.5 * ((day_of_year - peak) / 9.0) ** 2)
        for peak, weight in ((112, 0.35), (170, 0.12), (262, 0.12))
    )
    account = level * (1.0 + taxes)
    return account, 0.55 * account + 0.45 * np.append(account[0], account[:-1])

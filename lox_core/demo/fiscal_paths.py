"""The simulated public purse: the monthly balance with its tax seasons, output, interest and receipts by quarter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lox_core.demo.episodes import LEVELS
from lox_core.demo.processes import Days, Floats, stream, wandering

_SEASON_PCT = (2.6, -6.6, -4.2, 10.8, -4.0, 0.8, -2.2, -3.6, 6.4, -1.4, -3.6, 5.0)


@dataclass(frozen=True, eq=False)
class FiscalPaths:
    """The purse by month and quarter.

    ``balance`` is monthly, millions (negative: deficit), shape (n_months,); ``output``, ``interest`` and ``receipts``
    are quarterly, billions at annual rates, shape (n_quarters,).
    """

    balance: Floats
    output: Floats
    interest: Floats
    receipts: Floats


def simulate_fiscal(seed: int, months: Days, quarters: Days) -> FiscalPaths:
    """Final values on ``months`` and ``quarters`` (first days). Nothing is missing."""
    draws, size = stream(seed, "fiscal"), len(quarters)
    calendar_month = months.astype("datetime64[M]").astype(int) % 12
    season = np.array(_SEASON_PCT) - np.mean(_SEASON_PCT)
    share_pct = -LEVELS["deficit_pct"].at(months) + season[calendar_month] + 0.55 * draws.standard_normal(len(months))
    balance = share_pct / 100.0 * LEVELS["output_bn"].at(months, geometric=True) * 1000.0 / 12.0

    def around(name: str, spread: float) -> Floats:
        return np.asarray(
            LEVELS[name].at(quarters, geometric=True) * np.exp(wandering(draws, size, spread=spread, persistence=0.7)),
            float,
        )

    return FiscalPaths(
        balance=np.round(balance),
        output=np.round(around("output_bn", 0.0035), 3),
        interest=np.round(around("interest_bn", 0.008), 3),
        receipts=np.round(around("receipts_bn", 0.012), 3),
    )

"""Cash dividends ahead: those declared, then the last year's repeated a year on and marked projected."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, timedelta

from lox_core.portfolio.positions import Dividend

YEAR_DAYS = timedelta(days=364)  # fifty-two weeks: ex-dates keep their weekday
LOOK_BACK = timedelta(days=358)  # a week short of a year, so that a quarterly payer's last four are four
NEAR = timedelta(days=20)


def dividends_ahead(known: Iterable[Dividend], *, today: date, until: date) -> tuple[Dividend, ...]:
    """Ex-dates from ``today`` to ``until``, ascending.

    Parameters
    ----------
    known : iterable of Dividend
        Declared dividends, past and coming, in any order. Two of one day are added up.
    today, until : date
        Both inclusive.

    Returns
    -------
    tuple of Dividend
        The declared ones, then the last year's (four for a quarterly payer) a year on, and on again while ``until``
        lies beyond. Nothing is projected onto or within twenty days after the last declared ex-date, nor for who has
        paid nothing for a year.
    """
    by_day: dict[date, float] = {}
    for one in known:
        if math.isfinite(one.amount) and one.amount > 0:
            by_day[one.ex_date] = by_day.get(one.ex_date, 0.0) + one.amount
    declared = [Dividend(day, amount) for day, amount in sorted(by_day.items())]
    ahead = [one for one in declared if today <= one.ex_date <= until]
    if not declared or declared[-1].ex_date < today - YEAR_DAYS:
        return tuple(ahead)
    last = declared[-1].ex_date
    pattern = [one for one in declared if one.ex_date > last - LOOK_BACK]
    years = 1
    while pattern[0].ex_date + years * YEAR_DAYS <= until:
        moved = [Dividend(one.ex_date + years * YEAR_DAYS, one.amount, projected=True) for one in pattern]
        ahead += [one for one in moved if max(today, last + NEAR) <= one.ex_date <= until]
        years += 1
    return tuple(ahead)

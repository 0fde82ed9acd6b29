"""The US equity index as daily closes, from the best source that answers; the playbook's benchmark.

The S&P 500 from FMP reaches back furthest. SPY stands in with its dividends, then without; then FRED's own copies,
of which SP500 holds about ten years and NASDAQCOM is another index. The source says which it was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pandas as pd

from lox_core.calendars import last_close, sessions_since
from lox_core.catalog import Observations, series
from lox_core.clock import AsOf
from lox_core.errors import AuthError, DataError, Unavailable
from lox_core.market.prices import PriceSource, closed_at, cut
from lox_core.providers.fmp import Adjusted
from lox_core.sourced import Attempt, Sourced

PRICED: tuple[tuple[str, Adjusted], ...] = (("^GSPC", "split"), ("SPY", "dividend"), ("SPY", "split"))
PUBLISHED = ("SP500", "NASDAQCOM")
BEHIND_MAX_SESSIONS = 5
SeriesOf = Callable[[str, AsOf], Sourced[Observations]]


def index_history(prices: PriceSource, series_of: SeriesOf, as_of: AsOf, now: datetime) -> Sourced[pd.Series]:
    """Daily closes up to ``as_of``, ascending; a history that ends more than a week earlier is only a last resort.

    Raises
    ------
    Unavailable
        No source has any.
    """
    attempts: list[Attempt] = []
    outdated: list[Sourced[pd.Series]] = []
    for ask, name in _asks(prices, series_of, as_of, now):
        try:
            found = ask()
        except DataError as error:
            if isinstance(error, AuthError) and error.status is None and any(str(error) == a.outcome for a in attempts):
                continue  # the same missing key, already told
            attempts.append(Attempt(name, str(error)))
            continue
        if _behind(found, as_of, now) <= BEHIND_MAX_SESSIONS:
            return found.via(*attempts)
        attempts.append(Attempt(found.source, f"Ends on {found.value.index[-1].date()}."))
        outdated.append(found)
    if outdated:
        return outdated[0].via(*attempts)
    why = " ".join(dict.fromkeys(attempt.outcome for attempt in attempts))
    raise Unavailable(f"No equity index history could be had. {why}", source="FMP", item="equity index")


def _asks(
    prices: PriceSource, series_of: SeriesOf, as_of: AsOf, now: datetime
) -> list[tuple[Callable[[], Sourced[pd.Series]], str]]:
    def priced(symbol: str, adjusted: Adjusted) -> Callable[[], Sourced[pd.Series]]:
        return lambda: prices.closes(symbol, adjusted, as_of, now)

    def published(series_id: str) -> Callable[[], Sourced[pd.Series]]:
        return lambda: _published(series_of(series_id, as_of), as_of, now)

    asks = [(priced(symbol, adjusted), f"{prices.prefix}FMP:{symbol}") for symbol, adjusted in PRICED]
    return asks + [(published(series_id), f"{prices.prefix}FRED:{series_id}") for series_id in PUBLISHED]


def _published(found: Sourced[Observations], as_of: AsOf, now: datetime) -> Sourced[pd.Series]:
    closes = cut(found.value.as_known(series(found.value.series_id), as_of).to_series(), as_of, now)
    if closes.empty:
        raise Unavailable(f"{found.source} has no close up to {as_of.date}.", source="FRED", item=found.value.series_id)
    told = closes.rename(found.source).rename_axis("date")
    return Sourced(
        value=told,
        as_of=closed_at(told.index[-1].date()),
        fetched_at=found.fetched_at,
        source=found.source,
        route=found.route,
        attempts=found.attempts,
    )


def _behind(found: Sourced[pd.Series], as_of: AsOf, now: datetime) -> int:
    """Sessions that had closed at ``as_of`` and are not in the history."""
    return sessions_since(found.value.index[-1].date(), last_close(min(as_of.instant, now)).date())

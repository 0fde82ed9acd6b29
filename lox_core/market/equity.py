"""The US equity index as daily closes, from the best source that answers; the playbook's benchmark.

The S&P 500 from FMP reaches back furthest. SPY stands in with its dividends, then without; then FRED's own copies,
of which SP500 holds about ten years and NASDAQCOM is another index. The source says which it was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

import pandas as pd

from lox_core.calendars import last_close, sessions_since
from lox_core.catalog import Observations, series
from lox_core.clock import AsOf
from lox_core.errors import DataError, ProviderError, SeriesNotFound, Unavailable
from lox_core.market.prices import PriceSource, closed_at, cut
from lox_core.providers.fmp import Adjusted
from lox_core.sourced import Attempt, Sourced

PRICED: tuple[tuple[str, Adjusted], ...] = (("^GSPC", "split"), ("SPY", "dividend"), ("SPY", "split"))
PUBLISHED = ("SP500", "NASDAQCOM")
BEHIND_MAX_SESSIONS = 5
SeriesOf = Callable[[str, AsOf, DataError | None], Sourced[Observations]]
_Ask: TypeAlias = tuple[str, str, Callable[[DataError | None], Sourced[pd.Series]]]


def index_history(prices: PriceSource, series_of: SeriesOf, as_of: AsOf, now: datetime) -> Sourced[pd.Series]:
    """Daily closes up to ``as_of``, ascending; a history that ends more than a week earlier is only a last resort.

    Raises
    ------
    Unavailable
        No source has any.
    """
    attempts: list[Attempt] = []
    outdated: list[Sourced[pd.Series]] = []
    silent: dict[str, DataError] = {}
    for vendor, name, ask in _asks(prices, series_of, as_of, now):
        try:
            found = ask(silent.get(vendor))
        except DataError as error:
            if str(error) == str(silent.get(vendor)):
                continue  # told already
            if isinstance(error, ProviderError) and error.status is None:  # no key or no reply: so it will be for all
                silent[vendor] = error
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


def _asks(prices: PriceSource, series_of: SeriesOf, as_of: AsOf, now: datetime) -> list[_Ask]:
    """Every source in order: its vendor, its name, and how it is asked."""

    def priced(symbol: str, adjusted: Adjusted) -> _Ask:
        return "FMP", f"{prices.prefix}FMP:{symbol}", lambda why: prices.closes(symbol, adjusted, as_of, now, why)

    def published(series_id: str) -> _Ask:
        name = f"{prices.prefix}FRED:{series_id}"
        return "FRED", name, lambda why: _published(series_of(series_id, as_of, why), as_of, now)

    return [*(priced(symbol, adjusted) for symbol, adjusted in PRICED), *(published(name) for name in PUBLISHED)]


def _published(found: Sourced[Observations], as_of: AsOf, now: datetime) -> Sourced[pd.Series]:
    closes = cut(found.value.as_known(series(found.value.series_id), as_of).to_series(), as_of, now)
    if closes.empty:
        raise SeriesNotFound(
            f"{found.source} has no close up to {as_of.date}.", source="FRED", item=found.value.series_id
        )
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

"""Trading days, half days and day counts, from the New York Stock Exchange's calendar.

exchange_calendars takes seconds to import and warns about pandas while it builds, so it is loaded on first use,
once, and reduced to a numpy business-day calendar.
"""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lox_core.clock import NEW_YORK

_BUILDING = threading.Lock()  # catch_warnings is the whole process's: two builders would undo each other's filters
FIRST_SESSION, LAST_SESSION = "1960-01-04", "2032-12-31"
Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Sessions:
    """NYSE sessions from 1960 to 2032: ``days`` ascending, ``busday`` for numpy's business-day functions."""

    days: Days
    busday: np.busdaycalendar
    early_closes: frozenset[date]


def nyse() -> Sessions:
    """The exchange's sessions, built once per process however many threads ask at once."""
    with _BUILDING:
        return _nyse()


@lru_cache(maxsize=1)
def _nyse() -> Sessions:
    import exchange_calendars

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        calendar = exchange_calendars.get_calendar("XNYS", start=FIRST_SESSION, end=LAST_SESSION)
        days = np.asarray(calendar.sessions.values, dtype="datetime64[D]")
        early = frozenset(stamp.date() for stamp in calendar.early_closes)
    weekdays = np.arange(days[0], days[-1] + 1, dtype="datetime64[D]")
    weekdays = weekdays[np.is_busday(weekdays)]
    return Sessions(days, np.busdaycalendar(holidays=np.setdiff1d(weekdays, days)), early)


def sessions_between(first: date, last: date) -> Days:
    """Trading days in ``[first, last]``, ascending ``datetime64[D]``."""
    days = nyse().days
    start, stop = (
        np.searchsorted(days, np.datetime64(first, "D")),
        np.searchsorted(days, np.datetime64(last, "D"), "right"),
    )
    return days[start:stop]


def is_session(day: date) -> bool:
    """Whether the exchange trades on ``day``."""
    return bool(np.is_busday(np.datetime64(day, "D"), busdaycal=nyse().busday))


def sessions_since(day: date, until: date) -> int:
    """Trading days after ``day`` up to and including ``until``; 0 when there is none."""
    one = np.timedelta64(1, "D")
    count = np.busday_count(np.datetime64(day, "D") + one, np.datetime64(until, "D") + one, busdaycal=nyse().busday)
    return max(int(count), 0)


def close_of(day: date) -> datetime:
    """The closing instant of a session: 16:00 New York, 13:00 on half days."""
    hour = 13 if day in nyse().early_closes else 16
    return datetime(day.year, day.month, day.day, hour, tzinfo=NEW_YORK)


def opening_of(day: date) -> datetime:
    """The opening instant of a day: 09:30 New York, when its ex-dividend prices begin."""
    return datetime(day.year, day.month, day.day, 9, 30, tzinfo=NEW_YORK)


def last_close(now: datetime) -> datetime:
    """The latest session close at or before ``now``."""
    day = now.astimezone(NEW_YORK).date()
    while not is_session(day) or close_of(day) > now:
        day -= timedelta(days=1)
    return close_of(day)


def in_session(now: datetime) -> bool:
    """Whether the exchange is open at ``now`` (09:30 to the close, New York)."""
    local = now.astimezone(NEW_YORK)
    opening = local.replace(hour=9, minute=30, second=0, microsecond=0)
    return is_session(local.date()) and opening <= local < close_of(local.date())

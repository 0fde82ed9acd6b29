"""The catalog: identity, units, frequency, release lag, revision habit and staleness of every series Lox reads.

The rows are in ``series.toml`` beside this module. ``known_at`` turns observation dates into the instant a trader
could first have read them, by the series' release rule; where a vendor states real vintages, those win.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lox_core.calendars import nyse, sessions_since
from lox_core.clock import NEW_YORK, AsOf

Days = NDArray[np.datetime64]
Frequency = Literal["daily", "calendar_daily", "weekly", "monthly", "quarterly"]
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Lag:
    """When an observation becomes public.

    ``rule`` is one of: ``business`` (``days`` trading days after the observation date), ``calendar`` (``days``
    days after it), ``month_end`` (``days`` after the end of its month, moved to a weekday), ``jobs_friday`` (the
    employment report: the third Friday after the week holding the month's 12th, a week later where that is one of
    the first three days of January), ``quarter_end`` (``days`` after the end of its quarter, moved to a weekday).
    ``at`` is the New York time of day, HH:MM.
    """

    rule: Literal["business", "calendar", "month_end", "jobs_friday", "quarter_end"]
    days: int = 0
    at: str = "08:30"

    def release_days(self, dates: Days) -> Days:
        """The publication day of each observation date."""
        if self.rule == "business":
            return np.busday_offset(dates, self.days, roll="backward", busdaycal=nyse().busday)
        if self.rule == "calendar":
            return dates + np.timedelta64(self.days, "D")
        months = dates.astype("datetime64[M]")
        one = np.timedelta64(1, "M")
        if self.rule == "jobs_friday":
            return _jobs_fridays(months)
        if self.rule == "quarter_end":
            months = months + (2 - months.astype(int) % 3) * one
        end = (months + one).astype("datetime64[D]") - np.timedelta64(1, "D")
        return np.busday_offset(end + np.timedelta64(self.days, "D"), 0, roll="forward")

    def known_at(self, dates: Days) -> Days:
        """The instant, UTC ``datetime64[s]``, each observation becomes public."""
        return at_new_york(self.release_days(dates), self.at)


@dataclass(frozen=True)
class Staleness:
    """The age past which an observation counts for nothing: trading days (``3bd``) or calendar days (``45d``)."""

    count: int
    unit: Literal["bd", "d"]

    @classmethod
    def parse(cls, text: str) -> Staleness:
        """Read ``3bd`` or ``45d``."""
        return cls(int(text.removesuffix("bd")), "bd") if text.endswith("bd") else cls(int(text.removesuffix("d")), "d")

    def __str__(self) -> str:
        return f"{self.count} trading days" if self.unit == "bd" else f"{self.count} days"


@dataclass(frozen=True)
class Series:
    """One row of the catalog.

    Attributes
    ----------
    id, title, units, short : str
        The vendor's id and title; units as the vendor states them; a short name for the page.
    frequency : str
        ``daily``, ``calendar_daily``, ``weekly``, ``monthly`` or ``quarterly``.
    lag : Lag
        The release rule.
    revised : bool
        Whether published values change later, so that vintages matter.
    stale : Staleness
        Past this age the observation is grey.
    kind : {"market", "release"}
        ``market`` series count through their observation of a date as-of; ``release`` series by publication.
    substitutes : tuple of str
        What may stand in, in order.
    reestimated : bool
        The whole history changes with every release, so vintages are too many to ask for.
    posted_at : str or None
        New York time of day, HH:MM, at which FRED itself shows the new value where that is hours after it became
        public; a copy fetched earlier lacks it.
    ended : date or None
        The last day of a series its publisher has discontinued; nothing newer can come.
    note : str
        A caveat the page repeats.
    """

    id: str
    title: str
    units: str
    short: str
    frequency: Frequency
    lag: Lag
    revised: bool
    stale: Staleness
    kind: Literal["market", "release"]
    substitutes: tuple[str, ...] = ()
    reestimated: bool = False
    posted_at: str | None = None
    ended: date | None = None
    note: str = ""

    @property
    def day_turns_at(self) -> str:
        """When a fetch of today has the newest value: its release hour, or when FRED posts it."""
        return self.posted_at or self.lag.at

    def age_days(self, date: np.datetime64, known_at: np.datetime64, as_of: AsOf) -> int:
        """Calendar days of age at ``as_of``.

        Counted from the observation date for daily and weekly series, from publication for slower ones; never negative.
        """
        return max(int((np.datetime64(as_of.date, "D") - self._age_start(date, known_at)).astype(int)), 0)

    def is_stale(self, date: np.datetime64, known_at: np.datetime64, as_of: AsOf) -> bool:
        """Whether an observation is too old to count at ``as_of``."""
        if self.stale.unit == "bd":
            return sessions_since(_day(self._age_start(date, known_at)), as_of.date) > self.stale.count
        return self.age_days(date, known_at, as_of) > self.stale.count

    def _age_start(self, date: np.datetime64, known_at: np.datetime64) -> np.datetime64:
        slow = self.frequency in ("monthly", "quarterly")
        start: np.datetime64 = new_york_days(np.array([known_at]))[0] if slow else date.astype("datetime64[D]")
        return start


def _jobs_fridays(months: Days) -> Days:
    twelfth = months.astype("datetime64[D]") + np.timedelta64(11, "D")
    saturday = np.busday_offset(twelfth, 0, roll="forward", weekmask="Sat")  # the survey week ends on it
    fridays = saturday + np.timedelta64(20, "D")
    in_year = (fridays - fridays.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)
    return np.where(in_year < 3, fridays + np.timedelta64(7, "D"), fridays)


def _day(stamp: np.datetime64) -> date:
    return date.fromisoformat(str(stamp))


def at_new_york(days: Days, hhmm: str) -> Days:
    """``days`` at a New York time of day, as UTC ``datetime64[s]``."""
    local = pd.DatetimeIndex(days.astype("datetime64[s]")) + pd.Timedelta(hours=int(hhmm[:2]), minutes=int(hhmm[3:]))
    utc = local.tz_localize(NEW_YORK, ambiguous=False, nonexistent="shift_forward").tz_convert(_UTC)
    return np.array(utc.tz_localize(None), "datetime64[s]")


def new_york_days(instants: Days) -> Days:
    """The New York calendar day of UTC instants."""
    local = pd.DatetimeIndex(instants.astype("datetime64[s]")).tz_localize("UTC").tz_convert(NEW_YORK)
    return np.array(local.tz_localize(None), "datetime64[D]")


def _read(row: dict[str, Any]) -> Series:
    frequency = row["frequency"]
    return Series(
        id=row["id"],
        title=row["title"],
        units=row["units"],
        short=row["short"],
        frequency=frequency,
        lag=Lag(**row["lag"]),
        revised=row.get("revised", False),
        stale=Staleness.parse(row["stale_after"]),
        kind="market" if row.get("market", frequency in ("daily", "calendar_daily")) else "release",
        substitutes=tuple(row.get("substitutes", ())),
        reestimated=row.get("reestimated", False),
        posted_at=row.get("posted_at"),
        ended=date.fromisoformat(row["ended"]) if "ended" in row else None,
        note=row.get("note", ""),
    )


@lru_cache(maxsize=1)
def _load() -> dict[str, Series]:
    text = Path(__file__).with_name("series.toml").read_text(encoding="utf-8")
    rows = [_read(row) for row in tomllib.loads(text)["series"]]
    return {row.id: row for row in rows}


SERIES: dict[str, Series] = _load()


def series(series_id: str) -> Series:
    """The catalog's row; raises ``KeyError`` for a series Lox does not read."""
    return SERIES[series_id]

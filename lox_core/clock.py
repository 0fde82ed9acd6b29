"""Time: the instant the market is looked at, and who may say what time it is.

Only faces (pages, command line, routes) build a :class:`Clock` or an :class:`AsOf`; everything below receives them.
``LOX_NOW`` makes the clock stand at an instant, for tests and replays; deadlines stay on the monotonic clock.
"""

from __future__ import annotations

import time as _time
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from lox_core.errors import SettingsError

NEW_YORK = ZoneInfo("America/New_York")
Kind = Literal["now", "moment", "date"]
_LAST_SECOND = time(23, 59, 59)
_FIRST_YEAR = 1900


@dataclass(frozen=True)
class AsOf:
    """The point in time a question is asked for.

    Attributes
    ----------
    instant : datetime
        Aware. For ``kind="date"`` it is 23:59:59 New York of that day.
    kind : {"now", "moment", "date"}
        ``now``: the present; ``moment``: a past instant, where publication time decides for everything;
        ``date``: that day as a trader saw it after the close, so daily market series count through their
        observation of the day and releases count if published by 23:59 New York.
    """

    instant: datetime
    kind: Kind = "moment"

    def __post_init__(self) -> None:
        if self.instant.tzinfo is None:
            raise SettingsError("as_of", "An as-of moment needs a time zone offset, e.g. 2020-03-16T10:00-04:00.")

    @classmethod
    def on(cls, day: date) -> AsOf:
        """The close of ``day``, New York."""
        return cls(datetime.combine(day, _LAST_SECOND, NEW_YORK), "date")

    @classmethod
    def parse(cls, text: str, clock: Clock) -> AsOf:
        """Read ``2020-03-16``, ``2020-03-16T10:00-04:00`` or ``now``.

        Raises
        ------
        SettingsError
            The text is neither, or lies after the clock's present or before 1900.
        """
        text = text.strip()
        now = clock.now()
        if text in ("", "now"):
            return cls(now, "now")
        try:
            if len(text) == 10:
                as_of = cls.on(date.fromisoformat(text))
                future = as_of.date > now.astimezone(NEW_YORK).date()
            elif ":" not in text:
                raise ValueError
            else:
                as_of = cls(datetime.fromisoformat(text), "moment")
                future = as_of.instant > now
        except ValueError:
            raise SettingsError(
                "as_of",
                f"'{text[:40]}' is not a date: use YYYY-MM-DD, or a moment with its offset, 2020-03-16T10:00-04:00.",
            ) from None
        if as_of.instant.year < _FIRST_YEAR:
            raise SettingsError("as_of", f"{text[:40]} lies before {_FIRST_YEAR}, where no series begins.")
        if future:
            raise SettingsError(
                "as_of", f"{text[:40]} lies in the future; the clock stands at {now:%Y-%m-%d %H:%M %Z}."
            )
        return as_of

    @property
    def date(self) -> date:
        """The New York day."""
        return self.instant.astimezone(NEW_YORK).date()

    @property
    def utc(self) -> datetime:
        """The instant in UTC."""
        return self.instant.astimezone(UTC)

    @property
    def is_past(self) -> bool:
        """Whether history is being replayed, so the live book is hidden and nothing is journalled."""
        return self.kind != "now"

    def __str__(self) -> str:
        if self.kind == "date":
            return self.date.isoformat()
        return self.instant.astimezone(NEW_YORK).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Clock:
    """The present. ``fixed`` (from ``LOX_NOW``) makes it stand still."""

    fixed: datetime | None = None

    @classmethod
    def from_setting(cls, lox_now: str | None) -> Clock:
        """Build from the ``LOX_NOW`` setting: an ISO instant with offset, or nothing."""
        if not lox_now:
            return cls()
        try:
            fixed = datetime.fromisoformat(lox_now)
        except ValueError:
            raise SettingsError("LOX_NOW", f"LOX_NOW '{lox_now[:40]}' is not an ISO instant.") from None
        if fixed.tzinfo is None:
            raise SettingsError("LOX_NOW", "LOX_NOW needs a time zone offset, e.g. 2020-03-17T18:00-04:00.")
        return cls(fixed)

    def now(self) -> datetime:
        """The present instant, aware, in UTC unless ``fixed`` says otherwise."""
        return self.fixed if self.fixed is not None else datetime.now(UTC)

    def as_of_now(self) -> AsOf:
        """The present as an as-of."""
        return AsOf(self.now(), "now")

    @staticmethod
    def monotonic() -> float:
        """Seconds that never run backwards, for deadlines, breakers and retries."""
        return _time.monotonic()

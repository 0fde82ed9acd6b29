"""The one policy on age: when a kept copy is used as it is, when its vendor is asked again, and when it is stale.

Two clocks, never mixed: this is *fetch age*, how long ago we asked. How old an *observation* may be is the catalog's
(:meth:`lox_core.catalog.Series.is_stale`). Nothing here reads a clock; ``now`` is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from lox_core.clock import NEW_YORK

Decision = Literal["use", "refresh"]
AFTER_RELEASE = timedelta(minutes=5)
CLOCK_SLACK = timedelta(hours=1)


@dataclass(frozen=True)
class Rule:
    """One row of the staleness table.

    Attributes
    ----------
    source : str
        In words.
    stale_after : timedelta
        Fetch age past which a copy is flagged stale.
    daily_at : str or None
        For what is fetched once a day: the New York time of day (HH:MM) its day turns at. None: asked again as soon
        as it is stale.
    """

    source: str
    stale_after: timedelta
    daily_at: str | None = None


@dataclass(frozen=True)
class Policy:
    """The staleness table."""

    fred: Rule = Rule("FRED", timedelta(days=2), daily_at="08:30")
    fmp_quotes: Rule = Rule("FMP quotes", timedelta(minutes=30))
    fmp_history: Rule = Rule("FMP price history", timedelta(days=2), daily_at="16:30")
    alpaca_positions: Rule = Rule("Alpaca positions", timedelta(minutes=5))
    trading_economics_calendar: Rule = Rule("Trading Economics calendar", timedelta(hours=1))
    llm_analysis: Rule = Rule("LLM analysis", timedelta(minutes=30))


POLICY = Policy()


def decide(rule: Rule, fetched_at: datetime | None, now: datetime, *, daily_at: str | None = None) -> Decision:
    """What to do about a copy.

    Parameters
    ----------
    rule : Rule
    fetched_at : datetime or None
        Aware; None where there is no copy.
    now : datetime
        Aware.
    daily_at : str, optional
        The item's own hour (a series' release hour) in place of the rule's.

    Returns
    -------
    {"use", "refresh"}
        ``refresh`` also where there is no copy at all, and where the copy is from the future of a clock that was set
        back.
    """
    if fetched_at is None:
        return "refresh"
    hour = daily_at or rule.daily_at
    from_the_future = fetched_at > now + CLOCK_SLACK
    due = fetched_at < last_turn(now, hour) if hour and rule.daily_at else is_stale(rule, fetched_at, now)
    return "refresh" if due or from_the_future else "use"


def last_turn(now: datetime, hhmm: str) -> datetime:
    """The latest instant at or before ``now`` at which the fetch day turned: ``hhmm`` New York, plus five minutes."""
    today = now.astimezone(NEW_YORK).date()
    turns = (
        _turn_of(today - timedelta(days=back), hhmm) for back in range(3)
    )  # an hour before midnight turns after it
    return next(turn for turn in turns if turn <= now)


def _turn_of(day: date, hhmm: str) -> datetime:
    at = datetime.combine(day, time(int(hhmm[:2]), int(hhmm[3:])), NEW_YORK)
    return at.astimezone(UTC) + AFTER_RELEASE


def age(fetched_at: datetime, now: datetime) -> timedelta:
    """How long ago we asked; never negative, also when the clock was set back."""
    return max(now - fetched_at, timedelta())


def is_stale(rule: Rule, fetched_at: datetime, now: datetime) -> bool:
    """Whether a copy is to be flagged stale; judged when drawn."""
    return age(fetched_at, now) > rule.stale_after


def settled(fetched_at: datetime, last_day: date) -> bool:
    """Whether a copy of the world up to ``last_day`` was fetched two days on or later, and so will never change."""
    return fetched_at.astimezone(NEW_YORK).date() > last_day + timedelta(days=1)

"""The exchange's calendar against holidays and half days the New York Stock Exchange announced."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core import calendars
from lox_core.clock import NEW_YORK

DAYS = st.dates(date(1990, 1, 1), date(2030, 12, 31))

# The exchange's published holidays of 2026, and closures everybody remembers.
CLOSED = [
    date(2026, 1, 1),
    date(2026, 1, 19),
    date(2026, 2, 16),
    date(2026, 4, 3),
    date(2026, 5, 25),
    date(2026, 6, 19),
    date(2026, 7, 3),  # the Fourth falls on a Saturday
    date(2026, 9, 7),
    date(2026, 11, 26),
    date(2026, 12, 25),
    date(2001, 9, 11),
    date(2001, 9, 14),
    date(2012, 10, 29),  # Sandy
    date(2012, 10, 30),
    date(2018, 12, 5),  # mourning for G. H. W. Bush
    date(2025, 1, 9),  # mourning for J. Carter
]
OPEN = [date(2026, 11, 25), date(2026, 11, 27), date(2026, 10, 12), date(2026, 11, 11), date(2001, 9, 17)]
HALF_DAYS = [date(2026, 11, 27), date(2026, 12, 24), date(2025, 7, 3), date(2024, 11, 29)]


@pytest.mark.parametrize("day", CLOSED)
def test_the_exchange_is_closed(day):
    assert not calendars.is_session(day)


@pytest.mark.parametrize("day", OPEN)
def test_the_exchange_is_open(day):
    assert calendars.is_session(day)


@pytest.mark.parametrize("day", HALF_DAYS)
def test_half_days_close_at_one(day):
    assert calendars.close_of(day) == datetime(day.year, day.month, day.day, 13, 0, tzinfo=NEW_YORK)


def test_whole_days_close_at_four_in_summer_and_winter():
    assert calendars.close_of(date(2026, 11, 25)).astimezone(UTC).hour == 21
    assert calendars.close_of(date(2026, 7, 6)).astimezone(UTC).hour == 20


def test_2024_had_252_sessions():
    assert len(calendars.sessions_between(date(2024, 1, 1), date(2024, 12, 31))) == 252


def test_sessions_between_has_both_ends_and_may_be_empty():
    around_thanksgiving = calendars.sessions_between(date(2026, 11, 25), date(2026, 11, 30))
    assert around_thanksgiving.tolist() == [date(2026, 11, 25), date(2026, 11, 27), date(2026, 11, 30)]
    assert len(calendars.sessions_between(date(2026, 11, 28), date(2026, 11, 29))) == 0
    assert len(calendars.sessions_between(date(2026, 11, 30), date(2026, 11, 25))) == 0


@pytest.mark.parametrize(
    ("day", "until", "count"),
    [
        (date(2026, 11, 24), date(2026, 11, 24), 0),
        (date(2026, 11, 24), date(2026, 11, 25), 1),
        (date(2026, 11, 25), date(2026, 11, 26), 0),  # Thanksgiving is no session
        (date(2026, 11, 25), date(2026, 11, 27), 1),  # the half day is one
        (date(2026, 11, 25), date(2026, 11, 30), 2),
        (date(2026, 11, 28), date(2026, 11, 30), 1),  # from a Saturday
        (date(2026, 11, 30), date(2026, 11, 25), 0),  # backwards is none, not negative
    ],
)
def test_sessions_since(day, until, count):
    assert calendars.sessions_since(day, until) == count


@given(DAYS, st.integers(0, 60))
def test_sessions_since_counts_what_sessions_between_lists(day, ahead):
    until = day + timedelta(days=ahead)
    listed = calendars.sessions_between(day + timedelta(days=1), until)
    assert calendars.sessions_since(day, until) == len(listed)


@pytest.mark.parametrize(
    ("now", "close"),
    [
        ("2026-11-26T12:00-05:00", "2026-11-25T16:00-05:00"),  # Thanksgiving noon
        ("2026-11-27T12:59-05:00", "2026-11-25T16:00-05:00"),
        ("2026-11-27T13:00-05:00", "2026-11-27T13:00-05:00"),
        ("2026-11-29T20:00-05:00", "2026-11-27T13:00-05:00"),  # Sunday evening
        ("2026-11-30T20:59+00:00", "2026-11-27T13:00-05:00"),  # a minute before four, said in UTC
        ("2026-11-30T21:00+00:00", "2026-11-30T16:00-05:00"),
    ],
)
def test_last_close(now, close):
    assert calendars.last_close(datetime.fromisoformat(now)) == datetime.fromisoformat(close)


@pytest.mark.parametrize(
    ("now", "trading"),
    [
        ("2026-11-25T09:29:59-05:00", False),
        ("2026-11-25T09:30-05:00", True),
        ("2026-11-25T15:59-05:00", True),
        ("2026-11-25T16:00-05:00", False),
        ("2026-11-26T11:00-05:00", False),
        ("2026-11-27T12:59-05:00", True),
        ("2026-11-27T13:00-05:00", False),
        ("2026-11-28T11:00-05:00", False),
        ("2026-03-09T13:30+00:00", True),  # the Monday after the clocks went forward
        ("2026-03-06T13:30+00:00", False),  # the Friday before: 08:30 in New York
    ],
)
def test_in_session(now, trading):
    assert calendars.in_session(datetime.fromisoformat(now)) is trading


def test_the_calendar_reaches_far_enough_and_is_built_once():
    sessions = calendars.nyse()
    assert sessions.days[0] == np.datetime64("1960-01-04")
    assert sessions.days[-1] >= np.datetime64("2032-12-31")
    assert np.all(np.diff(sessions.days) > np.timedelta64(0, "D"))
    assert calendars.nyse() is sessions


def test_threads_that_ask_at_once_get_one_calendar_and_no_warning():
    calendars._nyse.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: calendars.nyse(), range(8)))
    assert all(one is found[0] for one in found)

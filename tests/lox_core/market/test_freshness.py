"""The policy on age, with the specification's table written out again."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.clock import NEW_YORK
from lox_core.market.freshness import POLICY, Rule, age, decide, is_stale, last_turn, settled

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=NEW_YORK)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=NEW_YORK)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("rule", "stale_after"),
    [
        (POLICY.fred, timedelta(days=2)),
        (POLICY.fmp_quotes, timedelta(minutes=30)),
        (POLICY.alpaca_positions, timedelta(minutes=5)),
        (POLICY.trading_economics_calendar, timedelta(hours=1)),
        (POLICY.llm_analysis, timedelta(minutes=30)),
    ],
)
def test_the_table_is_the_specifications(rule: Rule, stale_after: timedelta) -> None:
    assert rule.stale_after == stale_after
    assert not is_stale(rule, NOW - stale_after, NOW)
    assert is_stale(rule, NOW - stale_after - timedelta(seconds=1), NOW)


@pytest.mark.parametrize(
    ("fetched_at", "now", "decision"),
    [
        (at(2026, 11, 18, 8, 34), at(2026, 11, 18, 8, 34, 30), "use"),
        (at(2026, 11, 18, 8, 34), at(2026, 11, 18, 8, 35), "refresh"),  # the release is out: another day's fetch
        (at(2026, 11, 18, 8, 35), at(2026, 11, 19, 8, 34), "use"),
        (at(2026, 11, 18, 8, 35), at(2026, 11, 19, 8, 35), "refresh"),
        (at(2026, 11, 17, 23, 0), at(2026, 11, 18, 1, 0), "use"),  # midnight turns nothing
    ],
)
def test_a_freds_day_turns_five_minutes_after_the_release_hour(
    fetched_at: datetime, now: datetime, decision: str
) -> None:
    assert decide(POLICY.fred, fetched_at, now, daily_at="08:30") == decision


def test_the_hour_is_the_series_own() -> None:
    fetched_at, now = at(2026, 11, 18, 9, 0), at(2026, 11, 18, 16, 40)
    assert decide(POLICY.fred, fetched_at, now, daily_at="08:30") == "use"
    assert decide(POLICY.fred, fetched_at, now, daily_at="16:30") == "refresh"


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [(date(2026, 3, 6), 13), (date(2026, 3, 9), 12), (date(2026, 10, 30), 12), (date(2026, 11, 2), 13)],
)
def test_the_turn_is_new_yorks_on_both_sides_of_the_clock_change(day: date, utc_hour: int) -> None:
    turn = last_turn(at(day.year, day.month, day.day, 12), "08:30")
    assert turn.astimezone(NEW_YORK).strftime("%Y-%m-%d %H:%M") == f"{day} 08:35"
    assert turn.utctimetuple().tm_hour == utc_hour


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(NEW_YORK)),
    st.integers(0, 48 * 60),
    st.sampled_from(["08:00", "08:30", "13:20", "16:30", "23:58", "00:00"]),
)
def test_between_two_turns_a_series_is_fetched_once(fetched_at: datetime, minutes: int, hour: str) -> None:
    now = fetched_at + timedelta(minutes=minutes)
    turn = last_turn(now, hour)
    assert turn <= now < turn + timedelta(hours=25)
    assert (decide(POLICY.fred, fetched_at, now, daily_at=hour) == "refresh") == (fetched_at < turn)


def test_what_has_a_lifetime_is_asked_again_once_it_is_stale() -> None:
    assert decide(POLICY.fmp_quotes, NOW - timedelta(minutes=30), NOW) == "use"
    assert decide(POLICY.fmp_quotes, NOW - timedelta(minutes=31), NOW) == "refresh"


def test_a_clock_set_back_makes_no_negative_age_and_does_not_freeze_the_future_copy() -> None:
    ahead = NOW + timedelta(days=1)
    assert age(ahead, NOW) == timedelta()
    assert not is_stale(POLICY.fmp_quotes, ahead, NOW)
    assert decide(POLICY.fred, ahead, NOW) == "refresh"
    assert decide(POLICY.fmp_quotes, ahead, NOW) == "refresh"
    assert decide(POLICY.fmp_quotes, NOW + timedelta(minutes=5), NOW) == "use"


def test_a_past_day_is_settled_two_days_on() -> None:
    day = date(2020, 3, 16)
    assert not settled(at(2020, 3, 16, 23, 59), day)
    assert not settled(at(2020, 3, 17, 23, 59), day)
    assert settled(at(2020, 3, 18, 0, 1), day)

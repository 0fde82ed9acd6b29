"""The clock and the as-of: what is read, what is refused, and in which words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.clock import NEW_YORK, AsOf, Clock
from lox_core.errors import SettingsError

EVENING = Clock.from_setting("2020-03-17T18:00-04:00")


def test_lox_now_makes_the_clock_stand():
    assert EVENING.now() == datetime(2020, 3, 17, 22, 0, tzinfo=UTC)
    assert EVENING.now() == EVENING.now()


@pytest.mark.parametrize("unset", [None, ""])
def test_without_lox_now_the_clock_runs_and_is_aware(unset):
    before = datetime.now(UTC)
    now = Clock.from_setting(unset).now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("yesterday", "not an ISO instant"),
        ("2020-03-17T18:00", "needs a time zone offset"),
        ("2020-03-17", "needs a time zone offset"),
        ("2020-13-17T18:00-04:00", "not an ISO instant"),
    ],
)
def test_an_unusable_lox_now_is_refused_in_words(text, says):
    with pytest.raises(SettingsError, match=says) as caught:
        Clock.from_setting(text)
    assert caught.value.setting == "LOX_NOW"


def test_monotonic_time_never_runs_backwards_and_ignores_lox_now():
    readings = [EVENING.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


def test_a_date_is_that_day_after_the_close_in_new_york():
    as_of = AsOf.parse("2020-03-16", EVENING)
    assert as_of.kind == "date"
    assert as_of.date == date(2020, 3, 16)
    assert as_of.utc == datetime(2020, 3, 17, 3, 59, 59, tzinfo=UTC)  # daylight saving began on the 8th
    assert str(as_of) == "2020-03-16"
    assert as_of == AsOf.on(date(2020, 3, 16))


def test_a_winter_date_ends_an_hour_later_in_utc():
    assert AsOf.parse("2020-01-15", EVENING).utc == datetime(2020, 1, 16, 4, 59, 59, tzinfo=UTC)


def test_a_moment_keeps_its_instant_and_tells_the_new_york_day():
    as_of = AsOf.parse("2020-03-16T10:00-04:00", EVENING)
    assert (as_of.kind, as_of.utc) == ("moment", datetime(2020, 3, 16, 14, 0, tzinfo=UTC))
    assert AsOf.parse("2020-03-17T02:30+00:00", EVENING).date == date(2020, 3, 16)
    assert str(as_of) == "2020-03-16T10:00:00-04:00"


@pytest.mark.parametrize("text", ["now", "", "  now  "])
def test_now_is_the_clocks_present(text):
    as_of = AsOf.parse(text, EVENING)
    assert (as_of.kind, as_of.instant) == ("now", EVENING.now())
    assert as_of == EVENING.as_of_now()


def test_only_the_present_is_not_past():
    assert not EVENING.as_of_now().is_past
    assert AsOf.parse("2020-03-17", EVENING).is_past
    assert AsOf.parse("2020-03-17T17:00-04:00", EVENING).is_past


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("16.03.2020", "is not a date"),
        ("2020-02-30", "is not a date"),
        ("20200230", "is not a date"),
        ("20200116", "is not a date"),
        ("2020-03-16 10 o'clock", "is not a date"),
        ("DROP TABLE", "is not a date"),
        ("2020-03-16T10:00", "needs a time zone offset"),
        ("2020-03-18", "lies in the future; the clock stands at 2020-03-17 18:00"),
        ("2020-03-17T18:01-04:00", "lies in the future"),
        ("1899-12-31", "lies before 1900"),
        ("0001-01-01T00:00+14:00", "lies before 1900"),
    ],
)
def test_an_unusable_as_of_is_refused_in_words(text, says):
    with pytest.raises(SettingsError, match=says) as caught:
        AsOf.parse(text, EVENING)
    assert caught.value.setting == "as_of"


def test_todays_date_is_allowed_before_the_day_is_over():
    assert AsOf.parse("2020-03-17", EVENING).date == date(2020, 3, 17)


def test_the_new_york_day_decides_what_is_future_not_the_utc_day():
    after_midnight_utc = Clock.from_setting("2020-03-18T01:00+00:00")  # still the 17th in New York
    with pytest.raises(SettingsError, match="future"):
        AsOf.parse("2020-03-18", after_midnight_utc)


def test_long_nonsense_is_not_repeated_whole():
    with pytest.raises(SettingsError) as caught:
        AsOf.parse("x" * 5000, EVENING)
    assert len(str(caught.value)) < 200


def test_an_as_of_without_offset_cannot_be_built():
    with pytest.raises(SettingsError, match="offset"):
        AsOf(datetime(2020, 3, 16, 10, 0))


def read_or_refuse(text: str) -> AsOf | SettingsError:
    try:
        return AsOf.parse(text, EVENING)
    except SettingsError as error:
        return error


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text):
    answer = read_or_refuse(text)
    assert answer.date <= date(2020, 3, 17) if isinstance(answer, AsOf) else str(answer).endswith(".")


@given(st.datetimes(datetime(1900, 1, 2), datetime(2020, 3, 16)), st.integers(-14 * 60, 14 * 60))
def test_what_an_as_of_prints_reads_back(naive, offset_minutes):
    instant = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset_minutes)))
    as_of = AsOf(instant, "moment")
    assert AsOf.parse(str(as_of), EVENING) == as_of
    assert as_of.date == instant.astimezone(NEW_YORK).date()

"""Publication follows the catalog's rules, and revised series are wrong at first."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.catalog import SERIES
from lox_core.demo.publication import REVISIONS, Line, publish
from lox_core.demo.world import world_of

LAST_ROW = [
    # series, an instant just before the release, the instant of it, the observation it brings; worked out by hand
    ("DGS10", "2026-11-20T08:29:59-05:00", "2026-11-20T08:30:00-05:00", "2026-11-19"),
    ("VIXCLS", "2026-11-23T08:35:59-05:00", "2026-11-23T08:36:00-05:00", "2026-11-20"),
    ("VIXCLS", "2026-07-06T08:35:59-04:00", "2026-07-06T08:36:00-04:00", "2026-07-03"),
    ("BAA10Y", "2026-11-20T16:59:59-05:00", "2026-11-20T17:00:00-05:00", "2026-11-19"),
    ("SOFR", "2026-11-20T07:59:59-05:00", "2026-11-20T08:00:00-05:00", "2026-11-19"),
    ("RRPONTSYD", "2026-11-20T13:19:59-05:00", "2026-11-20T13:20:00-05:00", "2026-11-20"),
    ("IORB", "2026-11-21T08:29:59-05:00", "2026-11-21T08:30:00-05:00", "2026-11-21"),
    ("WALCL", "2026-11-19T16:29:59-05:00", "2026-11-19T16:30:00-05:00", "2026-11-18"),
    ("ICSA", "2026-11-19T08:29:59-05:00", "2026-11-19T08:30:00-05:00", "2026-11-14"),
    ("NFCI", "2026-11-18T08:29:59-05:00", "2026-11-18T08:30:00-05:00", "2026-11-13"),
    ("PAYEMS", "2026-11-06T08:29:59-05:00", "2026-11-06T08:30:00-05:00", "2026-10-01"),
    ("CPIAUCNS", "2026-11-13T08:29:59-05:00", "2026-11-13T08:30:00-05:00", "2026-10-01"),
    ("MTSDS133FMS", "2026-11-12T13:59:59-05:00", "2026-11-12T14:00:00-05:00", "2026-10-01"),
    ("GDP", "2026-10-30T08:29:59-04:00", "2026-10-30T08:30:00-04:00", "2026-07-01"),
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(("series_id", "before", "release", "brings"), LAST_ROW)
def test_an_observation_appears_at_its_release_and_not_a_second_earlier(world, series_id, before, release, brings):
    tape = world.tape(series_id)
    assert str(tape.as_of(at(release)).date[-1]) == brings
    assert tape.as_of(at(before)).date[-1] < np.datetime64(brings)


@given(
    series_id=st.sampled_from(sorted(SERIES)),
    instant=st.datetimes(
        datetime(1999, 1, 1), datetime(2031, 12, 31), timezones=st.just(at("2026-01-01T00:00Z").tzinfo)
    ),
)
def test_nothing_published_later_is_ever_shown(series_id, instant):
    tape = world_of().tape(series_id).as_of(instant)
    assert (tape.known_at <= np.datetime64(instant.replace(tzinfo=None), "s")).all()
    assert (tape.published <= np.datetime64(instant.date(), "D")).all()
    assert (tape.date <= tape.published).all()


def test_tapes_are_sorted_and_each_print_is_later_than_the_one_before(world):
    for series_id in SERIES:
        tape = world.tape(series_id)
        same = tape.date[1:] == tape.date[:-1]
        assert (tape.date[1:] >= tape.date[:-1]).all(), series_id
        assert (tape.known_at[1:][same] > tape.known_at[:-1][same]).all(), series_id
        assert (tape.value[1:][same] != tape.value[:-1][same]).all(), series_id


def test_exactly_the_series_with_a_plan_are_revised(world):
    for series_id in SERIES:
        tape = world.tape(series_id)
        assert (len(np.unique(tape.date)) < len(tape.date)) == (series_id in REVISIONS), series_id
    assert {name for name, spec in SERIES.items() if spec.revised} == set(REVISIONS)


def test_the_last_print_is_the_final_value(world):
    tape, line = world.tape("PAYEMS").latest(), world.lines["PAYEMS"]
    assert np.array_equal(tape.value, line.value)


def test_payrolls_are_corrected_twice_on_the_next_two_employment_reports(world):
    tape = world.tape("PAYEMS")
    prints = tape.published[tape.date == np.datetime64("2026-05-01")]
    assert [str(day) for day in prints] == ["2026-06-05", "2026-07-03", "2026-08-07"]
    first, _, last = tape.value[tape.date == np.datetime64("2026-05-01")]
    assert first != last
    assert abs(first - last) < 300


def test_seasonal_factors_are_redone_with_the_january_report(world):
    tape = world.tape("CPIAUCSL")
    rows = tape.date == np.datetime64("2025-06-01")
    assert [str(day) for day in tape.published[rows]] == ["2025-07-14", "2026-02-13"]
    assert abs(np.diff(tape.value[rows])[0]) < 0.5


def test_unadjusted_prices_never_change(world):
    tape = world.tape("CPIAUCNS")
    assert len(np.unique(tape.date)) == len(tape.date)


def test_the_month_nobody_asked_about_jobs_is_a_row_without_a_number(world):
    tape = world.tape("UNRATE")
    rows = tape.date == np.datetime64("2025-10-01")
    assert np.isnan(tape.value[rows]).tolist() == [True]


def test_validity_of_prints_inside_a_window_of_days():
    dates = np.array(["2026-05-01"], "datetime64[D]")
    tape = publish(5, SERIES["PAYEMS"], Line(dates, np.array([159_000.0]), 0))
    days = [str(day) for day in tape.published]
    assert len(days) == 3
    rows, since, until = tape.valid(date(2026, 6, 10), date(2026, 7, 10))
    assert [str(d) for d in since] == ["2026-06-10", "2026-07-03"]
    assert [str(d) for d in until] == ["2026-07-02", "2026-07-10"]
    assert rows.value.tolist() == tape.value[:2].tolist()
    nothing, _, _ = tape.valid(date(2026, 1, 1), date(2026, 6, 4))
    assert len(nothing.date) == 0

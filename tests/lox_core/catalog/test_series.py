"""The catalog: complete rows, and release rules held against days the publishers really published on."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.catalog.series import SERIES, Lag, Staleness, at_new_york, new_york_days, series
from lox_core.clock import NEW_YORK, AsOf


def days(*texts: str) -> np.ndarray:
    return np.array(texts, "datetime64[D]")


def released(series_id: str, observed: str) -> date:
    return series(series_id).lag.release_days(days(observed))[0].item()


def known_at(series_id: str, observed: str) -> datetime:
    return series(series_id).lag.known_at(days(observed))[0].item().replace(tzinfo=UTC)


class TestRows:
    def test_a_series_lox_does_not_read_is_a_key_error(self):
        with pytest.raises(KeyError):
            series("USSLIND")

    def test_ids_are_unique_and_file_their_rows(self):
        assert all(key == row.id for key, row in SERIES.items())
        assert len({row.short for row in SERIES.values()}) == len(SERIES)

    @pytest.mark.parametrize("row", SERIES.values(), ids=lambda row: row.id)
    def test_every_row_is_complete(self, row):
        assert all((row.title, row.units, row.short))
        assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", row.lag.at)
        assert row.lag.days >= 0
        assert row.stale.count > 0

    @pytest.mark.parametrize("row", SERIES.values(), ids=lambda row: row.id)
    def test_substitutes_are_in_the_catalog_and_lead_nowhere_back(self, row):
        assert row.id not in row.substitutes
        assert [one for one in row.substitutes if one not in SERIES] == []

    def test_daily_series_count_through_their_observation_and_the_rest_by_publication(self):
        for row in SERIES.values():
            assert row.kind == ("market" if row.frequency in ("daily", "calendar_daily") else "release")

    def test_no_market_series_is_revised(self):
        """Market series are asked for without vintages, so one that were revised would leak."""
        assert [row.id for row in SERIES.values() if row.revised and row.kind == "market"] == []

    @pytest.mark.parametrize("row", SERIES.values(), ids=lambda row: row.id)
    def test_a_series_is_not_stale_before_its_next_release_is_due(self, row):
        """Feed each series on time for three years: on the eve of every release the last one still counts."""
        step = {"monthly": "M", "quarterly": "M", "weekly": "W"}.get(row.frequency)
        if step is None:
            observed = np.arange("2023-01-03", "2025-12-01", dtype="datetime64[D]")
            observed = observed[np.is_busday(observed)]
        elif step == "W":
            observed = np.arange("2023-01-04", "2025-12-01", 7, dtype="datetime64[D]")
        else:
            months = np.arange("2023-01", "2025-12", 3 if row.frequency == "quarterly" else 1, dtype="datetime64[M]")
            observed = months.astype("datetime64[D]")
        published = row.lag.known_at(observed)
        for day, known, following in zip(observed[:-1], published[:-1], published[1:], strict=True):
            eve = (following - np.timedelta64(1, "s")).item().replace(tzinfo=UTC)
            assert not row.is_stale(day, known, AsOf(eve, "moment")), f"{row.id} {day} is stale before {following}"


class TestReleaseRules:
    """Each expected day is when the number really came out, by the publisher named."""

    @pytest.mark.parametrize(
        ("month", "published"),
        [
            ("2020-02-01", "2020-03-06"),  # Bureau of Labor Statistics, Employment Situation: a first Friday
            ("2024-03-01", "2024-04-05"),
            ("2024-08-01", "2024-09-06"),
            ("2024-02-01", "2024-03-08"),  # a second Friday: the survey week ended on the 17th
            ("2008-12-01", "2009-01-09"),  # the third Friday after the survey week was 2 January: a week later
            ("2019-12-01", "2020-01-10"),
            ("2024-12-01", "2025-01-10"),
            ("2023-12-01", "2024-01-05"),
            ("2024-10-01", "2024-11-01"),
        ],
    )
    @pytest.mark.parametrize("series_id", ["UNRATE", "PAYEMS", "SAHMREALTIME"])
    def test_the_employment_report(self, series_id, month, published):
        assert released(series_id, month) == date.fromisoformat(published)

    @pytest.mark.parametrize(
        ("series_id", "observed", "published"),
        [
            ("VIXCLS", "2020-03-13", "2020-03-16"),  # Friday's close, on FRED on Monday
            ("DGS10", "2023-01-13", "2023-01-17"),  # over Martin Luther King's day (Board of Governors, H.15)
            ("SOFR", "2019-09-17", "2019-09-18"),  # the 5.25 % of the repo squeeze, New York Fed
            ("RRPONTSYD", "2022-12-30", "2022-12-30"),  # results of the operation, same afternoon, New York Fed
            ("IORB", "2021-07-29", "2021-07-29"),  # its first day, effective at once
            ("WALCL", "2020-03-18", "2020-03-19"),  # Board of Governors, H.4.1: Wednesday's level on Thursday
            ("ICSA", "2020-03-21", "2020-03-26"),  # Department of Labor: the 3.28 million
            ("NFCI", "2023-03-10", "2023-03-15"),  # Chicago Fed: Friday's week on Wednesday
            ("CPIAUCNS", "2022-06-01", "2022-07-13"),  # Bureau of Labor Statistics: the 9.1 %
            ("CPILFESL", "2024-01-01", "2024-02-13"),
            ("PCETRIM12M159SFRBDAL", "2023-02-01", "2023-03-31"),  # Dallas Fed, on the day of the PCE report
            ("GDP", "2019-07-01", "2019-10-30"),  # Bureau of Economic Analysis, third quarter, advance
        ],
    )
    def test_published_on_the_very_day(self, series_id, observed, published):
        assert released(series_id, observed) == date.fromisoformat(published)

    @pytest.mark.parametrize(
        ("series_id", "observed", "published"),
        [
            ("CPIAUCNS", "2021-11-01", "2021-12-10"),  # Bureau of Labor Statistics
            ("CPIAUCNS", "2022-10-01", "2022-11-10"),
            ("CPIAUCNS", "2023-01-01", "2023-02-14"),
            ("CPIAUCNS", "2024-05-01", "2024-06-12"),
            ("INDPRO", "2020-02-01", "2020-03-17"),  # Board of Governors, G.17
            ("INDPRO", "2022-06-01", "2022-07-15"),
            ("INDPRO", "2023-03-01", "2023-04-14"),
            ("GDP", "2020-01-01", "2020-04-29"),  # Bureau of Economic Analysis, advance
            ("GDP", "2022-04-01", "2022-07-28"),
            ("MTSDS133FMS", "2023-02-01", "2023-03-10"),  # Treasury, Monthly Treasury Statement
        ],
    )
    def test_a_rule_of_habit_is_within_days_and_at_most_one_early(self, series_id, observed, published):
        late_days = (released(series_id, observed) - date.fromisoformat(published)).days
        assert -1 <= late_days <= 4

    def test_the_hour_is_new_yorks_in_winter_and_in_summer(self):
        assert known_at("CPIAUCNS", "2024-01-01") == datetime(2024, 2, 13, 13, 30, tzinfo=UTC)
        assert known_at("CPIAUCNS", "2022-06-01") == datetime(2022, 7, 13, 12, 30, tzinfo=UTC)
        assert known_at("WALCL", "2020-03-18") == datetime(2020, 3, 19, 20, 30, tzinfo=UTC)

    def test_releases_of_a_month_fall_on_weekdays(self):
        months = np.arange("1990-01", "2030-01", dtype="datetime64[M]").astype("datetime64[D]")
        for row in SERIES.values():
            if row.frequency in ("monthly", "quarterly"):
                assert np.is_busday(row.lag.release_days(months)).all(), row.id

    @given(
        st.sampled_from(sorted(SERIES)),
        st.lists(st.dates(date(1990, 1, 1), date(2030, 12, 31)), min_size=1, max_size=20),
    )
    def test_nothing_is_known_before_its_period_is_over(self, series_id, observed):
        row = series(series_id)
        ordered = np.array(sorted(observed), "datetime64[D]")
        known = row.lag.known_at(ordered)
        assert (np.diff(known) >= np.timedelta64(0, "s")).all()
        ends = {"monthly": 1, "quarterly": 3}.get(row.frequency)
        if ends and row.lag.rule != "quarter_end":
            period_end = (ordered.astype("datetime64[M]") + np.timedelta64(ends, "M")).astype("datetime64[D]")
            assert (new_york_days(known) >= period_end).all()
        elif row.lag.rule == "calendar":
            assert (new_york_days(known) >= ordered).all()

    def test_any_month_of_a_quarter_belongs_to_its_quarter(self):
        lag = Lag("quarter_end", 30)
        assert set(lag.release_days(days("2019-07-01", "2019-08-01", "2019-09-01")).tolist()) == {date(2019, 10, 30)}


class TestNewYorkTime:
    def test_both_sides_of_the_clock_changes(self):
        utc = at_new_york(days("2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02"), "08:30")
        assert [stamp.item().hour for stamp in utc] == [13, 12, 12, 13]

    def test_an_hour_that_does_not_exist_or_exists_twice_is_still_that_day(self):
        utc = at_new_york(days("2026-03-08", "2026-11-01"), "02:30")
        assert new_york_days(utc).tolist() == [date(2026, 3, 8), date(2026, 11, 1)]

    @given(st.dates(date(1950, 1, 1), date(2032, 12, 31)), st.sampled_from(["08:00", "09:15", "16:30"]))
    def test_going_and_coming_back_is_the_same_day(self, day, at):
        utc = at_new_york(np.array([day], "datetime64[D]"), at)
        assert new_york_days(utc)[0].item() == day
        local = utc[0].item().replace(tzinfo=UTC).astimezone(NEW_YORK)
        assert f"{local:%H:%M}" == at

    def test_nothing_gives_nothing(self):
        assert len(at_new_york(days(), "08:30")) == 0


class TestStaleness:
    @pytest.mark.parametrize(("text", "words"), [("3bd", "3 trading days"), ("45d", "45 days")])
    def test_reads_and_prints(self, text, words):
        assert str(Staleness.parse(text)) == words

    def test_trading_days_are_counted_over_a_holiday_weekend(self):
        vix = series("VIXCLS")
        observed, known = np.datetime64("2026-11-25"), np.datetime64("2026-11-27T13:36")
        assert not vix.is_stale(observed, known, AsOf.on(date(2026, 12, 1)))  # 27 Nov, 30 Nov, 1 Dec
        assert vix.is_stale(observed, known, AsOf.on(date(2026, 12, 2)))

    def test_a_monthly_series_ages_from_its_publication(self):
        cpi = series("CPIAUCNS")
        observed, known = np.datetime64("2022-06-01"), np.datetime64("2022-07-13T12:30")
        assert cpi.age_days(observed, known, AsOf.on(date(2022, 7, 15))) == 2
        assert not cpi.is_stale(observed, known, AsOf.on(date(2022, 8, 27)))
        assert cpi.is_stale(observed, known, AsOf.on(date(2022, 8, 28)))

    def test_a_weekly_series_ages_from_its_observation(self):
        claims = series("ICSA")
        observed, known = np.datetime64("2020-03-21"), np.datetime64("2020-03-26T12:30")
        assert claims.age_days(observed, known, AsOf.on(date(2020, 3, 27))) == 6
        assert not claims.is_stale(observed, known, AsOf.on(date(2020, 4, 2)))
        assert claims.is_stale(observed, known, AsOf.on(date(2020, 4, 3)))

    def test_age_is_never_negative_when_the_clock_goes_back(self):
        vix = series("VIXCLS")
        assert vix.age_days(np.datetime64("2026-11-25"), np.datetime64("NaT"), AsOf.on(date(2026, 11, 20))) == 0
        assert not vix.is_stale(np.datetime64("2026-11-25"), np.datetime64("NaT"), AsOf.on(date(2026, 11, 20)))

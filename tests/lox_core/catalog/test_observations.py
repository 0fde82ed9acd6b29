"""Observations as known: dates, moments and the present, revisions, and what order and repetition may not change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.catalog import Observations, series
from lox_core.catalog.observations import publication
from lox_core.clock import AsOf

CPI, VIX, PAYROLLS = series("CPIAUCNS"), series("VIXCLS"), series("PAYEMS")


def build(spec, rows, **named) -> Observations:
    """Observations from ``(date, value)`` or ``(date, value, vintage)`` rows."""
    stated = [row[2] if len(row) > 2 else "NaT" for row in rows]
    return Observations.of(
        spec,
        np.array([row[0] for row in rows], "datetime64[D]"),
        np.array([row[1] for row in rows], float),
        source=f"FRED:{spec.id}",
        vintage=np.array(stated, "datetime64[D]"),
        **named,
    )


def shown(observations: Observations) -> dict[str, float]:
    return dict(zip(observations.date.astype(str).tolist(), observations.value.tolist(), strict=True))


def moment(text: str, kind="moment") -> AsOf:
    return AsOf(datetime.fromisoformat(text), kind)


def same(left: Observations, right: Observations) -> bool:
    return all(
        np.array_equal(getattr(left, name), getattr(right, name), equal_nan=name in ("value", "vintage"))
        for name in ("date", "value", "known_at", "vintage")
    )


class TestBuilding:
    def test_rows_are_sorted_and_what_is_not_a_number_has_no_row(self):
        got = build(VIX, [("2020-03-16", 60.0), ("2020-03-12", np.nan), ("2020-03-13", 50.0), ("2020-03-11", np.inf)])
        assert shown(got) == {"2020-03-13": 50.0, "2020-03-16": 60.0}
        assert 0.0 not in got.value

    def test_a_vintage_dates_its_row_at_the_release_hour_and_the_lag_rule_the_others(self):
        got = build(CPI, [("2022-05-01", 290.0), ("2022-06-01", 295.0, "2022-07-14")])
        assert got.known_at.astype(str).tolist() == ["2022-06-13T12:30:00", "2022-07-14T12:30:00"]

    def test_publication_can_be_stated(self):
        got = Observations.of(
            CPI, np.array(["2022-06-01"], "datetime64[D]"), np.array([1.0]), source="x",
            known_at=np.array(["2022-07-20T00:00"], "datetime64[s]"),
        )  # fmt: skip
        assert got.known_at[0] == np.datetime64("2022-07-20T00:00")

    def test_of_two_values_with_one_date_and_publication_the_last_given_wins(self):
        assert shown(build(VIX, [("2020-03-16", 1.0), ("2020-03-16", 2.0)])) == {"2020-03-16": 2.0}

    def test_nothing_stays_nothing(self):
        nothing = build(CPI, [])
        for as_of in (
            AsOf.on(date(2022, 7, 1)),
            moment("2022-07-01T10:00+00:00"),
            moment("2022-07-01T10:00+00:00", "now"),
        ):
            assert len(nothing.as_known(CPI, as_of)) == 0
            assert len(build(VIX, []).as_known(VIX, as_of)) == 0
        assert nothing.to_series().empty

    def test_origin_travels_along(self):
        got = build(VIX, [("2020-03-16", 60.0)], proxy=True).as_known(VIX, AsOf.on(date(2020, 3, 16)))
        assert (got.series_id, got.source, got.proxy) == ("VIXCLS", "FRED:VIXCLS", True)

    def test_it_prints_as_one_short_line(self):
        got = build(VIX, [("2020-03-13", 50.0), ("2020-03-16", 60.0)])
        assert repr(got) == "Observations(VIXCLS, 2 rows, 2020-03-13 to 2020-03-16, FRED:VIXCLS)"
        assert "empty" in repr(build(VIX, []))

    def test_a_reduced_series_is_indexed_by_observation_date(self):
        frame = build(VIX, [("2020-03-13", 50.0), ("2020-03-16", 60.0)]).to_series()
        assert frame.name == "VIXCLS"
        assert frame.loc["2020-03-16"] == 60.0
        assert frame.index.is_monotonic_increasing


class TestAsKnown:
    RELEASES = build(CPI, [("2022-05-01", 290.0), ("2022-06-01", 295.0, "2022-07-13")])
    CLOSES = build(VIX, [("2020-03-13", 50.0), ("2020-03-16", 60.0), ("2020-03-17", 55.0)])

    @pytest.mark.parametrize(
        ("as_of", "last"),
        [
            (AsOf.on(date(2022, 7, 12)), "2022-05-01"),
            (AsOf.on(date(2022, 7, 13)), "2022-06-01"),  # published that morning
            (moment("2022-07-13T08:29:59-04:00"), "2022-05-01"),
            (moment("2022-07-13T08:30:00-04:00"), "2022-06-01"),
            (moment("2022-07-13T08:29:59-04:00", "now"), "2022-05-01"),
            (moment("2022-07-13T12:30:00+00:00", "now"), "2022-06-01"),
        ],
    )
    def test_a_release_counts_from_its_hour(self, as_of, last):
        assert str(self.RELEASES.as_known(CPI, as_of).date[-1]) == last

    @pytest.mark.parametrize(
        ("as_of", "last"),
        [
            (AsOf.on(date(2020, 3, 16)), "2020-03-16"),  # a date: as a trader saw it after the close
            (AsOf.on(date(2020, 3, 15)), "2020-03-13"),
            (moment("2020-03-16T16:30-04:00"), "2020-03-13"),  # a moment: FRED has it the next morning
            (moment("2020-03-17T08:35-04:00"), "2020-03-13"),
            (moment("2020-03-17T08:36-04:00"), "2020-03-16"),
            (moment("2020-03-17T18:00-04:00", "now"), "2020-03-16"),
        ],
    )
    def test_a_close_counts_on_its_date_and_by_publication_at_a_moment(self, as_of, last):
        assert str(self.CLOSES.as_known(VIX, as_of).date[-1]) == last

    def test_before_everything_nothing_is_known(self):
        assert len(self.RELEASES.as_known(CPI, AsOf.on(date(2000, 1, 1)))) == 0
        assert len(self.CLOSES.as_known(VIX, AsOf.on(date(2000, 1, 1)))) == 0

    def test_each_vintage_is_shown_in_its_time_and_publication_stays_the_first(self):
        revised = build(
            PAYROLLS,
            [
                ("2020-02-01", 273.0, "2020-03-06"),
                ("2020-02-01", 275.0, "2020-04-03"),
                ("2020-03-01", -701.0, "2020-04-03"),
            ],
        )
        before = revised.as_known(PAYROLLS, AsOf.on(date(2020, 4, 2)))
        after = revised.as_known(PAYROLLS, AsOf.on(date(2020, 4, 3)))
        assert shown(before) == {"2020-02-01": 273.0}
        assert shown(after) == {"2020-02-01": 275.0, "2020-03-01": -701.0}
        assert after.known_at[0] == before.known_at[0] == np.datetime64("2020-03-06T13:30")
        assert after.vintage.astype(str).tolist() == ["2020-04-03", "2020-04-03"]

    def test_a_later_correction_of_a_close_is_not_seen_on_its_date(self):
        corrected = build(VIX, [("2020-03-16", 60.0), ("2020-03-16", 61.5, "2020-05-04")])
        assert shown(corrected.as_known(VIX, AsOf.on(date(2020, 3, 16)))) == {"2020-03-16": 60.0}
        assert shown(corrected.as_known(VIX, AsOf.on(date(2020, 5, 4)))) == {"2020-03-16": 61.5}

    def test_a_first_print_seen_late_still_counts_on_its_date(self):
        """An archive that first saw a close long after it was made dates it then; a date as-of takes the close."""
        late = build(VIX, [("2020-03-16", 60.0, "2026-05-04")])
        assert shown(late.as_known(VIX, AsOf.on(date(2020, 3, 16)))) == {"2020-03-16": 60.0}
        assert shown(late.as_known(VIX, moment("2020-03-18T10:00-04:00"))) == {}


ROWS = st.lists(
    st.tuples(
        st.dates(date(2019, 1, 1), date(2021, 12, 31)),
        st.floats(-1e6, 1e6) | st.just(float("nan")),
        st.none() | st.integers(1, 400),
    ),
    max_size=25,
    unique_by=lambda row: (row[0], row[2]),
)
SPECS = st.sampled_from([CPI, VIX, PAYROLLS, series("WALCL"), series("GDP")])
INSTANTS = st.datetimes(datetime(2019, 1, 1), datetime(2023, 1, 1), timezones=st.just(UTC))
AS_OFS = st.one_of(
    st.dates(date(2019, 1, 1), date(2023, 1, 1)).map(AsOf.on),
    INSTANTS.map(lambda instant: AsOf(instant, "moment")),
    INSTANTS.map(lambda instant: AsOf(instant, "now")),
)


def dated(rows) -> list[tuple]:
    """Rows as :func:`build` takes them, the vintage some days after the date; unique in date and publication."""
    return [(str(day), value, "NaT" if lag is None else str(day + timedelta(days=lag))) for day, value, lag in rows]


def published(spec, rows: list[tuple]) -> np.ndarray:
    """The instant each row became public, whether or not it holds a number."""
    days = np.array([row[0] for row in rows], "datetime64[D]")
    return publication(spec, days, np.array([row[2] for row in rows], "datetime64[D]"))


def unique_by_publication(spec, rows: list[tuple]) -> list[tuple]:
    return list(
        {(row[0], known): row for row, known in zip(rows, published(spec, rows).tolist(), strict=True)}.values()
    )


@given(SPECS, ROWS, st.randoms(use_true_random=False), AS_OFS)
def test_permuting_or_duplicating_rows_changes_nothing(spec, rows, random, as_of):
    plain = unique_by_publication(spec, dated(rows))
    shuffled = plain + random.choices(plain, k=5) if plain else []
    random.shuffle(shuffled)
    assert same(build(spec, plain), build(spec, shuffled))
    assert same(build(spec, plain).as_known(spec, as_of), build(spec, shuffled).as_known(spec, as_of))


@given(SPECS, ROWS, AS_OFS)
def test_what_is_shown_is_one_finite_row_a_date_in_order(spec, rows, as_of):
    view = build(spec, dated(rows)).as_known(spec, as_of)
    assert (np.diff(view.date) > np.timedelta64(0, "D")).all()
    assert np.isfinite(view.value).all()


@given(SPECS, ROWS, AS_OFS)
def test_nothing_is_shown_before_it_was_public(spec, rows, as_of):
    view = build(spec, dated(rows)).as_known(spec, as_of)
    if as_of.kind == "date" and spec.kind == "market":
        assert (view.date <= np.datetime64(as_of.date)).all()
    else:
        assert (view.known_at <= np.datetime64(as_of.utc.replace(tzinfo=None), "s")).all()


def is_future(spec, as_of: AsOf, row: tuple, past: Observations) -> bool:
    """Whether a row becomes public after ``as_of``.

    For a close at a date as-of: whether it is observed after it, or corrects what had been published before.
    """
    day, known = np.datetime64(row[0], "D"), published(spec, [row])[0]
    published_later = bool(known > np.datetime64(as_of.utc.replace(tzinfo=None), "s"))
    if as_of.kind == "date" and spec.kind == "market":
        earlier = past.known_at[past.date == day]
        corrects = published_later and len(earlier) > 0 and bool(known > earlier.max())
        return corrects or bool(day > np.datetime64(as_of.date))
    return published_later


@given(SPECS, ROWS, ROWS, AS_OFS)
def test_appending_future_rows_changes_no_past_view(spec, rows, more, as_of):
    past = unique_by_publication(spec, dated(rows))
    before = build(spec, past)
    future = [row for row in unique_by_publication(spec, dated(more)) if is_future(spec, as_of, row, before)]
    assert same(before.as_known(spec, as_of), build(spec, past + future).as_known(spec, as_of))


def test_the_property_above_would_catch_a_leak():
    """A row public before the as-of does change the view, so equality is not empty."""
    before = build(CPI, [("2022-05-01", 290.0)])
    after = build(CPI, [("2022-05-01", 290.0), ("2022-06-01", 295.0)])
    as_of = AsOf.on(date(2022, 7, 13))
    assert not is_future(CPI, as_of, ("2022-06-01", 295.0, "NaT"), before)
    assert not same(before.as_known(CPI, as_of), after.as_known(CPI, as_of))

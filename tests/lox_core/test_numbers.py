from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core import numbers

PRINTERS = [
    numbers.number,
    numbers.signed,
    numbers.money,
    numbers.percent,
    numbers.share,
    numbers.basis_points,
    numbers.age,
    lambda value: numbers.reading(value, "percent"),
    lambda value: numbers.change(value, "percent", spread=True),
    lambda value: numbers.change(value, "millions of dollars"),
]


@pytest.mark.parametrize("printer", PRINTERS)
@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_a_missing_number_is_a_dash_and_never_zero(printer, value):
    assert printer(value) == "—"


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_a_negative_prints_a_true_minus_and_rounded_zero_no_sign(value, digits):
    text = numbers.signed(value, digits)
    assert "-" not in text
    rounded = float(f"{abs(value):.{digits}f}")
    assert text.startswith("−") == (value < 0 and rounded > 0)
    assert text.startswith("+") == (value > 0 and rounded > 0)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (numbers.money(-4370), "−$4,370"),
        (numbers.money(24.1), "$24.10"),
        (numbers.percent(22.83), "22.8 %"),
        (numbers.basis_points(51.6), "+52 bp"),
        (numbers.reading(21.43, "index"), "21.43"),
        (numbers.reading(-0.414, "index"), "−0.41"),
        (numbers.reading(3.984, "percent"), "3.98 %"),
        (numbers.reading(2.94, "percent, year on year"), "2.94 %"),
        (numbers.reading(4.2, "bp"), "+4 bp"),
        (numbers.reading(6_612_345, "millions of u.s. dollars"), "$6,612 bn"),
        (numbers.reading(0.97, "ratio"), "0.97"),
        (numbers.reading(12.34, "furlongs"), "12.3 furlongs"),
        (numbers.change(3.57, "index"), "+3.57 pts"),
        (numbers.change(0.516, "percent", spread=True), "+52 bp"),
        (numbers.change(0.416, "percent"), "+0.42 pts"),
        (numbers.change(-8.2, "bp"), "−8 bp"),
        (numbers.plural(1, "episode"), "1 episode"),
        (numbers.plural(1200, "episode"), "1,200 episodes"),
        (numbers.size(8_400_000), "8.4 MB"),
        (numbers.size(14_200), "14 kB"),
        (numbers.size(None), "—"),
    ],
)
def test_forms_of_the_design(text, wanted):
    assert text == wanted


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [
        (0, "0 s"),
        (14.2, "14 s"),
        (240, "4 min"),
        (3 * 3600 + 1700, "3 h"),
        (86_400 * 1.4, "1 d"),
        (86_400 * 47, "47 d"),
    ],
)
def test_ages_in_words(seconds, wanted):
    assert numbers.age(seconds) == wanted


def test_a_clock_that_went_back_makes_no_negative_age():
    assert numbers.age(-500) == "0 s"


@pytest.mark.parametrize(
    ("share", "wanted"), [(0.0, "0 %"), (0.001, "1 %"), (0.957, "96 %"), (0.999, "99 %"), (1.0, "100 %")]
)
def test_only_the_whole_is_a_hundred_percent(share, wanted):
    assert numbers.share(share) == wanted


def test_dates_show_the_year_only_when_it_differs():
    today = date(2026, 11, 20)
    assert numbers.day(date(2026, 3, 6), today) == "6 Mar"
    assert numbers.day(date(2025, 3, 6), today) == "6 Mar 2025"
    assert numbers.day(None, today) == "—"


def test_instants_are_told_on_new_yorks_clock():
    assert numbers.moment(datetime(2026, 7, 1, 20, 0, tzinfo=UTC)) == "1 Jul 16:00 ET"
    assert numbers.moment(datetime(2026, 11, 20, 21, 0, tzinfo=UTC)) == "20 Nov 16:00 ET"

"""Strict reading: what is a number, what is missing, and what is neither."""

from __future__ import annotations

import logging
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.errors import SchemaError
from lox_core.providers import fields


@pytest.mark.parametrize(
    ("cell", "value"), [("4.11", 4.11), ("-0.5", -0.5), (3, 3.0), (" 7 ", 7.0), ("1e3", 1000.0), (".5", 0.5)]
)
def test_numbers_are_read(cell: object, value: float) -> None:
    assert fields.number(cell) == value


@pytest.mark.parametrize("cell", [None, "", ".", " "])
def test_the_vendors_marks_are_missing(cell: object) -> None:
    assert fields.number(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        True,
        False,
        math.nan,
        math.inf,
        "NaN",
        "Infinity",
        "-inf",
        "1,234",
        "1_000",
        "1e400",
        10**400,
        "x",
        [],
        {},
        "٣",
        "0x10",
    ],
)
def test_what_is_no_finite_number_is_refused(cell: object) -> None:
    with pytest.raises(ValueError, match="not a"):
        fields.number(cell)


def test_a_column_keeps_missing_and_unreadable_apart_and_makes_neither_zero() -> None:
    values, bad = fields.numbers(["1.5", ".", None, True, 1, "1,234", {}, 2.5])
    assert values.tolist()[0] == 1.5
    assert values[[4, 7]].tolist() == [1.0, 2.5]
    assert np.isnan(values[[1, 2, 3, 5, 6]]).all()
    assert bad.tolist() == [False, False, False, True, False, True, True, False]


@pytest.mark.parametrize(
    "cell",
    [
        *("today", "2021-02-30", "0000-01-01", "1599-12-31", "2021-2-3", "20210203", "2021-02-03T00:00"),
        *(None, 20210203, "NaT", " 2021-02-03", True),
    ],
)
def test_what_is_no_day_is_unreadable(cell: object) -> None:
    days, bad = fields.days(["2021-02-03", cell])
    assert bad.tolist() == [False, True]
    assert days[0] == np.datetime64("2021-02-03")
    assert np.isnat(days[1])


def test_few_unreadable_rows_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    fields.report(2, 10, source="V", item="A", table={})
    assert [(r.levelno, r.getMessage()) for r in caplog.records] == [
        (logging.WARNING, "V A: 2 of 10 rows are unreadable and were skipped")
    ]


def test_a_fifth_of_a_long_reply_is_too_many() -> None:
    fields.report(20, 100, source="V", item="A", table={})
    with pytest.raises(SchemaError, match="21 of 100"):
        fields.report(21, 100, source="V", item="A", table={})


def test_many_unreadable_rows_are_an_error_and_a_lost_field_is_named() -> None:
    with pytest.raises(SchemaError, match="damaged: 6 of 10"):
        fields.report(6, 10, source="V", item="A", table={"date": ["x"]})
    with pytest.raises(SchemaError, match="lost the field 'value'"):
        fields.report(2, 2, source="V", item="A", table={"date": ["x", "y"], "value": [fields.ABSENT] * 2})


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_any_cell_is_a_finite_number_missing_or_refused(cell: Any) -> None:
    values, bad = fields.numbers([cell])
    assert np.isfinite(values[0]) or np.isnan(values[0])
    if bad[0]:
        assert np.isnan(values[0])
    days, _ = fields.days([cell])
    assert days.dtype == np.dtype("datetime64[D]")

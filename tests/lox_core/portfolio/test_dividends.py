from __future__ import annotations

from datetime import date, timedelta

import pytest

from lox_core.portfolio.dividends import dividends_ahead
from lox_core.portfolio.positions import Dividend

QUARTERLY = [
    Dividend(date(2025, 9, 19), 1.80),
    Dividend(date(2025, 12, 19), 1.99),
    Dividend(date(2026, 3, 20), 1.70),
    Dividend(date(2026, 6, 19), 1.75),
    Dividend(date(2026, 9, 18), 1.83),
]


def test_the_last_four_come_again_a_year_on_and_on():
    found = dividends_ahead(QUARTERLY, today=date(2026, 11, 20), until=date(2027, 12, 31))
    assert [(one.ex_date, one.amount) for one in found] == [
        (date(2026, 12, 18), 1.99),
        (date(2027, 3, 19), 1.70),
        (date(2027, 6, 18), 1.75),
        (date(2027, 9, 17), 1.83),
        (date(2027, 12, 17), 1.99),
    ]
    assert all(one.projected for one in found)


def test_a_declared_one_is_not_projected_besides():
    known = [*QUARTERLY, Dividend(date(2026, 12, 18), 2.05)]
    found = dividends_ahead(known, today=date(2026, 11, 20), until=date(2027, 4, 1))
    assert [(one.amount, one.projected) for one in found] == [(2.05, False), (1.70, True)]


def test_one_declared_a_little_early_pushes_its_projection_out():
    known = [*QUARTERLY, Dividend(date(2026, 12, 11), 2.05)]
    found = dividends_ahead(known, today=date(2026, 11, 20), until=date(2027, 2, 1))
    assert [one.ex_date for one in found] == [date(2026, 12, 11)]


def test_a_monthly_payer_repeats_its_year():
    monthly = [Dividend(date(2026, 10, 1) - timedelta(days=30 * i), 0.3) for i in range(14)]
    found = dividends_ahead(monthly, today=date(2026, 10, 15), until=date(2027, 10, 1))
    assert len(found) == 12


def test_who_has_paid_nothing_for_a_year_is_expected_to_pay_nothing():
    old = [Dividend(date(2025, 3, 20), 1.0)]
    assert dividends_ahead(old, today=date(2026, 11, 20), until=date(2028, 1, 1)) == ()
    assert dividends_ahead([], today=date(2026, 11, 20), until=date(2028, 1, 1)) == ()


def test_two_of_one_day_are_one_and_nonsense_is_none():
    known = [
        Dividend(date(2026, 12, 18), 1.0),
        Dividend(date(2026, 12, 18), 0.5),
        Dividend(date(2026, 12, 19), float("nan")),
        Dividend(date(2026, 12, 20), -1.0),
    ]
    found = dividends_ahead(known, today=date(2026, 12, 18), until=date(2026, 12, 31))
    assert found == (Dividend(date(2026, 12, 18), 1.5),)


@pytest.mark.parametrize("days", range(0, 800, 97))
def test_no_ex_date_lies_outside_what_was_asked(days):
    today = date(2026, 9, 1) + timedelta(days=days)
    until = today + timedelta(days=500)
    found = dividends_ahead(QUARTERLY, today=today, until=until)
    assert all(today <= one.ex_date <= until for one in found)
    assert [one.ex_date for one in found] == sorted({one.ex_date for one in found})

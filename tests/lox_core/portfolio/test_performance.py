"""Returns by hand and against closed forms."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.portfolio.performance import performance

DAY = date(2026, 1, 5)


def days(values: list[float | None]) -> list[tuple[date, float | None]]:
    return [(DAY + timedelta(days=i), value) for i, value in enumerate(values)]


def test_a_deposit_is_no_gain():
    found = performance(days([100.0, 110.0, 220.0, 198.0]), [(DAY + timedelta(days=2), 110.0)])
    assert found.twr == pytest.approx(1.1 * 1.0 * 0.9 - 1)
    assert found.flows_usd == 110.0
    assert found.drawdown.worst == pytest.approx(-0.1)
    assert (found.drawdown.peak, found.drawdown.trough) == (DAY + timedelta(days=2), DAY + timedelta(days=3))
    assert found.drawdown.recovered is None


def test_a_flow_on_a_day_without_a_point_counts_on_the_next():
    found = performance([(DAY, 100.0), (DAY + timedelta(days=3), 150.0)], [(DAY + timedelta(days=1), 50.0)])
    assert found.twr == pytest.approx(0.0)


def test_money_weighted_over_a_year():
    history = [(DAY, 1000.0), (DAY + timedelta(days=365), 1100.0)]
    found = performance(history)
    assert found.mwr_yearly == pytest.approx(0.10, abs=1e-9)
    assert found.twr_yearly == pytest.approx(0.10, abs=1e-9)
    doubled = performance(
        [(DAY, 1000.0), (DAY + timedelta(days=182), 1050.0), (DAY + timedelta(days=365), 2200.0)],
        [(DAY + timedelta(days=182), 1000.0)],
    )
    rate = doubled.mwr_yearly
    assert 1000 * (1 + rate) + 1000 * (1 + rate) ** (183 / 365) == pytest.approx(2200.0)


def test_drawdowns_end_when_the_peak_is_reached_again():
    found = performance(days([100, 120, 90, 121, 110]))
    assert found.drawdown.worst == pytest.approx(-0.25)
    assert found.drawdown.recovered == DAY + timedelta(days=3)
    assert found.drawdown.current == pytest.approx(110 / 121 - 1)


def test_unfunded_days_are_left_out_and_too_short_a_span_has_no_yearly_rate():
    found = performance(days([None, 0.0, 100.0, 101.0]))
    assert found.first == DAY + timedelta(days=2)
    assert found.twr_yearly is None
    assert found.mwr_yearly is None
    assert "needs 30 days" in found.reasons[-1]
    assert performance(days([None, 0.0, 100.0])) is None


def test_a_withdrawal_of_everything_is_told():
    found = performance(days([100.0, 5.0, 6.0]), [(DAY + timedelta(days=1), -100.0)])
    assert any("left nothing" in reason for reason in found.reasons)


@given(st.lists(st.floats(-0.05, 0.05), min_size=2, max_size=40), st.floats(-30, 60))
@settings(max_examples=60, deadline=None)
def test_flows_never_change_the_time_weighted_return(returns, flow):
    plain, moved = [100.0], [100.0]
    for place, move in enumerate(returns):
        plain.append(plain[-1] * (1 + move))
        moved.append((moved[-1] + (flow if place == 1 else 0.0)) * (1 + move))
    flows = [(DAY + timedelta(days=2), flow)] if len(returns) > 1 else []
    assert performance(days(moved), flows).twr == pytest.approx(performance(days(plain)).twr, abs=1e-9)


def test_the_rate_of_a_published_example():
    # The example in Microsoft's documentation of XIRR, whose result it gives as 37.3362535 %.
    paid = [(date(2008, 3, 1), 2750.0), (date(2008, 10, 30), 4250.0), (date(2009, 2, 15), 3250.0)]
    equity = [(date(2008, 1, 1), 10_000.0), *((day, 9_000.0) for day, _ in paid), (date(2009, 4, 1), 2750.0)]
    found = performance(equity, [(day, -amount) for day, amount in paid])
    assert found.mwr_yearly == pytest.approx(0.373362535, abs=2e-8)


def test_without_flows_both_returns_are_the_same_yearly_rate():
    history = [(DAY + timedelta(days=40 * i), value) for i, value in enumerate([100.0, 90.0, 130.0, 117.0])]
    found = performance(history, [(DAY - timedelta(days=3), 100.0), (DAY, 50.0)])
    assert found.flows_usd == 0
    assert found.mwr_yearly == pytest.approx(found.twr_yearly, abs=1e-10)


def test_debt_and_a_rate_that_does_not_exist_are_told():
    found = performance(days([100.0, -20.0, 50.0]))
    assert any("1 day with equity below zero" in reason for reason in found.reasons)
    taken = [(DAY + timedelta(days=200), -1e9)]
    strange = performance([(DAY, 100.0), (DAY + timedelta(days=200), 5.0), (DAY + timedelta(days=201), 1.0)], taken)
    assert strange.mwr_yearly is None
    assert any("No single rate" in reason for reason in strange.reasons)

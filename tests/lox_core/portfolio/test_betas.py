from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from lox_core.errors import InsufficientHistory
from lox_core.portfolio.betas import LEAST, WINDOW, beta_to_spy

DAY = date(2025, 1, 1)


def closes(returns, *, start: float = 100.0, first: int = 0) -> dict[date, float]:
    path = start * np.cumprod(np.concatenate([[1.0], 1.0 + np.asarray(returns)]))
    return {DAY + timedelta(days=first + i): float(price) for i, price in enumerate(path)}


@pytest.fixture
def returns():
    return np.random.default_rng(5).normal(0.0004, 0.01, (2, 300))


def test_beta_and_correlation_are_the_regressions(returns):
    spy, noise = returns
    own = 1.4 * spy + 0.5 * noise
    found = beta_to_spy(closes(own), closes(spy))
    slope = np.polyfit(spy[-WINDOW:], own[-WINDOW:], 1)[0]
    assert found.beta == pytest.approx(slope, rel=1e-9)
    assert found.correlation == pytest.approx(np.corrcoef(spy[-WINDOW:], own[-WINDOW:])[0, 1], rel=1e-9)
    assert found.days == WINDOW


def test_a_multiple_of_spy_has_that_beta_and_correlation_one(returns):
    found = beta_to_spy(closes(-2 * returns[0], start=7.0), closes(returns[0], start=650.0))
    assert (found.beta, found.correlation) == pytest.approx((-2.0, -1.0))


def test_only_common_days_with_prices_count(returns):
    own, spy = closes(returns[1]), closes(returns[0])
    holed = {**own, DAY + timedelta(days=250): float("nan"), DAY + timedelta(days=260): 0.0}
    del spy[DAY + timedelta(days=255)]
    left = {day: price for day, price in own.items() if (day - DAY).days not in (250, 255, 260)}
    assert beta_to_spy(holed, spy) == beta_to_spy(left, spy)


def test_too_short_a_history_is_no_beta(returns):
    with pytest.raises(InsufficientHistory, match="60"):
        beta_to_spy(closes(returns[1][: LEAST - 1]), closes(returns[0]))
    assert beta_to_spy(closes(returns[1][:LEAST]), closes(returns[0])).days == LEAST


def test_prices_that_never_move_have_no_beta(returns):
    with pytest.raises(InsufficientHistory):
        beta_to_spy(closes(np.zeros(100)), closes(returns[0]))

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from lox_core.clock import AsOf
from lox_core.regimes.flips import daily_moves
from lox_core.regimes.state import Boundary
from tests.lox_ui.board_factory import board

YEAR, LEAST_CHANGES = 252, 60
VOLATILITY = board(AsOf.on(date(2026, 11, 20))).pillars["volatility"]
BOUNDARY = Boundary("stress", "VIXCLS", -3.0, "index", 5.0, "2 closes")


def state(values: np.ndarray, proxy: np.ndarray | None = None):
    days = pd.bdate_range(end="2026-11-20", periods=len(values))
    estimated = np.zeros(len(values), bool) if proxy is None else proxy
    return replace(VOLATILITY, history=pd.DataFrame({"value": values, "proxy": estimated}, index=days))


def test_a_distance_is_counted_in_standard_deviations_of_a_years_changes():
    rng = np.random.default_rng(5)
    values = 20 + np.cumsum(rng.normal(size=800))
    wanted = 3.0 / pd.Series(values).diff().tail(YEAR).std()
    assert daily_moves(state(values), BOUNDARY) == pytest.approx(wanted, rel=1e-12)


def test_estimated_days_are_no_evidence_of_how_the_input_moves():
    values = np.linspace(10, 30, 400) + np.sin(np.arange(400))
    proxy = np.arange(400) >= LEAST_CHANGES
    assert daily_moves(state(values, proxy), BOUNDARY) is None
    assert daily_moves(state(values), BOUNDARY) is not None
    assert daily_moves(state(values[: LEAST_CHANGES + 1]), BOUNDARY) is not None


@pytest.mark.parametrize(
    "built",
    [state(np.full(400, 7.0)), state(np.arange(LEAST_CHANGES, dtype=float))],
    ids=["nothing has moved", "too short"],
)
def test_what_has_not_moved_or_is_too_short_has_no_typical_move(built):
    assert daily_moves(built, BOUNDARY) is None


def test_only_the_driver_has_a_history_to_tell_from():
    assert daily_moves(VOLATILITY, replace(BOUNDARY, input="VXVCLS")) is None

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from lox_core.clock import AsOf
from lox_core.regimes.flips import daily_moves
from lox_ui import flips_view
from tests.lox_ui.board_factory import board

BOARD = board(AsOf.on(date(2026, 11, 20)))


def test_changes_are_counted_from_the_day_on_newest_first():
    history = BOARD.pillars["volatility"].history.copy()
    history["confirmed"] = np.int8(1)
    history.iloc[-10:, history.columns.get_loc("confirmed")] = 3
    history.iloc[-1, history.columns.get_loc("confirmed")] = 2
    one = replace(BOARD, pillars={"volatility": replace(BOARD.pillars["volatility"], history=history)})
    found = flips_view.changes_since(one, history.index[-30].date())
    assert [day for day, _ in found] == [history.index[-1].date(), history.index[-10].date()]
    assert "Volatility Stress → " in found[0][1]
    assert flips_view.changes_since(one, history.index[-5].date()) == found[:1]


def test_the_nearest_by_daily_moves_come_first_and_what_has_none_by_points():
    order = flips_view.nearest(BOARD)
    moves = [daily_moves(state, boundary) for state, boundary in order]
    known = [value for value in moves if value is not None]
    assert known == sorted(known)
    assert moves[: len(known)] == known
    points = [abs(boundary.score_distance) for _, boundary in order[len(known) :]]
    assert points == sorted(points)


def test_the_table_of_flips_holds_every_boundary_and_marks_the_nearest():
    frame = flips_view.flips_frame(BOARD)
    assert len(frame) == sum(len(state.boundaries) for state in BOARD.pillars.values())
    with_one = [state for state in BOARD.pillars.values() if state.next_boundary is not None]
    assert frame["nearest"].sum() == len(with_one)


def test_an_all_grey_board_has_nothing_to_compare():
    dead = board(AsOf.on(date(2026, 11, 20)), kind="outage")
    assert "No pillar has a label" in flips_view.changed(dead)
    assert flips_view.nearest(dead) == []

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from lox_core.clock import AsOf
from lox_core.regimes import flips
from lox_core.regimes.state import Boundary
from lox_ui import playbook_view, regimes_view, tiles_view
from tests.lox_ui.board_factory import LEVELS, FakeWorkbench, board

BOARD = board(AsOf.on(date(2026, 11, 20)))


def test_a_tile_says_word_arrow_days_driver_and_distance():
    built = tiles_view.tile(
        replace(BOARD.pillars["volatility"], confirmed="elevated", raw="stress", days_in_state=1009)
    )
    for part in (
        "Volatility",
        ">Elevated<",
        "▲ 1,009 d",
        'title="worsening"',
        "severity 3 of 5",
        "VIX",
        "pts to",
        "raw Stress",
    ):
        assert part in built


def test_a_tile_is_tagged_proxy_only_when_its_driver_is_an_estimate():
    state = BOARD.pillars["credit"]
    assert ">proxy<" not in tiles_view.tile(state)
    driver = next(iter(state.inputs))
    estimated = {**state.inputs, driver: replace(state.inputs[driver], proxy=True)}
    assert ">proxy<" in tiles_view.tile(replace(state, inputs=estimated))


def test_a_grey_tile_is_hatched_and_says_why():
    built = tiles_view.tile(BOARD.pillars["fiscal"], chosen=True)
    assert "lx-tile none chosen" in built
    assert "210 days old" in built
    assert "severity" not in built


@pytest.mark.parametrize(
    ("pillar", "distance", "unit", "wanted"),
    [
        ("credit", 0.52, "percent", "+52 bp"),
        ("inflation", 0.4, "percent", "+0.40 pts"),
        ("volatility", 3.6, "index", "+3.60 pts"),
        ("rates", -8.0, "bp", "−8 bp"),
    ],
)
def test_distances_stand_in_the_inputs_own_unit(pillar, distance, unit, wanted):
    flip = Boundary("crisis", "X", distance, unit, 3.0, "2 closes")
    assert flips.distance(BOARD.pillars[pillar], flip) == wanted


def test_past_its_boundary_a_tile_says_how_long_it_must_hold():
    flip = Boundary("normal", "VIXCLS", 0.0, "index", -10.0, "4 more closes")
    assert "Normal after 4 more closes" in tiles_view.tile(replace(BOARD.pillars["volatility"], next_boundary=flip))


def test_the_scale_says_its_marks_and_keeps_them_inside():
    built = regimes_view.scale(103, [("yesterday", 43.0), ("a month ago", -2.0)])
    assert "left:100.0%" in built
    assert "left:0.0%" in built
    assert "risk score 103 of 100; yesterday 43; a month ago -2" in built


def test_too_few_episodes_are_said_and_not_drawn():
    book = FakeWorkbench().playbook(AsOf.on(date(2026, 11, 20)), "volatility", 21)
    built = playbook_view.forward_table(book)
    assert built.count("too few episodes to say") == 1
    assert built.count('class="lx-span"') == 4
    assert built.count('<tr class="here">') == 1
    assert "(now)" in built


def test_an_interval_lies_inside_its_axis():
    row = SimpleNamespace(p5=-8.0, p95=6.0, ci_low=-20.0, ci_high=30.0, shrunk_mean=0.5)
    built = playbook_view.interval(row, -10.0, 10.0)
    assert "left:0.0%;width:100.0%" in built
    assert 'class="zero" style="left:50.0%"' in built
    assert 'aria-label="5 % −8.0, mean +0.5, 95 % +6.0"' in built


def test_an_unseen_row_of_the_matrix_is_dashes():
    built = playbook_view.transition_table(FakeWorkbench().playbook(AsOf.on(date(2026, 11, 20)), "volatility", 21))
    crisis = built[built.rindex("<tr>") :]
    assert crisis.count("—") == len(LEVELS["volatility"]) + 2
    assert "68 %" in built

"""The quadrant: its four corners, the transition band, and the walk over monthly rounds."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.regimes.quadrants import print_numbers, quadrant_of, walk_quadrants
from lox_core.regimes.state import QUADRANTS
from tests.lox_core.regimes.bench import RULES, daily, known, monthly

SECTION = RULES["macro"]
NAMES = (*QUADRANTS, "grey")
AXES = {  # mild readings, nothing decisive
    "goldilocks": (0.4, -0.4),
    "reflation": (0.4, 0.4),
    "stagflation": (-0.4, 0.4),
    "slowdown": (-0.4, -0.4),
    "transition": (0.1, -0.4),
    "grey": (float("nan"), 0.4),
}


@pytest.mark.parametrize(
    ("growth", "inflation", "expected"),
    [
        (0.25, -0.25, "goldilocks"),
        (0.25, 0.25, "reflation"),
        (-0.25, 0.25, "stagflation"),
        (-0.25, -0.25, "slowdown"),
        (0.24, 2.0, "transition"),
        (2.0, -0.24, "transition"),
    ],
)
def test_the_corners(growth, inflation, expected):
    assert QUADRANTS[quadrant_of(growth, inflation, SECTION["transition_axis"])] == expected


def walk(text):
    """Quadrants by day from ``"goldilocks slowdown* …"``; a star marks the day of a monthly print."""
    days = text.split()
    growth, inflation = zip(*(AXES[day.rstrip("*")] for day in days), strict=True)
    number = np.cumsum([day.endswith("*") for day in days])
    return [NAMES[q] for q in walk_quadrants(np.array(growth), np.array(inflation), number, SECTION)]


def test_a_print_that_begins_another_quadrant_is_the_first_of_two():
    found = walk("goldilocks* goldilocks slowdown* slowdown slowdown slowdown* slowdown")
    assert found == ["goldilocks"] * 5 + ["slowdown"] * 2


def test_a_reading_that_begins_between_prints_waits_for_two_of_them():
    found = walk("goldilocks* slowdown slowdown slowdown* slowdown slowdown* slowdown")
    assert found == ["goldilocks"] * 5 + ["slowdown"] * 2


def test_a_wavering_target_does_not_restart_the_wait():
    """Slowdown and transition in turn: neither is goldilocks, and the second print says which it is."""
    found = walk("goldilocks* slowdown* transition slowdown transition transition* transition")
    assert found == ["goldilocks"] * 5 + ["transition"] * 2


def test_a_day_back_in_the_quadrant_in_force_begins_again():
    found = walk("goldilocks* slowdown* goldilocks slowdown slowdown* slowdown slowdown*")
    assert found == ["goldilocks"] * 6 + ["slowdown"]


def decisive(growth, inflation):
    growth, inflation = np.array([0.4, growth]), np.array([-0.4, inflation])
    return NAMES[walk_quadrants(growth, inflation, np.array([1, 1]), SECTION)[-1]]


def test_both_axes_past_a_half_are_believed_at_once():
    assert decisive(-0.51, -0.51) == "slowdown"
    assert decisive(-0.50, -0.51) == "goldilocks"
    assert decisive(-0.51, -0.50) == "goldilocks"
    assert decisive(0.9, 0.9) == "reflation"
    assert decisive(0.2, -2.0) == "goldilocks"  # a transition is never decisive


def test_a_missing_axis_has_no_quadrant_and_the_walk_starts_afresh():
    assert walk("goldilocks* grey slowdown slowdown*") == ["goldilocks", "grey", "slowdown", "slowdown"]


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.booleans()), min_size=2, max_size=60), st.integers(1, 59)
)
def test_it_looks_only_backwards(steps, cut):
    growth, inflation, printed = (np.array(column) for column in zip(*steps, strict=True))
    number, cut = np.cumsum(printed), min(cut, len(steps) - 1)
    whole = walk_quadrants(growth, inflation, number, SECTION)
    part = walk_quadrants(growth[:cut], inflation[:cut], number[:cut], SECTION)
    assert whole[:cut].tolist() == part.tolist()


def test_rounds_are_counted_on_payrolls_and_else_on_core_prices():
    jobs, core = monthly("PAYEMS", [1.0] * 6, "2024-05"), monthly("CPILFESL", [1.0] * 4, "2024-05")
    day = date(2024, 6, 13)
    assert print_numbers(known(jobs, core, day=day))[-1] == 6
    assert print_numbers(known(core, day=day))[-1] == 4
    assert print_numbers(known(daily("VIXCLS", [1.0] * 9), day=day)).tolist() == [0] * 9

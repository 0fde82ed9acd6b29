"""The simulated market changes its mind about as often as the real one, as the regime engine sees it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from lox_core.catalog import SERIES, Observations
from lox_core.clock import NEW_YORK, AsOf
from lox_core.demo.fred_wire import SERVED_YEARS
from lox_core.demo.world import world_of
from lox_core.regimes.board import NEEDED, build_board
from lox_core.regimes.state import QUADRANTS, Board
from lox_core.regimes.trend import Spell, spells

PRESENT = "2026-11-23T10:00"
LATER = ("2027-03-01T10:00", "2027-11-01T10:00", "2028-06-01T10:00")
SESSIONS_A_YEAR = 252
LATELY_DAYS, FRESH_SESSIONS = 45, 60


@lru_cache(maxsize=len(LATER) + 1)
def board_at(text: str) -> Board:
    """The engine's board over what the default world had published by then, as the vendor serves it."""
    now = datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)
    return build_board(AsOf(now, "now"), {name: published(name, now) for name in NEEDED})


def published(series_id: str, now: datetime) -> Observations:
    tape = world_of().tape(series_id).as_of(now)
    if series_id in SERVED_YEARS:
        tape = tape.between(now.date().replace(year=now.year - SERVED_YEARS[series_id]), date.max)
    there = np.isfinite(tape.value)
    return Observations.of(
        SERIES[series_id],
        tape.date[there],
        tape.value[there],
        source=f"demo FRED:{series_id}",
        known_at=tape.known_at[there],
        vintage=tape.published[there],
    )


class Walk:
    """One confirmed state per trading day, from 2003 to the present."""

    def __init__(self, history: pd.Series, names: tuple[str, ...]) -> None:
        self.levels = history.loc["2003":]
        self.names = names

    @property
    def switches_a_year(self) -> float:
        steps = np.diff(self.levels.to_numpy())
        return float((steps != 0).mean() * SESSIONS_A_YEAR)

    def share(self, name: str) -> float:
        return float((self.levels == self.names.index(name)).mean())

    def longest(self, *names: str) -> int:
        return max(spell.days for spell in self.spells if self.names[spell.level] in names)

    @property
    def spells(self) -> list[Spell]:
        return spells(self.levels.index.to_numpy().astype("datetime64[D]"), self.levels.to_numpy())


@pytest.fixture(scope="module")
def present() -> Board:
    return board_at(PRESENT)


def pillar_walk(board: Board, name: str) -> Walk:
    return Walk(board.pillars[name].history["confirmed"], board.pillars[name].levels)


@pytest.fixture(scope="module")
def quadrants(present) -> Walk:
    return Walk(present.macro.history["quadrant"], QUADRANTS)


def test_the_quadrant_turns_with_the_business_cycle(quadrants):
    assert 1.0 < quadrants.switches_a_year < 2.5
    assert 0.30 < quadrants.share("transition") < 0.55
    assert quadrants.longest(*QUADRANTS) < 300


@pytest.mark.parametrize("name", [name for name in QUADRANTS if name != "transition"])
def test_every_quadrant_is_visited(quadrants, name):
    assert quadrants.share(name) > 0.05


def test_the_quadrant_never_freezes_in_the_years_to_come():
    history = board_at(LATER[-1]).macro.history["quadrant"]
    assert Walk(history, QUADRANTS).longest(*QUADRANTS) < 300


def test_rates_are_repriced_several_times_a_year(present):
    rates = pillar_walk(present, "rates")
    assert 6 < rates.switches_a_year < 10
    assert rates.longest("calm") < 200
    for name, low, high in (("calm", 0.4, 0.6), ("repricing", 0.14, 0.3), ("disorderly", 0.04, 0.14)):
        assert low < rates.share(name) < high, name
    for name in ("shock_up", "shock_down"):
        assert 0.05 < rates.share(name) < 0.15, name


def test_volatility_changes_as_often_as_it_should(present):
    assert 5 < pillar_walk(present, "volatility").switches_a_year < 9


def test_the_present_is_alive(present):
    pillars, macro = present.pillars, present.macro
    assert all(pillars[name].days_in_state < FRESH_SESSIONS for name in ("volatility", "rates"))
    assert macro.days_in_state < FRESH_SESSIONS
    assert pillars["credit"].confirmed in ("benign", "cautious")
    assert pillars["funding"].confirmed in ("ample", "tightening")
    assert pillars["growth"].confirmed in ("slowing", "expansion")
    assert pillars["inflation"].confirmed in ("above", "on_target")
    assert 38 < macro.risk_score < 55
    assert sum(changed_lately(present)) >= 2


def changed_lately(board: Board) -> list[bool]:
    since = pd.Timestamp(board.as_of.date - timedelta(days=LATELY_DAYS))
    recent = [pillar.history["confirmed"].loc[since:] for pillar in board.pillars.values()]
    return [bool((levels.diff().iloc[1:] != 0).any()) for levels in recent]


@pytest.mark.parametrize("when", LATER)
def test_later_presents_are_whole_and_alive(when):
    board = board_at(when)
    assert [name for name, pillar in board.pillars.items() if pillar.grey or pillar.score is None] == []
    assert board.macro.quadrant in QUADRANTS
    assert board.macro.coverage > 0.9
    assert np.isfinite([board.macro.risk_score, board.macro.growth_axis, board.macro.inflation_axis]).all()
    assert all(board.pillars[name].days_in_state < 120 for name in ("volatility", "rates"))
    assert board.macro.days_in_state < 150
    assert any(changed_lately(board))


def test_different_days_are_different_markets():
    boards = [board_at(when) for when in (PRESENT, *LATER)]
    looks = {(board.macro.quadrant, *(pillar.confirmed for pillar in board.pillars.values())) for board in boards}
    assert len(looks) == len(boards)

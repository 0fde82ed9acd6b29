from __future__ import annotations

from datetime import date

import pytest

from lox_core.clock import Clock
from lox_core.errors import Unavailable
from lox_core.market.freshness import POLICY
from lox_ui import loaders, services
from tests.lox_ui.board_factory import NOW, FakeWorkbench


class Ticking(Clock):
    """A standing wall clock whose monotonic seconds the test moves."""

    seconds = 1000.0

    def monotonic(self) -> float:
        return type(self).seconds


@pytest.fixture
def bench():
    made = FakeWorkbench()
    made.clock = Ticking(NOW)
    made.boards = []
    original = made.board
    made.board = lambda as_of: made.boards.append(as_of) or original(as_of)
    loaders.forget()
    services.install(made)
    yield made
    services.install(None)
    loaders.forget()


def test_a_board_is_computed_once_for_all(bench):
    as_of = services.as_of(None)
    assert loaders.board(as_of) is loaders.board(as_of)
    assert len(bench.boards) == 1


def test_another_day_is_another_board(bench):
    loaders.board(services.as_of(None))
    loaders.board(services.as_of(date(2020, 3, 16)))
    assert len(bench.boards) == 2


def test_new_data_make_a_new_board(bench):
    as_of = services.as_of(None)
    loaders.board(as_of)
    bench.version += 1
    loaders.board(as_of)
    assert len(bench.boards) == 2


def test_sources_are_asked_at_most_once_a_minute_per_day(bench):
    as_of = services.as_of(None)
    for _ in range(5):
        loaders.board(as_of)
    assert len(bench.loads) == 1
    Ticking.seconds += loaders.RELOAD_S + 1
    loaders.board(as_of)
    assert len(bench.loads) == 2
    loaders.ask_again()
    loaders.board(as_of)
    assert len(bench.loads) == 3


def test_a_failure_is_never_cached(bench, monkeypatch):
    as_of = services.as_of(None)

    def fail(_):
        raise Unavailable("FRED is on holiday.")

    with monkeypatch.context() as patch:
        patch.setattr(bench, "board", fail)
        with pytest.raises(Unavailable):
            loaders.board(as_of)
        assert not loaders.ready(as_of)
    assert loaders.board(as_of).board.pillars
    assert loaders.ready(as_of)


def test_ready_means_drawn_at_once(bench):
    as_of = services.as_of(None)
    assert not loaders.ready(as_of)
    loaders.board(as_of)
    assert loaders.ready(as_of)
    bench.version += 1
    assert not loaders.ready(as_of)


def test_progress_is_passed_on(bench):
    told = []
    loaders.board(services.as_of(None), lambda *step: told.append(step))
    assert told == [(1, 3, "VIXCLS"), (2, 3, "VIXCLS"), (3, 3, "VIXCLS")]


def test_a_figure_is_drawn_once_per_choice(bench):
    drawn = []

    def draw():
        drawn.append(1)
        return object()

    key = loaders.key(services.as_of(None))
    for theme in ("light", "dark", "light"):
        loaders.figure("pillar", key, theme, ("credit", "2Y"), draw)
    assert len(drawn) == 2


def test_lifetimes_come_from_the_one_policy():
    assert POLICY.fmp_quotes.stale_after == loaders.BOARD_TTL
    assert POLICY.fmp_history.stale_after == loaders.HISTORY_TTL


def test_warming_leaves_the_present_board_ready(bench):
    loaders.warm()
    assert loaders.ready(services.as_of(None))

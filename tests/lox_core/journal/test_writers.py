"""Several writers at once, and writers that are killed: acknowledged means kept, and a day is whole or absent."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

from lox_core.journal.records import TradeRecord
from tests.lox_core.journal.conftest import CLOCK, a_day, journal_at
from tests.lox_core.journal.killing import kill_writers

NOW = CLOCK.as_of_now()
FILL = TradeRecord("PA***1", "live", "", "SPY", "buy", 1.0, 600.0, CLOCK.now())


def test_threads_that_begin_a_journal_together_lose_nothing(file):
    ready = threading.Barrier(8)

    def write(number: int) -> int:
        journal = journal_at(file)  # each its own, as different processes have
        ready.wait()
        journal.record_day(a_day(float(number), date(2026, 11, 1) + timedelta(days=number)), NOW)
        return journal.add_trades([replace(FILL, activity_id=f"{number}-{one}") for one in range(20)])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(8))) == [20] * 8
    journal = journal_at(file)
    assert [one.equity for one in journal.nav()] == [float(number) for number in range(8)]
    assert len(journal.trades()) == 160


def test_threads_of_one_journal_write_the_same_day_once(journal):
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda number: journal.record_day(a_day(float(number)), NOW), range(16)))
    assert sorted(said) == ["new"] + ["updated"] * 15
    assert len(journal.nav()) == 1
    assert len(journal.positions("PA***1", before=date(2027, 1, 1)).positions) == 2


def test_nothing_acknowledged_is_lost_when_writers_are_killed(file):
    assert kill_writers(file, kills=5, seed=20261123) > 5

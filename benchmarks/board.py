"""How fast the Regimes page is: the whole board from 1990, a warm question, and a warm page run.

Goals (2 cores): board with history from 1990 at most 500 ms warm; a warm run of the page at most 150 ms of CPU.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from benchmarks import Figure, recorded
from lox_core.catalog import Observations
from lox_core.clock import AsOf, Clock
from lox_core.regimes.board import build_board
from lox_core.settings import Settings
from lox_core.sourced import Sourced
from lox_core.workbench import Workbench

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BOARD_GOAL_MS, PAGE_GOAL_MS = 500, 150


def _median_ms(action: Callable[[], object], rounds: int, clock: Callable[[], float] = time.perf_counter) -> float:
    taken = []
    for _ in range(rounds):
        began = clock()
        action()
        taken.append((clock() - began) * 1000)
    return statistics.median(taken)


def _observations() -> tuple[str, dict[str, Observations], AsOf]:
    """Recorded history from 1990 where it is there, else the simulated market's, which is shorter."""
    if recorded.available():
        rows = recorded.observations()
        since = {name: one.select(one.date >= np.datetime64("1990-01-01")) for name, one in rows.items()}
        return "recorded, from 1990", since, AsOf.on(date(2026, 6, 4))
    bench = Workbench.build(Settings.from_layers({}), Clock(NOW))
    found = bench.board(Clock(NOW).as_of_now()).series
    rows = {name: one.value for name, one in found.items() if isinstance(one, Sourced)}
    return "simulated", rows, AsOf.on(date(2026, 11, 20))


def _page_cpu_ms() -> float:
    """CPU of a warm run of the Regimes page, demo market, through Streamlit's own test runner."""
    from streamlit.testing.v1 import AppTest

    with tempfile.TemporaryDirectory() as data:
        os.environ |= {"LOX_MODE": "demo", "LOX_NOW": NOW.isoformat(), "LOX_DATA_DIR": data}
        app = AppTest.from_file(str(ROOT / "lox_ui" / "main.py"), default_timeout=60).run()
        for _ in range(3):
            app.run()
        if app.exception:
            raise RuntimeError(app.exception[0].message)
        return _median_ms(app.run, 10, time.process_time)


def main() -> list[Figure]:
    """The timings against their goals."""
    name, rows, as_of = _observations()
    bench = Workbench.build(Settings.from_layers({"LOX_MODE": "demo"}), Clock(NOW))
    now = Clock(NOW).as_of_now()
    began = time.perf_counter()
    bench.board(now)
    cold_ms = (time.perf_counter() - began) * 1000
    return [
        Figure(f"whole board, {name}", _median_ms(lambda: build_board(as_of, rows), 7), "ms", BOARD_GOAL_MS),
        Figure("simulated market, from nothing to a board", cold_ms, "ms"),
        Figure("the same question again", _median_ms(lambda: bench.board(now), 50), "ms"),
        Figure("warm Regimes page run, CPU", _page_cpu_ms(), "ms", PAGE_GOAL_MS),
    ]


if __name__ == "__main__":
    for figure in main():
        print(figure)

"""A warm run of the Portfolio page with a book of 200 positions: what a moved control costs.

Goal (2 cores): at most 300 ms of CPU a run with the compiled kernels.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from benchmarks import Figure
from benchmarks.valuation import NOW, book_inputs
from lox_core.options import kernels
from lox_core.portfolio.book import build_book
from lox_core.providers.alpaca_records import HistoryRow
from lox_core.workbench.analysis import Starts, start_legs, studied
from lox_core.workbench.book import Snapshot

ROOT = Path(__file__).resolve().parent.parent
RUNS, GOAL_MS, DAYS = 9, 300.0, 250


def snapshot() -> Snapshot:
    """A studied book of 200 invented positions with a year of history."""
    inputs = book_inputs()
    states = {
        name: replace(state, previous_close=0.995 * (state.spot or 0.0)) for name, state in inputs.underlyings.items()
    }
    quotes = {
        symbol: replace(quote, previous_close=0.5 * (quote.bid + quote.ask)) for symbol, quote in inputs.quotes.items()
    }
    inputs = replace(inputs, underlyings=states, quotes=quotes)
    book = build_book(inputs)
    days = [NOW - timedelta(days=age) for age in range(DAYS, 0, -1)]
    history = tuple(HistoryRow(day.date(), day, 100_000.0 + 40 * place, None) for place, day in enumerate(days))
    bare = Snapshot("sample", NOW, named="Demo account", book=book, history=history)
    equity = [(row.day, row.equity) for row in history]
    return studied(bare, start_legs(book, Starts(quotes=quotes)), equity=equity)


def main() -> list[Figure]:
    """Measure the page's warm runs."""
    from streamlit.testing.v1 import AppTest

    from lox_ui import loaders, services

    kernels.use("numba")
    kernels.wait()
    os.environ.update(LOX_MODE="demo", LOX_NOW=NOW.isoformat(), LOX_DATA_DIR=tempfile.mkdtemp(prefix="lox-bench-"))
    services.install(None)
    made, whole = snapshot(), loaders.public_book
    loaders.public_book = lambda _: made
    try:
        page = AppTest.from_file(str(ROOT / "lox_ui" / "main.py"), default_timeout=120)
        page.run()
        page.switch_page("../pages/portfolio.py").run()
        if page.exception:
            raise RuntimeError(str(page.exception))
        taken = []
        for _ in range(RUNS):
            began = time.process_time()
            page.run()
            taken.append(1000 * (time.process_time() - began))
    finally:
        loaders.public_book = whole
        services.install(None)
        kernels.use("numpy")
    median = statistics.median(taken)
    print(f"a warm run with {len(made.book.legs)} positions: median {median:.0f} ms of CPU, worst {max(taken):.0f}")
    return [Figure("a warm run of the Portfolio page, 200 positions", median, "ms CPU", GOAL_MS)]

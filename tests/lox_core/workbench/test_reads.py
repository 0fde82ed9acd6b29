from __future__ import annotations

import threading

import pytest

from lox_core.errors import Unavailable
from lox_core.providers.alpaca_records import Rows
from lox_core.workbench.reads import FAULT, THREADS, gather, rows_of


def fail(error):
    raise error


def test_what_fails_costs_nothing_else(caplog):
    gaps = {}
    asked = {
        "good": lambda: 1,
        "down": lambda: fail(Unavailable("It is down.")),
        "bug": lambda: fail(KeyError("canary")),
    }
    assert gather(asked, gaps) == {"good": 1}
    assert gaps == {"down": "It is down.", "bug": FAULT}
    assert "canary" in caplog.text


def test_an_interrupt_is_no_gap():
    with pytest.raises(KeyboardInterrupt):
        gather({"stop": lambda: fail(KeyboardInterrupt())}, {})


def test_the_pool_is_bounded():
    running, most, lock = [0], [0], threading.Lock()
    release = threading.Event()

    def ask():
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
            if running[0] == THREADS:
                release.set()
        release.wait(5)
        with lock:
            running[0] -= 1

    gather({str(i): ask for i in range(4 * THREADS)}, {})
    assert most[0] == THREADS


def test_nothing_asked_is_nothing_found():
    assert gather({}, {}) == {}


def test_rows_that_could_not_be_read_are_told_a_few_by_name():
    gaps = {}
    found = {"positions": Rows((1, 2), tuple(f"row {i}: odd" for i in range(5)))}
    assert rows_of(found, "positions", gaps) == (1, 2)
    assert gaps == {"positions, some rows": "row 0: odd; row 1: odd; row 2: odd; and 2 more"}
    assert rows_of(found, "orders", gaps) == ()

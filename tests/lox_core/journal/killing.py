"""Two processes write days into one journal and are killed without warning; then the journal is held to their word."""

from __future__ import annotations

import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# Every day of writer W numbered N has equity N and 2 + N % 9 positions and as many attributions, so that a day tells
# by itself whether it is whole. Every third write renews the day before it instead.
WRITER = """
import sys
from datetime import date, timedelta
from pathlib import Path
from lox_core.clock import Clock
from lox_core.journal import Journal
from lox_core.journal.database import Database, file_url
from lox_core.journal.records import AttributionRecord, DayRecord, PositionRecord, TradeRecord

path, account, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
clock = Clock.from_setting("2099-12-31T16:30:00-05:00")
journal, now = Journal(Database(file_url(path), busy_s=60.0), clock), clock.as_of_now()
while True:
    number += 1
    symbols = [f"S{one}" for one in range(2 + number % 9)]
    for again in range(1 + (number % 3 == 0)):
        journal.record_day(DayRecord(
            account, "live", date(1990, 1, 1) + timedelta(days=number), float(number),
            positions=tuple(PositionRecord(one, float(number), details={"filler": "x" * 300}) for one in symbols),
            attribution=tuple(AttributionRecord(one, float(number)) for one in symbols),
        ), now)
    journal.add_trades([TradeRecord(account, "live", str(number), "SPY", "buy", 1.0, float(number), clock.now())])
    print(number, flush=True)
"""


def kill_writers(file: Path, *, kills: int, seed: int) -> int:
    """Start two writers, kill one at a moment of chance and start it again, ``kills`` times; returns the days kept."""
    chance = random.Random(seed)
    said: dict[str, list[int]] = {"A": [0], "B": [0]}
    running = {account: _start(file, account, 0) for account in said}
    for kill in range(kills):
        account = "AB"[kill % 2]
        said[account] += _killed_after(running[account], chance.uniform(0.0, 0.1))
        if kill % 20 == 19:
            verify(file, said)
        running[account] = _start(file, account, said[account][-1])
    for account, process in running.items():
        said[account] += _killed_after(process, 0.0)
    return verify(file, said)


def _start(file: Path, account: str, number: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(file), account, str(number)]
    # Without a buffer on this side: readline and communicate must not take lines from one another.
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)


def _killed_after(process: subprocess.Popen[bytes], seconds: float) -> list[int]:
    """Let the writer acknowledge one day at least, run on for some time, and kill it; returns what it acknowledged."""
    assert process.stdout is not None
    first = process.stdout.readline()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.send_signal(signal.SIGKILL)
    rest, errors = process.communicate()
    assert process.returncode == -signal.SIGKILL, errors
    # A line is one write to the pipe, so only the last can be torn by the kill, and then lacks its end.
    return [int(line) for line in (first + rest).splitlines(keepends=True) if line.endswith(b"\n")]


def verify(file: Path, said: dict[str, list[int]]) -> int:
    """Hold the journal to what was acknowledged, with nothing but SQLite; returns the number of days kept."""
    days = 0
    with contextlib.closing(sqlite3.connect(file, timeout=60.0, isolation_level=None)) as raw:
        raw.execute("BEGIN")  # the other writer goes on; everything is read as of one instant
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        for account, numbers in said.items():
            kept = [
                int(equity) for (equity,) in _rows(raw, "SELECT equity FROM nav_history WHERE account = ?", account)
            ]
            assert set(numbers[1:]) <= set(kept)
            days += len(kept)
            fills = {int(price) for (price,) in _rows(raw, "SELECT price FROM trades WHERE account = ?", account)}
            assert set(numbers[1:]) <= fills
            for table in ("positions_daily", "attribution"):
                counted = (
                    f"SELECT n.equity, count(p.id) FROM nav_history n LEFT JOIN {table} p "
                    "ON p.account = n.account AND p.mode = n.mode AND p.date = n.date WHERE n.account = ? GROUP BY n.id"
                )
                parts = _rows(raw, counted, account)
                assert {int(equity): count for equity, count in parts} == {one: 2 + one % 9 for one in kept}
    return days


def _rows(raw: sqlite3.Connection, query: str, account: str) -> Sequence[tuple[float, ...]]:
    return raw.execute(query, (account,)).fetchall()

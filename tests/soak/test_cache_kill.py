"""Kill the writer a hundred times: what it said it had kept is there, whole."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lox_core.market.store import Store

KILLS = 100
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import numpy as np
from lox_core.market.archive import ArchiveRows
from lox_core.market.store import Entry, Store

store, number = Store.open(Path(sys.argv[1])), int(sys.argv[2])
while True:
    number += 1
    key, size = f"S{number % 5}", 200 if number % 2 else 90_000
    payload = str(number).encode().ljust(size, b".")
    day = np.array([np.datetime64("1900-01-01") + number])
    if not store.put("fred", key, Entry(payload, datetime(2026, 1, 1, tzinfo=UTC), {"number": number})):
        sys.exit("the disk was not written to")
    store.append_archive(key, ArchiveRows(day, day, np.array([True]), np.array([float(number)])))
    print(number, flush=True)
"""


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_in_a_hundred_kills(tmp_path: Path) -> None:
    acknowledged: list[int] = [0]
    chance = random.Random(20261118)
    for kill in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(acknowledged[-1] + 1)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        assert writer.stderr is not None
        first = writer.stdout.readline()
        assert first, writer.stderr.read()
        try:
            writer.wait(chance.uniform(0.02, 0.4))
        except subprocess.TimeoutExpired:
            writer.send_signal(signal.SIGKILL)
        rest, errors = writer.communicate()
        assert writer.returncode == -signal.SIGKILL, errors
        acknowledged += [int(line) for line in (first + rest).split()]
        if kill % 10 == 9:
            verify(tmp_path, acknowledged[1:])
    verify(tmp_path, acknowledged[1:])
    assert len(acknowledged) > 2 * KILLS


def verify(root: Path, acknowledged: list[int]) -> None:
    store = Store.open(root)
    assert store.notice is None
    for remainder in range(5):
        mine = [number for number in acknowledged if number % 5 == remainder]
        if not mine:
            continue
        entry = store.get("fred", f"S{remainder}")
        assert entry is not None
        number = entry.meta["number"]
        assert number >= mine[-1]
        assert entry.payload == str(number).encode().ljust(200 if number % 2 else 90_000, b".")
        kept = store.read_archive(f"S{remainder}")
        assert set(mine) <= set(kept.value.astype(int).tolist())
        assert (kept.date == np.datetime64("1900-01-01") + kept.value.astype(int)).all()

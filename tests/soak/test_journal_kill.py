"""Kill the journal's writers two hundred times while two write: what they acknowledged is there, every day whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lox_core.journal.killing import kill_writers

KILLS = 200


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_in_two_hundred_kills(tmp_path: Path) -> None:
    assert kill_writers(tmp_path / "data" / "tracker.sqlite3", kills=KILLS, seed=20261118) > 2 * KILLS

"""From an empty file, from the previous generation's, and never from what this Lox does not know."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_mock_engine

from lox_core.errors import StoreError
from lox_core.journal import schema
from lox_core.journal.rows import put
from lox_core.journal.tables import groupings, metadata
from tests.lox_core.journal.conftest import CLOCK, PREVIOUS, ROWS, a_day, journal_at, previous


def kept_out(file: Path) -> list[tuple[str, str, dict]]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT source, reason, row FROM kept_out ORDER BY id").fetchall()
    return [(source, reason, json.loads(row)) for source, reason, row in rows]


def test_the_previous_schema_is_taken_over(file, caplog):
    journal = journal_at(previous(file))
    with caplog.at_level(logging.WARNING, "lox"):
        nav = journal.nav("unknown")
    assert [(one.date.day, one.equity, one.cash) for one in nav] == [
        (5, 100.0, 10.0),
        (6, 101.0, None),
        (8, 104.0, 12.0),
    ]
    assert nav[1].created_at == datetime(2026, 1, 6, 21, 30, tzinfo=UTC)
    fills = journal.trades("unknown")
    assert [(one.symbol, one.activity_id, one.strategy) for one in fills] == [
        ("SPY", "previous-1", "core"),
        ("SPY", "previous-2", None),
    ]
    assert fills[0].filled_at == datetime(2026, 1, 5, 15, tzinfo=UTC)
    assert [(one.regime, one.vix, one.hy_oas, one.yield_10y) for one in journal.regimes()] == [
        ("neutral", 15.5, None, 4.2)
    ]
    assert [(source, row["id"]) for source, _, row in kept_out(file)] == [
        ("nav_history", 3),
        ("nav_history", 4),
        ("nav_history", 5),
        ("nav_history", 7),
        ("trades", 3),
        ("regime_history", 1),
    ]
    assert {reason for _, reason, _ in kept_out(file)} == {
        "a later row has the same date",
        "a value is missing or cannot be read",
    }
    assert journal.state().kept_out == 6
    assert "6 rows of the previous schema" in caplog.text


def test_what_was_taken_over_goes_on(file):
    journal = journal_at(previous(file))
    journal.record_day(a_day(), CLOCK.as_of_now())
    assert [one.account for one in journal_at(file).nav()] == ["unknown"] * 3 + ["PA***1"]


def test_an_older_migration_tools_mark_does_not_hinder(file):
    mark = "CREATE TABLE alembic_version (version_num VARCHAR(32)); INSERT INTO alembic_version VALUES ('3f2a');"
    assert len(journal_at(previous(file, PREVIOUS + ROWS + mark)).nav()) == 3


def test_one_of_the_three_tables_is_enough(file):
    only = PREVIOUS[PREVIOUS.index("CREATE TABLE trades") : PREVIOUS.index("CREATE TABLE regime_history")]
    journal = journal_at(previous(file, only))
    assert journal.trades() == ()
    assert journal.record_day(a_day(), CLOCK.as_of_now()) == "new"


def test_an_empty_file_is_begun(file):
    file.parent.mkdir()
    file.touch()
    journal = journal_at(file)
    assert journal.nav() == ()
    assert journal.state().problem is None
    assert journal.record_day(a_day(), CLOCK.as_of_now()) == "new"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (PREVIOUS.replace(" equity FLOAT,", ""), "nav_history lacks equity"),
        ("CREATE TABLE songs (id INTEGER)", "not the journal's"),
        ("NEWER", "newer Lox"),
    ],
)
def test_a_file_this_lox_does_not_know_is_not_touched(file, script, words):
    if script == "NEWER":
        journal_at(file).record_day(a_day(), CLOCK.as_of_now())
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.executescript("PRAGMA journal_mode=DELETE; UPDATE alembic_version SET version_num='0999'")
    else:
        previous(file, script)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    before = hashlib.sha256(file.read_bytes()).digest()
    journal = journal_at(file)
    with pytest.raises(StoreError, match=words):
        journal.record_day(a_day(), CLOCK.as_of_now())
    assert words in journal.state().problem
    assert hashlib.sha256(file.read_bytes()).digest() == before


def test_a_migration_that_fails_leaves_the_file_as_it_was(file, monkeypatch):
    previous(file)
    real = schema.bring_up

    def stopped(connection, name):
        real(connection, name)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(schema, "bring_up", stopped)
    with pytest.raises(StoreError, match="disk is full"):
        journal_at(file).nav()
    monkeypatch.undo()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
        assert tables == {"nav_history", "trades", "regime_history"}
        assert connection.execute("SELECT count(*) FROM nav_history").fetchone() == (7,)
    assert len(journal_at(file).nav()) == 3


def test_the_steps_lead_to_the_tables_in_use(file):
    journal = journal_at(file)
    journal.record_day(a_day(day=date(2026, 11, 20)), CLOCK.as_of_now())
    with journal.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []


def test_a_database_server_takes_the_same_tables_and_writes():
    said = []
    server = create_mock_engine("postgresql+psycopg://", lambda statement, *_: said.append(statement))
    metadata.create_all(server, checkfirst=False)
    put(server, groupings, {"account": "A", "mode": "live", "symbol": "SPY", "name": "x", "created_at": CLOCK.now()})
    words = [str(one.compile(dialect=server.dialect)) for one in said]
    assert len(words) == len(metadata.tables) + 1
    assert "PRIMARY KEY (id)" in words[0]
    assert "ON CONFLICT (account, mode, symbol) DO UPDATE SET name = excluded.name" in words[-1]


def test_the_newest_step_is_the_one_looked_for():
    config = Config()
    config.set_main_option("script_location", "lox_core.journal:migrations")
    steps = ScriptDirectory.from_config(config)
    assert steps.get_current_head() == schema.HEAD
    assert tuple(sorted(step.revision for step in steps.walk_revisions())) == schema.REVISIONS

"""A disk that refuses, a file that is held or damaged: words to act on, and what was kept stays as it was."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from lox_core.errors import LoxError, StoreError
from lox_core.journal import Journal, trouble
from tests.lox_core.journal.conftest import CLOCK, LATER, a_day, journal_at, previous

NOW = CLOCK.as_of_now()


def refused(journal: Journal, equity: float = 1.0) -> str:
    """The words of a write that fails; checked to name no path."""
    with pytest.raises(StoreError) as caught:
        journal.record_day(a_day(equity), LATER.as_of_now())
    words = str(caught.value)
    assert "/" not in words
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return words


def on_every_connection(journal: Journal, pragma: str) -> None:
    event.listen(journal.database._engine(), "connect", lambda raw, _: raw.execute(f"PRAGMA {pragma}"))


def test_a_full_disk_is_told_and_nothing_is_half_written(file):
    journal_at(file).record_day(a_day(), NOW)
    journal = journal_at(file)
    on_every_connection(journal, f"max_page_count={file.stat().st_size // 4096}")
    many = a_day(5.0, details={"filler": "x" * 500_000})
    with pytest.raises(StoreError, match="disk is full"):
        journal.record_day(many, LATER.as_of_now())
    assert [one.equity for one in journal_at(file).nav()] == [100_000.0]
    assert sum(journal_at(file).state().rows.values()) == 6


def test_a_disk_that_fills_while_the_previous_schema_is_taken_over_leaves_it_whole(file):
    previous(file)
    outcomes = []
    for pages in range(4, 40):
        journal = journal_at(file)
        on_every_connection(journal, f"max_page_count={pages}")
        try:
            outcomes.append(len(journal.nav()))
            break
        except StoreError as error:
            assert "disk is full" in str(error)  # noqa: PT017
            outcomes.append(None)
            with contextlib.closing(sqlite3.connect(file)) as raw:
                assert raw.execute("SELECT count(*) FROM nav_history").fetchone() == (7,)
                assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert outcomes[-1] == 3
    assert len(outcomes) > 5


def test_a_read_only_database_is_told(file):
    journal_at(file).record_day(a_day(), NOW)
    journal = journal_at(file)
    on_every_connection(journal, "query_only=1")
    assert "read-only" in refused(journal)
    assert journal.nav()[0].equity == 100_000.0


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_read_only_folder_is_told(file):
    file.parent.mkdir()
    file.parent.chmod(0o500)
    try:
        assert "read-only" in refused(journal_at(file))
    finally:
        file.parent.chmod(0o700)


def test_a_place_that_cannot_be_a_folder_or_a_file_is_told(tmp_path):
    (tmp_path / "plain").write_text("x")
    assert "read-only" in refused(journal_at(tmp_path / "plain" / "tracker.sqlite3"))
    (tmp_path / "folder").mkdir()
    assert "cannot be opened" in refused(journal_at(tmp_path / "folder"))


def test_a_held_file_is_waited_for_and_then_told(file):
    journal_at(file).record_day(a_day(), NOW)
    journal = journal_at(file, busy_s=0.1)
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert "held by another program" in refused(journal)
        assert journal.nav()[0].equity == 100_000.0, "readers do not wait"
        holder.execute("ROLLBACK")
    assert journal.record_day(a_day(2.0), LATER.as_of_now()) == "updated"


def test_a_file_that_is_no_database_is_told_and_left(file):
    file.parent.mkdir()
    file.write_bytes(b"not a database at all" * 400)
    before = file.read_bytes()
    assert "damaged" in refused(journal_at(file))
    assert "damaged" in journal_at(file).state().problem
    assert file.read_bytes() == before


@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_a_truncated_file_is_told(file, keep):
    filled(file)
    with file.open("r+b") as raw:
        raw.truncate(int(file.stat().st_size * keep))
    assert "damaged" in refused(journal_at(file))


def test_overwritten_pages_are_told(file):
    filled(file)
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\x5a" * (file.stat().st_size - 8192))
    assert "damaged" in refused(journal_at(file))
    with pytest.raises(StoreError, match="damaged"):
        journal_at(file).nav()


def test_a_kept_text_that_is_no_json_is_damage(file):
    journal = journal_at(file)
    journal.record_day(a_day(), NOW)
    with contextlib.closing(sqlite3.connect(file)) as raw:
        raw.execute("UPDATE nav_history SET details = 'nonsense'")
        raw.commit()
    with pytest.raises(StoreError, match="damaged"):
        journal.nav()


def test_a_file_removed_while_lox_runs_is_begun_anew(file):
    journal = journal_at(file)
    journal.record_day(a_day(), NOW)
    for part in file.parent.iterdir():
        part.unlink()
    assert journal.nav() == ()
    assert journal.record_day(a_day(3.0), NOW) == "new"
    assert [one.equity for one in journal.nav()] == [3.0]


def test_a_server_that_does_not_answer_never_shows_its_password():
    """A driver's error may hold the address; none of it is shown."""

    class Refused(Exception):
        pass

    error = OperationalError("SELECT 1", {}, Refused("connection to hunter22@host failed"))
    with pytest.raises(LoxError) as caught, trouble.in_words("the PostgreSQL database"):
        raise error
    assert str(caught.value) == "The PostgreSQL database does not answer. Try again, and see that the database runs."


def filled(file: Path) -> None:
    """A journal of some pages, checkpointed into its one file."""
    journal = journal_at(file)
    journal.record_day(a_day(details={"filler": "x" * 60_000}), NOW)
    journal.set_grouping("PA***1", "live", [f"SYMBOL{number}" for number in range(300)], "many")
    assert not file.with_name(file.name + "-wal").exists()

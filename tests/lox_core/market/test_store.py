"""The store on good, damaged, full, read-only, locked and vanishing disks."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lox_core.errors import StoreError
from lox_core.market import area as area_module
from lox_core.market.store import AREAS, Entry, Store
from tests.lox_core.market.invented_vendor import NOW
from tests.lox_core.providers.scripted import FakeTime

ENTRY = Entry(b"date,value\n2026-11-17,4.5\n", NOW, {"skipped": 2, "window_start": None})


def database(root: Path, area: str = "fred") -> Path:
    return root / "cache" / area / "cache.db"


def test_what_is_put_comes_back_also_after_a_restart(tmp_path: Path) -> None:
    assert Store.open(tmp_path).put("fred", "DGS10", ENTRY)
    assert Store.open(tmp_path).get("fred", "DGS10") == ENTRY
    assert Store.open(tmp_path).get("fmp", "DGS10") is None


def test_a_copy_replaces_the_one_before(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.put("fred", "DGS10", ENTRY)
    newer = Entry(b"newer", NOW + timedelta(days=1))
    store.put("fred", "DGS10", newer)
    assert store.get("fred", "DGS10") == newer


@pytest.mark.parametrize("area", AREAS)
def test_every_area_keeps_and_forgets_its_own(tmp_path: Path, area: str) -> None:
    store = Store.open(tmp_path)
    for name in AREAS:
        store.put(name, "key", ENTRY)
    store.clear(area)
    assert store.get(area, "key") is None
    assert all(store.get(name, "key") == ENTRY for name in AREAS if name != area)


def test_an_area_nobody_knows_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Store.open(tmp_path).get("elsewhere", "key")


def test_the_cache_is_the_owners_alone(tmp_path: Path) -> None:
    Store.open(tmp_path).put("fred", "DGS10", ENTRY)
    for directory in (tmp_path / "cache", tmp_path / "cache" / "fred"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_its_size_is_told(tmp_path: Path) -> None:
    for store in (Store.open(tmp_path), Store.memory()):
        store.put("fred", "DGS10", Entry(b"x" * 200_000, NOW))
        assert store.size_bytes() >= 200_000


def test_memory_needs_no_disk() -> None:
    store = Store.memory()
    store.put("fred", "DGS10", ENTRY)
    assert store.get("fred", "DGS10") == ENTRY
    assert (store.where, store.notice) == ("memory", None)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(StoreError):
        Entry(b"", datetime(2026, 1, 1))


def test_many_threads_can_use_it_at_once_and_leave_no_handle_behind(tmp_path: Path) -> None:
    store = Store.open(tmp_path)

    def use(number: int) -> bytes | None:
        key = f"S{number % 7}"
        store.put("fred", key, Entry(key.encode() * 9000, NOW))
        found = store.get("fred", key)
        return found.payload if found else None

    with ThreadPoolExecutor(12) as pool:
        assert all(payload and payload[:1] == b"S" for payload in pool.map(use, range(80)))
    handles = Path("/proc/self/fd")
    if handles.is_dir():
        held = [path for path in (str(link.resolve()) for link in handles.iterdir()) if str(tmp_path) in path]
        assert held == []


@pytest.mark.parametrize("damage", ["header", "garbage", "half"])
def test_a_damaged_database_is_set_aside_and_a_clean_one_begun(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store.open(tmp_path)
    for number in range(40):
        store.put("fred", f"S{number}", Entry(b"x" * 900, NOW))
    path = database(tmp_path)
    good = path.read_bytes()
    damaged = {"header": b"x" * 100 + good[100:], "garbage": b"z" * len(good), "half": good[: len(good) // 2]}
    path.write_bytes(damaged[damage])
    reopened = Store.open(tmp_path)
    reopened.get("fred", "S1")
    assert reopened.put("fred", "S1", ENTRY)
    assert reopened.get("fred", "S1") == ENTRY
    assert (tmp_path / "cache" / "fred.damaged-1").is_dir()
    assert "was damaged; it was set aside" in (reopened.notice or "")
    assert "set aside" in caplog.text


def test_a_database_cut_to_nothing_is_simply_empty(tmp_path: Path) -> None:
    Store.open(tmp_path).put("fred", "S1", ENTRY)
    database(tmp_path).write_bytes(b"")
    store = Store.open(tmp_path)
    assert store.get("fred", "S1") is None
    assert store.put("fred", "S1", ENTRY)


@pytest.mark.parametrize("damage", ["garbage", "half", "empty", "gone"])
def test_a_damaged_value_file_is_a_miss_and_never_a_shorter_value(tmp_path: Path, damage: str) -> None:
    Store.open(tmp_path).put("fred", "S1", Entry(b"x" * 100_000, NOW))
    path = next((tmp_path / "cache" / "fred").rglob("*.val"))
    good = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"garbage": b"z" * len(good), "half": good[: len(good) // 2], "empty": b""}[damage])
    store = Store.open(tmp_path)
    assert store.get("fred", "S1") is None
    assert store.put("fred", "S1", ENTRY)


def test_a_copy_that_is_none_is_a_miss(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    for packed in (b"", b"no json\nx", b"{}\nx", b'{"fetched_at": "2026-01-01", "meta": {}}\nx', b"[]\n"):
        store._areas["fred"].put("S1", packed)
        assert store.get("fred", "S1") is None


def test_a_locked_database_costs_a_moment_and_memory_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(area_module, "LOCK_WAIT_S", 0.1)
    timer = FakeTime()
    Store.open(tmp_path).put("fred", "S0", ENTRY)
    store = Store(tmp_path, timer.monotonic)
    with closing(sqlite3.connect(database(tmp_path), isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert not store.put("fred", "S1", ENTRY)
        assert not store.put("fred", "S2", ENTRY)
        assert time.monotonic() - began < 2
        assert store.get("fred", "S1") == ENTRY
        assert store.notice == "The cache 'fred' is kept in memory: another program holds its database."
        holder.execute("ROLLBACK")
    timer.seconds += 31
    assert store.put("fred", "S1", ENTRY)
    assert store.put("fred", "S2", ENTRY)
    assert store.notice is None
    assert Store.open(tmp_path).get("fred", "S2") == ENTRY


def test_a_directory_deleted_underneath_is_made_again(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.put("fred", "S1", ENTRY)
    shutil.rmtree(tmp_path / "cache")
    assert store.get("fred", "S1") is None
    assert store.put("fred", "S1", ENTRY)
    assert Store.open(tmp_path).get("fred", "S1") == ENTRY


def test_where_no_directory_can_be_made_memory_stands_in(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "data").write_text("a file where the directory should be")
    store = Store.open(tmp_path / "data")
    assert not store.put("fred", "S1", ENTRY)
    assert store.get("fred", "S1") == ENTRY
    assert store.notice == "The cache 'fred' is kept in memory: the disk cannot be used."
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "the disk is full"),
        (sqlite3.OperationalError("database or disk is full"), "the disk is full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "the disk cannot be written to"),
        (OSError(30, "Read-only file system"), "the disk cannot be written to"),
        (PermissionError(13, "Permission denied"), "the disk cannot be written to"),
        (sqlite3.OperationalError("disk I/O error"), "the disk cannot be used"),
    ],
)
def test_whatever_the_disk_says_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    store = Store.open(tmp_path)
    store.put("fred", "S0", ENTRY)
    monkeypatch.setattr("diskcache.Cache.set", fail)
    assert not store.put("fred", "S1", ENTRY)
    assert store.get("fred", "S1") == ENTRY
    assert store.notice == f"The cache 'fred' is kept in memory: {words}."


def test_memory_that_stands_in_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(area_module, "KEPT_IN_MEMORY_BYTES", 5000)
    store = Store.memory()
    for number in range(10):
        store.put("fred", f"S{number}", Entry(b"x" * 1000, NOW))
    assert store.size_bytes() <= 5000
    assert store.get("fred", "S9") is not None
    assert store.get("fred", "S0") is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a Linux mount")
def test_a_disk_that_really_is_full_degrades_to_memory(tmp_path: Path) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("mounting needs root")
    try:
        store = Store.open(mount / "data")
        kept = [store.put("fred", f"S{number}", Entry(b"x" * 200_000, NOW)) for number in range(8)]
        assert kept[0]
        assert not kept[-1]
        assert all(store.get("fred", f"S{number}") is not None for number in range(8))
        assert store.notice == "The cache 'fred' is kept in memory: the disk is full."
    finally:
        subprocess.run(["umount", str(mount)], check=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a Linux mount")
def test_a_disk_that_turns_read_only_degrades_to_memory(tmp_path: Path) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(mount)], capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    try:
        Store.open(mount).put("fred", "S0", ENTRY)
        subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
        store = Store.open(mount)
        assert not store.put("fred", "S1", ENTRY)
        assert store.get("fred", "S1") == ENTRY
        assert "the disk" in (store.notice or "")
    finally:
        subprocess.run(["umount", str(mount)], check=True)

"""What may be written to and read from the cache's disk: sealed bytes and nothing that runs."""

from __future__ import annotations

import os
import pickle
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from diskcache import Cache, JSONDisk
from diskcache.core import MODE_BINARY, MODE_PICKLE, MODE_RAW, MODE_TEXT
from hypothesis import given
from hypothesis import strategies as st

from lox_core.errors import StoreError
from lox_core.market.disk import SealedDisk, seal, unseal
from lox_core.market.store import Entry, Store
from tests.lox_core.market.invented_vendor import NOW


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.open, (str(self.canary), os.O_CREAT)


def plant(directory: Path, key: str, mode: int, value: object, filename: str | None = None) -> None:
    """Overwrite a row as an attacker who can write the file would."""
    with closing(sqlite3.connect(directory / "cache.db")) as connection, connection:
        statement = "UPDATE Cache SET mode = ?, value = ?, filename = ? WHERE key = ?"
        assert connection.execute(statement, (mode, value, filename, key)).rowcount == 1


@given(st.binary(max_size=2000))
def test_what_was_sealed_comes_back(payload: bytes) -> None:
    assert unseal(seal(payload)) == payload


@given(st.binary(min_size=1, max_size=300), st.data())
def test_no_truncation_and_no_flipped_bit_goes_unnoticed(payload: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(payload))
    with pytest.raises(StoreError):
        unseal(bytes(sealed[: data.draw(st.integers(0, len(sealed) - 1))]))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(StoreError):
        unseal(bytes(sealed))


def test_a_planted_pickle_runs_under_diskcaches_own_disks_and_not_under_ours(tmp_path: Path) -> None:
    for number, disk in enumerate((JSONDisk, SealedDisk)):
        canary, directory = tmp_path / f"canary-{number}", tmp_path / str(number)
        with Cache(str(directory), disk=disk) as cache:
            cache.set("key", b"good" if disk is SealedDisk else "good")
            stored = sqlite3.connect(directory / "cache.db")
            stored.execute(
                "UPDATE Cache SET mode = ?, value = ?", (MODE_PICKLE, sqlite3.Binary(pickle.dumps(Bomb(canary))))
            )
            stored.commit()
            stored.close()
            if disk is SealedDisk:
                with pytest.raises(StoreError, match="not opened"):
                    cache.get("key")
            else:
                with pytest.raises(Exception):  # noqa: B017, PT011  # it ran, then choked on what it got
                    cache.get("key")
        assert canary.exists() == (disk is not SealedDisk)


@pytest.mark.parametrize("in_file", [False, True])
def test_a_planted_pickle_in_the_store_is_a_miss_and_never_runs(tmp_path: Path, in_file: bool) -> None:
    store, canary = Store.open(tmp_path), tmp_path / "canary"
    store.put("fred", "DGS10", Entry(b"x" * 100_000, NOW))
    area = tmp_path / "cache" / "fred"
    bomb = pickle.dumps(Bomb(canary))
    if in_file:
        name = next(path.relative_to(area).as_posix() for path in area.rglob("*.val"))
        (area / name).write_bytes(bomb)
        plant(area, "DGS10", MODE_PICKLE, None, name)
    else:
        plant(area, "DGS10", MODE_PICKLE, sqlite3.Binary(bomb))
    assert Store.open(tmp_path).get("fred", "DGS10") is None
    assert not canary.exists()
    assert store.put("fred", "DGS10", Entry(b"new", NOW))
    assert store.get("fred", "DGS10") == Entry(b"new", NOW)


@pytest.mark.parametrize(
    ("mode", "value", "filename"),
    [
        (MODE_RAW, "text", None),
        (MODE_RAW, 5, None),
        (MODE_RAW, 2.5, None),
        (MODE_RAW, None, None),
        (MODE_TEXT, None, "aa/bb/" + "c" * 28 + ".val"),
        (MODE_BINARY, None, "../../../../etc/hostname"),
        (MODE_BINARY, None, "/etc/hostname"),
        (MODE_BINARY, None, None),
        (MODE_RAW, sqlite3.Binary(b"unsealed bytes, long enough for a seal"), None),
        (9, None, None),
    ],
)
def test_a_row_the_store_never_wrote_is_a_miss(tmp_path: Path, mode: int, value: object, filename: str | None) -> None:
    store = Store.open(tmp_path)
    store.put("fred", "DGS10", Entry(b"good", NOW))
    plant(tmp_path / "cache" / "fred", "DGS10", mode, value, filename)
    assert store.get("fred", "DGS10") is None


def test_keys_are_text_and_values_are_bytes(tmp_path: Path) -> None:
    with Cache(str(tmp_path), disk=SealedDisk) as cache:
        for key in (1, 1.5, b"x", ("a", "b"), None):
            with pytest.raises(StoreError):
                cache.set(key, b"x")
        for value in ("text", 1, 1.5, None, {"a": 1}, [b"x"], bytearray(b"x")):
            with pytest.raises(StoreError):
                cache.set("key", value)
        assert len(cache) == 0


def test_nothing_pickles_while_the_store_is_used(tmp_path: Path) -> None:
    code = (
        "import pickle, sys\n"
        "from pathlib import Path\n"
        "from datetime import datetime, UTC\n"
        "from lox_core.market.store import Store, Entry\n"
        "def refuse(*_, **__): raise SystemExit('pickled')\n"
        "pickle.dumps = pickle.loads = pickle.load = pickle.dump = refuse\n"
        f"store = Store.open(Path({str(tmp_path)!r}))\n"
        "store.put('fmp', 'a', Entry(b'x' * 100_000, datetime(2026, 1, 1, tzinfo=UTC), {'n': 1}))\n"
        "assert store.get('fmp', 'a').meta == {'n': 1}\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

"""One area of the store: a diskcache directory, with memory standing in while the disk cannot be used.

Every operation closes its connection: no handle outlives its thread, and a directory that was damaged, removed or
replaced is noticed at the next use. Nothing here raises for the disk's sake; the notice says what is wrong.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from diskcache import Cache, Timeout

from lox_core import log
from lox_core.errors import StoreError
from lox_core.market.disk import SealedDisk

T = TypeVar("T")
LOCK_WAIT_S = 1.0
PAUSE_S = 30.0
NEARLY_FULL_BYTES = 4 * 2**20
DATABASE = "cache.db"
KEPT_IN_MEMORY_BYTES = 128 * 2**20
SIZE_LIMIT_BYTES = 384 * 2**20
_DAMAGED = ("malformed", "not a database", "no such table", "no such column", "corrupt")


class Area:
    """Bytes by text key.

    Parameters
    ----------
    name : str
    directory : Path or None
        None: memory only.
    monotonic : callable
        Seconds, for leaving a broken disk alone for a while.
    """

    def __init__(self, name: str, directory: Path | None, monotonic: Callable[[], float]) -> None:
        self.name, self._directory, self._monotonic = name, directory, monotonic
        self._lock = threading.Lock()
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._cache: Cache | None = None
        self._no_reads_until = self._no_writes_until = -1.0
        self._trouble: str | None = None
        self._event: str | None = None

    @property
    def notice(self) -> str | None:
        """What is or was wrong with the disk, in words; None when nothing."""
        return " ".join(words for words in (self._event, self._trouble) if words) or None

    def get(self, key: str) -> bytes | None:
        """The bytes under ``key``; None where there are none or they cannot be trusted."""
        with self._lock:
            if key in self._memory:
                return self._memory[key]
            try:
                return self._on_disk(lambda cache: self._read(cache, key), None)
            except StoreError as error:
                log.LOGGER.warning("store %s: %s %s", self.name, key, error)
                self._on_disk(lambda cache: bool(cache.delete(key)), False, writes=True)
                return None

    def put(self, key: str, value: bytes) -> bool:
        """Keep ``value``; whether it is on disk. Otherwise memory holds it until the disk can be used again."""
        with self._lock:
            if self._on_disk(lambda cache: self._write(cache, key, value), False, writes=True):
                self._memory.pop(key, None)
                return True
            self._memory[key] = value
            self._memory.move_to_end(key)
            while sum(map(len, self._memory.values())) > KEPT_IN_MEMORY_BYTES and len(self._memory) > 1:
                self._memory.popitem(last=False)
            return False

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._memory.clear()
            self._on_disk(lambda cache: bool(cache.clear()), False, writes=True)

    def size_bytes(self) -> int:
        """Bytes on disk and in memory."""
        with self._lock:
            return self._on_disk(lambda cache: int(cache.volume()), 0) + sum(map(len, self._memory.values()))

    @staticmethod
    def _read(cache: Cache, key: str) -> bytes | None:
        found: bytes | None = cache.get(key)
        return found

    def _write(self, cache: Cache, key: str, value: bytes) -> bool:
        done = bool(cache.set(key, value))
        if done and self._memory.keys() <= {key}:
            self._trouble = None
        return done

    def _on_disk(self, action: Callable[[Cache], T], otherwise: T, *, writes: bool = False) -> T:
        """``action`` on the disk, or ``otherwise`` with a notice; a damaged database is replaced once.

        A disk that cannot be written to may still be read, so the two are left alone separately.
        """
        resting_until = self._no_writes_until if writes else self._no_reads_until
        if self._directory is None or self._monotonic() < resting_until:
            return otherwise
        for last in (False, True):
            try:
                with contextlib.closing(self._opened(self._directory)) as cache:
                    return action(cache)
            except (sqlite3.Error, OSError, Timeout, TypeError, ValueError, AttributeError) as error:
                gone = not self._directory.exists()
                if not last and (gone or (_is_damage(error) and self._set_aside(self._directory))):
                    self._cache = None
                    continue
                self._degrade(error, self._directory, writes)
                return otherwise
        return otherwise

    def _opened(self, directory: Path) -> Cache:
        if self._cache is None:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            with contextlib.suppress(OSError):  # not ours to change: reading and writing decide
                directory.chmod(0o700)
            _probe(directory / DATABASE)
            self._cache = Cache(str(directory), timeout=LOCK_WAIT_S, disk=SealedDisk, size_limit=SIZE_LIMIT_BYTES)
        return self._cache

    def _set_aside(self, directory: Path) -> bool:
        """Move a damaged area out of the way, keeping it for whoever wants to look."""
        for number in range(1, 100):
            target = directory.with_name(f"{directory.name}.damaged-{number}")
            if target.exists():
                continue
            try:
                os.replace(directory, target)  # noqa: PTH105  # the atomic one
            except OSError:
                return False
            self._event = f"The cache '{self.name}' was damaged; it was set aside and a clean one was begun."
            log.LOGGER.warning("store %s: damaged, set aside as %s", self.name, target.name)
            return True
        return False

    def _degrade(self, error: Exception, directory: Path, writes: bool) -> None:
        self._no_writes_until = self._monotonic() + PAUSE_S
        if not writes:
            self._no_reads_until, self._cache = self._no_writes_until, None
        self._trouble = f"The cache '{self.name}' is kept in memory: {_in_words(error, directory)}."
        log.LOGGER.warning("store %s: %s, memory is used instead", self.name, type(error).__name__)


def _probe(database: Path) -> None:
    """Raise at once, and with no handle left open, where diskcache would wait for a minute or trip over damage."""
    if not database.exists():
        return
    with contextlib.closing(sqlite3.connect(database, timeout=LOCK_WAIT_S, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE").close()
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()
        connection.execute("ROLLBACK").close()
    if verdict != ("ok",):
        raise sqlite3.DatabaseError("database disk image is malformed")


def _is_damage(error: Exception) -> bool:
    """Whether the database itself is broken, as against locked, full or not writable."""
    if isinstance(error, TypeError | ValueError | AttributeError):  # settings rows that diskcache cannot have written
        return True
    text = str(error).casefold()
    return isinstance(error, sqlite3.Error) and any(sign in text for sign in _DAMAGED)


def _in_words(error: Exception, directory: Path) -> str:
    text = str(error).casefold()
    full = "full" in text or "no space" in text
    if isinstance(error, Timeout):  # diskcache says no more than this of whatever kept a transaction from beginning
        with contextlib.suppress(OSError):
            full = shutil.disk_usage(directory).free < NEARLY_FULL_BYTES
    if full:
        return "the disk is full"
    if isinstance(error, Timeout) or "locked" in text or "busy" in text:
        return "another program holds its database"
    if "readonly" in text or "read-only" in text or isinstance(error, PermissionError):
        return "the disk cannot be written to"
    return "the disk cannot be used"

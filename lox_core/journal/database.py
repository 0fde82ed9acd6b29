"""One database for the journal: opened when first needed, brought to the present schema, its failures put in words.

SQLite runs in WAL mode with ``synchronous=FULL``: what a transaction acknowledged survives a killed process and a lost
power line. Writers queue (``BEGIN IMMEDIATE``, busy timeout) instead of failing half way. Every transaction opens its
own connection, so a file that is moved or restored while Lox runs is noticed at the next one.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from lox_core import log
from lox_core.clock import Clock
from lox_core.errors import SettingsError, StoreError
from lox_core.journal import schema
from lox_core.journal.trouble import in_words

FILE_NAME = "tracker.sqlite3"
BUSY_S = 10.0
SETTING = "LOX_TRACKER_URL"


def file_url(path: Path) -> URL:
    """The address of a SQLite file."""
    return URL.create("sqlite", database=str(path.expanduser()))


def parse_url(text: str) -> URL:
    """Read ``LOX_TRACKER_URL``.

    Raises
    ------
    SettingsError
        The text is no database address Lox can use; the message never holds any of it.
    """
    wrong = f"{SETTING} cannot be used: it must be sqlite:///file or postgresql://user:password@host/name."
    if text.startswith("postgres://"):  # what hosting services hand out
        text = "postgresql://" + text.removeprefix("postgres://")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsError(SETTING, wrong)
    if url.get_backend_name() == "sqlite":
        file = url.database or ":memory:"
        if file.startswith((":", "file:")) or url.query:
            raise SettingsError(SETTING, f"{SETTING} must name a plain file: sqlite:///journal.sqlite3.")
    if url.password:
        log.hide([str(url.password), text])
    return url


class Database:
    """The database at ``url``. Safe for any number of threads and processes; nothing is opened before it is needed."""

    def __init__(self, url: URL, *, busy_s: float = BUSY_S) -> None:
        self._url, self._busy_s = url, busy_s
        self.path = Path(url.database or "").expanduser() if url.get_backend_name() == "sqlite" else None
        self.name = self.path.name if self.path is not None else "the PostgreSQL database"
        self._lock = threading.Lock()
        self._made: Engine | None = None
        self._ready = False

    @property
    def begun(self) -> bool:
        """Whether there is anything to read: a file that is not there or empty holds nothing, and is not made."""
        with in_words(self.name):
            return self.path is None or (self.path.exists() and self.path.stat().st_size > 0)

    def size_bytes(self) -> int | None:
        """Bytes of the file and of its write-ahead log; None for a database server."""
        if self.path is None:
            return None
        parts = (self.path, self.path.with_name(self.path.name + "-wal"))
        with in_words(self.name):
            return sum(part.stat().st_size for part in parts if part.exists())

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of everything committed."""
        with in_words(self.name):
            self._ensure()
            with self._engine().connect() as connection, connection.begin():
                yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it is on disk when the block ends, or none."""
        with in_words(self.name):
            self._ensure()
            with self._writer() as connection:
                yield connection

    @contextlib.contextmanager
    def _writer(self, **options: Any) -> Iterator[Connection]:
        with self._engine().connect().execution_options(writes=True, **options) as connection, connection.begin():
            yield connection

    def _engine(self) -> Engine:
        if self._made is None:
            self._made = _engine(self._url, self._busy_s)
        return self._made

    def _ensure(self) -> None:
        """Make the file, check it and bring it to the present schema, once; again when the file has gone."""
        with self._lock:
            if self._ready and (self.path is None or self.path.exists()):
                return
            if self.path is not None:
                _make_file(self.path)
                _use_wal(self.path, self._busy_s)
            with self._engine().connect() as connection, connection.begin():
                if self.path is not None and not schema.sound(connection):
                    raise sqlite3.DatabaseError("malformed")
                current = schema.is_current(connection, self.name)
            if not current:
                with self._writer(migrates=True) as connection:
                    schema.bring_up(connection, self.name)
            self._ready = True


def _engine(url: URL, busy_s: float) -> Engine:
    try:
        if url.get_backend_name() != "sqlite":
            timeout = {"connect_timeout": int(busy_s)}
            return create_engine(url, pool_pre_ping=True, connect_args=timeout, hide_parameters=True)
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": busy_s}, hide_parameters=True)
    except (ImportError, NoSuchModuleError):
        raise SettingsError(
            SETTING, f"{SETTING} needs a driver that is not installed: pip install 'psycopg[binary]'."
        ) from None
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions begin where _on_begin says, schema changes included
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("migrates"):
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _make_file(path: Path) -> None:
    """An empty file only its owner may read, in a folder of the same kind where that has to be made too."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    elif path.stat().st_mode & 0o077:
        with contextlib.suppress(OSError):  # another's file, or a read-only disk: its owner decides
            path.chmod(0o600)


def _use_wal(path: Path, busy_s: float) -> None:
    """Switch the file to write-ahead logging; SQLite does not wait by itself for others who are just doing so."""
    deadline = Clock.monotonic() + busy_s
    with contextlib.closing(sqlite3.connect(path, timeout=busy_s)) as connection:
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or Clock.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return


def require_file(database: Database) -> Path:
    """The journal's file.

    Raises
    ------
    StoreError
        The journal lives on a database server.
    """
    if database.path is None:
        raise StoreError("The journal lives in a PostgreSQL database; backing it up is that database's own job.")
    return database.path

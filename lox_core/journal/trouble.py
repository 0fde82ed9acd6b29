"""What a database's failures mean to the one who reads them. No message holds a path, an address or a value."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError, StatementError

from lox_core import log
from lox_core.errors import LoxError, StoreError

_BUSY = "{name} is held by another program that does not let go of it. Close that program and try again."
_READ_ONLY = "{name} cannot be opened or written: its folder or the file is read-only, or not yours. Make it writable."
_FULL = "The disk is full: nothing was written to {name}, what it held is intact. Free some space and try again."
_DAMAGED = (
    "{name} is damaged and is not used. Put a backup in its place; or move it aside, let Lox begin a new one, and "
    "bring an export back with lox journal import."
)
_DISK = "{name} cannot be read or written: the disk reports an error."
_REFUSED = "{name} refuses a row that contradicts its keys. Nothing was written."
_SILENT = "{name} does not answer. Try again, and see that the database runs."
_OTHER = "{name} cannot be used: its database answered with an error. The log has the details."

_BY_CODE = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_AUTH: _READ_ONLY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_IOERR: _DISK,
}


@contextlib.contextmanager
def in_words(name: str) -> Iterator[None]:
    """Turn whatever the disk or the database raises into a :class:`StoreError` that says what to do."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError, ValueError) as error:
        told = error.orig if isinstance(error, StatementError) else error
        if isinstance(told, LoxError):
            raise told from None
        words = _words(error, told)
        if words in (_OTHER, _SILENT) or isinstance(told, ValueError):
            log.log_error("journal", error)
        said = words.format(name=name)
        raise StoreError("T" + said[1:] if said.startswith("the ") else said) from None


def _words(error: Exception, told: BaseException | None) -> str:
    if isinstance(told, OSError):
        return _FULL if told.errno in (errno.ENOSPC, errno.EDQUOT) else _READ_ONLY
    if isinstance(error, IntegrityError):
        return _REFUSED
    if isinstance(told, sqlite3.Error):
        # "malformed" comes from our own check of a file, where there is no code
        code = getattr(told, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        return _BY_CODE.get(code & 0xFF, _OTHER)
    if isinstance(told, ValueError):
        return _DAMAGED  # a kept text that is no JSON or no instant
    return _SILENT if isinstance(error, OperationalError) else _OTHER

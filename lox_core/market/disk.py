"""What diskcache may write and read: sealed bytes under text keys, nothing else.

diskcache unpickles whatever its database declares to be a pickle (CVE-2025-69872), so a planted row would run code.
This Disk refuses pickles both ways, refuses file names that diskcache would not have made itself, and seals every
value with its length and CRC-32, so that a truncated or damaged value is an error and never a shorter value.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import Any

from diskcache import UNKNOWN, Disk
from diskcache.core import MODE_BINARY, MODE_RAW

from lox_core.errors import StoreError

_SEAL = struct.Struct("<4sQI")
_MAGIC = b"LOX1"
_FILE_NAME = re.compile(r"[0-9a-f]{2}[/\\][0-9a-f]{2}[/\\][0-9a-f]{28}\.val")


def seal(payload: bytes) -> bytes:
    """``payload`` behind its length and CRC-32."""
    return _SEAL.pack(_MAGIC, len(payload), zlib.crc32(payload)) + payload


def unseal(sealed: bytes) -> bytes:
    """The payload; raises ``StoreError`` when length or CRC-32 disagree."""
    if len(sealed) < _SEAL.size:
        raise StoreError("A kept copy is cut short and is not used.")
    magic, length, crc = _SEAL.unpack_from(sealed)
    payload = sealed[_SEAL.size :]
    if magic != _MAGIC or length != len(payload) or crc != zlib.crc32(payload):
        raise StoreError("A kept copy is damaged and is not used.")
    return payload


class SealedDisk(Disk):  # type: ignore[misc]  # diskcache has no types
    """A diskcache Disk for text keys and bytes values only."""

    def put(self, key: Any) -> tuple[str, bool]:
        """The key as it goes into the database."""
        if type(key) is not str:
            raise StoreError("Only text can be a key of the store.")
        return key, True

    def get(self, key: Any, raw: Any) -> str:
        """The key as it comes out."""
        if not raw or type(key) is not str:
            raise StoreError("The store holds a key it never wrote.")
        return key

    def store(self, value: Any, read: bool, key: Any = UNKNOWN) -> tuple[int, int, str | None, Any]:
        """Seal and write a value: size, mode, file name, database value."""
        if read or type(value) is not bytes:
            raise StoreError("Only bytes can go into the store.")
        row: tuple[int, int, str | None, Any] = super().store(seal(value), False, key=key)
        return row

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> bytes:
        """Read and unseal a value; refuses pickles, foreign file names, and anything that is not bytes."""
        if mode not in (MODE_RAW, MODE_BINARY) or read:
            raise StoreError("The store holds a value of a kind it never writes; it was not opened.")
        if mode == MODE_BINARY and not (filename and _FILE_NAME.fullmatch(filename)):
            raise StoreError("The store points to a file that is not its own; it was not opened.")
        sealed = super().fetch(mode, filename, value, False)
        if type(sealed) is not bytes:
            raise StoreError("The store holds a value of a kind it never writes; it was not opened.")
        return unseal(sealed)

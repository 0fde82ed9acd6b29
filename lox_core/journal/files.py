"""Files the journal is taken to and brought from: read up to a size, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lox_core.errors import StoreError
from lox_core.journal.trouble import in_words

MAX_BYTES = 50_000_000
TOO_LARGE = f"The file is larger than {MAX_BYTES // 1_000_000} MB and is not read."


def read_file(path: Path) -> bytes:
    """What a file holds, unless it is larger than any export; raises :class:`StoreError` in words."""
    with in_words(path.name):
        if path.stat().st_size > MAX_BYTES:
            raise StoreError(TOO_LARGE)
        return path.read_bytes()


def write_file(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file only its owner may read, whole or not at all.

    Raises
    ------
    StoreError
        The file is there already and ``replace`` is not said, or the disk refuses.
    """
    with new_file(path, replace=replace) as beside:
        beside.write_bytes(data)


@contextlib.contextmanager
def new_file(path: Path, *, replace: bool) -> Iterator[Path]:
    """A file of mode 0600 beside ``path`` that takes its place when the block ends well, and is gone otherwise."""
    with in_words(path.name):
        if path.exists() and not replace:
            raise StoreError(f"{path.name} is there already and is not overwritten.")
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".lox-")
        os.close(handle)
        beside = Path(name)
        try:
            yield beside
            with beside.open("rb") as written:
                os.fsync(written.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

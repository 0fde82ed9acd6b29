"""Every value ever seen of every series, for ever: append-only text, one file per series, beside the cache.

FRED keeps some series for three years only, and revises others in place; what it once served can come from nowhere
else. A file is a run of blocks, ``#block,<bytes>,<crc32>`` and then rows ``date,vintage,stated,value``. A row is
added only when it says something new: ``vintage`` is the first real-time day where FRED stated one (``stated`` 1), or
a day on which the value was in force (``stated`` 0). A torn or damaged block is passed over, the rest is read.
"""

from __future__ import annotations

import io
import os
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lox_core import log

_MARK = b"#block,"
_COLUMNS = ["date", "vintage", "stated", "value"]


@dataclass(frozen=True, eq=False)
class ArchiveRows:
    """Values seen, in the order of ``date`` and ``vintage`` (both datetime64[D]); ``value`` is finite float64.

    ``stated`` tells whether ``vintage`` is the vendor's first day of the value, or a day on which it was in force.
    """

    date: NDArray[np.datetime64]
    vintage: NDArray[np.datetime64]
    stated: NDArray[np.bool_]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.date)

    @classmethod
    def empty(cls) -> ArchiveRows:
        """No rows."""
        days = np.array([], "datetime64[D]")
        return cls(days, days, np.array([], bool), np.array([], float))

    def before(self, day: np.datetime64) -> ArchiveRows:
        """The rows of observation dates before ``day``."""
        return self._take(self.date < day)

    def _take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> ArchiveRows:
        return ArchiveRows(self.date[which], self.vintage[which], self.stated[which], self.value[which])

    def joined(self, rows: ArchiveRows) -> ArchiveRows:
        """These rows and ``rows`` after them, unsorted."""
        return ArchiveRows(
            np.concatenate([self.date, rows.date]),
            np.concatenate([self.vintage, rows.vintage]),
            np.concatenate([self.stated, rows.stated]),
            np.concatenate([self.value, rows.value]),
        )

    def news(self, rows: ArchiveRows) -> ArchiveRows:
        """Those of ``rows`` that say something new: the value differs from the one kept before it for that date."""
        both = self.joined(rows)
        is_new = np.arange(len(both)) >= len(self)
        order = np.lexsort((is_new, both.vintage, both.date))
        date, value = both.date[order], both.value[order]
        repeats = np.zeros(len(order), bool)
        repeats[1:] = (date[1:] == date[:-1]) & (value[1:] == value[:-1])
        return both._take(np.sort(order[is_new[order] & ~repeats]))


class Archive:
    """The files of one directory; ``None`` keeps everything in memory. Safe for any number of threads."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._unwritten: dict[str, bytes] = {}
        self.notice: str | None = None

    def read(self, series: str) -> ArchiveRows:
        """Every row kept of ``series``."""
        with self._lock:
            return self._read(series)

    def append(self, series: str, rows: ArchiveRows) -> ArchiveRows:
        """Keep what ``rows`` says anew; returns every row kept now."""
        with self._lock:
            kept = self._read(series)
            news = kept.news(rows)
            if not len(news):
                return kept
            self._write(series, _block(news))
            return kept.joined(news)

    def size_bytes(self) -> int:
        """Bytes on disk and in memory."""
        held = sum(map(len, self._unwritten.values()))
        if self._directory is None or not self._directory.is_dir():
            return held
        return held + sum(path.stat().st_size for path in self._directory.glob("*.csv"))

    def _path(self, directory: Path, series: str) -> Path:
        return directory / f"{quote(series, safe='')}.csv"

    def _read(self, series: str) -> ArchiveRows:
        text = b""
        if self._directory is not None:
            try:
                text = self._path(self._directory, series).read_bytes()
            except FileNotFoundError:
                pass
            except OSError as error:
                self._complain(series, error)
        return _parsed(series, text + b"\n" + self._unwritten.get(series, b""))

    def _write(self, series: str, block: bytes) -> None:
        pending = self._unwritten.get(series, b"") + block
        if self._directory is None:
            self._unwritten[series] = pending
            return
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            _append(self._path(self._directory, series), pending)
        except OSError as error:
            self._unwritten[series] = pending
            self._complain(series, error)
            return
        self._unwritten.pop(series, None)
        if not self._unwritten:
            self.notice = None

    def _complain(self, series: str, error: OSError) -> None:
        self.notice = "The archive of series cannot be written; what it should keep is held in memory until it can."
        log.LOGGER.warning("archive %s: %s", series, type(error).__name__)


def _append(path: Path, block: bytes) -> None:
    """Add whole blocks, surely on disk when this returns."""
    handle = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        left = memoryview(b"\n" + block if os.fstat(handle).st_size else block)  # a torn end must not swallow this
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _block(rows: ArchiveRows) -> bytes:
    days, vintages = (np.datetime_as_string(column, "D").tolist() for column in (rows.date, rows.vintage))
    cells = zip(days, vintages, rows.stated.astype(int).tolist(), rows.value.tolist(), strict=True)
    body = "".join([f"{day},{vintage},{stated},{value!r}\n" for day, vintage, stated, value in cells]).encode()
    return b"%s%d,%08x\n%s" % (_MARK, len(body), zlib.crc32(body), body)


def _parsed(series: str, text: bytes) -> ArchiveRows:
    bodies, damaged, at = [], 0, text.find(_MARK)
    while at >= 0:
        head_end = text.find(b"\n", at)
        body = _body(text, at, head_end)
        if body is None:
            damaged += 1
            at = text.find(_MARK, at + 1)
        else:
            bodies.append(body)
            at = text.find(_MARK, head_end + 1 + len(body))
    if damaged:
        log.LOGGER.warning("archive %s: %d damaged blocks passed over", series, damaged)
    if not bodies:
        return ArchiveRows.empty()
    frame = pd.read_csv(io.BytesIO(b"".join(bodies)), names=_COLUMNS, dtype={"date": str, "vintage": str})
    date, vintage = (frame[name].to_numpy().astype("datetime64[D]") for name in ("date", "vintage"))
    rows = ArchiveRows(date, vintage, frame["stated"].to_numpy(bool), frame["value"].to_numpy(float))
    return rows._take(np.lexsort((rows.vintage, rows.date)))


def _body(text: bytes, at: int, head_end: int) -> bytes | None:
    """The block that begins at ``at``; None where it is torn or damaged."""
    if head_end < 0:
        return None
    length, _, crc = text[at + len(_MARK) : head_end].partition(b",")
    if not length.isdigit() or len(length) > 12:
        return None
    body = text[head_end + 1 : head_end + 1 + int(length)]
    return body if len(body) == int(length) and b"%08x" % zlib.crc32(body) == crc else None

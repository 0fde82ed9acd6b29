"""The store: the current copy of everything fetched, by area, and the archive of every series value ever seen.

The cache under ``<data>/cache`` may be deleted at any time; ``<data>/archive`` may not be had again.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from lox_core import log
from lox_core.clock import Clock
from lox_core.errors import StoreError
from lox_core.market.archive import Archive, ArchiveRows
from lox_core.market.area import Area

AREAS = ("fred", "fmp", "correlations", "playbook", "calendar")


@dataclass(frozen=True)
class Entry:
    """One kept copy.

    Attributes
    ----------
    payload : bytes
        CSV text, NPY bytes or JSON.
    fetched_at : datetime
        Aware.
    meta : dict
        What goes with it; JSON values only.
    """

    payload: bytes = field(repr=False)
    fetched_at: datetime
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.fetched_at.tzinfo is None:
            raise StoreError("A kept copy needs a time with its zone.")


class Store:
    """Kept copies by area and key; build with :meth:`open` or :meth:`memory`. Safe for any number of threads.

    No method raises because of the disk: what it cannot keep, memory keeps, and :attr:`notice` says so.
    """

    def __init__(self, root: Path | None, monotonic: Callable[[], float] = Clock.monotonic) -> None:
        cache = root / "cache" if root else None
        if cache is not None:
            with contextlib.suppress(OSError):  # a disk that refuses is told of by the areas
                cache.mkdir(parents=True, exist_ok=True, mode=0o700)
                cache.chmod(0o700)
        self.where = str(cache) if cache else "memory"
        self._areas = {name: Area(name, cache / name if cache else None, monotonic) for name in AREAS}
        self._archive = Archive(root / "archive" if root else None)

    @classmethod
    def open(cls, root: Path, monotonic: Callable[[], float] = Clock.monotonic) -> Store:
        """The store under a data directory, made when it is not there."""
        return cls(root.expanduser(), monotonic)

    @classmethod
    def memory(cls) -> Store:
        """A store that lives as long as the process."""
        return cls(None)

    def get(self, area: str, key: str) -> Entry | None:
        """The copy under ``key``, or None where there is none that can be trusted."""
        packed = self._areas[area].get(key)
        if packed is None:
            return None
        try:
            return _unpacked(packed)
        except (ValueError, KeyError, TypeError, StoreError):
            log.LOGGER.warning("store %s: %s cannot be read and is not used", area, key)
            return None

    def put(self, area: str, key: str, entry: Entry) -> bool:
        """Keep ``entry`` in place of what was there; whether it is on disk when this returns."""
        head = json.dumps({"fetched_at": entry.fetched_at.isoformat(), "meta": entry.meta}, allow_nan=False)
        return self._areas[area].put(key, head.encode() + b"\n" + entry.payload)

    def clear(self, area: str) -> None:
        """Forget every copy of an area; the archive stays."""
        self._areas[area].clear()

    def append_archive(self, series: str, rows: ArchiveRows) -> ArchiveRows:
        """Keep for ever what ``rows`` say anew about a series; returns everything kept of it."""
        return self._archive.append(series, rows)

    def read_archive(self, series: str) -> ArchiveRows:
        """Everything ever seen of a series."""
        return self._archive.read(series)

    @property
    def notices(self) -> tuple[str, ...]:
        """What is wrong with the disk, in words."""
        parts = (*(area.notice for area in self._areas.values()), self._archive.notice)
        return tuple(words for words in parts if words)

    @property
    def notice(self) -> str | None:
        """The notices as one text, or None."""
        return " ".join(self.notices) or None

    def size_bytes(self) -> int:
        """Bytes kept, the archive included."""
        return sum(area.size_bytes() for area in self._areas.values()) + self._archive.size_bytes()


def _unpacked(packed: bytes) -> Entry:
    head, _, payload = packed.partition(b"\n")
    fields = json.loads(head)
    return Entry(payload, datetime.fromisoformat(fields["fetched_at"]), dict(fields["meta"]))

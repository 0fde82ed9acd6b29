"""Get a thing once, keep it, and know when to ask again: the same steps for every item the market holds.

Held in memory and fresh → as it is. Else the store's copy, if fresh. Else the vendor, one call per item however many
threads ask. Else the last good copy, flagged, with what went wrong. Else the error. Refusals are remembered for a
while, so that a page full of dead items does not wait for each of them again at every redraw.
"""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from lox_core import log
from lox_core.errors import AuthError, DataError, RateLimited, SchemaError, SeriesNotFound
from lox_core.market.freshness import Rule, decide, settled
from lox_core.market.store import Entry, Store
from lox_core.sourced import Attempt, Route

T = TypeVar("T")
HELD_PAST_MAX = 128
REFUSED_S = 30.0
REFUSED_LONG_S = 300.0
UNKNOWN_S = 6 * 3600.0


@dataclass(frozen=True)
class Item(Generic[T]):
    """One thing that can be fetched and kept.

    Attributes
    ----------
    area, key : str
        Where the store keeps it.
    source : str
        As it is shown: ``FRED:DGS10``.
    rule : Rule
    fetch : callable
        ``fetch(now) -> Entry`` from the vendor; raises ``DataError``.
    decode : callable
        ``decode(entry) -> T``; raises ``DataError`` where the copy cannot be used.
    daily_at : str or None
        The item's own hour at which its fetch day turns.
    last_day : date or None
        The item is the world as of this past day: once settled it is never asked for again.
    note : callable or None
        Told of a reply that came and could not be used, which the vendor's gate has not seen.
    """

    area: str
    key: str
    source: str
    rule: Rule
    fetch: Callable[[datetime], Entry]
    decode: Callable[[Entry], T]
    daily_at: str | None = None
    last_day: date | None = None
    note: Callable[[DataError], None] | None = None

    @property
    def id(self) -> tuple[str, str]:
        """Its identity."""
        return self.area, self.key


@dataclass(frozen=True)
class Kept(Generic[T]):
    """What the shelf hands out. ``meta`` is the entry's."""

    value: T
    fetched_at: datetime
    route: Route
    meta: dict[str, Any] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True)
class _Held(Generic[T]):
    value: T
    fetched_at: datetime
    meta: dict[str, Any]


class Shelf:
    """Items on hand, over one store. Safe for any number of threads."""

    def __init__(self, store: Store, monotonic: Callable[[], float]) -> None:
        self._store, self._monotonic = store, monotonic
        self._guard = threading.Lock()
        self._flights: dict[tuple[str, str], threading.Lock] = {}
        self._held: dict[tuple[str, str], _Held[Any]] = {}
        self._held_past: OrderedDict[tuple[str, str], _Held[Any]] = OrderedDict()
        self._refused: dict[tuple[str, str], tuple[DataError, float]] = {}
        self.version = 0

    def get(self, item: Item[T], now: datetime, instead: DataError | None = None) -> Kept[T]:
        """The item, by the shortest way that is fresh enough at ``now``.

        Parameters
        ----------
        item : Item
        now : datetime
        instead : DataError, optional
            The vendor is known not to answer, for this reason, and is not asked.

        Raises
        ------
        DataError
            There is no copy, and none could be had.
        """
        found = self._fresh(item, now)
        if found:
            return found
        with self._flight(item.id):
            refusal = instead or self._refusal(item.id)
            found = self._fresh(item, now)
            if not found and (refusal is None or self._look(item) is None):
                found = self._from_store(item, now)
            if found:
                return found
            if refusal is None:
                try:
                    return self._from_vendor(item, now)
                except DataError as error:
                    refusal = error
                    self._refuse(item, error)
            return self._last_good(item, refusal)

    def is_fresh(self, item: Item[T], now: datetime) -> bool:
        """Whether the item is in memory and fresh enough at ``now``."""
        return self._fresh(item, now) is not None

    def peek(self, item: Item[T]) -> tuple[Kept[T] | None, DataError | None]:
        """What is in memory and why there is no newer one; neither store nor vendor is asked."""
        held = self._look(item)
        refusal = self._refusal(item.id)
        if held is None:
            return None, refusal
        return Kept(held.value, held.fetched_at, "last_good" if refusal else "cache", held.meta), refusal

    def forget_refusals(self) -> None:
        """Let everything be asked for again, because somebody wants it tried now."""
        with self._guard:
            self._refused.clear()

    def _fresh(self, item: Item[T], now: datetime) -> Kept[T] | None:
        held = self._look(item)
        if held is None or not _is_fresh(item, held.fetched_at, now):
            return None
        return Kept(held.value, held.fetched_at, "cache", held.meta)

    def _from_store(self, item: Item[T], now: datetime) -> Kept[T] | None:
        """Take over the store's copy when it is another than the one in memory; hand it out when it is fresh."""
        entry = self._store.get(item.area, item.key)
        held = self._look(item)
        if entry is None or (held is not None and held.fetched_at == entry.fetched_at):
            return None
        try:
            value = item.decode(entry)
        except DataError as error:
            log.LOGGER.warning("store %s: %s cannot be used: %s", item.area, item.key, error)
            return None
        self._hold(item, _Held(value, entry.fetched_at, entry.meta))
        return self._fresh(item, now)

    def _from_vendor(self, item: Item[T], now: datetime) -> Kept[T]:
        entry = item.fetch(now)
        value = item.decode(entry)  # before it replaces a good copy
        self._store.put(item.area, item.key, entry)
        self._hold(item, _Held(value, entry.fetched_at, entry.meta))
        with self._guard:
            self._refused.pop(item.id, None)
        return Kept(value, entry.fetched_at, "live", entry.meta)

    def _last_good(self, item: Item[T], refusal: DataError) -> Kept[T]:
        held = self._look(item)
        if held is None:
            raise copy.copy(refusal).with_traceback(None) from None
        attempt = Attempt(item.source, str(refusal))
        return Kept(held.value, held.fetched_at, "last_good", held.meta, (attempt,))

    def _refuse(self, item: Item[T], error: DataError) -> None:
        seconds = REFUSED_S
        if isinstance(error, SeriesNotFound):
            seconds = UNKNOWN_S
        elif isinstance(error, SchemaError) or (isinstance(error, AuthError) and error.status is not None):
            seconds = REFUSED_LONG_S
        elif isinstance(error, RateLimited) and error.retry_after_s is not None:
            seconds = min(max(error.retry_after_s, 1.0), REFUSED_LONG_S)
        if isinstance(error, SchemaError) and item.note is not None:
            item.note(error)
        with self._guard:
            self._refused[item.id] = (copy.copy(error).with_traceback(None), self._monotonic() + seconds)
        held = self._look(item)
        if held is not None:
            words = "%s: %s (%s); the last good copy of %s is used"
            log.LOGGER.warning(words, item.source, type(error).__name__, error, held.fetched_at.isoformat())

    def _refusal(self, item_id: tuple[str, str]) -> DataError | None:
        with self._guard:
            known = self._refused.get(item_id)
            return known[0] if known and self._monotonic() < known[1] else None

    def _look(self, item: Item[T]) -> _Held[T] | None:
        with self._guard:
            return self._held_past.get(item.id) if item.last_day else self._held.get(item.id)

    def _hold(self, item: Item[T], held: _Held[T]) -> None:
        with self._guard:
            self.version += 1
            if item.last_day is None:
                self._held[item.id] = held
                return
            self._held_past[item.id] = held
            while len(self._held_past) > HELD_PAST_MAX:
                self._held_past.popitem(last=False)

    def _flight(self, item_id: tuple[str, str]) -> threading.Lock:
        with self._guard:
            return self._flights.setdefault(item_id, threading.Lock())


def _is_fresh(item: Item[Any], fetched_at: datetime, now: datetime) -> bool:
    if item.last_day is not None and settled(fetched_at, item.last_day):
        return True
    return decide(item.rule, fetched_at, now, daily_at=item.daily_at) == "use"

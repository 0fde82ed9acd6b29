"""A value with its origin: every fetched datum travels as :class:`Sourced`, or as a :class:`Gap` that says why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Literal, TypeVar

T = TypeVar("T")
U = TypeVar("U")
Route = Literal["live", "cache", "last_good"]


@dataclass(frozen=True)
class Attempt:
    """One source that was asked, and how it went, in words."""

    source: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Sourced(Generic[T]):
    """A value with its origin. Whether it is stale is judged when drawn, never stored.

    Attributes
    ----------
    value : T
        The datum.
    as_of : datetime
        Aware: when the number was true (the market's clock).
    fetched_at : datetime
        Aware: when we asked for it (our clock).
    source : str
        For example ``FRED:DGS10`` or ``demo FRED:DGS10``.
    route : {"live", "cache", "last_good"}
        Just fetched; from the store within its freshness; or the last good copy because every source failed.
    attempts : tuple of Attempt
        Sources asked before this one answered, in order.
    """

    value: T
    as_of: datetime
    fetched_at: datetime
    source: str
    route: Route = "live"
    attempts: tuple[Attempt, ...] = ()

    def map(self, function: Callable[[T], U]) -> Sourced[U]:
        """The same origin around ``function(value)``."""
        return Sourced(
            value=function(self.value),
            as_of=self.as_of,
            fetched_at=self.fetched_at,
            source=self.source,
            route=self.route,
            attempts=self.attempts,
        )

    def via(self, *attempts: Attempt) -> Sourced[T]:
        """The same value, with failed attempts put before its own."""
        return replace(self, attempts=(*attempts, *self.attempts))


@dataclass(frozen=True)
class Gap:
    """A datum that could not be had: ``reason`` in words, and what was tried."""

    item: str
    reason: str
    attempts: tuple[Attempt, ...] = ()

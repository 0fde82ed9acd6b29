"""How often a vendor may be asked: a token bucket and a circuit breaker in one gate, shared by every thread and retry.

Calls queue for a token up to their deadline. After several failures in a row the gate shuts for a while, lets one
probe through, and opens again when it succeeds. A rejected key shuts it until the settings change (which builds a new
gate). Time is monotonic; the wall clock only dates what the status page shows.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lox_core import log
from lox_core.clock import Clock
from lox_core.errors import AuthError, DataError, RateLimited, Unavailable

Breaker = Literal["closed", "open", "half-open"]
PROBE_S = 30.0


@dataclass(frozen=True)
class Budget:
    """What a vendor's gate allows.

    ``capacity`` calls at once and ``per_minute`` after that; shut after ``failures`` in a row for ``cool_down_s``
    seconds, doubling up to ``cool_down_max_s``.
    """

    capacity: int
    per_minute: float
    failures: int = 5
    cool_down_s: float = 30.0
    cool_down_max_s: float = 300.0


FRED_BUDGET = Budget(capacity=55, per_minute=60)  # never more than 115 in any minute; FRED allows 120
FMP_BUDGET = Budget(capacity=20, per_minute=60, failures=3)  # asked one thing after another: a page must not wait long
ALPACA_BUDGET = Budget(capacity=90, per_minute=100)  # never more than 190 in any minute; the free plan allows 200
UNLIMITED = Budget(capacity=1_000_000, per_minute=60_000_000)


@dataclass(frozen=True)
class GateState:
    """The gate at one moment, for the status page. ``retry_in_s`` is None while calls pass."""

    breaker: Breaker
    key_rejected: bool
    retry_in_s: float | None
    tokens_left: float
    tokens_capacity: int
    last_success: datetime | None
    last_error: str | None
    last_error_at: datetime | None


class BudgetGate:
    """One vendor's gate; implements :class:`lox_core.providers.http.Gate`. Safe for any number of threads.

    Parameters
    ----------
    source : str
        The vendor's name in words.
    budget : Budget
    now : callable
        The wall clock, for dating successes and errors only.
    monotonic, sleep : callable
        Seconds; injectable.
    """

    def __init__(
        self,
        source: str,
        budget: Budget,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = Clock.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.source, self._budget = source, budget
        self._now, self._monotonic, self._sleep = now, monotonic, sleep
        self._lock = threading.Lock()
        self._tokens, self._counted_at = float(budget.capacity), monotonic()
        self._failures, self._cool_down_s = 0, budget.cool_down_s
        self._open_until = self._probe_until = self._rejected_until = -math.inf
        self._is_open = False
        self._last_success: datetime | None = None
        self._last_error: tuple[str, datetime] | None = None

    def enter(self, stop_at: float, item: str = "") -> None:
        """Take a token, waiting for it until ``stop_at`` (monotonic) at most.

        Raises
        ------
        AuthError
            The key was rejected before.
        Unavailable
            The gate is shut after failures.
        RateLimited
            No token comes free in time.
        """
        with self._lock:
            self._admit(item)
            wait_s = self._reserve(stop_at, item)
        if wait_s > 0:
            self._sleep(wait_s)
        with self._lock:  # what came to light while this call queued counts too
            try:
                self._admit(item)
            except DataError:
                self._tokens += 1
                raise
            if self._is_open:
                self._probe_until = self._monotonic() + PROBE_S

    def succeeded(self) -> None:
        """The vendor answered: shut nothing, forget failures."""
        with self._lock:
            self._is_open, self._failures, self._cool_down_s = False, 0, self._budget.cool_down_s
            self._last_success = self._now()

    def failed(
        self,
        error: DataError,
        *,
        counts: bool = True,
        key_rejected: bool = False,
        cool_down_s: float | None = None,
    ) -> None:
        """The vendor did not answer as it should.

        Parameters
        ----------
        error : DataError
            Shown on the status page.
        counts : bool
            Whether this speaks of the vendor's health; what does not closes the breaker like a success.
        key_rejected : bool
            Send nothing more with this key: for ``cool_down_s`` where given, else ever.
        cool_down_s : float, optional
            Send nothing for this long.
        """
        with self._lock:
            now = self._monotonic()
            self._last_error = (str(error), self._now())
            if key_rejected:
                if now >= self._rejected_until:  # calls already under way say it again
                    log.LOGGER.warning("%s: key rejected, nothing more is sent with it", self.source)
                self._rejected_until = now + (cool_down_s if cool_down_s is not None else math.inf)
                return
            if not counts:
                self._is_open, self._failures, self._cool_down_s = False, 0, self._budget.cool_down_s
                return
            self._failures += 1
            if cool_down_s is not None:
                self._shut(now, cool_down_s)
            elif self._is_open and now < self._open_until:
                return  # a call that was under way when the gate was shut
            elif self._is_open or self._failures >= self._budget.failures:
                self._shut(now, self._cool_down_s)
                self._cool_down_s = min(self._cool_down_s * 2, self._budget.cool_down_max_s)

    def note(self, error: DataError) -> None:
        """Remember an error found after the call had succeeded, such as a reply whose shape has changed."""
        with self._lock:
            self._last_error = (str(error), self._now())

    def state(self) -> GateState:
        """The gate now."""
        with self._lock:
            now = self._monotonic()
            self._refill(now)
            rejected = now < self._rejected_until
            until = max(self._rejected_until, self._open_until if self._is_open else -math.inf)
            shut = now < until
            breaker: Breaker = "closed" if not self._is_open else "open" if now < self._open_until else "half-open"
            message, at = self._last_error or (None, None)
            return GateState(
                breaker,
                rejected,
                until - now if shut and math.isfinite(until) else None,
                max(self._tokens, 0.0),
                self._budget.capacity,
                self._last_success,
                message,
                at,
            )

    def _admit(self, item: str) -> None:
        now = self._monotonic()
        if now < self._rejected_until:
            words = f"{self.source} rejected the key; it is not asked again until the key is changed."
            raise AuthError(words, source=self.source, item=item)
        if not self._is_open:
            return
        until = self._open_until if now < self._open_until else self._probe_until
        if now < until:
            words = f"{self.source} is left alone for a moment after repeated failures; Status says until when."
            raise Unavailable(words, source=self.source, item=item)

    def _reserve(self, stop_at: float, item: str) -> float:
        """Take a token, possibly one not earned yet; returns the seconds until it is."""
        now = self._monotonic()
        self._refill(now)
        wait_s = max(1 - self._tokens, 0.0) * 60 / self._budget.per_minute
        if wait_s > 0 and now + wait_s > stop_at:
            words = f"Lox's own budget of calls to {self.source} is used up; try again in {math.ceil(wait_s)} s."
            raise RateLimited(words, source=self.source, item=item, retry_after_s=wait_s)
        self._tokens -= 1
        return wait_s

    def _refill(self, now: float) -> None:
        earned = (now - self._counted_at) * self._budget.per_minute / 60
        self._tokens, self._counted_at = min(self._tokens + earned, self._budget.capacity), now

    def _shut(self, now: float, seconds: float) -> None:
        if not self._is_open:
            why = self._last_error[0] if self._last_error else ""
            log.LOGGER.warning("%s: left alone for %.0f s after: %s", self.source, seconds, why)
        self._is_open = True
        self._open_until = max(self._open_until, now + seconds)
        self._probe_until = -math.inf

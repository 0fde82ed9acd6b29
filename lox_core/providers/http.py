"""The one way to call a vendor: GET, bounded, retried within its deadline, and silent about keys.

Nothing of ``requests`` leaves this package: every failure becomes an error of :mod:`lox_core.errors` that was made
from our own words, outside any ``except`` block, so neither its text nor its context holds an address or a key.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from random import SystemRandom
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase

from lox_core import log
from lox_core.clock import Clock
from lox_core.errors import DataError, RateLimited, SeriesNotFound, SettingsError
from lox_core.providers import verdicts
from lox_core.providers.exchange import Exchange, Failure, Limits, Reply
from lox_core.providers.verdicts import Verdict

__all__ = ["Gate", "Http", "Judge", "Limits", "OpenGate", "Reply", "Verdict"]

Json = TypeVar("Json", dict[str, Any], list[Any])
Judge = Callable[[Reply, str], Verdict | None]
_RANDOM = SystemRandom()
HEADERS = {"User-Agent": "lox-workbench", "Accept": "application/json", "Accept-Encoding": "gzip, deflate"}


class Gate(Protocol):
    """Budget and breaker of one vendor, asked before and told after every single send."""

    def enter(self, stop_at: float, item: str = "") -> None:
        """Wait for leave to send; raises a ``ProviderError`` when there is none by ``stop_at`` (monotonic)."""

    def succeeded(self) -> None:
        """The vendor answered as it should."""

    def failed(
        self,
        error: DataError,
        *,
        counts: bool = True,
        key_rejected: bool = False,
        cool_down_s: float | None = None,
    ) -> None:
        """The vendor did not; the parameters are those of :class:`Verdict`."""


class OpenGate:
    """Always open, for a client used on its own."""

    def enter(self, stop_at: float, item: str = "") -> None:
        """Let everything pass."""

    def succeeded(self) -> None:
        """Note nothing."""

    def failed(
        self,
        error: DataError,
        *,
        counts: bool = True,
        key_rejected: bool = False,
        cool_down_s: float | None = None,
    ) -> None:
        """Note nothing."""


class Http:
    """GET requests to one vendor.

    Parameters
    ----------
    source : str
        The vendor's name in words and logs.
    base_url : str
        https, or http on this machine; paths are appended.
    auth : AuthBase or None
        Adds the key.
    adapter : BaseAdapter, optional
        The transport; the network unless given.
    limits : Limits
    gate : Gate
        Budget and breaker, shared with every other client of this vendor.
    judge : callable, optional
        The vendor's own reading of a reply, ``(reply, item) -> Verdict | None``, asked before the generic one.
    sleep, monotonic, jitter : callable
        Injectable for tests; ``jitter`` returns 0 to 1.
    """

    def __init__(
        self,
        source: str,
        base_url: str,
        *,
        auth: AuthBase | None,
        adapter: BaseAdapter | None = None,
        limits: Limits | None = None,
        gate: Gate | None = None,
        judge: Judge | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = Clock.monotonic,
        jitter: Callable[[], float] = _RANDOM.random,
    ) -> None:
        log.quiet_http()
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"{source}_BASE_URL", f"The address of {source} is not a web address.")
        self.source, self._base_url, self._auth = source, base_url.rstrip("/"), auth
        self._limits, self._gate, self._judge = limits or Limits(), gate or OpenGate(), judge
        self._sleep, self._monotonic, self._jitter = sleep, monotonic, jitter
        transport = adapter or HTTPAdapter(pool_connections=2, pool_maxsize=16, max_retries=0)
        self._exchange = Exchange(base_url, transport, monotonic)

    def get_json(self, path: str, params: Mapping[str, str | int], *, expect: type[Json], item: str = "") -> Json:
        """The JSON document at ``path``, whose top level is an ``expect`` (``dict`` or ``list``).

        Parameters
        ----------
        path : str
            Below the base address, beginning with a slash.
        params : mapping
            The query, without the key.
        expect : type
            ``dict`` or ``list``.
        item : str
            What is asked for, in words and logs: a series or a symbol.

        Raises
        ------
        AuthError, RateLimited, Unavailable, ProviderError, SeriesNotFound, SchemaError
            In words, within the deadline.
        """
        stop_at, attempt = self._monotonic() + self._limits.deadline_s, 0
        refusal: DataError | None = None
        while True:
            attempt += 1
            try:
                self._gate.enter(stop_at - self._limits.answer_s, item)
            except DataError as error:
                refusal = refusal or error  # a retry that finds the gate shut ends with what shut it
                break
            outcome = self._once(path, params, stop_at, expect, item)
            if not isinstance(outcome, Verdict):
                self._gate.succeeded()
                return outcome
            refusal, pause_s = outcome.error, self._pause_s(outcome, attempt, stop_at)
            self._tell_gate(outcome, last=pause_s is None)
            if pause_s is None:
                break
            self._sleep(pause_s)
        raise refusal.with_traceback(None) from None

    def _tell_gate(self, verdict: Verdict, *, last: bool) -> None:
        if verdict.expected or isinstance(verdict.error, SeriesNotFound):  # an answer, if not the one hoped for
            self._gate.succeeded()
            return
        self._gate.failed(
            verdict.error,
            counts=verdict.counts,
            key_rejected=verdict.key_rejected,
            cool_down_s=verdict.cool_down_s if last else None,
        )

    def _once(
        self, path: str, params: Mapping[str, str | int], stop_at: float, expect: type[Json], item: str
    ) -> Json | Verdict:
        """Send once, log the call, and judge what came back."""
        began = self._monotonic()
        request = requests.Request("GET", self._base_url + path, params=dict(params), headers=HEADERS, auth=self._auth)
        outcome = self._exchange.send(request.prepare(), self._limits, stop_at)
        told = f"HTTP {outcome.status}, {len(outcome.body)} bytes" if isinstance(outcome, Reply) else outcome.kind
        log.LOGGER.debug("%s %s %s: %s in %.3f s", self.source, path, item, told, self._monotonic() - began)
        if isinstance(outcome, Failure):
            return verdicts.of_failure(outcome, self.source, item)
        verdict = (
            (self._judge(outcome, item) if self._judge else None)
            or verdicts.of_status(outcome, self.source, item)
            or verdicts.of_content(outcome, self.source, item, expect)
        )
        if verdict is not None:
            return verdict
        document: Json = outcome.document
        return document

    def _pause_s(self, verdict: Verdict, attempt: int, stop_at: float) -> float | None:
        """Seconds until the next try, or None when this was the last."""
        if attempt >= min(verdict.tries, self._limits.tries):
            return None
        wish = verdict.error.retry_after_s if isinstance(verdict.error, RateLimited) else None
        if wish is not None and wish > self._limits.retry_after_max_s:
            return None
        backoff_s = min(self._limits.backoff_s * 2 ** (attempt - 1), self._limits.backoff_max_s)
        pause_s = max(wish or 0.0, backoff_s * (1 + self._jitter()))
        return pause_s if self._monotonic() + pause_s < stop_at else None

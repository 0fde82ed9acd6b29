"""One request and its reply, bounded in time and bytes whatever the other side does.

``requests`` bounds single reads only: a server that drips bytes, a slow name lookup or headers that never end would
hold a page for minutes. So each exchange runs on a thread of its own that the caller leaves at the deadline; the
thread itself watches the clock and the byte count between reads and ends soon after. A semaphore bounds how many can
be left behind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from http.client import HTTPException
from queue import Empty, SimpleQueue
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
import urllib3
from pydantic_core import from_json
from requests.adapters import BaseAdapter

from lox_core import log

CHUNK_BYTES = 65_536
IN_FLIGHT = 16
Kind = Literal["timeout", "refused", "unreachable", "certificate", "broken_off", "too_large", "unreadable"]
NOT_JSON = object()


@dataclass(frozen=True)
class Limits:
    """What a call may cost. Times in seconds; ``deadline_s`` bounds the whole call with its queueing and retries.

    ``tries`` is the most a call is sent; ``retry_after_max_s`` the longest wish of the vendor that is waited for.
    """

    connect_s: float = 3.0
    read_s: float = 6.0
    deadline_s: float = 8.0
    max_bytes: int = 16 * 2**20
    tries: int = 3
    backoff_s: float = 0.3
    backoff_max_s: float = 2.0
    retry_after_max_s: float = 2.0

    @property
    def answer_s(self) -> float:
        """What queueing for the budget must leave of the deadline for the answer itself."""
        return self.deadline_s / 4


@dataclass(frozen=True)
class Failure:
    """No reply, and why."""

    kind: Kind


@dataclass(frozen=True)
class Reply:
    """A whole reply, within its limits. ``content_type`` is lower case without parameters."""

    status: int
    content_type: str
    body: bytes = field(repr=False)
    retry_after: str | None = None

    @cached_property
    def document(self) -> Any:
        """The body as JSON, or ``NOT_JSON``. NaN and Infinity are read as such, for the row checks to refuse."""
        if self.body.lstrip()[:1] not in (b"{", b"["):
            return NOT_JSON
        try:
            return from_json(self.body)
        except ValueError:
            return NOT_JSON

    @property
    def looks_like_a_page(self) -> bool:
        """Whether this is a web page rather than data."""
        return "html" in self.content_type or (self.body.lstrip()[:1] == b"<" and "xml" not in self.content_type)


class Exchange:
    """Sends prepared requests through one adapter. Safe to use from any number of threads."""

    def __init__(self, base_url: str, adapter: BaseAdapter, monotonic: Callable[[], float]) -> None:
        self._adapter, self._monotonic = adapter, monotonic
        loopback = urlsplit(base_url).hostname in ("127.0.0.1", "localhost", "::1")
        session = requests.Session()  # read for the machine's proxies and certificates only; no cookies, no .netrc
        self._route: dict[str, Any] = {**session.merge_environment_settings(base_url, {}, True, None, None)}
        session.close()
        if loopback:
            self._route["proxies"] = {}
        self._slots = threading.BoundedSemaphore(IN_FLIGHT)

    def send(self, request: requests.PreparedRequest, limits: Limits, stop_at: float) -> Reply | Failure:
        """The reply to ``request``, or why there is none; never later than ``stop_at`` (monotonic seconds)."""
        if not self._slots.acquire(timeout=max(stop_at - self._monotonic(), 0)):
            return Failure("timeout")
        box: SimpleQueue[Reply | Failure] = SimpleQueue()
        threading.Thread(target=self._work, args=(box, request, limits, stop_at), daemon=True).start()
        try:
            return box.get(timeout=max(stop_at - self._monotonic(), 0.001))
        except Empty:
            return Failure("timeout")

    def _work(
        self, box: SimpleQueue[Reply | Failure], request: requests.PreparedRequest, limits: Limits, stop_at: float
    ) -> None:
        try:
            box.put(self._exchange(request, limits, stop_at))
        except Exception as error:  # every way of failing becomes a kind: the error itself may hold the key
            if not isinstance(error, requests.RequestException | urllib3.exceptions.HTTPError | OSError):
                log.log_error("transport", error)  # a fault of a transport or of ours, not of the network
            box.put(Failure(kind_of(error)))
        finally:
            self._slots.release()

    def _exchange(self, request: requests.PreparedRequest, limits: Limits, stop_at: float) -> Reply | Failure:
        remaining = stop_at - self._monotonic()
        if remaining <= 0:
            return Failure("timeout")
        timeout = (min(limits.connect_s, remaining), min(limits.read_s, remaining))
        response = self._adapter.send(request, timeout=timeout, **self._route)
        try:
            declared = response.headers.get("Content-Length", "")
            if declared.isascii() and declared.isdigit() and int(declared) > limits.max_bytes:
                return Failure("too_large")
            body = bytearray()
            for chunk in _chunks(response):
                body += chunk
                if len(body) > limits.max_bytes:
                    return Failure("too_large")
                if self._monotonic() > stop_at:
                    return Failure("timeout")
        finally:
            response.close()
        content_type = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
        return Reply(response.status_code, content_type, bytes(body), _wish(response.headers))


def _wish(headers: Mapping[str, str]) -> str | None:
    """How long to wait: ``Retry-After``, or what is left until ``X-RateLimit-Reset`` on the vendor's own clock."""
    stated, reset, date = (headers.get(name) for name in ("Retry-After", "X-RateLimit-Reset", "Date"))
    if stated is not None or reset is None or not (reset.isascii() and reset.isdigit()):
        return stated
    try:
        left = int(reset) - parsedate_to_datetime(date or "").timestamp()
    except (ValueError, TypeError):
        return None
    return str(int(left)) if 0 <= left <= 3600 else None


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The decoded body, yielding after every read of the network, however few bytes it brought."""
    raw = response.raw
    if not isinstance(raw, urllib3.HTTPResponse):
        yield from response.iter_content(CHUNK_BYTES)
        return
    while chunk := raw.read1(CHUNK_BYTES, decode_content=True):
        yield chunk


def kind_of(error: BaseException) -> Kind:
    """What kind of failure an exception of ``requests``, urllib3 or the socket stands for."""
    chain = list(_chain(error))

    def holds(*types: type[BaseException]) -> bool:
        return any(isinstance(link, types) for link in chain)

    if holds(ConnectionRefusedError):
        return "refused"
    if holds(urllib3.exceptions.SSLError, requests.exceptions.SSLError):
        return "certificate"
    if holds(urllib3.exceptions.NameResolutionError):
        return "unreachable"
    if holds(requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
        return "timeout"
    if holds(requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError):
        return "unreadable"
    if holds(
        urllib3.exceptions.ProtocolError, HTTPException, requests.exceptions.ChunkedEncodingError, ConnectionError
    ):
        return "broken_off"
    return "unreachable" if holds(OSError, urllib3.exceptions.HTTPError) else "unreadable"


def _chain(error: BaseException, depth: int = 8) -> Iterator[BaseException]:
    """The error, its causes, and the errors wrapped in its arguments."""
    yield error
    if depth == 0:
        return
    inner = [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]
    for link in inner:
        if isinstance(link, BaseException):
            yield from _chain(link, depth - 1)

"""A vendor on loopback that misbehaves below and above HTTP; the first step of a path names the fault.

``http://127.0.0.1:<port>/<fault>/fred/series?…`` answers as the fault says, starting where it needs one from a good
answer of invented numbers. Written on bare sockets, because a web server would not send what these tests need.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lox_core.clock import Clock
from tests.faults.alpaca_answers import alpaca

DAYS = [f"2026-10-{day:02}" for day in range(1, 31)]
LIMIT = "Limit Reach . Please upgrade your plan"
FRED_KEY_WORDS = "Bad Request.  The value for variable api_key is not registered.  Read https://fred.example/"


def good(path: str, query: dict[str, str]) -> Any:
    """The answer in good health."""
    if path.startswith("alpaca/"):
        return alpaca(path)
    name = path.rsplit("/", 1)[-1]
    symbol = query.get("symbol", "SPY")
    if name == "observations":
        start, end = query.get("realtime_start", "2026-11-18"), query.get("realtime_end", "9999-12-31")
        rows = [{"date": d, "realtime_start": start, "realtime_end": end, "value": "4.25"} for d in DAYS]
        return {"count": len(rows), "offset": 0, "limit": 100000, "observations": rows}
    if name == "series":
        dates = {"observation_start": DAYS[0], "observation_end": DAYS[-1], "last_updated": "2026-11-17 15:16:30-06"}
        words = {"title": "A", "units": "Percent", "frequency": "Daily", "seasonal_adjustment": "None"}
        return {"seriess": [{"id": query["series_id"], **words, **dates}]}
    if name == "quote":
        return [{"symbol": symbol, "price": 22.5, "previousClose": 22.0, "timestamp": 1_793_300_000, "name": "A"}]
    if name == "treasury-rates":
        return [{"date": d, "year2": 4.0, "year10": 4.25} for d in DAYS[::-1]]
    bar = {"symbol": symbol, "open": 5.0, "high": 7.0, "low": 4.0, "close": 4.25, "volume": 10}
    return [{"date": d, **bar} for d in DAYS[::-1] if query.get("to", "") >= d]


def rows_of(document: Any) -> list[dict[str, Any]]:
    """The rows inside an answer, whichever endpoint's it is."""
    if isinstance(document, list):
        return document
    found: list[dict[str, Any]] = document.get("observations") or document.get("seriess")
    return found


def with_values(value: Any) -> Callable[[Any], Any]:
    """Every other row's number replaced by ``value`` (a lone row's too)."""

    def change(document: Any) -> Any:
        for number, row in enumerate(rows_of(document)):
            if number % 2 == 0:
                for name in {"value", "price", "close", "year10", "title"} & row.keys():
                    row[name] = value
        return document

    return change


def with_rows(change: Callable[[list[Any]], list[Any]]) -> Callable[[Any], Any]:
    """The list of rows changed as a whole."""

    def apply(document: Any) -> Any:
        rows = rows_of(document)
        rows[:] = change(list(rows))
        if isinstance(document, dict) and "count" in document:
            document["count"] = len(rows)
        return document

    return apply


def without(*names: str) -> Callable[[Any], Any]:
    """Rows that have lost their fields."""

    def change(document: Any) -> Any:
        for row in rows_of(document):
            for name in names:
                row.pop(name, None)
        return document

    return change


def redated(day: str, seconds: int) -> Callable[[list[Any]], list[Any]]:
    """Rows that all tell of another day."""
    return lambda rows: [row | {"date": day, "timestamp": seconds} for row in rows]


LOST = ("date", "value", "price", "close", "year10", "year2", "title")
REWRITES: dict[str, Callable[[Any], Any]] = {
    "ok": lambda document: document,
    "value-dot": with_values("."),
    "value-blank": with_values(""),
    "value-null": with_values(None),
    "value-nan": with_values(float("nan")),
    "value-nan-text": with_values("NaN"),
    "value-infinity": with_values(float("inf")),
    "value-comma": with_values("1,234"),
    "value-bool": with_values(True),
    "value-1e400": with_values("1e400"),
    "value-object": with_values({"a": 1}),
    "rows-doubled": with_rows(lambda rows: [row for row in rows for _ in (0, 1)]),
    "rows-unsorted": with_rows(lambda rows: rows[1::2] + rows[::2]),
    "rows-future": with_rows(lambda rows: [*rows, rows[-1] | {"date": "2031-01-02"}]),
    "rows-none": with_rows(lambda rows: []),
    "rows-junk": with_rows(lambda rows: [None, 5, "x", []]),
    "field-missing": without(*LOST),
    "field-extra": with_rows(lambda rows: [row | {"brand_new": {"x": [1]}} for row in rows]),
    "list-for-object": lambda document: {"rows": document} if isinstance(document, list) else [document],
    "object-for-rows": lambda document: {"observations": {}, "seriess": {}, "count": 1},
    "stale": with_rows(redated("2020-01-02", 1_577_990_000)),
    "ahead": with_rows(redated("2031-01-02", 1_925_000_000)),
}


class Loopback:
    """The server; a context manager. ``hits`` counts requests by fault."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.settimeout(0.05)
        self._done = threading.Event()
        self._threads: list[threading.Thread] = []
        self.hits: Counter[str] = Counter()

    def __enter__(self) -> Loopback:
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._acceptor.join()
        for thread in self._threads:
            thread.join(2)
        self._listener.close()

    def base(self, fault: str, vendor: str) -> str:
        """The base address at which ``vendor`` misbehaves as ``fault``."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/{fault}/{vendor}"

    def _accept(self) -> None:
        while not self._done.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, ValueError, IndexError):
            connection.settimeout(2)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            target = head.split(b" ", 2)[1].decode()
            parts = urlsplit(target)
            _, fault, path = parts.path.split("/", 2)
            self.hits[fault] += 1
            query = {name: cells[0] for name, cells in parse_qs(parts.query).items()}
            self._misbehave(connection, fault, path, query, target)

    def _misbehave(self, connection: socket.socket, fault: str, path: str, query: dict[str, str], target: str) -> None:
        vendor = path.split("/")[0]
        body = json.dumps(REWRITES.get(fault, REWRITES["ok"])(good(path, query))).encode()
        if fault in REWRITES:
            connection.sendall(reply(body))
        elif fault in BELOW_HTTP:
            BELOW_HTTP[fault](connection, body, self._done)
        elif fault.startswith("429-"):
            connection.sendall(reply(busy(vendor), 429, {"Retry-After": RETRY_AFTER[fault]}))
        else:
            connection.sendall(CANNED[fault](vendor, body, target))


def reply(
    body: bytes, status: int = 200, headers: dict[str, str] | None = None, kind: str = "application/json"
) -> bytes:
    """A whole HTTP reply."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", "Connection: close"]
    named = {"Content-Length": str(len(body))} | (headers or {})
    lines += [f"{name}: {value}" for name, value in named.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def busy(vendor: str) -> bytes:
    """The vendor's words on too many calls."""
    words = {"error_code": 429, "error_message": "Too Many Requests.  Exceeded Rate Limit"}
    return json.dumps(words if vendor == "fred" else {"Error Message": LIMIT}).encode()


def _stated(vendor: str, words: str, status: int, fred_status: int = 400) -> bytes:
    if vendor == "fred":
        return reply(json.dumps({"error_code": fred_status, "error_message": words}).encode(), fred_status)
    return reply(json.dumps({"Error Message": words}).encode(), status)


RETRY_AFTER = {
    "429-1": "1",
    "429-30": "30",
    "429-86400": "86400",
    "429-date": format_datetime(Clock().now() + timedelta(hours=1), usegmt=True),
    "429-junk": "next week",
}
PAGE = b"<html><body>Scheduled maintenance</body></html>"
CANNED: dict[str, Callable[[str, bytes, str], bytes]] = {
    "429": lambda vendor, body, target: reply(busy(vendor), 429),
    "500": lambda vendor, body, target: reply(b'{"message": "internal server error"}', 500),
    "502-echo": lambda vendor, body, target: reply(f"<html>{target}</html>".encode(), 502, kind="text/html"),
    "503-page": lambda vendor, body, target: reply(PAGE, 503, kind="text/html"),
    "400-echo": lambda vendor, body, target: reply(json.dumps({"message": f"bad {target}"}).encode(), 400),
    "401": lambda vendor, body, target: _stated(
        vendor, FRED_KEY_WORDS if vendor == "fred" else "Invalid API KEY.", 401
    ),
    "403": lambda vendor, body, target: reply(b'{"message": "forbidden"}', 403),
    "402-text": lambda vendor, body, target: reply(b"Restricted Endpoint: upgrade your plan", 402, kind="text/plain"),
    "404": lambda vendor, body, target: reply(PAGE, 404, kind="text/html"),
    "302-elsewhere": lambda vendor, body, target: reply(b"", 302, {"Location": f"http://127.0.0.2:9{target}"}),
    "200-page": lambda vendor, body, target: reply(PAGE, kind="text/html"),
    "200-empty": lambda vendor, body, target: reply(b""),
    "200-text": lambda vendor, body, target: reply(b"all is well", kind="text/plain"),
    "200-zip": lambda vendor, body, target: reply(b"PK\x03\x04junk", kind="application/zip"),
    "200-error": lambda vendor, body, target: _stated(vendor, LIMIT, 200, 500),
    "200-message": lambda vendor, body, target: reply(b'{"message": "something went wrong", "error_message": "x"}'),
    "truncated-json": lambda vendor, body, target: reply(body[: len(body) * 2 // 3]),
    "short-body": lambda vendor, body, target: reply(body[:-9], headers={"Content-Length": str(len(body))}),
    "bad-gzip": lambda vendor, body, target: reply(b"not gzip at all", headers={"Content-Encoding": "gzip"}),
    "gzip-bomb": lambda vendor, body, target: reply(BOMB, headers={"Content-Encoding": "gzip"}),
    "deep-json": lambda vendor, body, target: reply(b"[" * 200_000),
    "not-http": lambda vendor, body, target: b"220 mail.example ESMTP\r\n",
    "not-utf8": lambda vendor, body, target: reply(b'{"observations": "\xff\xfe\x00"}'),
}
BOMB = gzip.compress(b"[" + b"0," * 20_000_000 + b"0]", 1)


def _silent(connection: socket.socket, body: bytes, done: threading.Event) -> None:
    done.wait(1.5)


def _drip(connection: socket.socket, sent: bytes, done: threading.Event) -> None:
    for byte in sent:
        if done.wait(0.02):
            return
        connection.sendall(bytes([byte]))


def _drip_body(connection: socket.socket, body: bytes, done: threading.Event) -> None:
    head, _, _ = reply(body).partition(b"\r\n\r\n")
    connection.sendall(head + b"\r\n\r\n")
    _drip(connection, body, done)


def _drip_chunks(connection: socket.socket, body: bytes, done: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n")
    connection.sendall(f"{len(body):x}\r\n".encode())
    _drip(connection, body, done)


def _reset(connection: socket.socket, sent: bytes, done: threading.Event) -> None:
    connection.sendall(sent)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _endless(connection: socket.socket, body: bytes, done: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n[")
    until = time.monotonic() + 2
    while time.monotonic() < until:
        connection.sendall(b"1," * 500_000)


BELOW_HTTP: dict[str, Callable[[socket.socket, bytes, threading.Event], None]] = {
    "silent": _silent,
    "drip-headers": lambda connection, body, done: _drip(connection, reply(body), done),
    "drip-body": _drip_body,
    "drip-chunks": _drip_chunks,
    "reset": lambda connection, body, done: _reset(connection, b"", done),
    "reset-midway": lambda connection, body, done: _reset(connection, reply(body)[:-200], done),
    "closed": lambda connection, body, done: None,
    "endless": _endless,
    "huge-declared": lambda connection, body, done: connection.sendall(
        reply(body, headers={"Content-Length": str(50 * 2**20)})
    ),
}
FAULTS = [
    "refused",
    *(name for name in REWRITES if name != "ok"),
    *BELOW_HTTP,
    *RETRY_AFTER,
    *CANNED,
]


def address(loopback: Loopback, fault: str, vendor: str) -> str:
    """Where the fault is; for a refused connection, a port nobody listens on."""
    if fault != "refused":
        return loopback.base(fault, vendor)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}/{vendor}"

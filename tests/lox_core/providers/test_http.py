"""The one way to call out: retries, waits, deadlines, refusals, and silence about keys."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
import urllib3
from pydantic import SecretStr

from lox_core.clock import Clock
from lox_core.errors import AuthError, DataError, ProviderError, RateLimited, SchemaError, SettingsError, Unavailable
from lox_core.providers.exchange import Limits, kind_of
from lox_core.providers.http import Http, Verdict
from lox_core.providers.keys import HeaderKey, QueryKey
from tests.lox_core.providers.scripted import Answer, FakeTime, Scripted

KEY = "c4n4ry" * 5 + "00"
URL = "https://vendor.example.invalid/api"
OK = Answer({"fine": True})


class Gate:
    """Remembers what it was told; refuses from the ``shut_after``-th question on."""

    def __init__(self, shut_after: int = 99) -> None:
        self.told: list[Any] = []
        self._left = shut_after

    def enter(self, stop_at: float, item: str = "") -> None:
        self._left -= 1
        if self._left < 0:
            raise Unavailable("The gate is shut.")
        self.told.append("enter")

    def succeeded(self) -> None:
        self.told.append("succeeded")

    def failed(self, error: DataError, **meaning: Any) -> None:
        self.told.append(meaning)


def client(script: Any, clock: FakeTime | None = None, **options: Any) -> tuple[Http, Scripted, FakeTime]:
    clock = clock or FakeTime()
    adapter = script if isinstance(script, Scripted) else Scripted(script)
    options.setdefault("auth", QueryKey("api_key", SecretStr(KEY)))
    http = Http(
        "Vendor",
        URL,
        adapter=adapter,
        sleep=clock.sleep,
        monotonic=clock.monotonic,
        jitter=lambda: 0.5,
        **options,
    )
    return http, adapter, clock


def get(http: Http) -> dict[str, Any]:
    return http.get_json("/thing", {"id": "A"}, expect=dict, item="A")


def test_a_good_reply_is_returned_and_asked_for_once() -> None:
    http, adapter, clock = client([OK])
    assert get(http) == {"fine": True}
    assert len(adapter.requests) == 1
    assert clock.slept == []
    assert adapter.requests[0].method == "GET"


def test_a_server_error_is_tried_three_times_with_growing_jittered_waits() -> None:
    http, adapter, clock = client([Answer("", 500), Answer("", 502), OK])
    assert get(http) == {"fine": True}
    assert len(adapter.requests) == 3
    assert clock.slept == pytest.approx([0.45, 0.9])  # 0.3 and 0.6, half a jitter on top


def test_after_three_tries_the_last_error_is_told_in_words() -> None:
    http, adapter, _ = client([Answer("", 503)])
    with pytest.raises(Unavailable, match=r"Vendor is having trouble \(HTTP 503\) \(A\)"):
        get(http)
    assert len(adapter.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 410])
def test_a_refusal_is_never_sent_again(status: int) -> None:
    http, adapter, clock = client([Answer({"why": "no"}, status)])
    with pytest.raises(ProviderError):
        get(http)
    assert (len(adapter.requests), clock.slept) == (1, [])


@pytest.mark.parametrize(("status", "rejected"), [(401, True), (403, True), (402, False)])
def test_a_rejected_key_is_told_from_a_plan_that_covers_too_little(status: int, rejected: bool) -> None:
    gate = Gate()
    http, _, _ = client([Answer({"why": "no"}, status)], gate=gate)
    with pytest.raises(AuthError) as caught:
        get(http)
    assert caught.value.status == status
    assert gate.told[1]["key_rejected"] is rejected


def test_a_forbidden_page_of_a_gateway_does_not_condemn_the_key() -> None:
    gate = Gate()
    http, _, _ = client([Answer("<html>Forbidden</html>", 403, "text/html")], gate=gate)
    with pytest.raises(Unavailable, match="web page"):
        get(http)
    assert gate.told[1]["key_rejected"] is False


@pytest.mark.parametrize("wish", ["1", "2"])
def test_a_short_retry_after_is_waited_for(wish: str) -> None:
    http, adapter, clock = client([Answer("", 429, headers={"Retry-After": wish}), OK])
    assert get(http) == {"fine": True}
    assert clock.slept == [float(wish)]
    assert len(adapter.requests) == 2


@pytest.mark.parametrize(("wish", "cool_down_s"), [("30", 30.0), ("86400", 3600.0)])
def test_a_long_retry_after_fails_at_once_and_cools_down(wish: str, cool_down_s: float) -> None:
    gate = Gate()
    http, adapter, clock = client([Answer("", 429, headers={"Retry-After": wish})], gate=gate)
    with pytest.raises(RateLimited) as caught:
        get(http)
    assert (len(adapter.requests), clock.slept) == (1, [])
    assert caught.value.retry_after_s == float(wish)
    assert gate.told[1]["cool_down_s"] == cool_down_s


def test_a_retry_after_given_as_a_date_is_understood() -> None:
    later = format_datetime(Clock().now() + timedelta(minutes=5), usegmt=True)
    http, _, clock = client([Answer("", 429, headers={"Retry-After": later})])
    with pytest.raises(RateLimited) as caught:
        get(http)
    assert caught.value.retry_after_s == pytest.approx(300, abs=5)
    assert clock.slept == []


@pytest.mark.parametrize("junk", ["soon", "-", "1e9", "\xff", ""])
def test_a_junk_retry_after_counts_as_none(junk: str) -> None:
    http, adapter, clock = client([Answer("", 429, headers={"Retry-After": junk}), OK])
    assert get(http) == {"fine": True}
    assert len(adapter.requests) == 2
    assert clock.slept == pytest.approx([0.45])


def test_the_deadline_bounds_all_tries_together() -> None:
    limits = Limits(deadline_s=1.0, backoff_s=0.6)
    http, adapter, clock = client([Answer("", 500)], limits=limits)
    with pytest.raises(Unavailable):
        get(http)
    assert len(adapter.requests) == 2  # 0.9 s of waiting fits, the next 1.8 s would not
    assert sum(clock.slept) < 1.0


def test_the_gate_is_asked_before_every_send_and_told_after_it() -> None:
    gate = Gate()
    http, _, _ = client([Answer("", 500), OK], gate=gate)
    get(http)
    assert [word if isinstance(word, str) else "failed" for word in gate.told] == [
        "enter",
        "failed",
        "enter",
        "succeeded",
    ]


def test_a_gate_that_shuts_between_tries_leaves_the_first_reason_standing() -> None:
    http, adapter, _ = client([Answer("", 500)], gate=Gate(shut_after=1))
    with pytest.raises(Unavailable, match="HTTP 500"):
        get(http)
    assert len(adapter.requests) == 1


def test_a_shut_gate_sends_nothing() -> None:
    http, adapter, _ = client([OK], gate=Gate(shut_after=0))
    with pytest.raises(Unavailable, match="gate is shut"):
        get(http)
    assert adapter.requests == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_refused(status: int) -> None:
    http, adapter, _ = client([Answer("", status, headers={"Location": "https://elsewhere.example.invalid/"})])
    with pytest.raises(Unavailable, match="another address"):
        get(http)
    assert len(adapter.requests) == 1


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Answer("<html>maintenance</html>", content_type="text/html"), Unavailable, "web page"),
        (Answer("<!doctype html>", content_type="application/json"), Unavailable, "web page"),
        (Answer(b""), SchemaError, "empty"),
        (Answer(b"  \n"), SchemaError, "empty"),
        (Answer("PK\x03\x04"), SchemaError, "no whole JSON"),
        (Answer('{"a": 1'), SchemaError, "no whole JSON"),
        (Answer("[" * 100_000), SchemaError, "no whole JSON"),
        (Answer(b'{"a": "\xff\xfe"}'), SchemaError, "no whole JSON"),
        (Answer([1]), SchemaError, "a list where an object was expected"),
        (Answer('"text"'), SchemaError, "no whole JSON"),
    ],
)
def test_a_success_that_is_no_data_is_an_error(answer: Answer, error: type[Exception], words: str) -> None:
    http, _, _ = client([answer])
    with pytest.raises(error, match=words):
        get(http)


def test_a_body_over_the_byte_limit_is_dropped() -> None:
    http, adapter, _ = client([Answer(b'{"a": "' + b"x" * 5000 + b'"}')], limits=Limits(max_bytes=4000))
    with pytest.raises(Unavailable, match="larger than any real one"):
        get(http)
    assert len(adapter.requests) == 1


def test_a_declared_length_over_the_limit_is_not_even_read() -> None:
    http, _, _ = client([Answer("{}", headers={"Content-Length": str(10**9)})])
    with pytest.raises(Unavailable, match="larger than any real one"):
        get(http)


def test_a_gzip_bomb_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(b"[" + b"0," * 30_000_000 + b"0]")
    http, _, _ = client([Answer(bomb, headers={"Content-Encoding": "gzip"})], limits=Limits(max_bytes=1_000_000))
    with pytest.raises(Unavailable, match="larger than any real one"):
        get(http)


def test_a_vendors_own_judge_comes_first() -> None:
    def judge(reply: Any, item: str) -> Verdict | None:
        return Verdict(SchemaError(f"judged {item}")) if reply.document == {"fine": True} else None

    http, _, _ = client([OK], judge=judge)
    with pytest.raises(SchemaError, match="judged A"):
        get(http)


def test_the_key_is_in_the_request_and_in_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    leak = requests.exceptions.ConnectionError(f"failed: {URL}/thing?api_key={KEY}")
    http, adapter, _ = client([leak])
    with pytest.raises(Unavailable) as caught:
        get(http)
    assert f"api_key={KEY}" in (adapter.requests[0].url or "")
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(vars(caught.value))
    assert KEY not in told + caplog.text
    assert caught.value.__context__ is None
    assert "Vendor /thing A: unreachable in" in caplog.text


def test_a_header_key_stays_out_of_the_address() -> None:
    http, adapter, _ = client([OK], auth=HeaderKey("apikey", SecretStr(KEY)))
    get(http)
    assert adapter.requests[0].headers["apikey"] == KEY
    assert KEY not in (adapter.requests[0].url or "")


def test_a_vendors_words_are_quoted_short_and_masked() -> None:
    http, _, _ = client([Answer({"message": f"bad api_key={KEY} " + "x" * 900}, 400)])
    with pytest.raises(ProviderError) as caught:
        get(http)
    assert KEY not in str(caught.value)
    assert len(str(caught.value)) < 260


def test_each_call_logs_its_endpoint_and_its_time(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "lox")
    http, _, _ = client([OK])
    get(http)
    assert [record.levelname for record in caplog.records] == ["DEBUG"]
    assert "Vendor /thing A: HTTP 200, 14 bytes in 0.000 s" in caplog.text


def test_the_http_libraries_are_kept_from_logging_addresses(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client([OK])
    logging.getLogger("urllib3.connectionpool").debug("GET /thing?api_key=%s", KEY)
    logging.getLogger("urllib3.connectionpool").error("lost https://vendor.example.invalid/thing?api_key=%s", KEY)
    assert KEY not in caplog.text
    assert "lost" in caplog.text


@pytest.mark.parametrize("address", ["ftp://vendor.example.invalid", "vendor", "file:///etc/passwd", "http://"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(SettingsError):
        Http("Vendor", address, auth=None)


def test_proxies_of_the_machine_are_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert Http("Vendor", "http://127.0.0.1:1/x", auth=None)._exchange._route["proxies"] == {}
    assert Http("Vendor", URL, auth=None)._exchange._route["proxies"]["https"] == "http://127.0.0.1:9"


def test_netrc_adds_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine vendor.example.invalid login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    http, adapter, _ = client([OK])
    get(http)
    assert "Authorization" not in adapter.requests[0].headers


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.exceptions.ConnectTimeout(), "timeout"),
        (requests.exceptions.ReadTimeout(), "timeout"),
        (TimeoutError(), "timeout"),
        (
            requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("x", ConnectionResetError())),
            "broken_off",
        ),
        (requests.exceptions.ConnectionError(ConnectionRefusedError()), "refused"),
        (requests.exceptions.SSLError("bad certificate"), "certificate"),
        (requests.exceptions.ContentDecodingError(), "unreadable"),
        (urllib3.exceptions.IncompleteRead(1, 2), "broken_off"),
        (OSError("no route"), "unreachable"),
        (RuntimeError("a bug"), "unreadable"),
    ],
)
def test_every_exception_has_its_kind(error: Exception, kind: str) -> None:
    assert kind_of(error) == kind


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server whose headers go on for seconds, one byte at a time."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        listener.settimeout(0.1)
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    def drip(connection: socket.socket) -> None:
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                until = time.monotonic() + 3
                while time.monotonic() < until and not done.wait(0.02):
                    connection.sendall(b"x")
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    done.set()
    thread.join()
    listener.close()


def test_headers_that_never_end_are_left_at_the_deadline(dripping: str) -> None:
    http = Http("Vendor", dripping, auth=None, limits=Limits(connect_s=0.2, read_s=0.2, deadline_s=0.4))
    began = time.monotonic()
    with pytest.raises(Unavailable, match="did not answer in time"):
        http.get_json("/", {}, expect=dict)
    assert 0.35 < time.monotonic() - began < 0.8

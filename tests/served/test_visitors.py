"""The owner's book is the owner's: what a stranger is sent by a process in which the owner has seen everything."""

from __future__ import annotations

import contextlib
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import websockets.exceptions

from tests.browser.conftest import serving
from tests.served.canary_broker import CANARY, EQUITY, NOW, canary_broker
from tests.served.visitor import logged_in, open_page

pytestmark = pytest.mark.xdist_group("served")
PAGES = ("", "portfolio", "status")
SECRET, OWNER, TOKEN = "a-cookie-secret-of-the-tests-only-0123", "owner@example.org", "canary-token-0123456789"
SECRETS = f"""
[auth]
redirect_uri = "http://127.0.0.1:1/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "x"
client_secret = "y"
server_metadata_url = "http://127.0.0.1:1/.well-known/openid-configuration"
"""
FORBIDDEN = (CANARY.encode(), EQUITY.split(".")[0].encode(), b"987,654", b"RY77", OWNER.encode(), TOKEN.encode())


@dataclass(frozen=True)
class Served:
    """The running server, and what the broker was asked."""

    url: str
    hits: list[str]

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Status and body of one request."""
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


def served(folder: Path, bind: str) -> Iterator[Served]:
    """A live process with the owner's keys, listening on ``bind``."""
    secrets = folder / "secrets.toml"
    secrets.write_text(SECRETS)
    with canary_broker() as (broker, hits):
        extra = {
            "LOX_MODE": "live",
            "LOX_NOW": NOW,
            "LOX_KERNELS": "numpy",
            "LOX_OWNER_EMAILS": OWNER,
            "LOX_API_TOKEN": TOKEN,
            "ALPACA_API_KEY": "canary-key",
            "ALPACA_API_SECRET": "canary-secret",
            "ALPACA_TRADING_URL": broker,
            "ALPACA_DATA_URL": broker,
            "STREAMLIT_SECRETS_FILES": str(secrets),
        }
        with serving(folder, bind=bind, **extra) as url:
            yield Served(url, hits)


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[Served]:
    """A shared server in which the owner, logged in, has opened every page."""
    for found in served(tmp_path_factory.mktemp("shared"), "0.0.0.0"):
        cookies = logged_in(found.url, SECRET, email=OWNER, email_verified=True)
        sent = {page: open_page(found.url, page, cookies=cookies) for page in PAGES}
        assert CANARY.encode() in sent["portfolio"], "the owner himself must see his book"
        assert found.get("/api/positions", Authorization=f"Bearer {TOKEN}")[0] == 200
        yield found


@pytest.fixture(scope="module")
def at_home(tmp_path_factory) -> Iterator[Served]:
    """A server on loopback whose owner, at the machine, has opened every page."""
    for found in served(tmp_path_factory.mktemp("home"), "127.0.0.1"):
        sent = {page: open_page(found.url, page) for page in PAGES}
        assert CANARY.encode() in sent["portfolio"], "the owner himself must see his book"
        assert found.get("/api/positions")[0] == 200
        yield found


def leaks(sent: bytes) -> list[bytes]:
    """What of the owner's is in what was sent."""
    return [word for word in FORBIDDEN if word in sent]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "spoofed",
    [
        {},
        {"host": "localhost"},
        {"host": "127.0.0.1"},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"host": "localhost", "headers": {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "localhost"}},
        {"headers": {"X-Streamlit-User": OWNER, "X-Forwarded-Email": OWNER}},
        {"query": f"email={OWNER}&access=owner"},
    ],
    ids=lambda spoofed: ",".join(spoofed) or "plain",
)
def test_a_stranger_on_a_shared_server_is_sent_nothing_of_the_owners(shared, page, spoofed):
    try:
        sent = open_page(shared.url, page, **spoofed)
    except websockets.exceptions.WebSocketException:
        return  # turned away at the door
    assert leaks(sent) == []
    if page == "portfolio":
        assert b"ample book" in sent


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "stranger@example.org", "email_verified": True},
        {"email": OWNER, "email_verified": False},
        {"email": OWNER},
        {},
    ],
)
def test_a_login_that_is_not_the_owners_opens_nothing(shared, claims):
    cookies = logged_in(shared.url, SECRET, **claims)
    sent = open_page(shared.url, "portfolio", cookies=cookies)
    assert leaks(sent.replace(OWNER.encode(), b"")) == []


def test_a_cookie_signed_by_somebody_else_opens_nothing(shared):
    cookies = logged_in(shared.url, "another-secret-altogether-0123456789", email=OWNER, email_verified=True)
    assert leaks(open_page(shared.url, "portfolio", cookies=cookies)) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost"},
        {"Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
    ],
)
def test_the_route_wants_the_token_on_a_shared_server(shared, headers):
    before = len(shared.hits)
    status, body = shared.get("/api/positions", **headers)
    assert status == 401
    assert leaks(body) == []
    assert len(shared.hits) == before


@pytest.mark.parametrize("path", ["/healthz", "/_stcore/health", "/_stcore/metrics", "/_stcore/host-config", "/"])
def test_no_other_reply_tells_anything(shared, path):
    assert leaks(shared.get(path)[1]) == []


@pytest.mark.parametrize("page", PAGES)
def test_who_comes_through_a_proxy_to_a_server_at_home_is_a_stranger(at_home, page):
    assert leaks(open_page(at_home.url, page, headers={"X-Forwarded-For": "203.0.113.9"})) == []


@pytest.mark.parametrize("host", ["lox.example.org", "localhost.example.org"])
def test_a_name_made_to_point_here_is_a_stranger(at_home, host):
    with contextlib.suppress(websockets.exceptions.WebSocketException):  # turned away at the door
        assert leaks(open_page(at_home.url, "portfolio", host=host)) == []
    status, body = at_home.get("/api/positions", Host=host)
    assert status == 401
    assert leaks(body) == []


def test_the_owner_at_home_is_told_his_journal(at_home):
    assert b"tracker.sqlite3" in open_page(at_home.url, "status")

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from lox_core.api import POSITIONS, Refusal, positions_route, refusal
from lox_core.errors import Unavailable

TOKEN = SecretStr("a-long-enough-token")
BEARER = "Bearer a-long-enough-token"


@pytest.mark.parametrize(
    ("local", "setting", "authorization", "token", "status"),
    [
        (True, "auto", None, None, None),
        (True, "local", None, TOKEN, None),
        (True, "owner", None, TOKEN, 401),
        (True, "owner", BEARER, TOKEN, None),
        (True, "public", BEARER, TOKEN, 403),
        (False, "auto", BEARER, TOKEN, None),
        (False, "auto", BEARER.replace("B", "b", 1), TOKEN, None),
        (False, "auto", None, TOKEN, 401),
        (False, "auto", "a-long-enough-token", TOKEN, 401),
        (False, "auto", "Bearer a-long-enough-toke", TOKEN, 401),
        (False, "auto", "Bearer ", TOKEN, 401),
        (False, "auto", "Basic a-long-enough-token", TOKEN, 401),
        (False, "auto", "Bearer ünïcödé", TOKEN, 401),
        (False, "auto", BEARER, None, 403),
        (False, "auto", None, None, 403),
        (False, "local", BEARER, TOKEN, 403),
        (False, "owner", BEARER, TOKEN, None),
        (False, "public", BEARER, TOKEN, 403),
        (True, "anything else", BEARER, TOKEN, 403),
    ],
)
def test_who_is_answered(local, setting, authorization, token, status):
    found = refusal(local=local, setting=setting, authorization=authorization, token=token)
    assert (found and found.status) == status
    assert found is None or "a-long-enough-token" not in found.message


def ask(answer, admit=lambda _: None, method="GET") -> httpx.Response:
    app = Starlette(routes=[positions_route(answer, admit)])

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await client.request(method, POSITIONS)

    return asyncio.run(asked())


def test_the_answer_is_the_object_and_is_kept_by_nobody():
    reply = ask(lambda: {"account": "sample", "positions": []})
    assert (reply.status_code, reply.json()) == (200, {"account": "sample", "positions": []})
    assert reply.headers["cache-control"] == "no-store"


def test_the_book_is_fetched_beside_the_server_and_not_for_whoever_is_refused():
    threads = []

    def answer():
        threads.append(threading.current_thread().name)
        return {}

    ask(answer)
    assert threads != ["MainThread"]
    reply = ask(answer, lambda _: Refusal(401, "No."))
    assert len(threads) == 1
    assert (reply.status_code, reply.json()["error"]["message"]) == (401, "No.")
    assert reply.headers["www-authenticate"] == "Bearer"


def test_a_broker_in_trouble_is_told_in_words():
    def answer():
        raise Unavailable("Alpaca did not answer within 15 s.", source="Alpaca")

    reply = ask(answer)
    assert reply.status_code == 503
    assert reply.json() == {"error": {"type": "Unavailable", "message": "Alpaca did not answer within 15 s."}}


def test_a_fault_of_ours_tells_nothing_of_itself(caplog):
    def answer():
        raise ZeroDivisionError("the canary holding")

    reply = ask(answer)
    assert reply.status_code == 500
    assert "canary" not in reply.text
    assert "the canary holding" in caplog.text


def test_nothing_can_be_sent():
    assert ask(dict, method="POST").status_code == 405

"""The broker's client over a scripted transport, at an instant of a session."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from pydantic import SecretStr

from lox_core.providers.alpaca import Broker
from lox_core.providers.http import Gate
from tests.lox_core.providers.scripted import FakeTime, Scripted

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
KEY, SECRET = "alpaca-key-of-the-test", "alpaca-secret-of-the-test"


def broker(*answers: Any, gate: Gate | None = None) -> tuple[Broker, Scripted, FakeTime]:
    clock = FakeTime()
    adapter = Scripted(answers[0] if callable(answers[0]) else list(answers))
    made = Broker(
        SecretStr(KEY),
        SecretStr(SECRET),
        trading_url="https://trading.example.invalid",
        data_url="https://data.example.invalid",
        now=lambda: NOW,
        adapter=adapter,
        gate=gate,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
    )
    return made, adapter, clock


def query(request: requests.PreparedRequest) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def snapshot(bid: Any = 1.0, ask: Any = 1.2, at: str = "2026-11-20T19:59:59Z", **more: Any) -> dict[str, Any]:
    return {"latestQuote": {"bp": bid, "ap": ask, "t": at}, **more}

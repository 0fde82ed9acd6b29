"""A simulated market to ask: one world per process, and a session whose present a test may set."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
import requests

from lox_core.demo.transport import DEMO_FMP_URL, DEMO_FRED_URL, build
from lox_core.demo.world import DEFAULT_SEED, World, world_of


class Desk:
    """Asks the simulated vendors as a client would; ``at`` sets the present (New York text with offset)."""

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self.now = datetime.fromisoformat("2026-11-20T15:30:00-05:00")
        self.adapter = build(lambda: self.now, seed)
        self.session = requests.Session()
        self.session.mount("https://", self.adapter)

    def at(self, text: str) -> Desk:
        self.now = datetime.fromisoformat(text)
        return self

    def get(self, url: str, **params: Any) -> requests.Response:
        return self.session.get(url, params=params)

    def fred(self, series_id: str, **params: Any) -> dict[str, Any]:
        reply = self.get(
            f"{DEMO_FRED_URL}/series/observations", series_id=series_id, file_type="json", api_key="simulated", **params
        )
        assert reply.status_code == 200, reply.text
        return json.loads(reply.content)

    def refused(self, **params: Any) -> str:
        reply = self.get(f"{DEMO_FRED_URL}/series/observations", **{"file_type": "json", **params})
        body = reply.json()
        assert (reply.status_code, body["error_code"]) == (400, 400)
        return str(body["error_message"])

    def fmp(self, path: str, **params: Any) -> Any:
        reply = self.get(f"{DEMO_FMP_URL}/stable/{path}", **params)
        assert reply.status_code == 200, reply.text
        return json.loads(reply.content)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="session")
def world() -> World:
    return world_of()

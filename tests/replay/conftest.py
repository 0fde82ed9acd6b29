"""A vendor for every service, replaying recorded history as it looked at a chosen moment, in a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import SHARED

BOOT_S = 40
KEYS = {"FRED_API_KEY": "abcdefabcdefabcdefabcdefabcdef12", "FMP_API_KEY": "replayed-fmp-key"}


@dataclass(frozen=True)
class Replay:
    """The running server."""

    base: str

    def stand_at(self, moment: str, **more: Any) -> None:
        """Move its clock."""
        self._post("/__as_of", {"as_of": moment, **more})

    def fault(self, service: str, kind: str, **more: Any) -> None:
        """Let a service fail until :meth:`well`."""
        self._post("/__fault", {"service": service, "kind": kind, **more})

    def well(self) -> None:
        """End every fault."""
        self._send(urllib.request.Request(f"{self.base}/__fault", method="DELETE"))

    def environment(self, now: str) -> dict[str, str]:
        """What makes Lox call here, its clock standing at ``now``."""
        return {
            **KEYS,
            "LOX_NOW": now,
            "FRED_BASE_URL": f"{self.base}/fred",
            "FMP_BASE_URL": f"{self.base}/fmp",
            "ALPACA_TRADING_URL": f"{self.base}/alpaca-trading",
            "ALPACA_DATA_URL": f"{self.base}/alpaca-data",
        }

    def _post(self, path: str, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self._send(urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}))

    @staticmethod
    def _send(request: urllib.request.Request) -> None:
        with urllib.request.urlopen(request, timeout=30) as reply:
            reply.read()


@pytest.fixture(scope="session")
def replay() -> Iterator[Replay]:
    """One server for the session; skipped where the recorded data or what it needs to run are absent."""
    program = SHARED / "replay" / "replay.py"
    if not program.exists():
        pytest.skip("no recorded data on this machine")
    pytest.importorskip("scipy")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, str(program), "--port", str(port), "--as-of", "2023-03-14T18:00:00-04:00"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            yield _answering(Replay(f"http://127.0.0.1:{port}"), server)
        finally:
            server.terminate()
            server.wait(timeout=20)


def _answering(found: Replay, server: subprocess.Popen[bytes]) -> Replay:
    for _ in range(BOOT_S * 5):
        try:
            with urllib.request.urlopen(f"{found.base}/__health", timeout=2):
                return found
        except OSError:
            assert server.poll() is None, "the replay ended before it answered"
            time.sleep(0.2)
    raise AssertionError("the replay did not answer")

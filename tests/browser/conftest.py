"""The app as it is served, in a real Chromium: a server of its own on loopback, and pages that tell on themselves."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lox_core.settings import Settings
from tests.conftest import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BOOT_S, RUN_MS = 60, 60_000
PROBES = (
    "/_stcore/health",
    "/_stcore/host-config",
)  # where Streamlit's frontend looks for its base path on a deep link


@contextmanager
def serving(data_dir: Path, *, bind: str = "127.0.0.1", **extra: str) -> Iterator[str]:
    """Serve the app as the README says, on a free port; yields its address on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {k: v for k, v in os.environ.items() if k not in Settings.model_fields and not k.startswith("STREAMLIT_")}
    env = {**kept, "LOX_DATA_DIR": str(data_dir), "LOX_MODE": "demo", **extra}
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.address",
        bind,
        "--server.port",
        str(port),
    ]
    with (
        (data_dir / "server.log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log) as server,
    ):
        try:
            yield wait_for(f"http://127.0.0.1:{port}", server)
        finally:
            server.terminate()
            server.wait(timeout=20)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> str:
    """The address, once ``/healthz`` answers there; no page has been asked for by then."""
    for _ in range(BOOT_S * 5):
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return address
        except OSError:
            assert server.poll() is None, "the server ended before it answered"
            time.sleep(0.2)
    raise AssertionError("the server did not answer")


@dataclass
class Seen:
    """A page with everything it complained about and everywhere it called."""

    page: object
    origin: str
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def idle(self) -> None:
        """Wait until the script has run and its figures are drawn."""
        from playwright.sync_api import expect

        expect(self.page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning", timeout=RUN_MS
        )

    def drawn(self, count: int = 4) -> None:
        """Wait for the figures."""
        from playwright.sync_api import expect

        expect(self.page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=RUN_MS)
        expect(self.page.locator(".js-plotly-plot")).to_have_count(count, timeout=RUN_MS)

    def text(self) -> str:
        """What the page says."""
        return self.page.get_by_test_id("stMain").inner_text()


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A browser for the session; tests are skipped without one."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One demo server for the tests that may share it, its clock standing still."""
    with serving(tmp_path_factory.mktemp("served"), LOX_NOW="2026-11-20T16:30:00-05:00") as url:
        yield url


@pytest.fixture
def visit(chromium) -> Iterator[Callable[..., Seen]]:
    """``visit(url, path="/", width=…, theme=…)``: open a page and wait until it stands still."""
    contexts = []

    def opened(url: str, path: str = "/", *, width: int = 1440, theme: str = "light") -> Seen:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        contexts.append(context)
        seen = Seen(context.new_page(), url)
        seen.page.on("console", lambda message: listen(seen, message))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("request", lambda request: follow(seen, request))
        seen.page.goto(url + path)
        seen.page.get_by_test_id("stMain").locator("h1").first.wait_for(timeout=RUN_MS)
        seen.idle()
        return seen

    yield opened
    for context in contexts:
        context.close()


def listen(seen: Seen, message: object) -> None:
    """Keep console errors, but for the frontend's own search for its base path."""
    if message.type == "error" and not str(message.location.get("url", "")).endswith(PROBES):
        seen.complaints.append(message.text)


def follow(seen: Seen, request: object) -> None:
    """Keep every address outside the server."""
    inside = (seen.origin, seen.origin.replace("http", "ws", 1), "data:", "blob:")
    if not request.url.startswith(inside):
        seen.foreign.append(request.url)

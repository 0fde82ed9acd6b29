"""What every test stands on: no keys, no network beyond this machine, its own data directory, fresh logging."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import dotenv.main
import hypothesis
import pytest

from lox_core import log
from lox_core.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
LOGGERS = ("lox", "urllib3.connectionpool", "urllib3.util.retry", "requests")

# No deadline and no complaint of slowness: the machine may be busy. The same examples every time where a failure
# must mean that the change is at fault.
hypothesis.settings.register_profile(
    "lox",
    deadline=None,
    database=None,
    print_blob=True,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("lox")


class NetworkBlocked(AssertionError):
    """A test reached for an address beyond this machine.

    Not an ``OSError``, so that no fallback in the code under test takes it for a fault and carries on.
    """


def _is_loopback(host: object) -> bool:
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(host: object) -> None:
    if not _is_loopback(host):
        raise NetworkBlocked(f"a test reached for {host!r}; only loopback is allowed")


@pytest.fixture(scope="session", autouse=True)
def _no_network_beyond_loopback() -> Iterator[None]:
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX:
            _refuse(address[0])  # type: ignore[index]
        return connect(self, address)  # type: ignore[arg-type]

    def guarded_connect_ex(self: socket.socket, address: object) -> int:
        if self.family != socket.AF_UNIX:
            _refuse(address[0])  # type: ignore[index]
        return connect_ex(self, address)  # type: ignore[arg-type]

    def guarded_getaddrinfo(host: object, *rest: object, **named: object) -> object:
        _refuse(host.decode() if isinstance(host, bytes) else host)
        return getaddrinfo(host, *rest, **named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, no Lox setting, no secrets file of the person who runs the tests; a data directory of the test's own."""
    for name in list(os.environ):
        if name in Settings.model_fields or name.startswith(("LOX_", "STREAMLIT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LOX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("STREAMLIT_SECRETS_FILES", str(tmp_path / "no-secrets.toml"))
    is_file = dotenv.main._is_file_or_fifo
    monkeypatch.setattr(
        "dotenv.main._is_file_or_fifo", lambda path: Path(path).resolve() != ROOT / ".env" and is_file(path)
    )


@pytest.fixture(autouse=True)
def _fresh_logging() -> Iterator[None]:
    """Put the loggers and the redactor's secrets back as they were, so that no test depends on an earlier one."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(list(one.handlers), list(one.filters), one.level, one.propagate) for one in loggers]
    secrets = set(log._secrets)
    yield
    for one, (handlers, filters, level, propagate) in zip(loggers, before, strict=True):
        one.handlers[:], one.filters[:], one.propagate = handlers, filters, propagate
        one.setLevel(level)
    log._secrets.clear()
    log._secrets.update(secrets)


@pytest.fixture(autouse=True)
def _fresh_streamlit(tmp_path: Path) -> Iterator[None]:
    """No secrets file and no cached answer of an earlier test, in tests whose module loads streamlit."""
    streamlit = sys.modules.get("streamlit")
    if streamlit is not None:
        streamlit.config.set_option("secrets.files", [str(tmp_path / "no-secrets.toml")])
    yield
    streamlit = sys.modules.get("streamlit")
    if streamlit is not None:
        logging.getLogger("streamlit.runtime.caching.cache_data_api").setLevel(logging.ERROR)  # "No runtime found"
        streamlit.cache_data.clear()
        streamlit.cache_resource.clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the recorded market data where there is none; put the browser last.

    Playwright keeps an event loop running in its process until the end, where no other test may then start one.
    """
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    if not SHARED.is_dir():
        for item in items:
            if item.get_closest_marker("real"):
                item.add_marker(pytest.mark.skip(reason="no recorded market data beside the checkout"))


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    """Where the tests' HTTP server listens: by number, for a bare machine may not know the name localhost."""
    return "127.0.0.1", 0


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The recorded market data beside the checkout; only for tests marked ``real``."""
    if not SHARED.is_dir():
        pytest.skip("no recorded market data beside the checkout")
    return SHARED

"""The tests' own ground: no key of the person who runs them, no network, no secrets file."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
import requests
from dotenv import dotenv_values

from lox_core.settings import Settings
from tests.conftest import ROOT, NetworkBlocked


@pytest.fixture(scope="module", autouse=True)
def keys_of_the_person_who_runs_the_tests():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FMP_API_KEY", "cAnArY0123456789")
        patch.setenv("LOX_MODE", "live")
        patch.setenv("LOX_DATA_DIR", "/nowhere")
        yield


def test_no_setting_reaches_a_test_but_a_data_directory_of_its_own(tmp_path):
    left = {name: os.environ[name] for name in os.environ if name in Settings.model_fields}
    assert left == {"LOX_DATA_DIR": str(tmp_path / "data")}


def test_the_environment_is_the_demos():
    assert Settings.from_layers(os.environ).demo


def test_the_checkouts_dotenv_is_not_read_and_a_tests_own_is(tmp_path, monkeypatch):
    own = tmp_path / ".env"
    own.write_text("FRED_API_KEY=of-the-test\n", encoding="utf-8")
    monkeypatch.setattr("dotenv.main.os.path.isfile", lambda _: True)
    assert dotenv_values(ROOT / ".env") == {}
    assert dotenv_values(own) == {"FRED_API_KEY": "of-the-test"}


@pytest.mark.parametrize("host", ["93.184.216.34", "10.0.0.1", "api.stlouisfed.org", "2606:2800:220:1::1"])
def test_nothing_beyond_this_machine_can_be_reached(host):
    with pytest.raises(NetworkBlocked):
        socket.create_connection((host, 443), timeout=1)


def test_not_even_through_requests_whose_errors_the_code_catches():
    with pytest.raises(NetworkBlocked):
        requests.get("https://api.stlouisfed.org/fred/series", timeout=1)


def test_loopback_can_be_reached():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_the_data_directory_is_beside_nothing_of_the_checkout():
    assert not Path(os.environ["LOX_DATA_DIR"]).is_relative_to(ROOT)

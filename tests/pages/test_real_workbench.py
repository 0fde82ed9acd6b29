"""The pages over the real workbench: the simulated market, and a live one that nobody answers."""

from __future__ import annotations

import socket

import pytest
from streamlit.testing.v1 import AppTest

from lox_core.regimes.state import PILLARS, word
from lox_ui import loaders, services
from tests.conftest import ROOT
from tests.pages.conftest import figures, html

CANARY = "c4n4ryk3yc4n4ryk3yc4n4ryk3y00000"


@pytest.fixture
def page():
    """The app's frame, with nothing installed and nothing cached."""
    services.install(None)
    loaders.forget()
    yield AppTest.from_file(str(ROOT / "lox_ui" / "main.py"), default_timeout=120)
    services.install(None)
    loaders.forget()


def test_with_no_key_and_no_network_the_page_is_full_and_marked(page):
    page.run()
    assert not page.exception
    text = html(page)
    assert "DEMO MARKET" in text
    assert "lx-tile none" not in text
    assert all(f">{word(name)}<" in text for name in PILLARS)
    assert len(figures(page)) == 4
    page.query_params["rg_asof"] = "2020-03-16"
    page.date_input(key="rg_asof").set_value(services.today().replace(year=2020, month=3, day=16)).run()
    assert not page.exception
    assert "Replaying Monday 16 March 2020" in html(page)
    page.switch_page("../pages/status.py").run()
    assert not page.exception
    assert "VIXCLS" in html(page)


def test_when_nobody_answers_everything_is_named_missing_and_no_key_is_told(page, monkeypatch, caplog):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    for name, value in {
        "FRED_API_KEY": CANARY,
        "FMP_API_KEY": CANARY,
        "FRED_BASE_URL": f"http://127.0.0.1:{port}/fred",
        "FMP_BASE_URL": f"http://127.0.0.1:{port}",
    }.items():
        monkeypatch.setenv(name, value)
    page.run()
    assert not page.exception
    text = html(page)
    assert "DEMO" not in text
    assert "Insufficient data" in text
    assert "series could not be had" in text
    assert "The playbook cannot be shown." in text
    status = html(page.switch_page("../pages/status.py").run())
    assert not page.exception
    assert "not answering as it should" in status
    assert CANARY not in text + status + caplog.text

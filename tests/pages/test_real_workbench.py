"""The pages over the real workbench: the simulated market, and a live one that nobody answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from lox_core.regimes.state import PILLARS, word
from lox_ui import loaders, services
from tests.conftest import ROOT
from tests.faults.loopback import Loopback, address
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


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.mark.parametrize("fault", ["refused", "401", "403", "429-30", "500", "502-echo", "200-page"])
def test_when_a_source_fails_everything_is_named_missing_and_no_key_is_told(page, monkeypatch, caplog, loopback, fault):
    for vendor, key, base in (("fred", "FRED_API_KEY", "FRED_BASE_URL"), ("fmp", "FMP_API_KEY", "FMP_BASE_URL")):
        monkeypatch.setenv(key, CANARY)
        monkeypatch.setenv(base, address(loopback, fault, vendor))
    page.run()
    assert not page.exception
    text = html(page)
    assert "DEMO" not in text
    assert "Insufficient data" in text
    assert "no data" in text
    assert "The playbook cannot be shown." in text
    assert not any(trap in text for trap in (">0.0<", ">nan<", ">None<"))
    status = html(page.switch_page("../pages/status.py").run())
    assert not page.exception
    assert "not answering as it should" in status
    assert CANARY not in text + status + caplog.text


@pytest.mark.parametrize(
    ("fault", "words"),
    [("401", "FRED rejected the key."), ("refused", "series could not be had"), ("429-30", "limiting calls")],
)
def test_an_outage_says_what_is_the_matter(page, monkeypatch, loopback, fault, words):
    monkeypatch.setenv("FRED_API_KEY", CANARY)
    monkeypatch.setenv("FRED_BASE_URL", address(loopback, fault, "fred"))
    page.run()
    assert not page.exception
    assert words in html(page)

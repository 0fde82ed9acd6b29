from __future__ import annotations

import json
import urllib.request

import pytest

from lox_core.charts.theme import DARK, LIGHT
from tests.browser.conftest import serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


NAMES = ("Regimes", "Portfolio & Greeks", "Status")


@pytest.mark.parametrize("path", ["/status", "/?rg_pillar=Credit", "/portfolio"])
def test_a_deep_link_on_a_cold_server_runs_the_frame_first(visit, tmp_path, path):
    """The folder pages/ beside app.py must not be discovered: the first visitor of a process gets the whole frame."""
    with serving(tmp_path) as cold:
        seen = visit(cold, path)
        page = seen.page
        links = page.get_by_test_id("stTopNavLink")
        assert [text.split("\n")[-1].strip() for text in links.all_inner_texts()] == list(NAMES)
        assert page.get_by_test_id("stSidebarNav").count() == 0
        assert "DEMO MARKET" in seen.text()
        name = {"/status": "Status", "/portfolio": "Portfolio & Greeks"}.get(path, "Regimes")
        assert page.locator("h1").first.inner_text() == name
        assert page.evaluate("getComputedStyle(document.querySelector('.lx-ribbon')).borderStyle") == "solid"
        assert page.title() == f"{name} · Lox"
        assert page.get_by_test_id("stException").count() == 0


def test_boot_waits_for_nothing_and_tells_when_it_is_warm(tmp_path):
    with serving(tmp_path) as cold, urllib.request.urlopen(f"{cold}/healthz", timeout=5) as reply:
        assert json.load(reply)["status"] == "ok"


@pytest.mark.parametrize("path", ["/", "/portfolio"])
def test_the_page_fetches_nothing_from_elsewhere_and_complains_of_nothing(visit, address, path):
    seen = visit(address, path, width=1440)
    seen.drawn()
    seen.page.get_by_test_id("stTopNavLink").get_by_text("Status").click()
    seen.page.get_by_text("What is broken, and which page suffers?").wait_for()
    seen.idle()
    assert seen.foreign == []
    assert seen.complaints == []


@pytest.mark.parametrize(("name", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_both_themes_colour_page_and_figures_alike(visit, address, name, colours):
    seen = visit(address, theme=name)
    seen.drawn()
    page = seen.page
    rgb = "rgb({}, {}, {})".format(*(int(colours.background[i : i + 2], 16) for i in (1, 3, 5)))
    assert page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") == rgb
    grounds = page.evaluate(
        "[...document.querySelectorAll('.js-plotly-plot .main-svg:first-child')].map(s => s.style.background)"
    )
    assert grounds
    assert all(ground.startswith(rgb) for ground in grounds)
    word = page.evaluate("getComputedStyle(document.querySelector('.lx-title h1')).color")
    assert word == "rgb({}, {}, {})".format(*(int(colours.text[i : i + 2], 16) for i in (1, 3, 5)))


@pytest.mark.parametrize("path", ["/", "/portfolio", "/status"])
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_page_scrolls_sideways(visit, address, path, width):
    seen = visit(address, path, width=width)
    if "status" not in path:
        seen.drawn()
    measured = seen.page.evaluate(
        "[document.querySelector('[data-testid=stMain]'), document.documentElement].map(e => e.scrollWidth)"
    )
    assert max(measured) <= width


def test_a_day_can_be_replayed_and_left(visit, address):
    seen = visit(address)
    seen.page.get_by_role("spinbutton", name="year").click()
    seen.page.keyboard.type("20200316", delay=40)
    seen.page.get_by_text("Seven pillars").click()  # the field takes effect when it is left
    seen.page.get_by_text("Replaying Monday 16 March 2020").wait_for()
    seen.idle()
    assert "rg_asof=2020-03-16" in seen.page.url
    assert "Only what was known then" in seen.text()
    seen.page.get_by_role("button", name="Back to now").click()
    seen.page.get_by_text("Replaying Monday").wait_for(state="detached")
    seen.idle()
    assert "rg_asof" not in seen.page.url
    assert seen.complaints == []


def test_a_permalink_restores_the_view(visit, address):
    seen = visit(address, "/?rg_asof=2020-03-16&rg_pillar=Rates&rg_range=6M&rg_h=63")
    seen.drawn()
    text = seen.text()
    assert "Replaying Monday 16 March 2020" in text
    assert "next 63 trading days" in text
    assert "10Y change" in text
    assert seen.page.get_by_test_id("stSelectbox").locator("input").input_value() == "Rates"


def test_a_tile_opens_its_pillar_by_keyboard_and_the_address_follows(visit, address):
    seen = visit(address)
    seen.drawn()
    tile = seen.page.get_by_role("button", name="Inflation:")
    tile.focus()
    outline = seen.page.evaluate(
        "getComputedStyle(document.querySelector('.st-key-tile-inflation .lx-tile')).outlineStyle"
    )
    assert outline == "solid"
    tile.press("Enter")
    seen.page.locator(".st-key-tile-inflation .lx-tile.chosen").wait_for()
    seen.idle()
    assert seen.page.get_by_test_id("stSelectbox").locator("input").input_value() == "Inflation"
    assert "rg_pillar=Inflation" in seen.page.url


@pytest.mark.parametrize("path", ["/", "/portfolio"])
def test_every_chart_and_meter_has_a_name(visit, address, path):
    seen = visit(address, path)
    seen.drawn()
    nameless = seen.page.evaluate(
        "[...document.querySelectorAll('.lx [role=img]')].filter(e => !e.getAttribute('aria-label')).length"
    )
    charts = seen.page.evaluate(
        "[...document.querySelectorAll('[data-testid=stPlotlyChart]')].map(e => e.outerHTML.includes('aria-label'))"
    )
    assert nameless == 0
    assert len(charts) == 4
    assert all(charts)


def test_a_table_can_be_taken_away(visit, address):
    seen = visit(address)
    seen.drawn()
    with seen.page.expect_download() as waiting:
        seen.page.get_by_role("button", name="CSV of the history").click()
    assert waiting.value.suggested_filename.startswith("DEMO-volatility-history-2026-11-20")
    assert "date,raw,confirmed" in waiting.value.path().read_text().splitlines()[0]


@pytest.mark.parametrize(
    "path", ["/?rg_asof=%3Cscript%3Ealert(1)%3C/script%3E", "/?rg_pillar=%3Cimg%20src=x%3E&rg_h=-1&rg_range=zz"]
)
def test_a_hostile_address_does_nothing(visit, address, path):
    seen = visit(address, path)
    seen.drawn()
    assert seen.page.get_by_test_id("stException").count() == 0
    assert "Replaying" not in seen.text()
    assert seen.foreign == []

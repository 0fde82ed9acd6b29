from __future__ import annotations

from tests.pages.conftest import html

STATUS = "../pages/status.py"


def test_sources_and_series_are_listed(open_page):
    at = open_page(page=STATUS)
    assert not at.exception
    page = html(at)
    for part in (
        "Sources",
        "FRED",
        "FMP",
        "Real macro series: the regimes.",
        "not set",
        "8.4 MB",
        "data/cache (disk)",
        "VIXCLS",
        "0.1.0",
    ):
        assert part in page
    assert "cannot be shown" not in page


def test_a_demo_is_marked_here_too(open_page):
    assert "DEMO MARKET" in html(open_page(page=STATUS))


def test_in_an_outage_it_says_what_is_broken_and_which_page_suffers(open_page):
    page = html(open_page("outage", mode="live", page=STATUS))
    assert "FRED: not answering as it should." in page
    assert "Regimes: every pillar" in page
    assert "timed out after 8 s, 2 min ago" in page
    assert "open, tried in 41 s" in page
    assert "0 of 7" in page
    assert page.count("no value") >= 7


def test_a_healthy_market_names_nothing_broken(open_page):
    page = html(open_page(mode="live", page=STATUS))
    assert "not answering" not in page
    assert "1 of 1" in page
    assert "answering; 1 not in use" in page


def test_series_stand_worst_first(open_page):
    page = html(open_page("stale", mode="live", page=STATUS))
    table = page[page.index("Ages of all series") :]
    assert table.index("DEFICIT/GDP") < table.index("VIXCLS")


def test_asking_again_loads_again(open_page):
    at = open_page(page=STATUS)
    before = len(at.bench.loads)
    at.button(key="st-refresh").click().run()
    assert not at.exception
    assert len(at.bench.loads) == before + 1

from __future__ import annotations

import io

import pandas as pd
import pytest
import streamlit as st

from lox_core.errors import Unavailable
from lox_core.regimes.state import PILLARS, word
from lox_ui import loaders, parts, services, table_parts
from tests.lox_ui.board_factory import HOSTILE, board
from tests.pages.conftest import figures, html


def test_the_page_answers_first_then_shows_its_evidence(open_page):
    at = open_page()
    assert not at.exception
    page = html(at)
    for part in (
        "Transition, leaning Slowdown",
        "What makes",
        "What would flip, what changed",
        "Seven pillars",
        "Playbook",
        "Transitions and dwell",
        "Risk score",
        "Macro path",
        "Cross-checks",
        "Hysteresis",
    ):
        assert part in page
    assert all(word(name) in page for name in PILLARS)
    assert len(figures(at)) == 4
    assert page.index("Transition, leaning") < page.index("Seven pillars") < page.index("Playbook")


@pytest.fixture
def files(monkeypatch) -> dict[str, pd.DataFrame]:
    """The downloads the page offers: file name to the table inside."""
    offered: dict[str, pd.DataFrame] = {}

    def offer(label, *, data, file_name, **_):
        offered[file_name] = pd.read_csv(io.BytesIO(data()), encoding="utf-8")

    monkeypatch.setattr(table_parts.st, "download_button", offer)
    return offered


def test_a_demo_is_marked_on_the_page_in_every_figure_and_in_file_names(open_page, files):
    at = open_page(mode="demo")
    assert not at.exception
    assert "DEMO MARKET" in html(at)
    assert all("DEMO" in str(spec["layout"].get("shapes")) for spec in figures(at))
    assert files
    assert all(name.startswith("DEMO-") for name in files)


def test_a_live_market_carries_no_demo_mark(open_page, files):
    at = open_page(mode="live")
    assert not at.exception
    assert "DEMO MARKET" not in html(at)
    assert not any("DEMO" in str(spec["layout"].get("shapes")) for spec in figures(at))
    assert not any("DEMO" in name for name in files)


def test_every_table_can_be_taken_away(open_page, files):
    open_page(mode="live", query={"rg_pillar": "Credit"})
    day = "2026-11-20"
    assert set(files) == {
        f"flips-{day}.csv",
        f"credit-history-{day}.csv",
        f"pillars-{day}.csv",
        f"credit-inputs-{day}.csv",
        f"playbook-credit-21d-{day}.csv",
        f"transitions-credit-21d-{day}.csv",
        f"macro-{day}.csv",
        f"axes-{day}.csv",
        f"checks-{day}.csv",
        f"credit-changes-{day}.csv",
    }
    history = files[f"credit-history-{day}.csv"]
    assert history["confirmed"].dropna().isin(["euphoric", "benign", "cautious", "stressed", "crisis"]).all()
    assert history["score"].isna().sum() == 60
    assert files[f"playbook-credit-21d-{day}.csv"]["shrunk_mean_pct"].isna().tolist() == [False] * 4 + [True]


def test_every_table_can_be_taken_away_in_an_outage_too(open_page, files):
    at = open_page("outage", mode="live")
    assert not at.exception
    assert len(files) == 10
    assert files["playbook-volatility-21d-2026-11-20.csv"].empty


def test_a_standing_clock_says_so(open_page):
    assert "The clock stands still" in html(open_page())


def test_a_grey_pillar_says_why_and_weighs_nothing(open_page):
    page = html(open_page())
    assert "Federal receipts end 2026-03-31" in page
    assert "Fiscal weighs 0" in page


def test_an_estimate_is_tagged(open_page):
    assert ">proxy<" in html(open_page(query={"rg_pillar": "Credit"}))


def test_in_an_outage_everything_is_named_missing_and_nothing_is_zero(open_page):
    at = open_page("outage", mode="live")
    assert not at.exception
    page = html(at)
    assert "Insufficient data" in page
    assert "FRED did not answer" in page
    assert "No pillar has a score." in page
    assert "8 series" in page
    assert not any(trap in page for trap in (">0.0<", "nan", "None", "NaN"))


def test_old_copies_are_flagged_stale(open_page):
    page = html(open_page("stale", mode="live"))
    assert 'lx-badge stale"' in page
    assert "3 d · stale" in page
    assert "last good copy" in page


def test_a_date_replays_that_day_and_says_so(open_page):
    at = open_page(query={"rg_asof": "2020-03-16"})
    assert not at.exception
    page = html(at)
    assert "Replaying Monday 16 March 2020, after the close" in page
    assert at.bench.loads[-1].kind == "date"
    assert str(at.bench.loads[-1]) == "2020-03-16"
    assert at.date_input(key="rg_asof").value.isoformat() == "2020-03-16"
    at.button(key="rg_now").click().run()
    assert "Replaying" not in html(at)
    assert at.bench.loads[-1].kind == "now"


@pytest.mark.parametrize("bad", ["2099-01-01", "1776-07-04", "16.3.2020", "<script>", "../../etc"])
def test_a_bad_day_in_the_address_is_not_believed(open_page, bad):
    at = open_page(query={"rg_asof": bad})
    assert not at.exception
    assert at.bench.loads[-1].kind == "now"
    assert "<script>" not in html(at)


def test_the_address_chooses_pillar_range_and_horizon(open_page):
    at = open_page(query={"rg_pillar": "Credit", "rg_range": "All", "rg_h": "63"})
    assert at.selectbox(key="rg_pillar").value == "Credit"
    assert "Inputs of Credit" in html(at)
    assert "next 63 trading days" in html(at)
    assert any(trace["name"] == "HY OAS" for spec in figures(at) for trace in spec["data"])


@pytest.mark.parametrize("query", [{"rg_pillar": "weather"}, {"rg_range": "9Z"}, {"rg_h": "9999"}, {"rg_h": "x'--"}])
def test_a_strange_choice_in_the_address_falls_back(open_page, query):
    at = open_page(query=query)
    assert not at.exception
    assert "Inputs of Volatility" in html(at)
    assert "next 21 trading days" in html(at)


def test_pressing_a_tile_opens_its_pillar(open_page):
    at = open_page()
    at.button(key="rg-open-inflation").click().run()
    assert not at.exception
    assert at.selectbox(key="rg_pillar").value == "Inflation"
    assert "Inputs of Inflation" in html(at)


@pytest.mark.parametrize("name", PILLARS)
def test_every_pillar_can_be_opened(open_page, name):
    at = open_page(query={"rg_pillar": word(name)})
    assert not at.exception
    assert f"Inputs of {word(name)}" in html(at)


def test_a_share_link_carries_the_day_and_every_choice(open_page):
    at = open_page(query={"rg_asof": "2020-03-16", "rg_pillar": "Credit", "rg_range": "6M"})
    link = at.code[0].value
    assert "rg_asof=2020-03-16" in link
    assert "rg_pillar=Credit" in link
    assert "rg_range=6M" in link
    assert "rg_h=21" in link


def test_what_a_vendor_says_never_becomes_markup(open_page):
    at = open_page("hostile", mode="live")
    assert not at.exception
    page = html(at)
    assert HOSTILE not in page
    assert "<img" not in page
    assert "&lt;img src=https://example.invalid/x.png&gt;" in page
    assert not any("example.invalid" in element.value for element in [*at.markdown, *at.caption])


def test_a_warm_run_loads_and_computes_nothing_again(open_page, monkeypatch):
    at = open_page()
    calls = []
    monkeypatch.setattr(at.bench, "board", lambda as_of: calls.append("board"))
    monkeypatch.setattr(at.bench, "playbook", lambda *args: calls.append("playbook"))
    loads = len(at.bench.loads)
    at.run()
    assert not at.exception
    assert calls == []
    assert len(at.bench.loads) == loads


def test_title_and_skeleton_are_drawn_before_anything_is_fetched(open_page, monkeypatch):
    at = open_page()
    loaders.forget()
    monkeypatch.setattr(at.bench, "load", lambda as_of, progress: (progress(1, 3, "VIXCLS"), st.stop()))
    seen = []
    monkeypatch.setattr(parts.st, "skeleton", seen.append)
    at.run()
    assert not at.exception
    page = html(at)
    assert "DEMO MARKET" in page
    assert "What regime is the market in" in page
    assert "Seven pillars" not in page
    assert len(seen) == 4


def test_new_data_redraw_the_board(open_page):
    at = open_page()
    shown = []
    original = at.bench.board
    at.bench.board = lambda as_of: shown.append(as_of) or original(as_of)
    at.bench.version += 1
    at.run()
    assert len(shown) == 1


def test_a_failing_load_becomes_a_panel_in_words_and_is_not_remembered(open_page, monkeypatch):
    at = open_page()
    monkeypatch.setattr(at.bench, "board", failing)
    loaders.forget()
    at.run()
    assert not at.exception
    page = html(at)
    assert "The regime board cannot be shown." in page
    assert "FRED is on holiday" in page
    assert "DEMO MARKET" in page
    monkeypatch.undo()
    at.button(key="retry-board").click().run()
    assert "cannot be shown" not in html(at)


def failing(as_of):
    raise Unavailable("FRED is on holiday.", source="FRED")


def test_an_unusable_setting_is_told_and_not_a_traceback(open_page, monkeypatch):
    at = open_page()
    monkeypatch.setenv("LOX_MODE", "sometimes")
    services.install(None)
    at.run()
    assert not at.exception
    assert "LOX_MODE cannot be used" in html(at)


def test_an_open_page_follows_midnight_and_a_replay_does_not(open_page, monkeypatch):
    at = open_page()
    tomorrow = services.today().replace(day=21)
    monkeypatch.setattr(services, "today", lambda: tomorrow)
    at.run()
    assert at.date_input(key="rg_asof").value == tomorrow
    assert "Replaying" not in html(at)


def test_the_factory_has_the_states_the_page_must_show():
    made = board(services_as_of())
    assert made.pillars["fiscal"].grey
    assert made.pillars["volatility"].intraday
    assert any(reading.proxy for reading in made.pillars["credit"].inputs.values())


def services_as_of():
    from lox_core.clock import Clock
    from tests.lox_ui.board_factory import NOW

    return Clock(NOW).as_of_now()

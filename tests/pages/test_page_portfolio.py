"""The Portfolio page over the real workbench: the simulated account, a live market without a broker, and faults."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from lox_core.errors import SettingsError
from lox_core.options import kernels
from lox_core.portfolio.alerts import Alert
from lox_core.settings import Settings
from lox_ui import book_state, loaders, services, table_parts
from tests.conftest import ROOT
from tests.pages.conftest import figures, html

INSIDE, WEEKEND = "2026-11-20T15:00:00-05:00", "2026-11-21T12:00:00-05:00"
pytestmark = pytest.mark.xdist_group("portfolio page")
PANELS = (
    "Positions",
    "The day&#x27;s P&amp;L",
    "Payoff",
    "Dollar delta",
    "Vega per point",
    "Expiry sheet",
    "Smile",
    "Net asset value and drawdown",
    "Working orders",
    "Fills and activities",
)


@pytest.fixture(scope="module")
def built() -> Iterator[dict[str, object]]:
    """What the process's workbench was built for, so that tests that ask for the same share it and its boards."""
    found: dict[str, object] = {}
    kernels.use("numba")
    kernels.wait()
    yield found
    kernels.use("numpy")
    services.install(None)
    loaders.forget()


@pytest.fixture
def open_portfolio(monkeypatch, tmp_path_factory, built):
    """``open_portfolio(now=…, **env)``: the page over whatever workbench the environment asks for."""

    def opened(now: str = INSIDE, **env: str) -> AppTest:
        asked = {"LOX_NOW": now, "LOX_MODE": "demo", **env}
        for name in Settings.model_fields:
            monkeypatch.delenv(name, raising=False)
        folder = str(built.get("folder") or tmp_path_factory.mktemp("portfolio"))
        for name, value in {"LOX_DATA_DIR": folder, **asked}.items():
            monkeypatch.setenv(name, value)
        if built.get("asked") != asked:
            services.install(None)
            loaders.forget()
        built.update(asked=asked, folder=folder)
        at = AppTest.from_file(str(ROOT / "lox_ui" / "main.py"), default_timeout=120)
        at.run()
        return at.switch_page("../pages/portfolio.py").run()

    return opened


@pytest.fixture
def files(monkeypatch) -> dict[str, pd.DataFrame]:
    """The downloads the page offers: file name to the table inside."""
    offered: dict[str, pd.DataFrame] = {}

    def offer(label, *, data, file_name, **_):
        offered[file_name] = pd.read_csv(io.BytesIO(data()), encoding="utf-8")

    monkeypatch.setattr(table_parts.st, "download_button", offer)
    return offered


def table(at: AppTest) -> pd.DataFrame:
    """The positions table as drawn."""
    (frame,) = at.dataframe
    return frame.value


def test_the_demo_opens_fully_populated(open_portfolio, files):
    at = open_portfolio()
    assert not at.exception
    page = html(at)
    for panel in PANELS:
        assert panel in page, panel
    for word in ("NAV, liquidation", "β-delta to SPY", "Buying power", "iron condor", "Demo account", "unpriced"):
        assert word in page or word in table(at).to_string(), word
    assert len(figures(at)) == 4
    assert all("DEMO" in str(spec["layout"].get("shapes")) for spec in figures(at))
    assert {f"DEMO-{name}-2026-11-20.csv" for name in ("positions", "attribution", "expiry", "nav")} <= set(files)


def test_totals_are_the_sum_of_the_legs_on_the_page(open_portfolio, files):
    at = open_portfolio()
    legs = files["DEMO-positions-2026-11-20.csv"]
    assert legs["missing_reason"].notna().sum() >= 1
    drawn = table(at)
    groups = drawn[~drawn["Position"].str.startswith("\u2003")]
    assert groups["$ Delta"].sum() == pytest.approx(legs["dollar_delta"].sum(), abs=1)
    assert groups["Value"].sum() == pytest.approx(legs["mark_value_usd"].sum(), abs=1)
    assert groups["Day P&L"].sum() == pytest.approx(legs["day_pnl_usd"].sum(), abs=1)
    assert f"+${legs['day_pnl_usd'].sum():,.0f}" in html(at).replace("\u2212", "-") or legs["day_pnl_usd"].sum() < 0


@pytest.mark.parametrize("by", ["Underlying", "Expiry", "Leg"])
def test_every_grouping_holds_the_same_positions(open_portfolio, by):
    at = open_portfolio()
    whole = table(at)["$ Delta"][~table(at)["Position"].str.startswith("\u2003")].sum()
    at.segmented_control(key="pf_group").set_value(by).run()
    assert not at.exception
    drawn = table(at)
    top = drawn[~drawn["Position"].str.startswith("\u2003")]
    assert top["$ Delta"].sum() == pytest.approx(whole, abs=1)


def test_filters_and_folding(open_portfolio):
    at = open_portfolio()
    every = len(table(at))
    at.toggle(key="pf_legs").set_value(False).run()
    assert len(table(at)) < every
    at.multiselect(key="pf_only").set_value(["NVDA"]).run()
    assert table(at)["Position"].str.contains("NVDA").all()
    at.pills(key="pf_what").set_value(["Unpriced"]).run()
    assert "No position passes the filter." in html(at)


def test_the_vendors_greeks_stand_beside_ours_and_the_day_is_told_by_position(open_portfolio):
    page = html(open_portfolio())
    assert "per share; the vendor" in page
    assert "The day by position" in page
    assert page.count("theirs") >= 4


def test_second_order_greeks_come_on_demand(open_portfolio):
    at = open_portfolio()
    at.toggle(key="pf_extra").set_value(True).run()
    assert not at.exception
    drawn = table(at)
    top = drawn[~drawn["Position"].str.startswith("\u2003")]
    legs = drawn[drawn["Position"].str.startswith("\u2003")]
    assert top["Vanna"].notna().any()
    assert legs["Volga"].notna().any()


def test_a_closed_market_shows_the_last_session(open_portfolio):
    at = open_portfolio(now=WEEKEND)
    assert not at.exception
    assert "last session" in html(at)


def test_steps_strategies_and_days_can_be_chosen(open_portfolio):
    at = open_portfolio()
    at.segmented_control(key="pf_way").set_value("Steps").run()
    assert not at.exception
    options = at.selectbox(key="pf_payoff").options
    for name in options[:4]:
        at.selectbox(key="pf_payoff").set_value(name).run()
        assert not at.exception
    at.selectbox(key="pf_basis").set_value("to what was paid").run()
    assert not at.exception
    smile = at.selectbox(key="pf_smile")
    at.selectbox(key="pf_smile").set_value(smile.options[-1]).run()
    assert not at.exception


def test_legs_grouped_by_hand_stay_so_for_the_session(open_portfolio):
    at = open_portfolio()
    symbols = [one for one in at.multiselect(key="pf_name_legs").options if one.startswith("SPY")][:2]
    at.multiselect(key="pf_name_legs").set_value(symbols).run()
    at.text_input(key="pf_name").set_value("Tail hedge").run()
    at.button(key="pf_name_set").click().run()
    assert not at.exception
    assert table(at)["Position"].str.contains("Tail hedge").any()
    at.multiselect(key="pf_name_legs").set_value(symbols).run()
    at.button(key="pf_name_clear").click().run()
    assert not table(at)["Position"].str.contains("Tail hedge").any()


def test_a_live_market_without_a_broker_shows_a_sample_that_says_so(open_portfolio):
    at = open_portfolio(LOX_MODE="live", FRED_BASE_URL="http://127.0.0.1:9/fred", FMP_BASE_URL="http://127.0.0.1:9/fmp")
    assert not at.exception
    page = html(at)
    assert "SAMPLE BOOK" in page or "There is no book to show" in page or "Sample book" in page
    assert "DEMO MARKET" not in page


def drawn_with(at: AppTest, monkeypatch, **changed: object) -> AppTest:
    """The page again with parts of the snapshot changed."""
    whole = book_state.current

    def current() -> book_state.Held:
        held = whole()
        return replace(held, snapshot=replace(held.snapshot, **changed))

    monkeypatch.setattr(book_state, "current", current)
    return at.run()


def test_without_positions_nothing_older_is_shown(open_portfolio, monkeypatch):
    at = drawn_with(open_portfolio(), monkeypatch, book=None, problem="Alpaca did not answer in time (positions).")
    assert not at.exception
    page = html(at)
    assert "There is no book to show." in page
    assert "Alpaca did not answer in time (positions)." in page
    assert "NAV, liquidation" not in page


def test_gaps_are_named_where_they_hurt(open_portfolio, monkeypatch):
    gaps = {"history": "no history today", "orders": "no orders today", "activities": "no fills today"}
    at = open_portfolio()
    at = drawn_with(at, monkeypatch, gaps=gaps, history=None, attribution=None, day_pnl={}, day_pnl_usd=None)
    assert not at.exception
    page = html(at)
    for words in (*gaps.values(), "3 gaps", "no prices of the last close"):
        assert words in page, words
    assert "NAV, liquidation" in page


def test_signals_come_worst_first_and_the_rest_is_counted(open_portfolio, monkeypatch):
    alerts = tuple(Alert(5 - place // 3, f"word{place}", f"sentence {place}.") for place in range(7))
    page = html(drawn_with(open_portfolio(), monkeypatch, alerts=alerts))
    assert page.index("word0") < page.index("word3")
    assert "3 more signals" in page


def test_a_wrong_setting_is_told_in_words(open_portfolio, monkeypatch):
    at = open_portfolio()

    def current() -> None:
        raise SettingsError("ALPACA_API_SECRET", "ALPACA_API_SECRET is not set.")

    monkeypatch.setattr(book_state, "current", current)
    at.run()
    assert not at.exception
    assert "ALPACA_API_SECRET is not set." in html(at)


GOOD = b"symbol,quantity,average_price\nSPY261218P00640000,2,5.10\nSPY,100,600\n"
MIXED = GOOD + b"NOT A SYMBOL!,1,2\nSPY261218C00700000,many,3\n"


def uploaded(at: AppTest, data: bytes) -> AppTest:
    return at.file_uploader(key="pf_file").set_value(("book.csv", data, "text/csv")).run()


def test_an_import_is_a_dry_run_first_that_names_every_bad_row(open_portfolio):
    at = uploaded(open_portfolio(), MIXED)
    assert not at.exception
    page = html(at)
    assert "2 positions" in page
    assert "What is wrong" in page
    assert "Demo account" in page
    assert all(button.key != "pf_import_keep" for button in at.button)


def test_an_imported_book_is_valued_and_left_again(open_portfolio):
    at = uploaded(open_portfolio(), GOOD)
    at.button(key="pf_import_use").click().run()
    assert not at.exception
    assert "Imported book" in html(at)
    legs = table(at)
    assert set(legs["Qty"]) >= {2.0, 100.0}
    assert legs["Value"].notna().all()
    at.button(key="pf_import_close").click().run()
    assert "Demo account" in html(at)


def test_a_file_that_is_no_table_is_told(open_portfolio):
    at = uploaded(open_portfolio(), b"\x00\x01\x02")
    assert not at.exception
    assert "0 positions" in html(at)
    assert all(button.key != "pf_import_use" for button in at.button)

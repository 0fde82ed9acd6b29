from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest

from lox_core.clock import AsOf
from lox_core.errors import SettingsError
from lox_core.portfolio.valued import GREEKS, TOTALS
from lox_core.providers.alpaca_records import PositionRow, Rows
from lox_core.workbench.book_inputs import Held
from lox_core.workbench.book_payload import book_json
from lox_core.workbench.desks import ClosedDesk, regrouped
from lox_core.workbench.reads import FAULT
from tests.lox_core.portfolio.books import option
from tests.lox_core.workbench.desk import CLOCK, NOW, demo_bench, down, spoil

PRESENT = AsOf(NOW, "now")


@pytest.fixture(scope="module")
def bench():
    return demo_bench()


@pytest.fixture(scope="module")
def whole(bench):
    return bench.book(PRESENT)


def test_one_fetch_is_the_whole_account(whole):
    assert whole.problem is None
    assert whole.gaps == {}
    assert (whole.account_label, whole.named) == ("sample", "Demo account")
    assert whole.orders
    assert whole.history
    assert {one.kind for one in whole.fills} == {"FILL"}
    assert "FILL" not in {one.kind for one in whole.activities}
    assert whole.fetched_at == CLOCK.now()


def test_totals_are_the_sums_of_the_legs_and_the_rest_is_listed(whole):
    book = whole.book
    for name in GREEKS:
        known = [leg.greeks[name] for leg in book.legs if leg.greeks[name] is not None]
        assert book.totals[name].value == pytest.approx(math.fsum(known))
    marked = [leg.mark_value for leg in book.legs if leg.mark_value is not None]
    assert book.totals["nav_liquidation"].value == pytest.approx(book.account.cash + math.fsum(marked))
    assert {symbol for symbol, _ in book.unpriced} == {leg.symbol for leg in book.legs if leg.mark_value is None}


def test_the_underlyings_have_price_beta_line_and_dividends(whole):
    states = whole.book.underlyings
    assert states["SPY"].beta == 1.0
    assert all(state.spot and state.beta is not None and state.beta_days == 252 for state in states.values())
    assert all(len(state.recent_closes) == 21 for state in states.values())
    assert all(one.projected for one in states["TLT"].dividends[1:])


def test_every_running_expiry_has_a_smile_and_fills_in_where_a_mid_says_nothing(whole):
    running = {
        (leg.holding.underlying, leg.holding.contract.expiry)
        for leg in whole.book.legs
        if leg.holding.contract is not None and not leg.holding.contract.adjusted
    }
    assert set(whole.smiles) == running
    assert all(smile.quotes for smile in whole.smiles.values())
    poor = [leg for leg in whole.book.legs if "no bid" in leg.mark.flags]
    assert {leg.vol_source for leg in poor} == {"smile"}
    assert all(leg.greeks["dollar_delta"] is not None for leg in poor)


def test_positions_that_cannot_be_had_leave_no_book_and_say_so(bench):
    found = spoil(bench, positions=down("Alpaca refused.")).fetch(PRESENT)
    assert found.book is None
    assert found.problem == "Alpaca refused."
    assert found.orders
    document = book_json(found, "demo")
    assert document["missing_reason"] == "Alpaca refused."
    assert set(document["totals"].values()) == {None}
    assert set(document["missing_reasons"]) == set(TOTALS)


@pytest.mark.parametrize("what", ["option_quotes", "stock_quotes", "stock_bars", "dividends", "option_chain"])
def test_any_other_failure_is_a_gap_and_never_a_zero(bench, whole, what):
    found = spoil(bench, **{what: down()}).fetch(PRESENT)
    assert found.problem is None
    assert any("did not answer" in reason for reason in found.gaps.values())
    before = {leg.symbol: leg for leg in whole.book.legs}
    for leg in found.book.legs:
        real = before[leg.symbol]
        assert leg.mark_value is None or leg.mark_value == pytest.approx(real.mark_value, rel=0.01)
        assert leg.mark_value is not None or leg.reason
    assert len(found.book.legs) == len(before)


def test_without_quotes_every_option_is_unpriced(bench):
    book = spoil(bench, option_quotes=down()).fetch(PRESENT).book
    options = [leg for leg in book.legs if leg.holding.contract is not None]
    assert {leg.symbol for leg in options} <= {symbol for symbol, _ in book.unpriced}
    assert book.totals["nav_liquidation"].coverage < 1


@pytest.mark.parametrize("what", ["account", "open_orders", "activities", "portfolio_history", "clock"])
def test_what_stands_beside_the_book_may_fail_alone(bench, what):
    found = spoil(bench, **{what: down()}).fetch(PRESENT)
    assert len(found.gaps) == 1
    assert found.book.totals["dollar_delta"].value is not None


def test_without_the_account_its_value_is_unknown_and_not_its_positions_sum(bench):
    book = spoil(bench, account=down()).fetch(PRESENT).book
    assert book.account.cash is None
    assert book.account.name == "sample"


def test_a_fault_of_ours_is_told_without_its_text(bench, caplog):
    found = spoil(bench, portfolio_history=ZeroDivisionError("a bug")).fetch(PRESENT)
    assert found.gaps == {"history": FAULT}
    assert "a bug" in caplog.text


def test_an_unknown_asset_class_or_a_null_costs_no_other_position(bench, whole):
    def spoilt(answer):
        coin = PositionRow("BTC/USD", "crypto_perp", 0.5, None, None, None, None)
        odd = PositionRow("NOTANOPTION", "us_option", 1.0, None, None, None, None)
        return Rows((coin, odd, *answer.rows), ("row 3: its quantity is missing",))

    found = spoil(bench, positions=spoilt).fetch(PRESENT)
    assert {leg.symbol for leg in whole.book.legs} < {leg.symbol for leg in found.book.legs}
    unpriced = dict(found.book.unpriced)
    assert "crypto_perp" in unpriced["BTC/USD"]
    assert "no option symbol" in unpriced["NOTANOPTION"]
    assert "quantity is missing" in found.gaps["positions, some rows"]
    assert found.book.totals["nav_liquidation"].value == pytest.approx(whole.book.totals["nav_liquidation"].value)


def test_an_empty_account_is_a_book_and_no_failure(bench):
    found = spoil(bench, positions=lambda _: Rows(())).fetch(PRESENT)
    assert (found.problem, found.book.legs) == (None, ())
    assert found.book.totals["nav_mid"].value == found.book.account.cash


@pytest.mark.parametrize("as_of", [AsOf.on(date(2026, 11, 19)), AsOf(NOW, "moment")])
def test_a_past_day_hides_the_live_book(bench, as_of):
    with pytest.raises(SettingsError, match="live book is hidden"):
        bench.book(as_of)


def test_half_a_key_is_named():
    with pytest.raises(SettingsError, match="ALPACA_API_SECRET is not set"):
        ClosedDesk("ALPACA_API_SECRET is not set.").fetch(PRESENT)


def test_the_owners_own_names_win_without_another_fetch(whole):
    symbol = next(leg.symbol for leg in whole.book.legs if leg.holding.contract is not None)
    found = regrouped(whole, {symbol: "Tail hedge"})
    assert next(leg.strategy for leg in found.book.legs if leg.symbol == symbol) == "Tail hedge"
    assert found.book.totals == whole.book.totals
    assert regrouped(replace(whole, book=None), {symbol: "x"}).book is None


def test_the_json_has_the_contracts_shape_and_digits(whole):
    document = book_json(whole, "demo")
    assert set(document["totals"]) == set(document["coverage"]) == set(TOTALS)
    assert (document["account"], document["mode"]) == ("sample", "demo")
    assert document["as_of"].endswith("-05:00")
    for row in document["positions"]:
        assert {"symbol", "quantity", "mark", "mid", "mark_value", "mid_value", "quote_age_s", "greeks"} <= set(row)
        assert set(row["greeks"]) == set(GREEKS)
        missing = [row["mark"], row["mid"], *row["greeks"].values()].count(None)
        assert not missing or row["missing_reason"]
        numbers = [row["mark_value"], *row["greeks"].values()]
        assert all(value is None or float(f"{value:.10g}") == value for value in numbers)
    for name, value in document["totals"].items():
        if name in GREEKS:
            assert value == pytest.approx(sum(row["greeks"][name] or 0 for row in document["positions"]), rel=1e-8)
    assert document["missing_reasons"].keys() <= set(TOTALS)


def test_an_expiry_that_is_over_has_no_chain_to_be_asked():
    held = [option("SPY261120P00650000"), option("SPX261120C06600000"), option("SPY261218C00660000")]
    assert len(Held.of(held, NOW).expiries) == 2
    assert len(Held.of(held, NOW.replace(hour=16)).expiries) == 1


def test_shares_pay_dividends_too_and_what_was_closed_is_asked_for_the_days_start():
    stock = replace(option("SPY261218C00660000"), symbol="KO", kind="share", underlying="KO", contract=None)
    found = Held.of([stock], NOW, closed=("SPY261218C00660000", "MSFT"))
    assert found.payers == ("KO", "MSFT")
    assert found.closed == ("SPY261218C00660000",)
    assert set(found.shares) == {"KO", "MSFT", "SPY"}
    assert found.options == ()

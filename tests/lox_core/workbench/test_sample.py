from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from lox_core.calendars import is_session
from lox_core.clock import NEW_YORK, AsOf, Clock
from lox_core.options import black_scholes
from lox_core.options.curve import flat
from lox_core.portfolio.positions import UnderlyingState
from lox_core.settings import Settings
from lox_core.workbench import Workbench
from lox_core.workbench.desks import SampleDesk
from lox_core.workbench.sample import MODELLED, NOTICE, SampleMarket, build_sample, expiries, holdings, month_end_close

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=NEW_YORK)
SPOTS = {"XSP": 660.0, "SPY": 658.0, "AAPL": 245.0}


RATES = flat(0.04)


def market(vol=0.18, curve=RATES, spots=SPOTS, **more) -> SampleMarket:
    states = {
        name: UnderlyingState(name, price, NOW - timedelta(minutes=2), previous_close=price, problem=None)
        for name, price in spots.items()
    }
    states |= {name: UnderlyingState(name, problem="no key") for name in SPOTS.keys() - spots.keys()}
    references = {name: spots.get(name) for name in SPOTS}
    return SampleMarket(
        NOW, states, dict.fromkeys(SPOTS, vol), dict.fromkeys(SPOTS, vol), references, curve, {}, **more
    )


def test_every_option_is_marked_by_its_model_and_says_so():
    book = build_sample(market())
    options = [leg for leg in book.legs if leg.holding.contract is not None]
    assert len(options) == 10
    for leg in options:
        assert MODELLED in leg.mark.flags
        assert "imported" not in leg.mark.flags
        assert leg.vol == 0.18
        assert leg.mark.age_s == 120.0
    assert book.notices[0] == NOTICE
    assert book.account.name == "sample"
    assert book.unpriced == ()


def test_an_index_options_value_is_the_formulas():
    book = build_sample(market())
    leg = next(leg for leg in book.legs if leg.holding.underlying == "XSP")
    contract = leg.holding.contract
    wanted = black_scholes.price(
        is_call=contract.is_call,
        spot=660.0,
        strike=contract.strike,
        expiry_years=contract.expiry_years(NOW),
        rate=0.04,
        vol=0.18,
    )
    assert leg.mark.mark == pytest.approx(float(wanted), rel=1e-9)


@pytest.mark.parametrize("missing", [{"vol": None}, {"curve": None}])
def test_without_volatility_or_rates_options_are_unpriced_and_shares_are_not(missing):
    book = build_sample(market(**missing))
    assert {symbol for symbol, _ in book.unpriced} == {leg.symbol for leg in book.legs if leg.holding.contract}
    assert all(leg.mark_value for leg in book.legs if leg.holding.contract is None)


def test_an_underlying_without_price_costs_only_its_own_legs():
    book = build_sample(market(spots={"XSP": 660.0}))
    assert {leg.symbol for leg in book.legs if leg.mark_value is None} == {"SPY", "AAPL"}
    assert book.totals["nav_liquidation"].coverage < 1


def test_the_book_is_the_same_all_month_long_and_expiries_are_sessions():
    month = [date(2026, 11, day) for day in (2, 16, 30)]
    strikes = {tuple(one.contract.strike for one in holdings(SPOTS, {}, day) if one.contract) for day in month}
    assert len(strikes) == 1
    for offset in range(0, 400, 3):
        day = date(2026, 1, 1) + timedelta(days=offset)
        found = expiries(day)
        assert all(is_session(one) for one in found.values())
        assert found["first"] >= day + timedelta(days=14)
        assert found["first"] < found["second"] < found["third"]


def test_the_reference_is_the_month_before_last_close():
    closes = {date(2026, 10, 30): 1.0, date(2026, 10, 29): 2.0, date(2026, 11, 2): 3.0}
    assert month_end_close(closes, date(2026, 11, 20)) == 1.0
    assert month_end_close({}, date(2026, 11, 20)) is None


def test_on_a_market_without_any_answer_the_sample_is_unpriced_with_reasons(tmp_path):
    settings = Settings(LOX_MODE="live", LOX_DATA_DIR=tmp_path)
    found = Workbench.build(settings, Clock(NOW)).book(AsOf(NOW, "now"))
    assert (found.account_label, found.named) == ("sample", "Sample book")
    assert found.book.totals["nav_liquidation"].value in (None, 0)
    assert "FMP_API_KEY" in found.gaps["SPY quote"]
    assert "FRED_API_KEY" in found.gaps["curve"]


def test_the_sample_stands_on_whatever_market_there_is():
    simulated = Workbench.build(Settings(LOX_MODE="demo"), Clock(NOW)).market
    found = SampleDesk(simulated, Clock(NOW)).fetch(AsOf(NOW, "now"))
    priced = [leg for leg in found.book.legs if leg.mark_value is not None]
    assert {leg.holding.underlying for leg in priced} >= {"XSP", "SPY", "AAPL"}
    assert found.book.totals["beta_weighted_delta_spy"].value is not None

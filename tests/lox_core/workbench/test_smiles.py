from __future__ import annotations

from datetime import date, datetime

import pytest

from lox_core.clock import NEW_YORK
from lox_core.options import black_scholes
from lox_core.options.contract import contract_of
from lox_core.options.curve import flat
from lox_core.portfolio.positions import Dividend, UnderlyingState
from lox_core.providers.alpaca_records import OptionQuoteRow
from lox_core.workbench.smiles import GAP, chain_quotes, fitted_smiles

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=NEW_YORK)
EXPIRY = date(2026, 12, 18)
STATE = UnderlyingState("XSP", 660.0, NOW)


def chain(root="XSP", vol=0.2, strikes=range(560, 761, 10), expiry=EXPIRY) -> list[OptionQuoteRow]:
    rows = []
    for strike in strikes:
        for is_call in (False, True):
            contract = contract_of(root, expiry, is_call=is_call, strike=float(strike))
            years = contract.expiry_years(NOW)
            mid = float(
                black_scholes.price(is_call=is_call, spot=660.0, strike=strike, expiry_years=years, rate=0.04, vol=vol)
            )
            rows.append(OptionQuoteRow(contract.symbol, max(mid - 0.02, 0.0), mid + 0.02, NOW, "opra"))
    return rows


def fit(chains, states=None, curve=flat(0.04)):  # noqa: B008 - a constant
    gaps: dict[str, str] = {}
    states = {"XSP": STATE} if states is None else states
    return fitted_smiles(chains, states=states, curve=curve, as_of=NOW, market_open=True, gaps=gaps), gaps


def test_the_smile_is_the_chains():
    found, gaps = fit({("XSP", EXPIRY): chain()})
    smile = found["XSP", EXPIRY]
    assert gaps == {}
    assert smile.vol([620.0, 660.0, 700.0]) == pytest.approx([0.2] * 3, abs=2e-3)
    assert smile.forward == pytest.approx(660.0 * 1.0031, rel=2e-3)
    assert smile.source == "Alpaca opra"


def test_a_chain_that_gives_no_smile_says_why_and_costs_no_other():
    nothing = [OptionQuoteRow(row.symbol, 0.0, None, NOW, "opra") for row in chain(expiry=date(2027, 1, 15))]
    found, gaps = fit({("XSP", date(2027, 1, 15)): nothing, ("XSP", EXPIRY): chain()})
    assert set(found) == {("XSP", EXPIRY)}
    assert "XSP 2027-01-15" in gaps[GAP]


@pytest.mark.parametrize(
    ("states", "curve"), [({}, flat(0.04)), ({"XSP": UnderlyingState("XSP")}, flat(0.04)), (None, None)]
)
def test_without_price_or_rates_there_is_none(states, curve):
    assert fit({("XSP", EXPIRY): chain()}, states, curve) == ({}, {})


def test_what_settles_in_the_morning_is_not_mixed_with_what_settles_at_the_close():
    both = [*chain("SPX", strikes=(650, 660)), *chain("SPXW", strikes=(650, 660))]
    assert {one.contract.root for one in chain_quotes(both, EXPIRY)} == {"SPXW"}
    assert {one.contract.root for one in chain_quotes(both[:4], EXPIRY)} == {"SPX"}
    odd = [OptionQuoteRow("NOTANOPTION", 1.0, 2.0, NOW, "opra")]
    assert chain_quotes(odd, EXPIRY) == []


def test_cash_dividends_lower_an_american_forward_where_parity_says_nothing():
    calls = [row for row in chain("SPY") if "C" in row.symbol[9:]]
    paying = UnderlyingState("SPY", 660.0, NOW, dividends=(Dividend(date(2026, 12, 17), 5.0),))
    with_them, _ = fit({("SPY", EXPIRY): calls}, {"SPY": paying})
    without, _ = fit({("SPY", EXPIRY): calls}, {"SPY": UnderlyingState("SPY", 660.0, NOW)})
    gap = without["SPY", EXPIRY].forward - with_them["SPY", EXPIRY].forward
    assert gap == pytest.approx(5.0, rel=0.01)

"""The forward a chain implies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from lox_core.errors import ModelError
from lox_core.options.curve import flat
from lox_core.options.forwards import by_carry
from tests.lox_core.options.made_chains import RATE, SPOT, YIELD, fitted, made


@pytest.mark.parametrize(("root", "spot"), [("SPY", 650.0), ("SPXW", 6500.0), ("SPX", 6500.0), ("XSP", 650.0)])
@pytest.mark.parametrize(("rate", "div_yield"), [(0.04, 0.013), (0.04, 0.0), (0.0, 0.03), (0.05, 0.08), (-0.01, 0.01)])
def test_it_is_recovered(root, spot, rate, div_yield):
    """To a tenth of a cent a hundred dollars, early exercise or not."""
    quotes = made(root, spot, rate=rate, div_yield=div_yield, half=0.005)
    smile = fitted(quotes, spot, curve=flat(rate))
    assert smile.forward == pytest.approx(spot * np.exp((rate - div_yield) * smile.expiry_years), rel=1e-5)
    assert smile.div_yield == pytest.approx(div_yield, abs=1e-4)
    assert smile.warnings == ()


def test_bad_quotes_do_not_move_it():
    clean, quotes = fitted(made()), made()
    near = [place for place, one in enumerate(quotes) if abs(one.contract.strike - SPOT) < 12][:3]
    for place in near:
        quotes[place] = replace(quotes[place], bid=quotes[place].bid + 6, ask=quotes[place].ask + 6)
    assert fitted(quotes).forward == pytest.approx(clean.forward, rel=2e-4)


def test_carry_pays_out_dividends_with_interest():
    assert by_carry(100, 1.0, 0.05, []) == pytest.approx(100 * np.exp(0.05))
    paid = by_carry(100, 1.0, 0.05, [(0.25, 1.0), (0.75, 1.0), (1.5, 9.0), (-0.1, 9.0)])
    assert paid == pytest.approx(100 * np.exp(0.05) - np.exp(0.05 * 0.75) - np.exp(0.05 * 0.25))
    assert by_carry(1, 1.0, 0.0, [(0.5, 50.0)]) == pytest.approx(0.05)


def test_too_few_pairs_take_carry_with_its_dividends():
    calls = [one for one in made() if one.contract.is_call and one.contract.strike > 640]
    smile = fitted(calls, dividends=[(0.05, 2.0), (9.0, 5.0)])
    t = smile.expiry_years
    assert smile.forward == pytest.approx(SPOT * np.exp(RATE * t) - 2.0 * np.exp(RATE * (t - 0.05)), rel=1e-12)
    assert "by carry: too few" in smile.warnings[0]


def test_a_price_of_another_moment_is_told_and_does_not_bend_the_volatilities():
    """SPY after hours beside quotes of the close, a few days before expiry."""
    soon = date(2026, 11, 24)
    quotes = made(expiry=soon)
    right = fitted(quotes, expiry=soon)
    moved = fitted(quotes, SPOT * 0.99, expiry=soon)
    assert moved.forward == pytest.approx(right.forward, rel=1e-5)
    assert any("+0.99 %" in one and "moments apart" in one for one in moved.warnings)
    assert not any("moments" in one for one in right.warnings)
    strikes = SPOT * np.linspace(0.97, 1.03, 13)
    assert moved.vol(strikes) == pytest.approx(right.vol(strikes), abs=3e-4)
    # The yield still carries the price that was given to the forward, as European legs on it need.
    assert SPOT * 0.99 * np.exp((RATE - moved.div_yield) * moved.expiry_years) == pytest.approx(moved.forward)


def test_a_stock_dear_to_borrow_keeps_its_yield():
    smile = fitted(made(div_yield=0.35))
    assert smile.div_yield == pytest.approx(0.35, abs=2e-3)


def test_a_price_its_options_rule_out_makes_no_smile():
    with pytest.raises(ModelError, match=r"agree on 65\d\.\d\d, far from its price of 430\.00"):
        fitted(made(), 430.0)


def test_pairs_that_disagree_are_not_believed():
    quotes = []
    for place, one in enumerate(made("SPXW", 6500.0, half=0.5)):
        up = 900.0 * (place % 7) if one.contract.is_call else 0.0
        quotes.append(replace(one, bid=one.bid + up, ask=one.ask + up))
    smile = fitted(quotes, 6500.0)
    assert smile.forward == pytest.approx(6500 * np.exp(RATE * smile.expiry_years))
    assert "disagree" in smile.warnings[0]


def test_vix_options_price_off_their_future_whatever_the_index_is():
    """The index stands at 16, the future at 19.2."""
    strikes = np.arange(12.0, 40.0)
    quotes = made("VIX", 19.2, rate=RATE, div_yield=RATE, vols=lambda k: 0.9 + 0.3 * k, strikes=strikes, half=0.02)
    smile = fitted(quotes, 16.0, underlying="VIX")
    assert smile.forward == pytest.approx(19.2, abs=0.01)
    assert float(smile.vol(19.2)) == pytest.approx(0.9, abs=0.01)
    assert smile.warnings == ()
    with pytest.raises(ModelError, match="prices off its future"):
        fitted([one for one in quotes if one.contract.is_call], 16.0, underlying="VIX")


def test_the_yield_of_a_made_chain_is_what_it_was_made_with():
    assert fitted(made()).div_yield == pytest.approx(YIELD, abs=2e-4)

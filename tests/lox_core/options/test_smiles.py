"""Smiles: a known one is recovered with its forward, planted defects are found and named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from lox_core.clock import NEW_YORK
from lox_core.errors import ModelError
from lox_core.options import american
from lox_core.options import black_scholes as bs
from lox_core.options.american_iv import solve_american
from lox_core.options.chain import ChainQuote, refusal
from lox_core.options.contract import contract_of
from lox_core.options.curve import flat
from lox_core.options.smile_fit import fit_smile
from lox_core.options.surface import Smile, arbitrage, calendar_arbitrage

AT = datetime(2026, 11, 20, 15, 0, tzinfo=NEW_YORK)
EXPIRY = date(2027, 1, 15)
RATE, YIELD = 0.04, 0.013


def true_vol(strike: np.ndarray, forward: float) -> np.ndarray:
    k = np.log(strike / forward)
    return 0.18 - 0.25 * k + 0.9 * k * k


def made(root: str = "SPY", spot: float = 650.0, expiry: date = EXPIRY, half: float = 0.02) -> list[ChainQuote]:
    """A chain quoted around the values of a known smile."""
    quotes = []
    years = contract_of(root, expiry, is_call=True, strike=spot).expiry_years(AT)
    forward = spot * np.exp((RATE - YIELD) * years)
    for strike in np.arange(0.8 * spot, 1.2 * spot, spot / 130).round(0):
        for is_call in (True, False):
            contract = contract_of(root, expiry, is_call=is_call, strike=float(strike))
            o = {
                "is_call": is_call,
                "spot": spot,
                "strike": strike,
                "expiry_years": years,
                "rate": RATE,
                "div_yield": YIELD,
                "vol": true_vol(strike, forward),
            }
            value = float(american.price(**o) if contract.style == "american" else bs.price(**o))
            quotes.append(ChainQuote(contract, max(value - half, 0.0), value + half, AT))
    return quotes


def fitted(quotes: list[ChainQuote], spot: float = 650.0, **changed) -> Smile:
    given = {"underlying": "SPY", "expiry": EXPIRY, "at": AT, "spot": spot, "curve": flat(RATE)} | changed
    return fit_smile(quotes, **given)


@pytest.mark.parametrize(("root", "spot"), [("SPY", 650.0), ("SPXW", 6500.0)])
def test_a_known_smile_is_recovered_with_its_forward(root, spot):
    smile = fitted(made(root, spot), spot)
    assert smile.forward == pytest.approx(spot * np.exp((RATE - YIELD) * smile.expiry_years), rel=2e-4)
    assert smile.div_yield == pytest.approx(YIELD, abs=2e-3)
    strikes = spot * np.linspace(0.85, 1.15, 31)
    assert np.abs(smile.vol(strikes) - true_vol(strikes, smile.forward)).max() < 2e-3
    assert smile.warnings == ()


def test_every_quote_has_a_volatility_or_a_reason():
    smile = fitted(made())
    assert all(one.vol is not None or one.reason for one in smile.quotes)
    assert {one.reason for one in smile.quotes} >= {None, "in the money"}
    inside = [one for one in smile.quotes if one.reason == "in the money" and one.vol is not None]
    errors = [abs(one.vol - true_vol(one.strike, smile.forward)) for one in inside if 0.9 < one.strike / 650 < 1.1]
    assert np.median(errors) < 2e-3


def test_outliers_do_not_move_the_fit():
    clean, quotes = fitted(made()), made()
    for place in (30, 61, 87):
        one = quotes[place]
        quotes[place] = replace(one, bid=one.bid * 1.6 + 1, ask=one.ask * 1.6 + 1.05)
    moved = fitted(quotes)
    strikes = 650 * np.linspace(0.88, 1.12, 25)
    assert np.abs(moved.vol(strikes) - clean.vol(strikes)).max() < 4e-3


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"bid": None, "ask": None}, "no quote"),
        ({"bid": None}, "no bid"),
        ({"ask": None}, "no ask"),
        ({"bid": 0.0}, "bid of zero"),
        ({"bid": 3.0, "ask": 2.0}, "crossed"),
        ({"bid": 1.0, "ask": 4.0}, "too wide"),
        ({"at": AT - timedelta(days=1)}, "of an earlier session"),
        ({"bid": 1.0, "ask": 1.1}, None),
    ],
)
def test_what_is_refused_and_why(changed, reason):
    quote = ChainQuote(contract_of("SPY", EXPIRY, is_call=True, strike=700.0), 1.0, 1.1, AT)
    assert refusal(replace(quote, **changed), AT) == reason


def test_an_adjusted_contract_is_refused():
    assert (
        refusal(ChainQuote(contract_of("SPY1", EXPIRY, is_call=True, strike=700.0), 1, 1.1, AT), AT)
        == "adjusted contract"
    )


def test_last_session_quotes_serve_until_the_next_opening():
    morning = datetime(2026, 11, 23, 8, 0, tzinfo=NEW_YORK)
    quote = ChainQuote(contract_of("SPY", EXPIRY, is_call=True, strike=700.0), 1.0, 1.1, AT)
    assert refusal(quote, morning) is None
    assert refusal(quote, morning + timedelta(hours=3)) == "of an earlier session"


def test_too_few_pairs_take_the_forward_by_carry_with_its_dividends():
    calls = [one for one in made() if one.contract.is_call and one.contract.strike > 640]
    smile = fitted(calls, dividends=[(0.05, 2.0), (9.0, 5.0)])
    t = smile.expiry_years
    assert smile.forward == pytest.approx(650 * np.exp(RATE * t) - 2.0 * np.exp(RATE * (t - 0.05)), rel=1e-12)
    assert "by carry" in smile.warnings[0]


def test_a_parity_forward_that_cannot_be_is_not_believed():
    smile = fitted(made(), spot=550.0)
    assert any("not believed" in one for one in smile.warnings)


def test_no_quote_and_an_expired_chain_are_refused_in_words():
    with pytest.raises(ModelError, match="over or nothing"):
        fitted([])
    dead = [replace(one, bid=0.0) for one in made()[:6]]
    with pytest.raises(ModelError, match="none of 6 quotes"):
        fitted(dead)


def test_three_quotes_are_enough():
    three = [one for one in made() if one.contract.strike in (640.0, 650.0, 660.0) and not one.contract.is_call]
    smile = fitted(three)
    assert len(smile.knots) <= 3
    assert float(smile.vol(650.0)) == pytest.approx(0.18, abs=0.02)


def flat_smile(vols: list[float], years: float = 0.2) -> Smile:
    knots = np.linspace(-0.2, 0.2, len(vols))
    expiry = AT.date() + timedelta(days=round(365 * years))
    return Smile("SPY", expiry, AT, years, 650.0, 0.0, RATE, knots, np.array(vols))


def test_arbitrage_is_said():
    assert arbitrage(flat_smile([0.2] * 9)) == ()
    assert any("butterfly" in one for one in arbitrage(flat_smile([0.2, 0.2, 0.2, 0.2, 0.32, 0.2, 0.2, 0.2, 0.2])))
    assert calendar_arbitrage([flat_smile([0.2] * 3, 0.2), flat_smile([0.2] * 3, 0.4)]) == ()
    found = calendar_arbitrage([flat_smile([0.3] * 3, 0.2), flat_smile([0.15] * 3, 0.4)])
    assert "Total variance falls" in found[0]


def test_american_volatilities_come_back(both_kernels):
    draw = np.random.default_rng(2)
    o = {
        "is_call": draw.random(200) < 0.5,
        "spot": 100.0,
        "strike": draw.uniform(75, 130, 200),
        "expiry_years": draw.uniform(0.02, 2, 200),
        "rate": draw.uniform(0.0, 0.08, 200),
        "div_yield": draw.uniform(0.0, 0.06, 200),
    }
    vol = draw.uniform(0.1, 0.9, 200)
    found = solve_american(price=american.price(vol=vol, **o), **o)
    ok = found.status == "ok"
    assert ok.mean() > 0.9
    again = american.price(vol=found.vol[ok], **{n: v[ok] if np.ndim(v) else v for n, v in o.items()})
    wanted = american.price(vol=vol, **o)[ok]
    assert np.abs(again - wanted).max() < 2e-6
    assert np.abs(found.vol[ok] - vol[ok]).max() < 0.02
    assert set(found.status[~ok]) <= {"below_intrinsic"}


def test_hopeless_american_prices_say_why():
    o = {"is_call": False, "spot": 90.0, "strike": 100.0, "expiry_years": 0.5, "rate": 0.05}
    assert str(solve_american(price=10.0, **o).status) == "below_intrinsic"
    assert str(solve_american(price=101.0, **o).status) == "above_maximum"
    assert str(solve_american(price=np.nan, **o).status) == "missing"
    assert str(solve_american(price=12.0, **(o | {"expiry_years": 0.0})).status) == "expired"

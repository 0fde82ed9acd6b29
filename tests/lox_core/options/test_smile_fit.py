"""Smiles: a known one is recovered, planted defects are found and named, every quote has a volatility or a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.clock import NEW_YORK
from lox_core.errors import ModelError
from lox_core.options.contract import contract_of
from tests.lox_core.options.made_chains import AT, EXPIRY, SPOT, fitted, made, skewed

LATER = date(2027, 2, 19)


def true_vol(strike: np.ndarray, forward: float) -> np.ndarray:
    return skewed(np.log(strike / forward))


@pytest.mark.parametrize(("root", "spot"), [("SPY", 650.0), ("SPXW", 6500.0)])
def test_a_known_smile_is_recovered(root, spot, both_kernels):
    smile = fitted(made(root, spot), spot)
    strikes = spot * np.linspace(0.82, 1.18, 73)
    assert np.abs(smile.vol(strikes) - true_vol(strikes, smile.forward)).max() < 4e-4
    assert smile.warnings == ()


@given(
    vol=st.floats(0.12, 0.8),
    skew=st.floats(-0.3, 0.1),
    bend=st.floats(0.0, 1.0),
    count=st.integers(3, 60),
    root=st.sampled_from(["SPY", "SPXW"]),
)
@settings(max_examples=25)
def test_any_plausible_smile_is_recovered_from_few_quotes_or_many(vol, skew, bend, count, root):
    strikes = np.unique(np.linspace(0.9 * SPOT, 1.1 * SPOT, count).round(0))

    def vols(k: np.ndarray) -> np.ndarray:
        return vol + skew * k + bend * k * k

    smile = fitted(made(root, vols=vols, strikes=strikes, half=0.01))
    inside = np.linspace(strikes[0], strikes[-1], 41)
    # Three strikes leave the curve between them to chance; the true one bends by no more than this.
    worst = 2e-3 if count > 8 else 8e-3
    assert np.abs(smile.vol(inside) - vols(np.log(inside / smile.forward))).max() < worst


def test_every_quote_has_a_volatility_or_a_reason():
    smile = fitted(made())
    assert len(smile.quotes) == len(made())
    assert all(one.vol is not None or one.reason for one in smile.quotes)
    assert {one.reason for one in smile.quotes} >= {None, "in the money"}
    inside = [one for one in smile.quotes if one.reason == "in the money" and one.vol is not None]
    errors = [abs(one.vol - true_vol(one.strike, smile.forward)) for one in inside if 0.9 < one.strike / 650 < 1.1]
    assert np.median(errors) < 5e-4


def test_planted_defects_are_named_and_the_others_fitted():
    quotes = made()
    own = {(one.contract.strike, one.contract.is_call): place for place, one in enumerate(quotes)}
    defects = {
        (600.0, False): ({"bid": None, "ask": None}, "no quote"),
        (610.0, False): ({"bid": 0.0}, "bid of zero"),
        (620.0, False): ({"bid": 9.0, "ask": 8.0}, "crossed"),
        (630.0, False): ({"bid": 2.0, "ask": 22.0}, "too wide"),
        (680.0, True): ({"bid": 30.0, "ask": 30.05}, "away from the others"),
        (700.0, True): ({"ask": None}, "no ask"),
        (590.0, True): ({"bid": 20.0, "ask": 20.05}, "below intrinsic"),
        (720.0, True): ({"bid": 700.0, "ask": 700.05}, "above maximum"),
        (700.0, False): ({}, "in the money"),
        (670.0, True): ({"contract": contract_of("SPY1", EXPIRY, is_call=True, strike=670.0)}, "adjusted contract"),
        (715.0, True): ({"contract": contract_of("SPY", LATER, is_call=True, strike=715.0)}, "of another expiry"),
    }
    for key, (changed, _) in defects.items():
        quotes[own[key]] = replace(quotes[own[key]], **changed)
    smile = fitted(quotes)
    told = {(one.strike, one.is_call): one.reason for one in smile.quotes}
    assert {key: told[key] for key in defects} == {key: reason for key, (_, reason) in defects.items()}
    strikes = SPOT * np.linspace(0.85, 1.15, 31)
    assert np.abs(smile.vol(strikes) - true_vol(strikes, smile.forward)).max() < 1e-3


def test_a_quote_whose_spread_leaves_its_volatility_open_is_named():
    today = AT.date()
    quotes = made(expiry=today, strikes=np.arange(640.0, 661.0), half=0.005)
    open_ = [replace(one, bid=0.01, ask=0.26) if one.contract.strike == 645 else one for one in quotes]
    told = {(one.strike, one.is_call): one.reason for one in fitted(open_, expiry=today).quotes}
    assert told[645.0, False] == "spread too wide for it"


def test_outliers_do_not_move_the_fit():
    clean, quotes = fitted(made()), made()
    for place in (30, 61, 87):
        one = quotes[place]
        quotes[place] = replace(one, bid=one.bid * 1.6 + 1, ask=one.ask * 1.6 + 1.05)
    moved = fitted(quotes)
    strikes = 650 * np.linspace(0.85, 1.15, 25)
    assert np.abs(moved.vol(strikes) - clean.vol(strikes)).max() < 1e-3


def test_noise_within_the_spread_is_smoothed():
    ratios = []
    for seed in range(6):
        quotes, draw = made("SPXW", 6500.0, half=1.5), np.random.default_rng(seed)
        shifts = draw.uniform(-1, 1, len(quotes)).tolist()
        noisy = [
            replace(one, bid=max(one.bid + shift, 0.01), ask=one.ask + shift)
            for one, shift in zip(quotes, shifts, strict=True)
        ]
        smile = fitted(noisy, 6500.0)
        used = [one for one in smile.quotes if one.reason is None and abs(one.strike / 6500 - 1) < 0.08]
        true = true_vol(np.array([one.strike for one in used]), smile.forward)
        rough = np.array([one.vol for one in used]) - true
        ratios.append(np.std(smile.vol([one.strike for one in used]) - true) / np.std(rough))
    assert np.mean(ratios) < 0.75


def test_contracts_settled_in_the_morning_are_kept_apart_from_those_of_the_close():
    smile = fitted(made("SPXW", 6500.0) + made("SPX", 6500.0)[:40], 6500.0)
    told = [one.reason for one in smile.quotes]
    assert told.count("settled or exercised otherwise") == 40


@pytest.mark.parametrize("wanted", [1, 2, 3])
def test_so_few_quotes_are_enough(wanted):
    some = [one for one in made() if one.contract.strike in (640.0, 650.0, 660.0) and not one.contract.is_call]
    smile = fitted(some[:wanted])
    assert len(smile.knots) == wanted
    assert float(smile.vol(650.0)) == pytest.approx(0.18, abs=0.02)
    assert smile.vol([100.0, 5000.0]).tolist() == [smile.vols[0], smile.vols[-1]]


def test_no_smile_is_refused_in_words():
    with pytest.raises(ModelError, match=r"No smile of SPY 2027-01-15: none of 0 quotes is usable\.$"):
        fitted([])
    dead = [replace(one, bid=0.0) for one in made()[:6]]
    with pytest.raises(ModelError, match=r"none of 6 quotes is usable \(bid of zero\)"):
        fitted(dead)
    with pytest.raises(ModelError, match="the expiry is over"):
        fitted([replace(one, at=None) for one in made()], at=datetime(2027, 1, 15, 16, 0, tzinfo=NEW_YORK))
    below = [replace(one, bid=9.9, ask=9.95) for one in made() if one.contract.is_call and one.contract.strike < 600]
    with pytest.raises(ModelError, match=r"usable quotes gives a volatility \(below intrinsic\)"):
        fitted(below)
    inside = [one for one in made() if one.contract.is_call and 600 < one.contract.strike < 630]
    with pytest.raises(ModelError, match=r"usable quotes gives a volatility \(in the money\)"):
        fitted(inside)


@pytest.mark.parametrize("spot", [float("nan"), 0.0, -1.0])
def test_no_price_makes_no_smile(spot):
    with pytest.raises(ModelError, match="price is missing"):
        fitted(made(), spot)


def test_the_last_hour_of_an_expiry():
    today = AT.date()
    smile = fitted(made(expiry=today, strikes=np.arange(640.0, 661.0), half=0.005), expiry=today)
    assert smile.expiry_years == pytest.approx(1 / 8760)
    assert float(smile.vol(smile.forward)) == pytest.approx(0.18, abs=5e-3)

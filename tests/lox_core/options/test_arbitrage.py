"""What a smile or a surface would give away is said, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.options import arbitrage
from lox_core.options.curve import flat
from lox_core.options.smile_fit import fit_surface
from lox_core.options.surface import Smile, SmileQuote
from tests.lox_core.options.made_chains import AT, EXPIRY, RATE, made


def smile(vols: list[float], years: float = 0.2, width: float = 0.25) -> Smile:
    knots = np.linspace(-width, width, len(vols))
    expiry = AT.date() + timedelta(days=round(365 * years))
    return Smile("SPY", expiry, AT, years, 650.0, 0.0, RATE, knots, np.array(vols))


@given(vol=st.floats(0.05, 1.5), slope=st.floats(-0.15, 0.1), years=st.floats(0.05, 2))
def test_a_gentle_smile_gives_nothing_away(vol, slope, years):
    """Slopes within a third of Lee's bound."""
    k = np.linspace(-0.25, 0.25, 9)
    steep = slope * vol / np.sqrt(years) * min(vol, 1)
    assert arbitrage.within(smile((vol + steep * k).tolist(), years)) == ()


def test_a_butterfly_that_costs_less_than_nothing():
    (told,) = arbitrage.within(smile([0.2, 0.2, 0.2, 0.2, 0.32, 0.2, 0.2, 0.2, 0.2]))
    assert told == "A butterfly around 650 would cost less than nothing."


def test_calls_that_rise_with_the_strike():
    told = arbitrage.within(smile([0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.6, 1.0]))
    assert any(one.startswith("Call prices do not fall with the strike near 7") for one in told)


def test_puts_that_fall_with_the_strike():
    told = arbitrage.within(smile([1.0, 0.6, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]))
    assert any("Call prices do not fall with the strike near 5" in one for one in told)


def test_what_crossing_the_spreads_costs_is_no_gift():
    bumped = smile([0.2, 0.2, 0.2, 0.2, 0.24, 0.2, 0.2, 0.2, 0.2])
    assert arbitrage.within(bumped) != ()
    wide = tuple(SmileQuote(strike, True, 5.0, 7.0, 0.2) for strike in (500.0, 650.0, 800.0))
    assert arbitrage.within(replace(bumped, quotes=wide)) == ()
    unused = tuple(replace(one, reason="in the money") for one in wide)
    assert arbitrage.within(replace(bumped, quotes=unused)) != ()


def test_a_smile_of_two_points_is_not_judged():
    assert arbitrage.within(smile([0.2, 0.9])) == arbitrage.within(smile([0.2])) == ()


@pytest.mark.parametrize(("late", "said"), [(0.2, False), (0.15, False), (0.13, True)])
def test_a_calendar_that_costs_nothing(late, said):
    """Total variance of 0.2 over 0.2 years is what 0.1414 gives over 0.4."""
    found = arbitrage.between([smile([0.2] * 5, 0.2), smile([late] * 5, 0.4)])
    assert bool(found) == said
    if said:
        assert list(found) == [1]
        assert found[1].startswith("Total variance falls from 2027-02-01 near 6")
        assert found[1].endswith("a calendar would cost nothing.")


def test_smiles_without_common_strikes_are_not_compared():
    far = replace(smile([0.1] * 3, 0.4), knots=np.array([0.5, 0.6, 0.7]))
    assert arbitrage.between([smile([0.3] * 3, 0.2), far]) == {}


def test_a_surface_names_the_expiry_that_gives_a_calendar_away():
    later, last = date(2027, 2, 19), date(2027, 3, 19)
    chains = {
        last: made("SPXW", 6500.0, last),
        EXPIRY: made("SPXW", 6500.0, EXPIRY),
        later: made("SPXW", 6500.0, later, vols=lambda k: 0.10 + 0 * k),
        date(2027, 4, 16): [],
    }
    surface = fit_surface(chains, underlying="SPX", at=AT, spot=6500.0, curve=flat(RATE))
    assert list(surface.smiles) == [EXPIRY, later, last]
    assert "Total variance falls from 2027-01-15" in " ".join(surface.smiles[later].warnings)
    assert surface.smiles[EXPIRY].warnings == surface.smiles[last].warnings == ()
    assert list(surface.missing) == [date(2027, 4, 16)]

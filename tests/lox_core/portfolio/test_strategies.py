from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.portfolio.positions import Holding
from lox_core.portfolio.strategies import group
from tests.lox_core.portfolio.books import option, shares

TODAY = date(2026, 11, 20)


def legs(text: str) -> list[Holding]:
    """``+1 P640 -1 P650@115``: quantities, rights, strikes, and the expiry's month and day where not 18 Dec."""
    found = []
    words = text.split()
    for quantity, what in zip(words[::2], words[1::2], strict=True):
        if what == "SPY":
            found.append(shares("SPY", float(quantity)))
            continue
        name, _, day = what.partition("@")
        expiry = {"": "261218", "15Jan": "270115"}[day]
        found.append(option(f"SPY{expiry}{name[0]}{int(float(name[1:]) * 1000):08d}", float(quantity)))
    return found


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("+1 P640 -1 P650 -1 C700 +1 C710", "iron condor", "SPY 18 Dec iron condor 640/650/700/710"),
        ("-2 P640 +2 P650 +2 C700 -2 C710", "iron condor", "SPY 18 Dec inverse iron condor 640/650/700/710"),
        ("+1 P640 -1 P650 -1 C650 +1 C660", "iron butterfly", "SPY 18 Dec iron butterfly 640/650/660"),
        ("+1 C640 -2 C650 +1 C660", "butterfly", "SPY 18 Dec long call butterfly 640/650/660"),
        ("-3 P640 +6 P650 -3 P665", "broken-wing butterfly", "SPY 18 Dec short put broken-wing butterfly 640/650/665"),
        ("+1 C640 -1 C650 -1 C660 +1 C670", "condor", "SPY 18 Dec long call condor 640/650/660/670"),
        ("-5 P640 +5 P645.5", "vertical", "SPY 18 Dec put vertical 640/645.5"),
        ("-1 P640 +1 P640@15Jan", "calendar", "SPY 18 Dec/15 Jan 2027 long put calendar 640"),
        ("-1 C660 +1 C650@15Jan", "diagonal", "SPY 18 Dec/15 Jan 2027 long call diagonal 650/660"),
        ("-1 P650 -1 C650", "straddle", "SPY 18 Dec short straddle 650"),
        ("+4 P640 +4 C660", "strangle", "SPY 18 Dec long strangle 640/660"),
        ("+100 SPY -1 C660", "covered call", "SPY 18 Dec covered call 660"),
        ("+300 SPY -1 C660 -2 C670", "covered call", "SPY 18 Dec covered call 660/670"),
        ("+100 SPY +1 P640", "protective put", "SPY 18 Dec protective put 640"),
        ("+100 SPY +1 P640 -1 C660", "collar", "SPY 18 Dec collar 640/660"),
        ("-100 SPY -1 P640", "covered put", "SPY 18 Dec covered put 640"),
        ("-1 P640 +1 C660", "risk reversal", "SPY 18 Dec long risk reversal 640/660"),
        ("-1 P650 +1 C650", "synthetic", "SPY 18 Dec long synthetic 650"),
        ("+1 C650 -2 C660", "ratio spread", "SPY 18 Dec call ratio spread 650/660"),
        ("-1 C650 +2 C660", "backspread", "SPY 18 Dec call backspread 650/660"),
        ("+1 P640", "long put", "SPY 18 Dec long put 640"),
        ("-1 C660@15Jan", "short call", "SPY 15 Jan 2027 short call 660"),
        ("+12.5 SPY", "shares", "SPY shares"),
        (
            "-1 P640 +1 P640@15Jan -1 C700 +1 C700@15Jan",
            "double calendar",
            "SPY 18 Dec/15 Jan 2027 long double calendar 640/700",
        ),
        (
            "-1 P640 -1 C700 +1 P630@15Jan +1 C710@15Jan",
            "double diagonal",
            "SPY 18 Dec/15 Jan 2027 long double diagonal 630/640/700/710",
        ),
    ],
)
def test_structures_are_recognised_and_named(text, kind, name):
    (found,) = group(legs(text), today=TODAY)
    assert (found.kind, found.name, found.underlying, found.manual) == (kind, name, "SPY", False)
    assert set(found.symbols) == {one.symbol for one in legs(text)}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("+1 P640 -2 P650 -1 C700 +1 C710", ["ratio spread", "vertical"]),
        ("+100 SPY -2 C660", ["shares", "short call"]),  # not wholly covered
        ("+1 C640 -1 C645 +1 C650 -1 C655", ["vertical", "vertical"]),
        ("+1 P600 -1 P610 +1 P630 -1 P640 -1 C700 +1 C710 -1 C720 +1 C730", ["iron condor", "iron condor"]),
        ("-1 P640 -1 C700 +1 P600@15Jan", ["long put", "strangle"]),
        ("+1 P640 +3 C700", ["long call", "long put"]),
    ],
)
def test_what_does_not_match_stays_apart(text, kinds):
    assert sorted(one.kind for one in group(legs(text), today=TODAY)) == kinds


def test_nested_condors_pair_inner_with_inner():
    text = "+1 P600 -1 P610 +1 P630 -1 P640 -1 C700 +1 C710 -1 C720 +1 C730"
    names = [one.name for one in group(legs(text), today=TODAY)]
    assert names == ["SPY 18 Dec iron condor 600/610/720/730", "SPY 18 Dec iron condor 630/640/700/710"]


def test_the_owners_grouping_wins_and_is_marked():
    held = legs("+1 P640 -1 P650 -1 C700 +1 C710")
    wings = {held[0].symbol: "Wings", held[3].symbol: "Wings ", "GONE261218P00640000": "Gone"}
    found = group(held, wings, today=TODAY)
    assert [(one.name, one.kind, one.manual) for one in found] == [
        ("SPY 18 Dec short strangle 650/700", "strangle", False),
        ("Wings", "strangle", True),
    ]
    odd = group(held, {held[0].symbol: "Odd", held[1].symbol: "Odd", held[2].symbol: "Odd"}, today=TODAY)
    assert ("Odd", "custom", True) in [(one.name, one.kind, one.manual) for one in odd]


def test_a_manual_group_may_span_underlyings_and_keeps_its_name_to_itself():
    held = [*legs("+1 P640"), shares("QQQ", 10.0), *legs("-1 C700")]
    names = {"SPY261218P00640000": "SPY 18 Dec short call 700", "QQQ": "SPY 18 Dec short call 700"}
    found = group(held, names, today=TODAY)
    assert {one.name for one in found} == {"SPY 18 Dec short call 700", "SPY 18 Dec short call 700 (2)"}
    assert next(one for one in found if one.manual).underlying == ""


def test_what_is_no_standard_option_stands_alone():
    held = [
        option("CCL1261218C00020000"),
        Holding("BTCUSD", 1, "other", "BTCUSD", asset_class="crypto"),
        replace(option("SPY261218P00640000"), problem="quantity missing"),
        *legs("-1 P650"),
    ]
    kinds = {one.name: one.kind for one in group(held, today=TODAY)}
    assert kinds == {
        "CCL1261218C00020000 adjusted option": "adjusted option",
        "BTCUSD unrecognised": "unrecognised",
        "SPY261218P00640000 unrecognised": "unrecognised",
        "SPY 18 Dec short put 650": "short put",
    }


def test_index_roots_do_not_mix_within_an_expiry_and_name_themselves():
    held = [option("SPX261218P06000000"), option("SPXW261218P06100000", -1)]
    assert [one.name for one in group(held, today=TODAY)] == [
        "SPX 18 Dec long put 6000",
        "SPXW 18 Dec short put 6100",
    ]


strikes = st.sampled_from([630, 640, 650, 660, 670])
leg = st.builds(
    lambda day, right, strike, quantity: option(f"SPY{day}{right}{strike * 1000:08d}", float(quantity)),
    st.sampled_from(["261218", "270115"]),
    st.sampled_from("CP"),
    strikes,
    st.sampled_from([-2, -1, 1, 2]),
)


@settings(max_examples=150)
@given(held=st.lists(leg, max_size=14), stock=st.sampled_from([0, 100, -200]), seed=st.integers(0, 99))
def test_every_symbol_is_in_exactly_one_strategy_whatever_the_order(held, stock, seed):
    held = [*held, *([shares("SPY", float(stock))] if stock else [])]
    found = group(held, today=TODAY)
    symbols = [symbol for one in found for symbol in one.symbols]
    assert sorted(symbols) == sorted({one.symbol for one in held})
    assert len({one.name for one in found}) == len(found)
    shuffled = list(held)
    random.Random(seed).shuffle(shuffled)
    assert group(shuffled, today=TODAY) == found

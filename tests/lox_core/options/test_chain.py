"""Which quotes are no basis for a volatility, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from lox_core.clock import NEW_YORK
from lox_core.options.chain import ChainQuote, refusal, sorted_quotes, strangers
from lox_core.options.contract import contract_of
from tests.lox_core.options.made_chains import AT, EXPIRY

QUOTE = ChainQuote(contract_of("SPY", EXPIRY, is_call=True, strike=700.0), 1.0, 1.1, AT)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"bid": None, "ask": None}, "no quote"),
        ({"bid": float("nan"), "ask": None}, "no quote"),
        ({"bid": None}, "no bid"),
        ({"bid": float("nan")}, "no bid"),
        ({"ask": None}, "no ask"),
        ({"ask": float("inf")}, "no ask"),
        ({"bid": 0.0}, "bid of zero"),
        ({"bid": -0.01}, "bid of zero"),
        ({"bid": 3.0, "ask": 2.0}, "crossed"),
        ({"bid": 2.0, "ask": 2.0}, None),
        ({"bid": 1.0, "ask": 4.0}, "too wide"),
        ({"bid": 0.02, "ask": 0.27}, None),  # a quarter of a dollar is let pass
        ({"bid": 0.02, "ask": 0.28}, "too wide"),
        ({"bid": 8.0, "ask": 12.0}, None),  # and so are two fifths of the mid
        ({"bid": 7.9, "ask": 12.0}, "too wide"),
        ({"at": AT - timedelta(days=1)}, "of an earlier session"),
        ({"at": None}, None),
        ({"bid": 1.0, "ask": 1.1}, None),
    ],
)
def test_what_is_refused_and_why(changed, reason):
    assert refusal(replace(QUOTE, **changed), AT) == reason


def test_an_adjusted_contract_is_refused():
    adjusted = contract_of("SPY1", EXPIRY, is_call=True, strike=700.0)
    assert refusal(replace(QUOTE, contract=adjusted), AT) == "adjusted contract"


@pytest.mark.parametrize(
    ("quoted", "valued", "reason"),
    [
        (at(2026, 11, 20, 15, 59), at(2026, 11, 20, 16, 0), None),
        (at(2026, 11, 20, 16, 14), at(2026, 11, 20, 16, 0), None),
        (at(2026, 11, 20, 15, 0), at(2026, 11, 21, 11, 0), None),  # Saturday
        (at(2026, 11, 20, 15, 0), at(2026, 11, 23, 8, 0), None),  # Monday before the opening
        (at(2026, 11, 20, 15, 0), at(2026, 11, 23, 9, 30), "of an earlier session"),
        (at(2026, 11, 25, 15, 0), at(2026, 11, 26, 12, 0), None),  # Thanksgiving
        (at(2026, 11, 25, 15, 0), at(2026, 11, 27, 12, 0), "of an earlier session"),
        (at(2026, 11, 27, 12, 59), at(2026, 11, 29, 12, 0), None),  # the half day, seen on Sunday
        (at(2026, 11, 21, 11, 0), at(2026, 11, 20, 16, 0), None),  # stamped when it was asked for
    ],
)
def test_quotes_serve_until_the_next_opening(quoted, valued, reason):
    assert refusal(replace(QUOTE, at=quoted), valued) == reason


def test_the_mid():
    assert QUOTE.mid == pytest.approx(1.05)
    assert replace(QUOTE, bid=None).mid is None
    assert replace(QUOTE, ask=None).mid is None


def contracts(*roots: str, expiry: date = EXPIRY) -> list[ChainQuote]:
    return [
        ChainQuote(contract_of(root, expiry, is_call=True, strike=700.0 + place), 1.0, 1.1, AT)
        for place, root in enumerate(roots)
    ]


def test_contracts_of_another_kind_are_named():
    assert strangers(contracts("SPXW", "SPX", "SPXW"), EXPIRY) == [None, "settled or exercised otherwise", None]
    assert strangers(contracts("OEX", "XEO", "OEX"), EXPIRY) == [None, "settled or exercised otherwise", None]
    other = contracts("SPY") + contracts("SPY", expiry=date(2027, 2, 19))
    assert strangers(other, EXPIRY) == [None, "of another expiry"]
    assert strangers([], EXPIRY) == []


def test_quotes_are_sorted_by_strike_puts_first():
    legs = [(700.0, True), (690.0, True), (700.0, False)]
    quotes = [replace(QUOTE, contract=contract_of("SPY", EXPIRY, is_call=c, strike=k)) for k, c in legs]
    told = [(one.contract.strike, one.contract.is_call) for one in sorted_quotes(quotes)]
    assert told == [(690.0, True), (700.0, False), (700.0, True)]

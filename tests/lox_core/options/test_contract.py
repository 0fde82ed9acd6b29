"""OCC symbols both ways, and what each root fixes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.calendars import is_session
from lox_core.clock import NEW_YORK
from lox_core.errors import ModelError
from lox_core.options.contract import contract_of, is_occ, occ_symbol, parse_occ


@given(
    root=st.from_regex(r"[A-Z]{1,5}[0-9]?", fullmatch=True),
    expiry=st.dates(date(2001, 1, 1), date(2099, 12, 31)),
    is_call=st.booleans(),
    thousandths=st.integers(1, 99_999_999),
)
def test_symbols_survive_the_round_trip(root, expiry, is_call, thousandths):
    symbol = occ_symbol(root, expiry, is_call=is_call, strike=thousandths / 1000)
    found = parse_occ(symbol)
    assert (found.root, found.expiry, found.is_call) == (root, expiry, is_call)
    assert found.strike == pytest.approx(thousandths / 1000)
    assert found.symbol == symbol
    assert parse_occ(f" {root.ljust(6).lower()}{symbol[len(root) :]} ") == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SPY",
        "SPY261318P00660000",
        "SPY260230C00660000",
        "SPY261218X00660000",
        "SPY261218P00000000",
        "TOOLONG261218P00660000",
        "SPY261218P0066000",
        "12261218P00660000",
        "SPY261218P006600001",
        "ＳPY261218P00660000",
    ],
)
def test_what_is_no_symbol_is_refused_in_words(text):
    assert not is_occ(text)
    with pytest.raises(ModelError, match=r"option symbol|does not exist|strike of zero"):
        parse_occ(text)


@pytest.mark.parametrize("strike", [0.0, -5.0, 0.0004, 123456.0, 12.34567])
def test_strikes_that_cannot_be_written_are_refused(strike):
    with pytest.raises(ModelError, match="cannot be written"):
        occ_symbol("SPY", date(2026, 12, 18), is_call=True, strike=strike)


@pytest.mark.parametrize(
    ("root", "underlying", "style", "settlement", "session"),
    [
        ("SPY", "SPY", "american", "physical", "pm"),
        ("AAPL", "AAPL", "american", "physical", "pm"),
        ("SPX", "SPX", "european", "cash", "am"),
        ("SPXW", "SPX", "european", "cash", "pm"),
        ("XSP", "XSP", "european", "cash", "pm"),
        ("NDX", "NDX", "european", "cash", "am"),
        ("NDXP", "NDX", "european", "cash", "pm"),
        ("RUT", "RUT", "european", "cash", "am"),
        ("RUTW", "RUT", "european", "cash", "pm"),
        ("VIX", "VIX", "european", "cash", "am"),
        ("VIXW", "VIX", "european", "cash", "am"),
        ("DJX", "DJX", "european", "cash", "am"),
        ("XEO", "OEX", "european", "cash", "pm"),
        ("OEX", "OEX", "american", "cash", "pm"),
    ],
)
def test_the_rules_of_roots(root, underlying, style, settlement, session):
    found = contract_of(root, date(2026, 12, 18), is_call=True, strike=100)
    assert (found.underlying, found.style, found.settlement, found.session) == (underlying, style, settlement, session)
    assert found.priced_off == ("future" if underlying == "VIX" else "spot")
    assert found.multiplier == 100
    assert not found.adjusted


def test_a_root_that_ends_in_a_digit_was_adjusted():
    found = parse_occ("IWM1261218C00200000")
    assert (found.adjusted, found.underlying, found.root) == (True, "IWM", "IWM1")


@pytest.mark.parametrize(
    ("root", "expiry", "wanted"),
    [
        ("SPY", date(2026, 12, 18), datetime(2026, 12, 18, 16, 0)),
        ("SPXW", date(2026, 11, 27), datetime(2026, 11, 27, 13, 0)),  # the half day after Thanksgiving
        ("SPX", date(2026, 12, 18), datetime(2026, 12, 18, 9, 30)),
        ("SPY", date(2014, 12, 20), datetime(2014, 12, 19, 16, 0)),  # a Saturday, as expiries once were
        ("SPY", date(2025, 4, 18), datetime(2025, 4, 17, 16, 0)),  # Good Friday
        ("SPX", date(2014, 12, 20), datetime(2014, 12, 19, 9, 30)),
        ("SPXW", date(2026, 12, 18), datetime(2026, 12, 18, 16, 0)),
        ("SPX", date(2026, 11, 27), datetime(2026, 11, 27, 9, 30)),
        ("XSP", date(2026, 12, 24), datetime(2026, 12, 24, 13, 0)),  # Christmas Eve
        ("SPY", date(2026, 12, 25), datetime(2026, 12, 24, 13, 0)),  # Christmas: the half day before
        ("VIX", date(2026, 12, 16), datetime(2026, 12, 16, 9, 30)),
    ],
)
def test_the_last_valuation(root, expiry, wanted):
    found = contract_of(root, expiry, is_call=True, strike=100)
    assert found.last_valuation == wanted.replace(tzinfo=NEW_YORK)


@given(
    root=st.sampled_from(["SPY", "SPX", "SPXW", "VIX", "IWM1"]),
    expiry=st.dates(date(2005, 1, 1), date(2031, 12, 31)),
    before_h=st.floats(0, 10_000),
)
def test_the_last_valuation_is_in_the_last_session_until_expiry(root, expiry, before_h):
    found = contract_of(root, expiry, is_call=True, strike=100)
    last = found.last_valuation
    assert is_session(last.date())
    assert expiry - timedelta(days=5) < last.date() <= expiry
    assert not any(is_session(last.date() + timedelta(days=n)) for n in range(1, (expiry - last.date()).days + 1))
    years = found.expiry_years(last - timedelta(hours=before_h))
    assert years == pytest.approx(before_h / 8760, abs=1e-12)
    assert found.expiry_years(last + timedelta(hours=before_h)) == 0


def test_time_left_counts_seconds_and_never_falls_below_zero():
    found = contract_of("SPY", date(2026, 12, 18), is_call=True, strike=100)
    at = datetime(2026, 12, 17, 16, 0, tzinfo=NEW_YORK)
    assert found.expiry_years(at) == pytest.approx(86_400 / 31_536_000)
    assert found.expiry_years(datetime(2026, 12, 18, 16, 0, tzinfo=NEW_YORK)) == 0.0
    assert found.expiry_years(datetime(2027, 1, 1, tzinfo=NEW_YORK)) == 0.0
    assert found.days_left(date(2026, 12, 20)) == -2


def test_instants_of_any_zone_count_alike():
    found = contract_of("SPY", date(2026, 12, 18), is_call=True, strike=100)
    assert found.expiry_years(datetime(2026, 12, 18, 20, 59, 59, tzinfo=UTC)) == pytest.approx(1 / 31_536_000)
    summer = contract_of("SPY", date(2026, 6, 18), is_call=True, strike=100)
    assert summer.expiry_years(datetime(2026, 6, 18, 19, 59, 59, tzinfo=UTC)) == pytest.approx(1 / 31_536_000)


@pytest.mark.parametrize(
    ("symbol", "underlying"),
    [("BRKB261218C00500000", "BRK.B"), ("BRKB1261218C00500000", "BRK.B"), ("BFB261218C00050000", "BF.B")],
)
def test_the_class_of_a_share_comes_back(symbol, underlying):
    assert parse_occ(symbol).underlying == underlying
    assert parse_occ(symbol).symbol == symbol


@pytest.mark.parametrize("root", ["", "spy?", "TOOLONG", "1SPY", "SPY12"])
def test_what_cannot_be_a_root_is_refused(root):
    with pytest.raises(ModelError, match="no option root"):
        occ_symbol(root, date(2026, 12, 18), is_call=True, strike=100)


def test_intrinsic():
    call, put = (contract_of("SPY", date(2026, 12, 18), is_call=side, strike=100) for side in (True, False))
    assert (call.intrinsic(110), call.intrinsic(90), put.intrinsic(110), put.intrinsic(90)) == (10, 0, 0, 10)
    assert (call.right, put.right) == ("C", "P")

"""What ends soon, what needs a decision, and what a strategy would be worth."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from lox_core.clock import NEW_YORK
from lox_core.errors import ModelError
from lox_core.options import american
from lox_core.portfolio.alerts import alerts
from lox_core.portfolio.book import build_book
from lox_core.portfolio.expiry import expiry_sheet, theta_break_evens
from lox_core.portfolio.payoff import payoff
from lox_core.portfolio.positions import Account, Dividend
from tests.lox_core.portfolio.books import NOW, inputs, option, quote, shares, state

SHORT_CALL, SHORT_PUT = "AAPL261218C00230000", "AAPL261120P00250000"


def aapl(dividend: float | None = None, ex: date = date(2026, 11, 23), spot: float = 250.0) -> dict:
    paid = (Dividend(ex, dividend),) if dividend else ()
    return {"AAPL": state("AAPL", spot, dividends=paid, beta=1.2), "SPY": state("SPY", 650.0)}


def sheet_of(legs, quotes, **given):
    book = build_book(inputs(legs, quotes=quotes, **given))
    return book, expiry_sheet(book)


def test_a_short_call_before_an_ex_date_may_be_assigned():
    legs = [option(SHORT_CALL, -3)]
    book, rows = sheet_of(legs, {SHORT_CALL: quote(20.05, 20.15)}, underlyings=aapl(0.26))
    (row,) = rows
    assert row.assignment == "high"
    assert "time value $0.10 against the $0.26 dividend, ex-date 23 Nov" in row.why
    assert (row.shares, row.cash_usd) == (-300, 69_000)
    assert row.in_the_money
    assert row.moneyness == pytest.approx(20 / 250)
    assert any(one.title == "assignment" and one.step == 4 for one in alerts(book, rows))
    _, calm = sheet_of(legs, {SHORT_CALL: quote(20.45, 20.55)}, underlyings=aapl(0.26))
    assert calm[0].assignment == "low"
    _, later = sheet_of(legs, {SHORT_CALL: quote(20.05, 20.15)}, underlyings=aapl(0.26, date(2026, 12, 10)))
    assert later[0].assignment == "medium"


def test_pin_risk_on_the_last_day_and_none_for_long_legs():
    quotes = {SHORT_PUT: quote(1.0, 1.1)}
    _, rows = sheet_of([option(SHORT_PUT, -2)], quotes, underlyings=aapl(spot=250.2))
    assert rows[0].pin == "high"
    assert rows[0].sessions_left == 0
    _, rows = sheet_of([option(SHORT_PUT, 2)], quotes, underlyings=aapl(spot=250.2))
    assert (rows[0].pin, rows[0].assignment) == ("none", "none")


def test_a_long_leg_in_the_money_on_its_last_day_is_told():
    book, rows = sheet_of([option(SHORT_PUT, 2)], {SHORT_PUT: quote(5.0, 5.2)}, underlyings=aapl(spot=245.0))
    assert rows[0].in_the_money
    assert rows[0].shares == -200
    assert any("will be exercised" in one.text for one in alerts(book, rows))


def test_index_options_settle_in_cash():
    symbol = "SPXW261127P06600000"
    _, rows = sheet_of(
        [option(symbol, -1)],
        {symbol: quote(120, 121)},
        underlyings={"SPX": state("SPX", 6500.0), "SPY": state("SPY", 650.0)},
    )
    assert (rows[0].shares, rows[0].cash_usd) == (0.0, -10_000)
    assert rows[0].assignment == "none"


def test_the_sheet_ends_at_its_horizon_and_leaves_adjusted_contracts_out():
    legs = [option("SPY270618C00700000", 1), option("IWM1261218C00200000", 1), option("SPY261218C00700000", 1)]
    _, rows = sheet_of(legs, {})
    assert [row.leg.symbol for row in rows] == ["SPY261218C00700000"]
    assert rows[0].extrinsic is None


def test_uncovered_calls_margin_and_spread_are_signals():
    bare = [option(SHORT_CALL, -3), shares("AAPL", 100)]
    account = Account("PA…01", cash=10_000.0, equity=20_000.0, maintenance_margin=16_000.0)
    book = build_book(
        inputs(
            bare, quotes={SHORT_CALL: quote(18.0, 26.0), "AAPL": quote(250, 250)}, underlyings=aapl(), account=account
        )
    )
    said = {one.title: one for one in alerts(book, expiry_sheet(book))}
    assert "AAPL: 2 short calls" in said["uncovered"].text
    assert said["margin"].step == 4
    assert "spread" in said or said["NAV"].step == 5
    assert [one.step for one in alerts(book, ())] == sorted((one.step for one in alerts(book, ())), reverse=True)


def test_a_covered_call_is_no_signal():
    covered = [option(SHORT_CALL, -1), shares("AAPL", 100)]
    book = build_book(
        inputs(covered, quotes={SHORT_CALL: quote(20.4, 20.6), "AAPL": quote(250, 250)}, underlyings=aapl())
    )
    assert "uncovered" not in {one.title for one in alerts(book, ())}


def test_the_move_at_which_gamma_pays_for_theta():
    symbol = "SPY270115C00650000"
    book = build_book(inputs([option(symbol, 10)], quotes={symbol: quote(18.0, 18.1)}))
    found = theta_break_evens(book)["SPY"]
    totals = book.by_underlying["SPY"]
    gained = 0.5 * 100 * totals["gamma_1pct_usd"].value * found.move**2
    assert gained == pytest.approx(-totals["theta_per_day_usd"].value)
    assert found.move_usd == pytest.approx(650 * found.move)


def spread(average: bool = True) -> list:
    price = {"average_price": 12.0} if average else {}
    other = {"average_price": 6.0} if average else {}
    quotes = {"SPY261218C00650000": quote(11.9, 12.1), "SPY261218C00660000": quote(6.9, 7.1)}
    legs = [option("SPY261218C00650000", 2, **price), option("SPY261218C00660000", -2, **other)]
    return list(build_book(inputs(legs, quotes=quotes)).legs)


def test_a_vertical_by_hand():
    found = payoff(spread(), as_of=NOW, basis="cost")
    assert found.worst == pytest.approx(-1200, abs=0.01)
    assert found.best == pytest.approx(800, abs=0.01)
    assert found.break_evens == pytest.approx((656.0,), abs=0.01)
    assert found.strikes == (650.0, 660.0)
    assert set(found.strikes) <= set(found.spots.tolist())
    against_mark = payoff(spread(), as_of=NOW)
    assert against_mark.worst == pytest.approx(-2 * 100 * (11.9 - 7.1), abs=0.01)


def test_today_lies_between_and_a_chosen_day_too():
    found = payoff(spread(), as_of=NOW, chosen=NOW + timedelta(days=20))
    at = np.argmin(np.abs(found.spots - 650))
    assert found.at_expiry[at] < found.chosen[at] < found.today[at]
    assert payoff(spread(), as_of=NOW, chosen=NOW + timedelta(days=400)).chosen is None


def test_unbounded_sides_are_said():
    symbol = "SPY261218C00650000"
    long = build_book(inputs([option(symbol, 1)], quotes={symbol: quote(11.9, 12.1)})).legs
    short = build_book(inputs([option(symbol, -1)], quotes={symbol: quote(11.9, 12.1)})).legs
    assert (payoff(long, as_of=NOW).best, payoff(short, as_of=NOW).worst) == (None, None)
    put = "SPY261218P00650000"
    put_legs = build_book(inputs([option(put, -1)], quotes={put: quote(9.9, 10.1)})).legs
    assert payoff(put_legs, as_of=NOW).worst == pytest.approx(-100 * (650 - 10.1), abs=0.01)


def test_a_calendar_is_valued_at_its_first_expiry():
    near, far = "SPY261218C00650000", "SPY270115C00650000"
    quotes = {near: quote(11.9, 12.1), far: quote(17.9, 18.1)}
    legs = build_book(inputs([option(near, -1), option(far, 1)], quotes=quotes)).legs
    found = payoff(legs, as_of=NOW)
    assert found.first_expiry == datetime(2026, 12, 18, 16, 0, tzinfo=NEW_YORK)
    assert found.spots[np.argmax(found.at_expiry)] == pytest.approx(650, abs=3)
    assert len(found.break_evens) == 2


def test_what_cannot_be_drawn_says_why():
    unpriced = build_book(inputs([option("SPY261218C00650000", 1)])).legs
    with pytest.raises(ModelError, match="cannot be drawn"):
        payoff(unpriced, as_of=NOW)
    with pytest.raises(ModelError, match="one underlying"):
        payoff([], as_of=NOW)
    with pytest.raises(ModelError, match="no price paid"):
        payoff(spread(average=False), as_of=NOW, basis="cost")


def test_break_evens_of_a_calendar_are_where_the_model_says_nothing_is_won():
    near, far = "SPY261218C00650000", "SPY270115C00650000"
    quotes = {near: quote(11.9, 12.1), far: quote(17.9, 18.1)}
    legs = build_book(inputs([option(near, -1), option(far, 1)], quotes=quotes)).legs
    found = payoff(legs, as_of=NOW)
    later = next(leg for leg in legs if leg.symbol == far)
    for level in found.break_evens:
        worth = american.price(
            is_call=True, spot=level, strike=650.0, expiry_years=28 / 365, rate=later.rate, vol=later.vol
        )
        assert 100 * (float(worth) - max(level - 650, 0)) == pytest.approx(100 * (17.9 - 12.1), abs=0.05)
    assert found.worst == pytest.approx(-100 * (17.9 - 12.1), abs=2.0)


def test_a_break_even_far_outside_the_drawing_is_still_found():
    symbol = "SPY261218C00650000"
    held = [option(symbol, 1, average_price=400.0)]
    legs = build_book(inputs(held, quotes={symbol: quote(11.9, 12.1)})).legs
    found = payoff(legs, as_of=NOW, basis="cost")
    assert found.break_evens == pytest.approx((1050.0,))
    assert found.break_evens[0] > found.spots[-1]


def test_pin_risk_rests_on_realised_volatility_where_the_leg_has_none_and_is_unknown_without_both():
    closes = tuple(250.0 * np.exp(0.01 * np.cos(np.arange(21))))
    near = aapl(spot=250.2)
    _, rows = sheet_of([option(SHORT_PUT, -2)], {}, underlyings=near)
    assert rows[0].pin == "unknown"
    near["AAPL"] = state("AAPL", 250.2, recent_closes=closes, beta=1.2)
    _, rows = sheet_of([option(SHORT_PUT, -2)], {}, underlyings=near)
    assert rows[0].pin == "high"
    near["AAPL"] = state("AAPL", None, recent_closes=closes, beta=1.2)
    _, rows = sheet_of([option(SHORT_PUT, -2)], {}, underlyings=near)
    assert (rows[0].pin, rows[0].assignment) == ("unknown", "unknown")


def test_after_the_close_a_strike_at_the_spot_may_still_be_exercised():
    late = NOW.replace(hour=16, minute=5)
    closes = tuple(250.0 * np.exp(0.01 * np.cos(np.arange(21))))
    for spot, pin in ((250.05, "high"), (262.0, "low")):
        states = aapl(spot=spot)
        states["AAPL"] = state("AAPL", spot, recent_closes=closes, beta=1.2)
        book = build_book(inputs([option(SHORT_PUT, -2)], as_of=late, market_open=False, underlyings=states))
        assert expiry_sheet(book)[0].pin == pin


def test_a_legs_gamma_and_theta_cancel_at_its_daily_move():
    symbol = "SPY261218C00650000"
    book, rows = sheet_of([option(symbol, 10)], {symbol: quote(11.9, 12.1)})
    leg = book.legs[0]
    gained = 0.5 * 100 * leg.greeks["gamma_1pct_usd"] * rows[0].daily_move ** 2
    assert gained == pytest.approx(-leg.greeks["theta_per_day_usd"])
    assert 0.005 < rows[0].daily_move < 0.02


def uncovered(*legs) -> str | None:
    book = build_book(inputs(legs, underlyings=aapl()))
    return next((one.text for one in alerts(book, ()) if one.title == "uncovered"), None)


def test_a_call_that_ends_first_covers_nothing():
    near, far = "AAPL261218C00260000", "AAPL270115C00260000"
    assert uncovered(option(near, -1), option(far, 1)) is None
    assert uncovered(option(near, 1), option(far, -1)).startswith("AAPL: 1 short call is covered by neither")
    assert uncovered(option(near, 1), option(far, -1), shares("AAPL", 100)) is None
    assert uncovered(shares("AAPL", -100)) is None
    assert uncovered(shares("AAPL", -100), option(near, -2)).startswith("AAPL: 2 short calls are")


def test_cash_that_assignments_would_take_and_buying_power_are_signals():
    put = "AAPL261120P00260000"
    quotes, poor = {put: quote(10.0, 10.2)}, Account("PA…01", cash=50_000.0, options_buying_power=0.0)
    book = build_book(inputs([option(put, -2)], quotes=quotes, underlyings=aapl(), account=poor))
    said = {one.title: one.text for one in alerts(book, expiry_sheet(book))}
    assert "takes $52,000; the cash is $50,000" in said["assignment cash"]
    assert "buying power" in said
    rich = Account("PA…01", cash=60_000.0, options_buying_power=1.0)
    book = build_book(inputs([option(put, -2)], quotes=quotes, underlyings=aapl(), account=rich))
    assert not {"assignment cash", "buying power"} & {one.title for one in alerts(book, expiry_sheet(book))}

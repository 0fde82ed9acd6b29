"""The day told two ways: sums that must be exact, a residual of third order, alarms on gaps, expiring legs apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.clock import NEW_YORK
from lox_core.options import american
from lox_core.portfolio.attribution import EFFECTS, STEPS, Attribution, Fill, StartLeg, attribute
from lox_core.portfolio.book import build_book
from lox_core.portfolio.positions import Dividend
from lox_core.portfolio.valued import Book
from tests.lox_core.portfolio.books import NOW, inputs, option, quote, shares, state

START = datetime(2026, 11, 19, 16, 0, tzinfo=NEW_YORK)
CALL, PUT = "SPY270115C00660000", "SPY270115P00640000"
EXPIRING = "SPY261120P00650000"
DAYS = (NOW - START).total_seconds() / 86_400


def worth(symbol: str, spot: float, vol: float, at: datetime) -> float:
    contract = option(symbol).contract
    return float(
        american.price(
            is_call=contract.is_call,
            spot=spot,
            strike=contract.strike,
            expiry_years=contract.expiry_years(at),
            rate=0.04,
            vol=vol,
        )
    )


def day(
    spot0: float = 650.0,
    spot1: float = 653.0,
    vol0: float = 0.18,
    vol1: float = 0.175,
    *,
    quantities: dict[str, float] | None = None,
    fills: tuple[Fill, ...] = (),
    stock: float = 20.0,
) -> tuple[Book, Attribution]:
    """A book of two options and shares after a move, and its attribution."""
    held = quantities or {CALL: 3.0, PUT: -5.0}
    quotes = {name: quote(p := worth(name, spot1, vol1, NOW), p) for name in held}
    legs = [option(name, size) for name, size in held.items()] + [shares("SPY", stock)]
    quotes["SPY"] = quote(spot1, spot1)
    book = build_book(inputs(legs, quotes=quotes, underlyings={"SPY": state("SPY", spot1)}))
    starts = {name: StartLeg(worth(name, spot0, vol0, START), spot0) for name in held}
    starts["SPY"] = StartLeg(spot0, spot0)
    return book, attribute(book, starts, start=START, end=NOW, fills=fills)


@given(
    spot1=st.floats(630, 670),
    vol0=st.floats(0.1, 0.4),
    vol1=st.floats(0.1, 0.4),
    call=st.integers(-9, 9),
    put=st.integers(-9, 9),
)
@settings(max_examples=25, deadline=None)
def test_every_sum_is_exact(spot1, vol0, vol1, call, put):
    held = {name: float(size) for name, size in ((CALL, call), (PUT, put)) if size}
    _, found = day(spot1=spot1, vol0=vol0, vol1=vol1, quantities=held or {CALL: 1.0})
    total = sum(row.pnl for row in found.legs)
    assert found.pnl == pytest.approx(total + found.expiring_pnl)
    assert sum(found.effects.values()) + found.trades == pytest.approx(total, abs=1e-6)
    assert sum(found.steps.values()) + found.trades == pytest.approx(total, abs=1e-6)
    for row in found.legs:
        assert sum(row.effects[name] for name in EFFECTS) + row.trades == pytest.approx(row.pnl, abs=1e-6)
        assert sum(row.steps[name] for name in STEPS) + row.trades == pytest.approx(row.pnl, abs=1e-6)


def test_an_ordinary_day_is_explained_and_both_ways_agree():
    _, found = day()
    gross = sum(abs(row.pnl) for row in found.legs)
    assert found.residual_share < 0.005
    assert found.disagreement_usd < 0.02 * gross
    assert abs(found.steps["marks"]) < 0.01
    assert found.alarms == ()


def test_the_residual_is_of_third_order_in_the_move():
    sizes = []
    for move in (24.0, 12.0):
        _, found = day(spot0=650, spot1=650 + move, vol0=0.18, vol1=0.18, quantities={CALL: 10.0}, stock=1.0)
        sizes.append(abs(found.effects["residual"]))
    assert sizes[0] > 5 * sizes[1]


def test_a_gap_raises_the_alarm():
    _, found = day(spot1=628.0, vol1=0.24)
    assert any("SPY moved −3.4 %" in alarm for alarm in found.alarms)


def test_signs_are_those_of_the_position():
    _, found = day(spot1=660.0, vol1=0.18, quantities={CALL: 5.0}, stock=1.0)
    assert found.effects["delta"] > 0
    assert found.effects["gamma"] > 0
    assert found.effects["theta"] < 0
    _, short = day(spot1=660.0, vol1=0.18, quantities={CALL: -5.0}, stock=1.0)
    for name in ("gamma", "theta", "vega"):
        assert short.effects[name] == pytest.approx(-found.effects[name], rel=1e-6)


def test_trades_stand_apart_and_new_positions_need_no_start():
    price = worth(CALL, 653.0, 0.175, NOW)
    _, found = day(quantities={CALL: 3.0}, fills=(Fill(CALL, 3.0, price - 0.5),))
    row = next(one for one in found.legs if one.symbol == CALL)
    assert row.pnl == row.trades == pytest.approx(3 * 100 * 0.5)
    assert found.trades == pytest.approx(150)
    _, partly = day(quantities={CALL: 3.0}, fills=(Fill(CALL, 1.0, price),))
    row = next(one for one in partly.legs if one.symbol == CALL)
    assert row.pnl == pytest.approx(200 * (price - worth(CALL, 650.0, 0.18, START)))


def test_what_was_closed_counts_and_what_has_no_start_is_named():
    gone = "SPY270115C00700000"
    _, found = day(fills=(Fill(gone, -2.0, 4.0),))
    assert dict(found.missing)[gone].startswith("closed since")
    book, _ = day()
    starts = {"SPY": StartLeg(650.0, 650.0), gone: StartLeg(5.0, 650.0)}
    found = attribute(book, starts, start=START, end=NOW, fills=(Fill(gone, -2.0, 4.0),))
    assert {symbol for symbol, _ in found.missing} == {CALL, PUT}
    closed = next(row for row in found.legs if row.symbol == gone)
    assert closed.pnl == pytest.approx(2 * 100 * (4.0 - 5.0))


def test_expiring_legs_stand_apart():
    book, found = day(quantities={CALL: 3.0, EXPIRING: 2.0})
    assert [row.symbol for row in found.expiring] == [EXPIRING]
    assert found.expiring[0].effects == {}
    assert found.pnl == pytest.approx(sum(row.pnl for row in (*found.legs, *found.expiring)))
    del book


def test_a_missing_mid_is_named_and_never_zero():
    book, _ = day()
    legs = tuple(
        replace(leg, mark=replace(leg.mark, mid=None), reason="no quote") if leg.symbol == CALL else leg
        for leg in book.legs
    )
    starts = {leg.symbol: StartLeg(10.0, 650.0) for leg in legs}
    found = attribute(replace(book, legs=legs), starts, start=START, end=NOW)
    assert found.missing == ((CALL, "no quote"),)
    assert CALL not in {row.symbol for row in found.legs}


def test_a_poor_price_of_the_start_is_laid_on_the_marks():
    book, _ = day()
    starts = {
        CALL: StartLeg(0.0001, 650.0),
        PUT: StartLeg(worth(PUT, 650, 0.18, START), 650.0),
        "SPY": StartLeg(650.0, 650.0),
    }
    found = attribute(book, starts, start=START, end=NOW)
    assert np.isfinite(list(found.effects.values())).all()
    assert any("unexplained" in alarm for alarm in found.alarms)
    assert found.end - found.start == timedelta(days=DAYS)


EX = Dividend(date(2026, 11, 20), 1.9)


def ex_day(spot1: float, *, covered: bool = True, fills: tuple[Fill, ...] = (), projected: bool = False) -> Attribution:
    """A call, a put and shares over the morning a dividend went ex, volatility and rate as they were."""
    names = (CALL, PUT)
    left = [(EX_OPENING - START).total_seconds() / 31_536_000]
    starts = {"SPY": StartLeg(650.0, 650.0)}
    for name in names:
        contract = option(name).contract
        price = american.price_with_dividends(
            is_call=contract.is_call,
            spot=650.0,
            strike=contract.strike,
            expiry_years=contract.expiry_years(START),
            rate=0.04,
            vol=0.18,
            ex_times=left,
            amounts=[EX.amount],
        )
        starts[name] = StartLeg(float(price), 650.0)
    quotes = {name: quote(p := worth(name, spot1, 0.18, NOW), p) for name in names} | {"SPY": quote(spot1, spot1)}
    legs = [option(CALL, -2.0), option(PUT, 4.0), *([shares("SPY", 200.0)] if covered else [])]
    states = {"SPY": state("SPY", spot1, dividends=(replace(EX, projected=projected),))}
    book = build_book(inputs(legs, quotes=quotes, underlyings=states))
    return attribute(book, starts, start=START, end=NOW, fills=fills)


EX_OPENING = datetime(2026, 11, 20, 9, 30, tzinfo=NEW_YORK)


def test_a_dividend_that_went_ex_is_income_of_shares_and_no_move_of_options():
    found = ex_day(650.0 - EX.amount)
    stock = next(row for row in found.legs if row.symbol == "SPY")
    assert stock.pnl == pytest.approx(0.0, abs=1e-9)
    assert stock.effects["dividends"] == pytest.approx(200 * EX.amount)
    assert abs(found.effects["vega"]) < 1.0
    assert found.effects["delta"] + found.effects["dividends"] == pytest.approx(0.0, abs=1e-6)
    assert abs(found.steps["spot"]) < 0.01
    assert found.steps["time"] == pytest.approx(found.effects["theta"], abs=3.0)
    assert found.alarms == ()


def test_an_ordinary_move_over_an_ex_date_is_explained_as_on_any_other_day():
    found = ex_day(653.0)
    gross = sum(abs(row.pnl - row.trades) for row in found.legs)
    assert found.residual_share < 0.01
    assert found.disagreement_usd < 0.02 * gross
    assert sum(found.effects.values()) == pytest.approx(found.pnl)
    assert sum(found.steps.values()) == pytest.approx(found.pnl)


def test_shares_called_away_in_the_night_bring_no_dividend_and_a_projected_one_is_none():
    # 100 more were held at the close; they were delivered at 655 before the opening.
    gone = Fill("SPY", -100.0, 655.0, before_open=True)
    found = ex_day(653.0, fills=(gone,))
    stock = next(row for row in found.legs if row.symbol == "SPY")
    assert stock.effects["dividends"] == pytest.approx(200 * EX.amount)
    assert stock.pnl == pytest.approx(200 * (3 + EX.amount) + 100 * 5)
    assert ex_day(653.0, projected=True).effects["dividends"] == 0


def test_what_expired_and_was_booked_out_stands_with_the_expiring():
    book, _ = day()
    starts = {EXPIRING: StartLeg(2.5, 650.0), "SPY": StartLeg(650.0, 650.0)}
    found = attribute(book, starts, start=START, end=NOW, fills=(Fill(EXPIRING, 3.0, 0.0),))
    (gone,) = found.expiring
    assert gone.pnl == found.expiring_pnl == pytest.approx(3 * 100 * 2.5)
    assert found.trades == 0
    assert found.pnl == pytest.approx(sum(found.effects.values()) + found.expiring_pnl)


def test_fills_that_could_not_be_had_raise_an_alarm():
    book, plain = day()
    starts = {leg.symbol: StartLeg(leg.mark.mid, leg.spot) for leg in book.legs}
    found = attribute(book, starts, start=START, end=NOW, fills=None)
    assert any("Fills since the last close are not known" in alarm for alarm in found.alarms)
    assert not any("Fills" in alarm for alarm in plain.alarms)


def test_the_change_of_the_liquidation_gap_is_a_line_of_its_own():
    book, _ = day()
    wide = {CALL: quote(19.0, 21.0), PUT: quote(14.9, 15.1), "SPY": quote(653, 653)}
    book = build_book(inputs([leg.holding for leg in book.legs], quotes=wide, underlyings=book.underlyings))
    starts = {leg.symbol: StartLeg(leg.mark.mid, leg.spot) for leg in book.legs}
    found = attribute(book, starts, start=START, end=NOW, start_gap_usd=100.0)
    assert found.gap_change_usd == pytest.approx(3 * 100 * 1.0 + 5 * 100 * 0.1 - 100)
    assert attribute(book, starts, start=START, end=NOW).gap_change_usd is None


def test_a_move_of_rates_is_rhos():
    book, _ = day()
    contract = option(CALL).contract
    then = american.price(
        is_call=True, spot=653.0, strike=660.0, expiry_years=contract.expiry_years(START), rate=0.03, vol=0.175
    )
    starts = {CALL: StartLeg(float(then), 653.0, rate=0.03)}
    found = attribute(book, starts, start=START, end=NOW)
    row = next(one for one in found.legs if one.symbol == CALL)
    assert row.effects["rho"] > 50
    assert row.effects["rho"] == pytest.approx(row.steps["rate"], rel=0.03)
    assert abs(row.effects["vega"]) < 1.0


@given(
    held=st.tuples(st.integers(-5, 5), st.integers(-5, 5), st.integers(-300, 300), st.integers(-4, 4)),
    trades=st.lists(
        st.tuples(st.sampled_from([CALL, PUT, "SPY", EXPIRING]), st.integers(-5, 5), st.floats(0.5, 30.0)), max_size=5
    ),
    spot1=st.floats(632.0, 668.0),
    dividend=st.sampled_from([0.0, 1.9]),
)
@settings(max_examples=25, deadline=None)
def test_the_days_pnl_is_the_change_of_the_accounts_worth(held, trades, spot1, dividend):
    """An account kept by hand: cash and positions at the start, fills, dividends, worth at the end."""
    symbols = (CALL, PUT, "SPY", EXPIRING)
    size = {CALL: 100, PUT: 100, "SPY": 1, EXPIRING: 100}
    before = {CALL: worth(CALL, 650, 0.18, START), PUT: worth(PUT, 650, 0.18, START), "SPY": 650.0, EXPIRING: 4.0}
    after = {CALL: worth(CALL, spot1, 0.2, NOW), PUT: worth(PUT, spot1, 0.2, NOW), "SPY": spot1, EXPIRING: 3.0}
    position, cash = dict(zip(symbols, map(float, held), strict=True)), 0.0
    worth_before = sum(position[name] * size[name] * before[name] for name in symbols)
    cash += position["SPY"] * dividend
    for name, quantity, price in trades:
        position[name] += quantity
        cash -= quantity * size[name] * price
    worth_after = cash + sum(position[name] * size[name] * after[name] for name in symbols)
    legs = [shares("SPY", size) if name == "SPY" else option(name, size) for name, size in position.items() if size]
    paid = (replace(EX, amount=dividend),) if dividend else ()
    quotes = {name: quote(price, price) for name, price in after.items()}
    book = build_book(inputs(legs, quotes=quotes, underlyings={"SPY": state("SPY", spot1, dividends=paid)}))
    starts = {name: StartLeg(before[name], 650.0) for name in symbols}
    fills = [Fill(name, float(quantity), price) for name, quantity, price in trades if quantity]
    found = attribute(book, starts, start=START, end=NOW, fills=fills)
    assert found.missing == ()
    assert found.pnl == pytest.approx(worth_after - worth_before, abs=1e-6)
    assert found.pnl == pytest.approx(sum(found.effects.values()) + found.trades + found.expiring_pnl, abs=1e-6)
    assert found.pnl == pytest.approx(sum(found.steps.values()) + found.trades + found.expiring_pnl, abs=1e-6)

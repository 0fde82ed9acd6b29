from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from lox_core.clock import NEW_YORK
from lox_core.portfolio.positions import Dividend, Quote
from lox_core.workbench.underlyings import Known, closes_by_symbol, day_start, spot_of, state_of

OPEN = datetime(2026, 11, 20, 11, 0, tzinfo=NEW_YORK)
SATURDAY = datetime(2026, 11, 21, 11, 0, tzinfo=NEW_YORK)
CLOSES = {date(2026, 11, 18): 98.0, date(2026, 11, 19): 99.0, date(2026, 11, 20): 101.0}


def state(quote, as_of=OPEN, *, market_open=True, closes=CLOSES, until=None, **more):
    return state_of(Known("XYZ", quote, closes, {}, **more), as_of=as_of, market_open=market_open, until=until)


@pytest.mark.parametrize(
    ("instant", "session"),
    [
        (OPEN, date(2026, 11, 19)),
        (OPEN.replace(hour=9, minute=30), date(2026, 11, 19)),
        (OPEN.replace(hour=9, minute=0), date(2026, 11, 18)),
        (OPEN.replace(hour=20), date(2026, 11, 19)),
        (SATURDAY, date(2026, 11, 19)),
        (datetime(2026, 11, 23, 8, 0, tzinfo=NEW_YORK), date(2026, 11, 19)),
        (datetime(2026, 11, 23, 10, 0, tzinfo=NEW_YORK), date(2026, 11, 20)),
        (datetime(2026, 11, 27, 12, 0, tzinfo=NEW_YORK), date(2026, 11, 25)),
    ],
)
def test_the_day_starts_at_the_close_before_the_session_looked_at(instant, session):
    assert day_start(instant).session == session


@pytest.mark.parametrize(
    ("quote", "price"),
    [
        (Quote(99.99, 100.01, OPEN), 100.0),
        (Quote(90.0, 110.0, OPEN, last=101.0, last_at=OPEN), 101.0),
        (Quote(90.0, 110.0, OPEN), 100.0),
        (Quote(None, 110.0, OPEN, last=101.0, last_at=OPEN), 101.0),
        (Quote(None, 110.0, OPEN), None),
        (Quote(), None),
    ],
)
def test_a_price_is_the_mid_of_a_close_quote_else_the_last_trade(quote, price):
    assert spot_of(quote)[0] == price


def test_in_a_closed_market_the_close_is_the_price():
    late = Quote(104.9, 105.1, SATURDAY)
    found = state(late, SATURDAY, market_open=False)
    assert (found.spot, found.spot_at.hour, found.previous_close) == (101.0, 16, 99.0)
    assert state(late, SATURDAY, market_open=False, closes={}).spot == pytest.approx(105.0)


def test_the_day_starts_from_bars_else_from_the_quotes_previous_close():
    assert state(Quote(100, 100.1, OPEN, previous_close=98.5)).previous_close == 99.0
    assert state(Quote(100, 100.1, OPEN, previous_close=98.5), closes={}).previous_close == 98.5


def test_without_a_price_there_is_a_reason():
    assert state(None, problem="The feed is down.").problem == "The feed is down."
    assert state(None).problem
    assert state(Quote(100, 100.1, OPEN), problem="not the quote's").problem is None


def test_dividends_matter_up_to_the_last_expiry():
    known = [Dividend(date(2026, 12, 18), 1.0), Dividend(date(2027, 3, 18), 1.0)]
    found = state(None, dividends=tuple(known), until=date(2027, 1, 15))
    assert [one.ex_date for one in found.dividends] == [date(2026, 12, 18)]
    assert state(None, dividends=tuple(known)).dividends == ()


def test_the_running_sessions_bar_is_no_close():
    bars = [("A", date(2026, 11, 19), 1.0), ("A", date(2026, 11, 20), 2.0)]
    assert closes_by_symbol(bars, OPEN) == {"A": {date(2026, 11, 19): 1.0}}
    assert len(closes_by_symbol(bars, OPEN + timedelta(hours=6))["A"]) == 2

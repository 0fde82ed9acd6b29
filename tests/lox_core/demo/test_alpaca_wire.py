"""The simulated account through the ordinary client: it adds up, and its past never changes."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from pydantic import SecretStr

from lox_core.demo.book import ledger
from lox_core.demo.transport import DEMO_DATA_URL, DEMO_TRADING_URL, build
from lox_core.options.contract import is_occ, parse_occ
from lox_core.portfolio.marking import WIDE_OPTION, is_wide
from lox_core.providers.alpaca import Broker
from tests.lox_core.demo.conftest import Desk

INSIDE, CLOSED, HOLIDAY = "2026-11-20T15:00:00-05:00", "2026-11-20T18:00:00-05:00", "2026-11-26T12:00:00-05:00"
NEW_YEAR = "2027-01-04T11:00:00-05:00"


def account_at(text: str) -> tuple[Broker, datetime]:
    now = datetime.fromisoformat(text)
    key = SecretStr("simulated")
    made = Broker(
        key, key, trading_url=DEMO_TRADING_URL, data_url=DEMO_DATA_URL, now=lambda: now, adapter=build(lambda: now)
    )
    return made, now


def size(symbol: str) -> int:
    return 100 if is_occ(symbol) else 1


@pytest.mark.parametrize("at", [INSIDE, CLOSED, HOLIDAY, NEW_YEAR])
def test_equity_is_cash_and_positions_and_the_history_ends_with_it(at):
    broker, _ = account_at(at)
    account, positions = broker.account(), broker.positions()
    assert positions.skipped == ()
    worth = sum(row.quantity * size(row.symbol) * (row.current_price or 0.0) for row in positions.rows)
    unpriced = [row for row in positions.rows if row.current_price is None]
    assert account.equity == pytest.approx(account.cash + worth, abs=200)
    assert len(unpriced) <= 2
    history = broker.portfolio_history()
    assert history.skipped == ()
    assert history.rows[-1].equity == pytest.approx(account.equity, abs=0.02)


def test_it_holds_one_of_everything():
    broker, now = account_at(INSIDE)
    symbols = {row.symbol for row in broker.positions().rows}
    contracts = [parse_occ(one) for one in symbols if is_occ(one)]
    assert {"SPY", "AAPL"} <= symbols
    assert any(one.adjusted for one in contracts)
    assert any(one.expiry == now.date() for one in contracts)
    assert len({one.expiry for one in contracts if one.underlying == "QQQ"}) == 2
    assert sum(one.underlying == "SPY" and one.expiry > now.date() for one in contracts) == 4
    quotes = broker.option_quotes([one for one in symbols if is_occ(one)])
    assert quotes.skipped == ()
    assert any(row.bid == 0 and row.ask and row.vol is None for row in quotes.rows)
    assert any(is_wide(row.bid, row.ask, WIDE_OPTION) for row in quotes.rows if row.bid)
    orders = broker.open_orders()
    assert any(len(order.legs) == 2 for order in orders.rows)


def test_what_was_answered_of_the_past_stays_so():
    early, _ = account_at("2026-09-15T18:00:00-04:00")
    late, _ = account_at(NEW_YEAR)
    before = {row.day: row.equity for row in early.portfolio_history().rows}
    after = {row.day: row.equity for row in late.portfolio_history().rows}
    shared = before.keys() & after.keys()
    assert len(shared) > 150
    assert all(before[day] == after[day] for day in shared)
    since = date(2026, 7, 1)
    old = {row.id: row for row in early.activities(since).rows}
    new = {row.id: row for row in late.activities(since).rows}
    assert len(old) > 50
    assert all(new[name] == row for name, row in old.items())


def test_no_day_jumps():
    broker, _ = account_at(NEW_YEAR)
    equity = np.array([row.equity for row in broker.portfolio_history().rows])
    flows = sum(
        abs(row.net_amount or 0) for row in broker.activities(date(2026, 1, 1)).rows if row.kind in ("CSD", "CSW")
    )
    moves = np.abs(np.diff(equity) / equity[:-1])
    assert moves.max() < 0.04 + flows / equity.min()
    assert np.median(moves) < 0.01


def test_the_same_question_at_the_same_instant_has_the_same_bytes(desk: Desk):
    address = f"{DEMO_TRADING_URL}/v2/positions"
    assert desk.get(address).content == Desk().get(address).content


@pytest.mark.parametrize("at", ["2027-11-01T16:31:00-04:00", "2028-02-29T09:31:00-05:00", "2027-07-04T23:59:00-04:00"])
def test_every_row_of_every_answer_is_read_on_any_day(at):
    broker, now = account_at(at)
    day, shares = now.date(), ["SPY", "QQQ", "TLT", "HYG", "GLD", "AAPL", "NVDA"]
    options = [row.symbol for row in broker.positions().rows if is_occ(row.symbol)]
    answers = (
        broker.positions(),
        broker.open_orders(),
        broker.activities(day - timedelta(days=40)),
        broker.portfolio_history("1M"),
        broker.option_quotes(options),
        broker.option_bars(options, day - timedelta(days=7)),
        broker.stock_quotes(shares),
        broker.stock_bars(shares, day - timedelta(days=40)),
        broker.dividends(shares, day - timedelta(days=200), day + timedelta(days=90)),
    )
    assert [answer.skipped for answer in answers] == [()] * len(answers)
    assert all(answer.rows for answer in answers)


def test_a_whole_chain_is_quoted_with_bids_below_asks():
    broker, now = account_at(INSIDE)
    found = broker.option_chain("NVDA", first=now.date(), last=now.date() + timedelta(days=70))
    assert len(found.rows) > 100
    assert all(row.bid < row.ask for row in found.rows)
    assert {row.feed for row in found.rows} == {"opra"}
    assert all(row.at <= now for row in found.rows)


def test_a_closed_market_quotes_the_last_session():
    broker, _ = account_at(HOLIDAY)
    assert broker.clock().is_open is False
    assert broker.clock().next_close.hour == 13  # the half day after
    quote = broker.stock_quotes(["SPY"]).rows[0]
    assert quote.at.date() == date(2026, 11, 25)
    assert quote.previous_close is not None


def test_dividends_paid_are_those_declared():
    broker, now = account_at(INSIDE)
    declared = broker.dividends(
        ["SPY", "AAPL", "TLT"], now.date() - timedelta(days=370), now.date() + timedelta(days=60)
    )
    paid = [row for row in broker.activities(now.date() - timedelta(days=360)).rows if row.kind == "DIV"]
    amounts = {(row.symbol, row.pay_date): row.amount for row in declared.rows}
    assert len(paid) > 10
    for row in paid:
        assert row.net_amount == pytest.approx(row.quantity * amounts[row.symbol, row.day], abs=0.01)


def test_before_the_account_there_is_nothing():
    broker, _ = account_at("2023-06-01T12:00:00-04:00")
    assert broker.positions().rows == ()
    assert broker.account().equity == 0
    assert all(row.equity is None for row in broker.portfolio_history().rows)


def test_the_ledger_keeps_cash_by_the_day(world):
    book = ledger(world, datetime.fromisoformat(INSIDE))
    days = sorted({deal.at.date() for deal in book.deals})
    assert book.cash() == pytest.approx(book.cash(days[-1]))
    first = book.cash(days[0])
    assert first == pytest.approx(260_000 + sum(deal.cash for deal in book.deals if deal.at.date() == days[0]))


def test_the_days_in_one_pass_are_the_days_one_by_one(world):
    book = ledger(world, datetime.fromisoformat(INSIDE))
    days = [date(2023, 12, 29), *sorted({deal.at.date() for deal in book.deals})[::40], date(2026, 11, 19)]
    passed = list(book.by_day(days))
    assert [day for day, *_ in passed] == days
    for day, cash, held in passed:
        assert cash == book.cash(day)
        assert held == {symbol: quantity for symbol, (quantity, *_) in book.holdings(day).items()}


def test_the_whole_account_costs_little():
    broker, now = account_at("2026-10-14T14:00:00-04:00")  # no other test has seen this day
    began = time.process_time()
    symbols = [row.symbol for row in broker.positions().rows]
    options, year = [one for one in symbols if is_occ(one)], now.date() - timedelta(days=370)
    broker.account(), broker.open_orders(), broker.clock(), broker.portfolio_history(), broker.activities(year)
    broker.option_quotes(options), broker.option_bars(options, now.date() - timedelta(days=1))
    broker.stock_quotes(["SPY", "AAPL"]), broker.stock_bars(["SPY", "AAPL"], year)
    for underlying, expiry in {(parse_occ(one).underlying, parse_occ(one).expiry) for one in options}:
        broker.option_chain(underlying, first=expiry, last=expiry)
    assert time.process_time() - began < 1.5


def test_it_reads_only_and_knows_no_other_address(desk: Desk):
    assert desk.session.post(f"{DEMO_TRADING_URL}/v2/orders", json={}).status_code == 405
    assert desk.get(f"{DEMO_TRADING_URL}/v2/watchlists").status_code == 404

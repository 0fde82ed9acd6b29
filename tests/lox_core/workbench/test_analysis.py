from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from lox_core.clock import NEW_YORK, AsOf
from lox_core.journal.records import NavRecord
from lox_core.options.curve import flat
from lox_core.portfolio.book import build_book
from lox_core.portfolio.positions import Account, BookInputs, Holding, Quote, UnderlyingState
from lox_core.providers.alpaca_records import ActivityRow, HistoryRow
from lox_core.workbench.analysis import (
    Starts,
    closed_since,
    equity_by_day,
    external_flows,
    gap_before,
    start_legs,
    studied,
)
from lox_core.workbench.book import Snapshot
from tests.lox_core.portfolio.books import option, quote
from tests.lox_core.workbench.desk import demo_bench

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=NEW_YORK)
CALL = "SPY261218C00660000"


def book(*holdings: Holding, as_of=NOW, market_open=True, equity=None):
    return build_book(
        BookInputs(
            as_of,
            Account("…0001", equity=equity, cash=1000.0),
            holdings,
            market_open,
            quotes={CALL: quote(9.9, 10.1, as_of), "SPY": quote(659.9, 660.1, as_of)},
            underlyings={"SPY": UnderlyingState("SPY", 660.0, as_of, previous_close=655.0)},
        )
    )


def shares(quantity=100.0, **more) -> Holding:
    return Holding("SPY", quantity, "share", "SPY", **more)


@pytest.mark.parametrize(
    ("closes", "previous", "last_day", "as_of", "price"),
    [
        ({CALL: {date(2026, 11, 19): 8.0}}, 7.0, 6.0, NOW, 8.0),
        ({CALL: {date(2026, 11, 18): 8.0}}, 7.0, 6.0, NOW, 7.0),
        ({}, 7.0, 6.0, NOW, 7.0),
        ({}, None, 6.0, NOW, 6.0),
        ({}, None, None, NOW, None),
        ({}, 7.0, 6.0, NOW.replace(hour=8), None),
        ({}, 7.0, 6.0, NOW + timedelta(days=1), None),
        ({CALL: {date(2026, 11, 19): 8.0}}, 7.0, 6.0, NOW + timedelta(days=1), 8.0),
    ],
)
def test_a_contract_starts_at_its_bar_else_at_what_then_is_the_previous_close(closes, previous, last_day, as_of, price):
    held = replace(option(CALL), last_day_price=last_day)
    found = start_legs(book(held, as_of=as_of), Starts(closes, {CALL: Quote(previous_close=previous)}))
    assert found[CALL].price == price
    assert found[CALL].spot == 655.0


def test_shares_start_at_their_underlyings_close():
    assert start_legs(book(shares()), Starts())["SPY"].price == 655.0


def fill(quantity, price, at, symbol="SPY") -> ActivityRow:
    return ActivityRow(f"f{quantity}{at}", "FILL", at, at.date(), symbol, quantity=quantity, price=price)


def study(snapshot_book, **rows) -> Snapshot:
    taken = Snapshot("…0001", NOW, book=snapshot_book, **rows)
    return studied(taken, start_legs(snapshot_book, Starts()))


def test_the_days_pnl_is_by_position_and_in_all():
    found = study(book(shares()))
    assert found.day_pnl == {"SPY": pytest.approx(500.0)}
    assert found.day_pnl_usd == pytest.approx(500.0)


def test_only_fills_since_the_last_close_are_the_days():
    old, new = fill(40.0, 600.0, NOW - timedelta(days=2)), fill(60.0, 658.0, NOW - timedelta(hours=1))
    found = study(book(shares()), fills=(new, old))
    assert found.day_pnl["SPY"] == pytest.approx(40 * 5.0 + 60 * 2.0)


def test_what_was_delivered_or_expired_since_counts_as_what_it_moved():
    today = NOW.date()
    delivered = ActivityRow("d", "OPTRD", None, today, "SPY", quantity=100.0, price=650.0)
    assigned = ActivityRow("a", "OPASN", None, today, "SPY261120P00650000", quantity=1.0)
    yesterday = ActivityRow("e", "OPEXP", None, today - timedelta(days=1), "SPY261119P00650000", quantity=1.0)
    held = book(shares())
    taken = Snapshot("…0001", NOW, book=held, activities=(delivered, assigned, yesterday))
    starts = start_legs(held, Starts())
    found = studied(taken, starts)
    assert found.day_pnl["SPY"] == pytest.approx(100 * 10.0)
    assert found.day_pnl["SPY261120P00650000"] is None
    assert "SPY261119P00650000" not in found.day_pnl


def test_a_part_that_was_assigned_early_counts_and_what_is_over_but_listed_does_not():
    today = NOW.date()
    held = book(replace(option(CALL), quantity=-3.0))
    part = ActivityRow("a", "OPASN", None, today, CALL, quantity=2.0)
    starts = start_legs(held, Starts({CALL: {date(2026, 11, 19): 8.0}}))
    found = studied(Snapshot("…0001", NOW, book=held, activities=(part,)), starts)
    assert found.day_pnl[CALL] == pytest.approx(-3 * 100 * (10.0 - 8.0) + 2 * 100 * 8.0)
    ended = replace(part, symbol="SPY261119C00640000")
    assert closed_since(Snapshot("…0001", NOW, activities=(ended,)), ["SPY261119C00640000"], NOW) == ()


def test_what_was_closed_since_starts_at_its_close():
    sold = fill(-2.0, 9.0, NOW - timedelta(hours=1), CALL)
    taken = Snapshot("…0001", NOW, book=book(), fills=(sold,))
    assert closed_since(taken, [], NOW) == (CALL,)
    assert closed_since(taken, [CALL], NOW) == ()
    starts = start_legs(taken.book, Starts({CALL: {date(2026, 11, 19): 8.0}}, closed=(CALL, "SPY")))
    assert starts["SPY"].price == 655.0
    assert studied(taken, starts).day_pnl == {CALL: pytest.approx(2 * 100 * (9.0 - 8.0))}


def test_rates_start_where_they_stood():
    held = book(option(CALL))
    assert start_legs(held, Starts(curve=flat(0.031)))[CALL].rate == pytest.approx(0.031)
    assert start_legs(held, Starts())[CALL].rate is None


def test_without_activities_an_alarm_says_that_fills_are_not_known():
    taken = Snapshot("…0001", NOW, book=book(shares()), gaps={"activities": "Alpaca did not answer."})
    assert "Fills since the last close" in studied(taken, start_legs(taken.book, Starts())).attribution.alarms[0]


def test_the_gap_before_is_the_journals_of_that_session_and_only_when_whole():
    def kept(day: int, coverage: float) -> NavRecord:
        money = {"equity": 100.0, "cash": 1.0, "nav_mid": 100.0, "nav_liquidation": 97.0, "coverage": coverage}
        return NavRecord("…0001", "live", date(2026, 11, day), details={}, as_of=NOW, created_at=NOW, **money)

    assert gap_before([kept(18, 1.0), kept(19, 1.0)], NOW) == pytest.approx(3.0)
    assert gap_before([kept(19, 0.9)], NOW) is None
    assert gap_before([kept(18, 1.0)], NOW) is None


def test_equity_is_the_brokers_over_the_journals_and_the_presents_last():
    history = [HistoryRow(date(2026, 11, 18), NOW, 10.0, None), HistoryRow(date(2026, 11, 17), NOW, None, None)]
    kept = [(date(2026, 11, 16), 8.0), (date(2026, 11, 18), 9.0)]
    found = equity_by_day(history, kept, book(equity=12.0))
    assert found == [(date(2026, 11, 16), 8.0), (date(2026, 11, 18), 10.0), (date(2026, 11, 20), 12.0)]


def test_external_flows_are_deposits_and_withdrawals_and_none_counts_twice():
    rows = [
        ActivityRow("1", "CSD", None, date(2026, 11, 10), net_amount=100.0),
        ActivityRow("2", "CSW", None, date(2026, 11, 12), net_amount=-50.0),
        ActivityRow("3", "DIV", None, date(2026, 11, 13), net_amount=3.0),
        ActivityRow("4", "OPTRD", None, date(2026, 11, 13), "SPY", net_amount=-65000.0),
    ]
    kept = [(date(2026, 10, 1), 70.0), (date(2026, 11, 10), 100.0)]
    assert external_flows(rows, kept) == [
        (date(2026, 10, 1), 70.0),
        (date(2026, 11, 10), 100.0),
        (date(2026, 11, 12), -50.0),
    ]


def test_too_little_equity_is_a_gap_in_words():
    held = book(shares())
    found = studied(Snapshot("…0001", NOW, book=held), {}, equity=[(date(2026, 11, 20), 5.0)])
    assert found.performance is None
    assert "two days" in found.gaps["performance"]


def test_without_a_book_nothing_follows():
    taken = Snapshot("…0001", NOW, problem="down")
    assert studied(taken, {}) is taken


def test_the_demos_day_adds_up():
    found = demo_bench().book(AsOf(datetime(2026, 11, 20, 15, 30, tzinfo=NEW_YORK), "now"))
    made = found.attribution
    known = [value for value in found.day_pnl.values() if value is not None]
    assert found.day_pnl_usd == pytest.approx(sum(known))
    assert made.pnl == pytest.approx(sum(made.effects.values()) + made.expiring_pnl + made.trades)
    assert made.residual_share < 0.05
    assert found.performance.twr is not None
    assert found.expiry
    assert found.alerts

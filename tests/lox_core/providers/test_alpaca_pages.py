"""Questions of many calls: batches, pages and feeds, each with a reason for what is missing of the whole."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests

from lox_core.errors import AuthError, ProviderError, Unavailable
from lox_core.market.budget import ALPACA_BUDGET, BudgetGate
from lox_core.providers import alpaca_pages as pages
from tests.lox_core.providers.brokers import NOW, broker, query, snapshot
from tests.lox_core.providers.scripted import Answer, FakeTime

PUT = "SPY261218P00660000"
CHAIN = {"first": date(2026, 12, 1), "last": date(2026, 12, 31)}


def test_the_feed_the_plan_covers_is_found_once_and_named():
    def script(request: requests.PreparedRequest) -> Answer:
        if query(request)["feed"] in ("opra", "sip"):
            return Answer({"message": "OPRA agreement is not signed"}, 403)
        if "stocks" in request.url:
            return Answer({"SPY": snapshot()})
        return Answer({"snapshots": {PUT: snapshot()}, "next_page_token": None})

    made, adapter, _ = broker(script)
    assert made.option_quotes([PUT]).rows[0].feed == "indicative"
    assert made.stock_quotes(["SPY"]).rows[0].feed == "iex"
    made.option_quotes([PUT])
    asked = [query(request)["feed"] for request in adapter.requests]
    assert asked == ["opra", "indicative", "sip", "iex", "indicative"]
    assert made.feeds == {"options": "indicative", "stocks": "iex"}


def test_a_rejected_key_is_no_question_of_the_feed():
    made, adapter, _ = broker(Answer({"message": "forbidden."}, 403))
    with pytest.raises(AuthError, match="rejected the key"):
        made.option_quotes([PUT])
    assert len(adapter.requests) == 1


@pytest.mark.parametrize("token", ["again", ""])
def test_pages_end_when_a_token_comes_again_or_is_empty(token):
    made, adapter, _ = broker(Answer({"snapshots": {PUT: snapshot()}, "next_page_token": token}))
    made.option_chain("SPY", **CHAIN)
    assert len(adapter.requests) == (2 if token else 1)


def test_many_contracts_are_asked_in_batches():
    symbols = [f"SPY261218P{strike:05d}000" for strike in range(400, 630)]
    made, adapter, _ = broker(Answer({"snapshots": {}, "next_page_token": None}))
    assert len(made.option_quotes(symbols).skipped) == 230
    assert [len(query(request)["symbols"].split(",")) for request in adapter.requests] == [100, 100, 30]


def refusing(*refused: str, of: str = "invalid symbol") -> Any:
    """A script that refuses any call which names one of ``refused``."""

    def script(request: requests.PreparedRequest) -> Answer:
        named = query(request)["symbols"].split(",")
        if set(refused) & set(named):
            return Answer({"message": f"{of}: {refused[0]}"}, 400)
        return Answer({symbol: snapshot() for symbol in named})

    return script


def test_one_symbol_alpaca_refuses_costs_no_other():
    symbols = [f"S{place:03d}" for place in range(130)]
    made, adapter, _ = broker(refusing("S007", "S101"))
    found = made.stock_quotes(symbols)
    assert len(found.rows) == 128
    assert {reason.split(":")[0] for reason in found.skipped} == {"S007", "S101"}
    assert all("refused the request" in reason for reason in found.skipped)
    assert len(adapter.requests) < 40


def test_a_refusal_of_everything_is_an_error_after_a_few_calls():
    symbols = [f"S{place:03d}" for place in range(64)]
    made, adapter, _ = broker(refusing(*symbols, of="invalid feed"))
    with pytest.raises(ProviderError, match="refused the request"):
        made.stock_quotes(symbols)
    assert len(adapter.requests) < 3 * pages.REFUSALS_MAX


def test_a_batch_that_fails_costs_its_own_symbols_only():
    symbols = [f"S{place:03d}" for place in range(150)]

    def script(request: requests.PreparedRequest) -> Answer:
        named = query(request)["symbols"].split(",")
        return Answer("down", 500) if "S149" in named else Answer({symbol: snapshot() for symbol in named})

    found = broker(script)[0].stock_quotes(symbols)
    assert len(found.rows) == 100
    assert len(found.skipped) == 50
    assert all("having trouble" in reason for reason in found.skipped)


def test_a_first_batch_that_fails_is_an_error():
    with pytest.raises(Unavailable, match="having trouble"):
        broker(Answer("down", 500))[0].stock_quotes(["SPY"])


def chain_of(*tokens: str | None) -> list[Answer]:
    found = [{f"SPY261218P00{600 + place}000": snapshot()} for place in range(len(tokens))]
    return [Answer({"snapshots": one, "next_page_token": token}) for one, token in zip(found, tokens, strict=True)]


def test_pages_that_go_round_in_circles_are_told():
    made, adapter, _ = broker(*chain_of("a", "b", "a", "b"))
    found = made.option_chain("SPY", **CHAIN)
    assert len(adapter.requests) == 3
    assert len(found.rows) == 3
    assert found.skipped == (pages.CIRCLES,)


def test_a_page_that_fails_leaves_those_before_it():
    made, _, _ = broker(*chain_of("a"), Answer("down", 500))
    found = made.option_chain("SPY", **CHAIN)
    assert len(found.rows) == 1
    assert "rows are missing: Alpaca is having trouble" in found.skipped[0]


def test_pages_without_end_are_left_and_told():
    def script(request: requests.PreparedRequest) -> Answer:
        page = int(query(request).get("page_token", "0"))
        return Answer({"bars": {"SPY": [{"t": "2026-07-01T04:00:00Z", "c": 1.5}]}, "next_page_token": str(page + 1)})

    made, adapter, _ = broker(script)
    found = made.stock_bars(["SPY"], date(2026, 7, 1))
    assert len(adapter.requests) == pages.PAGES_MAX
    assert found.skipped == (pages.ENDLESS,)


def test_slow_pages_end_in_time_with_a_reason():
    def script(request: requests.PreparedRequest) -> Answer:
        clock.seconds += 5
        return Answer({"snapshots": {PUT: snapshot()}, "next_page_token": str(clock.seconds)})

    made, adapter, clock = broker(script)
    found = made.option_chain("SPY", **CHAIN)
    assert len(adapter.requests) == 5
    assert found.skipped == (pages.LATE,)


def test_slow_batches_end_in_time_and_name_whom_they_left_out():
    def script(request: requests.PreparedRequest) -> Answer:
        clock.seconds += 7
        return Answer({symbol: snapshot() for symbol in query(request)["symbols"].split(",")})

    made, _, clock = broker(script)
    found = made.stock_quotes([f"S{place:03d}" for place in range(350)])
    assert len(found.rows) == 300
    assert len(found.skipped) == 50
    assert all(reason.endswith(pages.LATE) for reason in found.skipped)


def test_activities_that_repeat_a_page_are_told():
    row = {"activity_type": "FILL", "transaction_time": "2026-11-19T15:00:00Z", "price": "1", "qty": "1"}
    full = [{**row, "id": f"{place:03d}"} for place in range(100)]
    made, adapter, _ = broker(Answer(full))
    found = made.activities(date(2026, 11, 1))
    assert len(adapter.requests) == 2
    assert len(found.rows) == 100
    assert found.skipped == (pages.CIRCLES,)


def test_more_orders_than_one_call_gives_are_told():
    row = {"symbol": "SPY", "side": "buy", "qty": "1"}
    found = broker(Answer([{**row, "id": str(place)} for place in range(500)]))[0].open_orders()
    assert len(found.rows) == 500
    assert found.skipped == ("only the newest 500 orders were read",)


def test_a_feed_the_plan_lost_gives_way_to_the_free_one():
    covered = {"opra", "indicative"}

    def script(request: requests.PreparedRequest) -> Answer:
        if query(request)["feed"] not in covered:
            return Answer({"message": "OPRA agreement is not signed"}, 403)
        return Answer({"snapshots": {PUT: snapshot()}, "next_page_token": None})

    made, _, _ = broker(script)
    assert made.option_quotes([PUT]).rows[0].feed == "opra"
    covered.discard("opra")
    assert made.option_quotes([PUT]).rows[0].feed == "indicative"
    covered.clear()
    with pytest.raises(AuthError, match="plan does not cover"):
        made.option_quotes([PUT])


def test_a_feed_the_plan_does_not_cover_is_no_error_on_the_status_page():
    def script(request: requests.PreparedRequest) -> Answer:
        if query(request)["feed"] == "opra":
            return Answer({"message": "OPRA agreement is not signed"}, 403)
        return Answer({"snapshots": {PUT: snapshot()}, "next_page_token": None})

    gate = BudgetGate("Alpaca", ALPACA_BUDGET, now=lambda: NOW, monotonic=FakeTime().monotonic)
    broker(script, gate=gate)[0].option_quotes([PUT])
    state = gate.state()
    assert (state.last_error, state.key_rejected, state.breaker) == (None, False, "closed")
    assert state.last_success == NOW


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (datetime(2026, 11, 20, 20, 0, tzinfo=UTC), "2026-11-19T21:00:00Z"),  # in the session
        (datetime(2026, 11, 20, 21, 10, tzinfo=UTC), "2026-11-19T21:00:00Z"),  # its last prices are not settled
        (datetime(2026, 11, 20, 21, 17, tzinfo=UTC), "2026-11-20T21:00:00Z"),
        (datetime(2026, 11, 28, 12, 0, tzinfo=UTC), "2026-11-27T18:00:00Z"),  # after a half day
    ],
)
def test_closes_are_asked_up_to_the_last_settled_one_so_that_no_plan_is_needed(now, end, monkeypatch):
    made, adapter, _ = broker(Answer({"bars": {}, "next_page_token": None}))
    monkeypatch.setattr(made, "_now", lambda: now)
    made.stock_bars(["SPY"], date(2026, 7, 1))
    made.option_bars([PUT], date(2026, 7, 1))
    assert [query(request)["end"] for request in adapter.requests] == [end, end]
    assert query(adapter.requests[0])["feed"] == "sip"
    assert "feed" not in query(adapter.requests[1])

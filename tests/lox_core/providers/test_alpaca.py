"""The broker's client against replies of Alpaca's shape, invented values: tolerant of rows, strict in words."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.errors import AuthError, LoxError, ProviderError, RateLimited, SchemaError, SeriesNotFound, Unavailable
from lox_core.market.budget import ALPACA_BUDGET, BudgetGate
from lox_core.providers import alpaca_models as models
from lox_core.providers import alpaca_wire as wire
from tests.conftest import ROOT, SHARED
from tests.lox_core.providers.brokers import KEY, NOW, SECRET, broker, query, snapshot
from tests.lox_core.providers.scripted import Answer, FakeTime

LONG = {"symbol": "SPY", "qty": "120", "side": "long", "asset_class": "us_equity", "market_value": "79000.5"}
SHORT = {
    "symbol": "SPY261218P00660000",
    "qty": "2",
    "side": "short",
    "asset_class": "us_option",
    "market_value": "1350",
}


def test_both_halves_of_the_key_go_in_headers_and_nowhere_else():
    made, adapter, _ = broker(Answer([LONG]))
    made.positions()
    (request,) = adapter.requests
    assert request.headers["APCA-API-KEY-ID"] == KEY
    assert request.headers["APCA-API-SECRET-KEY"] == SECRET
    assert request.url == "https://trading.example.invalid/v2/positions"
    assert request.method == "GET"


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Answer({"code": 40110000, "message": "request is not authorized"}, 401), AuthError, "rejected the key"),
        (Answer({"message": "forbidden."}, 403), AuthError, "rejected the key"),
        (Answer({"message": "too many"}, 429), RateLimited, "limiting calls"),
        (Answer("<html>gateway</html>", 504, "text/html"), Unavailable, "having trouble"),
        (Answer("<html>hello</html>", 200, "text/html"), Unavailable, "web page instead of data"),
        (Answer('[{"symbol": "SP', 200), SchemaError, "damaged"),
        (Answer(b"", 200), SchemaError, "empty"),
        (Answer({"rows": []}, 200), SchemaError, "an object where a list"),
        (Answer({"message": "odd"}, 200), SchemaError, "a message instead of data"),
        (Answer({"code": 42210000, "message": "invalid"}, 422), ProviderError, "refused the request"),
        (Answer({"code": 40410000, "message": "none"}, 404), SeriesNotFound, "does not know it"),
        (Answer("moved", 302, headers={"Location": "https://elsewhere.invalid"}), Unavailable, "not followed"),
        (requests.ConnectionError(f"boom {KEY} {SECRET}"), Unavailable, "Alpaca"),
    ],
)
def test_every_failure_is_words_without_key_or_address(answer, error, words):
    made, _, clock = broker(answer)
    with pytest.raises(error, match=words) as caught:
        made.positions()
    told = repr(caught.value) + str(caught.value.__context__) + str(caught.value.__cause__)
    assert not re.search(f"{KEY}|{SECRET}|https?://|APCA", told)
    assert sum(clock.slept) < 8  # never the SDK's three seconds three times over


@pytest.mark.parametrize(
    ("answer", "rejected"),
    [
        (Answer({"code": 40110000, "message": "request is not authorized"}, 401), True),
        (Answer({"message": "forbidden."}, 403), True),
        (Answer({"code": 40310000, "message": "account is not eligible"}, 403), False),
        (Answer('{"message": "subscription does n', 403), False),
        (Answer("<html>blocked</html>", 403, "text/html"), False),
    ],
)
def test_only_a_word_on_the_key_shuts_it_out(answer, rejected):
    gate = BudgetGate("Alpaca", ALPACA_BUDGET, now=lambda: NOW, monotonic=FakeTime().monotonic)
    with pytest.raises((AuthError, Unavailable)):
        broker(answer, gate=gate)[0].account()
    assert gate.state().key_rejected == rejected


def test_a_message_where_quotes_belong_is_no_market_without_quotes():
    with pytest.raises(SchemaError, match="a message instead of data"):
        broker(Answer({"message": "too many requests."}))[0].stock_quotes(["SPY"])


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("err_401.json", 401, AuthError),
        ("err_403_buying_power.json", 403, AuthError),
        ("err_403_sip.json", 403, AuthError),
        ("err_404_position.json", 404, SeriesNotFound),
        ("err_422.json", 422, ProviderError),
        ("err_429.json", 429, RateLimited),
        ("err_html_504.html", 504, Unavailable),
    ],
)
def test_the_refusals_on_record_are_told_in_words(name, status, error):
    body = (SHARED / "samples" / "alpaca" / name).read_text()
    kind = "text/html" if name.endswith("html") else "application/json"
    with pytest.raises(error) as caught:
        broker(Answer(body, status, kind))[0].stock_quotes(["SPY"])
    assert type(caught.value) is error


def test_a_refusal_that_passes_is_tried_again():
    made, adapter, _ = broker(Answer("busy", 503), Answer([LONG]))
    assert [row.symbol for row in made.positions().rows] == ["SPY"]
    assert len(adapter.requests) == 2


def test_the_vendors_own_reset_time_is_waited_for():
    stated = datetime(2026, 11, 20, 20, 0, 0, tzinfo=UTC)
    headers = {"X-RateLimit-Reset": str(int(stated.timestamp()) + 2), "Date": "Fri, 20 Nov 2026 20:00:00 GMT"}
    made, adapter, clock = broker(Answer({}, 429, headers=headers), Answer([LONG]))
    assert len(made.positions().rows) == 1
    assert len(adapter.requests) == 2
    assert sum(clock.slept) >= 2


def test_positions_are_signed_by_their_side_and_one_bad_row_costs_no_other():
    strange = {"symbol": "BTCUSD", "qty": "0.5", "side": "long", "asset_class": "crypto_new", "market_value": None}
    rows = [LONG, SHORT, strange, None, 7, {"symbol": "QQQ"}, {"qty": "1"}, {"symbol": "IWM", "qty": "NaN"}]
    found = broker(Answer(rows))[0].positions()
    assert {row.symbol: row.quantity for row in found.rows} == {"SPY": 120, SHORT["symbol"]: -2, "BTCUSD": 0.5}
    assert {row.symbol: row.market_value for row in found.rows}[SHORT["symbol"]] == -1350
    assert next(row for row in found.rows if row.symbol == "BTCUSD").asset_class == "crypto_new"
    assert len(found.skipped) == 5
    assert "QQQ: its quantity is missing" in found.skipped


def test_a_row_listed_twice_counts_once_and_two_that_differ_count_not_at_all():
    found = broker(Answer([LONG, dict(LONG), SHORT, SHORT | {"qty": "3"}]))[0].positions()
    assert [row.symbol for row in found.rows] == ["SPY"]
    assert "lists it twice" in found.skipped[0]


def test_a_multi_leg_order_keeps_its_legs():
    leg = {"id": "b", "symbol": SHORT["symbol"], "side": "buy", "qty": "2", "type": "", "order_type": ""}
    parent = {
        "id": "a",
        "symbol": "",
        "side": "",
        "order_class": "mleg",
        "limit_price": "-1.3",
        "qty": "2",
        "legs": [leg, None],
    }
    made, adapter, _ = broker(Answer([parent, {"id": "c"}, {"symbol": "SPY"}]))
    found = made.open_orders()
    assert query(adapter.requests[0])["nested"] == "true"
    assert [(row.id, row.limit_price, [one.symbol for one in row.legs]) for row in found.rows] == [
        ("a", -1.3, [SHORT["symbol"]])
    ]
    assert len(found.skipped) == 3
    assert "a, legs: row 2: it is no object" in found.skipped


def test_activities_are_paged_by_id_and_sales_are_negative():
    def page(first: int, count: int) -> list[dict[str, str]]:
        base = {
            "activity_type": "FILL",
            "transaction_time": "2026-11-19T15:00:00.123456789Z",
            "price": "1",
            "symbol": "SPY",
        }
        return [
            {**base, "id": f"{place:05d}", "qty": "2", "side": "sell_short"} for place in range(first, first + count)
        ]

    made, adapter, _ = broker(Answer(page(0, 100)), Answer(page(100, 7)))
    found = made.activities(date(2026, 11, 1))
    assert len(found.rows) == 107
    assert query(adapter.requests[1])["page_token"] == "00099"
    assert {row.quantity for row in found.rows} == {-2}
    assert found.rows[0].at.microsecond == 123456


def test_unfunded_days_of_the_history_are_missing_and_a_null_costs_nothing():
    document = {
        "timestamp": [1795010400, 1795096800, "x", 1795183200],
        "equity": [0, None, 5, 103529.24],
        "profit_loss": [0, None, 1, 2],
    }
    found = broker(Answer(document))[0].portfolio_history()
    assert [row.equity for row in found.rows] == [None, None, 103529.24]
    assert len(found.skipped) == 1
    assert broker(Answer({}))[0].portfolio_history().skipped == ("portfolio history: its columns are missing",)


def test_quotes_of_contracts_one_by_one():
    symbols = [f"SPY261218P00{strike}000" for strike in range(600, 608)]
    snapshots = {
        symbols[0]: snapshot(greeks={"delta": -0.2, "gamma": None}, impliedVolatility=0.2),
        symbols[1]: snapshot(bid=0),
        symbols[2]: snapshot(bid=0, ask=0),
        symbols[3]: None,
        symbols[4]: 7,
        symbols[5]: snapshot(at="2026-11-20T20:05:00Z"),
        symbols[6]: snapshot(bid=-1, ask="NaN"),
    }
    made, _, _ = broker(Answer({"snapshots": snapshots, "next_page_token": ""}))
    found = made.option_quotes(symbols)
    rows = {row.symbol: row for row in found.rows}
    assert (rows[symbols[0]].bid, rows[symbols[0]].delta, rows[symbols[0]].gamma) == (1.0, -0.2, None)
    assert (rows[symbols[1]].bid, rows[symbols[1]].ask) == (0.0, 1.2)
    assert (rows[symbols[2]].bid, rows[symbols[2]].ask) == (None, None)
    assert rows[symbols[5]].bid is None
    assert "future" in rows[symbols[5]].note
    assert (rows[symbols[6]].bid, rows[symbols[6]].ask) == (None, None)
    assert {reason.split(":")[0] for reason in found.skipped} == {symbols[3], symbols[4], symbols[7]}


def test_a_share_bid_of_zero_is_no_bid():
    found = broker(Answer({"SPY": snapshot(bid=0, latestTrade={"p": 650, "t": "2026-11-20T19:59:00Z"}), "X": None}))[
        0
    ].stock_quotes(["SPY", "X"])
    assert (found.rows[0].bid, found.rows[0].last) == (None, 650)
    assert found.skipped == ("X: the broker has no quote for it",)


def test_the_previous_close_is_of_the_session_before_the_present_day():
    bars = {"dailyBar": {"t": "2026-11-20T05:00:00Z", "c": 10}, "prevDailyBar": {"t": "2026-11-19T05:00:00Z", "c": 9}}
    assert broker(Answer({"SPY": snapshot(**bars)}))[0].stock_quotes(["SPY"]).rows[0].previous_close == 9
    early = {"dailyBar": {"t": "2026-11-19T05:00:00Z", "c": 9}, "prevDailyBar": {"t": "2026-11-18T05:00:00Z", "c": 8}}
    assert broker(Answer({"SPY": snapshot(**early)}))[0].stock_quotes(["SPY"]).rows[0].previous_close == 9


def test_daily_bars_take_new_yorks_day_and_ask_for_adjusted_prices():
    document = {
        "bars": {"SPY": [{"t": "2026-07-01T04:00:00Z", "c": 1.5}, {"t": "x", "c": 1}, {"t": "2026-07-02T04:00:00Z"}]}
    }
    made, adapter, _ = broker(Answer(document))
    found = made.stock_bars(["SPY"], date(2026, 7, 1))
    assert [(row.day, row.close) for row in found.rows] == [(date(2026, 7, 1), 1.5)]
    assert len(found.skipped) == 2
    assert query(adapter.requests[0])["adjustment"] == "all"
    assert query(adapter.requests[0])["start"] == "2026-07-01T00:00:00-04:00"


def test_dividends_without_date_or_amount_are_named():
    good = {"symbol": "SPY", "ex_date": "2026-12-18", "rate": 1.9, "payable_date": "2027-01-29"}
    document = {"corporate_actions": {"cash_dividends": [good, {"symbol": "X"}, good | {"rate": 0}]}}
    found = broker(Answer(document))[0].dividends(["SPY"], date(2026, 1, 1), date(2027, 3, 1))
    assert [(row.ex_date, row.amount) for row in found.rows] == [(date(2026, 12, 18), 1.9)]
    assert len(found.skipped) == 2


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["symbol", "qty", "side", "snapshots", "bars", "latestQuote", "bp", "t", "id", "next_page_token"]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
@settings(max_examples=120, deadline=None)
def test_whatever_comes_is_read_or_refused_in_words(document):
    body = json.dumps(document)
    made, _, _ = broker(Answer(body))
    asked = (made.account, made.positions, made.open_orders, made.portfolio_history, made.clock)
    quoted = (lambda: made.option_quotes(["SPY261218P00660000"]), lambda: made.stock_bars(["SPY"], date(2026, 7, 1)))
    for ask in (*asked, *quoted):
        try:
            answer = ask()
        except LoxError as error:
            answer = error
        assert answer is not None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-11-20T20:59:59.259610112Z", datetime(2026, 11, 20, 20, 59, 59, 259610, tzinfo=UTC)),
        ("2026-11-20T15:00:00-05:00", NOW),
        ("2026-11-20T25:00:00Z", None),
        ("2026-11-20", None),
        (None, None),
        (17, None),
    ],
)
def test_instants(text, wanted):
    assert models.moment(text) == wanted


@pytest.mark.real
def test_the_recorded_samples_are_read_whole():
    samples = SHARED / "samples" / "alpaca"

    def of(name: str) -> Any:
        return json.loads((samples / f"{name}.json").read_text())

    assert wire.account(of("account")).equity == 103820.56
    for name, parse in (("positions", wire.position), ("orders", wire.order)):
        found = wire.read(of(name), parse)
        assert found.rows
        assert not found.skipped
    assert len(wire.history(of("portfolio_history")).rows) == 4
    assert wire.market_clock(of("clock")).is_open is False
    for symbol, one in of("options_snapshots")["snapshots"].items():
        assert wire.option_quote(symbol, one, "opra", NOW + timedelta(days=1)).ask > 0
    assert len(wire.bars(of("stocks_bars")).rows) == 2


def test_importing_the_client_warns_of_nothing():
    code = "import lox_core.providers.alpaca_session as s; s.sdk(); print('quiet')"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "quiet", done.stderr[-400:]


def test_nothing_in_the_library_could_place_an_order():
    words = re.compile(
        r"submit_order|cancel_order|replace_order|close_position|close_all|exercise_options|\.post\(|\.patch\(|MarketOrderRequest"
    )
    sources = [*(ROOT / "lox_core").rglob("*.py"), *(ROOT / "lox_ui").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    assert [path.name for path in sources if words.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_clients_inside_cannot_send_anything_but_questions(method):
    made, adapter, _ = broker(Answer([]))
    with pytest.raises(ProviderError, match="only reads"):
        getattr(made._trading, method)("/orders", {})
    assert adapter.requests == []

"""The FMP client against replies of its shape, invented values."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pandas as pd
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from lox_core.errors import AuthError, LoxError, ProviderError, RateLimited, SchemaError, SeriesNotFound, Unavailable
from lox_core.providers.fmp import FmpClient
from tests.lox_core.providers.scripted import Answer, FakeTime, Scripted

START, END = date(2026, 1, 1), date(2026, 11, 20)
LIMIT = "Limit Reach . Please upgrade your plan or visit our documentation for more details"


def client(*answers: Any, legacy: bool = False) -> tuple[FmpClient, Scripted]:
    clock = FakeTime()
    adapter = Scripted(answers[0] if callable(answers[0]) else list(answers))
    fmp = FmpClient(
        "https://fmp.example.invalid",
        SecretStr("fmp-key-of-the-test"),
        legacy=legacy,
        adapter=adapter,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        jitter=lambda: 0.0,
    )
    return fmp, adapter


def asked(adapter: Scripted, number: int = 0) -> tuple[str, dict[str, str]]:
    parts = urlsplit(adapter.requests[number].url or "")
    return unquote(parts.path), {name: cells[0] for name, cells in parse_qs(parts.query).items()}


def quoted(**changes: Any) -> dict[str, Any]:
    return {
        "symbol": "^VIX",
        "name": "Volatility",
        "price": 22.0,
        "changePercentage": 10.0,
        "change": 2.0,
        "volume": 0,
        "dayLow": 21.0,
        "dayHigh": 23.0,
        "marketCap": None,
        "previousClose": 20.0,
        "timestamp": 1_795_208_401,
    } | changes


def bar(day: str, close: Any = 101.0, **changes: Any) -> dict[str, Any]:
    return {
        "symbol": "SPY",
        "date": day,
        "open": 100.0,
        "high": 102.0,
        "low": 99.0,
        "close": close,
        "volume": 1000,
        "change": 1.0,
    } | changes


def test_a_quote_is_typed_and_its_change_is_in_percent_of_the_previous_close() -> None:
    fmp, adapter = client(Answer([quoted()]))
    quote = fmp.quote("^VIX")
    assert (quote.price, quote.previous_close, quote.day_low, quote.day_high) == (22.0, 20.0, 21.0, 23.0)
    assert quote.change_pct == pytest.approx(10.0)
    assert quote.timestamp == datetime(2026, 11, 20, 21, 0, 1, tzinfo=UTC)
    assert asked(adapter) == ("/stable/quote", {"symbol": "^VIX"})
    assert adapter.requests[0].headers["apikey"] == "fmp-key-of-the-test"


@pytest.mark.parametrize("name", ["changePercentage", "changesPercentage"])
def test_the_stated_change_under_either_name_serves_where_the_previous_close_is_missing(name: str) -> None:
    row = quoted(previousClose=None)
    del row["changePercentage"]
    fmp, _ = client(Answer([row | {name: 1.06125}]))
    assert fmp.quote("^VIX").change_pct == 1.06125


def test_a_change_that_disagrees_with_the_prices_is_not_believed() -> None:
    fmp, _ = client(Answer([quoted(changePercentage=0.1)]))
    assert fmp.quote("^VIX").change_pct == pytest.approx(10.0)


@pytest.mark.parametrize("zero", [0, None])
def test_a_zero_or_missing_previous_close_is_missing(zero: Any) -> None:
    fmp, _ = client(Answer([quoted(previousClose=zero, changePercentage=None)]))
    quote = fmp.quote("^VIX")
    assert quote.previous_close is None
    assert quote.change_pct is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("price", cell) for cell in (0, None, -1.0, True, "1,234", float("nan"))),
        *(("timestamp", cell) for cell in (None, 0, 1e13, True)),
        *(("symbol", "SPY"), ("previousClose", "x"), ("name", 5)),
    ],
)
def test_a_quote_without_what_it_needs_is_an_error(name: str, value: Any) -> None:
    fmp, _ = client(Answer([quoted(**{name: value})]))
    with pytest.raises(SchemaError):
        fmp.quote("^VIX")


@pytest.mark.parametrize("name", ["price", "timestamp", "symbol"])
def test_a_lost_field_of_a_quote_is_named(name: str) -> None:
    row = quoted()
    del row[name]
    fmp, _ = client(Answer([row]))
    with pytest.raises(SchemaError, match=f"'{name}'"):
        fmp.quote("^VIX")


def test_an_unknown_symbol_is_not_found() -> None:
    fmp, _ = client(Answer([]))
    with pytest.raises(SeriesNotFound, match="ZZZZ"):
        fmp.quote("ZZZZ")
    fmp, _ = client(Answer([]))
    with pytest.raises(SeriesNotFound):
        fmp.daily_bars("ZZZZ", start=START, end=END)
    fmp, _ = client(Answer({}), legacy=True)
    with pytest.raises(SeriesNotFound):
        fmp.daily_bars("ZZZZ", start=START, end=END)


def test_the_legacy_quote_has_its_symbol_in_the_path() -> None:
    row = quoted(changesPercentage=9.0, previousClose=None)
    fmp, adapter = client(Answer([row]), legacy=True)
    fmp.quote("^VIX")
    assert asked(adapter)[0] == "/api/v3/quote/^VIX"


def test_bars_come_newest_first_and_leave_oldest_first() -> None:
    fmp, adapter = client(Answer([bar("2026-01-06", 103.0), bar("2026-01-05", 102.0), bar("2026-01-02", 101.0)]))
    bars = fmp.daily_bars("SPY", start=START, end=END)
    assert bars.frame["close"].tolist() == [101.0, 102.0, 103.0]
    assert list(bars.frame.columns) == ["open", "high", "low", "close", "volume"]
    assert bars.frame.index[0] == pd.Timestamp("2026-01-02")
    assert asked(adapter) == (
        "/stable/historical-price-eod/full",
        {"symbol": "SPY", "from": "2026-01-01", "to": "2026-11-20"},
    )


def test_dividend_adjusted_bars_have_their_own_names() -> None:
    row = {"symbol": "SPY", "date": "2026-01-02", "adjOpen": 1, "adjHigh": 3, "adjLow": 0.5, "adjClose": 2, "volume": 9}
    fmp, adapter = client(Answer([row]))
    bars = fmp.daily_bars("SPY", start=START, end=END, adjusted="dividend")
    assert bars.frame.iloc[0].tolist() == [1, 3, 0.5, 2, 9]
    assert asked(adapter)[0] == "/stable/historical-price-eod/dividend-adjusted"


def test_legacy_bars_are_nested_and_their_adjusted_close_scales_the_bar() -> None:
    body = {"symbol": "SPY", "historical": [bar("2026-01-02", 100.0, adjClose=50.0)]}
    fmp, adapter = client(Answer(body), legacy=True)
    assert fmp.daily_bars("SPY", start=START, end=END).frame["close"].tolist() == [100.0]
    fmp, _ = client(Answer(body), legacy=True)
    adjusted = fmp.daily_bars("SPY", start=START, end=END, adjusted="dividend").frame
    assert adjusted.iloc[0].tolist() == [50.0, 51.0, 49.5, 50.0, 1000.0]
    assert asked(adapter)[0] == "/api/v3/historical-price-full/SPY"


def test_a_list_that_was_cut_short_is_continued_backwards() -> None:
    days = [day.date().isoformat() for day in pd.bdate_range("2026-01-02", "2026-11-20")]

    def serve(request: requests.PreparedRequest) -> Answer:
        query = parse_qs(urlsplit(request.url or "").query)
        there = [day for day in days if query["from"][0] <= day <= query["to"][0]]
        return Answer([bar(day) for day in there[::-1][:100]])

    fmp, adapter = client(serve)
    bars = fmp.daily_bars("SPY", start=START, end=END)
    assert len(bars.frame) == len(days)
    assert bars.frame.index.is_monotonic_increasing
    assert len(adapter.requests) == 3


@pytest.mark.parametrize("close", [None, 0, -5, "x", True, float("nan"), 1e400])
def test_a_bar_without_a_positive_close_is_left_out(close: Any) -> None:
    rows = [bar("2026-01-06"), bar("2026-01-05"), bar("2026-01-02", close)]
    fmp, _ = client(Answer(json.dumps(rows)))
    assert fmp.daily_bars("SPY", start=date(2026, 1, 2), end=END).frame["close"].tolist() == [101.0, 101.0]


def test_doubled_and_unsorted_bars_are_sorted_and_single_in_any_order() -> None:
    rows = [bar("2026-01-05", 7.0), bar("2026-01-06", 8.0), bar("2026-01-05", 6.0), bar("2026-01-02", 5.0)]
    for order in (rows, rows[::-1]):
        fmp, _ = client(Answer(order))
        assert fmp.daily_bars("SPY", start=START, end=END).frame["close"].tolist() == [5.0, 7.0, 8.0]


@pytest.mark.parametrize("name", ["date", "close", "open"])
def test_a_field_that_every_bar_lost_is_named(name: str) -> None:
    rows = [{key: cell for key, cell in bar("2026-01-05").items() if key != name}]
    fmp, _ = client(Answer(rows))
    with pytest.raises(SchemaError, match=f"lost the field '{name}'"):
        fmp.daily_bars("SPY", start=START, end=END)


def test_bars_of_another_symbol_are_an_error() -> None:
    fmp, _ = client(Answer([bar("2026-01-05", symbol="QQQ")]))
    with pytest.raises(SchemaError, match="another symbol"):
        fmp.daily_bars("SPY", start=START, end=END)


def test_the_treasury_curve_keeps_missing_tenors_missing() -> None:
    rows = [
        {"date": "2026-11-20", "month1": 3.5, "month2": None, "year10": 4.25, "year30": 4.75},
        {"date": "2026-11-19", "month1": 3.4, "month2": None, "year10": 4.15, "year30": 4.65},
    ]
    fmp, adapter = client(Answer(rows))
    frame = fmp.treasury(start=START, end=END).frame
    assert frame["year10"].tolist() == [4.15, 4.25]
    assert np.isnan(frame["month2"]).all()
    assert asked(adapter)[0] == "/stable/treasury-rates"
    fmp, adapter = client(Answer(rows), legacy=True)
    fmp.treasury(start=START, end=END)
    assert asked(adapter)[0] == "/api/v4/treasury"


def test_a_curve_without_any_tenor_is_an_error() -> None:
    fmp, _ = client(Answer([{"date": "2026-11-20", "tenYear": 4.0}]))
    with pytest.raises(SchemaError, match="lost the field"):
        fmp.treasury(start=START, end=END)


PAYWALL = (
    "Premium Query Parameter: 'Special Endpoint : This value set for 'symbol' is not available; upgrade your plan'"
)
LEGACY = "Legacy Endpoint : Due to Legacy endpoints being no longer supported - upgrade your plan"


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, {"Error Message": "Invalid API KEY. Feel free to create a Free API Key"}, AuthError, "as invalid"),
        (402, PAYWALL, AuthError, "does not cover"),
        (402, "Restricted Endpoint: not available under your subscription, upgrade your plan", AuthError, "not cover"),
        (402, "Exclusive Endpoint : ...", AuthError, "does not cover"),
        (403, {"Error Message": LEGACY}, AuthError, "unset FMP_LEGACY"),
        (403, {"Error Message": "Account suspended."}, AuthError, "suspended"),
        (429, {"Error Message": LIMIT}, RateLimited, "limiting calls"),
        (429, {"Error Message": "Bandwidth Limit Reach . Please upgrade your plan"}, RateLimited, "limiting calls"),
        (200, {"Error Message": LIMIT}, RateLimited, "limiting calls"),
        (200, {"Error Message": "Something else"}, ProviderError, "Something else"),
        (200, {"message": "Something else"}, ProviderError, "Something else"),
        (200, {"symbol": "SPY"}, SchemaError, "an object where a list"),
        (400, {"Error Message": "Invalid query parameter"}, ProviderError, "Invalid query parameter"),
        (500, {"message": "internal server error"}, Unavailable, "trouble"),
        (503, "<html>upgrade your plan</html>", Unavailable, "trouble"),
        (200, "<html>Limit Reach</html>", Unavailable, "web page"),
    ],
)
def test_refusals_are_told_apart(status: int, body: Any, error: type[LoxError], words: str) -> None:
    kind = "application/json" if isinstance(body, dict) else "text/html" if body.startswith("<") else "text/plain"
    fmp, _ = client(Answer(body, status, kind))
    with pytest.raises(error, match=words) as caught:
        fmp.quote("^VIX")
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("status", "body", "rejected", "cool_down_s"),
    [
        (401, {"Error Message": "Invalid API KEY."}, True, None),
        (403, {"Error Message": "Account suspended."}, True, None),
        (402, PAYWALL, False, None),
        (403, {"Error Message": LEGACY}, False, None),
        (429, {"Error Message": LIMIT}, False, 60.0),
        (429, {"Error Message": "Bandwidth Limit Reach . Please upgrade your plan"}, False, 3600.0),
    ],
)
def test_what_a_refusal_means_for_the_next_call(status: int, body: Any, rejected: bool, cool_down_s: float) -> None:
    told: list[dict[str, Any]] = []

    class Gate:
        def enter(self, stop_at: float, item: str = "") -> None: ...

        def succeeded(self) -> None: ...

        def failed(self, error: Exception, **meaning: Any) -> None:
            told.append(meaning)

    clock = FakeTime()
    fmp = FmpClient(
        "https://fmp.example.invalid",
        SecretStr("fmp-key-of-the-test"),
        adapter=Scripted([Answer(body, status)]),
        gate=Gate(),
        monotonic=clock.monotonic,
        sleep=clock.sleep,
    )
    with pytest.raises(ProviderError):
        fmp.quote("^VIX")
    assert (told[-1]["key_rejected"], told[-1]["cool_down_s"]) == (rejected, cool_down_s)


values = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10) | st.just("2026-01-05")
rows_of_anything = st.lists(
    st.dictionaries(st.sampled_from(["symbol", "date", "open", "high", "low", "close", "volume"]), values)
    | st.builds(bar, st.dates().map(str), st.floats())
    | values,
    max_size=10,
)


@settings(max_examples=250)
@given(rows_of_anything)
def test_whatever_bars_come_the_outcome_is_sorted_and_positive_or_an_error_of_ours(rows: list[Any]) -> None:
    fmp, _ = client(Answer(json.dumps(rows)), Answer([]))
    try:
        frame = fmp.daily_bars("SPY", start=START, end=END).frame
    except LoxError:
        return
    assert frame.index.is_monotonic_increasing
    assert frame.index.is_unique
    assert (frame["close"] > 0).all()
    assert not np.isinf(frame.to_numpy()).any()


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(list(quoted())), values))
def test_whatever_quote_comes_the_outcome_is_positive_or_an_error_of_ours(changes: dict[str, Any]) -> None:
    fmp, _ = client(Answer(json.dumps([quoted() | changes])))
    try:
        quote = fmp.quote("^VIX")
    except LoxError:
        return
    assert quote.price > 0
    assert quote.timestamp.tzinfo is not None


@pytest.mark.real
@pytest.mark.parametrize(
    ("sample", "status", "error"),
    [
        ("err_200_error_object.json", 200, RateLimited),
        ("err_401_invalid_key.json", 401, AuthError),
        ("err_402_endpoint.txt", 402, AuthError),
        ("err_402_symbol.txt", 402, AuthError),
        ("err_403_legacy.json", 403, AuthError),
        ("err_403_suspended.json", 403, AuthError),
        ("err_429_bandwidth.json", 429, RateLimited),
        ("err_429_limit.json", 429, RateLimited),
        ("stable_quote_unknown.json", 200, SeriesNotFound),
    ],
)
def test_the_vendors_own_samples_of_errors(shared_dir: Path, sample: str, status: int, error: type[LoxError]) -> None:
    fmp, _ = client(Answer((shared_dir / f"samples/fmp/{sample}").read_bytes(), status, "text/plain"))
    with pytest.raises(error):
        fmp.quote("AAPL")


@pytest.mark.real
def test_the_vendors_own_samples_of_data(shared_dir: Path) -> None:
    def of(name: str, legacy: bool = False) -> FmpClient:
        return client(Answer((shared_dir / f"samples/fmp/{name}.json").read_bytes()), Answer([]), legacy=legacy)[0]

    assert of("stable_quote_vix").quote("^VIX").price == 17.42
    assert of("v3_quote", legacy=True).quote("AAPL").price == 271.4
    assert len(of("stable_historical_eod_full").daily_bars("AAPL", start=date(2026, 11, 18), end=END).frame) == 2
    old = of("v3_historical_price_full", legacy=True)
    assert len(old.daily_bars("AAPL", start=date(2026, 11, 18), end=END).frame) == 1
    assert of("stable_treasury_rates").treasury(start=START, end=END).frame["year10"].tolist() == [4.13]

"""The price vendor's wire: quotes that live through a session, bars that end with the last close, the curve."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from lox_core.demo.episodes import ASSETS
from lox_core.demo.transport import DEMO_FMP_URL

QUOTE = [
    "symbol", "name", "price", "changePercentage", "change", "volume", "dayLow", "dayHigh", "yearHigh", "yearLow",
    "marketCap", "priceAvg50", "priceAvg200", "exchange", "open", "previousClose", "timestamp",
]  # fmt: skip
BAR = ["symbol", "date", "open", "high", "low", "close", "volume", "change", "changePercent", "vwap"]
TENORS = [
    "month1", "month2", "month3", "month6", "year1", "year2", "year3", "year5", "year7", "year10", "year20", "year30",
]  # fmt: skip
END_DATES = [
    ("2026-11-20T15:59:59-05:00", "2026-11-19"),  # Friday before the close
    ("2026-11-20T16:00:00-05:00", "2026-11-20"),
    ("2026-11-21T12:00:00-05:00", "2026-11-20"),  # weekend
    ("2026-11-23T09:00:00-05:00", "2026-11-20"),  # before Monday's opening
    ("2026-11-26T18:00:00-05:00", "2026-11-25"),  # Thanksgiving
    ("2026-11-27T12:59:00-05:00", "2026-11-25"),  # half day
    ("2026-11-27T13:00:00-05:00", "2026-11-27"),
    ("2026-06-15T16:00:00-04:00", "2026-06-15"),  # summer time
    ("2030-07-05T03:00:00+00:00", "2030-07-03"),
]


def quote(desk, symbol: str) -> dict:
    (row,) = desk.fmp("quote", symbol=symbol)
    return row


@pytest.mark.parametrize(("now", "last"), END_DATES)
def test_daily_data_end_with_the_last_complete_session(desk, now, last):
    desk.at(now)
    for path in ("historical-price-eod/full", "historical-price-eod/dividend-adjusted"):
        assert desk.fmp(path, symbol="SPY")[0]["date"] == last
    assert desk.fmp("treasury-rates")[0]["date"] == last


@pytest.mark.parametrize("symbol", sorted(ASSETS))
def test_bars_have_the_vendors_shape_newest_first(desk, symbol):
    rows = desk.fmp("historical-price-eod/full", symbol=symbol)
    assert list(rows[0]) == BAR
    days = [row["date"] for row in rows]
    assert days == sorted(days, reverse=True)
    assert 1_240 < len(rows) < 1_270
    assert all(row["low"] <= min(row["open"], row["close"]) <= row["high"] for row in rows)
    assert rows[3]["change"] == pytest.approx(rows[3]["close"] - rows[3]["open"], abs=1e-4)


def test_a_range_reaches_to_the_first_session(desk):
    rows = desk.fmp("historical-price-eod/full", symbol="^GSPC", **{"from": "1985-01-01", "to": "2000-12-31"})
    assert (rows[-1]["date"], rows[0]["date"]) == ("1996-01-02", "2000-12-29")


def test_adjusted_prices_meet_the_plain_ones_at_the_end_and_lie_below_before(desk):
    span = {"symbol": "TLT", "from": "2010-01-01"}
    plain = desk.fmp("historical-price-eod/full", **span)
    adjusted = desk.fmp("historical-price-eod/dividend-adjusted", **span)
    assert list(adjusted[0]) == ["symbol", "date", "adjOpen", "adjHigh", "adjLow", "adjClose", "volume"]
    assert adjusted[0]["adjClose"] == plain[0]["close"]
    assert 0.5 < adjusted[-1]["adjClose"] / plain[-1]["close"] < 0.6  # 3.8 % a year over almost 17 years
    gold = desk.fmp("historical-price-eod/dividend-adjusted", symbol="GLD")
    assert gold[-1]["adjClose"] == desk.fmp("historical-price-eod/full", symbol="GLD")[-1]["close"]


def test_both_vendors_tell_the_same_close(desk):
    desk.at("2026-11-20T16:30:00-05:00")
    bars = {row["date"]: row["close"] for row in desk.fmp("historical-price-eod/full", symbol="^VIX")}
    fred = {row["date"]: row["value"] for row in desk.fred("VIXCLS", observation_start="2025-01-01")["observations"]}
    shared = [day for day, text in fred.items() if text != "."]
    assert len(shared) > 400
    assert all(bars[day] == float(fred[day]) for day in shared)


def test_the_curve_agrees_with_the_macro_vendor_and_rests_with_the_bond_market(desk):
    rows = desk.fmp("treasury-rates", **{"from": "2026-09-01"})
    assert list(rows[0]) == ["date", *TENORS]
    ten, two = (
        {row["date"]: row["value"] for row in desk.fred(name, observation_start="2026-09-01")["observations"]}
        for name in ("DGS10", "DGS2")
    )
    for row in rows:
        assert row["year10"] == float(ten[row["date"]])
        assert row["year2"] == float(two[row["date"]])
    days = {row["date"] for row in rows}
    assert "2026-10-09" in days
    assert not days & {"2026-10-12", "2026-11-11"}


def test_a_quote_has_the_vendors_shape(desk):
    row = quote(desk, "AAPL")
    assert list(row) == QUOTE
    assert row["change"] == pytest.approx(row["price"] - row["previousClose"], abs=1e-4)
    assert row["changePercentage"] == pytest.approx(row["change"] / row["previousClose"] * 100, abs=1e-4)
    assert row["dayLow"] <= row["price"] <= row["dayHigh"]
    assert row["yearLow"] <= row["dayLow"] <= row["dayHigh"] <= row["yearHigh"]
    assert row["marketCap"] > 1e12
    assert quote(desk, "^VIX")["marketCap"] is None


def test_a_quote_moves_with_the_minute_and_is_the_same_within_it(desk):
    first = quote(desk.at("2026-11-20T11:00:05-05:00"), "SPY")
    assert quote(desk.at("2026-11-20T11:00:55-05:00"), "SPY") == first
    minutes = [quote(desk.at(f"2026-11-20T11:{m:02}:00-05:00"), "SPY")["price"] for m in range(1, 40)]
    assert len(set(minutes)) > 15
    assert max(abs(a / b - 1) for a, b in itertools.pairwise(minutes)) < 0.01


def test_a_quote_is_stamped_with_its_minute_or_the_last_close(desk):
    def stamp(now: str) -> datetime:
        return datetime.fromtimestamp(quote(desk.at(now), "SPY")["timestamp"], UTC)

    assert stamp("2026-11-20T11:00:40-05:00") == datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    assert stamp("2026-11-20T16:20:00-05:00") == datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
    assert stamp("2026-11-22T12:00:00-05:00") == datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
    assert stamp("2026-11-23T09:29:59-05:00") == datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
    assert stamp("2026-11-27T15:00:00-05:00") == datetime(2026, 11, 27, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize("symbol", ["SPY", "^VIX", "NVDA", "TLT"])
def test_a_session_runs_from_its_open_to_its_close_inside_its_range(desk, symbol):
    bar = desk.at("2026-11-20T16:00:00-05:00").fmp("historical-price-eod/full", symbol=symbol)[0]
    opening = quote(desk.at("2026-11-20T09:30:00-05:00"), symbol)
    assert opening["price"] == opening["open"] == bar["open"]
    lows, highs = [], []
    for hour in range(10, 16):
        row = quote(desk.at(f"2026-11-20T{hour}:00:00-05:00"), symbol)
        lows.append(row["dayLow"])
        highs.append(row["dayHigh"])
        assert row["open"] == bar["open"]
    assert lows == sorted(lows, reverse=True)
    assert highs == sorted(highs)
    assert bar["low"] <= lows[-1] <= highs[-1] <= bar["high"]
    final = quote(desk.at("2026-11-20T16:00:00-05:00"), symbol)
    assert (final["price"], final["dayLow"], final["dayHigh"]) == (bar["close"], bar["low"], bar["high"])
    last_minute = quote(desk.at("2026-11-20T15:59:59-05:00"), symbol)["price"]
    assert last_minute == pytest.approx(bar["close"], rel=0.02)


def test_volatility_and_the_index_part_ways_within_a_session(desk):
    together = 0
    for day in ("16", "17", "18", "19", "20"):
        moves = []
        for symbol in ("^GSPC", "^VIX"):
            prices = [
                quote(desk.at(f"2026-11-{day}T{hour}:{minute}:00-05:00"), symbol)["price"]
                for hour in range(10, 16)
                for minute in ("00", "30")
            ]
            moves.append([b - a for a, b in itertools.pairwise(prices)])
        together += sum(a * b > 0 for a, b in zip(*moves, strict=True))
    assert together / 55 < 0.4


def test_an_unknown_symbol_is_an_empty_list(desk):
    assert desk.fmp("quote", symbol="ZZZZ") == []
    assert desk.fmp("quote") == []
    assert desk.fmp("historical-price-eod/full", symbol="ZZZZ") == []


def test_retired_addresses_and_bad_dates_are_refused_in_the_vendors_shape(desk):
    reply = desk.get(f"{DEMO_FMP_URL}/api/v3/quote/AAPL")
    assert reply.status_code == 403
    assert "Legacy Endpoint" in reply.json()["Error Message"]
    for path in ("historical-price-eod/full", "treasury-rates"):
        reply = desk.get(f"{DEMO_FMP_URL}/stable/{path}", symbol="SPY", **{"from": "soon"})
        assert reply.status_code == 400
        assert "dates" in reply.json()["Error Message"]


def test_before_the_first_session_there_is_nothing(desk):
    desk.at("1995-06-01T12:00:00-04:00")
    assert desk.fmp("quote", symbol="SPY") == []
    assert desk.fmp("historical-price-eod/full", symbol="SPY", **{"from": "1990-01-01"}) == []
    assert desk.fmp("treasury-rates") == []

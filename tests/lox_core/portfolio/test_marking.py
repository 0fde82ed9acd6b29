from __future__ import annotations

import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.clock import NEW_YORK
from lox_core.portfolio import marking
from lox_core.portfolio.positions import Holding, Quote
from tests.lox_core.portfolio.books import NOW, option, quote, shares, state

PUT = "SPY261218P00640000"


def marked(holding: Holding, given: Quote | None, *, as_of: datetime = NOW, market_open: bool = True, spot=None):
    return marking.mark(holding, given, as_of=as_of, market_open=market_open, underlying=spot)


@pytest.mark.parametrize(
    ("quantity", "bid", "ask", "mark", "mid"),
    [
        (2, 4.10, 4.20, 4.10, 4.15),
        (-2, 4.10, 4.20, 4.20, 4.15),
        (1, 0.0, 0.10, 0.0, 0.05),
        (-1, 0.0, 0.10, 0.10, 0.05),
        (1, 4.10, None, 4.10, None),
        (-1, None, 4.20, 4.20, None),
        (1, 4.30, 4.10, 4.10, 4.20),  # crossed
        (-1, 4.30, 4.10, 4.30, 4.20),
        (1, 4.10, 4.10, 4.10, 4.10),  # locked
    ],
)
def test_long_leaves_at_the_bid_and_short_at_the_ask(quantity, bid, ask, mark, mid):
    found = marked(option(PUT, quantity), quote(bid, ask))
    assert found.mark == mark
    assert found.mid == (None if mid is None else pytest.approx(mid, rel=1e-14))
    assert found.reason is None


@pytest.mark.parametrize(
    ("quantity", "bid", "ask", "reason"),
    [
        (1, None, None, "no bid and no ask"),
        (1, 0.0, 0.0, "no bid and no ask"),
        (-1, 0.0, None, "no bid and no ask"),
        (-1, 4.10, None, "short without ask"),
        (-1, 4.10, 0.0, "short without ask"),
        (1, None, 4.20, "long without bid"),
        (1, math.nan, 4.20, "long without bid"),
        (1, -1.0, math.inf, "no bid and no ask"),
    ],
)
def test_what_cannot_be_left_is_unpriced_with_its_reason(quantity, bid, ask, reason):
    found = marked(option(PUT, quantity), quote(bid, ask))
    assert (found.mark, found.mid, found.reason) == (None, None, reason)


def test_no_quote_at_all_is_unpriced():
    assert marked(option(PUT), None).reason == "no bid and no ask"


def test_rows_that_mean_nothing_say_why():
    unknown = Holding("BTCUSD", 1, "other", "BTCUSD", asset_class="crypto")
    assert marked(unknown, quote(1, 2)).reason == "asset class 'crypto' is not priced here"
    assert marked(Holding("X", 1, "share", "X", problem="no quantity"), quote(1, 2)).reason == "no quantity"
    assert marked(Holding("Y", 1, "option", "Y"), quote(1, 2)).reason == "the symbol names no option contract"
    assert marked(shares("SPY", math.nan), quote(1, 2)).reason == "the quantity is no number"


def test_an_adjusted_contract_is_never_priced_as_standard():
    found = marked(option("CCL1261218C00020000"), quote(1.0, 1.1))
    assert (found.mark, found.reason) == (None, "adjusted contract: deliverable unknown")


def test_flags_of_a_quote():
    assert marked(option(PUT), quote(4.0, 4.5)).flags == ()  # 0.50 is below a fifth of 4.25
    assert "wide" in marked(option(PUT), quote(1.0, 1.5)).flags
    assert "wide" not in marked(option(PUT), quote(0.05, 0.15)).flags  # ten cents are never wide
    assert marked(option(PUT), quote(0.0, 0.05)).flags == ("no bid",)
    assert "crossed" in marked(option(PUT), quote(4.3, 4.1)).flags
    assert "one-sided" in marked(option(PUT), quote(4.3, None)).flags
    assert "indicative" in marked(option(PUT), quote(4.1, 4.2, feed="indicative")).flags
    assert "wide" in marked(shares("SPY"), quote(650.0, 657.0)).flags


def test_age_and_staleness_in_an_open_market():
    old = NOW - timedelta(seconds=marking.STALE_AFTER_S + 1)
    assert marked(option(PUT), quote(4.1, 4.2, at=old)).flags == ("stale",)
    fresh = marked(option(PUT), quote(4.1, 4.2, at=NOW - timedelta(seconds=30)))
    assert (fresh.age_s, fresh.flags) == (30.0, ())
    ahead = marked(option(PUT), quote(4.1, 4.2, at=NOW + timedelta(seconds=5)))
    assert ahead.age_s == 0.0  # a vendor's clock ahead of ours makes no negative age
    assert marked(option(PUT), Quote(4.1, 4.2)).flags == ("age unknown",)


def test_a_closed_market_shows_its_last_session_and_says_so():
    sunday = datetime(2026, 11, 22, 12, 0, tzinfo=NEW_YORK)
    friday = datetime(2026, 11, 20, 15, 59, tzinfo=NEW_YORK)
    found = marked(option(PUT), quote(4.1, 4.2, at=friday), as_of=sunday, market_open=False)
    assert (found.mark, found.flags) == (4.1, ("last session",))
    older = marked(option(PUT), quote(4.1, 4.2, at=friday - timedelta(days=1)), as_of=sunday, market_open=False)
    assert older.flags == ("last session", "stale")


def test_shares_fall_back_to_the_last_trade_then_to_the_underlying():
    traded = Quote(0.0, 652.0, NOW, last=650.5, last_at=NOW - timedelta(seconds=3))
    found = marked(shares("SPY"), traded)
    assert (found.mark, found.mid, found.age_s, found.flags) == (650.5, 650.5, 3.0, ("last trade",))
    found = marked(shares("SPY"), None, spot=state("SPY", 651.0))
    assert (found.mark, found.flags) == (651.0, ("underlying's price",))
    assert marked(shares("SPY"), None).reason == "no bid and no ask"
    assert marked(shares("SPY", -5), quote(650.0, 650.1)).mark == 650.1


def test_an_imported_mark_stands_only_where_there_is_no_quote():
    assert marked(option(PUT, given_mark=4.0), quote(4.1, 4.2)).mark == 4.1
    found = marked(option(PUT, given_mark=4.0), None)
    assert (found.mark, found.mid, found.flags) == (4.0, 4.0, ("imported",))


class TestExpired:
    def test_on_a_half_day_at_the_early_close(self):
        contract = "SPY261127P00640000"  # the day after Thanksgiving closes at 13:00
        before = datetime(2026, 11, 27, 12, 59, tzinfo=NEW_YORK)
        after = datetime(2026, 11, 27, 13, 1, tzinfo=NEW_YORK)
        spot = state("SPY", 633.0, spot_at=before)
        assert marked(option(contract), quote(7.0, 7.2, at=before), as_of=before, spot=spot).mark == 7.0
        found = marked(option(contract, -1), quote(7.0, 7.2), as_of=after, market_open=False, spot=spot)
        assert (found.mark, found.mid, found.flags) == (7.0, 7.0, ("expired",))

    def test_out_of_the_money_is_worth_nothing(self):
        evening = datetime(2026, 11, 20, 18, 0, tzinfo=NEW_YORK)
        at_close = state("SPY", 650.0, spot_at=datetime(2026, 11, 20, 16, 0, tzinfo=NEW_YORK))
        found = marked(option("SPY261120P00640000"), None, as_of=evening, market_open=False, spot=at_close)
        assert (found.mark, found.reason) == (0.0, None)

    def test_morning_settled_is_an_estimate(self):
        symbol = "SPX261120C06500000"
        spot = state("SPX", 6600.0)
        found = marked(option(symbol), quote(98, 102), as_of=NOW, spot=spot)
        assert (found.mark, found.flags) == (100.0, ("expired", "settlement estimated"))
        weekly = marked(option("SPXW261120C06500000"), quote(98, 102), as_of=NOW, spot=spot)
        assert (weekly.mark, weekly.flags) == (98, ())

    def test_the_next_session_uses_the_previous_close_and_later_ones_nothing(self):
        monday = datetime(2026, 11, 23, 10, 0, tzinfo=NEW_YORK)
        spot = state("SPY", 660.0, spot_at=monday, previous_close=650.0)
        found = marked(option("SPY261120C00640000"), None, as_of=monday, spot=spot)
        assert found.mark == 10.0
        tuesday = monday + timedelta(days=1)
        late = marked(option("SPY261120C00640000"), None, as_of=tuesday, spot=state("SPY", 660.0, spot_at=tuesday))
        assert late.mark is None
        assert "the price it settled at is not at hand" in str(late.reason)

    def test_without_a_price_of_the_underlying_it_is_unpriced(self):
        evening = datetime(2026, 11, 20, 18, 0, tzinfo=NEW_YORK)
        found = marked(option("SPY261120C00640000"), quote(10, 11), as_of=evening, market_open=False)
        assert found.mark is None
        assert found.reason is not None


prices = st.one_of(st.none(), st.just(0.0), st.floats(0, 1e4), st.just(math.nan), st.floats(-5, 0))


@settings(max_examples=200)
@given(bid=prices, ask=prices, last=prices, quantity=st.floats(-1e4, 1e4), held=st.sampled_from(["option", "share"]))
def test_leaving_is_never_worth_more_than_the_mid(bid, ask, last, quantity, held):
    holding = option(PUT, quantity) if held == "option" else shares("SPY", quantity)
    found = marked(holding, Quote(bid, ask, NOW, last=last))
    assert (found.mark is None) == (found.reason is not None)
    if found.mark is not None:
        assert math.isfinite(found.mark)
        assert found.mark >= 0
        if found.mid is not None:
            assert quantity * found.mark <= quantity * found.mid

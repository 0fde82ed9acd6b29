from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.portfolio import valuation
from lox_core.portfolio.book import build_book, leg_table, regroup
from lox_core.portfolio.export_csv import COLUMNS, export_csv, safe_text
from lox_core.portfolio.greeks import ALL_GREEKS, beta_weighted_usd_per_pct, greek_of
from lox_core.portfolio.import_csv import import_csv
from lox_core.portfolio.positions import Account, Holding, Quote
from lox_core.portfolio.valued import TOTALS, Book
from tests.lox_core.portfolio.books import inputs, option, quote, shares, smile, state

EXPIRY = date(2026, 12, 18)
HELD = (
    option("SPY261218P00630000", 2.0),
    option("SPY261218P00640000", -2.0),
    option("SPXW261218C06700000", -1.0),
    shares("QQQ", 100.0),
    option("CCL1261218C00020000", 1.0),
    Holding("BTCUSD", 0.5, "other", "BTCUSD", asset_class="crypto", broker_value=40_000.0),
)
QUOTES = {
    "SPY261218P00630000": quote(7.4, 7.6),
    "SPY261218P00640000": quote(9.9, 10.1),
    "SPXW261218C06700000": quote(40.0, 41.0, feed="indicative"),
    "QQQ": quote(580.0, 580.1),
    "CCL1261218C00020000": quote(1.0, 1.1),
}
STATES = {
    "SPY": state("SPY", 650.0),
    "SPX": state("SPX", 6500.0, div_yield=0.013, beta=1.0),
    "QQQ": state("QQQ", 580.0, beta=1.3),
}


@pytest.fixture(scope="module")
def book() -> Book:
    return build_book(inputs(HELD, quotes=QUOTES, underlyings=STATES))


def test_the_book_by_hand(book):
    assert set(TOTALS) <= set(book.totals)
    marked = 2 * 740 - 2 * 1_010 - 4_100 + 58_000
    middle = 2 * 750 - 2 * 1_000 - 4_050 + 58_005
    assert book.totals["nav_liquidation"].value == pytest.approx(1_000 + marked)
    assert book.totals["nav_mid"].value == pytest.approx(1_000 + middle)
    assert book.gap_usd.value == pytest.approx(middle - marked)
    assert book.unpriced == (
        ("CCL1261218C00020000", "adjusted contract: deliverable unknown"),
        ("BTCUSD", "asset class 'crypto' is not priced here"),
    )
    assert book.totals["nav_mid"].missing == ("CCL1261218C00020000", "BTCUSD")
    assert 0 < book.totals["nav_mid"].coverage < 1
    assert [one.name for one in book.strategies] == [
        "BTCUSD unrecognised",
        "CCL1261218C00020000 adjusted option",
        "QQQ shares",
        "SPXW 18 Dec short call 6700",
        "SPY 18 Dec put vertical 630/640",
    ]
    assert "1 leg on the indicative feed, whose quotes are delayed or modified." in book.notices


def test_beta_weighted_delta_in_dollars_per_percent_of_spy(book):
    shares_of_spy = book.totals["beta_weighted_delta_spy"].value
    assert beta_weighted_usd_per_pct(book) == pytest.approx(shares_of_spy * 6.5)
    assert beta_weighted_usd_per_pct(replace(book, underlyings={})) is None


def test_a_missing_leg_of_next_to_nothing_is_still_missing():
    held = [option("CCL1261218C00020000", 1.0, broker_value=1e-12), *[one for one in HELD if one.symbol == "QQQ"]]
    total = build_book(inputs(held, quotes=QUOTES, underlyings=STATES)).totals["nav_mid"]
    assert total.missing == ("CCL1261218C00020000",)
    assert 0.99 < total.coverage < 1


def test_an_empty_book_is_its_cash():
    empty = build_book(inputs([]))
    assert empty.totals["nav_liquidation"].value == 1_000.0
    assert {(one.value, one.coverage) for name, one in empty.totals.items() if name in ALL_GREEKS} == {(0.0, 1.0)}
    assert (empty.strategies, empty.unpriced, len(leg_table(empty))) == ((), (), 0)


def test_cash_that_is_not_known_is_told():
    imported = build_book(inputs(HELD[:2], quotes=QUOTES, account=Account("imported")))
    assert imported.totals["nav_mid"].value == pytest.approx(-500.0)
    assert "The book names no cash: its value is the sum of its positions." in imported.notices
    broker = build_book(inputs(HELD[:2], quotes=QUOTES, account=Account("PA…12")))
    assert broker.totals["nav_mid"].value is None
    assert "The account's cash is not known, so neither is its net value." in broker.notices


def test_regrouping_values_nothing_again(book, monkeypatch):
    monkeypatch.setattr(valuation, "value_legs", None)
    mine = {"SPY261218P00630000": "Hedge", "QQQ": "Hedge"}
    again = regroup(book, mine)
    assert next(one for one in again.strategies if one.name == "Hedge").symbols == ("QQQ", "SPY261218P00630000")
    assert {leg.symbol for leg in again.legs if leg.strategy == "Hedge"} == set(mine)
    assert again.totals is book.totals
    assert regroup(again, {}).strategies == book.strategies


def test_the_owners_groups_come_with_the_inputs():
    found = build_book(inputs(HELD[:2], quotes=QUOTES, groupings={HELD[0].symbol: "Mine"}))
    assert found.legs[0].strategy == "Mine"
    assert found.by_strategy["Mine"]["dollar_delta"].value == found.legs[0].greeks["dollar_delta"]


def test_the_leg_table_has_a_row_per_leg_and_nan_where_nothing_is_known(book):
    table = leg_table(book)
    assert table.symbol == tuple(one.symbol for one in HELD)
    assert table.is_option.tolist() == [True, True, True, False, True, False]
    assert table.is_american.tolist() == [True, True, False, False, True, False]
    assert table.multiplier.tolist() == [100, 100, 100, 1, 100, 1]
    assert table.value_usd[:4] == pytest.approx([1_480.0, -2_020.0, -4_100.0, 58_000.0])
    assert np.isnan(table.value_usd[4:]).all()
    assert np.isnan(table.vol).tolist() == [False, False, False, True, True, True]
    assert np.isnan(table.strike).tolist() == [False, False, False, True, False, True]
    assert table.spot[:4].tolist() == [650, 650, 6500, 580]
    assert (table.strategy[0], table.as_of) == ("SPY 18 Dec put vertical 630/640", book.as_of)


def test_export_can_be_imported_again(book):
    text = export_csv(book)
    assert text.splitlines()[0] == ",".join(COLUMNS)
    found = import_csv(text.encode())
    assert [(one.symbol, one.quantity) for one in found.holdings] == [(one.symbol, one.quantity) for one in HELD]
    assert found.errors == ()
    assert found.holdings[0].given_vol == pytest.approx(book.legs[0].vol)
    assert "nan" not in text.lower().replace("finance", "")


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_export_runs_no_formula(book, evil):
    assert safe_text(evil) == f"'{evil}"
    named = regroup(book, {"QQQ": f"{evil}x"})
    cells = [cell for line in export_csv(named).splitlines() for cell in line.replace('"', "").split(",")]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    assert [cell for cell in cells if cell.startswith("-")] == [cell for cell in cells if _negative(cell)]


def _negative(cell: str) -> bool:
    try:
        return float(cell) < 0
    except ValueError:
        return False


@pytest.mark.parametrize("text", ["SPY", "'=1", " =1", "5", ""])
def test_plain_text_stays_as_it_is(text):
    assert safe_text(text) == text


maybe = st.one_of(st.none(), st.just(0.0), st.just(math.nan), st.floats(0.01, 60.0))
a_quote = st.one_of(st.none(), st.builds(lambda bid, ask: quote(bid, ask), maybe, maybe))
quantities = st.sampled_from([-3.0, -1.0, 1.0, 2.0])
symbols = st.sampled_from(
    [
        *(
            "SPY261218P00640000",
            "SPY261218C00660000",
            "SPXW261218P06400000",
            "VIX261216C00020000",
            "CCL1261218C00020000",
        ),
        *("SPY261120C00640000", "SPY261113C00640000", "QQQ270115C00600000", "QQQ", "SPY", "?", "BTCUSD"),
    ]
)


def _holding(symbol: str, quantity: float, value: float | None) -> Holding:
    if len(symbol) > 8:
        return option(symbol, quantity, broker_value=value)
    if symbol == "?":
        return Holding("?", quantity, "option", "?", problem="the row is not understood")
    return Holding(symbol, quantity, "other" if symbol == "BTCUSD" else "share", symbol, broker_value=value)


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(symbols, quantities, a_quote, maybe), max_size=8, unique_by=lambda row: row[0]),
    spots=st.tuples(*[st.one_of(st.none(), st.just(math.nan), st.floats(10.0, 7000.0))] * 3),
    beta=st.one_of(st.none(), st.just(math.nan), st.floats(-2, 3)),
    cash=st.one_of(st.none(), st.floats(-1e6, 1e6)),
    with_curve=st.booleans(),
    with_smile=st.booleans(),
    market_open=st.booleans(),
)
def test_totals_are_the_sums_of_legs_by_every_grouping(rows, spots, beta, cash, with_curve, with_smile, market_open):
    held = [_holding(symbol, quantity, value) for symbol, quantity, _, value in rows]
    states = {name: state(name, spot, beta=beta) for name, spot in zip(("SPY", "SPX", "QQQ"), spots, strict=True)}
    base = inputs(
        held,
        quotes={symbol: one for symbol, _, one, _ in rows if isinstance(one, Quote)},
        underlyings=states,
        account=Account("imported", cash=cash),
        smiles={("SPY", EXPIRY): smile("SPY", EXPIRY)} if with_smile else {},
        market_open=market_open,
    )
    found = build_book(base if with_curve else replace(base, curve=None))
    assert [leg.holding for leg in found.legs] == held
    assert [symbol for symbol, _ in found.unpriced] == [leg.symbol for leg in found.legs if leg.mark_value is None]
    assert all(reason for _, reason in found.unpriced)
    for name, values in (
        ("nav_mid", [leg.mid_value for leg in found.legs]),
        ("nav_liquidation", [leg.mark_value for leg in found.legs]),
    ):
        _check(found.totals[name], values, cash or 0.0, len(held))
    for name in ALL_GREEKS:
        _check(found.totals[name], [greek_of(leg, name) for leg in found.legs], 0.0, len(held))
        for groups, key in (
            (found.by_strategy, lambda leg: leg.strategy),
            (found.by_underlying, lambda leg: leg.holding.underlying),
            (found.by_expiry, lambda leg: leg.holding.contract and leg.holding.contract.expiry),
        ):
            for group, totals in groups.items():
                values = [greek_of(leg, name) for leg in found.legs if key(leg) == group]
                _check(totals[name], values, 0.0, len(values))
    for leg in found.legs:
        missing = [name for name in ALL_GREEKS if greek_of(leg, name) is None]
        assert bool(missing) <= bool(leg.greeks_reason)
        if leg.mark_value is not None and leg.mid_value is not None:
            assert leg.gap_usd >= 0


def _check(total, values, extra, count):
    known = [value for value in values if value is not None]
    assert all(math.isfinite(value) for value in known)
    assert len(total.missing) == count - len(known)
    assert (total.coverage == 1.0) == (not total.missing)
    if known or not count:
        assert total.value == pytest.approx(math.fsum(known) + extra, rel=1e-9, abs=1e-6)
        assert 0 <= total.coverage <= 1
    else:
        assert (total.value, total.coverage) == (None, 0.0)

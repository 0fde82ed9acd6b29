from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.portfolio.import_csv import MOST_BYTES, MOST_ERRORS, MOST_ROWS, ImportResult, import_csv


def read(text: str, encoding: str = "utf-8", **given: str) -> ImportResult:
    return import_csv(text.encode(encoding), **given)


def test_lox_columns_with_symbols_and_with_parts():
    found = read(
        "Symbol,Underlying,Expiry,Right,Strike,Quantity,Average_Price,Mark,IV\n"
        "SPY,,,,,100,650.25,,\n"
        "SPY   261218P00640000,,,,,-2,4.10,3.9,22.8 %\n"
        ",SPXW,2026-12-18,call,6600,1,,,0.15\n"
        "\n"
        'CASH,,,,,"12,500.50",,,\n'
    )
    assert found.errors == ()
    assert (found.preset, found.cash) == ("lox", 12_500.5)
    share, put, index = found.holdings
    assert (share.kind, share.symbol, share.quantity, share.average_price) == ("share", "SPY", 100.0, 650.25)
    assert (put.symbol, put.quantity, put.given_mark) == ("SPY261218P00640000", -2.0, 3.9)
    assert put.given_vol == pytest.approx(0.228)
    assert (index.symbol, index.underlying, index.given_vol) == ("SPXW261218C06600000", "SPX", 0.15)
    assert index.contract is not None
    assert index.contract.style == "european"


IBKR = (
    "ClientAccountID,CurrencyPrimary,AssetClass,Symbol,Description,UnderlyingSymbol,Multiplier,Strike,Expiry,Put/Call,"
    "ReportDate,Quantity,MarkPrice,PositionValue,OpenPrice,CostBasisPrice,LevelOfDetail\n"
    "U1,USD,STK,BRK B,BERKSHIRE,,1,,,,20261119,10,500,5000,480,480.5,SUMMARY\n"
    "U1,USD,OPT,SPY   261218P00640000,SPY 18DEC26 640 P,SPY,100,640,20261218,P,20261119,-3,3.9,-1170,4.1,4.08,SUMMARY\n"
    "U1,USD,OPT,SPY   261218P00640000,SPY 18DEC26 640 P,SPY,100,640,20261218,P,20261119,-3,3.9,-1170,4.1,4.08,LOT\n"
    "U1,USD,FUT,ESZ6,ES,ES,50,,20261218,,20261119,1,6600,330000,6500,6500,SUMMARY\n"
    "U1,EUR,STK,SAP,SAP,,1,,,,20261119,5,200,1000,190,190,SUMMARY\n"
)


def test_interactive_brokers_flex_positions():
    found = read(IBKR)
    assert found.preset == "ibkr"
    assert [(one.symbol, one.kind, one.quantity) for one in found.holdings] == [
        ("BRK.B", "share", 10.0),
        ("SPY261218P00640000", "option", -3.0),
        ("ESZ6", "other", 1.0),
    ]
    assert found.holdings[1].average_price == 4.08
    (error,) = found.errors
    assert (error.row, error.column, error.message) == (6, "CurrencyPrimary", "'EUR': only dollar positions are read")


def test_tastytrade_positions():
    found = read(
        "Account,Symbol,Type,Quantity,Exp Date,DTE,Strike Price,Call/Put,Underlying Last Price,P/L Open,"
        "Trade Price,Mark\n"
        '5WX,SPY   261218C00660000,OPTION,-1,2026-12-18,28d,660,CALL,650,"$40.00",4.50 cr,4.10\n'
        '5WX,SPY,STOCK,"1,200",,,,,650,($40.00),649.1 db,650\n'
        "5WX,./ESZ6 E3AZ6 261218C6600,FUTURE_OPTION,1,2026-12-18,28d,6600,CALL,6600,0,50,51\n"
    )
    assert (found.preset, found.errors) == ("tastytrade", ())
    call, share, future = found.holdings
    assert (call.symbol, call.quantity, call.average_price) == ("SPY261218C00660000", -1.0, 4.5)
    assert (share.quantity, share.average_price, share.given_mark) == (1200.0, 649.1, 650.0)
    assert (future.kind, future.asset_class) == ("other", "FUTURE_OPTION")


def test_schwab_positions_with_words_above_and_totals_below():
    found = read(
        '"Positions for account Individual ...123 as of 04:02 PM ET, 2026/11/20"\n\n'
        '"Symbol","Description","Qty (Quantity)","Price","Mkt Val (Market Value)","Cost Basis","Security Type"\n'
        '"SPY 12/18/2026 640.00 P","PUT SPDR S&P 500 $640","-2","$4.00","-$800.00","($820.00)","Option"\n'
        '"QQQ","INVESCO QQQ","100","$580.00","$58,000.00","$50,000.00","ETFs & Closed End Funds"\n'
        '"91282CAB7","US TREASURY","5","99.1","$4,955.00","$5,000.00","Fixed Income"\n'
        '"Cash & Cash Investments","--","--","--","$12,345.67","--","Cash and Money Market"\n'
        '"Account Total","","--","--","$74,500.67","$54,180.00","--"\n'
    )
    assert (found.preset, found.errors, found.cash) == ("schwab", (), 12_345.67)
    assert [(one.symbol, one.average_price) for one in found.holdings[:2]] == [
        ("SPY261218P00640000", pytest.approx(4.10)),
        ("QQQ", pytest.approx(500.0)),
    ]
    assert (found.holdings[2].kind, found.holdings[2].asset_class) == ("other", "Fixed Income")


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("SPY,,", "quantity", "there is no quantity"),
        ("SPY,0,", "quantity", "the quantity is zero"),
        ("SPY,ten,", "quantity", "'ten' is no number"),
        ("SPY,1e999,", "quantity", "'1e999' is too large"),
        ("SPY261218P00640000,1.5,", "quantity", "1.5 contracts: an option's quantity is whole"),
        ("S&P 500,1,", "symbol", "'S&P 500' is neither an option's symbol nor a share's"),
        ("SPY261331P00640000,1,", "symbol", "'SPY261331P00640000' is neither an option's symbol nor a share's"),
        ("SPY,1,-5", "mark", "-5 is no price"),
        ("SPY,1,4.1.5", "mark", "'4.1.5' is no number"),
        ("=HYPERLINK(evil),1,", "symbol", "'=HYPERLINK(evil)' is neither an option's symbol nor a share's"),
    ],
)
def test_a_bad_row_is_told_and_the_others_stand(row, column, words):
    found = read(f"symbol,quantity,mark\nQQQ,5,\n{row}\nIWM,7,\n")
    assert [one.symbol for one in found.holdings] == ["QQQ", "IWM"]
    assert [(one.row, one.column, one.message) for one in found.errors] == [(3, column, words)]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ("SPY,2026-13-01,C,640", "'2026-13-01' is no day; write 2026-12-18"),
        ("SPY,18/12/2026,C,640", "'18/12/2026' is no day; write 2026-12-18"),
        ("SPY,2026-12-18,X,640", "'X' is no right; write C or P"),
        ("SPY,2026-12-18,C,0", "A strike of 0 cannot be written in an option symbol."),
        ("TOOLONG,2026-12-18,C,640", "'TOOLONG' is no option root."),
    ],
)
def test_parts_that_make_no_contract(parts, words):
    (error,) = read(f"underlying,expiry,right,strike,quantity\n{parts},1\n").errors
    assert error.message == words


@pytest.mark.parametrize("text", ["2026-12-18", "20261218", "12/18/2026", "12/18/26", "18 Dec 2026", "18DEC26"])
def test_days_in_the_forms_brokers_write(text):
    (one,) = read(f"underlying,expiry,right,strike,quantity\nSPY,{text},P,640,1\n").holdings
    assert one.contract is not None
    assert one.contract.expiry == date(2026, 12, 18)


@pytest.mark.parametrize(
    ("separator", "price", "value"),
    [
        (",", '"1,234.50"', 1234.5),
        (",", '"4,15"', 4.15),  # cannot part thousands, so it is a decimal comma
        (";", "1.234,50", 1234.5),
        (";", "4,15", 4.15),
        (";", "4.15", 4.15),
        (";", "1,234.50", 1234.5),
        ("\t", "$4.15", 4.15),
        ("\t", "\u00a04.15", 4.15),
    ],
)
def test_separators_and_decimal_marks(separator, price, value):
    lines = [separator.join(["symbol", "quantity", "mark"]), separator.join(["SPY", "\u22123", price])]
    (one,) = read("\n".join(lines)).holdings
    assert (one.quantity, one.given_mark) == (-3.0, pytest.approx(value))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(encoding):
    (one,) = read("symbol,quantity,Größe\nSPY,(5),é\n", encoding).holdings
    assert one.quantity == -5.0


def test_lots_of_one_symbol_are_added_up_and_told():
    found = read("symbol,quantity,average_price\nSPY,100,600\nQQQ,1,500\nSPY,300,640\nIWM,5,1\nIWM,-5,2\n")
    assert [(one.symbol, one.quantity, one.average_price) for one in found.holdings] == [
        ("SPY", 400.0, 630.0),
        ("QQQ", 1.0, 500.0),
    ]
    assert found.notices == ("SPY: rows 2, 4 were added up to 400", "IWM: rows 5, 6 were added up to 0")
    (mixed,) = read("symbol,quantity,average_price\nSPY,100,600\nSPY,-30,640\n").holdings
    assert (mixed.quantity, mixed.average_price) == (70.0, None)


def test_a_strange_multiplier_makes_an_adjusted_contract():
    text = IBKR.splitlines()[0] + "\nU1,USD,OPT,SPY   261218P00640000,x,SPY,10,640,20261218,P,1,-3,3.9,-1,4,4,SUMMARY\n"
    (one,) = read(text).holdings
    assert one.contract is not None
    assert one.contract.adjusted


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no row has the headings"),
        (b"ticker,amount\nSPY,1\n", "no row has the headings"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "the file is no text"),
        (b"symbol,quantity\n" + b"SPY,1\n" * (MOST_ROWS + 1), "rows; at most"),
        (b"x" * (MOST_BYTES + 1), "bytes; at most"),
        (b'symbol,quantity\n"' + b"x" * 200_000, "quotes are not closed"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(data, words):
    found = import_csv(data)
    assert found.holdings == ()
    (error,) = found.errors
    assert error.row == 0
    assert words in error.message


def test_a_preset_asked_for_must_fit():
    assert read("symbol,quantity\nSPY,1\n", preset="ibkr").holdings == ()
    assert read(IBKR, preset="lox").preset == "lox"


def test_a_flood_of_errors_is_cut_short():
    found = read("symbol,quantity\n" + "SPY,x\n" * (MOST_ERRORS + 50))
    assert len(found.errors) == MOST_ERRORS + 1
    assert found.errors[-1].message == "and 50 more rows with errors"


@settings(max_examples=150)
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda t: ("symbol,quantity\n" + t).encode())))
def test_no_file_breaks_the_import(data):
    found = import_csv(data)
    assert all(one.quantity for one in found.holdings)
    assert len({one.symbol for one in found.holdings}) == len(found.holdings)

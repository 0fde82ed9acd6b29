"""The broker's rows as the pure core takes them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from lox_core.errors import ModelError
from lox_core.options.contract import parse_occ
from lox_core.portfolio.positions import Account, Dividend, Holding, Quote, VendorGreeks
from lox_core.providers.alpaca_records import AccountRow, DividendRow, OptionQuoteRow, PositionRow, StockQuoteRow

OPTION_CLASSES, SHARE_CLASSES = ("us_option",), ("us_equity",)
UNKNOWN_ACCOUNT = "unknown"


def holding_of(row: PositionRow) -> Holding:
    """One position. What is no share and no option, or an option nobody can read, is kept with its problem."""
    contract, problem = None, None
    kind = "option" if row.asset_class in OPTION_CLASSES else "share" if row.asset_class in SHARE_CLASSES else "other"
    if kind == "option":
        try:
            contract = parse_occ(row.symbol)
        except ModelError as error:
            problem = str(error)
    return Holding(
        symbol=row.symbol,
        quantity=row.quantity if math.isfinite(row.quantity) else math.nan,
        kind=kind,  # type: ignore[arg-type]
        underlying=contract.underlying if contract is not None else row.symbol,
        contract=contract,
        average_price=row.average_entry_price,
        broker_value=row.market_value,
        last_day_price=row.last_day_price,
        asset_class=row.asset_class,
        problem=problem,
    )


def account_of(row: AccountRow | None, name: str | None = None) -> Account:
    """The account; without the broker's answer only its name is there."""
    if row is None:
        return Account(name or UNKNOWN_ACCOUNT)
    return Account(
        name=name or masked(row.number),
        equity=row.equity,
        last_equity=row.last_equity,
        cash=row.cash,
        buying_power=row.buying_power,
        options_buying_power=row.options_buying_power,
        initial_margin=row.initial_margin,
        maintenance_margin=row.maintenance_margin,
        options_level=row.options_trading_level,
        blocked=row.blocked,
    )


def masked(number: str) -> str:
    """The last four characters of an account's number."""
    return f"…{number[-4:]}" if number else UNKNOWN_ACCOUNT


def option_quote(row: OptionQuoteRow) -> Quote:
    """A contract's quote."""
    return Quote(
        row.bid, row.ask, row.at, row.feed, row.last, row.last_at, row.bid_size, row.ask_size, row.previous_close
    )


def vendor_greeks(row: OptionQuoteRow) -> VendorGreeks | None:
    """The vendor's own numbers, where it states any."""
    found = VendorGreeks(row.vol, row.delta, row.gamma, row.theta, row.vega, row.rho)
    return None if found == VendorGreeks() else found


def share_quote(row: StockQuoteRow) -> Quote:
    """A share's quote."""
    return Quote(row.bid, row.ask, row.at, row.feed, row.last, row.last_at, previous_close=row.previous_close)


def dividends_by_symbol(rows: Iterable[DividendRow]) -> dict[str, list[Dividend]]:
    """Declared dividends by symbol."""
    found: dict[str, list[Dividend]] = {}
    for row in rows:
        found.setdefault(row.symbol, []).append(Dividend(row.ex_date, row.amount))
    return found

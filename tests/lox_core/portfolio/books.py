"""Holdings, quotes and states the portfolio tests are written with."""

from __future__ import annotations

from datetime import datetime

from lox_core.clock import NEW_YORK
from lox_core.options.contract import parse_occ
from lox_core.portfolio.positions import Holding, Quote, UnderlyingState

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=NEW_YORK)  # a Friday in session


def option(symbol: str, quantity: float = 1.0, **given: object) -> Holding:
    contract = parse_occ(symbol)
    return Holding(contract.symbol, quantity, "option", contract.underlying, contract, **given)  # type: ignore[arg-type]


def shares(symbol: str, quantity: float = 100.0, **given: object) -> Holding:
    return Holding(symbol, quantity, "share", symbol, **given)  # type: ignore[arg-type]


def quote(bid: float | None, ask: float | None, at: datetime = NOW, **given: object) -> Quote:
    return Quote(bid, ask, at, **given)  # type: ignore[arg-type]


def state(symbol: str, spot: float | None, **given: object) -> UnderlyingState:
    return UnderlyingState(symbol, spot, given.pop("spot_at", NOW), **given)  # type: ignore[arg-type]

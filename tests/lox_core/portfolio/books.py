"""Holdings, quotes and states the portfolio tests are written with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np

from lox_core.clock import NEW_YORK
from lox_core.options.contract import parse_occ
from lox_core.options.curve import flat
from lox_core.options.surface import Smile
from lox_core.portfolio.positions import Account, BookInputs, Holding, Quote, UnderlyingState

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


def inputs(holdings: Sequence[Holding], **given: object) -> BookInputs:
    """What a book is built from, at ``NOW`` in an open market with a flat curve of 4 % and SPY at 650."""
    base: dict[str, object] = {
        "as_of": NOW,
        "account": Account("sample", cash=1_000.0),
        "market_open": True,
        "curve": flat(0.04),
        "underlyings": {"SPY": state("SPY", 650.0)},
    }
    return BookInputs(holdings=tuple(holdings), **{**base, **given})  # type: ignore[arg-type]


def smile(underlying: str, expiry: date, vol: float = 0.2, *, forward: float = 655.0, **given: object) -> Smile:
    """A flat smile."""
    base: dict[str, object] = {"at": NOW, "expiry_years": 0.1, "div_yield": 0.01, "rate": 0.04}
    numbers = {"knots": np.array([0.0]), "vols": np.array([vol])}
    return Smile(underlying, expiry, forward=forward, **{**base, **numbers, **given})  # type: ignore[arg-type]

"""Chains quoted around the values of a known smile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import numpy as np

from lox_core.clock import NEW_YORK
from lox_core.options import american
from lox_core.options import black_scholes as bs
from lox_core.options.chain import ChainQuote
from lox_core.options.contract import contract_of
from lox_core.options.curve import flat
from lox_core.options.smile_fit import fit_smile
from lox_core.options.surface import Smile

AT = datetime(2026, 11, 20, 15, 0, tzinfo=NEW_YORK)
EXPIRY = date(2027, 1, 15)
RATE, YIELD, SPOT = 0.04, 0.013, 650.0
Vols = Callable[[np.ndarray], np.ndarray]


def skewed(k: np.ndarray) -> np.ndarray:
    """Volatilities by log-moneyness as of a stock index."""
    return 0.18 - 0.25 * k + 0.9 * k * k


def made(
    root: str = "SPY",
    spot: float = SPOT,
    expiry: date = EXPIRY,
    *,
    half: float = 0.02,
    rate: float = RATE,
    div_yield: float = YIELD,
    vols: Vols = skewed,
    strikes: np.ndarray | None = None,
) -> list[ChainQuote]:
    """Calls and puts ``half`` a dollar on either side of their values; bids not below zero."""
    one = contract_of(root, expiry, is_call=True, strike=spot)
    years = one.expiry_years(AT)
    k = np.unique(np.arange(0.8 * spot, 1.2 * spot, spot / 130).round(0)) if strikes is None else strikes
    both, is_call = np.repeat(k, 2), np.tile([True, False], len(k))
    values = (american if one.style == "american" else bs).price(
        is_call=is_call,
        spot=spot,
        strike=both,
        expiry_years=years,
        rate=rate,
        vol=vols(np.log(both / spot) - (rate - div_yield) * years),
        div_yield=div_yield,
    )
    quotes = []
    for strike, side, value in zip(both.tolist(), is_call.tolist(), values.tolist(), strict=True):
        contract = contract_of(root, expiry, is_call=side, strike=strike)
        quotes.append(ChainQuote(contract, max(value - half, 0.0), value + half, AT))
    return quotes


def fitted(quotes: list[ChainQuote], spot: float = SPOT, **changed) -> Smile:
    """The smile of quotes, by the inputs they were made with unless ``changed``."""
    given = {"underlying": "SPY", "expiry": EXPIRY, "at": AT, "spot": spot, "curve": flat(RATE)} | changed
    return fit_smile(quotes, **given)

"""How fast a book is built: 200 positions, of which options of every model, marked, valued, grouped and summed.

Goal (2 cores): at most one second of CPU with the compiled kernels.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta

import numpy as np

from benchmarks import Figure
from lox_core.clock import NEW_YORK
from lox_core.options import black_scholes, kernels
from lox_core.options.contract import contract_of
from lox_core.options.curve import flat
from lox_core.portfolio.book import build_book, regroup
from lox_core.portfolio.positions import Account, BookInputs, Dividend, Holding, Quote, UnderlyingState

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=NEW_YORK)
POSITIONS, RATE, VOL = 200, 0.04, 0.2
EXPIRIES = [date(2026, 11, 27), date(2026, 12, 18), date(2027, 1, 15), date(2027, 3, 19), date(2028, 1, 21)]
# Root: underlying, spot, cash dividend a quarter; index options have a yield instead.
ROOTS = {
    "SPY": ("SPY", 650.0, 1.9),
    "QQQ": ("QQQ", 580.0, 0.8),
    "NVDA": ("NVDA", 180.0, 0.0),
    "SPXW": ("SPX", 6500.0, 0.0),
}
BUILD_GOAL_MS, REGROUP_GOAL_MS = 1000, 50


def _states() -> dict[str, UnderlyingState]:
    found = {}
    for underlying, spot, cash in ROOTS.values():
        quarters = (date(2026, 12, 18) + timedelta(days=91 * k) for k in range(8))
        dividends = tuple(Dividend(day, cash, projected=True) for day in quarters) if cash else ()
        div_yield = 0.012 if underlying == "SPX" else 0.0
        found[underlying] = UnderlyingState(underlying, spot, NOW, dividends=dividends, div_yield=div_yield, beta=1.1)
    return found


def book_inputs() -> BookInputs:
    """A book of invented positions, quoted a little around a volatility of 20 %."""
    draw = np.random.default_rng(7)
    holdings: dict[str, Holding] = {}
    quotes = {}
    while len(holdings) < POSITIONS:
        root = str(draw.choice(list(ROOTS)))
        underlying, spot, _ = ROOTS[root]
        strike = float(round(spot * draw.uniform(0.9, 1.1) / 5) * 5)
        expiry = EXPIRIES[draw.integers(len(EXPIRIES))]
        contract = contract_of(root, expiry, is_call=bool(draw.random() < 0.5), strike=strike)
        worth = float(
            black_scholes.price(
                is_call=contract.is_call,
                spot=spot,
                strike=strike,
                expiry_years=contract.expiry_years(NOW),
                rate=RATE,
                vol=VOL,
            )
        )
        quotes[contract.symbol] = Quote(round(worth * 0.99, 2), round(worth * 1.01 + 0.02, 2), NOW)
        quantity = float(draw.choice([-3, -2, -1, 1, 2, 3]))
        holdings[contract.symbol] = Holding(contract.symbol, quantity, "option", underlying, contract)
    return BookInputs(
        as_of=NOW,
        account=Account("sample", cash=100_000.0),
        holdings=tuple(holdings.values()),
        market_open=True,
        quotes=quotes,
        underlyings=_states(),
        curve=flat(RATE),
    )


def _cpu_ms(action: Callable[[], object], rounds: int = 5) -> float:
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        action()
        taken.append((time.process_time() - began) * 1000)
    return statistics.median(taken)


def main() -> list[Figure]:
    """Measure a build and a regrouping."""
    inputs = book_inputs()
    kernels.use("numba")
    try:
        mode = kernels.wait()
        book = build_book(inputs)
        return [
            Figure(
                f"book of {POSITIONS} positions, {mode}, CPU", _cpu_ms(lambda: build_book(inputs)), "ms", BUILD_GOAL_MS
            ),
            Figure("the same regrouped, CPU", _cpu_ms(lambda: regroup(book, {})), "ms", REGROUP_GOAL_MS),
        ]
    finally:
        kernels.use("numpy")

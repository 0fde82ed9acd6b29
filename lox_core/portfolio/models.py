"""The three models a leg can be valued by, as functions of columns: volatility from a price, and value with Greeks.

European options by Black-Scholes-Merton with a continuous yield; American ones by Andersen, Lake and Offengenden
where no cash dividend falls before expiry, by finite differences where one does. Each model inverts itself, so a
volatility always reproduces the price it came from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from lox_core.options import american, black_scholes, implied_vol
from lox_core.options.american_iv import solve_price
from lox_core.options.black_scholes import Greeks

Floats = NDArray[np.float64]
Model = Literal["european", "american", "american, cash dividends"]
MODELS: tuple[Model, ...] = ("european", "american", "american, cash dividends")
# A fitted volatility reproduces its price to this many dollars a share; the grid of cash dividends is no finer.
TOLERANCE_USD, CASH_TOLERANCE_USD = 1e-6, 1e-4
GUESS = 0.3
STEPS, CASH_STEPS = 40, 12


class _Arguments(TypedDict):
    is_call: NDArray[np.bool_]
    spot: Floats
    strike: Floats
    expiry_years: Floats
    rate: Floats
    div_yield: Floats


@dataclass(frozen=True, eq=False)
class Options:
    """Running options of one model in columns of length n; cash dividends as (n, k) rows filled up with NaN."""

    is_call: NDArray[np.bool_]
    spot: Floats
    strike: Floats
    expiry_years: Floats
    rate: Floats
    div_yield: Floats
    ex_times: Floats
    amounts: Floats

    def __len__(self) -> int:
        """How many options."""
        return len(self.spot)

    def of(self, some: NDArray[np.bool_]) -> Options:
        """Those of a mask."""
        return Options(*(getattr(self, name)[some] for name in self.__dataclass_fields__))

    def arguments(self) -> _Arguments:
        """The keyword arguments all models share."""
        return {
            "is_call": self.is_call,
            "spot": self.spot,
            "strike": self.strike,
            "expiry_years": self.expiry_years,
            "rate": self.rate,
            "div_yield": self.div_yield,
        }

    def escrowed_spot(self) -> Floats:
        """Spot less the present value of the cash dividends due before expiry."""
        worth = self.amounts * np.exp(-self.rate[:, None] * self.ex_times)
        left: Floats = np.maximum(self.spot - np.nansum(worth, axis=1), 0.01 * self.spot)
        return left


def greeks(model: Model, options: Options, vol: Floats) -> Greeks:
    """Value and Greeks per share; NaN where an input is."""
    if model == "european":
        return black_scholes.greeks(**options.arguments(), vol=vol)
    if model == "american":
        return american.greeks(**options.arguments(), vol=vol)
    return american.greeks_with_dividends(
        **options.arguments(), vol=vol, ex_times=options.ex_times, amounts=options.amounts
    )


def implied(model: Model, options: Options, price: Floats) -> Floats:
    """The volatility at which the model gives ``price``, annual decimals; NaN where none does.

    A price at or below what exercising at once brings in has no volatility, nor has one above what the largest gives.
    """
    without_cash = replace(options, spot=options.escrowed_spot())
    vol = implied_vol.solve(**without_cash.arguments(), price=price).vol
    if model == "european":
        return vol
    vol = np.where(np.isfinite(vol), vol, GUESS)
    sign = np.where(options.is_call, 1.0, -1.0)
    early = np.isfinite(price) & (price > np.maximum(sign * (without_cash.spot - options.strike), 0.0))
    vol[early] = _solved(
        _continuous, without_cash.of(early), price[early], vol[early], steps=STEPS, tolerance=TOLERANCE_USD
    )
    if model == "american":
        return np.where(early, vol, np.nan)
    alive = np.isfinite(price) & (price > np.maximum(sign * (options.spot - options.strike), 0.0))
    start = np.where(np.isfinite(vol), vol, GUESS)
    found = np.full(len(options), np.nan)
    found[alive] = _solved(
        _with_cash, options.of(alive), price[alive], start[alive], steps=CASH_STEPS, tolerance=CASH_TOLERANCE_USD
    )
    return found


def _continuous(options: Options, vol: Floats) -> Floats:
    return american.price(**options.arguments(), vol=vol)


def _with_cash(options: Options, vol: Floats) -> Floats:
    return american.price_with_dividends(
        **options.arguments(), vol=vol, ex_times=options.ex_times, amounts=options.amounts
    )


def _solved(
    value: Callable[[Options, Floats], Floats],
    options: Options,
    price: Floats,
    start: Floats,
    *,
    steps: int,
    tolerance: float,
) -> Floats:
    """Volatilities at which ``value`` gives ``price``, found from the European vega on."""

    def of(places: NDArray[np.intp]) -> Options:
        """The options at some places."""
        mask = np.zeros(len(options), bool)
        mask[places] = True
        return options.of(mask)

    return solve_price(
        lambda places, vol: value(of(places), vol),
        lambda places, vol: 100 * black_scholes.greeks(**of(places).arguments(), vol=vol).vega_per_vol_point,
        price,
        start,
        steps=steps,
        tolerance_usd=tolerance,
    )

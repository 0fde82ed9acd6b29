"""The discount curve: continuous zero rates by tenor, from Treasury par yields, not one flat rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lox_core.errors import ModelError

Floats = NDArray[np.float64]
# Constant-maturity Treasury series by tenor in years. Bills pay no coupon; from two years on they pay half-yearly.
TREASURY_TENORS: dict[str, float] = {
    "DGS1MO": 1 / 12,
    "DGS3MO": 0.25,
    "DGS6MO": 0.5,
    "DGS1": 1.0,
    "DGS2": 2.0,
    "DGS3": 3.0,
    "DGS5": 5.0,
    "DGS7": 7.0,
    "DGS10": 10.0,
    "DGS20": 20.0,
    "DGS30": 30.0,
}


@dataclass(frozen=True, eq=False)
class DiscountCurve:
    """Continuous zero rates (annual decimals) at ascending tenors, linear between them, flat beyond both ends.

    ``as_of`` is when the newest yield was true; ``source`` names where they come from.
    """

    tenor_years: Floats
    zero_rates: Floats
    as_of: datetime | None = None
    source: str = ""

    def rate(self, expiry_years: ArrayLike) -> Floats:
        """The continuous zero rate to each of ``expiry_years``."""
        rates: Floats = np.interp(np.asarray(expiry_years, float), self.tenor_years, self.zero_rates)
        return rates

    def discount(self, expiry_years: ArrayLike) -> Floats:
        """The discount factor to each of ``expiry_years``."""
        years = np.asarray(expiry_years, float)
        factors: Floats = np.exp(-self.rate(years) * years)
        return factors


def flat(rate: float) -> DiscountCurve:
    """One continuous rate for every tenor."""
    return DiscountCurve(np.array([1.0]), np.array([float(rate)]), source="flat")


def from_par_yields(
    yields_pct: Mapping[float, float], *, as_of: datetime | None = None, source: str = ""
) -> DiscountCurve:
    """Bootstrap zero rates from Treasury par yields (bond-equivalent, half-yearly coupons).

    Parameters
    ----------
    yields_pct : mapping
        Tenor in years to par yield in percent. NaN yields are left out.

    Raises
    ------
    ModelError
        No tenor has a yield, or long yields so far above short ones that a discount factor would be negative.

    Notes
    -----
    Before half a year there is no coupon: ``r = 2 ln(1 + y/2)``. From then on par yields are interpolated linearly on
    the half-yearly grid and each zero rate follows from those before it, as in Hull, *Options, Futures and Other
    Derivatives*, chapter 4; a half-yearly par bond of a known tenor on that grid is worth par exactly.
    """
    known = {t: y / 100 for t, y in sorted(yields_pct.items()) if np.isfinite(y)}
    if not known:
        raise ModelError("No Treasury yield is known, so there is no discount curve.")
    tenors, yields = np.array(list(known)), np.array(list(known.values()))
    grid = np.arange(0.5, tenors[-1] + 0.25, 0.5)
    factors = np.empty(len(grid))
    for i, coupon in enumerate(np.interp(grid, tenors, yields) / 2):
        factors[i] = (1 - coupon * factors[:i].sum()) / (1 + coupon)
    if not (factors > 0).all():
        raise ModelError("These Treasury yields imply a discount factor below zero, so there is no discount curve.")
    bills = {t: float(2 * np.log1p(y / 2)) for t, y in known.items() if t < 0.5}
    zero = bills | dict(zip(grid.tolist(), (-np.log(factors) / grid).tolist(), strict=True))
    return DiscountCurve(np.array(list(zero)), np.array(list(zero.values())), as_of, source)

"""A smile per expiry: the volatility of every strike, from filtered quotes, and the quotes that were rejected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SmileQuote:
    """One quote of a chain as the fit saw it. ``reason`` is None where it was used, else why it was not."""

    strike: float
    is_call: bool
    bid: float | None
    ask: float | None
    vol: float | None
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class Smile:
    """The fitted volatilities of one expiry.

    ``knots`` are log-moneyness ``ln(strike / forward)``, ascending, and ``vols`` the fitted annual decimals there;
    between them the curve is a shape-preserving cubic, beyond the outermost it is flat. ``forward`` comes from
    put-call parity where the chain allows, ``div_yield`` is the continuous yield it implies.
    """

    underlying: str
    expiry: date
    at: datetime
    expiry_years: float
    forward: float
    div_yield: float
    rate: float
    knots: Floats
    vols: Floats
    quotes: tuple[SmileQuote, ...] = ()
    warnings: tuple[str, ...] = ()
    source: str = ""

    def vol(self, strike: ArrayLike) -> Floats:
        """The fitted volatility at each strike."""
        from scipy.interpolate import PchipInterpolator

        k = np.log(np.asarray(strike, float) / self.forward)
        inside = np.clip(k, self.knots[0], self.knots[-1])
        if len(self.knots) == 1:
            return np.full(np.shape(k), self.vols[0])
        found: Floats = PchipInterpolator(self.knots, self.vols)(inside)
        return found

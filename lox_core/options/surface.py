"""A smile per expiry: the volatility of every strike, from filtered quotes, and the quotes that were rejected.

:mod:`lox_core.options.smile_fit` makes them, :mod:`lox_core.options.arbitrage` says whether they are free of it.
"""

from __future__ import annotations

from collections.abc import Mapping
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
        return between_knots(self.knots, self.vols, np.log(np.asarray(strike, float) / self.forward))


def between_knots(knots: Floats, vols: Floats, k: ArrayLike) -> Floats:
    """A shape-preserving cubic through ``vols`` at ``knots``, at each of ``k``; flat beyond the outermost."""
    from scipy.interpolate import PchipInterpolator

    if len(knots) == 1:
        return np.full(np.shape(k), vols[0])
    found: Floats = PchipInterpolator(knots, vols)(np.clip(k, knots[0], knots[-1]))
    return found


@dataclass(frozen=True, eq=False)
class Surface:
    """The smiles of one underlying by expiry, and in words why an expiry has none."""

    smiles: Mapping[date, Smile]
    missing: Mapping[date, str]

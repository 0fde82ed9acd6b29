"""A smile per expiry: the volatility of every strike, from filtered quotes, and the quotes that were rejected.

:mod:`lox_core.options.smile_fit` makes them; here is what they say, and whether it is free of arbitrage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lox_core.options import black_scholes

Floats = NDArray[np.float64]
# Of slope per point of strike, and of total variance: what a fit through quotes a tick apart may show.
SLOPE_TOLERANCE, BUTTERFLY_TOLERANCE, CALENDAR_TOLERANCE = 1e-3, 2e-3, 0.02


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


def arbitrage(smile: Smile, points: int = 81) -> tuple[str, ...]:
    """What a fitted smile would give away: call prices must fall and be convex in strike (no butterfly below zero)."""
    strikes = smile.forward * np.exp(np.linspace(smile.knots[0], smile.knots[-1], points))
    if len(smile.knots) < 3 or strikes[-1] <= strikes[0]:
        return ()
    years = smile.expiry_years
    calls = black_scholes.price(
        is_call=True,
        spot=smile.forward,
        strike=strikes,
        expiry_years=years,
        rate=0.0,
        vol=smile.vol(strikes),
        div_yield=0.0,
    )
    slopes = np.diff(calls) / np.diff(strikes)
    bad_slope = (slopes > SLOPE_TOLERANCE) | (slopes < -1 - SLOPE_TOLERANCE)
    bends = np.diff(slopes)
    worst = int(np.argmin(bends))
    found = []
    if bad_slope.any():
        found.append(f"Call prices do not fall with the strike near {strikes[int(np.argmax(bad_slope))]:,.0f}.")
    if bends[worst] < -BUTTERFLY_TOLERANCE:
        found.append(f"A butterfly near {strikes[worst + 1]:,.0f} would cost less than nothing.")
    return tuple(found)


def calendar_arbitrage(smiles: Sequence[Smile]) -> tuple[str, ...]:
    """Expiries between which total variance falls at the same moneyness, so that a calendar would cost nothing."""
    found = []
    ordered = sorted(smiles, key=lambda one: one.expiry_years)
    for near, far in pairwise(ordered):
        low, high = max(near.knots[0], far.knots[0]), min(near.knots[-1], far.knots[-1])
        if low >= high:
            continue
        k = np.linspace(low, high, 41)
        early = near.vol(near.forward * np.exp(k)) ** 2 * near.expiry_years
        late = far.vol(far.forward * np.exp(k)) ** 2 * far.expiry_years
        if (late < early * (1 - CALENDAR_TOLERANCE)).any():
            found.append(f"Total variance falls from {near.expiry} to {far.expiry}: a calendar would cost nothing.")
    return tuple(found)

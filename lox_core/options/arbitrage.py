"""What a smile or a surface would give away: butterflies and calendars that cost nothing.

Prices are compared, not volatilities, and only what is left after crossing the quotes' spreads counts: a fit through
quotes a tick apart always bends the wrong way somewhere. For the same reason strikes more than two and a half standard
deviations away, quoted in single ticks, are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lox_core.numbers import number
from lox_core.options import black_scholes
from lox_core.options.surface import Smile

Floats = NDArray[np.float64]
DEVIATIONS = np.linspace(-2.5, 2.5, 21)  # strikes compared, in standard deviations from the forward
LEAST_HALF = 0.005


def within(smile: Smile) -> tuple[str, ...]:
    """What one expiry gives away: call prices must fall with the strike, no faster than it rises, and be convex."""
    k = _moneyness(smile, smile.knots[0], smile.knots[-1])
    if len(k) < 3:
        return ()
    strike = smile.forward * np.exp(k)
    calls = smile.forward * np.where(k >= 0, _wing(smile, k), _wing(smile, k) + 1 - np.exp(k))
    free = 2 * _half_spread(smile, strike) * np.exp(smile.rate * smile.expiry_years)
    up, rise = np.diff(strike), np.diff(calls)
    found = []
    wrong = (rise > free[1:]) | (rise < -up - free[1:])
    if wrong.any():
        found.append(f"Call prices do not fall with the strike near {number(strike[int(np.argmax(wrong))])}.")
    cost = (calls[:-2] * up[1:] + calls[2:] * up[:-1]) / (up[1:] + up[:-1]) - calls[1:-1]
    worst = int(np.argmin(cost + free[1:-1]))
    if cost[worst] < -free[1 + worst]:
        found.append(f"A butterfly around {number(strike[1 + worst])} would cost less than nothing.")
    return tuple(found)


def between(smiles: Sequence[Smile]) -> dict[int, str]:
    """Expiries whose options cost less than equally far ones of the expiry before, so that calendars cost nothing.

    Parameters
    ----------
    smiles : sequence of Smile
        Of one underlying, ascending in expiry.

    Returns
    -------
    dict
        The place of the later smile to what is wrong. At equal moneyness total variance must not fall with time
        (Gatheral and Jacquier, *Arbitrage-free SVI volatility surfaces*, 2014).
    """
    found = {}
    for place, (near, far) in enumerate(pairwise(smiles), 1):
        k = _moneyness(near, max(near.knots[0], far.knots[0]), min(near.knots[-1], far.knots[-1]))
        if not len(k):
            continue
        gained = far.forward * (_wing(far, k) - _wing(near, k))
        free = _half_spread(near, near.forward * np.exp(k)) + _half_spread(far, far.forward * np.exp(k))
        if (gained < -free).any():
            strike = number(far.forward * float(np.exp(k[int(np.argmin(gained + free))])))
            found[place] = f"Total variance falls from {near.expiry} near {strike}: a calendar would cost nothing."
    return found


def _moneyness(smile: Smile, low: float, high: float) -> Floats:
    """The log-moneyness compared that lies between two limits."""
    k: Floats = DEVIATIONS * float(smile.vol(smile.forward)) * np.sqrt(smile.expiry_years)
    return k[(k >= low) & (k <= high)]


def _wing(smile: Smile, k: Floats) -> Floats:
    """Undiscounted values of the side out of the money, per unit of forward."""
    return black_scholes.price(
        is_call=k >= 0,
        spot=1.0,
        strike=np.exp(k),
        expiry_years=smile.expiry_years,
        rate=0.0,
        vol=smile.vol(smile.forward * np.exp(k)),
    )


def _half_spread(smile: Smile, strike: Floats) -> Floats:
    """Half the spread of the quotes used around each strike, per share; half a cent without any."""
    used = [one for one in smile.quotes if one.reason is None and one.bid is not None and one.ask is not None]
    if not used:
        return np.full(len(strike), LEAST_HALF)
    halves: dict[float, float] = {}
    for one in used:
        half = max(0.5 * ((one.ask or 0.0) - (one.bid or 0.0)), LEAST_HALF)
        halves[one.strike] = min(half, halves.get(one.strike, half))
    known = sorted(halves)
    return np.interp(strike, known, [halves[strike] for strike in known])

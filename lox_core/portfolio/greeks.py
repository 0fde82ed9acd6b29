"""Greeks in position dollars, and totals that say how much of the book they cover.

Conventions, with q signed contracts, m dollars per point, S the underlying's price:

* ``dollar_delta`` q·m·δ·S: the shares' worth that moves alike.
* ``beta_weighted_delta_spy`` q·m·δ·S·β / S_SPY: SPY shares that move alike; dollars per +1 % of SPY follow from it.
* ``gamma_1pct_usd`` q·m·Γ·S²/100: change of dollar delta per +1 % of the underlying.
* ``theta_per_day_usd`` per calendar day, positive when the position collects; never more than the remaining time value.
* ``vega_per_vol_point_usd`` per +1 vol point; ``rho_per_pct_point_usd`` per +1 percentage point of rates.
* ``vanna_usd`` change of dollar delta per +1 vol point; ``charm_per_day_usd`` of dollar delta per day;
  ``volga_usd`` change of vega per +1 vol point.

A total is the sum over the legs that have the number. Its coverage weighs legs by what is at stake: money by absolute
market value, Greeks by notional |q|·m·S.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lox_core.portfolio.positions import Account, UnderlyingState
from lox_core.portfolio.valued import EXTRA_GREEKS, GREEKS, Book, Leg, Total

SPY = "SPY"
ALL_GREEKS = (*GREEKS, *EXTRA_GREEKS)
ONE_DAY_YEARS = 1 / 365
# Accounts that hold positions without a cash line of their own.
CASHLESS_ACCOUNTS = ("imported", "sample")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ShareGreeks:
    """Greeks of one share's worth of a contract; NaN where missing."""

    delta: float
    gamma: float = 0.0
    theta_per_day: float = 0.0
    vega_per_vol_point: float = 0.0
    rho_per_pct_point: float = 0.0
    vanna_per_vol_point: float = 0.0
    charm_per_day: float = 0.0
    volga_per_vol_point_sq: float = 0.0


SHARE = ShareGreeks(1.0)
NOTHING = ShareGreeks(0.0)
MISSING = ShareGreeks(*[math.nan] * len(fields(ShareGreeks)))


def cap_theta(theta_per_day: ArrayLike, time_value: ArrayLike, expiry_years: ArrayLike) -> Floats:
    """Theta held to what is left to decay.

    Parameters
    ----------
    theta_per_day : dollars a share per calendar day, as the model's derivative gives it
    time_value : theoretical minus intrinsic value; below 0 for some European puts
    expiry_years : years to the last valuation

    Returns
    -------
    array
        A loss is no larger than the remaining time value. On the last day neither a loss nor a gain exceeds the
        distance to the intrinsic value; before it a European value below intrinsic may gain more than that distance
        and give it back, so gains are left alone.
    """
    theta, value, years = np.broadcast_arrays(
        *(np.asarray(x, float) for x in (theta_per_day, time_value, expiry_years))
    )
    room = np.abs(value)
    last_day = years <= ONE_DAY_YEARS
    floor = np.where(last_day | (value >= 0), -room, -np.inf)
    ceiling = np.where(last_day, room, np.inf)
    held: Floats = np.where(np.isnan(room), np.nan, np.clip(theta, floor, ceiling))
    return held


def beta_of(state: UnderlyingState | None) -> float | None:
    """Beta to SPY; SPY's own is 1."""
    if state is None:
        return None
    return 1.0 if state.symbol == SPY else finite(state.beta)


def position_greeks(
    per_share: ShareGreeks, *, size: float, spot: float | None, beta: float | None, spy_spot: float | None
) -> dict[str, float | None]:
    """The nine Greeks of one leg in position dollars.

    Parameters
    ----------
    per_share : ShareGreeks
    size : float
        Signed contracts times dollars per point.
    spot, beta, spy_spot : float or None
        A Greek whose factors are not all known is ``None``.
    """
    price = math.nan if spot is None else spot
    dollar_delta = size * per_share.delta * price
    weight = math.nan if beta is None or not spy_spot else beta / spy_spot
    found = {
        "dollar_delta": dollar_delta,
        "beta_weighted_delta_spy": dollar_delta * weight,
        "gamma_1pct_usd": size * per_share.gamma * price * price / 100,
        "theta_per_day_usd": size * per_share.theta_per_day,
        "vega_per_vol_point_usd": size * per_share.vega_per_vol_point,
        "rho_per_pct_point_usd": size * per_share.rho_per_pct_point,
        "vanna_usd": size * per_share.vanna_per_vol_point * price,
        "charm_per_day_usd": size * per_share.charm_per_day * price,
        "volga_usd": size * per_share.volga_per_vol_point_sq,
    }
    return {name: finite(value) for name, value in found.items()}


def greek_of(leg: Leg, name: str) -> float | None:
    """One of a leg's nine Greeks by its total's key."""
    return finite(leg.greeks.get(name) if name in GREEKS else leg.extra_greeks.get(name))


def greek_totals(legs: Sequence[Leg]) -> dict[str, Total]:
    """The nine totals of some legs: sums of what is known, coverage by notional."""
    weights = _filled([_notional(leg) for leg in legs])
    return {name: _total(legs, [greek_of(leg, name) for leg in legs], weights) for name in ALL_GREEKS}


def money_totals(legs: Sequence[Leg], account: Account) -> dict[str, Total]:
    """``nav_liquidation`` and ``nav_mid``: cash and the positions' values at the marks and at the mids.

    Coverage is by absolute market value. Without cash an imported or sample book is worth its positions alone; any
    other account's value is then unknown, and ``missing`` names ``cash`` first.
    """
    weights = _filled([_stake(leg) for leg in legs])
    found = {}
    for name, values in (
        ("nav_mid", [leg.mid_value for leg in legs]),
        ("nav_liquidation", [leg.mark_value for leg in legs]),
    ):
        positions = _total(legs, values, weights)
        found[name] = _with_cash(positions, account)
    return found


def gap_total(legs: Sequence[Leg]) -> Total:
    """The liquidation gap over the legs that have both marks."""
    return _total(legs, [leg.gap_usd for leg in legs], _filled([_stake(leg) for leg in legs]))


def beta_weighted_usd_per_pct(book: Book) -> float | None:
    """Dollars the book makes per +1 % of SPY through its betas."""
    state = book.underlyings.get(SPY)
    shares = book.totals["beta_weighted_delta_spy"].value
    spot = state.spot if state is not None else None
    return None if shares is None or spot is None else shares * spot / 100


def _with_cash(positions: Total, account: Account) -> Total:
    cash = finite(account.cash)
    if cash is None and account.name not in CASHLESS_ACCOUNTS:
        return Total(None, positions.coverage, ("cash", *positions.missing))
    if positions.value is None:
        return positions
    return Total(positions.value + (cash or 0.0), positions.coverage, positions.missing)


def _total(legs: Sequence[Leg], values: Sequence[float | None], weights: Sequence[float]) -> Total:
    known = [
        (number, weight) for value, weight in zip(values, weights, strict=True) if (number := finite(value)) is not None
    ]
    missing = tuple(leg.symbol for leg, value in zip(legs, values, strict=True) if finite(value) is None)
    if not legs:
        return Total(0.0, 1.0)
    if not known:
        return Total(None, 0.0, missing)
    # A leg with next to nothing at stake is still missing: rounding must not make that whole.
    share = math.fsum(weight for _, weight in known) / math.fsum(weights)
    coverage = min(share, math.nextafter(1.0, 0.0)) if missing else 1.0
    return Total(math.fsum(value for value, _ in known), coverage, missing)


def _stake(leg: Leg) -> float | None:
    """A leg's absolute market value: marked, else the broker's, else theoretical, else what was paid."""
    size = leg.holding.quantity * leg.holding.multiplier
    paid = leg.holding.average_price
    candidates = (
        leg.mark_value or None,
        leg.mid_value or None,
        leg.holding.broker_value or None,
        None if leg.theo is None else size * leg.theo,
        None if paid is None else size * paid,
    )
    return next((abs(one) for value in candidates if (one := finite(value)) is not None), None)


def _notional(leg: Leg) -> float | None:
    """A leg's notional |q|·m·S, with the strike or the mark where the underlying's price is unknown."""
    contract = leg.holding.contract
    price = finite(leg.spot) or (
        contract.strike if contract is not None else leg.mark.mark or leg.holding.average_price
    )
    return None if price is None else finite(abs(leg.holding.quantity) * leg.holding.multiplier * price)


def _filled(weights: Sequence[float | None]) -> list[float]:
    """Weights with the mean of the known in place of the unknown and of zeros, so that no leg is weightless."""
    known = [weight for weight in weights if weight]
    mean = sum(known) / len(known) if known else 1.0
    return [weight or mean for weight in weights]


def finite(value: float | None) -> float | None:
    """A finite number, or ``None``."""
    return None if value is None or not math.isfinite(value) else value

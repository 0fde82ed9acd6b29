"""The moves of running options between two instants, per share: by averaged Greeks, and by repricing step by step.

The expansion takes each Greek as the average of the start's and the end's, which is exact to second order: what it
leaves is of third order in the moves. Delta is the start's, gamma the averaged half, and ``cross`` the rest of the
delta's change, which vanna and charm made. Across an ex-date the price already held the fall of the dividend: it is no
move, so ``dividends`` gives the delta back what the fall took from it, and the step of time takes the spot along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import numpy as np

from lox_core.options.contract import YEAR_S
from lox_core.portfolio import reprice
from lox_core.portfolio.reprice import Floats, Table
from lox_core.portfolio.valued import Leg

CASH_MODEL = "american, cash dividends"


class Start(Protocol):
    """What an option was at the start: price and spot per share; the rate where it is known."""

    @property
    def price(self) -> float | None:
        """Dollars per share."""

    @property
    def spot(self) -> float | None:
        """The underlying's price."""

    @property
    def rate(self) -> float | None:
        """The continuous zero rate to expiry; None: as at the end."""


@dataclass(frozen=True)
class Paid:
    """A cash dividend whose ex-date opened between start and end."""

    at: datetime
    amount: float


@dataclass(frozen=True, eq=False)
class Explanation:
    """``effects`` and ``steps``: dollars per share by cause, (n,) each, NaN where a leg has no value."""

    effects: Table
    steps: Table


def explain(
    legs: Sequence[Leg], before: Sequence[Start], paid: Sequence[Sequence[Paid]], *, start: datetime, end: datetime
) -> Explanation:
    """What moved each option.

    Parameters
    ----------
    legs : sequence of Leg, n of them
        As valued at ``end``, each repriceable.
    before : sequence of Start, n of them
        With a price and a spot each.
    paid : sequence, n of them
        The dividends of each leg's underlying that went ex between the instants.
    """
    american = [leg.holding.contract is not None and leg.holding.contract.style == "american" for leg in legs]
    falls = np.array([sum(one.amount for one in some) for some in paid], float) * american
    legs = [_with_paid(leg, some, end) if fall else leg for leg, some, fall in zip(legs, paid, falls, strict=True)]
    after = reprice.inputs_of(legs)
    first = {
        "spot": np.array([one.spot for one in before], float),
        "years": after["years"] + (end - start).total_seconds() / YEAR_S,
        "rate": np.array([leg.rate if one.rate is None else one.rate for one, leg in zip(before, legs, strict=True)]),
        "vol": after["vol"],
    }
    solved = reprice.implied(legs, first, np.array([one.price for one in before], float))
    first["vol"] = np.where(np.isfinite(solved), solved, after["vol"])
    after["vol"] = _vols_of_mids(legs, after, solved, remodelled=falls > 0)
    days = (end - start).total_seconds() / 86_400
    return Explanation(_effects(legs, first, after, falls, days), _steps(legs, first, after, falls))


def _with_paid(leg: Leg, paid: Sequence[Paid], end: datetime) -> Leg:
    """The leg with dividends behind it too, which at the start were ahead."""
    gone = tuple(((one.at - end).total_seconds() / YEAR_S, one.amount) for one in paid)
    return replace(leg, model=CASH_MODEL, dividends=(*gone, *leg.dividends))


def _vols_of_mids(legs: Sequence[Leg], after: Table, solved: Floats, *, remodelled: reprice.Flags) -> Floats:
    """The end's volatilities from the mids, like the start's from its prices.

    A leg valued by a smile or a given volatility has another price than its mid; beside a start solved from a price
    that difference would pass for a move of volatility. The same goes for a leg that another model valued at the end.
    """
    vols = after["vol"].copy()
    other = np.array([leg.vol_source != "mid" for leg in legs], bool) | remodelled
    places = np.flatnonzero(other & np.isfinite(solved))
    if len(places):
        mine = [legs[int(i)] for i in places]
        mids = np.array([leg.mark.mid for leg in mine], float)
        found = reprice.implied(mine, {name: column[places] for name, column in after.items()}, mids)
        vols[places] = np.where(np.isfinite(found), found, vols[places])
    return vols


def _effects(legs: Sequence[Leg], first: Table, after: Table, falls: Floats, days: float) -> Table:
    g0, g1 = reprice.greeks(legs, first), reprice.greeks(legs, after)
    moved = {name: after[name] - first[name] for name in reprice.INPUTS}
    own = moved["spot"] + falls  # the move that nothing announced
    gamma = 0.25 * (g0.gamma + g1.gamma) * own**2
    return {
        "delta": g0.delta * moved["spot"],
        "gamma": gamma,
        "vega": 50 * (g0.vega_per_vol_point + g1.vega_per_vol_point) * moved["vol"],
        "theta": 0.5 * (g0.theta_per_day + g1.theta_per_day) * days,
        "rho": 50 * (g0.rho_per_pct_point + g1.rho_per_pct_point) * moved["rate"],
        "cross": 0.5 * (g1.delta - g0.delta) * own - gamma,
        "dividends": g0.delta * falls,
    }


def _steps(legs: Sequence[Leg], first: Table, after: Table, falls: Floats) -> Table:
    """Value changes as time, spot, volatility and rate move one after the other."""
    state, value, found = dict(first), reprice.values(legs, first), {}
    moves = (
        ("time", {"years": after["years"], "spot": first["spot"] - falls}),
        ("spot", {"spot": after["spot"]}),
        ("vol", {"vol": after["vol"]}),
        ("rate", {"rate": after["rate"]}),
    )
    for step, moved in moves:
        state = state | moved
        following = reprice.values(legs, state)
        found[step] = following - value
        value = following
    return found

"""What a strategy would be worth over a range of spots: today, at a chosen moment, and when its first leg expires.

Values are by model, each leg by its own, less what leaving would bring now (the conservative marks) or less what was
paid. A strategy over several expiries is valued at the first: the later legs then still have time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lox_core.errors import ModelError
from lox_core.options.contract import YEAR_S
from lox_core.portfolio import reprice
from lox_core.portfolio.valued import Leg

Floats = NDArray[np.float64]
Basis = Literal["mark", "cost"]
POINTS = 161
REACH = 3.0  # standard deviations to the first expiry on either side, and at least MARGIN beyond the strikes
LEAST_REACH, MARGIN = 0.06, 0.03
NOWHERE, FAR = 0.02, 4.0  # spots beyond the range that bounds are sought at, as multiples of its ends
ROUNDS, CUTS = 3, 9  # a root between two spots is narrowed to an eighth of its bracket, this many times


@dataclass(frozen=True, eq=False)
class Payoff:
    """P&L in dollars over ``spots``, (n,) each; ``best`` and ``worst`` at the first expiry, None where unbounded."""

    underlying: str
    spot: float
    spots: Floats
    today: Floats
    chosen: Floats | None
    at_expiry: Floats
    first_expiry: datetime
    break_evens: tuple[float, ...]
    best: float | None
    worst: float | None
    strikes: tuple[float, ...]
    basis: Basis


def payoff(legs: Sequence[Leg], *, as_of: datetime, chosen: datetime | None = None, basis: Basis = "mark") -> Payoff:
    """The payoff of legs on one underlying.

    Parameters
    ----------
    legs : sequence of Leg
        Shares and options of one underlying; those without a model or a mark are refused.
    as_of : datetime
        When the legs were valued.
    chosen : datetime, optional
        A moment between ``as_of`` and the first expiry.
    basis : {"mark", "cost"}
        P&L against leaving now at the conservative marks, or against what was paid.

    Raises
    ------
    ModelError
        Which leg cannot be drawn, and why.
    """
    _check(legs, basis)
    spot = next(leg.spot for leg in legs if leg.spot is not None)
    options = [leg for leg in legs if leg.holding.contract is not None]
    strikes = sorted({leg.holding.contract.strike for leg in options if leg.holding.contract})
    ends = [leg.holding.contract.last_valuation for leg in options if leg.holding.contract]
    first = min(ends, default=as_of)
    spots = _range(options, spot, strikes)
    base = sum(_base(leg, basis) for leg in legs)
    now, later = _values(legs, spots, 0.0), None
    if chosen is not None and as_of < chosen < first:
        later = _values(legs, spots, (chosen - as_of).total_seconds() / YEAR_S) - base
    passed = max((first - as_of).total_seconds(), 0.0) / YEAR_S
    wide = np.concatenate([[NOWHERE * spots[0]], spots, [FAR * spots[-1]]])
    ended = _values(legs, wide, passed) - base
    end, high, ruin = ended[1:-1], _far_slope(legs), _at_zero(legs, base)
    curved = len(set(ends)) > 1
    return Payoff(
        underlying=legs[0].holding.underlying,
        spot=spot,
        spots=spots,
        today=now - base,
        chosen=later,
        at_expiry=end,
        first_expiry=first,
        break_evens=_roots(wide, ended, (lambda at: _values(legs, at, passed) - base) if curved else None),
        best=None if high > 0 else max(float(ended.max()), ruin),
        worst=None if high < 0 else min(float(ended.min()), ruin),
        strikes=tuple(strikes),
        basis=basis,
    )


def _check(legs: Sequence[Leg], basis: Basis) -> None:
    if not legs or len({leg.holding.underlying for leg in legs}) > 1:
        raise ModelError("A payoff is drawn over the spot of one underlying.")
    for leg in legs:
        if leg.spot is None:
            raise ModelError(f"{leg.symbol} cannot be drawn: its underlying has no price.")
        if leg.holding.contract is not None and not reprice.repriceable(leg):
            raise ModelError(
                f"{leg.symbol} cannot be drawn: {leg.greeks_reason or leg.reason or 'it has no volatility'}."
            )
        if (leg.mark_value if basis == "mark" else leg.holding.average_price) is None:
            what = "mark" if basis == "mark" else "price paid"
            raise ModelError(f"{leg.symbol} cannot be drawn: it has no {what}.")


def _base(leg: Leg, basis: Basis) -> float:
    if basis == "mark":
        return leg.mark_value or 0.0
    return leg.holding.quantity * leg.holding.multiplier * (leg.holding.average_price or 0.0)


def _range(options: Sequence[Leg], spot: float, strikes: Sequence[float]) -> Floats:
    """Spots around the present one, wide enough for the strikes and three standard deviations."""
    moves = [REACH * (leg.vol or 0.0) * np.sqrt(leg.expiry_years or 0.0) for leg in options]
    reach = max(LEAST_REACH, min(float(np.median(moves)) if moves else 0.2, 0.8))
    low = min([spot * np.exp(-reach), *(strike * (1 - MARGIN) for strike in strikes)])
    high = max([spot * np.exp(reach), *(strike * (1 + MARGIN) for strike in strikes)])
    return np.unique(np.concatenate([np.linspace(low, high, POINTS), strikes, [spot]]))


def _values(legs: Sequence[Leg], spots: Floats, passed_years: float) -> Floats:
    """Dollars of all legs at each spot after some time, volatilities and rates as they are."""
    total = np.zeros(len(spots))
    options = [leg for leg in legs if leg.holding.contract is not None]
    for leg in legs:
        if leg.holding.contract is None:
            total += leg.holding.quantity * spots
    if not options:
        return total
    many = [leg for leg in options for _ in spots]
    table = reprice.inputs_of(many)
    table["spot"] = np.tile(spots, len(options))
    table["years"] = np.maximum(table["years"] - passed_years, 0.0)
    worth = reprice.values(many, table).reshape(len(options), len(spots))
    for leg, row in zip(options, worth, strict=True):
        total += leg.holding.quantity * leg.holding.multiplier * row
    return total


def _far_slope(legs: Sequence[Leg]) -> float:
    """Dollars per dollar of spot far above every strike, when all has expired."""
    held = (leg.holding for leg in legs)
    return sum(one.quantity * one.multiplier for one in held if one.contract is None or one.contract.is_call)


def _at_zero(legs: Sequence[Leg], base: float) -> float:
    """P&L with the underlying worth nothing: the puts bring their strikes."""
    pairs = ((leg.holding, leg.holding.contract) for leg in legs)
    puts = ((one, contract) for one, contract in pairs if contract is not None and not contract.is_call)
    return sum(one.quantity * one.multiplier * contract.strike for one, contract in puts) - base


def _roots(spots: Floats, pnl: Floats, value: Callable[[Floats], Floats] | None) -> tuple[float, ...]:
    """Where the P&L crosses zero.

    Between neighbouring spots, strikes among them, it runs straight when everything has expired; where some legs still
    live, ``value`` is asked between them.
    """
    found = [float(spots[i]) for i in range(1, len(spots) - 1) if pnl[i] == 0 and pnl[i - 1] * pnl[i + 1] < 0]
    places = np.flatnonzero(pnl[:-1] * pnl[1:] < 0)
    if not len(places):
        return tuple(found)
    ends, sides = np.stack([spots[places], spots[places + 1]], 1), np.stack([pnl[places], pnl[places + 1]], 1)
    if value is not None:
        for _ in range(ROUNDS):
            ends, sides = _narrowed(ends, sides, value)
    crossed = ends[:, 0] + (ends[:, 1] - ends[:, 0]) * sides[:, 0] / (sides[:, 0] - sides[:, 1])
    return tuple(sorted([*found, *crossed.tolist()]))


def _narrowed(ends: Floats, sides: Floats, value: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    """Brackets (n, 2) and the P&L at their ends, each cut down to the piece in which the sign changes."""
    grid = np.linspace(ends[:, 0], ends[:, 1], CUTS, axis=1)
    inner = value(grid[:, 1:-1].ravel()).reshape(len(grid), -1)
    pnl = np.column_stack([sides[:, 0], inner, sides[:, 1]])
    cell = np.argmax(np.sign(pnl[:, 1:]) != np.sign(pnl[:, :1]), axis=1)
    rows = np.arange(len(grid))
    return np.stack([grid[rows, cell], grid[rows, cell + 1]], 1), np.stack([pnl[rows, cell], pnl[rows, cell + 1]], 1)

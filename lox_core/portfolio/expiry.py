"""The expiry sheet: what ends soon, what may be assigned, and the shares and cash that would move.

The Options Clearing Corporation exercises every option at least a cent in the money. A short call in the money is
likely exercised the day before an ex-date when its time value is below the dividend; a short put deep in the money
when it has no time value left. Pin risk: in the last two sessions the strike lies within the move expected to the
close, one standard deviation; on the last day to the hour and a half after it, until which holders may still decide.
Where a leg has no volatility of its own, its underlying's realised one says how far it may move.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from lox_core.calendars import sessions_since
from lox_core.clock import NEW_YORK
from lox_core.options.contract import YEAR_S
from lox_core.portfolio.positions import UnderlyingState
from lox_core.portfolio.rows import leg_name
from lox_core.portfolio.valued import Book, Leg

Risk = Literal["none", "low", "medium", "high", "unknown"]
EXERCISED_FROM = 0.01
PIN_SESSIONS, NO_TIME_VALUE = 2, 0.02
DECIDED_AFTER_S = 5_400  # seconds past the close: contrary exercise advice is taken until 17:30 New York
SESSIONS_A_YEAR, LEAST_CLOSES = 252, 11
HORIZON_DAYS = 60


@dataclass(frozen=True)
class ExpiryRow:
    """One option leg on the sheet.

    Attributes
    ----------
    days_left : calendar days to the expiry day.
    moneyness : distance of the spot past the strike over the spot, above zero in the money; None without a spot.
    expected_moves : the same distance in standard deviations to the close.
    extrinsic : time value per share at mid.
    pin, assignment : how likely each is, in words, for short legs; ``none`` for long ones, ``unknown`` where what it
        rests on is missing.
    why : what makes it so.
    shares, cash_usd : what exercise or assignment would move into the account.
    daily_move : move of the underlying in a day, a fraction, at which the leg's gamma and theta cancel; None without.
    """

    leg: Leg
    name: str
    expiry: date
    days_left: int
    sessions_left: int
    in_the_money: bool | None
    moneyness: float | None
    expected_moves: float | None
    extrinsic: float | None
    pin: Risk
    assignment: Risk
    why: str
    shares: float
    cash_usd: float
    daily_move: float | None = None


def expiry_sheet(book: Book, *, horizon_days: int = HORIZON_DAYS, shorts_only: bool = False) -> tuple[ExpiryRow, ...]:
    """The options that end within ``horizon_days``, soonest first; adjusted contracts are left out."""
    today = book.as_of.astimezone(NEW_YORK).date()
    rows = []
    for leg in book.legs:
        contract = leg.holding.contract
        if contract is None or contract.adjusted or not 0 <= contract.days_left(today) <= horizon_days:
            continue
        if shorts_only and leg.holding.quantity > 0:
            continue
        rows.append(_row(leg, book, today))
    return tuple(sorted(rows, key=lambda row: (row.expiry, row.leg.holding.underlying, row.leg.symbol)))


def _row(leg: Leg, book: Book, today: date) -> ExpiryRow:
    contract = leg.holding.contract
    assert contract is not None  # noqa: S101 - the caller kept options only
    spot, short = leg.spot, leg.holding.quantity < 0
    past = None if spot is None else (spot - contract.strike if contract.is_call else contract.strike - spot)
    left = sessions_since(today, contract.expiry)
    least_s = DECIDED_AFTER_S if contract.settlement == "physical" else 0
    years = max((contract.last_valuation - book.as_of).total_seconds(), least_s) / YEAR_S
    vol = leg.vol or _realised_vol(book.underlyings.get(leg.holding.underlying))
    reach = None if spot is None or vol is None else vol * math.sqrt(years) * spot
    moves = None if past is None or not reach else past / reach
    extrinsic = None if leg.mark.mid is None or past is None else leg.mark.mid - max(past, 0.0)
    pin: Risk = "none"
    if short and left < PIN_SESSIONS:
        pin = "unknown" if moves is None else "high" if abs(moves) < 0.5 else "medium" if abs(moves) < 1 else "low"
    elif short:
        pin = "low"
    assignment, why = _assignment(leg, book, past, extrinsic, today, left) if short else ("none", "")
    shares, cash = _moved(leg)
    return ExpiryRow(
        leg=leg,
        name=leg_name(leg),
        expiry=contract.expiry,
        days_left=contract.days_left(today),
        sessions_left=left,
        in_the_money=None if past is None else past >= EXERCISED_FROM,
        moneyness=None if past is None or not spot else past / spot,
        expected_moves=moves,
        extrinsic=extrinsic,
        pin=pin,
        assignment=assignment,
        why=why,
        shares=shares,
        cash_usd=cash,
        daily_move=_cancelling(leg.greeks.get("gamma_1pct_usd"), leg.greeks.get("theta_per_day_usd")),
    )


def _realised_vol(state: UnderlyingState | None) -> float | None:
    """Annualised standard deviation of the last daily returns; None with fewer than ten."""
    closes = () if state is None else state.recent_closes
    if len(closes) < LEAST_CLOSES:
        return None
    return float(np.std(np.diff(np.log(closes)), ddof=1) * math.sqrt(SESSIONS_A_YEAR)) or None


def _assignment(
    leg: Leg, book: Book, past: float | None, extrinsic: float | None, today: date, left: int
) -> tuple[Risk, str]:
    """How likely a short leg is assigned early, and why."""
    contract = leg.holding.contract
    if contract is None or contract.style != "american" or contract.settlement != "physical":
        return "none", "exercised at expiry only" if contract and contract.style == "european" else ""
    if past is None or extrinsic is None:
        return "unknown", "its price or the spot is missing"
    if past < EXERCISED_FROM:
        return "low", ""
    if left == 0:
        return "high", "in the money on its last day"
    if contract.is_call:
        state = book.underlyings.get(leg.holding.underlying)
        due = [d for d in (state.dividends if state else ()) if today < d.ex_date <= contract.expiry]
        if due:
            soonest = min(due, key=lambda one: one.ex_date)
            amount, ex = soonest.amount, soonest.ex_date
            words = f"time value ${extrinsic:.2f} against the ${amount:.2f} dividend, ex-date {ex.day} {ex:%b}"
            if extrinsic < amount:
                return ("high" if sessions_since(today, ex) <= 1 else "medium"), words
        return "low", "in the money"
    if extrinsic <= NO_TIME_VALUE:
        return "medium", "deep in the money without time value"
    return "low", "in the money"


def _moved(leg: Leg) -> tuple[float, float]:
    """Shares and cash that exercise or assignment would bring; index options settle in cash alone."""
    contract = leg.holding.contract
    if contract is None:
        return 0.0, 0.0
    size = leg.holding.quantity * contract.multiplier
    if contract.settlement == "cash":
        return 0.0, size * (contract.intrinsic(leg.spot) if leg.spot is not None else 0.0)
    shares = size if contract.is_call else -size
    return shares, -shares * contract.strike


@dataclass(frozen=True)
class ThetaBreakEven:
    """The daily move of an underlying at which gamma pays for theta (or costs what it brings): dollars and fraction.

    From ``theta + gamma move² / 2 = 0``, in position dollars.
    """

    underlying: str
    move_usd: float
    move: float


def theta_break_evens(book: Book) -> Mapping[str, ThetaBreakEven]:
    """By underlying; those whose gamma and theta have the same sign, or that miss one, are left out."""
    found = {}
    for symbol, totals in book.by_underlying.items():
        gamma, theta = totals["gamma_1pct_usd"].value, totals["theta_per_day_usd"].value
        state = book.underlyings.get(symbol)
        move = _cancelling(gamma, theta)
        if move is not None and state is not None and state.spot:
            found[symbol] = ThetaBreakEven(symbol, move * state.spot, move)
    return found


def _cancelling(gamma_1pct_usd: float | None, theta_per_day_usd: float | None) -> float | None:
    """The fraction at which ``theta + gamma move² / 2`` is nothing; None where both work the same way.

    ``gamma_1pct_usd`` is dollar delta per 1 %, so a hundred times it is per whole.
    """
    if gamma_1pct_usd is None or theta_per_day_usd is None or gamma_1pct_usd * theta_per_day_usd >= 0:
        return None
    return math.sqrt(2 * abs(theta_per_day_usd) / (100 * abs(gamma_1pct_usd)))

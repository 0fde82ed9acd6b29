"""A valued book: its legs, strategies and totals, the shapes every face draws and prints.

:mod:`lox_core.portfolio.book` builds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from lox_core.portfolio.positions import Account, Holding, UnderlyingState, VendorGreeks

# A leg's Greeks and the totals' have the same keys, in position dollars.
GREEKS = (
    "dollar_delta",
    "beta_weighted_delta_spy",
    "gamma_1pct_usd",
    "theta_per_day_usd",
    "vega_per_vol_point_usd",
    "rho_per_pct_point_usd",
)
EXTRA_GREEKS = ("vanna_usd", "charm_per_day_usd", "volga_usd")
TOTALS = ("nav_mid", "nav_liquidation", *GREEKS)
VolSource = Literal["mid", "smile", "given"]


@dataclass(frozen=True)
class Mark:
    """A conservative mark: long at the bid, short at the ask, per share. ``None`` with a reason when unpriced.

    ``flags`` are words such as ``wide``, ``crossed``, ``last session``, ``indicative``, ``stale``, ``no bid``.
    """

    mark: float | None
    mid: float | None
    at: datetime | None
    age_s: float | None
    flags: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Leg:
    """One position, marked and valued.

    ``mark_value`` and ``mid_value`` are signed dollars; ``gap_usd`` is mid minus mark, what leaving now costs.
    ``greeks`` and ``extra_greeks`` are in position dollars, ``None`` where missing; ``reason`` says why. ``theo`` is
    the model value per share at ``vol``; ``theta_per_day_usd`` is capped at the remaining time value. ``model`` names
    how it was valued: ``share``, ``european``, ``american``, ``american, cash dividends``, ``expired``, or nothing.
    ``previous_mark`` is the quote's previous close, else the broker's price of the last session, per share.
    """

    holding: Holding
    mark: Mark
    mark_value: float | None
    mid_value: float | None
    gap_usd: float | None
    greeks: Mapping[str, float | None]
    extra_greeks: Mapping[str, float | None]
    strategy: str = ""
    spot: float | None = None
    vol: float | None = None
    vol_source: VolSource | None = None
    rate: float | None = None
    div_yield: float = 0.0
    dividends: tuple[tuple[float, float], ...] = ()
    expiry_years: float | None = None
    theo: float | None = None
    intrinsic: float | None = None
    model: str = ""
    vendor: VendorGreeks | None = None
    previous_mark: float | None = None
    reason: str | None = None
    greeks_reason: str | None = None

    @property
    def symbol(self) -> str:
        """The holding's symbol."""
        return self.holding.symbol


@dataclass(frozen=True)
class Strategy:
    """Legs held together. ``kind`` is the recognised structure, e.g. ``iron condor``; ``manual``: the owner's own."""

    name: str
    kind: str
    underlying: str
    symbols: tuple[str, ...]
    expiry: date | None
    manual: bool = False


@dataclass(frozen=True)
class Total:
    """A sum over the legs that have the number, and how much of the book it covers.

    ``coverage`` is 0 to 1: by absolute market value for money, by absolute notional for Greeks (spelled out in
    :mod:`lox_core.portfolio.greeks`), and 1 only when no leg is missing; ``missing`` names the legs left out.
    """

    value: float | None
    coverage: float
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Book:
    """The whole book at one instant. ``totals`` has the keys of :data:`TOTALS` and :data:`EXTRA_GREEKS`.

    ``unpriced`` lists (symbol, reason) of legs without mark; they count in no money total. Their Greeks, where a smile
    gives a volatility, count like any other's. ``gap_usd`` is the liquidation gap of all legs that have both marks.
    ``underlyings`` are the states the legs were valued at. ``by_strategy``, ``by_underlying`` and ``by_expiry`` hold
    the Greek totals, extra ones included, by group; vega is bucketed by expiry, and shares are in no expiry.
    ``notices`` are words for the face: what was assumed and what could not be had.
    """

    as_of: datetime
    account: Account
    legs: tuple[Leg, ...]
    strategies: tuple[Strategy, ...]
    totals: Mapping[str, Total]
    by_strategy: Mapping[str, Mapping[str, Total]]
    by_underlying: Mapping[str, Mapping[str, Total]]
    by_expiry: Mapping[date, Mapping[str, Total]]
    gap_usd: Total
    unpriced: tuple[tuple[str, str], ...]
    market_open: bool
    notices: tuple[str, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)
    underlyings: Mapping[str, UnderlyingState] = field(default_factory=dict)

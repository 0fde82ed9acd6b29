"""What the book is made of, as the pure core takes it: holdings, quotes, underlyings, the account.

A missing number is ``None`` and stays so. Quantities are signed; prices are per share, money in dollars.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from lox_core.options.contract import OptionContract
from lox_core.options.curve import DiscountCurve

if TYPE_CHECKING:
    from lox_core.options.surface import Smile

Kind = Literal["option", "share", "other"]


@dataclass(frozen=True)
class Quote:
    """The best bid and ask of one symbol. ``bid`` 0 is a bid of zero; ``None`` is no quote on that side.

    ``feed`` labels the source: ``opra``, ``indicative``, ``sip``, ``iex``, ``import``. ``last`` is the last trade.
    """

    bid: float | None = None
    ask: float | None = None
    at: datetime | None = None
    feed: str = ""
    last: float | None = None
    last_at: datetime | None = None
    bid_size: float | None = None
    ask_size: float | None = None
    previous_close: float | None = None


@dataclass(frozen=True)
class VendorGreeks:
    """The vendor's own numbers for one contract, per share, shown beside ours and never instead.

    ``vol`` is an annual decimal; ``theta`` per day and ``vega`` per point as the vendor states them.
    """

    vol: float | None = None
    delta: float | None = None
    gamma: float | None = None
    theta: float | None = None
    vega: float | None = None
    rho: float | None = None


@dataclass(frozen=True)
class Holding:
    """One position. ``contract`` is set for options; ``problem`` says why a row cannot be understood.

    ``given_mark`` and ``given_vol`` come from an imported file. ``broker_value`` is the broker's own signed market
    value, ``last_day_price`` his price per share at the last session's close, both for reconciliation only.
    """

    symbol: str
    quantity: float
    kind: Kind
    underlying: str
    contract: OptionContract | None = None
    average_price: float | None = None
    given_mark: float | None = None
    given_vol: float | None = None
    broker_value: float | None = None
    last_day_price: float | None = None
    asset_class: str = ""
    problem: str | None = None

    @property
    def multiplier(self) -> float:
        """Dollars per point of price: the contract's, or 1."""
        return self.contract.multiplier if self.contract is not None else 1.0


@dataclass(frozen=True)
class Dividend:
    """A cash dividend per share. ``projected``: not declared; the last four repeated a year on."""

    ex_date: date
    amount: float
    projected: bool = False


@dataclass(frozen=True)
class UnderlyingState:
    """What is known of one underlying. ``spot`` is the mid where both sides are quoted, the last trade otherwise.

    ``beta`` and ``correlation`` are to SPY over ``beta_days`` daily returns. ``div_yield`` is a continuous annual
    decimal, used where cash dividends are not (indices). ``recent_closes`` are daily closes, oldest first, for the
    20-day line and realised volatility.
    """

    symbol: str
    spot: float | None = None
    spot_at: datetime | None = None
    source: str = ""
    previous_close: float | None = None
    dividends: tuple[Dividend, ...] = ()
    div_yield: float = 0.0
    beta: float | None = None
    correlation: float | None = None
    beta_days: int | None = None
    recent_closes: tuple[float, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class Account:
    """The account strip. ``name`` is how the face calls it: the masked account number, ``sample``, ``imported``."""

    name: str
    equity: float | None = None
    last_equity: float | None = None
    cash: float | None = None
    buying_power: float | None = None
    options_buying_power: float | None = None
    initial_margin: float | None = None
    maintenance_margin: float | None = None
    options_level: int | None = None
    blocked: str | None = None


@dataclass(frozen=True, eq=False)
class BookInputs:
    """Everything :func:`lox_core.portfolio.book.build_book` needs, as fetched at ``as_of``.

    Attributes
    ----------
    as_of : datetime
        The present instant; times to expiry and quote ages count from it.
    market_open : bool
        Whether the options market trades at ``as_of``; when not, the last session's quotes stand and are flagged.
    quotes, vendor : mappings by symbol
    underlyings : mapping by underlying symbol; ``SPY`` among them for beta weighting.
    curve : DiscountCurve or None
        None: no Treasury yield could be had; option values and Greeks are then missing with that reason.
    smiles : mapping of (underlying, expiry) to a fitted smile, for volatilities where a leg's own mid gives none.
    groupings : mapping of symbol to the owner's own strategy name; wins over recognition.
    gaps : reasons in words for inputs that could not be had, by item.
    """

    as_of: datetime
    account: Account
    holdings: tuple[Holding, ...]
    market_open: bool
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    vendor: Mapping[str, VendorGreeks] = field(default_factory=dict)
    underlyings: Mapping[str, UnderlyingState] = field(default_factory=dict)
    curve: DiscountCurve | None = None
    smiles: Mapping[tuple[str, date], Smile] = field(default_factory=dict)
    groupings: Mapping[str, str] = field(default_factory=dict)
    gaps: Mapping[str, str] = field(default_factory=dict)

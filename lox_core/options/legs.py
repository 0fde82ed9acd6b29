"""The book as columns: one row per leg, shares included. The scenario engine revalues this table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LegTable:
    """Legs in columns of length n.

    Attributes
    ----------
    symbol, underlying, strategy : tuple of str
    is_option, is_call, is_american : bool arrays
        The last two are False for shares.
    quantity : signed contracts or shares.
    multiplier : dollars per point, 1 for shares.
    strike, expiry_years, vol : NaN for shares; ``vol`` NaN too where none is known.
    spot, rate, div_yield : per leg; continuous annual decimals.
    value_usd : mark value now, NaN where unpriced.
    dividends : per leg, (years to ex-date, dollars a share) pairs before expiry.
    as_of : the instant ``expiry_years`` counts from.
    """

    symbol: tuple[str, ...]
    underlying: tuple[str, ...]
    strategy: tuple[str, ...]
    is_option: Flags
    is_call: Flags
    is_american: Flags
    quantity: Floats
    multiplier: Floats
    strike: Floats
    expiry_years: Floats
    vol: Floats
    spot: Floats
    rate: Floats
    div_yield: Floats
    value_usd: Floats
    dividends: tuple[tuple[tuple[float, float], ...], ...]
    as_of: datetime

    def __len__(self) -> int:
        """How many legs."""
        return len(self.symbol)

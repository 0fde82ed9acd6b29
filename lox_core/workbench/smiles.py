"""The smiles of the book's expiries, from their chains."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from datetime import date, datetime

from lox_core.options.curve import DiscountCurve
from lox_core.options.surface import Smile
from lox_core.portfolio.positions import UnderlyingState
from lox_core.providers.alpaca_records import OptionQuoteRow

Chains = Mapping[tuple[str, date], Sequence[OptionQuoteRow]]


def fitted_smiles(
    chains: Chains,
    *,
    states: Mapping[str, UnderlyingState],
    curve: DiscountCurve | None,
    as_of: datetime,
    market_open: bool,
    gaps: MutableMapping[str, str],
) -> dict[tuple[str, date], Smile]:
    """A smile of every chain that allows one."""
    del chains, states, curve, as_of, market_open, gaps
    return {}

"""The smiles of the book's expiries, from their chains."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from datetime import date, datetime, time

from lox_core.clock import NEW_YORK
from lox_core.errors import ModelError
from lox_core.options.chain import ChainQuote
from lox_core.options.contract import YEAR_S, parse_occ
from lox_core.options.curve import DiscountCurve
from lox_core.options.smile_fit import fit_surface
from lox_core.options.surface import Smile
from lox_core.portfolio.positions import UnderlyingState
from lox_core.portfolio.valuation import EX_HOUR, EX_MINUTE, valuation_instant
from lox_core.providers.alpaca_records import OptionQuoteRow

Chains = Mapping[tuple[str, date], Sequence[OptionQuoteRow]]
GAP = "smiles, some expiries"


def fitted_smiles(
    chains: Chains,
    *,
    states: Mapping[str, UnderlyingState],
    curve: DiscountCurve | None,
    as_of: datetime,
    market_open: bool,
    gaps: MutableMapping[str, str],
) -> dict[tuple[str, date], Smile]:
    """A smile of every chain that allows one; why another does not is told in ``gaps``.

    Parameters
    ----------
    chains : mapping of (underlying, expiry) to its contracts' quotes
    states : mapping of underlying to its state
    curve : DiscountCurve or None
        Without one no smile is fitted; that gap is told already.
    as_of, market_open
        In a closed market the quotes are of the last session, and so is the smile.
    """
    if curve is None:
        return {}
    at = valuation_instant(as_of, market_open=market_open)
    found: dict[tuple[str, date], Smile] = {}
    reasons: list[str] = []
    for name in dict.fromkeys(name for name, _ in chains):
        state = states.get(name)
        rows = {expiry: rows for (underlying, expiry), rows in chains.items() if underlying == name and rows}
        if not rows or state is None or state.spot is None:
            continue  # the chain's or the price's own gap says why
        quotes = {expiry: chain_quotes(some, expiry) for expiry, some in rows.items()}
        surface = fit_surface(
            quotes,
            underlying=name,
            at=at,
            spot=state.spot,
            curve=curve,
            dividends=_dividends(state, at, next(iter(quotes.values()))),
            source=f"Alpaca {next(iter(rows.values()))[0].feed}".strip(),
        )
        found |= {(name, expiry): smile for expiry, smile in surface.smiles.items()}
        reasons += surface.missing.values()
    if reasons:
        gaps[GAP] = " ".join(reasons)
    return found


def chain_quotes(rows: Sequence[OptionQuoteRow], expiry: date) -> list[ChainQuote]:
    """The quotes of one expiry that settle at one time: at the close, unless all settle in the morning."""
    found = []
    for row in rows:
        try:
            contract = parse_occ(row.symbol)
        except ModelError:
            continue
        if contract.expiry == expiry:
            found.append(ChainQuote(contract, row.bid, row.ask, row.at, row.vol))
    evening = [one for one in found if one.contract.session == "pm"]
    return evening or found


def _dividends(state: UnderlyingState, at: datetime, quotes: Sequence[ChainQuote]) -> list[tuple[float, float]]:
    """Years to each ex-date and dollars a share; none for an index, whose yield parity gives."""
    if not quotes or quotes[0].contract.style == "european":
        return []
    found = []
    for one in state.dividends:
        opening = datetime.combine(one.ex_date, time(EX_HOUR, EX_MINUTE), NEW_YORK)
        years = (opening - at).total_seconds() / YEAR_S
        if years > 0:
            found.append((years, one.amount))
    return found

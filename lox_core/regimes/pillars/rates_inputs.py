"""What is shown beside the 10-year's moves: curve, real yield, breakeven, term premium, and stocks against yields."""

from __future__ import annotations

import numpy as np

from lox_core.catalog import series
from lox_core.regimes.indicators import change, z_two_years
from lox_core.regimes.known import Known
from lox_core.regimes.state import Reading

SHOWN = ("T10Y2Y", "T10Y3M", "DGS2", "DFII10", "T10YIE")
TERM_PREMIA = ("THREEFYTP10", *series("THREEFYTP10").substitutes)


def backdrop(known: Known) -> list[Reading]:
    """Optional readings of the Rates pillar, present or absent with their reason."""
    found = []
    for name in SHOWN:
        rows, spec = known.get(name), series(name)
        if rows is None:
            found.append(known.absent(name))
        else:
            found.append(known.reading(spec, rows, z=z_two_years(rows.value, spec.frequency, known.rules)))
    premium = known.speaking(known.choices(TERM_PREMIA[0]))
    found.append(known.absent(TERM_PREMIA[0]) if premium is None else known.reading(*premium))
    found.extend(_driver(known))
    found.extend(_stock_yield(known))
    return found


def _driver(known: Known) -> list[Reading]:
    """Whether real yields or breakevens made the 20-day move: the real share of it, percent."""
    real, breakeven = known.get("DFII10"), known.get("T10YIE")
    if real is None or breakeven is None:
        return []
    common, at_real, at_breakeven = np.intersect1d(real.date, breakeven.date, return_indices=True)
    days = known.rules["rates"]["change_days"]
    if len(common) <= days:
        return []
    from_real = change(real.value[at_real], days)
    from_breakeven = change(breakeven.value[at_breakeven], days)
    size = np.abs(from_real) + np.abs(from_breakeven)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(size > 0, np.abs(from_real) / size * 100, np.nan)
    rows = real.select(at_real, share)
    title = f"Real-yield share of the {days} d move"
    return [known.reading(series("DFII10"), rows, name="DFII10 share", title=title, unit="percent")]


def _stock_yield(known: Known) -> list[Reading]:
    """Correlation of daily equity returns with yield changes (positive: stocks rise with yields)."""
    rows, window = known.get("DGS10"), known.rules["rates"]["correlation_days"]
    if rows is None or known.equity is None:
        return []
    days, closes = known.equity
    common, at_close, at_yield = np.intersect1d(days, rows.date, return_indices=True)
    if len(common) <= window:
        return []
    returns = np.diff(np.log(closes[at_close]))[-window:]
    moves = np.diff(rows.value[at_yield])[-window:]
    if returns.std() == 0 or moves.std() == 0:
        return []
    value = float(np.corrcoef(returns, moves)[0, 1])
    last = rows.select(at_yield[-1:], np.array([value]))
    title = f"Stocks against yields, {window} d"
    return [known.reading(series("DGS10"), last, name=f"SPX~DGS10 {window}d", title=title, unit="correlation")]

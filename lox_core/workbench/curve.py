"""The discount curve of the present: the Treasury yields last published, as the market hands them out."""

from __future__ import annotations

from datetime import datetime

from lox_core.catalog import SERIES
from lox_core.clock import NEW_YORK, AsOf
from lox_core.errors import ModelError
from lox_core.market.market import Market
from lox_core.options.curve import TREASURY_TENORS, DiscountCurve, from_par_yields
from lox_core.sourced import Gap

TENORS = {name: years for name, years in TREASURY_TENORS.items() if name in SERIES}
NO_CURVE = "Without a Treasury yield there is no discount curve."


def discount_curve(market: Market, as_of: AsOf) -> DiscountCurve | Gap:
    """Zero rates from the newest yield known of each tenor; a gap with its reason where no tenor has one.

    A tenor that cannot be had leaves the others standing. The curve is as old as the oldest yield in it.
    """
    yields_pct: dict[float, float] = {}
    days, sources, reasons = [], [], []
    for name, found in market.many(TENORS, as_of).items():
        if isinstance(found, Gap):
            reasons.append(found.reason)
            continue
        known = found.value.as_known(SERIES[name], as_of)
        if not len(known):
            reasons.append(f"{name} has no value by {as_of.date}.")
            continue
        yields_pct[TENORS[name]] = float(known.value[-1])
        days.append(known.date[-1])
        sources.append(found.source)
    try:
        oldest = datetime.combine(min(days).item(), datetime.min.time(), NEW_YORK) if days else None
        return from_par_yields(yields_pct, as_of=oldest, source=", ".join(sources))
    except ModelError:
        return Gap("curve", " ".join(dict.fromkeys([NO_CURVE, *reasons[:2]])))

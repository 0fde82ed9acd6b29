"""What the sample book needs of the real market, from whichever of FMP and FRED answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

import pandas as pd

from lox_core.calendars import in_session
from lox_core.clock import NEW_YORK, AsOf
from lox_core.errors import Unavailable
from lox_core.market.market import Market
from lox_core.market.prices import closed_at
from lox_core.portfolio.positions import Quote
from lox_core.sourced import Gap, Sourced
from lox_core.workbench.curve import discount_curve
from lox_core.workbench.reads import gather
from lox_core.workbench.sample import FUND, INDEX, UNDERLYINGS, SampleMarket, month_end_close, realised_vol
from lox_core.workbench.underlyings import INDICES, Known, state_of

INDEX_QUOTE, INDEX_RATIO = INDICES[INDEX]
Closes = Mapping[date, float]


def sample_market(market: Market, as_of: AsOf) -> SampleMarket:
    """Prices, volatilities, betas and rates of the sample's underlyings; what cannot be had is a gap in words."""
    gaps: dict[str, str] = {}
    asked: dict[str, Callable[[], Any]] = {
        "curve": partial(discount_curve, market, as_of),
        "VIX": market.vix,
        f"{INDEX} closes": lambda: _as_index(market.index_history(as_of)),
        f"{INDEX} quote": partial(market.quote, INDEX_QUOTE),
    }
    for name in UNDERLYINGS:
        if name != INDEX:
            asked[f"{name} closes"] = partial(market.closes, name, as_of)
            asked[f"{name} quote"] = partial(market.quote, name)
    found = gather(asked, gaps)
    curve = found.get("curve")
    if isinstance(curve, Gap):
        gaps["curve"], curve = curve.reason, None
    closes = {name: _by_day(found.get(f"{name} closes")) for name in UNDERLYINGS}
    vix = found["VIX"].value if "VIX" in found else None
    now, before = (None, None) if vix is None else (vix.price, vix.previous_close)
    states = {
        name: state_of(
            Known(
                name,
                _quote(found, name, closes[name], gaps),
                closes[name],
                closes[FUND],
                source=_source(found, name),
                problem=gaps.get(f"{name} quote"),
            ),
            as_of=as_of.instant,
            market_open=in_session(as_of.instant),
        )
        for name in UNDERLYINGS
    }
    today = as_of.instant.astimezone(NEW_YORK).date()
    return SampleMarket(
        as_of=as_of.instant,
        states=states,
        vols={name: _vol(name, now, closes) for name in UNDERLYINGS},
        previous_vols={name: _vol(name, before, closes) for name in UNDERLYINGS},
        references={name: month_end_close(closes[name], today) for name in UNDERLYINGS},
        curve=curve,
        gaps=gaps,
    )


def _as_index(found: Sourced[pd.Series]) -> Sourced[pd.Series]:
    """The mini index from the S&P 500.

    Raises
    ------
    DataError
        The history at hand is a fund's or another index's, and so another price.
    """
    if not found.source.endswith((":^GSPC", ":SP500")):
        raise Unavailable(f"The S&P 500 could not be had; {found.source} is no substitute for it.", item=INDEX)
    return found.map(lambda series: series * INDEX_RATIO)


def _by_day(found: Sourced[pd.Series] | None) -> dict[date, float]:
    if found is None:
        return {}
    return {day.date(): float(price) for day, price in found.value.items()}


def _quote(found: Mapping[str, Any], name: str, closes: Closes, gaps: dict[str, str]) -> Quote | None:
    """FMP's price; for the index, whose closes FRED has too, else the last close."""
    answer = found.get(f"{name} quote")
    if answer is not None:
        ratio = INDEX_RATIO if name == INDEX else 1.0
        before = answer.value.previous_close
        return Quote(
            last=answer.value.price * ratio,
            last_at=answer.value.timestamp,
            previous_close=None if before is None else before * ratio,
        )
    if name != INDEX or not closes:
        return None
    gaps[f"{name} quote"] = f"{gaps.get(f'{name} quote', '')} The last close stands in.".strip()
    last = max(closes)
    return Quote(last=closes[last], last_at=closed_at(last))


def _source(found: Mapping[str, Any], name: str) -> str:
    answer = found.get(f"{name} quote") or found.get(f"{name} closes")
    return "" if answer is None else str(answer.source)


def _vol(name: str, vix: float | None, closes: Mapping[str, Closes]) -> float | None:
    """The VIX for the index and its fund; for a stock, times how much wilder than the index it has been."""
    if vix is None:
        return None
    if name in (INDEX, FUND):
        return vix / 100
    own, theirs = (realised_vol([closes[one][day] for day in sorted(closes[one])]) for one in (name, INDEX))
    return None if own is None or not theirs else vix / 100 * own / theirs

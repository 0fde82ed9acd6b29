"""How long after its day a label could first be traded on: sessions to the first close after publication.

A release counts on the day it is published, and most come at 08:30: the same day's close is the first. A market close
of a day is public the next morning, so its label waits for the next session's close; term premia and Baa spreads come
later still. Read off the catalog's release rules.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import series
from lox_core.regimes.state import PillarState

CLOSE_AT = "16:00"
DECIDED_BY: dict[str, tuple[str, ...]] = {
    "volatility": ("VIXCLS",),
    "credit": ("BAMLH0A0HYM2",),
    "rates": ("DGS10",),
    "funding": ("SOFR", "IORB"),
    "growth": ("CFNAIMA3", "CFNAI", "SAHMREALTIME", "UNRATE", "ICSA"),
    "inflation": ("CPIAUCNS", "CPIAUCSL"),
    "fiscal": ("MTSDS133FMS", "GDP", "A091RC1Q027SBEA", "FGRECPT"),
}
"""The series whose observations make a pillar's level."""
BESIDES = {"fiscal": dict.fromkeys(("extreme", "funding_event"), ("DGS10", "THREEFYTP10", "ACMTP10"))}
"""Those a few levels rest on besides: whether the worst of Fiscal is an event is said by yields."""
ESTIMATED_FROM = ("BAA10Y", "VIXCLS", "BAA", "DGS10")
"""Those an estimated day of Credit rests on."""


def wait_of(series_id: str) -> int:
    """Sessions from the day an observation counts for to the first close after its publication."""
    spec = series(series_id)
    published = spec.lag.days if spec.kind == "market" else 0
    return published + (spec.lag.at >= CLOSE_AT)


def waits(pillar: PillarState, level: NDArray[np.int8], proxy: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Per labelled day, how many sessions later the first close after its publication is.

    ``level`` is the confirmed level (-1 grey), ``proxy`` whether the day rests on an estimate.
    """
    out = np.full(len(level), max(wait_of(name) for name in DECIDED_BY[pillar.name]), np.int64)
    for slug, names in BESIDES.get(pillar.name, {}).items():
        here = level == pillar.levels.index(slug)
        out[here] = np.maximum(out[here], max(wait_of(name) for name in names))
    out[proxy] = np.maximum(out[proxy], max(wait_of(name) for name in ESTIMATED_FROM))
    return out

"""Net liquidity: Fed assets less the Treasury's account less reverse repos. Popular, disputed, at most an overlay.

``net ($bn) = WALCL / 1000 - WDTGAL / 1000 - RRPONTSYD``: FRED states the first two in millions, the last in
billions. The Wednesday level of the Treasury's account is used; its week average stands in.
"""

from __future__ import annotations

import numpy as np

from lox_core.catalog import Observations
from lox_core.regimes.known import Known


def net_liquidity(known: Known) -> Observations | None:
    """Weekly, billions of dollars, dated as Fed assets; weeks lacking a part are left out, None when all do."""
    assets, account, repos = known.get("WALCL"), known.first_fresh("WDTGAL", "WTREGEN"), known.get("RRPONTSYD")
    if assets is None or account is None or repos is None:
        return None
    cash = account[1]
    at_cash = np.searchsorted(cash.date, assets.date, "right") - 1
    at_repo = np.searchsorted(repos.date, assets.date, "right") - 1
    near = (at_cash >= 0) & ((assets.date - cash.date[np.maximum(at_cash, 0)]).astype(int) < 7)
    near &= (at_repo >= 0) & ((assets.date - repos.date[np.maximum(at_repo, 0)]).astype(int) < 7)
    if not near.any():
        return None
    value = assets.value / 1000 - cash.value[np.maximum(at_cash, 0)] / 1000 - repos.value[np.maximum(at_repo, 0)]
    source = f"{assets.source} − {cash.source} − {repos.source}"
    return assets.select(near, value[near], source=source)


def drained_pct(known: Known) -> Observations | None:
    """Change of net liquidity over 13 weeks as a percentage of Fed assets then; positive expands. Joined by date."""
    net, assets = net_liquidity(known), known.get("WALCL")
    weeks = known.rules["funding"]["liquidity_weeks"]
    if net is None or assets is None:
        return None
    before = net.date - np.timedelta64(7 * weeks, "D")
    place = np.searchsorted(net.date, before)
    found = (place < len(net)) & (net.date[np.minimum(place, len(net) - 1)] == before)
    if not found.any():
        return None
    place = place[found]
    base = assets.value[np.searchsorted(assets.date, net.date[place])] / 1000
    return net.select(found, (net.value[found] - net.value[place]) / base * 100)

"""Net liquidity: Fed assets less the Treasury's account less reverse repos. Popular, disputed, at most an overlay.

``net ($bn) = WALCL / 1000 - WDTGAL / 1000 - RRPONTSYD``: FRED states the first two in millions, the last in
billions. The Wednesday level of the Treasury's account is used; its week average stands in.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations
from lox_core.regimes.known import Known


def net_liquidity(known: Known) -> Observations | None:
    """Weekly, billions of dollars, dated as Fed assets; weeks lacking a part are left out, None when all do."""
    assets, repos, accounts = known.get("WALCL"), known.get("RRPONTSYD"), known.choices("WDTGAL")
    if assets is None or repos is None or not accounts:
        return None
    cash = np.full(len(assets), np.nan)
    for _, account in accounts:  # the week average only where the Wednesday level is missing
        cash = np.where(np.isnan(cash), _this_week(account, assets.date), cash)
    value = assets.value / 1000 - cash / 1000 - _this_week(repos, assets.date)
    return assets.derived(value, source=f"{assets.source} − {accounts[0][1].source} − {repos.source}")


def _this_week(rows: Observations, dates: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """The newest value of the seven days up to each date; NaN where there is none."""
    place = np.searchsorted(rows.date, dates, "right") - 1
    near = (place >= 0) & ((dates - rows.date[np.maximum(place, 0)]).astype(int) < 7)
    return np.where(near, rows.value[np.maximum(place, 0)], np.nan)


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

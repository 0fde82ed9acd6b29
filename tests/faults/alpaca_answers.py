"""What the broker answers in good health, in invented numbers."""

from __future__ import annotations

from typing import Any

PUT = "SPY261218P00660000"
POSITION = {"symbol": "SPY", "qty": "4.25", "side": "long", "asset_class": "us_equity", "market_value": "22.5"}
QUOTE = {"latestQuote": {"bp": 4.0, "ap": 4.25, "bs": 5, "as": 7, "t": "2026-11-18T17:00:00Z"}}


def alpaca(path: str) -> Any:
    """The answer at ``alpaca/v2/...``."""
    return {
        "account": {"account_number": "A1", "status": "ACTIVE", "equity": "22.5", "cash": "4.25"},
        "positions": [POSITION | {"symbol": f"S{place}"} for place in range(20)],
        "snapshots": {"snapshots": {PUT: QUOTE}, "next_page_token": None},
    }[path.rsplit("/", 1)[-1]]

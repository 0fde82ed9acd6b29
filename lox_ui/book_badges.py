"""Badges over the book: how old positions, quotes and rates are, and what could not be had. Judged when drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lox_core import numbers
from lox_core.market.freshness import POLICY
from lox_ui.parts import Freshness, Safe, badge, tag

if TYPE_CHECKING:
    from lox_core.workbench import Snapshot

HALF = 0.5
LIMIT_S = POLICY.alpaca_positions.stale_after.total_seconds()


def badges(snapshot: Snapshot, age_s: float) -> Safe:
    """Positions by the fetch, quotes by the oldest of the marks, and one badge for what is missing."""
    found = [badge("Positions", numbers.age(age_s), _state(age_s), "when the broker was asked")]
    book = snapshot.book
    if book is not None:
        ages = [leg.mark.age_s for leg in book.legs if leg.mark.age_s is not None and leg.mark.mark is not None]
        if ages:
            oldest = max(ages) + age_s
            said = numbers.age(oldest) if book.market_open else "last session"
            why = f"{len(ages)} marks, the oldest {numbers.age(oldest)} old"
            found.append(badge("Quotes", said, _state(oldest) if book.market_open else "fresh", why))
    if snapshot.gaps:
        why = "; ".join(f"{name}: {reason}" for name, reason in list(snapshot.gaps.items())[:6])
        count = len(snapshot.gaps)
        found.append(badge(numbers.plural(count, "gap"), "", "absent", why))
    return tag("div", *found, cls="lx-badges")


def _state(age_s: float) -> Freshness:
    return "stale" if age_s > LIMIT_S else "aging" if age_s > HALF * LIMIT_S else "fresh"

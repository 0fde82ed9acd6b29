"""Badges over a board: how long ago each source was asked, and which pillars lack fresh numbers. Judged when drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lox_core import numbers
from lox_core.market.freshness import POLICY, Rule, age
from lox_core.regimes.state import Board, Reading, word
from lox_core.sourced import Gap, Sourced
from lox_ui.origins import told
from lox_ui.parts import Freshness, Safe, badge, tag

_RANK: dict[Freshness, int] = {"fresh": 0, "aging": 1, "stale": 2, "absent": 3}
_Badge = tuple[Freshness, Safe]
HALF = 0.5
MOST_PILLARS = 2


def badges(series: Mapping[str, Sourced[Any] | Gap], board: Board, now: datetime) -> Safe:
    """One badge per source, by its oldest fetch, then one per pillar whose inputs are too old; worst last."""
    found = [*_sources(series, now, replay=board.as_of.is_past), *_pillars(board)]
    found.sort(key=lambda pair: _RANK[pair[0]])
    return tag("div", *[drawn for _, drawn in found], cls="lx-badges")


def _sources(series: Mapping[str, Sourced[Any] | Gap], now: datetime, *, replay: bool) -> list[_Badge]:
    by_vendor: dict[str, list[Sourced[Any]]] = defaultdict(list)
    for item in series.values():
        if isinstance(item, Sourced):
            by_vendor[told(item.source).split(":")[0]].append(item)
    found = [_source(vendor, items, now, replay=replay) for vendor, items in by_vendor.items()]
    gaps = [item for item in series.values() if isinstance(item, Gap)]
    if gaps:
        why = "; ".join(f"{gap.item}: {gap.reason}" for gap in gaps[:6])
        found.append(("absent", badge(f"{len(gaps)} series", "", "absent", why)))
    return found


def _source(vendor: str, items: list[Sourced[Any]], now: datetime, *, replay: bool) -> _Badge:
    """A vendor is as fresh as the item nearest to, or furthest past, its own limit; a past day's copy does not age."""
    oldest = max(items, key=lambda item: age(item.fetched_at, now) / rule_of(item).stale_after)
    spent = 0.0 if replay else age(oldest.fetched_at, now) / rule_of(oldest).stale_after
    fallen = sum(item.route == "last_good" for item in items)
    state: Freshness = "stale" if fallen or spent > 1 else "aging" if spent > HALF else "fresh"
    ago = numbers.age(age(oldest.fetched_at, now).total_seconds())
    why = f"{len(items)} series, the oldest asked for {ago} ago"
    if fallen:
        why += f"; {fallen} from the last good copy, because the source failed"
    return state, badge(vendor, ago, state, why)


def rule_of(item: Sourced[Any]) -> Rule:
    """The row of the staleness table that a value falls under, by where it came from."""
    source = told(item.source)
    if not source.startswith("FMP"):
        return POLICY.fred
    return POLICY.fmp_quotes if "^VIX" in source else POLICY.fmp_history


def too_old(board: Board) -> dict[str, Reading]:
    """The oldest input, of those too old to count, of every pillar that needs it."""
    worst: dict[str, Reading] = {}
    for name, state in board.pillars.items():
        old = [r for r in state.inputs.values() if r.stale and (r.required or state.grey)]
        if old:
            worst[name] = max(old, key=lambda r: r.age_days or 0)
    return worst


def _pillars(board: Board) -> list[_Badge]:
    """Pillars with inputs too old to count; when there are many, one badge names the lot."""
    worst = too_old(board)
    if len(worst) > MOST_PILLARS:
        why = "; ".join(f"{word(name)}: {reading.missing_reason or 'too old'}" for name, reading in worst.items())
        return [("stale", badge(f"{len(worst)} pillars", "", "stale", why))]
    return [("stale", badge(word(n), f"{r.age_days} d", "stale", r.missing_reason or "")) for n, r in worst.items()]

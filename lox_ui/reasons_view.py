"""Why something is stale or missing, for readers who cannot hover over a badge: a popover beside the badges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lox_core.regimes.state import Board, word
from lox_core.sourced import Gap, Sourced
from lox_ui import parts
from lox_ui.freshness_badges import too_old
from lox_ui.origins import by_reason, names, told
from lox_ui.outage_view import FEEDS, Items
from lox_ui.parts import Safe, tag

if TYPE_CHECKING:
    from lox_core.market.status import ProviderStatus

Reason = tuple[str, str]


def reasons_popover(place: DeltaGenerator, items: Items, board: Board, providers: Sequence[ProviderStatus]) -> None:
    """A button that lists what is stale or absent, each with its reason; it says how many things there are."""
    found = reasons(items, board, providers)
    with (
        place,
        st.popover(
            f"Sources: {len(found)} to know" if found else "Sources",
            icon=":material/monitor_heart:",
            type="tertiary",
            key="rg_sources",
        ),
    ):
        parts.show(listed(found) if found else tag("div", "Nothing is stale and nothing is missing.", cls="lx-note"))


def reasons(items: Items, board: Board, providers: Sequence[ProviderStatus]) -> list[Reason]:
    """(what, why): sources, kept copies, missing series by reason, other sources used instead, pillars."""
    return [*_keys(providers), *_kept(items), *_missing(items), *_instead(items), *_pillars(board)]


def listed(found: Sequence[Reason]) -> Safe:
    """The reasons as a list."""
    lines = [tag("li", tag("b", what), f": {why.rstrip('.')}.") for what, why in found]
    return tag("ul", *lines, cls="lx-notices")


def _keys(providers: Sequence[ProviderStatus]) -> list[Reason]:
    told_of = [one for one in providers if one.name in FEEDS and one.mode != "demo"]
    lacking = [(one.name, f"no key is set; it unlocks: {one.unlocks}") for one in told_of if one.key == "missing"]
    refused = [(one.name, "the key was rejected; it is not asked again") for one in told_of if one.key == "rejected"]
    return lacking + refused


def _kept(items: Items) -> list[Reason]:
    kept = [
        (name, item.attempts[0].outcome if item.attempts else "the source failed")
        for name, item in items.items()
        if isinstance(item, Sourced) and item.route == "last_good"
    ]
    return _counted(kept, "last good copy")


def _missing(items: Items) -> list[Reason]:
    gaps = [(item.item, item.reason) for item in items.values() if isinstance(item, Gap)]
    return _counted(gaps, "no data")


def _instead(items: Items) -> list[Reason]:
    """Items that another source than the first had to give."""
    return [
        (name, f"{told(item.source)} is used instead. {item.attempts[0].outcome}")
        for name, item in items.items()
        if isinstance(item, Sourced) and item.route != "last_good" and item.attempts
        if item.attempts[0].source != item.source
    ]


def _pillars(board: Board) -> list[Reason]:
    """Grey pillars, together where one reason greys them, then those with an input too old to count."""
    struck: dict[str, list[str]] = defaultdict(list)
    for name, state in board.pillars.items():
        if state.grey:
            struck[state.missing_reason or "no data"].append(word(name))
    grey = [(", ".join(pillars), why) for why, pillars in struck.items()]
    stale = [
        (word(name), reading.missing_reason or f"{reading.title} is {reading.age_days} days old")
        for name, reading in too_old(board).items()
        if not board.pillars[name].grey
    ]
    return grey + stale


def _counted(struck: Sequence[Reason], what: str) -> list[Reason]:
    """One line per reason, with how many it struck and the first of them."""
    return [(f"{len(items)} series, {what}", f"{why} ({names(items)})") for why, items in by_reason(struck)]

"""The seven pillars at a glance: one tile each, and each tile a button."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from lox_core import numbers
from lox_core.charts.history import quote_of
from lox_core.regimes.flips import way_to
from lox_core.regimes.state import MARKET_PILLARS, PillarState, Trend, step, word
from lox_ui import parts, regime_choices
from lox_ui.parts import Safe, tag

ARROWS = {1: "▲", 0: "►", -1: "▼"}
DIRECTIONS = {1: "worsening", 0: "flat", -1: "easing"}
DAILY_SPARK, SLOW_SPARK = slice(-90, None), slice(-756, None, 21)  # sessions: a quarter and more; three years by month


def tiles(pillars: Mapping[str, PillarState], chosen: str) -> None:
    """Seven tiles; each is a button that opens its pillar below."""
    parts.show(
        parts.head("Seven pillars", "word, direction, days in state, and the nearest boundary; press one to see why")
    )
    with st.grid(len(pillars) or 1, min_column_width=140, gap="xsmall", key="rg-tiles"):
        for name, state in pillars.items():
            with st.container(key=f"tile-{name}"):
                parts.show(tile(state, chosen=name == chosen))
                said = "no data" if state.confirmed is None else word(state.confirmed)
                st.button(
                    f"{word(name)}: {said}. Show why.",
                    key=f"rg-open-{name}",
                    on_click=regime_choices.choose_pillar,
                    args=(name,),
                )


def tile(state: PillarState, *, chosen: bool = False) -> Safe:
    """One pillar at a glance; hatched and with its reason where it has no data."""
    marked = " chosen" if chosen else ""
    if state.confirmed is None:
        return _grey_tile(state, marked)
    severity = step(state.confirmed)
    arrow = f"{arrow_of(state.trend)} {numbers.number(state.days_in_state)} d"
    top = tag("div", tag("span", word(state.name)), tag("span", arrow, title=direction_of(state.trend)), cls="top")
    head = tag("div", word(state.confirmed), cls=f"word t{severity}")
    cut = DAILY_SPARK if state.name in MARKET_PILLARS else SLOW_SPARK
    line = parts.spark(state.history["value"].iloc[cut].tolist() if "value" in state.history else [])
    flip = state.next_boundary
    way = "no boundary near" if flip is None else way_to(state, flip)
    foot = tag("div", way, cls="way", title=way)
    return tag(
        "div",
        top,
        head,
        parts.steps(severity),
        line,
        _value(state),
        tag("div", foot, tag("div", *_tile_tags(state), cls="tags"), cls="foot"),
        cls=f"lx-tile{marked}",
    )


def direction_of(trend: Trend) -> str:
    """``worsening``, ``flat`` or ``easing`` over 21 days; a dash where that is not known."""
    return numbers.DASH if trend.change_21d is None else DIRECTIONS[trend.direction]


def arrow_of(trend: Trend) -> str:
    """The direction as a sign."""
    return numbers.DASH if trend.change_21d is None else ARROWS[trend.direction]


def _value(state: PillarState) -> Safe:
    """The driver's value; a quote newer than its last close stands for it, with the close beside it."""
    driver = next(iter(state.inputs.values()), None)
    if driver is None:
        return Safe("")
    close, quote = numbers.reading(driver.value, driver.unit), quote_of(state)
    if quote is None:
        return tag("div", tag("span", driver.title), tag("b", close), cls="val")
    both = tag("span", tag("em", f"close {close}"), tag("b", numbers.reading(quote.value, quote.unit)))
    return tag("div", tag("span", driver.title), both, cls="val")


def _grey_tile(state: PillarState, marked: str) -> Safe:
    top = tag("div", tag("span", word(state.name)), tag("span", "no data"), cls="top")
    reason = state.missing_reason or "no usable observation"
    foot = tag("div", reason, cls="foot cut", title=reason)
    return tag("div", top, tag("div", numbers.DASH, cls="word lx-quiet"), foot, cls=f"lx-tile none{marked}")


def _tile_tags(state: PillarState) -> list[Safe]:
    found = []
    if state.raw is not None and state.raw != state.confirmed:
        moment = "a quote newer than the last close" if state.quote is not None else "today's cut"
        found.append(parts.label(f"raw {word(state.raw)}", why=f"{moment} alone says {word(state.raw)}; not confirmed"))
    if any(reading.intraday for reading in state.inputs.values()):
        found.append(parts.label("intraday", why="a quote of the running session; the close decides"))
    driver = next(iter(state.inputs.values()), None)
    if driver is not None and driver.proxy:
        found.append(parts.label("proxy", warn=True, why=f"{driver.title} is estimated from another series"))
    return found

"""What the reader of the Regimes page chose: the day, the pillar, the range and the horizon, all in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lox_core import numbers
from lox_core.charts.bands import RANGES
from lox_core.clock import AsOf
from lox_core.regimes.known import FIRST_DAY
from lox_core.regimes.rules import default_rules
from lox_core.regimes.state import PILLARS, word
from lox_ui import parts, services

HORIZONS = tuple(default_rules()["playbook"]["horizons"])
DEFAULT_PILLAR, DEFAULT_RANGE, DEFAULT_HORIZON = "volatility", "2Y", 21
DAY, PILLAR, RANGE, HORIZON = "rg_asof", "rg_pillar", "rg_range", "rg_h"
_TODAY, _REFUSED = "rg_today", "rg_refused"
_BY_WORD = {word(name): name for name in PILLARS}


@dataclass(frozen=True)
class Bar:
    """The title bar: the as-of that was asked for, and where the freshness badges and their reasons go."""

    as_of: AsOf
    badges: DeltaGenerator
    reasons: DeltaGenerator


def title_bar() -> Bar:
    """Draw title, badges' place, day and share link; the chosen day is checked here, whatever the URL says."""
    today = services.today()
    _check_link(today)
    _follow_midnight(today)
    with parts.bar("regimes"):
        parts.show(
            parts.title("Regimes", "What regime is the market in, why, and what would flip it?"), width="content"
        )
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key="bar-regimes-right"
        ):
            badges, reasons = st.empty(), st.empty()
            day = st.date_input(
                "As of",
                today,
                min_value=FIRST_DAY,
                max_value=today,
                key=DAY,
                bind="query-params",
                format="YYYY-MM-DD",
                label_visibility="collapsed",
                width=136,
            )
            as_of = services.as_of(day if isinstance(day, date) and FIRST_DAY <= day <= today else None)
            with st.popover("Share", icon=":material/link:", type="tertiary", key="rg_share"):
                parts.show(parts.tag("div", "This view, at this day, for whoever opens it:", cls="lx-note"))
                st.code(link(as_of), language=None, wrap_lines=True)
    _tell_refused(day == today)
    return Bar(as_of, badges, reasons)


def replay_ribbon(as_of: AsOf) -> None:
    """Say that the past is shown, and offer the way back; nothing at present."""
    if not as_of.is_past:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="bar-replay"):
        told = f"{as_of.date:%A} {as_of.date.day} {as_of.date:%B %Y}, after the close"
        parts.ribbon(f"Replaying {told}", "Only what was known then; nothing that came later.", plain=True)
        st.button("Back to now", icon=":material/update:", key="rg_now", on_click=_back_to_now, type="tertiary")


def pillar_select() -> str:
    """The pillar of the drill-down; tiles set the same choice. The address holds its word, as the reader sees it."""
    picked = st.selectbox(
        "Pillar", list(_BY_WORD), key=PILLAR, bind="query-params", label_visibility="collapsed", width=136
    )
    return _BY_WORD.get(picked, DEFAULT_PILLAR)


def range_select() -> str:
    """How much history is drawn."""
    picked = st.segmented_control(
        "Range",
        list(RANGES),
        default=DEFAULT_RANGE,
        key=RANGE,
        bind="query-params",
        label_visibility="collapsed",
        required=True,
    )
    return picked if picked in RANGES else DEFAULT_RANGE


def horizon_select() -> int:
    """Trading days ahead in the playbook."""
    picked = st.segmented_control(
        "Days ahead",
        list(HORIZONS),
        default=DEFAULT_HORIZON,
        key=HORIZON,
        bind="query-params",
        label_visibility="collapsed",
        required=True,
    )
    return picked if picked in HORIZONS else DEFAULT_HORIZON


def chosen_pillar() -> str:
    """The pillar before its widget is drawn: from the session, else the address, else the first."""
    return _BY_WORD.get(st.session_state.get(PILLAR) or st.query_params.get(PILLAR, ""), DEFAULT_PILLAR)


def chosen_range() -> str:
    """The range before its widget is drawn."""
    picked = st.session_state.get(RANGE) or st.query_params.get(RANGE)
    return picked if picked in RANGES else DEFAULT_RANGE


def choose_pillar(name: str) -> None:
    """A tile was pressed."""
    st.session_state[PILLAR] = word(name)


def link(as_of: AsOf) -> str:
    """The address of this view, pinned to its day."""
    choices = {DAY: as_of.date.isoformat(), PILLAR: word(chosen_pillar()), RANGE: chosen_range()}
    horizon = st.session_state.get(HORIZON, DEFAULT_HORIZON)
    choices[HORIZON] = str(horizon if horizon in HORIZONS else DEFAULT_HORIZON)
    here = urlsplit(st.context.url or "")
    base = f"{here.scheme}://{here.netloc}{here.path}" if here.netloc else "/"
    return f"{base}?{urlencode(choices)}"


def _check_link(today: date) -> None:
    """Remember a day in the address that cannot be shown; the widget silently takes today for it."""
    if _TODAY in st.session_state:
        return  # only the first run of a session comes from a link
    asked = st.query_params.get(DAY)
    if asked is None:
        return
    try:
        usable = FIRST_DAY <= date.fromisoformat(asked) <= today
    except ValueError:
        usable = False
    if not usable:
        st.session_state[_REFUSED] = asked[:40]


def _tell_refused(at_present: bool) -> None:
    """One notice, until another day is chosen."""
    if not at_present:
        st.session_state.pop(_REFUSED, None)
    elif _REFUSED in st.session_state:
        spans = f"Days from {numbers.day(FIRST_DAY)} to today can be shown; this is now."
        parts.fault(f"The link's day “{st.session_state[_REFUSED]}” was not used.", spans)


def _back_to_now() -> None:
    st.session_state[DAY] = services.today()


def _follow_midnight(today: date) -> None:
    """A page left open on the present moves on with the day instead of becoming a replay of yesterday."""
    before = st.session_state.get(_TODAY)
    if before is not None and before != today and st.session_state.get(DAY) == before:
        st.session_state[DAY] = today
    st.session_state[_TODAY] = today

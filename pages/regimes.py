"""Regimes: what regime the market is in, why, since when, and what would flip it."""

from __future__ import annotations

import streamlit as st

from lox_ui import (
    drill_view,
    flips_view,
    loaders,
    macro_view,
    outage_view,
    parts,
    playbook_view,
    reasons_view,
    regime_choices,
    regimes_view,
    services,
    tiles_view,
)
from lox_ui.freshness_badges import badges

REDRAW_S = 300
SKELETONS_PX = (190, 160, 420, 300)
NO_PLAYBOOK = "The board does not need it."
STATUS = "The Status page says which source failed and when it is asked again."

bar = regime_choices.title_bar()
as_of = bar.as_of
regime_choices.replay_ribbon(as_of)
demo = services.demo()

with parts.analyst_errors("The regime board", works=STATUS, key="board", again=loaders.ask_again):
    if loaders.ready(as_of):
        report = loaders.board(as_of)
    else:
        with parts.waiting(SKELETONS_PX, "Reading the market…") as line:
            report = loaders.board(as_of, parts.told_by(line))
    board, stamp = report.board, loaders.key(as_of)
    providers, now = loaders.providers(), services.clock().now()
    behind = {**report.series, "equity index": report.equity}
    asked = {**behind, **{gap.item: gap for gap in report.quotes_missing}}
    with bar.badges:
        parts.show(badges(behind, board, now), width="content")
    reasons_view.reasons_popover(bar.reasons, asked, board, providers)
    outage_view.outage(behind, providers, now)
    parts.notices(loaders.notices())

    left, middle, right = st.columns([1.1, 0.8, 1.4], gap="xsmall")
    with left, parts.panel("headline"):
        regimes_view.headline(board.macro)
    with middle, parts.panel("contributions"):
        regimes_view.contributions(board)
    with right, parts.panel("flips"):
        flips_view.next_flips(board, demo=demo)

    tiles_view.tiles(board.pillars, regime_choices.chosen_pillar())

    left, right = st.columns([1.25, 1], gap="xsmall")
    with left, parts.panel("history"):
        state = drill_view.history_panel(board, stamp, demo=demo)
    with right, parts.panel("timeline"):
        drill_view.timeline_panel(board, stamp, demo=demo)

    left, right = st.columns([1, 1.25], gap="xsmall")
    with left, parts.panel("why"):
        drill_view.why_panel(state, board, demo=demo)
    playbook_errors = parts.analyst_errors("The playbook", works=NO_PLAYBOOK, key="playbook", again=loaders.ask_again)
    with right, parts.panel("playbook"), playbook_errors:
        book = playbook_view.playbook_panel(state, as_of, demo=demo)
        playbook_view.transitions_panel(book, as_of, demo=demo)

    left, right = st.columns([1.25, 1], gap="xsmall")
    with left, parts.panel("score"):
        macro_view.score_panel(board, regime_choices.chosen_range(), stamp, demo=demo)
    with right, parts.panel("path"):
        macro_view.path_panel(board, stamp, demo=demo)

    left, middle, right = st.columns([1.4, 1, 1], gap="xsmall")
    with left, parts.panel("axes"):
        macro_view.axes_panel(board, demo=demo)
    with middle, parts.panel("checks"):
        macro_view.checks_panel(board, demo=demo)
    with right, parts.panel("changes"):
        drill_view.changes_panel(state, board, demo=demo)

parts.redraw_every(REDRAW_S, "rg_beat")

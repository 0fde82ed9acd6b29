"""The answer of the Regimes page: the macro word and score, what makes it, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd

from lox_core import numbers
from lox_core.regimes.flips import moved
from lox_core.regimes.rules import default_rules
from lox_core.regimes.state import Board, Boundary, MacroState, PillarState, step, word
from lox_core.regimes.trend import transitions
from lox_core.sourced import Gap, Sourced
from lox_ui import parts
from lox_ui.parts import Safe, tag
from lox_ui.table_parts import table

BAND_CUTS = tuple(default_rules()["macro"]["bands"])
NEAREST = 6


def headline(macro: MacroState) -> None:
    """The macro regime, its overlays, the risk score on its scale, and how sure of it one can be."""
    before = f" · before: {word(macro.previous)}" if macro.previous else ""
    grey = "" if macro.coverage >= 0.995 else "of weight"
    name = word(macro.quadrant)
    if macro.quadrant == "transition" and macro.leaning:
        name = f"Transition, leaning {word(macro.leaning)}"
    parts.show(
        tag(
            "div",
            tag("span", "Macro regime" + before, cls="lx-note"),
            parts.coverage(macro.coverage, grey),
            cls="lx-apart",
        ),
        tag("div", name, cls="lx-big"),
        tag("div", f"liquidity {macro.liquidity} · stress {macro.stress}", cls="lx-quiet"),
        *_score(macro),
        parts.strip(_axes(macro), small=True),
    )


def _axes(macro: MacroState) -> list[tuple[str, object, object]]:
    since = numbers.DASH if macro.since is None else numbers.day(macro.since)
    days = "" if macro.days_in_state is None else numbers.plural(macro.days_in_state, "trading day")
    return [
        ("Growth", numbers.signed(macro.growth_axis, 2), "z against ten years"),
        ("Inflation", numbers.signed(macro.inflation_axis, 2), "z against ten years"),
        ("Since", since, days),
    ]


def _score(macro: MacroState) -> list[Safe]:
    if macro.risk_score is None:
        why = "No risk score: below 70 % of the weight there is too little to add up."
        return [
            tag("div", tag("strong", numbers.DASH, style="font-size:30px"), cls="lx-line"),
            tag("div", why, cls="lx-note"),
        ]
    score = macro.risk_score
    band = tag("b", word(macro.band), cls=f"t{step(macro.band)}")
    words = tag("span", band, " risk score, 0 calm to 100 crisis")
    number = tag("strong", numbers.number(score), style="font-size:30px;font-weight:600;line-height:1")
    moved = [
        (name, change)
        for name, change in (("yesterday", macro.change_1d), ("a month ago", macro.change_21d))
        if change is not None
    ]
    notes = [f"{name} {numbers.number(score - change)} ({numbers.signed(change)})" for name, change in moved]
    notes += _band_flips(macro, score)
    return [
        tag("div", number, words, cls="lx-line", style="margin-top:8px"),
        scale(score, [(name, score - change) for name, change in moved]),
        tag("div", *[tag("span", note) for note in notes], cls="lx-line lx-note"),
    ]


def _band_flips(macro: MacroState, score: float) -> list[str]:
    order = ("risk_on", "neutral", "cautious", "risk_off")
    if macro.band not in order:
        return []
    place = order.index(macro.band)
    found = []
    for cut, towards in ((macro.band_cuts[1], place + 1), (macro.band_cuts[0], place - 1)):
        if cut is not None and 0 <= towards < len(order):
            found.append(f"{word(order[towards])} at {numbers.number(cut)} ({numbers.signed(cut - score)})")
    return ["flips to " + ", ".join(found)] if found else []


def scale(score: float, ghosts: list[tuple[str, float]]) -> Safe:
    """The score on 0 to 100 over its bands, with where it stood before as thinner marks."""
    edges = (0, *BAND_CUTS, 100)
    band = [tag("i", cls=f"b{i + 1}", style=f"width:{b - a}%") for i, (a, b) in enumerate(pairwise(edges))]
    marks = [
        tag("span", cls="ghost", style=f"left:{min(max(at, 0), 100):.1f}%", title=f"{name} {at:.0f}")
        for name, at in ghosts
    ]
    ticks = [tag("span", str(cut), cls="tick", style=f"left:{cut}%") for cut in BAND_CUTS]
    now = tag("span", cls="mark", style=f"left:{min(max(score, 0), 100):.1f}%")
    said = "; ".join([f"risk score {score:.0f} of 100", *(f"{name} {at:.0f}" for name, at in ghosts)])
    return tag("div", tag("div", *band, cls="band"), *marks, now, *ticks, cls="lx-scale", role="img", aria_label=said)


def outage(series: Mapping[str, Sourced[Any] | Gap]) -> None:
    """When most of the market is missing: what failed, what still works, when it is tried again."""
    gaps = [item for item in series.values() if isinstance(item, Gap)]
    if len(gaps) > len(series) / 2:
        works = "What was stored before is shown with its age; the Status page says when each source is asked again."
        parts.fault(f"{len(gaps)} of {len(series)} series could not be had.", gaps[0].reason, works)


def contributions(board: Board) -> None:
    """What moves the score away from 50, largest first; a floor is a line of its own."""
    macro = board.macro
    rows: list[tuple[str, float | None, str]] = [
        (word(name), points, "") for name, points in sorted(macro.contributions.items(), key=lambda item: -item[1])
    ]
    grey = [word(name) for name in board.pillars if name not in macro.contributions]
    score, before = macro.risk_score, macro.score_before_floors
    lifted = macro.floor is not None and score is not None and before is not None and score > before + 0.05
    if lifted and score is not None and before is not None:
        rows.append((f"Floor at {macro.floor:g}", score - before, "floor"))
    parts.show(parts.head(f"What makes {numbers.number(score)}", "points away from 50"))
    if not rows:
        parts.nothing("No pillar has a score.")
        return
    count = len(macro.contributions)
    total = "" if before is None else f" 50 + the {count} = {numbers.number(before, 1)}"
    floor = f"; {macro.floor_reason}." if lifted and macro.floor_reason else ", no floor applied." if total else ""
    absent = f" {', '.join(grey)} {'weighs' if len(grey) == 1 else 'weigh'} 0." if grey else ""
    parts.show(
        parts.bars(rows),
        tag(
            "div",
            f"Solid adds risk, outlined takes it away.{total}{floor}{absent}",
            cls="lx-note",
            style="margin-top:8px",
        ),
    )


def next_flips(board: Board) -> None:
    """Which pillars stand nearest to another level, and which have changed."""
    parts.show(parts.head("What would flip, what changed", "nearest boundary first, in score points"))
    near = sorted(
        ((state, state.next_boundary) for state in board.pillars.values() if state.next_boundary is not None),
        key=lambda pair: abs(pair[1].score_distance),
    )
    if not near:
        parts.nothing("No pillar has a boundary to measure.")
    else:
        rows = [_flip_row(state, boundary) for state, boundary in near[:NEAREST]]
        parts.show(
            table(
                ["Pillar", "Would be", "If", "Points", "Held"],
                rows,
                left=(1, 2, 4),
                tight=True,
                caption="Nearest flips",
            )
        )
    parts.show(_changed(board))


def _flip_row(state: PillarState, boundary: Boundary) -> list[object]:
    severity = step(boundary.regime)
    to = tag("b", word(boundary.regime), cls=f"t{severity}")
    return [word(state.name), to, moved(state, boundary), numbers.signed(boundary.score_distance, 1), boundary.needs]


def _changed(board: Board) -> Safe:
    """Confirmed changes of the last session and of the last 21, in words."""
    grid = board.macro.history.index if len(board.macro.history) else pd.DatetimeIndex([])
    if len(grid) < 22:
        return tag("div", "No history to compare with.", cls="lx-note")
    recent = changes_since(board, grid[-21].date())
    latest = [line for day, line in recent if day == grid[-1].date()]
    earlier = [line for day, line in recent if day != grid[-1].date()]
    today = join_lines(latest) if latest else Safe("No pillar changed today.")
    month = (
        join_lines(earlier[:4])
        if earlier
        else Safe("Nor in the 20 sessions before." if not latest else "None in the 20 sessions before.")
    )
    more = f" and {len(earlier) - 4} more" if len(earlier) > 4 else ""
    return tag(
        "div",
        today,
        " ",
        tag("span", "Past month: " if earlier else ""),
        month,
        more,
        cls="lx-note",
        style="margin-top:6px",
    )


def changes_since(board: Board, first: date) -> list[tuple[date, Safe]]:
    """(day, words) of every confirmed change from ``first`` on, newest first."""
    found: list[tuple[date, Safe]] = []
    for state in board.pillars.values():
        log = transitions(state.history[state.history.index >= pd.Timestamp(first)], state.levels)
        for row in log.itertuples(index=False):
            day, old, new = row[0], row[1], row[2]
            to = tag("b", word(new), cls=f"t{step(new)}")
            found.append(
                (day, parts.join(f"{word(state.name)} {word(old)} → ", to, f" ({numbers.day(day, board.as_of.date)})"))
            )
    return sorted(found, key=lambda pair: pair[0], reverse=True)


def join_lines(lines: list[Safe]) -> Safe:
    """Changes in one running line."""
    return Safe(" · ".join(lines))

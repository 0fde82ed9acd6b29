"""Which pillars stand nearest to another level, and which have changed since the close before."""

from __future__ import annotations

from datetime import date

import pandas as pd

from lox_core import numbers
from lox_core.regimes.flips import daily_moves, moved, title_of
from lox_core.regimes.state import MARKET_PILLARS, Board, Boundary, PillarState, step, word
from lox_core.regimes.trend import transitions
from lox_ui import parts
from lox_ui.parts import Safe, tag
from lox_ui.table_parts import download, table

NEAREST, LISTED, MONTH = 6, 4, 21
ORDER = "Moves: distance in typical daily moves (one year); not known: last, by points."
Flip = tuple[PillarState, Boundary]


def next_flips(board: Board, *, demo: bool) -> None:
    """The nearest boundary of every pillar, and the changes of the last close and month."""
    with parts.bar("flips"):
        parts.show(parts.head("What would flip, what changed", "nearest boundary of each pillar"), width="content")
        download(
            lambda: flips_frame(board), f"flips-{board.as_of.date}", demo=demo, key="rg-csv-flips", what="of the flips"
        )
    near = nearest(board)
    if not near:
        parts.nothing("No pillar has a boundary to measure.")
    else:
        drawn = table(
            ["Pillar", "Points", "Moves", "Would be", "If", "Held"],
            [_row(state, boundary) for state, boundary in near[:NEAREST]],
            left=(3,),
            wrap=(4, 5),
            tight=True,
            caption="Nearest flips",
        )
        parts.show(drawn, tag("div", ORDER, cls="lx-note"))
    parts.show(tag("div", changed(board), cls="lx-note"))


def nearest(board: Board) -> list[Flip]:
    """Every pillar with its next boundary: by typical daily moves, and after those by score points."""
    flips = [(state, state.next_boundary) for state in board.pillars.values() if state.next_boundary is not None]
    return sorted(flips, key=_nearness)


def _nearness(flip: Flip) -> tuple[bool, float]:
    moves = daily_moves(*flip)
    return moves is None, abs(flip[1].score_distance) if moves is None else moves


def _row(state: PillarState, boundary: Boundary) -> list[object]:
    to = tag("b", word(boundary.regime), cls=f"t{step(boundary.regime)}")
    points, moves = numbers.signed(boundary.score_distance, 1), numbers.number(daily_moves(state, boundary), 1)
    return [word(state.name), points, moves, to, moved(state, boundary), boundary.needs]


def flips_frame(board: Board) -> pd.DataFrame:
    """Every boundary of every pillar as a table, nearest pillars first."""
    rows = [
        {
            "pillar": state.name,
            "regime": state.confirmed,
            "would_be": boundary.regime,
            "input": boundary.input,
            "title": title_of(state, boundary.input),
            "distance": boundary.distance,
            "unit": boundary.unit,
            "score_points": boundary.score_distance,
            "daily_moves": daily_moves(state, boundary),
            "held": boundary.needs,
            "nearest": boundary is state.next_boundary,
        }
        for state, _ in nearest(board)
        for boundary in state.boundaries
    ]
    columns = ["pillar", "regime", "would_be", "input", "title", "distance", "unit", "score_points", "daily_moves"]
    return pd.DataFrame(rows, columns=[*columns, "held", "nearest"])


def changed(board: Board) -> Safe:
    """Confirmed changes since the close before the newest, and of the sessions before that, in words."""
    grid, close = board.macro.history.index, newest_close(board)
    if close is None or all(state.grey for state in board.pillars.values()):
        return Safe(f"{numbers.DASH} No pillar has a label to compare with an earlier one.")
    earlier_days = grid[grid < pd.Timestamp(close)]
    if len(earlier_days) < MONTH:
        return Safe(f"{numbers.DASH} No history to compare with.")
    before = earlier_days[-1].date()
    recent = changes_since(board, earlier_days[-MONTH].date())
    latest, earlier = ([line for day, line in recent if (day > before) is new] for new in (True, False))
    told = join_lines(latest) if latest else Safe("no pillar changed")
    month = join_lines(earlier[:LISTED]) if earlier else Safe("none")
    more = f" and {len(earlier) - LISTED} more" if len(earlier) > LISTED else ""
    newest = f"Newest close, {numbers.day(close, board.as_of.date)}: "
    return parts.join(newest, told, ". In the month before: ", month, more, ".")


def newest_close(board: Board) -> date | None:
    """The day of the newest close of a market pillar's driver; None without any."""
    drivers = [
        next(iter(board.pillars[name].inputs.values()), None) for name in MARKET_PILLARS if name in board.pillars
    ]
    return max((driver.as_of for driver in drivers if driver is not None and driver.as_of is not None), default=None)


def changes_since(board: Board, first: date) -> list[tuple[date, Safe]]:
    """(day, words) of every confirmed change from ``first`` on, newest first; a grey pillar has none to tell."""
    found: list[tuple[date, Safe]] = []
    for state in board.pillars.values():
        if state.grey:
            continue
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

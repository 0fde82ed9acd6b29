"""``lox research regimes`` and ``lox regime PILLAR``: the Regimes page in the terminal, and as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from lox_core.cli.output import console, emit_json, finish
from lox_core.cli.start import Session
from lox_core.errors import SettingsError
from lox_core.numbers import reading, share, signed
from lox_core.regimes import flips
from lox_core.regimes.state import PILLARS, Board, Boundary, PillarState, word
from lox_core.workbench.macro import BoardReport
from lox_core.workbench.payload import board_json, history_json, pillar_json

AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="A past day, YYYY-MM-DD, or a moment, 2020-03-16T10:00-04:00.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
ARROWS = {-1: "▼", 0: "▶", 1: "▲"}


def board(as_of: AsOfOption = None, as_json: JsonOption = False) -> None:
    """What regime the market is in, since when, why, and what would flip it."""
    session = Session.open()
    report = session.workbench.board(session.as_of(as_of))
    missing = [f"{name}: {p.missing_reason}" for name, p in report.board.pillars.items() if p.grey]
    if as_json:
        emit_json(board_json(report.board, session.workbench.mode))
    else:
        _print_board(report, session)
    finish(missing, as_json=as_json)


def pillar(
    name: Annotated[str, typer.Argument(help=", ".join(PILLARS))],
    as_of: AsOfOption = None,
    since: Annotated[str | None, typer.Option("--since", help="First day of the history, YYYY-MM-DD.")] = None,
    as_json: JsonOption = False,
) -> None:
    """One pillar: its inputs, borders, why, and its history."""
    if name not in PILLARS:
        raise SettingsError("pillar", f"'{name[:40]}' is not a pillar; there are {', '.join(PILLARS)}.")
    first = _day(since)
    session = Session.open()
    report = session.workbench.board(session.as_of(as_of))
    state = report.board.pillars[name]
    if as_json:
        asked = {"as_of": str(report.board.as_of), "mode": session.workbench.mode}
        emit_json({**asked, **pillar_json(state), "history": history_json(state, first)})
    else:
        _print_frame(report, session)
        _print_pillar(report.board, state)
    finish([f"{name}: {state.missing_reason}"] if state.grey else [], as_json=as_json)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError("since", f"'{text[:40]}' is not a day: use YYYY-MM-DD.") from None


def _print_frame(report: BoardReport, session: Session) -> None:
    """What stands over every answer in words: notices, and that a simulated market is one."""
    out = console()
    for notice in report.notices:
        out.print(notice, style="yellow", markup=False)
    if session.workbench.mode == "demo":
        out.print("DEMO MARKET · simulated, no real prices", style="bold reverse")


def _print_board(report: BoardReport, session: Session) -> None:
    macro, out = report.board.macro, console()
    _print_frame(report, session)
    out.print(f"{macro.label}", style="bold", markup=False)
    score = "—" if macro.risk_score is None else f"{macro.risk_score:.0f}"
    out.print(
        f"Risk score {score} · {word(macro.band)} · coverage {share(macro.coverage)} · as of {report.board.as_of}",
        markup=False,
    )
    if macro.contributions:
        parts = sorted(macro.contributions.items(), key=lambda item: -abs(item[1]))
        out.print("50 " + " ".join(f"{signed(value, 1)} {name}" for name, value in parts), style="dim", markup=False)
    if macro.floor_reason:
        out.print(macro.floor_reason, style="dim", markup=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("Pillar", "Regime", "", "Days", "Score", "Driver", "Value", "What flips it"):
        table.add_column(column, justify="right" if column in ("Days", "Score", "Value") else "left")
    for state in report.board.pillars.values():
        table.add_row(*_row(state))
    out.print(table)


def _flip(state: PillarState, flip: Boundary) -> str:
    needs = "" if flip.distance == 0 else f" ({flip.needs})"
    return flips.way_to(state, flip) + needs


def _row(state: PillarState) -> list[str]:
    if state.grey:
        return [word(state.name), "—", "", "", "", "", "", state.missing_reason or ""]
    driver = next(iter(state.inputs.values()))
    flip = state.next_boundary
    words = "" if flip is None else _flip(state, flip)
    name = word(state.confirmed or "") + (f" (today {word(state.raw or '')})" if state.raw != state.confirmed else "")
    return [
        word(state.name),
        name,
        ARROWS[state.trend.direction],
        str(state.days_in_state),
        f"{state.score:.0f}",
        driver.title,
        reading(driver.value, driver.unit),
        words,
    ]


def _print_pillar(board: Board, state: PillarState) -> None:
    out = console()
    out.print(f"{word(state.name)} · as of {board.as_of}", style="bold", markup=False)
    out.print(state.why, markup=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("Input", "Value", "z, 2 y", "As of", "Age", "Vintage", "Source"):
        table.add_column(column, justify="right" if column in ("Value", "z, 2 y", "Age") else "left")
    for row in state.inputs.values():
        tags = " (proxy)" if row.proxy else " (stale)" if row.stale else ""
        if row.value is None:
            table.add_row(row.title, "—", "", "", "", "", row.missing_reason or "")
            continue
        table.add_row(
            row.title + tags,
            reading(row.value, row.unit),
            signed(row.z, 1),
            str(row.as_of or ""),
            f"{row.age_days} d",
            row.vintage or "",
            row.source or "",
        )
    out.print(table)
    for boundary in state.boundaries:
        way = flips.moved(state, boundary)
        out.print(f"{way} → {word(boundary.regime)}, {boundary.needs}", style="dim", markup=False)

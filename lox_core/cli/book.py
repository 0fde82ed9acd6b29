"""``lox status``, ``account``, ``risk`` and ``nav``: the Portfolio & Greeks page in the terminal, and as JSON.

Each fetches the live book and keeps the day in the journal. A past as-of hides the book; ``nav`` then reads the
journal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from lox_core.cli import book_tables as tables
from lox_core.cli.output import emit_json, finish
from lox_core.cli.regimes import AsOfOption, JsonOption
from lox_core.cli.start import Session
from lox_core.clock import AsOf
from lox_core.errors import StoreError
from lox_core.log import log_error
from lox_core.workbench import OwnersWorkbench, Snapshot
from lox_core.workbench.account_payload import account_json, nav_json, status_json
from lox_core.workbench.book_payload import book_json
from lox_core.workbench.desks import require_present
from lox_core.workbench.record import Recorded

BESIDE_RISK = ("orders", "activities", "history", "performance", "journal", "smiles")
Bench = OwnersWorkbench


@dataclass(frozen=True)
class Look:
    """One look at the present book, and what the journal made of it."""

    bench: Bench
    as_of: AsOf
    snapshot: Snapshot
    recorded: Recorded


def status(as_of: AsOfOption = None, as_json: JsonOption = False) -> None:
    """Portfolio health: net value, the day, what needs action, what is missing, and the journal."""
    look = _look(as_of, with_board=True)
    state = look.bench.journal.state()
    if as_json:
        emit_json(status_json(look.snapshot, look.bench.mode, state, look.recorded))
    else:
        tables.status(look.snapshot, look.bench.mode, state, look.recorded)
    finish(_missing(look.snapshot), as_json=as_json)


def account(as_of: AsOfOption = None, as_json: JsonOption = False) -> None:
    """The account at the broker: equity, cash, buying power, margin, working orders and recent fills."""
    look = _look(as_of)
    if as_json:
        emit_json(account_json(look.snapshot, look.bench.mode))
    else:
        tables.account(look.snapshot, look.bench.mode)
    finish(_missing(look.snapshot, only=("account", "orders", "activities")), as_json=as_json)


def risk(as_of: AsOfOption = None, as_json: JsonOption = False) -> None:
    """Every position with its mark and Greeks, and the book's totals with their coverage."""
    look = _look(as_of)
    if as_json:
        emit_json(book_json(look.snapshot, look.bench.mode))
    else:
        tables.risk(look.snapshot, look.bench.mode)
    finish(_missing(look.snapshot, without=BESIDE_RISK), as_json=as_json)


def nav(
    as_of: AsOfOption = None,
    rows: Annotated[int, typer.Option("--rows", min=1, max=5000, help="How many of the last days to show.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Net value by day, with the performance and the formulas it follows from."""
    session = Session.open()
    when = session.as_of(as_of)
    if when.is_past:
        _past_nav(session, when, rows, as_json=as_json)
    look = _look(as_of)
    kept = look.bench.journal.nav(look.snapshot.account_label)
    if as_json:
        emit_json(nav_json(look.snapshot, kept, str(when), look.bench.mode))
    else:
        tables.nav(look.snapshot, kept, look.bench.mode, rows)
    finish(_missing(look.snapshot, only=("account", "history", "activities", "performance")), as_json=as_json)


def _past_nav(session: Session, when: AsOf, rows: int, *, as_json: bool) -> None:
    """What the journal kept up to a past day; the broker is not asked."""
    bench = session.owners
    kept = tuple(one for one in bench.journal.nav() if one.date <= when.date)
    if as_json:
        emit_json(nav_json(None, kept, str(when), bench.mode))
    else:
        tables.nav(None, kept, bench.mode, rows)
    finish([] if kept else [f"the journal holds no day up to {when.date}"], as_json=as_json)


def _look(asked: str | None, *, with_board: bool = False) -> Look:
    """Fetch the book of the present with one kernel throughout, and keep the day."""
    session = Session.open()
    as_of = session.as_of(asked)
    require_present(as_of)
    session.wait_for_kernels()
    bench = session.owners
    snapshot = bench.book(as_of)
    board = bench.board(as_of).board if with_board and bench.journal.keeps else None
    try:
        recorded = bench.record_day(snapshot, as_of, board)
    except StoreError as error:
        log_error("recording the day", error)
        snapshot = snapshot.with_gap("journal", str(error))
        recorded = Recorded("not", str(error))
    return Look(bench, as_of, snapshot, recorded)


def _missing(snapshot: Snapshot, *, only: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> list[str]:
    """What makes the owner's answer partial; a sample is whole as it is."""
    if snapshot.is_sample:
        return []
    gaps = {name: why for name, why in snapshot.gaps.items() if name != "positions"}
    kind = {name: name.split(",")[0] for name in gaps}  # "positions, some rows" is of the positions
    if only:
        return [f"{name}: {why}" for name, why in gaps.items() if kind[name] in only]
    said = [] if snapshot.problem is None else [f"positions: {snapshot.problem}"]
    if snapshot.book is not None:
        said += [f"{symbol}: {why}" for symbol, why in snapshot.book.unpriced]
        said += [
            f"{leg.symbol}: {leg.greeks_reason}"
            for leg in snapshot.book.legs
            if leg.mark.mark is not None and leg.greeks_reason
        ]
    return said + [f"{name}: {why}" for name, why in gaps.items() if kind[name] not in without]

"""``lox journal``: what is kept, and out of the database and back: export, import, backup."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from lox_core.cli.output import console, emit_json, finish
from lox_core.cli.start import Session
from lox_core.errors import SettingsError, StoreError
from lox_core.journal import Journal, files, transfer
from lox_core.journal.records import JournalState, NavRecord, RegimeChange, TradeRecord
from lox_core.journal.tables import plain
from lox_core.numbers import day, money, plural, size

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
RowsOption = Annotated[int, typer.Option("--rows", min=0, max=1000, help="How many of the last rows to show.")]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="Overwrite a file that is there already.")]
NO_JOURNAL = "The demo keeps no journal. Set your keys, and it begins."

app = typer.Typer(help="The journal: NAV, fills, flows and regimes by day. Alone: what it holds.", add_completion=False)


@app.callback(invoke_without_command=True)
def alone(context: typer.Context, as_json: JsonOption = False) -> None:
    """What the journal holds; its commands take it out, bring it back, and copy it."""
    if context.invoked_subcommand is None:
        show(context, as_json=as_json)


def _asked_json(context: typer.Context, as_json: bool) -> bool:
    """Whether ``--json`` stands after the command or before it."""
    return as_json or bool(context.parent and context.parent.params.get("as_json"))


@app.command("show")
def show(context: typer.Context, rows: RowsOption = 5, as_json: JsonOption = False) -> None:
    """How many rows each table holds, and the last days, fills and regime changes."""
    as_json = _asked_json(context, as_json)
    journal = _journal(as_json)
    state = journal.state()
    if state.problem:
        raise StoreError(state.problem)
    last = (_last(journal.nav(), rows), _last(journal.trades(), rows), _last(journal.regime_changes(), rows))
    if as_json:
        names = ("nav", "trades", "regime_changes")
        kept = {name: plain([asdict(one) for one in found]) for name, found in zip(names, last, strict=True)}
        emit_json({"mode": "live", **plain(asdict(state)), "last": kept})
    else:
        _print(state, *last)
    finish([], as_json=as_json)


@app.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A .zip of CSV files, or one .json.", dir_okay=False)],
    replace: ReplaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write every row into a file that lox journal import reads back."""
    as_json = _asked_json(context, as_json)
    if file.suffix.lower() not in (".zip", ".json"):
        raise SettingsError("file", "Name a file that ends in .zip (CSV files) or in .json.")
    journal = _journal(as_json)
    make = transfer.export_zip if file.suffix.lower() == ".zip" else transfer.export_json
    data = make(journal)
    files.write_file(file, data, replace=replace)
    _done({"file": file.name, "bytes": len(data), "rows": dict(journal.state().rows)}, "Exported", as_json)


@app.command("import")
def bring_back(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What lox journal export wrote.", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be imported.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring an export back; rows that are there already stay as they are."""
    as_json = _asked_json(context, as_json)
    journal = _journal(as_json)
    report = transfer.import_rows(journal, files.read_file(file), dry_run=dry_run)
    missing = [f"{one.table} row {one.row}: {one.reason}" for one in report.errors]
    if report.error_count > len(missing):
        missing.append(f"and {plural(report.error_count - len(missing), 'more row')}")
    if as_json:
        emit_json({"mode": "live", **plain(asdict(report))})
    else:
        _print_import(report)
    finish(missing, as_json=as_json)


@app.command("backup")
def back_up(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The copy, a SQLite file.", dir_okay=False)],
    replace: ReplaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Copy the database into one file, while Lox runs."""
    as_json = _asked_json(context, as_json)
    journal = _journal(as_json)
    count = transfer.backup(journal, file, replace=replace)
    _done({"file": file.name, "bytes": count}, "Backed up", as_json)


def _journal(as_json: bool) -> Journal:
    """The journal of the settings; in a demo, says that there is none and ends well."""
    session = Session.open()
    journal = Journal.open(session.settings, session.clock)
    if not journal.keeps:
        if as_json:
            emit_json({"mode": "demo", "keeps": False, "reason": NO_JOURNAL})
        else:
            console().print(NO_JOURNAL, markup=False)
        finish([], as_json=as_json)
    return journal


def _last(found: tuple[Any, ...], rows: int) -> tuple[Any, ...]:
    return found[max(len(found) - rows, 0) :]


def _done(said: dict[str, Any], verb: str, as_json: bool) -> None:
    if as_json:
        emit_json({"mode": "live", **said})
    else:
        console().print(f"{verb} to {said['file']}, {size(said['bytes'])}.", markup=False)
    finish([], as_json=as_json)


def _print_import(report: transfer.ImportReport) -> None:
    out = console()
    if report.error_count:
        out.print("Nothing is imported: some rows cannot be used.", style="yellow")
        return
    out.print("Would import:" if report.dry_run else "Imported:")
    for name, added in report.added.items():
        out.print(f"  {name}: {plural(added, 'new row')}, {report.present[name]:,} there already", markup=False)


def _print(
    state: JournalState, nav: tuple[NavRecord, ...], fills: tuple[TradeRecord, ...], flips: tuple[RegimeChange, ...]
) -> None:
    out = console()
    days = f"{day(state.first_day)} to {day(state.last_day)}" if state.first_day else "no day yet"
    out.print(f"Journal {state.where} · {days} · {size(state.size_bytes)}", style="bold", markup=False)
    out.print(" · ".join(f"{name} {count:,}" for name, count in state.rows.items()), style="dim", markup=False)
    if state.kept_out:
        words = (
            f"{plural(state.kept_out, 'row')} of the previous schema could not be taken over; table kept_out has them."
        )
        out.print(words, style="yellow", markup=False)
    if nav:
        table = _table("Day", "Account", "Equity", "NAV at mid", "NAV, liquidation", "Cash")
        for one in nav:
            table.add_row(
                day(one.date), one.account, *map(money, (one.equity, one.nav_mid, one.nav_liquidation, one.cash))
            )
        out.print(table)
    if fills:
        table = _table("Filled", "Symbol", "Side", "Quantity", "Price", "Strategy")
        for fill in fills:
            cells = (fill.symbol, fill.side, f"{fill.quantity:,g}", money(fill.price), fill.strategy or "")
            table.add_row(f"{fill.filled_at:%Y-%m-%d %H:%M}", *cells)
        out.print(table)
    for flip in flips:
        out.print(f"{flip.date} {flip.pillar}: {flip.before} → {flip.after}", markup=False)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        numeric = column not in ("Day", "Account", "Filled", "Symbol", "Side", "Strategy")
        table.add_column(column, justify="right" if numeric else "left")
    return table

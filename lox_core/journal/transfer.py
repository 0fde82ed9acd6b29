"""The journal out of its database and back: a zip of CSV files, one JSON document, or SQLite's own online backup.

An export comes back into the same or another journal: rows whose key is there already stay as they are, so importing
twice changes nothing. Either the whole file can be used or nothing of it is written.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select

from lox_core.errors import StoreError
from lox_core.journal import cells
from lox_core.journal import tables as t
from lox_core.journal.database import require_file
from lox_core.journal.files import MAX_BYTES, TOO_LARGE, new_file
from lox_core.journal.journal import Journal
from lox_core.journal.rows import put_absent

FORMAT = "lox-journal"
MAX_UNPACKED = 400_000_000
MAX_ROWS = 1_000_000
SHOWN_ERRORS = 50
OF_A_DAY = (t.positions_daily, t.attribution)
DAY = ("account", "mode", "date")
# What zipfile raises on bytes that are no zip, beside its own error: it trusts the offsets and sizes it finds.
UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, csv.Error, EOFError, ValueError, OSError, RuntimeError)
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class RowError:
    """A row that cannot be used; ``row`` counts from 1 within its table, headings left out; 0 is the table itself."""

    table: str
    row: int
    reason: str


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or would do where ``dry_run``: rows by table that are new and that were there already.

    ``imported`` is whether the rows are in the journal now; with ``errors`` (the first of them) nothing is written.
    """

    dry_run: bool
    imported: bool
    added: Mapping[str, int]
    present: Mapping[str, int]
    errors: tuple[RowError, ...] = ()
    error_count: int = 0


def export_zip(journal: Journal) -> bytes:
    """Every table as ``<table>.csv`` in one zip, all of one instant. Text is safe to open in a spreadsheet."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for table, rows in _everything(journal):
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            columns = cells.columns(table)
            writer.writerow([one.name for one in columns])
            writer.writerows([cells.cell(one, row[one.name]) for one in columns] for row in rows)
            archive.writestr(f"{table.name}.csv", text.getvalue())
    return packed.getvalue()


def export_json(journal: Journal) -> bytes:
    """Every table as a list of rows in one JSON document, all of one instant."""
    tables = {
        table.name: [{one.name: cells.json_value(row[one.name]) for one in cells.columns(table)} for row in rows]
        for table, rows in _everything(journal)
    }
    document = {"format": FORMAT, "version": 1, "tables": tables}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1).encode()


def _everything(journal: Journal) -> Iterator[tuple[Table, Sequence[Mapping[str, Any]]]]:
    if not journal.database.begun:
        yield from ((table, []) for table in t.KEPT)
        return
    with journal.database.read() as connection:
        for table in t.KEPT:
            ordered = select(table).order_by(*(table.c[name] for name in t.key_of(table)))
            yield table, [dict(row) for row in connection.execute(ordered).mappings()]


def import_rows(journal: Journal, data: bytes, *, dry_run: bool = False) -> ImportReport:
    """Bring an export back, in one transaction.

    Positions and attribution of a day come only into a day that has none yet, so that no day is a mixture of two.

    Parameters
    ----------
    journal : Journal
    data : bytes
        What :func:`export_zip` or :func:`export_json` gave.
    dry_run : bool
        Only say what would be done.

    Raises
    ------
    StoreError
        The file is too large or no export of a journal, or the database cannot be used.
    """
    if len(data) > MAX_BYTES:
        raise StoreError(TOO_LARGE)
    raw = _unzipped(data) if data[:2] == b"PK" else _from_json(data)
    rows, errors = _checked(raw)
    if errors:
        return ImportReport(dry_run, False, {}, {}, tuple(errors[:SHOWN_ERRORS]), len(errors))
    counts = {name: (0, len(found)) for name, found in rows.items()}
    try:
        with journal.database.write() as connection:
            counts, orphans = _written(connection, rows)
            if orphans:
                return ImportReport(dry_run, False, {}, {}, tuple(orphans[:SHOWN_ERRORS]), len(orphans))
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    added = {name: new for name, (new, _) in counts.items()}
    present = {name: total - new for name, (new, total) in counts.items()}
    return ImportReport(dry_run, not dry_run, added, present)


class _Undo(Exception):
    """Ends a dry run, so that its transaction is rolled back."""


def _written(connection: Connection, rows: Rows) -> tuple[dict[str, tuple[int, int]], list[RowError]]:
    """Write the rows; new and total by table. Where a row's day is missing nothing is written at all."""
    days = _days(connection, t.nav_history) | {_day_of(row) for row in rows.get(t.nav_history.name, [])}
    orphans = [
        RowError(table.name, number, f"{row['date']} of {row['account']} is not in nav_history")
        for table in OF_A_DAY
        for number, row in enumerate(rows.get(table.name, []), 1)
        if _day_of(row) not in days
    ]
    if orphans:
        return {}, orphans
    counts = {}
    for table in t.KEPT:
        found = rows.get(table.name, [])
        taken = _days(connection, table) if table in OF_A_DAY else set()
        new = put_absent(connection, table, [row for row in found if not taken or _day_of(row) not in taken])
        counts[table.name] = (new, len(found))
    return counts, []


def _day_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in DAY)


def _days(connection: Connection, table: Table) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in connection.execute(select(*(table.c[name] for name in DAY)).distinct())}


def _checked(raw: Mapping[str, Sequence[Any]]) -> tuple[Rows, list[RowError]]:
    rows: Rows = {}
    errors: list[RowError] = []
    known = {table.name: table for table in t.KEPT}
    if sum(map(len, raw.values())) > MAX_ROWS:
        raise StoreError(f"The file has more than {MAX_ROWS:,} rows and is not read.")
    for name, found in raw.items():
        if name not in known:
            errors.append(RowError(name[:40], 0, "is no table of the journal"))
            continue
        rows[name] = []
        for number, row in enumerate(found, 1):
            try:
                if not isinstance(row, dict):
                    raise ValueError("the row has more or fewer cells than the heading")
                rows[name].append(cells.parsed(known[name], row))
            except ValueError as error:
                errors.append(RowError(name, number, str(error)))
    return rows, errors


def _from_json(data: bytes) -> dict[str, list[Any]]:
    try:
        document = json.loads(data, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        document = None
    tables = document.get("tables") if isinstance(document, dict) and document.get("format") == FORMAT else None
    if not isinstance(tables, dict) or not all(isinstance(rows, list) for rows in tables.values()):
        raise StoreError(
            "The file is no export of a journal: neither the zip nor the JSON that lox journal export writes."
        )
    return tables


def _unzipped(data: bytes) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {f"{table.name}.csv": table for table in t.KEPT}
            for member in archive.infolist():
                if member.filename not in names:
                    raise StoreError("The zip holds files that lox journal export does not write; it is not read.")
                with archive.open(member) as packed:
                    text = packed.read(left + 1)
                left -= len(text)
                if left < 0:
                    raise StoreError("The zip unpacks to more than a journal can be; it is not read.")
                table = names[member.filename]
                found[table.name] = _from_csv(table, text.decode("utf-8-sig"))
    except UNREADABLE:
        raise StoreError("The zip is damaged and is not read.") from None
    return found


def _from_csv(table: Table, text: str) -> list[Any]:
    csv.field_size_limit(cells.JSON_LENGTH + 2)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    heading = next(reader, [])
    strange = [name[:40] for name in heading if name not in {one.name for one in cells.columns(table)}]
    if strange or len(set(heading)) != len(heading):
        raise StoreError(f"{table.name}.csv has columns the journal does not: {', '.join(strange) or 'one twice'}.")
    return [
        {name: cells.from_csv(text) for name, text in zip(heading, line, strict=True)}
        if len(line) == len(heading)
        else None
        for line in reader
        if line
    ]


def backup(journal: Journal, path: Path, *, replace: bool = False) -> int:
    """Copy the whole database into one file while Lox goes on; returns its size in bytes.

    Raises
    ------
    StoreError
        There is no journal yet, or it lives on a database server; the file is there already and ``replace`` is not
        said; or the disk refuses.
    """
    source = require_file(journal.database)
    if not journal.database.begun:
        raise StoreError("There is no journal yet: nothing to back up.")
    if path.exists() and path.samefile(source):
        raise StoreError("That is the journal itself; name another file.")
    with journal.database.read() as connection, new_file(path, replace=replace) as beside:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - says it to the type checker; require_file made sure
        with contextlib.closing(sqlite3.connect(beside)) as copy:
            raw.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
            if copy.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("malformed")
        return beside.stat().st_size

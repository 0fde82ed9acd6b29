"""Positions from a CSV file: a dry run that says, row by row, what it understood and what it could not.

Lox's own columns, in any order, case and separator (comma, semicolon or tab):

=================  ====================================================================================================
``symbol``         a share's symbol, an OCC option symbol such as ``SPY261218P00640000``, or ``CASH``
``underlying`` …   or the parts of an option: ``underlying`` (its root), ``expiry``, ``right`` (C or P), ``strike``
``quantity``       signed contracts or shares; dollars for ``CASH``
``average_price``  optional, dollars a share
``mark``           optional, dollars a share; used where no live quote can be had
``iv``             optional, annual volatility as ``0.228`` or ``22.8 %``
=================  ====================================================================================================

Brokers' exports are recognised by their headings (:mod:`lox_core.portfolio.presets`). Nothing is written anywhere.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lox_core.portfolio import cells, presets
from lox_core.portfolio.cells import CellError
from lox_core.portfolio.positions import Holding, Kind
from lox_core.portfolio.presets import Preset

MOST_BYTES = 1_000_000
MOST_ROWS = 5_000
MOST_COLUMNS = 200
LONGEST_CELL = 100_000
HEADER_WITHIN = 30  # rows of words some exports put above their headings
MOST_ERRORS = 100
SEPARATORS = (",", ";", "\t")
_NUMERIC = ("quantity", "average_price", "cost_basis", "mark", "strike", "cash", "iv")


@dataclass(frozen=True)
class RowError:
    """What is wrong with one row. ``row`` counts from 1 as a spreadsheet does; 0 is the file as a whole."""

    row: int
    column: str
    message: str


@dataclass(frozen=True)
class ImportResult:
    """What a file would bring in. ``errors`` name the rows left out; ``notices`` tell what was done to the others.

    ``cash`` is ``None`` where the file names none; ``preset`` is the layout's key, empty when none fitted.
    """

    holdings: tuple[Holding, ...] = ()
    cash: float | None = None
    errors: tuple[RowError, ...] = ()
    preset: str = ""
    notices: tuple[str, ...] = ()


def import_csv(data: bytes, *, preset: str | None = None) -> ImportResult:
    """Read a file of positions.

    Parameters
    ----------
    data : bytes
        UTF-8, UTF-16 with its mark, or Latin-1.
    preset : str, optional
        A layout's key; without it the layout is recognised by its headings.

    Returns
    -------
    ImportResult
        Never raises for what a file holds. Rows with an error are left out and told; the others stand.
    """
    if len(data) > MOST_BYTES:
        return _refused(f"the file has {len(data):,} bytes; at most {MOST_BYTES:,} are read")
    text = _decoded(data)
    if "\0" in text:
        return _refused("the file is no text; save it as CSV")
    try:
        table = _layout(text, preset)
    except csv.Error:
        return _refused("the file's quotes are not closed or a cell is too long")
    if table is None:
        return _refused("no row has the headings of a known layout: at least symbol and quantity")
    if len(table.rows) > MOST_ROWS:
        return _refused(f"the file has {len(table.rows):,} rows; at most {MOST_ROWS:,} are read")
    return _read(table)


def _refused(message: str) -> ImportResult:
    return ImportResult(errors=(RowError(0, "", message),))


def _decoded(data: bytes) -> str:
    """Text of a file; Latin-1 reads anything, so this never fails."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


@dataclass(frozen=True)
class _Table:
    """The rows beneath a header, and how to find a field in them."""

    preset: Preset
    places: dict[str, int]
    labels: tuple[str, ...]
    separator: str
    first: int
    rows: list[list[str]]
    comma: bool


def _layout(text: str, preset: str | None) -> _Table | None:
    """The separator and header row whose headings fit a layout, the separator with most headings first."""
    found: list[_Table] = []
    for separator in SEPARATORS:
        rows = list(csv.reader(io.StringIO(text), delimiter=separator))
        if any(len(cell) > LONGEST_CELL for row in rows for cell in row):  # csv's own limit is the whole process's
            raise csv.Error
        for index, row in enumerate(rows[:HEADER_WITHIN]):
            headings = [presets.heading(cell) for cell in row[:MOST_COLUMNS]]
            layout = presets.recognise(headings, preset)
            if layout is None:
                continue
            places, body = layout.places(headings), rows[index + 1 :]
            numeric = [places[name] for name in _NUMERIC if name in places]
            told = (row[place] for row in body for place in numeric if place < len(row))
            comma = cells.decimal_comma(told, separator)
            found.append(_Table(layout, places, tuple(row), separator, index + 2, body, comma))
            break
    return max(found, key=lambda table: len(table.places), default=None)


def _read(table: _Table) -> ImportResult:
    holdings: list[tuple[int, Holding]] = []
    errors: list[RowError] = []
    cash: float | None = None
    for number, row in enumerate(table.rows, start=table.first):
        line = _Line(table, row)
        if line.empty():
            continue
        try:
            if line.is_cash():
                cash = (cash or 0.0) + (line.number("cash") or 0.0)
            elif not line.is_skipped():
                holdings.append((number, _holding(line)))
        except CellError as error:
            errors.append(RowError(number, line.label(error.field), str(error)))
    merged, notices = _merged(holdings)
    if len(errors) > MOST_ERRORS:
        rest = len(errors) - MOST_ERRORS
        errors = [*errors[:MOST_ERRORS], RowError(0, "", f"and {rest:,} more rows with errors")]
    return ImportResult(tuple(merged), cash, tuple(errors), table.preset.name, tuple(notices))


class _Line:
    """One row, by field."""

    def __init__(self, table: _Table, row: Sequence[str]) -> None:
        self._table = table
        self._row = row

    def text(self, field: str) -> str:
        """A cell, without the apostrophe that keeps spreadsheets from evaluating it; empty where there is none."""
        place = self._table.places.get(field)
        if place is None or place >= len(self._row):
            return ""
        return self._row[place].strip().removeprefix("'")

    def number(self, field: str) -> float | None:
        """A cell's number."""
        return cells.number(self.text(field), field, comma=self._table.comma)

    def label(self, field: str) -> str:
        """The column's own heading."""
        place = self._table.places.get(field)
        return self._table.labels[place].strip() if place is not None else field

    def empty(self) -> bool:
        """Whether the row holds nothing."""
        return not any(cell.strip() for cell in self._row)

    def is_cash(self) -> bool:
        """Whether the row tells the account's cash."""
        return self.text("symbol").lower() in self._table.preset.cash

    def is_skipped(self) -> bool:
        """Totals, a repeated header, or a level of detail that repeats another."""
        preset, symbol = self._table.preset, self.text("symbol").lower()
        if list(self._row) == list(self._table.labels) or symbol.startswith(preset.skip or ("\0",)):
            return True
        return any(
            field in self._table.places and self.text(field).lower() not in ("", *values)
            for field, values in preset.only.items()
        )


def _holding(line: _Line) -> Holding:
    """The position of one row.

    Raises
    ------
    CellError
        A cell that must be there is missing or cannot be read.
    """
    currency = line.text("currency").upper()
    if currency not in ("", "USD"):
        raise CellError("currency", f"{cells.shown(currency)}: only dollar positions are read")
    quantity = line.number("quantity")
    if not quantity:
        raise CellError("quantity", "there is no quantity" if quantity is None else "the quantity is zero")
    base = _identified(line, quantity)
    if base.kind == "option" and quantity != round(quantity):
        raise CellError("quantity", f"{quantity:g} contracts: an option's quantity is whole")
    average, mark, vol = line.number("average_price"), line.number("mark"), line.number("iv")
    cost = line.number("cost_basis")
    if average is None and cost is not None:
        average = abs(cost) / abs(quantity * base.multiplier)
    if mark is not None and mark < 0:
        raise CellError("mark", f"{mark:g} is no price")
    if vol is not None and not 0 < vol <= cells.MOST_VOL:
        raise CellError("iv", f"{vol:g} is no annual volatility; write 0.228 or 22.8 %")
    return replace(base, average_price=None if average is None else abs(average), given_mark=mark, given_vol=vol)


def _identified(line: _Line, quantity: float) -> Holding:
    """What a row's symbol or parts name, with its quantity."""
    symbol, asset_class = line.text("symbol"), line.text("asset_class")
    kind = presets.asset_kind(asset_class)
    contract = cells.contract(symbol, "symbol")
    if contract is None and line.text("strike") and kind in (None, "option"):
        strike = line.number("strike")
        expiry = cells.day(line.text("expiry"), "expiry")
        root = line.text("underlying") or symbol
        contract = cells.contract_from(root, expiry, line.text("right"), strike or 0.0, "strike")
    if kind == "other":
        return _other(symbol, quantity, asset_class)
    if contract is None and kind == "option":
        raise CellError("symbol", f"{cells.shown(symbol)} names no option contract")
    if contract is None:
        name = cells.share_symbol(symbol or line.text("underlying"), "symbol")
        share: Kind = "share"
        return Holding(name, quantity, share, name, asset_class=asset_class)
    multiplier = line.number("multiplier")
    if multiplier not in (None, contract.multiplier):
        contract = replace(contract, adjusted=True)
    return Holding(contract.symbol, quantity, "option", contract.underlying, contract, asset_class=asset_class)


def _other(symbol: str, quantity: float, asset_class: str) -> Holding:
    """A position of a kind that is not priced here; it is listed, not lost."""
    name = " ".join(symbol.upper().split())[:32]
    if not name:
        raise CellError("symbol", "there is no symbol")
    return Holding(name, quantity, "other", name, asset_class=asset_class[:32])


def _merged(holdings: Sequence[tuple[int, Holding]]) -> tuple[list[Holding], list[str]]:
    """One holding per symbol, lots added up, and words for each that was."""
    by_symbol: dict[str, list[tuple[int, Holding]]] = {}
    for number, one in holdings:
        by_symbol.setdefault(one.symbol, []).append((number, one))
    found, notices = [], []
    for symbol, lots in by_symbol.items():
        if len(lots) == 1:
            found.append(lots[0][1])
            continue
        rows = ", ".join(str(number) for number, _ in lots)
        total = sum(one.quantity for _, one in lots)
        notices.append(f"{symbol}: rows {rows} were added up to {total:g}")
        if total:
            found.append(replace(lots[-1][1], quantity=total, average_price=_average([one for _, one in lots])))
    return found, notices


def _average(lots: Sequence[Holding]) -> float | None:
    """The average price of lots of one side; opposite sides have none."""
    priced = [(one.quantity, one.average_price) for one in lots if one.average_price is not None]
    if len(priced) < len(lots) or min(q for q, _ in priced) * max(q for q, _ in priced) < 0:
        return None
    return sum(q * p for q, p in priced) / sum(q for q, _ in priced)

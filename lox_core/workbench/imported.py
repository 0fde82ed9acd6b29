"""A book from a file: valued like any other, for those whose positions are not at the broker.

Quotes come from the broker where there is one, for its data know every contract; else shares are priced by the
market's own vendor and options only by what the file says.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from lox_core.clock import AsOf
from lox_core.errors import StoreError
from lox_core.market.market import Market
from lox_core.portfolio.book import build_book
from lox_core.portfolio.positions import Account, Holding
from lox_core.workbench.analysis import start_legs, starts_of, studied
from lox_core.workbench.book import Snapshot
from lox_core.workbench.book_inputs import QuoteSource, assemble
from lox_core.workbench.smiles import fitted_smiles

IMPORTED, NAMED = "imported", "Imported book"
FILE = "imported-book.csv"


def import_book(
    source: QuoteSource | None,
    market: Market,
    as_of: AsOf,
    *,
    holdings: Sequence[Holding],
    cash: float | None,
    now: datetime,
) -> Snapshot:
    """The imported holdings as a book at the present; what cannot be quoted is unpriced with its reason."""
    gaps: dict[str, str] = {}
    assembled = assemble(
        source,
        market,
        as_of,
        account=Account(IMPORTED, cash=cash),
        holdings=holdings,
        clock=None,
        groupings={},
        gaps=gaps,
        smiles_of=fitted_smiles,
    )
    book = build_book(assembled.inputs)
    found = Snapshot(IMPORTED, now, named=NAMED, book=book, smiles=assembled.inputs.smiles, gaps=gaps)
    return studied(found, start_legs(book, starts_of(assembled)))


def keep(folder: Path, data: bytes) -> None:
    """Keep the file for later sessions, whole or not at all, readable by the owner only.

    Raises
    ------
    StoreError
        The data folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=folder, prefix=FILE)  # made with mode 0600
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(folder / FILE)
    except OSError as error:
        why = error.strerror or "the disk refused"
    else:
        return
    raise StoreError(f"The imported book could not be kept: {why}.")


def kept(folder: Path) -> bytes | None:
    """The file kept before; None where there is none or it cannot be read."""
    try:
        return (folder / FILE).read_bytes()
    except OSError:
        return None


def drop(folder: Path) -> None:
    """Delete the kept file; raises :class:`StoreError` where it cannot be."""
    try:
        (folder / FILE).unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or "the disk refused"
    else:
        return
    raise StoreError(f"The kept book could not be deleted: {why}.")

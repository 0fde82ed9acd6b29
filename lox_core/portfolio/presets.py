"""How position files are laid out: Lox's own columns, and the exports of three brokers.

A preset names the columns that tell a layout apart and where each field stands. Headings are compared in lower case
with everything but letters and digits as ``_``, so ``Qty (Quantity)`` is ``qty_quantity``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LOX, IBKR, TASTYTRADE, SCHWAB = "lox", "ibkr", "tastytrade", "schwab"


@dataclass(frozen=True)
class Preset:
    """One layout.

    Attributes
    ----------
    name, title : the key, and how a face calls it.
    needs : groups of headings; a header row matches when it has one of each group.
    columns : field to the headings it may stand under, best first.
    cash : symbols of the row that holds the account's cash, lower case.
    skip : beginnings of symbols of rows that are no positions, such as totals, lower case.
    only : field to the values a row must have, lower case, where the column exists.
    """

    name: str
    title: str
    needs: tuple[tuple[str, ...], ...]
    columns: Mapping[str, tuple[str, ...]]
    cash: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def matches(self, headings: Sequence[str]) -> bool:
        """Whether a row of headings is this layout's."""
        return all(any(one in headings for one in group) for group in self.needs)

    def places(self, headings: Sequence[str]) -> dict[str, int]:
        """Where each field stands in a row; absent fields are left out."""
        found = {}
        for name, options in self.columns.items():
            place = next((headings.index(one) for one in options if one in headings), None)
            if place is not None:
                found[name] = place
        return found


PRESETS: tuple[Preset, ...] = (
    Preset(
        IBKR,
        "Interactive Brokers, Flex query of open positions",
        needs=(("symbol",), ("assetclass", "asset_class"), ("quantity", "position"), ("markprice", "costbasisprice")),
        columns={
            "symbol": ("symbol",),
            "asset_class": ("assetclass", "asset_class"),
            "quantity": ("quantity", "position"),
            "average_price": ("costbasisprice", "openprice"),
            "mark": ("markprice",),
            "multiplier": ("multiplier",),
            "underlying": ("underlyingsymbol",),
            "expiry": ("expiry",),
            "right": ("put_call",),
            "strike": ("strike",),
            "currency": ("currencyprimary", "currency"),
            "level": ("levelofdetail",),
        },
        only={"level": ("summary",)},
    ),
    Preset(
        TASTYTRADE,
        "tastytrade, positions",
        needs=(("symbol",), ("type",), ("quantity",), ("strike_price",), ("call_put",)),
        columns={
            "symbol": ("symbol",),
            "asset_class": ("type",),
            "quantity": ("quantity",),
            "average_price": ("trade_price",),
            "mark": ("mark",),
        },
    ),
    Preset(
        SCHWAB,
        "Charles Schwab, positions",
        needs=(
            ("symbol",),
            ("qty_quantity", "quantity", "qty"),
            ("mkt_val_market_value", "market_value", "mkt_val"),
            ("cost_basis",),
        ),
        columns={
            "symbol": ("symbol",),
            "asset_class": ("security_type", "asset_type"),
            "quantity": ("qty_quantity", "quantity", "qty"),
            "cost_basis": ("cost_basis",),
            "mark": ("price",),
            "cash": ("mkt_val_market_value", "market_value", "mkt_val"),
        },
        cash=("cash & cash investments", "cash and cash investments"),
        skip=("account total", "positions total", "total"),
    ),
    Preset(
        LOX,
        "Lox's own columns",
        needs=(("symbol", "underlying"), ("quantity",)),
        columns={
            "symbol": ("symbol",),
            "underlying": ("underlying",),
            "expiry": ("expiry",),
            "right": ("right",),
            "strike": ("strike",),
            "quantity": ("quantity",),
            "average_price": ("average_price",),
            "mark": ("mark",),
            "iv": ("iv",),
            "cash": ("quantity",),
        },
        cash=("cash",),
    ),
)


def heading(text: str) -> str:
    """A heading as presets spell it."""
    return re.sub(r"[^a-z0-9]+", "_", text.strip().lower()).strip("_")


def recognise(headings: Sequence[str], only: str | None = None) -> Preset | None:
    """The first layout a row of headings fits, or the one asked for if it does."""
    return next((one for one in PRESETS if only in (None, one.name) and one.matches(headings)), None)


def asset_kind(text: str) -> str | None:
    """``option``, ``share``, ``other``, or ``None`` where the file does not say."""
    word = text.strip().lower()
    if not word or word == "--":
        return None
    if "fut" in word or word in ("fop", "crypto", "cryptocurrency"):
        return "other"
    if "opt" in word:
        return "option"
    if word.startswith(("stk", "stock", "equit", "etf", "adr", "common", "us_equity", "share")):
        return "share"
    return "other"

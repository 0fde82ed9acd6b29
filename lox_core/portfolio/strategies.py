"""Grouping legs into strategies: recognised by structure, overridden by the owner's own names.

A symbol belongs to exactly one strategy. The owner's grouping always wins; the rest is recognised per underlying by
:mod:`lox_core.portfolio.structures`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from lox_core import numbers
from lox_core.portfolio.positions import Holding
from lox_core.portfolio.structures import Structure, recognise
from lox_core.portfolio.valued import Strategy

CUSTOM = "custom"


def group(
    holdings: Iterable[Holding], groupings: Mapping[str, str] | None = None, *, today: date | None = None
) -> tuple[Strategy, ...]:
    """The strategies of a book.

    Parameters
    ----------
    holdings : iterable of Holding
        In any order; a symbol held twice counts once, with its quantities added.
    groupings : mapping, optional
        Symbol to the owner's own strategy name; symbols not held and blank names are ignored.
    today : date, optional
        Names leave the year out where an expiry is in this one.

    Returns
    -------
    tuple of Strategy
        By underlying, then expiry, then name; names are unique. A manual group has the structure it would be recognised
        as for its ``kind``, else ``custom``; its ``underlying`` is empty where it spans several.
    """
    merged = _merged(holdings)
    named = {symbol: name.strip() for symbol, name in (groupings or {}).items() if symbol in merged and name.strip()}
    by_name: dict[str, list[Holding]] = {}
    for symbol, name in sorted(named.items()):
        by_name.setdefault(name, []).append(merged[symbol])
    found = [_manual(name, members) for name, members in by_name.items()]
    automatic = [
        (structure_name(structure, today), structure)
        for members in _by_underlying(one for one in merged.values() if one.symbol not in named)
        for structure in recognise(members)
    ]
    names = {one.name for one in found}
    for name, structure in sorted(automatic, key=lambda pair: (pair[0], pair[1].legs[0].symbol)):
        unique = _unique(name, names)
        names.add(unique)
        found.append(_strategy(unique, structure))
    return tuple(sorted(found, key=lambda one: (one.underlying, one.expiry or date.max, one.name)))


def structure_name(structure: Structure, today: date | None = None) -> str:
    """``SPY 18 Dec iron condor 640/650/700/710``: root, expiries, structure, strikes in order."""
    first = structure.legs[0]
    contracts = [leg.contract for leg in structure.legs if leg.contract is not None]
    what = f"{structure.side} {structure.kind}".strip()
    if not contracts or structure.kind in ("adjusted option", "unrecognised"):
        return f"{first.symbol} {what}"
    roots = {contract.root for contract in contracts}
    root = roots.pop() if len(roots) == 1 else first.underlying
    days = "/".join(numbers.day(day, today) for day in sorted({contract.expiry for contract in contracts}))
    strikes = "/".join(f"{strike:.10g}" for strike in sorted({contract.strike for contract in contracts}))
    return f"{root} {days} {what} {strikes}"


def _merged(holdings: Iterable[Holding]) -> dict[str, Holding]:
    """Holdings by symbol, quantities of equal symbols added."""
    found: dict[str, Holding] = {}
    for one in holdings:
        before = found.get(one.symbol)
        found[one.symbol] = one if before is None else replace(before, quantity=before.quantity + one.quantity)
    return found


def _by_underlying(holdings: Iterable[Holding]) -> list[list[Holding]]:
    found: dict[str, list[Holding]] = {}
    for one in sorted(holdings, key=lambda one: (one.underlying, one.symbol)):
        found.setdefault(one.underlying, []).append(one)
    return list(found.values())


def _manual(name: str, members: Sequence[Holding]) -> Strategy:
    """The owner's group, with the one structure it makes up, if it does."""
    groups = _by_underlying(members)
    structures = recognise(members) if len(groups) == 1 else []
    kind = structures[0].kind if len(structures) == 1 else CUSTOM
    return replace(_strategy(name, Structure(kind, tuple(members))), manual=True)


def _strategy(name: str, structure: Structure) -> Strategy:
    underlyings = {leg.underlying for leg in structure.legs}
    return Strategy(
        name=name,
        kind=structure.kind,
        underlying=underlyings.pop() if len(underlyings) == 1 else "",
        symbols=tuple(leg.symbol for leg in structure.legs),
        expiry=min((leg.contract.expiry for leg in structure.legs if leg.contract is not None), default=None),
    )


def _unique(name: str, names: set[str]) -> str:
    count, unique = 1, name
    while unique in names:
        count += 1
        unique = f"{name} ({count})"
    return unique

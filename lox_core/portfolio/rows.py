"""The positions table as rows: groups with their legs beneath, ready for any face to print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lox_core.clock import NEW_YORK
from lox_core.portfolio.valued import EXTRA_GREEKS, GREEKS, Book, Leg, Total

Grouping = Literal["strategy", "underlying", "expiry", "leg"]
GROUPINGS: tuple[Grouping, ...] = ("strategy", "underlying", "expiry", "leg")
SHARES = "shares"


@dataclass(frozen=True)
class Row:
    """One line of the table: a group (``depth`` 0) or a leg beneath it (1).

    Money is signed dollars and ``None`` where no leg of the line has it; ``missing`` counts the legs that a group's
    sums leave out. ``quantity``, ``mark`` and ``mid`` are per share and only there for single legs.
    """

    depth: int
    key: str
    name: str
    symbols: tuple[str, ...]
    day_pnl: float | None = None
    mark_value: float | None = None
    mid_value: float | None = None
    gap_usd: float | None = None
    quantity: float | None = None
    mark: float | None = None
    mid: float | None = None
    days_left: int | None = None
    vol: float | None = None
    trend: tuple[float, ...] = ()
    greeks: Mapping[str, float | None] = field(default_factory=dict)
    kind: str = ""
    flags: tuple[str, ...] = ()
    reason: str | None = None
    missing: int = 0


def leg_name(leg: Leg, *, short: bool = False) -> str:
    """``SPY 18 Dec 2026 P 640`` or, under its group, ``18 Dec P 640``; a share's is its symbol."""
    contract = leg.holding.contract
    if contract is None:
        return leg.symbol
    day = f"{contract.expiry.day} {contract.expiry:%b}"
    tail = f"{contract.right} {contract.strike:,.10g}"
    return f"{day} {tail}" if short else f"{contract.root} {day} {contract.expiry:%Y} {tail}"


def position_rows(
    book: Book,
    by: Grouping = "strategy",
    *,
    day_pnl: Mapping[str, float | None] | None = None,
    trends: Mapping[str, Sequence[float]] | None = None,
    legs: bool = True,
) -> list[Row]:
    """The table grouped ``by`` strategy, underlying, expiry or not at all.

    Parameters
    ----------
    book : Book
    by : {"strategy", "underlying", "expiry", "leg"}
    day_pnl : mapping, optional
        Symbol to the day's dollars, ``None`` where unknown.
    trends : mapping, optional
        Underlying to its recent closes, oldest first.
    legs : bool
        Whether each group of more than one leg is followed by its legs.
    """
    pnl, lines = day_pnl or {}, trends or {}
    if by == "leg":
        return [_leg_row(book, leg, pnl, lines, depth=0) for leg in book.legs]
    found: list[Row] = []
    for key, name, kind, members, totals in _groups(book, by):
        if len(members) == 1:
            single = _leg_row(book, members[0], pnl, lines, depth=0)
            found.append(single)
            continue
        found.append(_group_row(book, key, name, kind, members, totals, pnl, lines))
        found += [_leg_row(book, leg, pnl, lines, depth=1, short=by != "expiry") for leg in members if legs]
    return found


_Group = tuple[str, str, str, list[Leg], Mapping[str, Total]]


def _groups(book: Book, by: Grouping) -> Iterable[_Group]:
    """Key, name, kind, legs and Greek totals of every group, in the book's order."""
    if by == "strategy":
        for strategy in book.strategies:
            members = [leg for leg in book.legs if leg.strategy == strategy.name]
            yield strategy.name, strategy.name, strategy.kind, members, book.by_strategy[strategy.name]
        return
    if by == "underlying":
        for symbol in book.by_underlying:
            members = [leg for leg in book.legs if leg.holding.underlying == symbol]
            yield symbol, symbol, "", members, book.by_underlying[symbol]
        return
    for day in sorted(book.by_expiry):
        members = [leg for leg in book.legs if leg.holding.contract is not None and leg.holding.contract.expiry == day]
        yield day.isoformat(), f"{day.day} {day:%b %Y}", "", members, book.by_expiry[day]
    shares = [leg for leg in book.legs if leg.holding.contract is None]
    if shares:
        sums = {name: _sum(shares, _greek(name)) for name in (*GREEKS, *EXTRA_GREEKS)}
        yield SHARES, "No expiry", SHARES, shares, {name: Total(value, 1.0) for name, value in sums.items()}


def _group_row(
    book: Book,
    key: str,
    name: str,
    kind: str,
    members: Sequence[Leg],
    totals: Mapping[str, Total],
    pnl: Mapping[str, float | None],
    trends: Mapping[str, Sequence[float]],
) -> Row:
    days = [d for leg in members if (d := _days_left(book, leg)) is not None]
    underlyings = {leg.holding.underlying for leg in members}
    line = trends.get(underlyings.pop(), ()) if len(underlyings) == 1 else ()
    return Row(
        depth=0,
        key=key,
        name=name,
        symbols=tuple(leg.symbol for leg in members),
        day_pnl=_sum(members, lambda leg: pnl.get(leg.symbol)),
        mark_value=_sum(members, lambda leg: leg.mark_value),
        mid_value=_sum(members, lambda leg: leg.mid_value),
        gap_usd=_sum(members, lambda leg: leg.gap_usd),
        days_left=min(days, default=None),
        trend=tuple(line),
        greeks={greek: totals[greek].value if greek in totals else None for greek in (*GREEKS, *EXTRA_GREEKS)},
        kind=kind,
        flags=tuple(dict.fromkeys(flag for leg in members for flag in leg.mark.flags)),
        missing=sum(leg.mark_value is None for leg in members),
    )


def _leg_row(
    book: Book,
    leg: Leg,
    pnl: Mapping[str, float | None],
    trends: Mapping[str, Sequence[float]],
    *,
    depth: int,
    short: bool = False,
) -> Row:
    return Row(
        depth=depth,
        key=leg.symbol,
        name=leg_name(leg, short=short and depth > 0),
        symbols=(leg.symbol,),
        day_pnl=pnl.get(leg.symbol),
        mark_value=leg.mark_value,
        mid_value=leg.mid_value,
        gap_usd=leg.gap_usd,
        quantity=leg.holding.quantity,
        mark=leg.mark.mark,
        mid=leg.mark.mid,
        days_left=_days_left(book, leg),
        vol=leg.vol,
        trend=tuple(trends.get(leg.holding.underlying, ())),
        greeks={**leg.greeks, **leg.extra_greeks},
        kind="" if depth else _kind_of(book, leg),
        flags=leg.mark.flags,
        reason=leg.reason,
        missing=int(leg.mark_value is None),
    )


def _kind_of(book: Book, leg: Leg) -> str:
    return next((one.kind for one in book.strategies if one.name == leg.strategy), "")


def _days_left(book: Book, leg: Leg) -> int | None:
    contract = leg.holding.contract
    return None if contract is None else contract.days_left(book.as_of.astimezone(NEW_YORK).date())


def _greek(name: str) -> Callable[[Leg], float | None]:
    return lambda leg: leg.greeks.get(name, leg.extra_greeks.get(name))


def _sum(legs: Iterable[Leg], pick: Callable[[Leg], float | None]) -> float | None:
    """The sum of what is known; ``None`` where nothing is."""
    known = [value for leg in legs if (value := pick(leg)) is not None]
    return sum(known) if known else None

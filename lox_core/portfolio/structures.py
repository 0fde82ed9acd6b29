"""The option structures a set of legs holds, each leg in exactly one.

Legs match where their quantities match. Within an expiry the structures with most legs go first, so that a condor is
not read as two verticals, nor an iron butterfly as a straddle and a strangle. Then equal strikes of two expiries make
calendars, shares take the options that they cover or that protect them, and what is left pairs or stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

from lox_core.options.contract import OptionContract
from lox_core.portfolio.positions import Holding

# The search for butterflies is cubic in the legs of one expiry and right; larger pools go without it.
MOST_FOR_TRIPLES = 40


@dataclass(frozen=True)
class Structure:
    """Recognised legs. ``kind`` is the field's word for them, ``side`` the word before it: ``short``, ``put``."""

    kind: str
    legs: tuple[Holding, ...]
    side: str = ""


@dataclass(frozen=True)
class _Piece:
    """An option leg with the numbers the rules compare."""

    holding: Holding
    contract: OptionContract
    quantity: float

    @property
    def strike(self) -> float:
        return self.contract.strike

    @property
    def long(self) -> bool:
        return self.quantity > 0


class _Pool:
    """The option legs of one underlying that no structure has taken yet."""

    def __init__(self, pieces: Sequence[_Piece]) -> None:
        self._pieces = list(pieces)

    def __iter__(self) -> Iterator[_Piece]:
        return iter(list(self._pieces))

    def take(self, *pieces: _Piece) -> tuple[Holding, ...]:
        """The holdings of the pieces, which are then gone."""
        gone = {piece.holding.symbol for piece in pieces}
        self._pieces = [piece for piece in self._pieces if piece.holding.symbol not in gone]
        return tuple(piece.holding for piece in pieces)

    def best(self, fits: Callable[[_Piece, _Piece], tuple[float, ...] | None]) -> Iterator[tuple[_Piece, _Piece]]:
        """Pairs that fit, the smallest cost first, each leg once. The caller takes every pair it is given."""
        costed = [
            (cost, index, pair)
            for index, pair in enumerate(combinations(self._pieces, 2))
            if (cost := fits(*pair)) is not None
        ]
        used: set[str] = set()
        for _, _, (first, second) in sorted(costed, key=lambda one: one[:2]):
            if first.holding.symbol not in used and second.holding.symbol not in used:
                used |= {first.holding.symbol, second.holding.symbol}
                yield first, second

    def cells(self) -> list[list[_Piece]]:
        """The legs by expiry, root and right, ascending strikes."""
        return [list(group) for _, group in groupby(self._pieces, key=_cell)]


def recognise(holdings: Iterable[Holding]) -> list[Structure]:
    """The structures of one underlying's holdings; the order they come in does not matter."""
    ordered = sorted(holdings, key=lambda one: one.symbol)
    pieces = [_Piece(one, one.contract, one.quantity) for one in ordered if one.contract is not None and _plain(one)]
    pool = _Pool(sorted(pieces, key=lambda piece: (*_cell(piece), piece.strike)))
    taken = {piece.holding.symbol for piece in pieces}
    shares = [one for one in ordered if one.kind == "share" and one.problem is None and one.quantity != 0]
    found = _butterflies(pool)
    found += _condors(_verticals(pool))
    found += _doubled(_calendars(pool), "calendar", "double calendar")
    found += _with_shares(pool, shares)
    found += _doubled(_same_sign_pairs(pool), "strangle", "double diagonal")
    found += _other_pairs(pool)
    used = {one.symbol for structure in found for one in structure.legs}
    alone = [one for one in ordered if one.symbol not in used]
    return found + [_alone(one, recognised=one.symbol in taken) for one in alone]


def _plain(one: Holding) -> bool:
    """Whether a holding is a standard option that can be matched with others."""
    return one.contract is not None and not one.contract.adjusted and one.problem is None and one.quantity != 0


def _cell(piece: _Piece) -> tuple[str, str, bool]:
    return piece.contract.expiry.isoformat(), piece.contract.root, piece.contract.is_call


def _same_expiry(a: _Piece, b: _Piece) -> bool:
    return a.contract.expiry == b.contract.expiry and a.contract.root == b.contract.root


def _days_apart(a: _Piece, b: _Piece) -> tuple[float, ...] | None:
    """The cost of pairing across expiries: days, then dollars of strike; None within one expiry."""
    days = abs((a.contract.expiry - b.contract.expiry).days)
    return (days, abs(a.strike - b.strike)) if days > 0 else None


def _vertical_cost(a: _Piece, b: _Piece) -> tuple[float, ...] | None:
    """Opposite legs of one expiry and right cost the dollars between their strikes."""
    if a.quantity != -b.quantity or a.contract.is_call != b.contract.is_call or not _same_expiry(a, b):
        return None
    return (b.strike - a.strike,)


def _calendar_cost(a: _Piece, b: _Piece) -> tuple[float, ...] | None:
    """Opposite legs of one strike and right in two expiries cost the days between."""
    if a.quantity != -b.quantity or a.strike != b.strike or a.contract.is_call != b.contract.is_call:
        return None
    return _days_apart(a, b)


def _held_together_cost(a: _Piece, b: _Piece) -> tuple[float, ...] | None:
    """A put and a call of one expiry and side cost the dollars between their strikes."""
    if a.quantity != b.quantity or a.contract.is_call == b.contract.is_call or not _same_expiry(a, b):
        return None
    return (abs(a.strike - b.strike),)


def _diagonal_cost(a: _Piece, b: _Piece) -> tuple[float, ...] | None:
    """Opposite legs of one right in two expiries cost days, then dollars of strike."""
    if a.quantity != -b.quantity or a.contract.is_call != b.contract.is_call:
        return None
    return _days_apart(a, b)


def _reversal_cost(a: _Piece, b: _Piece) -> tuple[float, ...] | None:
    """A put against a call of one expiry cost the dollars between their strikes."""
    matched = a.quantity == -b.quantity and a.contract.is_call != b.contract.is_call and _same_expiry(a, b)
    return (abs(a.strike - b.strike),) if matched else None


def _ratio_cost(a: _Piece, b: _Piece) -> tuple[float, ...] | None:
    """A long and a short of one expiry and right cost the dollars between their strikes."""
    matched = a.long != b.long and a.contract.is_call == b.contract.is_call and _same_expiry(a, b)
    return (abs(a.strike - b.strike),) if matched else None


def _word(is_call: bool) -> str:
    return "call" if is_call else "put"


def _side(long: bool) -> str:
    return "long" if long else "short"


def _butterflies(pool: _Pool) -> list[Structure]:
    """One, minus two, one of a right at three strikes; with unequal wings they are broken."""
    found = []
    for cell in pool.cells():
        triples = combinations(cell, 3) if len(cell) <= MOST_FOR_TRIPLES else ()
        fitting = [(a, b, c) for a, b, c in triples if a.quantity == c.quantity and b.quantity == -2 * a.quantity]
        used: set[str] = set()
        for a, b, c in sorted(fitting, key=lambda t: (abs(t[0].strike + t[2].strike - 2 * t[1].strike), t[0].strike)):
            symbols = {piece.holding.symbol for piece in (a, b, c)}
            if symbols & used:
                continue
            used |= symbols
            even = abs(a.strike + c.strike - 2 * b.strike) < 1e-9
            kind = "butterfly" if even else "broken-wing butterfly"
            found.append(Structure(kind, pool.take(a, b, c), f"{_side(a.long)} {_word(a.contract.is_call)}"))
    return found


def _verticals(pool: _Pool) -> list[tuple[_Piece, _Piece]]:
    """Pairs of one expiry and right with opposite quantities, nearest strikes first; lower strike first in each."""
    pairs = list(pool.best(_vertical_cost))
    for pair in pairs:
        pool.take(*pair)
    return pairs


_Pair = tuple[_Piece, _Piece]


def _condors(verticals: list[_Pair]) -> list[Structure]:
    """Iron condors and butterflies of a put and a call vertical, condors of two of one right, and what is left."""
    found: list[Structure] = []
    left = list(verticals)
    for rights in ((False, True), (False, False), (True, True)):
        costed = [
            (b[0].strike - a[1].strike, index, a, b)
            for index, (a, b) in enumerate((a, b) for a in verticals for b in verticals if _makes_condor(a, b, rights))
        ]
        for _, _, a, b in sorted(costed, key=lambda one: one[:2]):
            if a in left and b in left:
                left = [pair for pair in left if pair not in (a, b)]
                found.append(_condor(a, b))
    singles = [Structure("vertical", (low.holding, high.holding), _word(low.contract.is_call)) for low, high in left]
    return found + singles


def _makes_condor(a: _Pair, b: _Pair, rights: tuple[bool, bool]) -> bool:
    """Whether vertical ``a`` below ``b`` of these rights has opposite outer and inner legs and matching quantities."""
    return (
        (a[0].contract.is_call, b[0].contract.is_call) == rights
        and _same_expiry(a[0], b[0])
        and a[0].quantity == b[1].quantity
        and a[1].strike <= b[0].strike
        and a is not b
    )


def _condor(a: _Pair, b: _Pair) -> Structure:
    legs = tuple(piece.holding for piece in (*a, *b))
    outer_long = a[0].long
    if a[0].contract.is_call == b[0].contract.is_call:
        return Structure("condor", legs, f"{_side(outer_long)} {_word(a[0].contract.is_call)}")
    kind = "iron butterfly" if a[1].strike == b[0].strike else "iron condor"
    return Structure(kind, legs, "" if outer_long else "inverse")


def _calendars(pool: _Pool) -> list[Structure]:
    """One strike and right in two expiries, opposite quantities; nearest expiries first."""
    return [_two_expiries("calendar", pool, a, b) for a, b in list(pool.best(_calendar_cost))]


def _two_expiries(kind: str, pool: _Pool, a: _Piece, b: _Piece) -> Structure:
    near, far = sorted((a, b), key=lambda piece: piece.contract.expiry)
    return Structure(kind, pool.take(near, far), f"{_side(far.long)} {_word(far.contract.is_call)}")


def _with_shares(pool: _Pool, shares: Sequence[Holding]) -> list[Structure]:
    """Shares with the options they cover (short) or that protect them (long), or both as a collar.

    The options' deliverable never exceeds the shares: an option they do not wholly cover stays by itself.
    """
    found = []
    for one in shares:
        long = one.quantity > 0
        capping = _within(one, [piece for piece in pool if piece.contract.is_call == long and not piece.long])
        guarding = _within(one, [piece for piece in pool if piece.contract.is_call != long and piece.long])
        collar = [(c, g) for c in capping for g in guarding if _same_expiry(c, g) and c.quantity == -g.quantity]
        if collar:
            c, g = collar[0]
            found.append(Structure("collar", (one, *pool.take(g, c)), "" if long else "short"))
        elif capping:
            found.append(Structure(f"covered {_word(long)}", (one, *pool.take(*capping))))
        elif guarding:
            found.append(Structure(f"protective {_word(not long)}", (one, *pool.take(*guarding))))
    return found


def _within(one: Holding, pieces: Sequence[_Piece]) -> list[_Piece]:
    """The pieces, nearest expiry first, whose deliverable the shares can meet together."""
    left = abs(one.quantity)
    found = []
    for piece in pieces:
        size = abs(piece.quantity) * piece.contract.multiplier
        if size <= left and piece.contract.settlement == "physical":
            left -= size
            found.append(piece)
    return found


def _same_sign_pairs(pool: _Pool) -> list[Structure]:
    """Straddles, then strangles: a put and a call of one expiry, held or sold together."""
    found = []
    for a, b in list(pool.best(_held_together_cost)):
        put, call = sorted((a, b), key=lambda piece: piece.contract.is_call)
        kind = "straddle" if put.strike == call.strike else "strangle" if put.strike < call.strike else "guts"
        found.append(Structure(kind, pool.take(put, call), _side(put.long)))
    return found


def _other_pairs(pool: _Pool) -> list[Structure]:
    """Diagonals, then a put against a call, then two legs of one right in unequal numbers."""
    found = [_two_expiries("diagonal", pool, a, b) for a, b in list(pool.best(_diagonal_cost))]
    for a, b in list(pool.best(_reversal_cost)):
        put, call = sorted((a, b), key=lambda piece: piece.contract.is_call)
        kind = "synthetic" if put.strike == call.strike else "risk reversal"
        found.append(Structure(kind, pool.take(put, call), _side(call.long)))
    for a, b in list(pool.best(_ratio_cost)):
        bought, sold = (a, b) if a.long else (b, a)
        kind = "ratio spread" if -sold.quantity > bought.quantity else "backspread"
        found.append(Structure(kind, pool.take(*sorted((a, b), key=lambda p: p.strike)), _word(a.contract.is_call)))
    return found


def _doubled(found: list[Structure], kind: str, double: str) -> list[Structure]:
    """Two structures of a kind that belong together: a put and a call calendar, or two strangles of opposite sides."""
    left = list(found)
    merged = []
    for a, b in combinations(found, 2):
        if a in left and b in left and a.kind == b.kind == kind and _belong(a, b):
            left = [one for one in left if one not in (a, b)]
            legs = sorted((*a.legs, *b.legs), key=lambda leg: (_expiry(leg), leg.symbol))
            merged.append(Structure(double, tuple(legs), _side(legs[-1].quantity > 0)))
    return merged + left


def _belong(a: Structure, b: Structure) -> bool:
    """One expiry pair in both with mirrored rights, or two expiries with opposite sides; equal quantities."""
    sizes = {abs(leg.quantity) for leg in (*a.legs, *b.legs)}
    expiries = [tuple(_expiry(leg) for leg in one.legs) for one in (a, b)]
    if len(sizes) != 1:
        return False
    if a.kind == "calendar":
        return expiries[0] == expiries[1] and a.side.split()[0] == b.side.split()[0] and a.side != b.side
    return expiries[0] != expiries[1] and a.side != b.side


def _expiry(leg: Holding) -> str:
    return leg.contract.expiry.isoformat() if leg.contract is not None else ""


def _alone(one: Holding, *, recognised: bool) -> Structure:
    """A leg by itself, or what cannot be matched with anything."""
    if recognised and one.contract is not None:
        return Structure(f"{_side(one.quantity > 0)} {_word(one.contract.is_call)}", (one,))
    if one.contract is not None and one.contract.adjusted:
        return Structure("adjusted option", (one,))
    if one.kind == "share" and one.problem is None:
        return Structure("shares", (one,), "" if one.quantity >= 0 else "short")
    return Structure("unrecognised", (one,))

"""The rules of Fiscal: its measures, their level, the walk over statements, the score, and what would flip it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lox_core.regimes.pillars.fiscal_inputs import BURDEN, DEFICIT, PREMIUM
from lox_core.regimes.rules import Rules, bands_of, edges, finish_score, ladder
from lox_core.regimes.state import GREY, Boundary
from lox_core.regimes.walks import BOTH, Flip, Standing, Walk, across, confirm_prints, counted, flip_by_prints, way_to

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
EXTREME, FUNDING_EVENT = 3, 4
RANK = np.arange(5, dtype=np.int8)
CUTS = {DEFICIT: "deficit_pct", BURDEN: "interest_pct"}


@dataclass(frozen=True)
class Now:
    """The measures of one day: deficit over GDP and interest over receipts (percent), premium change (bp), shock."""

    deficit_pct: float
    burden_pct: float
    premium_bp: float
    shock_up: bool

    def of(self, name: str) -> float:
        """A measure by its reading's name."""
        return {DEFICIT: self.deficit_pct, BURDEN: self.burden_pct, PREMIUM: self.premium_bp}[name]

    def moved(self, ways: Mapping[str, float], *, shock_up: bool | None = None) -> Now:
        """The same day with measures moved by these steps, and across; with another shock where it is stated."""
        deficit, burden, premium = (across(self.of(name), ways.get(name, 0.0)) for name in (DEFICIT, BURDEN, PREMIUM))
        return Now(deficit, burden, premium, self.shock_up if shock_up is None else shock_up)

    def level(self, section: Rules) -> int:
        """The raw level of the day."""
        deficit, burden, premium = (np.array([self.of(name)]) for name in (DEFICIT, BURDEN, PREMIUM))
        return int(raw_level(deficit, burden, premium, np.array([self.shock_up]), section)[0])


@dataclass(frozen=True, eq=False)
class Strain:
    """The measures on the grid (NaN where missing or stale), rate shocks up, and the count of statements so far."""

    deficit_pct: Floats
    burden_pct: Floats
    premium_bp: Floats
    shock_up: NDArray[np.bool_]
    print_no: NDArray[np.int64]

    def last(self) -> Now:
        """The measures of the last day."""
        deficit, burden, premium = self.deficit_pct[-1], self.burden_pct[-1], self.premium_bp[-1]
        return Now(float(deficit), float(burden), float(premium), bool(self.shock_up[-1]))


def raw_level(
    deficit_pct: Floats, burden_pct: Floats, premium_bp: Floats, shock_up: NDArray[np.bool_], section: Rules
) -> Levels:
    """The worse of deficit and interest; -1 without a deficit. Missing interest or term premium raises nothing."""
    by_measure = [
        ladder(np.where(np.isfinite(values), values, -np.inf), section[key])
        for values, key in ((deficit_pct, "deficit_pct"), (burden_pct, "interest_pct"))
    ]
    level = np.maximum(*by_measure)
    level = np.where((level == EXTREME) & (premium_bp >= section["term_premium_bp"]) & shock_up, FUNDING_EVENT, level)
    return np.where(np.isfinite(deficit_pct), level, GREY).astype(np.int8)


def classify(strain: Strain, section: Rules) -> tuple[Levels, Walk]:
    """Raw and confirmed level per grid day; -1 where the deficit is missing."""
    raw = raw_level(strain.deficit_pct, strain.burden_pct, strain.premium_bp, strain.shock_up, section)
    present = raw != GREY
    confirmed = np.full(len(raw), GREY, np.int8)
    walk = confirm_prints(raw[present], RANK, strain.print_no[present], leave_prints=section["leave_prints"])
    confirmed[present] = walk.levels
    return raw, Walk(confirmed, walk.end)


def score_of(strain: Strain, state: Levels, z: Floats, section: Rules, rules: Rules) -> Floats:
    """The worse of the two measures inside the confirmed level's band, raised by the deficit's z; NaN where grey."""
    borders, reach = edges(section["anchors"]), section["range"]
    by_deficit = np.interp(strain.deficit_pct, [0, *section["deficit_pct"], reach["deficit_pct"]], borders[:5])
    by_burden = np.interp(strain.burden_pct, [0, *section["interest_pct"], reach["interest_pct"]], borders[:5])
    seat = np.maximum(state, 0)
    low, high = bands_of(section)
    worse = np.fmax(by_deficit, by_burden)
    scored = finish_score(worse, low[seat], high[seat], z, np.zeros(len(worse)), rules["zscore"])
    return np.where((state == GREY) | ~np.isfinite(strain.deficit_pct), np.nan, scored)


@dataclass(frozen=True)
class _Stand:
    """The day, where the walk stands, the score and the rules: what a boundary is made of."""

    now: Now
    end: Standing
    score: float
    section: Rules

    def flip(self, there: Now) -> Flip | None:
        """What the walk does where every statement to come finds these measures."""
        return flip_by_prints(there.level(self.section), RANK, self.end, leave_prints=self.section["leave_prints"])

    def boundary(self, flip: Flip, name: str, way: float, condition: str = "") -> Boundary:
        """A boundary on one measure."""
        borders, state = edges(self.section["anchors"]), self.end.state
        worse = flip.level > state
        reach = borders[flip.level] - self.score if worse else min(borders[state] - self.score, 0.0)
        kind = "close" if name == PREMIUM and worse else "print" if worse else "statement"
        needs = counted(flip, kind, there=way == 0) + condition
        unit = "bp" if name == PREMIUM else "points"
        return Boundary(self.section["levels"][flip.level], name, way, unit, reach, needs)


def borders_of(now: Now, end: Standing, score: float, section: Rules) -> list[Boundary]:
    """One measure across its next cut worsens the level; every measure that holds it below the cut lets it go."""
    stand = _Stand(now, end, score, section)
    found = [*_worse(stand), *_event(stand)]
    waiting = stand.flip(now)
    if waiting is not None:
        over = PREMIUM if end.state == FUNDING_EVENT and waiting.level == EXTREME else DEFICIT
        return [*found, stand.boundary(waiting, over, 0.0)]
    return [*found, *_better(stand)]


def _worse(stand: _Stand) -> list[Boundary]:
    """Deficit or interest at the next cut."""
    found: list[Boundary] = []
    for name, key in CUTS.items():
        value, cuts = stand.now.of(name), stand.section[key]
        if stand.end.state < len(cuts) and np.isfinite(value):
            way = way_to(value, float(cuts[stand.end.state]), above=True, reaching=True)
            flip = stand.flip(stand.now.moved({name: way})) if way else None
            if flip is not None and flip.level > stand.end.state:
                found.append(stand.boundary(flip, name, way))
    return found


def _event(stand: _Stand) -> list[Boundary]:
    """From extreme to a funding event: the term premium, while a rate shock up stands."""
    if stand.end.state != EXTREME or not np.isfinite(stand.now.premium_bp):
        return []
    way = way_to(stand.now.premium_bp, float(stand.section["term_premium_bp"]), above=True, reaching=True)
    flip = stand.flip(stand.now.moved({PREMIUM: way}, shock_up=True))
    if flip is None or flip.level != FUNDING_EVENT:
        return []
    return [stand.boundary(flip, PREMIUM, way, "" if stand.now.shock_up else ", in a rate shock up")]


def _better(stand: _Stand) -> list[Boundary]:
    """The measures that hold the level below their cuts; of a funding event, the term premium alone as well."""
    state, found = min(stand.end.state, EXTREME), []
    if stand.end.state == FUNDING_EVENT:
        way = way_to(stand.now.premium_bp, float(stand.section["term_premium_bp"]), above=False, reaching=False)
        flip = stand.flip(stand.now.moved({PREMIUM: way}))
        found += [] if flip is None else [stand.boundary(flip, PREMIUM, way)]
    if state == 0:
        return found
    cuts = {name: float(stand.section[key][state - 1]) for name, key in CUTS.items()}
    ways = {
        name: way_to(stand.now.of(name), cut, above=False, reaching=False)
        for name, cut in cuts.items()
        if stand.now.of(name) >= cut
    }
    flip = stand.flip(stand.now.moved(ways))
    condition = BOTH if len(ways) > 1 else ""
    return found if flip is None else [*found, *(stand.boundary(flip, n, way, condition) for n, way in ways.items())]


def words(section: Rules) -> str:
    """The rule in words."""
    deficit, interest = ("/".join(f"{cut:g}" for cut in section[key]) for key in ("deficit_pct", "interest_pct"))
    return (
        f"the worse of deficit over GDP at {deficit} % and interest over receipts at {interest} %; a funding event is "
        f"the last of them with the term premium up {section['term_premium_bp']:g} bp in "
        f"{section['term_premium_days']} days and a rate shock up"
    )

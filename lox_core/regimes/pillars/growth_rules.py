"""The rules of Growth: its three measures, their level, the walk over prints, the score, and what would flip it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lox_core.regimes.pillars.growth_inputs import CLAIMS, DRIVER, SAHM
from lox_core.regimes.rules import Rules, bands_of, edges, finish_score
from lox_core.regimes.state import GREY, Boundary
from lox_core.regimes.walks import HAIR, Standing, Walk, across, confirm_prints, counted, flip_by_prints

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
BOOM, EXPANSION, SLOWING, CONTRACTION, RECESSION = range(5)
RANK = np.arange(5, dtype=np.int8)
UNITS = {DRIVER: "index", SAHM: "percentage points", CLAIMS: "percent"}


@dataclass(frozen=True, eq=False)
class Pulse:
    """The three measures on the grid (NaN where missing or stale) and the count of index prints so far."""

    index: Floats
    sahm: Floats
    claims_pct: Floats
    print_no: NDArray[np.int64]

    def last(self) -> dict[str, float]:
        """The newest value of each measure, by name."""
        return {DRIVER: float(self.index[-1]), SAHM: float(self.sahm[-1]), CLAIMS: float(self.claims_pct[-1])}


def raw_level(index: Floats, sahm: Floats, claims_pct: Floats, section: Rules) -> Levels:
    """The level by today's readings. A missing Sahm rule or claims trend raises nothing; a missing index is grey."""
    claims = claims_pct >= section["claims_rise_pct"]
    alarm = sahm >= section["sahm_points"]
    weak = index < section["contraction_below"]
    raw = np.where(index > section["boom_above"], BOOM, EXPANSION)
    raw = np.where(~(index > section["expansion_above"]) | claims, SLOWING, raw)
    raw = np.where(weak | alarm, CONTRACTION, raw)
    raw = np.where(alarm & (weak | claims), RECESSION, raw)
    return np.where(np.isfinite(index), raw, GREY).astype(np.int8)


def classify(pulse: Pulse, section: Rules, leave_prints: int) -> tuple[Levels, Walk]:
    """Raw and confirmed level per grid day; -1 where the index is missing."""
    raw = raw_level(pulse.index, pulse.sahm, pulse.claims_pct, section)
    present = raw != GREY
    confirmed = np.full(len(raw), GREY, np.int8)
    walk = confirm_prints(raw[present], RANK, pulse.print_no[present], leave_prints=leave_prints)
    confirmed[present] = walk.levels
    return raw, Walk(confirmed, walk.end)


def score_of(pulse: Pulse, state: Levels, z: Floats, section: Rules, rules: Rules) -> Floats:
    """The worst of the three measures, inside the confirmed level's band; ``z`` up is worse. NaN where grey."""
    borders, reach, calm = np.asarray(edges(section["anchors"])), section["range"], section["calm_score"]
    best, worst = reach["cfnai"]
    cuts = [worst, section["contraction_below"], section["expansion_above"], section["boom_above"], best]
    by_index = np.interp(pulse.index, cuts, [section["worst_index_score"], borders[3], borders[2], borders[1], 0])
    by_sahm = np.interp(pulse.sahm, [0, section["sahm_points"], reach["sahm"]], [calm, borders[3], 100])
    by_claims = np.interp(
        pulse.claims_pct, [0, section["claims_rise_pct"], reach["claims_pct"]], [calm, borders[2], 100]
    )
    base = np.fmax(np.fmax(by_index, by_sahm), by_claims)
    seat = np.maximum(state, 0)
    low, high = bands_of(section)
    scored = finish_score(base, low[seat], high[seat], z, np.zeros(len(base)), rules["zscore"])
    return np.where((state == GREY) | ~np.isfinite(pulse.index), np.nan, scored)


def moved_level(now: dict[str, float], name: str, to: float, section: Rules) -> int:
    """The raw level with one measure elsewhere."""
    values = {**now, name: to}
    index, sahm, claims = (np.array([values[key]]) for key in (DRIVER, SAHM, CLAIMS))
    return int(raw_level(index, sahm, claims, section)[0])


def _crossings(now: dict[str, float], section: Rules) -> list[tuple[str, float]]:
    """Each known measure with the steps to its cuts; from a cut it stands on, a hair to either side."""
    cuts = [(DRIVER, section[key]) for key in ("boom_above", "expansion_above", "contraction_below")]
    cuts += [(CLAIMS, section["claims_rise_pct"]), (SAHM, section["sahm_points"])]
    known = [(name, float(cut - now[name])) for name, cut in cuts if np.isfinite(now[name])]
    return [(name, way) for name, gap in known for way in ((gap,) if gap else (HAIR, -HAIR))]


def borders_of(now: dict[str, float], end: Standing, score: float, section: Rules, leave_prints: int) -> list[Boundary]:
    """Every flip that one measure's move makes, the nearest to each level; and where the present reading leads.

    Worse comes at the measure's own print; better after prints of the index that find the reading milder.
    """
    levels, borders, state = section["levels"], edges(section["anchors"]), end.state
    found: dict[int, Boundary] = {}
    ways = [(DRIVER, 0.0), *_crossings(now, section)]
    for name, way in ways:
        level = moved_level(now, name, across(now[name], way), section)
        flip = flip_by_prints(level, RANK, end, leave_prints=leave_prints)
        if flip is None or (flip.level in found and abs(found[flip.level].distance) <= abs(way)):
            continue
        if way == 0:
            reach = min(borders[state] - score, 0.0)
        else:
            reach = borders[flip.level] - score if flip.level > state else borders[flip.level + 1] - score
        needs = counted(flip, "print", there=way == 0)
        if name != DRIVER and flip.level < state:
            needs += " of CFNAI"
        found[flip.level] = Boundary(levels[flip.level], name, way, UNITS[name], float(reach), needs)
    return list(found.values())

"""The rules of Inflation: the yearly rate's level, the walk over prints, the score, and what would flip it.

Severity is not monotone in the rate: too little is as bad as high, so deflation risk ranks between high and hot.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lox_core.regimes.rules import Rules, edges, finish_score
from lox_core.regimes.state import GREY, Boundary
from lox_core.regimes.walks import HAIR, Standing, Walk, across, confirm_prints, counted, flip_by_prints

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
ON_TARGET, ABOVE, HIGH, DEFLATION, HOT = range(5)
RANK = np.arange(5, dtype=np.int8)
CUTS = ("deflation_below", "above_from", "high_from", "hot_from")


def raw_level(rate: Floats, section: Rules) -> Levels:
    """The level by each print's yearly rate, percent; -1 where it is missing."""
    level = np.full(len(rate), ON_TARGET, np.int8)
    level[rate < section["deflation_below"]] = DEFLATION
    level[rate >= section["above_from"]] = ABOVE
    level[rate >= section["high_from"]] = HIGH
    level[rate >= section["hot_from"]] = HOT
    return np.where(np.isfinite(rate), level, GREY).astype(np.int8)


def classify(rate: Floats, section: Rules, leave_prints: int) -> tuple[Levels, Walk]:
    """Raw and confirmed level index per print; -1 where the rate is missing, and that print counts for nothing."""
    raw = raw_level(rate, section)
    known = raw != GREY
    confirmed = np.full(len(raw), GREY, np.int8)
    walk = confirm_prints(raw[known], RANK, np.arange(int(known.sum())), leave_prints=leave_prints)
    confirmed[known] = walk.levels
    return raw, Walk(confirmed, walk.end)


def _bands(section: Rules) -> tuple[Floats, Floats]:
    """Score band of each level: the monotone ones between their midpoints, deflation risk around its own anchor."""
    ladder = edges([section["anchors"][i] for i in (ON_TARGET, ABOVE, HIGH, HOT)])
    anchor, half = float(section["anchors"][DEFLATION]), float(section["deflation_band"])
    low = np.array([ladder[0], ladder[1], ladder[2], anchor - half, ladder[3]])
    high = np.array([ladder[1], ladder[2], ladder[3], anchor + half, ladder[4]])
    return low, high


def _base(rate: Floats, section: Rules) -> Floats:
    """The rate's own score: least at the centre, rising to either side; it jumps where deflation risk begins."""
    low, high = _bands(section)
    bottom, top = section["range"]
    above = np.interp(
        rate,
        [section["centre"], section["above_from"], section["high_from"], section["hot_from"], top],
        [0, low[ABOVE], low[HIGH], low[HOT], 100],
    )
    target = np.interp(rate, [section["deflation_below"], section["centre"]], [high[ON_TARGET], 0])
    risk = np.interp(rate, [bottom, section["deflation_below"]], [high[DEFLATION], low[DEFLATION]])
    below = np.where(rate < section["deflation_below"], risk, target)
    base: Floats = np.where(rate >= section["centre"], above, below)
    return base


def score_of(rate: Floats, state: Levels, z: Floats, points: Floats, section: Rules, rules: Rules) -> Floats:
    """Score inside the confirmed level's band; below the centre a falling rate (negative z) is the worse one."""
    low, high = _bands(section)
    seat = np.maximum(state, 0)
    worse = np.where(rate < section["centre"], -z, z)
    scored = finish_score(_base(rate, section), low[seat], high[seat], worse, points, rules["zscore"])
    return np.where((state == GREY) | ~np.isfinite(rate), np.nan, scored)


def borders_of(
    rate: float, end: Standing, score: float, section: Rules, *, name: str, leave_prints: int
) -> list[Boundary]:
    """Every level the rate would flip to, by the nearest cut that does it; and where the present rate leads.

    Where each leads, and after how many prints, is what the walk itself does there.
    """
    low, _ = _bands(section)
    gaps = [float(section[cut] - rate) for cut in CUTS]
    ways = [0.0, *(way for gap in gaps for way in ((gap,) if gap else (HAIR, -HAIR)))]
    found: dict[int, Boundary] = {}
    for way in ways:
        to = across(rate, way)
        level = int(raw_level(np.array([to]), section)[0])
        flip = flip_by_prints(level, RANK, end, leave_prints=leave_prints)
        if flip is None or (flip.level in found and abs(found[flip.level].distance) <= abs(way)):
            continue
        reach = min(float(low[end.state]) - score, 0.0) if way == 0 else _reach(rate, to, score, section)
        reach = abs(reach) if RANK[flip.level] > RANK[end.state] else -abs(reach)
        needs = counted(flip, "print", there=way == 0)
        found[flip.level] = Boundary(section["levels"][flip.level], name, way, "points", reach, needs)
    return list(found.values())


def _reach(rate: float, to: float, score: float, section: Rules) -> float:
    """Score points from here to another rate; past the centre the whole way down to it counts as well."""
    edge = float(_base(np.array([to]), section)[0])
    return edge + score if (rate < section["centre"]) != (to < section["centre"]) else edge - score


def words(section: Rules) -> str:
    """The rule in words."""
    deflation, above, high, hot = (f"{section[cut]:g}" for cut in CUTS)
    return f"CPI year on year: below {deflation} deflation risk, from {above} above, {high} high, {hot} hot"

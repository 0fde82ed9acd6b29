"""What would flip Rates: moves of its two measures, each tried on the walk itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lox_core.regimes.pillars.rates_rules import (
    CALM,
    DISORDERLY,
    RANK,
    REPRICING,
    SHOCK_DOWN,
    SHOCK_UP,
    Moves,
    classify,
    names,
    rank_borders,
)
from lox_core.regimes.rules import Rules
from lox_core.regimes.state import Boundary
from lox_core.regimes.walks import BOTH, TRIED_CLOSES, Flip, Standing, across, counted, first_flip, way_to


@dataclass(frozen=True)
class Stand:
    """The last close: change (bp), volatility (bp a year), where the walk stands, the score, and the rules."""

    drift: float
    vol: float
    end: Standing
    score: float
    section: Rules
    hysteresis: Rules

    def flip(self, drift_way: float = 0.0, vol_way: float = 0.0) -> Flip | None:
        """What the walk does where the measures move by these ways and stay."""
        drift = np.full(TRIED_CLOSES, across(self.drift, drift_way))
        vol = np.full(TRIED_CLOSES, across(self.vol, vol_way))
        _, walk = classify(Moves(drift, vol), self.section, self.hysteresis, self.end)
        return first_flip(walk.levels, self.end.state)

    def by_drift(self, flip: Flip, way: float, reach: float, condition: str = "") -> Boundary:
        """A boundary on the 20-day change."""
        needs = counted(flip, "close", there=way == 0) + condition
        return Boundary(self.section["levels"][flip.level], names(self.section)[0], way, "bp", reach, needs)

    def by_vol(self, flip: Flip, way: float, reach: float, condition: str = "") -> Boundary:
        """A boundary on the volatility."""
        needs = counted(flip, "close", there=way == 0) + condition
        return Boundary(self.section["levels"][flip.level], names(self.section)[1], way, "bp a year", reach, needs)


def borders_of(now: Stand) -> list[Boundary]:
    """Every flip within one measure's reach, and the way out of the present level, which may take both."""
    found = [*_disorder(now), *_shocks(now)]
    waiting = now.flip()
    if waiting is not None:
        return [*found, _waiting(now, waiting)]
    return [*found, *(_repricing(now) if now.end.state == CALM else _exits(now))]


def _disorder(now: Stand) -> list[Boundary]:
    way = way_to(now.vol, float(now.section["disorderly_vol_bp"]), above=True, reaching=True)
    flip = now.flip(vol_way=way) if now.end.state != DISORDERLY else None
    return [] if flip is None else [now.by_vol(flip, way, rank_borders(now.section)[3] - now.score)]


def _shocks(now: Stand) -> list[Boundary]:
    """Both shocks, but for the one that stands; the far one lies beyond the whole way back."""
    borders, found = rank_borders(now.section), []
    back = abs(now.drift) / now.section["repricing"]["change_bp"] * borders[1]
    for shock, cut_bp in ((SHOCK_UP, now.section["shock_up_bp"]), (SHOCK_DOWN, now.section["shock_down_bp"])):
        if now.end.state in (shock, DISORDERLY):
            continue
        way = way_to(now.drift, float(cut_bp), above=shock == SHOCK_UP, reaching=True)
        flip = now.flip(drift_way=way)
        far = (now.drift < 0) == (shock == SHOCK_UP)
        if flip is not None and flip.level == shock:
            reach = max(borders[2] - now.score, 0.0) + (back if far else 0.0)
            found.append(now.by_drift(flip, way, reach))
    return found


def _waiting(now: Stand, flip: Flip) -> Boundary:
    """Only closes are missing: named by the measure that has crossed."""
    borders, state = rank_borders(now.section), now.end.state
    if state == CALM:
        by_drift = abs(now.drift) >= now.section["repricing"]["change_bp"]
        reach = borders[1] - now.score
    else:
        by_drift = state != DISORDERLY
        reach = min(borders[RANK[state]] - now.score, 0.0)
    return now.by_drift(flip, 0.0, reach) if by_drift else now.by_vol(flip, 0.0, reach)


def _repricing(now: Stand) -> list[Boundary]:
    """From calm: the change on its own side, or volatility."""
    cut, reach = now.section["repricing"], rank_borders(now.section)[1] - now.score
    side = 1.0 if now.drift >= 0 else -1.0
    drift_way = way_to(now.drift, side * cut["change_bp"], above=side > 0, reaching=True)
    vol_way = way_to(now.vol, float(cut["vol_bp"]), above=True, reaching=True)
    by_drift, by_vol = now.flip(drift_way=drift_way), now.flip(vol_way=vol_way)
    found = [] if by_drift is None else [now.by_drift(by_drift, drift_way, reach)]
    return found if by_vol is None else [*found, now.by_vol(by_vol, vol_way, reach)]


def _exits(now: Stand) -> list[Boundary]:
    """The moves that let the present level go, to where the walk then stands; all of them are needed."""
    drift_way, vol_way = _drift_out(now), _vol_out(now)
    flip = now.flip(drift_way, vol_way)
    if flip is None:
        return []
    reach = min(rank_borders(now.section)[RANK[now.end.state]] - now.score, 0.0)
    condition = BOTH if drift_way and vol_way else ""
    found = [now.by_vol(flip, vol_way, reach, condition)] if vol_way else []
    return [*found, now.by_drift(flip, drift_way, reach, condition)] if drift_way else found


def _vol_out(now: Stand) -> float:
    repricing = now.end.state == REPRICING
    cut = now.section["leave_repricing"]["vol_bp"] if repricing else now.section["leave_disorderly_vol_bp"]
    return way_to(now.vol, float(cut), above=False, reaching=False)


def _drift_out(now: Stand) -> float:
    section = now.section
    if now.end.state == SHOCK_UP:
        return way_to(now.drift, float(section["leave_shock_up_bp"]), above=False, reaching=False)
    if now.end.state == SHOCK_DOWN:
        return way_to(now.drift, float(section["leave_shock_down_bp"]), above=True, reaching=False)
    if now.end.state == REPRICING:
        cut = float(section["leave_repricing"]["change_bp"])
        if now.drift >= 0:
            return way_to(now.drift, cut, above=False, reaching=False)
        return way_to(now.drift, -cut, above=True, reaching=False)
    return 0.0

"""The regime over the pillars: growth and inflation quadrant, liquidity and stress overlays, and the risk score.

The score is ``50 + sum(contributions)`` before floors, a contribution being ``w * (score - 50) / sum(w)`` over the
pillars that are fresh; a grey pillar weighs nothing and lowers the coverage. A floor is a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lox_core import numbers
from lox_core.catalog import series
from lox_core.regimes.axes import Axis, growth_axis, inflation_axis
from lox_core.regimes.known import Known
from lox_core.regimes.liquidity import drained_pct
from lox_core.regimes.quadrants import TRANSITION, by_sign, print_numbers, quadrant_of, walk_quadrants
from lox_core.regimes.rules import Rules, band_states
from lox_core.regimes.state import BANDS, GREY, MARKET_PILLARS, QUADRANTS, MacroState, PillarState, word
from lox_core.regimes.trend import moved, spells

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
STRESSED_BY = ("volatility", "credit", "funding")


@dataclass(frozen=True, eq=False)
class Score:
    """The risk score on the grid: before floors, after them, the coverage, and the crisis count of market pillars."""

    plain: Floats
    floored: Floats
    coverage: Floats
    crises: NDArray[np.int64]


def build(known: Known, pillars: Mapping[str, PillarState]) -> MacroState:
    """The macro state at the as-of, with its history."""
    rules = known.rules["macro"]
    score = risk_score(pillars, rules, len(known.grid))
    enough = score.coverage >= rules["least_coverage"]
    band = band_states(np.where(enough, score.floored, np.nan), rules["bands"], rules["band_hysteresis"])
    growth, inflation = growth_axis(known), inflation_axis(known)
    quadrant = walk_quadrants(growth.value, inflation.value, print_numbers(known), rules)
    history = pd.DataFrame(
        {
            "score": np.where(enough, score.floored, np.nan), "band": band, "quadrant": quadrant,
            "growth": growth.value, "inflation": inflation.value, "coverage": score.coverage,
        },
        index=pd.DatetimeIndex(known.grid, name="date"),
    )  # fmt: skip
    return _state(known, pillars, score, history, growth, inflation)


def risk_score(pillars: Mapping[str, PillarState], rules: Rules, days: int) -> Score:
    """Weighted average of the fresh pillars' scores per grid day, then floors.

    A day without any fresh pillar is NaN with coverage 0. Coverage is of weight, each pillar's share scaled by the
    coverage of its own inputs.
    """
    weights = rules["weights"]
    total = np.zeros(days)
    weight = np.zeros(days)
    covered = np.zeros(days)
    crises = np.zeros(days, np.int64)
    for name, pillar in pillars.items():
        scored = pillar.history["score"].to_numpy()
        here = np.isfinite(scored)
        total += np.where(here, weights[name] * scored, 0.0)
        weight += np.where(here, weights[name], 0.0)
        covered += np.where(here, weights[name] * pillar.history["coverage"].to_numpy(), 0.0)
        if name in MARKET_PILLARS:
            crises += pillar.history["confirmed"].to_numpy() == len(pillar.levels) - 1
    plain = np.where(weight > 0, total / np.maximum(weight, 1e-12), np.nan)
    floor = np.select([crises >= 2, crises == 1], [rules["floor_two_crises"], rules["floor_one_crisis"]], 0)
    return Score(plain, np.maximum(plain, floor), covered / sum(weights.values()), crises)


def liquidity_of(known: Known) -> str:
    """``expanding``, ``neutral`` or ``draining`` by net liquidity's 13 weeks; ``unknown`` when missing or stale."""
    drained = drained_pct(known)
    if drained is None or known.stale(series("WALCL"), drained):
        return "unknown"
    cut = known.rules["funding"]["liquidity_share_pct"]
    value = float(drained.value[-1])
    return "expanding" if value >= cut else "draining" if value <= -cut else "neutral"


def stress_of(pillars: Mapping[str, PillarState]) -> str:
    """The worst of volatility, credit and funding: top level ``crisis``, the one below ``elevated``, else ``none``.

    ``unknown`` while one of them is grey and none of the others is stressed: missing is not calm.
    """
    asked = [pillars[name] for name in STRESSED_BY]
    worst = max((p.levels.index(p.confirmed) for p in asked if p.confirmed), default=0)
    if worst >= len(asked[0].levels) - 2:
        return "crisis" if worst == len(asked[0].levels) - 1 else "elevated"
    return "unknown" if any(p.grey for p in asked) else "none"


def contributions(pillars: Mapping[str, PillarState], rules: Rules) -> dict[str, float]:
    """Points each fresh pillar moves the score away from 50."""
    fresh = {name: p.score for name, p in pillars.items() if p.score is not None}
    weight = sum(rules["weights"][name] for name in fresh)
    return {name: rules["weights"][name] * (score - 50) / weight for name, score in fresh.items()}


def _state(
    known: Known, pillars: Mapping[str, PillarState], score: Score, history: pd.DataFrame, growth: Axis, inflation: Axis
) -> MacroState:
    rules = known.rules["macro"]
    band = int(history["band"].iloc[-1]) if len(history) else GREY
    plain, floored = _end(score.plain), _end(score.floored)
    floor = floored if plain is not None and floored is not None and floored > plain else None
    scores = history["score"].to_numpy()
    state = replace(
        _quadrant_state(known, pillars, history, growth, inflation),
        risk_score=floored if band != GREY else None,
        score_before_floors=plain,
        band=BANDS[band] if band != GREY else "insufficient_data",
        coverage=float(score.coverage[-1]) if len(score.coverage) else 0.0,
        contributions=contributions(pillars, rules),
        floor=floor,
        floor_reason=_floor_words(pillars, floor),
        band_cuts=_band_cuts(band, rules),
        change_1d=_change(pillars, scores, 1, known.close),
        change_21d=_change(pillars, scores, 21, known.close),
    )
    return replace(state, why=_why(state, rules), missing_reason=_missing(state, rules))


def _quadrant_state(
    known: Known, pillars: Mapping[str, PillarState], history: pd.DataFrame, growth: Axis, inflation: Axis
) -> MacroState:
    """Quadrant, overlays and axes; the score is still to come."""
    place = int(history["quadrant"].iloc[-1]) if len(history) else GREY
    g, p = _end(growth.value), _end(inflation.value)
    both = None if g is None or p is None else (g, p)
    leaning = QUADRANTS[by_sign(*both)] if place == TRANSITION and both else None
    slug = QUADRANTS[place] if place != GREY else "insufficient_data"
    runs = spells(known.grid, history["quadrant"].to_numpy())
    head = word(slug) + (f", leaning {word(leaning)}" if leaning else "")
    liquidity, stress = liquidity_of(known), stress_of(pillars)
    transition = known.rules["macro"]["transition_axis"]
    return MacroState(
        label=f"{head} · liquidity {liquidity} · stress {stress}",
        quadrant=slug,
        leaning=leaning,
        liquidity=liquidity,
        stress=stress,
        risk_score=None,
        band="insufficient_data",
        coverage=0.0,
        growth_axis=g,
        inflation_axis=p,
        axis_inputs={reading.name: reading for reading in (*growth.readings, *inflation.readings)},
        raw_quadrant=QUADRANTS[quadrant_of(*both, transition)] if both else None,
        days_in_state=runs[-1].days if runs and place != GREY else None,
        since=runs[-1].first if runs and place != GREY else None,
        previous=next((QUADRANTS[r.level] for r in reversed(runs[:-1]) if r.level != place), None),
        history=history,
    )


def _band_cuts(band: int, rules: Rules) -> tuple[float | None, float | None]:
    """The scores at which the present band gives way, below and above."""
    if band == GREY:
        return None, None
    cuts, width = rules["bands"], rules["band_hysteresis"]
    return (cuts[band - 1] - width if band > 0 else None), (cuts[band] + width if band < len(cuts) else None)


def _floor_words(pillars: Mapping[str, PillarState], floor: float | None) -> str:
    if floor is None:
        return ""
    names = [word(n) for n in MARKET_PILLARS if pillars[n].confirmed == pillars[n].levels[-1]]
    return f"{' and '.join(names)} at the top level: the score is at least {floor:.0f}"


def _missing(state: MacroState, rules: Rules) -> str | None:
    """Why there is no band, or no quadrant."""
    said = []
    if state.band == "insufficient_data":
        said.append(f"{state.coverage:.0%} of weight is covered, and a band takes {rules['least_coverage']:.0%}")
    for name, value in (("growth", state.growth_axis), ("inflation", state.inflation_axis)):
        if value is None:
            said.append(f"too few fresh inputs for the {name} axis")
    return "; ".join(said) or None


def _why(state: MacroState, rules: Rules) -> str:
    """Quadrant by its rule, inputs and previous one; band by its borders."""
    parts = []
    if state.growth_axis is not None and state.inflation_axis is not None:
        used = [r for r in state.axis_inputs.values() if r.z_10y is not None and not r.stale]
        inputs = ", ".join(f"{r.title} {numbers.signed(r.z_10y, 1)}" for r in used)
        before = f", before that {word(state.previous)}" if state.previous else ""
        parts.append(
            f"{word(state.quadrant)} by macro.{state.quadrant}: growth {numbers.signed(state.growth_axis, 2)}, "
            f"inflation {numbers.signed(state.inflation_axis, 2)}, averages of ten-year z-scores ({inputs}); within "
            f"±{rules['transition_axis']} is transition, a switch takes {rules['switch_prints']} monthly prints or "
            f"both axes beyond ±{rules['decisive_axis']}; in force since {numbers.day(state.since)}{before}"
        )
    if state.risk_score is not None and state.band != "insufficient_data":
        down, up = state.band_cuts
        flips = [f"below {down:.0f}" if down is not None else "", f"above {up:.0f}" if up is not None else ""]
        floor = f", floored: {state.floor_reason}" if state.floor_reason else ""
        where = " or ".join(filter(None, flips))
        parts.append(f"{word(state.band)} at a score of {state.risk_score:.0f}{floor}; flips {where}")
    missing = _missing(state, rules)
    parts += [missing] if missing else []
    return f"{'; '.join(parts)}. Coverage {state.coverage:.0%} of weight."


def _end(values: Floats) -> float | None:
    return float(values[-1]) if len(values) and np.isfinite(values[-1]) else None


def _change(pillars: Mapping[str, PillarState], scores: Floats, sessions: int, close: int) -> float | None:
    """Change of the score; None where the two days do not weigh the same pillars, whose average is another's."""
    for pillar in pillars.values():
        there = np.isfinite(pillar.history["score"].to_numpy())
        if close - sessions < 0 or there[close - sessions] != there[-1]:
            return None
    return moved(scores, sessions, close)

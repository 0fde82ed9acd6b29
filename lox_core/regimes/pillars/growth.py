"""Growth: the Chicago Fed's three-month index, the Sahm rule and jobless claims.

Two of them must agree on a recession: the Sahm rule's 0.53 of July 2024 was a false alarm, so it needs the index or
claims beside it. Worse is believed at once, better only after two prints of the index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import series
from lox_core.regimes.indicators import z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.pillars.frame import Findings, Track, assemble, grey
from lox_core.regimes.pillars.growth_inputs import (
    CLAIMS,
    DRIVER,
    SAHM,
    Sources,
    activities,
    claims_trend_pct,
    readings,
    sahm_rules,
)
from lox_core.regimes.rules import Rules, confirm_prints, edges, finish_score
from lox_core.regimes.state import GREY, Boundary, PillarState

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
NAME = "growth"
OPTIONAL = ((SAHM, "UNRATE"), ("ICSA",), ("PAYEMS",), ("INDPRO",))
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


def build(known: Known) -> PillarState:
    """The pillar at the as-of; grey without a fresh CFNAI three-month average."""
    section = known.rules[NAME]
    levels = tuple(section["levels"])
    sources = activities(known)
    index = known.speaking(sources)
    shown = readings(known, index)
    if index is None:
        return grey(NAME, levels, known, shown, known.why_missing(DRIVER, *series(DRIVER).substitutes))
    pulse = measure(known, sources)
    raw, confirmed = classify(pulse, section, known.rules["hysteresis"]["leave_prints"])
    standard = [(spec, rows.derived(z_two_years(rows.value, "monthly", known.rules))) for spec, rows in sources]
    z = known.first_on_grid([(spec, rows) for spec, rows in standard if rows is not None])
    score = _score(pulse, confirmed, -z, section, known.rules)
    spec, rows = index
    drawn = known.lay(spec, rows).floats(rows.value, keep_stale=True)
    track = Track(raw, confirmed, score, drawn, z, np.zeros(len(known.grid), bool))
    reason = known.why_stale(spec, rows) if known.stale(spec, rows) else None
    if reason is None and confirmed[-1] == GREY:
        reason = WARMING.format(got=len(rows), needed=known.rules["hysteresis"]["warm_up"])
    found = Findings(
        shown,
        [] if reason else _borders(pulse, raw, confirmed, float(score[-1]), section, known.rules["hysteresis"]),
        rule_words="CFNAI-MA3 against +0.70/−0.35/−0.70, claims 4 against 26 weeks at +10 %, Sahm rule at 0.5",
        deciding=() if reason else _holding(pulse.last(), int(confirmed[-1]), section),
        optional=OPTIONAL,
        missing_reason=reason,
    )
    return assemble(NAME, levels, known, track, found)


def measure(known: Known, sources: Sources) -> Pulse:
    """The measures per grid day: the first source fresh there, past its first sixty observations."""
    index = np.full(len(known.grid), np.nan)
    for spec, rows in sources:
        laid = known.lay(spec, rows)
        warm = laid.index >= known.rules["hysteresis"]["warm_up"]
        index = np.where(np.isnan(index) & warm, laid.floats(rows.value), index)
    weekly = known.get("ICSA")
    trend = None if weekly is None else weekly.derived(claims_trend_pct(weekly))
    return Pulse(
        index=index,
        sahm=known.first_on_grid(sahm_rules(known)),
        claims_pct=known.first_on_grid([] if trend is None else [(series("ICSA"), trend)]),
        print_no=known.prints(*(rows for _, rows in sources)),
    )


def raw_level(index: Floats, sahm: Floats, claims_pct: Floats, section: Rules) -> Levels:
    """The level by today's readings. A missing Sahm rule or claims trend raises nothing."""
    with np.errstate(invalid="ignore"):
        claims = claims_pct >= section["claims_rise_pct"]
        alarm = sahm >= section["sahm_points"]
        weak = index < section["contraction_below"]
        raw = np.where(index > section["boom_above"], BOOM, EXPANSION)
        raw = np.where(~(index > section["expansion_above"]) | claims, SLOWING, raw)
        raw = np.where(weak | alarm, CONTRACTION, raw)
        return np.where(alarm & (weak | claims), RECESSION, raw).astype(np.int8)


def classify(pulse: Pulse, section: Rules, leave_prints: int) -> tuple[Levels, Levels]:
    """Raw and confirmed level per grid day; -1 where the index is missing."""
    raw = raw_level(pulse.index, pulse.sahm, pulse.claims_pct, section)
    present = np.isfinite(pulse.index)
    confirmed = np.full(len(raw), GREY, np.int8)
    confirmed[present] = confirm_prints(raw[present], RANK, pulse.print_no[present], leave_prints=leave_prints)
    return np.where(present, raw, GREY).astype(np.int8), confirmed


def _score(pulse: Pulse, state: Levels, z: Floats, section: Rules, rules: Rules) -> Floats:
    """The worst of the three measures, inside the confirmed level's band."""
    borders = np.asarray(edges(section["anchors"]))
    reach = section["range"]
    cuts = [
        reach["cfnai"][1],
        section["contraction_below"],
        section["expansion_above"],
        section["boom_above"],
        reach["cfnai"][0],
    ]
    by_index = np.interp(pulse.index, cuts, [90, borders[3], borders[2], borders[1], 0])
    by_sahm = np.interp(pulse.sahm, [0, section["sahm_points"], reach["sahm"]], [30, borders[3], 100])
    by_claims = np.interp(pulse.claims_pct, [0, section["claims_rise_pct"], reach["claims_pct"]], [30, borders[2], 100])
    base = np.fmax(np.fmax(by_index, by_sahm), by_claims)
    base = np.where(np.isfinite(pulse.index), base, np.nan)
    seat = np.maximum(state, 0)
    scored = finish_score(base, borders[seat], borders[seat + 1], z, np.zeros(len(base)), rules["zscore"])
    return np.where(state == GREY, np.nan, scored)


def _moved(now: dict[str, float], name: str, to: float, section: Rules) -> int:
    """The raw level with one measure elsewhere."""
    values = {**now, name: to}
    index, sahm, claims = (np.array([values[key]]) for key in (DRIVER, SAHM, CLAIMS))
    return int(raw_level(index, sahm, claims, section)[0])


def _crossings(now: dict[str, float], section: Rules) -> list[tuple[str, float, float]]:
    """Each measure's cuts: (measure, cut, a value just across it)."""
    cuts = [(DRIVER, section[key]) for key in ("boom_above", "expansion_above", "contraction_below")]
    cuts += [(CLAIMS, section["claims_rise_pct"]), (SAHM, section["sahm_points"])]
    return [(name, cut, cut + (1e-6 if cut > now[name] else -1e-6)) for name, cut in cuts if np.isfinite(now[name])]


def _borders(
    pulse: Pulse, raw: Levels, confirmed: Levels, score: float, section: Rules, hysteresis: Rules
) -> list[Boundary]:
    """Every single move that flips the level: worse at one print, better at two, to where the rules would put it."""
    now, state, levels, borders = pulse.last(), int(confirmed[-1]), section["levels"], edges(section["anchors"])
    prints = hysteresis["leave_prints"]
    found: dict[int, Boundary] = {}
    for name, cut, across in _crossings(now, section):
        to = _moved(now, name, across, section)
        if to == state or (to < state and raw[-1] < state):
            continue
        reach = borders[to] - score if to > state else borders[to + 1] - score
        needs = "1 print" if to > state else f"{prints} prints"
        boundary = Boundary(levels[to], name, float(cut - now[name]), UNITS[name], float(reach), needs)
        if to not in found or abs(boundary.distance) < abs(found[to].distance):
            found[to] = boundary
    if raw[-1] < state:  # already milder: only prints are missing
        left = max(prints - _milder_prints(pulse, raw, confirmed), 1)
        words = f"{left} more print" + ("s" if left > 1 else "")
        to = int(raw[-1])
        found[to] = Boundary(levels[to], DRIVER, 0.0, UNITS[DRIVER], float(borders[state] - score), words)
    return list(found.values())


def _milder_prints(pulse: Pulse, raw: Levels, confirmed: Levels) -> int:
    """Prints of the index since the reading became milder than the present level."""
    milder = (raw < confirmed) & (confirmed == confirmed[-1])
    start = len(milder) - int(np.argmin(milder[::-1])) if not milder.all() else 0
    return int(pulse.print_no[-1] - pulse.print_no[max(start - 1, 0)])


def _holding(now: dict[str, float], state: int, section: Rules) -> tuple[str, ...]:
    """The measures without which the level would be milder; the index where none alone decides."""
    calm = {DRIVER: 0.0, SAHM: 0.0, CLAIMS: 0.0}
    holding = tuple(name for name in now if np.isfinite(now[name]) and _moved(now, name, calm[name], section) < state)
    return holding or (DRIVER,)

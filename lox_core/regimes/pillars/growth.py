"""Growth: the Chicago Fed's three-month index, the Sahm rule and jobless claims.

Two of them must agree on a recession: the Sahm rule's 0.53 of July 2024 was a false alarm, so it needs the index or
claims beside it. Worse is believed at once, better only after two prints of the index.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import series
from lox_core.numbers import signed
from lox_core.regimes.indicators import z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.pillars.frame import Findings, Track, assemble, grey
from lox_core.regimes.pillars.growth_inputs import (
    CLAIMS,
    DRIVER,
    SAHM,
    Sources,
    activities,
    claims_trends,
    readings,
    sahm_rules,
)
from lox_core.regimes.pillars.growth_rules import Pulse, borders_of, classify, moved_level, score_of
from lox_core.regimes.rules import Rules
from lox_core.regimes.state import GREY, PillarState

Floats = NDArray[np.float64]
NAME = "growth"
OPTIONAL = ((SAHM, "UNRATE"), ("ICSA",), ("PAYEMS",), ("INDPRO",))


def build(known: Known) -> PillarState:
    """The pillar at the as-of; grey without a fresh CFNAI three-month average."""
    section, hysteresis = known.rules[NAME], known.rules["hysteresis"]
    levels = tuple(section["levels"])
    sources = activities(known)
    index = known.speaking(sources)
    shown = readings(known, index)
    if index is None:
        return grey(NAME, levels, known, shown, known.why_missing(DRIVER, *series(DRIVER).substitutes))
    pulse = measure(known, sources)
    raw, walk = classify(pulse, section, hysteresis["leave_prints"])
    standard = [(spec, rows.derived(z_two_years(rows.value, "monthly", known.rules))) for spec, rows in sources]
    z = known.first_on_grid([(spec, rows) for spec, rows in standard if rows is not None])
    score = score_of(pulse, walk.levels, -z, section, known.rules)  # a high index is calm
    spec, rows = index
    drawn = known.lay(spec, rows).floats(rows.value, keep_stale=True)
    track = Track(raw, walk.levels, score, drawn, z, np.zeros(len(known.grid), bool))
    reason = known.why_stale(spec, rows) if known.stale(spec, rows) else None
    if reason is None and walk.levels[-1] == GREY:
        reason = WARMING.format(got=len(rows), needed=hysteresis["warm_up"])
    now, state = pulse.last(), walk.end.state
    found = Findings(
        shown,
        [] if reason else borders_of(now, walk.end, float(score[-1]), section, hysteresis["leave_prints"]),
        rule_words=_words(section),
        deciding=() if reason else _holding(now, state, section),
        optional=OPTIONAL,
        missing_reason=reason,
    )
    return assemble(NAME, levels, known, track, found)


def _words(section: Rules) -> str:
    """The rule in words."""
    cuts = "/".join(signed(section[key], 2) for key in ("boom_above", "expansion_above", "contraction_below"))
    weeks = section["claims_weeks"]
    return (
        f"CFNAI-MA3 against {cuts}, claims {weeks['short']} against {weeks['long']} weeks at "
        f"{signed(section['claims_rise_pct'])} %, Sahm rule at {section['sahm_points']:g}"
    )


def measure(known: Known, sources: Sources) -> Pulse:
    """The measures per grid day: the first source fresh there, past its first sixty observations."""
    index = np.full(len(known.grid), np.nan)
    for spec, rows in sources:
        laid = known.lay(spec, rows)
        warm = laid.index >= known.rules["hysteresis"]["warm_up"]
        index = np.where(np.isnan(index) & warm, laid.floats(rows.value), index)
    return Pulse(
        index=index,
        sahm=known.first_on_grid(sahm_rules(known)),
        claims_pct=known.first_on_grid(claims_trends(known)),
        print_no=known.prints(*(rows for _, rows in sources)),
    )


def _holding(now: dict[str, float], state: int, section: Rules) -> tuple[str, ...]:
    """The measures without which the level would be milder; the index where none alone decides."""
    calm = {DRIVER: 0.0, SAHM: 0.0, CLAIMS: 0.0}
    holding = tuple(
        name for name in now if np.isfinite(now[name]) and moved_level(now, name, calm[name], section) < state
    )
    return holding or (DRIVER,)

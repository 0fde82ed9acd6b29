"""Fiscal: the deficit against the economy, and interest against receipts; slow, and weighed at five in a hundred.

A funding event is the extreme level plus a term premium that rose 40 bp in a quarter during a rate shock upwards.
Worse is believed at once, better after a quarter of monthly statements.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, series
from lox_core.regimes.indicators import z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.pillars.fiscal_inputs import (
    BALANCE,
    INTEREST,
    NAME,
    OUTPUT,
    PREMIA,
    RECEIPTS,
    burden_pct,
    deficit_by_day,
    deficit_pct,
    premium_changes,
    readings,
)
from lox_core.regimes.pillars.fiscal_rules import Strain, borders_of, classify, score_of, words
from lox_core.regimes.pillars.frame import Findings, Track, assemble, grey
from lox_core.regimes.state import GREY, PillarState

Floats = NDArray[np.float64]
OPTIONAL = ((INTEREST,), (RECEIPTS,), PREMIA)


def build(known: Known, rates: PillarState) -> PillarState:
    """The pillar at the as-of; grey without fresh Treasury statements and GDP.

    ``rates`` is the Rates pillar at the same as-of, whose upward shock a funding event needs.
    """
    section = known.rules[NAME]
    levels = tuple(section["levels"])
    deficit = deficit_pct(known)
    shown = readings(known, deficit)
    if deficit is None:
        lacking = [name for name in (BALANCE, OUTPUT) if known.get(name) is None] or [BALANCE]
        return grey(NAME, levels, known, shown, known.why_missing(*lacking))
    laid = known.lay(series(BALANCE), deficit)
    strain = _measure(known, deficit, rates)
    raw, walk = classify(strain, section)
    z = laid.floats(z_two_years(deficit.value, "monthly", known.rules), keep_stale=True)
    score = score_of(strain, walk.levels, z, section, known.rules)
    drawn = laid.floats(deficit.value, keep_stale=True)
    track = Track(raw, walk.levels, score, drawn, z, np.zeros(len(known.grid), bool))
    reason = _why_grey(known, deficit)
    if reason is None and walk.levels[-1] == GREY:
        reason = WARMING.format(got=len(deficit), needed=known.rules["hysteresis"]["warm_up"])
    found = Findings(
        shown,
        [] if reason else borders_of(strain.last(), walk.end, float(score[-1]), section),
        rule_words=words(section),
        optional=OPTIONAL,
        missing_reason=reason,
    )
    return assemble(NAME, levels, known, track, found)


def _measure(known: Known, deficit: Observations, rates: PillarState) -> Strain:
    """The measures per grid day; no deficit where GDP is stale or fewer than sixty statements are known."""
    laid, burden = known.lay(series(BALANCE), deficit), burden_pct(known)
    missing = np.full(len(known.grid), np.nan)
    warm = laid.index + 11 >= known.rules["hysteresis"]["warm_up"]  # the first sum takes eleven statements before it
    shock = np.zeros(len(known.grid), bool)
    if len(rates.history):
        shock = rates.history["confirmed"].to_numpy() == rates.levels.index("shock_up")
    return Strain(
        deficit_pct=np.where(warm, deficit_by_day(known), np.nan),
        burden_pct=missing if burden is None else known.lay(series(RECEIPTS), burden).floats(burden.value),
        premium_bp=known.first_on_grid(premium_changes(known)),
        shock_up=shock,
        print_no=known.prints(deficit),
    )


def _why_grey(known: Known, deficit: Observations) -> str | None:
    if known.stale(series(BALANCE), deficit):
        return known.why_stale(series(BALANCE), deficit)
    output = known.get(OUTPUT)
    if output is not None and known.stale(series(OUTPUT), output):
        return known.why_stale(series(OUTPUT), output)
    return None

"""Volatility: the VIX ladder, with the term structure as flags.

VIX/VIX3M above 1 is backwardation, below 0.90 contango. The VIX9D/VIX ratio of the research is left out: Cboe
publishes it in a file of its own, not through a source Lox calls.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, series
from lox_core.regimes.indicators import change, z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.pillars.climb import Climb, borders_of, climb
from lox_core.regimes.pillars.frame import Findings, Track, assemble, grey
from lox_core.regimes.rules import Rules, ladder
from lox_core.regimes.state import PillarState, Reading

Floats = NDArray[np.float64]
NAME, DRIVER, LONGER = "volatility", "VIXCLS", "VXVCLS"
OPTIONAL = ((LONGER,),)
RATIO = f"{DRIVER}/{LONGER}"


def build(known: Known) -> PillarState:
    """The pillar at the as-of; grey without a fresh VIX close."""
    section = known.rules[NAME]
    levels = tuple(section["levels"])
    spec, rows = series(DRIVER), known.get(DRIVER)
    if rows is None:
        missing = known.absent(DRIVER, required=True)
        return grey(NAME, levels, known, [missing, *_term_readings(known, None, None)], known.why_missing(DRIVER))
    z = z_two_years(np.log(rows.value), spec.frequency, known.rules)
    ratio = _ratio(known, rows)
    points = _flag_points(ratio, section)
    steps = climb(rows.value, z, points, section, known.rules)
    laid = known.lay(spec, rows)
    track = Track(
        laid.levels(steps.raw), laid.levels(steps.confirmed), laid.floats(steps.score),
        laid.floats(rows.value, keep_stale=True), laid.floats(z, keep_stale=True), np.zeros(len(known.grid), bool),
    )  # fmt: skip
    readings = [
        known.reading(spec, rows, z=z, required=True),
        *_term_readings(known, rows, ratio),
        known.reading(spec, rows, change(rows.value, 5), name=f"{DRIVER} Δ5d", title="VIX change, 5 d", unit="points",
                      z=z_two_years(change(rows.value, 5), spec.frequency, known.rules)),
    ]  # fmt: skip
    return assemble(NAME, levels, known, track, _findings(known, rows, steps, ratio, readings))


def _findings(known: Known, rows: Observations, steps: Climb, ratio: Floats, readings: list[Reading]) -> Findings:
    section, spec = known.rules[NAME], series(DRIVER)
    state = int(steps.confirmed[-1])
    reason = known.why_stale(spec, rows) if known.stale(spec, rows) else None
    if reason is None and state < 0:
        reason = WARMING.format(got=len(rows), needed=known.rules["hysteresis"]["warm_up"])
    quote = known.quotes.get(DRIVER)
    live = int(ladder(np.array([quote.value]), section["enter"])[0]) if quote and quote.value is not None else None
    if quote is not None:
        readings.insert(1, quote)
    borders = [] if state < 0 else borders_of(rows.value, steps, section, name=DRIVER, unit="index", rules=known.rules)
    return Findings(
        readings,
        borders,
        flags=_flags(ratio, section) if not _ratio_stale(known) else (),
        rule_words=f"VIX enters at {'/'.join(str(cut) for cut in section['enter'])} and leaves below "
        f"{'/'.join(str(cut) for cut in section['leave'])}",
        optional=OPTIONAL,
        missing_reason=reason,
        intraday_raw=live,
    )


def _ratio(known: Known, rows: Observations) -> Floats:
    """VIX over VIX3M on the VIX's own dates; NaN where VIX3M has no observation that day."""
    longer = known.get(LONGER)
    if longer is None:
        return np.full(len(rows), np.nan)
    place = np.searchsorted(longer.date, rows.date)
    there = np.minimum(place, len(longer) - 1)
    same = longer.date[there] == rows.date
    return np.where(same, rows.value / longer.value[there], np.nan)


def _ratio_stale(known: Known) -> bool:
    longer = known.get(LONGER)
    return longer is None or known.stale(series(LONGER), longer)


def _flag_points(ratio: Floats, section: Rules) -> Floats:
    points = section["flags"]
    with np.errstate(invalid="ignore"):
        return np.where(ratio > section["backwardation_above"], points["backwardation"], 0.0) + np.where(
            ratio < section["contango_below"], points["contango"], 0.0
        )


def _flags(ratio: Floats, section: Rules) -> tuple[str, ...]:
    known = ratio[np.isfinite(ratio)]
    if not len(known):
        return ()
    if known[-1] > section["backwardation_above"]:
        return ("backwardation",)
    return ("contango",) if known[-1] < section["contango_below"] else ()


def _term_readings(known: Known, rows: Observations | None, ratio: Floats | None) -> list[Reading]:
    spec, longer = series(LONGER), known.get(LONGER)
    if longer is None or rows is None or ratio is None:
        return [known.absent(LONGER), known.absent(LONGER, name=RATIO, title="VIX / VIX3M", unit="ratio")]
    return [
        known.reading(spec, longer, z=z_two_years(np.log(longer.value), spec.frequency, known.rules)),
        _ratio_reading(known, rows, ratio),
    ]


def _ratio_reading(known: Known, rows: Observations, ratio: Floats) -> Reading:
    """The last day both are there; stale when VIX3M is."""
    spec, longer = series(LONGER), known.get(LONGER)
    both = np.flatnonzero(np.isfinite(ratio))
    if longer is None or not len(both):
        return known.absent(LONGER, name=RATIO, title="VIX / VIX3M", unit="ratio")
    shared = Observations.of(spec, rows.date[both], ratio[both], source=f"{rows.source}, {longer.source}",
                             vintage=rows.vintage[both], known_at=rows.known_at[both])  # fmt: skip
    z = z_two_years(ratio[both], spec.frequency, known.rules)
    return known.reading(spec, shared, name=RATIO, title="VIX / VIX3M", unit="ratio", z=z)

"""Volatility: the VIX ladder, with the term structure as flags.

VIX/VIX3M above 1 is backwardation, below 0.90 contango; the ratio of the last day that has both is carried for as
long as VIX3M counts, in the score and in the flag alike. The VIX9D/VIX ratio of the research is left out: Cboe
publishes it in a file of its own, not through a source Lox calls.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, series
from lox_core.regimes.indicators import change, z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.pillars.climb import Climb, borders_of, climb, score_on_grid
from lox_core.regimes.pillars.frame import Findings, Track, assemble, flags_of, grey, points_of
from lox_core.regimes.rules import Rules, bands_of, ladder
from lox_core.regimes.state import GREY, PillarState, Reading

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
        return grey(NAME, levels, known, [missing, *_term_readings(known, None)], known.why_missing(DRIVER))
    z = z_two_years(np.log(rows.value), spec.frequency, known.rules)
    steps = climb(rows.value, section, known.rules)
    laid = known.lay(spec, rows)
    on = _on(_shape(known, _ratio(known, rows)), section)
    track = Track(
        laid.levels(steps.raw), laid.levels(steps.confirmed),
        score_on_grid(laid, steps, z, points_of(on, section), bands_of(section), known.rules),
        laid.floats(rows.value, keep_stale=True), laid.floats(z, keep_stale=True), np.zeros(len(known.grid), bool),
    )  # fmt: skip
    days, moved = section["change_days"], change(rows.value, section["change_days"])
    readings = [
        known.reading(spec, rows, z=z, required=True),
        *_term_readings(known, rows),
        known.reading(spec, rows, moved, name=f"{DRIVER} Δ{days}d", title=f"VIX change, {days} d", unit="points",
                      z=z_two_years(moved, spec.frequency, known.rules)),
    ]  # fmt: skip
    return assemble(NAME, levels, known, track, _findings(known, rows, steps, track, flags_of(on), readings))


def _term_readings(known: Known, rows: Observations | None) -> list[Reading]:
    """VIX3M and the ratio; the ratio is of the last day that has both, and stale when VIX3M is."""
    spec, longer = series(LONGER), known.get(LONGER)
    missing = known.absent(DRIVER if longer is not None else LONGER, name=RATIO, title="VIX / VIX3M", unit="ratio")
    if longer is None:
        return [known.absent(LONGER), missing]
    shown = known.reading(spec, longer, z=z_two_years(np.log(longer.value), spec.frequency, known.rules))
    shared = None if rows is None else _ratio(known, rows)
    if shared is None:
        return [shown, missing]
    z = z_two_years(shared.value, spec.frequency, known.rules)
    return [shown, known.reading(spec, shared, name=RATIO, title="VIX / VIX3M", unit="ratio", z=z)]


def _findings(
    known: Known, rows: Observations, steps: Climb, track: Track, flags: tuple[str, ...], readings: list[Reading]
) -> Findings:
    section, spec = known.rules[NAME], series(DRIVER)
    reason = known.why_stale(spec, rows) if known.stale(spec, rows) else None
    if reason is None and steps.confirmed[-1] == GREY:
        reason = WARMING.format(got=len(rows), needed=known.rules["hysteresis"]["warm_up"])
    quote = known.newer(DRIVER, rows)
    if quote is not None:
        readings.insert(1, quote)
    value, score = float(rows.value[-1]), float(track.score[-1])
    return Findings(
        readings,
        [] if reason else borders_of(value, steps.end, score, section, name=DRIVER, unit="index", rules=known.rules),
        flags=flags,
        rule_words=f"VIX enters at {'/'.join(str(cut) for cut in section['enter'])} and leaves below "
        f"{'/'.join(str(cut) for cut in section['leave'])}",
        optional=OPTIONAL,
        missing_reason=reason,
        quote=quote,
        quoted_raw=GREY if quote is None else int(ladder(np.array([quote.value]), section["enter"])[0]),
    )


def _ratio(known: Known, rows: Observations) -> Observations | None:
    """VIX over VIX3M on the days that have both, dated as VIX3M; None where there is no such day."""
    longer = known.get(LONGER)
    if longer is None:
        return None
    _, at_vix, at_longer = np.intersect1d(rows.date, longer.date, return_indices=True)
    if not len(at_vix):
        return None
    return longer.select(
        at_longer, rows.value[at_vix] / longer.value[at_longer], source=f"{rows.source}, {longer.source}"
    )


def _shape(known: Known, ratio: Observations | None) -> Floats:
    """The ratio per grid day, carried for as long as VIX3M counts; NaN beyond."""
    if ratio is None:
        return np.full(len(known.grid), np.nan)
    return known.lay(series(LONGER), ratio).floats(ratio.value)


def _on(shape: Floats, section: Rules) -> dict[str, NDArray[np.bool_]]:
    """Per flag, the days it is on; a missing ratio sets none."""
    return {
        "backwardation": shape > section["backwardation_above"],
        "contango": shape < section["contango_below"],
    }

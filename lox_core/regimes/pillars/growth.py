"""Growth: the Chicago Fed's three-month index, the Sahm rule and jobless claims.

Two of them must agree on a recession: the Sahm rule's 0.53 of July 2024 was a false alarm, so it needs the index or
claims beside it. Worse is believed at once, better only after two prints of the index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, Series, series
from lox_core.catalog.series import new_york_days
from lox_core.regimes.indicators import by_month, mean_of_last, year_on_year_pct, z_ten_years, z_two_years
from lox_core.regimes.known import Known, Laid
from lox_core.regimes.pillars.frame import Findings, Track, assemble, grey
from lox_core.regimes.rules import Rules, confirm_prints, edges, finish_score
from lox_core.regimes.state import GREY, Boundary, PillarState, Reading

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
NAME, DRIVER = "growth", "CFNAIMA3"
SAHM, CLAIMS = "SAHMREALTIME", "ICSA 4w/26w"
OPTIONAL = ((SAHM, "UNRATE"), ("ICSA",), ("PAYEMS",), ("INDPRO",))
BOOM, EXPANSION, SLOWING, CONTRACTION, RECESSION = range(5)
RANK = np.arange(5, dtype=np.int8)


@dataclass(frozen=True, eq=False)
class Pulse:
    """The three measures on the grid (NaN where missing or stale) and the count of index prints so far."""

    index: Floats
    sahm: Floats
    claims_pct: Floats
    print_no: NDArray[np.int64]


def build(known: Known) -> PillarState:
    """The pillar at the as-of; grey without a fresh CFNAI three-month average."""
    section = known.rules[NAME]
    levels = tuple(section["levels"])
    index = activity(known)
    readings = _readings(known, index)
    if index is None:
        return grey(NAME, levels, known, readings, known.why_missing(DRIVER, "CFNAI"))
    spec, rows = index
    laid = known.lay(spec, rows)
    pulse = _pulse(known, laid, rows)
    raw, confirmed = classify(pulse, section, known.rules["hysteresis"]["leave_prints"])
    z = z_two_years(-rows.value, spec.frequency, known.rules)
    score = _score(pulse, confirmed, laid.floats(z), section, known.rules)
    track = Track(
        raw, confirmed, score, laid.floats(rows.value, keep_stale=True), laid.floats(-z, keep_stale=True),
        np.zeros(len(known.grid), bool),
    )  # fmt: skip
    reason = known.why_stale(spec, rows) if known.stale(spec, rows) else None
    last = int(confirmed[-1]) if len(confirmed) else GREY
    found = Findings(
        readings,
        [] if reason or last == GREY else _borders(pulse, last, float(score[-1]), section),
        rule_words="CFNAI-MA3 against +0.70/−0.35/−0.70, claims 4 against 26 weeks at +10 %, Sahm rule at 0.5",
        optional=OPTIONAL,
        missing_reason=reason,
    )
    return assemble(NAME, levels, known, track, found)


def activity(known: Known) -> tuple[Series, Observations] | None:
    """CFNAI's three-month average; where FRED has only the monthly index, its mean over three consecutive months."""
    choice = known.first_fresh(DRIVER, "CFNAI")
    if choice is None or choice[0].id == DRIVER:
        return choice
    spec, rows = choice
    averaged = mean_of_last(rows.value, 3)
    month = rows.date.astype("datetime64[M]").astype(int)
    unbroken = np.append([False, False], month[2:] - month[:-2] == 2)
    mean = rows.derived(np.where(unbroken, averaged, np.nan), source=f"{rows.source}, mean of three months")
    return None if mean is None else (spec, mean)


def sahm(known: Known) -> tuple[Series, Observations] | None:
    """The real-time Sahm rule; failing that, computed from unemployment as then known.

    Three-month mean of the unemployment rate (two months suffice) less the lowest such mean of the twelve months
    before it, joined by date.
    """
    choice = known.first_fresh(SAHM, "UNRATE")
    if choice is None or choice[0].id == SAHM:
        return choice
    spec, rows = choice
    recent = np.stack([rows.value, by_month(rows.date, rows.value, 1), by_month(rows.date, rows.value, 2)])
    enough = np.isfinite(recent).sum(axis=0) >= 2  # one month was never published (October 2025)
    mean = np.where(enough, np.nansum(recent, axis=0) / np.maximum(np.isfinite(recent).sum(axis=0), 1), np.nan)
    lowest = np.full(len(mean), np.nan)
    for lag in range(1, 13):
        lowest = np.fmin(lowest, by_month(rows.date, mean, lag))
    rule = rows.derived(mean - lowest, source=f"{rows.source}, Sahm rule computed")
    return None if rule is None else (spec, replace(rule, series_id=SAHM))


def claims_trend_pct(rows: Observations) -> Floats:
    """Four-week mean of initial claims over the 26-week mean, percent."""
    return (mean_of_last(rows.value, 4) / mean_of_last(rows.value, 26) - 1) * 100


def classify(pulse: Pulse, section: Rules, leave_prints: int) -> tuple[Levels, Levels]:
    """Raw and confirmed level per grid day; -1 where the index is missing. Missing Sahm or claims raise nothing."""
    with np.errstate(invalid="ignore"):
        claims = pulse.claims_pct >= section["claims_rise_pct"]
        alarm = pulse.sahm >= section["sahm_points"]
        weak = pulse.index < section["contraction_below"]
        raw = np.where(pulse.index > section["boom_above"], BOOM, EXPANSION)
        raw = np.where(~(pulse.index > section["expansion_above"]) | claims, SLOWING, raw)
        raw = np.where(weak | alarm, CONTRACTION, raw)
        raw = np.where(alarm & (weak | claims), RECESSION, raw).astype(np.int8)
    present = np.isfinite(pulse.index)
    confirmed = np.full(len(raw), GREY, np.int8)
    confirmed[present] = confirm_prints(raw[present], RANK, pulse.print_no[present], leave_prints=leave_prints)
    return np.where(present, raw, GREY).astype(np.int8), confirmed


def _pulse(known: Known, laid: Laid, rows: Observations) -> Pulse:
    rule, weekly = sahm(known), known.get("ICSA")
    nothing = np.full(len(known.grid), np.nan)
    published = np.maximum.accumulate(new_york_days(rows.known_at))
    prints = np.searchsorted(published, known.grid, "right")
    return Pulse(
        index=laid.floats(rows.value),
        sahm=nothing if rule is None else known.lay(*rule).floats(rule[1].value),
        claims_pct=nothing if weekly is None else known.lay(series("ICSA"), weekly).floats(claims_trend_pct(weekly)),
        print_no=prints.astype(np.int64),
    )


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


def _borders(pulse: Pulse, state: int, score: float, section: Rules) -> list[Boundary]:
    """Borders in the index, and in claims or the Sahm rule where they are what holds or threatens the level."""
    levels, borders = section["levels"], edges(section["anchors"])
    index, rule, claims = float(pulse.index[-1]), float(pulse.sahm[-1]), float(pulse.claims_pct[-1])
    cuts = (section["boom_above"], section["expansion_above"], section["contraction_below"])
    found = []
    if state < CONTRACTION:
        found.append(
            Boundary(levels[state + 1], DRIVER, cuts[state] - index, "index", borders[state + 1] - score, "1 print")
        )
    if state < SLOWING and np.isfinite(claims):
        gap = section["claims_rise_pct"] - claims
        found.append(Boundary(levels[SLOWING], CLAIMS, gap, "percent", borders[2] - score, "1 print"))
    if state < RECESSION and np.isfinite(rule):
        worse = RECESSION if state == CONTRACTION and rule < section["sahm_points"] else CONTRACTION
        if worse > state:
            found.append(
                Boundary(
                    levels[worse],
                    SAHM,
                    section["sahm_points"] - rule,
                    "percentage points",
                    borders[worse] - score,
                    "1 print",
                )
            )
    if state > BOOM:
        milder = max(state - 1, BOOM)
        cut = cuts[min(milder, len(cuts) - 1)]
        found.append(
            Boundary(levels[milder], DRIVER, max(cut - index, 0.0), "index", borders[state] - score, "2 prints")
        )
    return found


def _readings(known: Known, index: tuple[Series, Observations] | None) -> list[Reading]:
    if index is None:
        found = [known.absent(DRIVER, required=True)]
    else:
        spec, rows = index
        z, z10 = (
            z_two_years(rows.value, spec.frequency, known.rules),
            z_ten_years(rows.value, spec.frequency, known.rules),
        )
        found = [
            known.reading(spec, rows, name=DRIVER, title="CFNAI, 3 m", unit="index", z=z, z_10y=z10, required=True)
        ]
    rule = sahm(known)
    if rule is None:
        found.append(known.absent(SAHM))
    else:
        z = z_two_years(rule[1].value, "monthly", known.rules)
        found.append(known.reading(*rule, name=SAHM, title="Sahm rule", unit="percentage points", z=z))
    found.append(_derived(known, "ICSA", CLAIMS, "Claims, 4 against 26 weeks", "percent", claims_trend_pct))
    found.append(_derived(known, "PAYEMS", "PAYEMS 3m", "Payrolls, 3 m average", "thousands a month", _payrolls_3m))
    found.append(
        _derived(
            known,
            "INDPRO",
            "INDPRO YoY",
            "Industrial production",
            "percent, year on year",
            lambda r: year_on_year_pct(r.date, r.value),
        )
    )
    return found


def _payrolls_3m(rows: Observations) -> Floats:
    return (rows.value - by_month(rows.date, rows.value, 3)) / 3


def _derived(
    known: Known, series_id: str, name: str, title: str, unit: str, measure: Callable[[Observations], Floats]
) -> Reading:
    rows, spec = known.get(series_id), series(series_id)
    if rows is None:
        return known.absent(series_id, name=name, title=title, unit=unit)
    values = measure(rows)
    z, z10 = z_two_years(values, spec.frequency, known.rules), z_ten_years(values, spec.frequency, known.rules)
    return known.reading(spec, rows, values, name=name, title=title, unit=unit, z=z, z_10y=z10)

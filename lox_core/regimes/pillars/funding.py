"""Funding and liquidity: what cash costs over the Fed's floor, with net liquidity as at most a quarter.

The spread is SOFR less the interest rate on reserve balances (before 2021-07-29 IOER, before that the upper end of
the funds target), in basis points. Net liquidity is Fed assets less the Treasury's account less reverse repos; FRED
states those in millions, millions and billions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, series
from lox_core.regimes.indicators import count_of, z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.liquidity import drained_pct, net_liquidity
from lox_core.regimes.pillars.climb import Climb, masked
from lox_core.regimes.pillars.frame import Findings, Track, assemble, grey
from lox_core.regimes.rules import Rules, confirm, edges, finish_score, still_needed
from lox_core.regimes.state import GREY, Boundary, PillarState, Reading

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
NAME, RATE = "funding", "SOFR"
FLOOR, IORB_BEGINS = "IORB", np.datetime64("2021-07-29")
SPREAD = "SOFR−IORB"
OPTIONAL = (("WALCL",), ("WDTGAL", "WTREGEN"), ("RRPONTSYD",))
ABUNDANT, AMPLE, TIGHTENING, STRESS, CRISIS = range(5)


def build(known: Known) -> PillarState:
    """The pillar at the as-of; grey without a fresh SOFR and a floor rate."""
    section, hysteresis = known.rules[NAME], known.rules["hysteresis"]
    levels = tuple(section["levels"])
    spec, rows = series(RATE), spread_bp(known)
    if rows is None:
        absent = [known.absent(name, required=True) for name in (RATE, FLOOR) if known.get(name) is None]
        lacking = known.why_missing(*(reading.name for reading in absent)) or f"no floor rate on the days of {RATE}"
        return grey(NAME, levels, known, absent or [known.absent(FLOOR, required=True)], lacking)
    raw = raw_levels(rows.value, section)
    confirmed = confirm(raw, raw, top=CRISIS, hysteresis=hysteresis, one_down=True)
    z = z_two_years(rows.value, spec.frequency, known.rules)
    steps = masked(raw, confirmed, _score(known, rows, confirmed, z, section), known.rules)
    laid = known.lay(spec, rows)
    track = Track(
        laid.levels(steps.raw), laid.levels(steps.confirmed), laid.floats(steps.score),
        laid.floats(rows.value, keep_stale=True), laid.floats(z, keep_stale=True), np.zeros(len(known.grid), bool),
    )  # fmt: skip
    reason = _why_grey(known, rows)
    if reason is None and steps.confirmed[-1] == GREY:
        reason = WARMING.format(got=len(rows), needed=hysteresis["warm_up"])
    found = Findings(
        _readings(known, rows, z),
        [] if reason else _borders(rows.value, steps, raw, section, hysteresis),
        rule_words="SOFR over IORB: above 0 on 3 of 5 days is tightening, 10 bp on 3 of 5 or 25 bp once stress, "
        "25 bp on 2 of 3 crisis",
        optional=OPTIONAL,
        missing_reason=reason,
    )
    return assemble(NAME, levels, known, track, found)


def spread_bp(known: Known) -> Observations | None:
    """SOFR less the floor rate of its day, bp; None without SOFR or any floor. Days with no floor rate are left out.

    From 29 July 2021 the floor is the rate on reserve balances and nothing else; before, what stood in its place.
    """
    rate = known.get(RATE)
    if rate is None:
        return None
    before = rate.date < IORB_BEGINS
    floor, source = np.full(len(rate), np.nan), FLOOR
    for spec, rows in known.choices(FLOOR):
        place = np.searchsorted(rows.date, rate.date, "right") - 1
        near = (place >= 0) & ((rate.date - rows.date[np.maximum(place, 0)]).astype(int) <= 5)
        fill = np.isnan(floor) & near & (before if spec.id != FLOOR else ~before)
        floor = np.where(fill, rows.value[np.maximum(place, 0)], floor)
        if fill.any() and (fill[-1] or source == FLOOR):
            source = rows.source
    return rate.derived(np.round((rate.value - floor) * 100, 6), source=f"{rate.source} less {source}")


def raw_levels(spread: Floats, section: Rules) -> Levels:
    """Today's level by the tests of the last days."""
    ample, tight, stress, crisis = section["enter"]
    raw = np.where(spread > ample, AMPLE, ABUNDANT)
    raw = np.where(
        count_of(spread > tight, section["tightening"]["of"]) >= section["tightening"]["days"], TIGHTENING, raw
    )
    often = count_of(spread >= stress, section["stress"]["of"]) >= section["stress"]["days"]
    raw = np.where(often | (spread >= section["stress"]["spike_bp"]), STRESS, raw)
    raw = np.where(count_of(spread >= crisis, section["crisis"]["of"]) >= section["crisis"]["days"], CRISIS, raw)
    return raw.astype(np.int8)


def _score(known: Known, rows: Observations, state: Levels, z: Floats, section: Rules) -> Floats:
    """Three quarters the spread, one quarter net liquidity's 13-week change where it is known."""
    borders = np.asarray(edges(section["anchors"]))
    low, high = section["range"]
    base = np.interp(rows.value, [low, *section["enter"], high], borders)
    drained = drained_pct(known)
    if drained is not None:
        place = np.searchsorted(drained.known_at, rows.known_at, "right") - 1
        reach, share = section["liquidity_range_pct"], section["liquidity_weight"]
        tilt = np.interp(drained.value[np.maximum(place, 0)], [-reach, reach], [90, 10])
        near = (place >= 0) & ((rows.date - drained.date[np.maximum(place, 0)]).astype(int) <= 21)
        base = np.where(near & np.isfinite(tilt), (1 - share) * base + share * tilt, base)
    return finish_score(base, borders[state], borders[state + 1], z, np.zeros(len(base)), known.rules["zscore"])


def _why_grey(known: Known, rows: Observations) -> str | None:
    """Stale, and by whose fault: SOFR's or the floor rate's."""
    spec, rate = series(RATE), known.get(RATE)
    if not known.stale(spec, rows):
        return None
    if rate is None or known.stale(spec, rate):
        return known.why_stale(spec, rows)
    floor = known.get(FLOOR)
    return known.why_missing(FLOOR) if floor is None else known.why_stale(series(FLOOR), floor)


def _borders(spread: Floats, steps: Climb, raw: Levels, section: Rules, hysteresis: Rules) -> list[Boundary]:
    """The next test up and the present test's failure down, as a distance of today's spread to their cuts."""
    levels, enter, borders = section["levels"], section["enter"], edges(section["anchors"])
    value, state, score = float(spread[-1]), int(steps.confirmed[-1]), float(steps.score[-1])
    here, found = steps.confirmed == state, []
    if state < CRISIS:
        gap = max(float(enter[state]) - value, 0.0)
        found.append(
            Boundary(levels[state + 1], SPREAD, gap, "bp", borders[state + 1] - score, _test(state + 1, section))
        )
    if state > ABUNDANT:
        step = min(float(enter[state - 1]) - value, 0.0)
        needs = still_needed(hysteresis["leave_days"], here & (raw < state)) + " with the test failing"
        found.append(Boundary(levels[state - 1], SPREAD, step, "bp", borders[state] - score, needs))
    return found


def _test(level: int, section: Rules) -> str:
    """The entry test of a level in words."""
    tight, stress, crisis = section["tightening"], section["stress"], section["crisis"]
    return {
        AMPLE: "2 closes",
        TIGHTENING: f"{tight['days']} of {tight['of']} closes, twice running",
        STRESS: f"{stress['days']} of {stress['of']} closes, or one at {stress['spike_bp']} bp",
        CRISIS: f"{crisis['days']} of {crisis['of']} closes",
    }[level]


def _readings(known: Known, rows: Observations, z: Floats) -> list[Reading]:
    spec = series(RATE)
    found = [known.reading(spec, rows, name=SPREAD, title="SOFR − IORB", unit="bp", z=z, required=True)]
    rate, floor = known.get(RATE), known.choices(FLOOR)
    if rate is not None:
        found.append(known.reading(spec, rate, required=True))
    at_hand = [choice for choice in floor if (choice[0].id == FLOOR) == bool(rows.date[-1] >= IORB_BEGINS)]
    found.append(known.reading(*at_hand[0], required=True) if at_hand else known.absent(FLOOR, required=True))
    above = count_of((rows.value > 0) & ~_period_end(rows.date), 20).astype(float)
    found.append(
        known.reading(
            spec,
            rows,
            above,
            name="days above IORB, 20d",
            title="Days above IORB in 20, period ends aside",
            unit="days",
        )
    )
    for name in ("WALCL", "RRPONTSYD"):
        other = known.get(name)
        found.append(known.absent(name) if other is None else known.reading(series(name), other))
    account = known.speaking(known.choices("WDTGAL"))
    found.append(known.absent("WDTGAL") if account is None else known.reading(*account))
    net, drained = net_liquidity(known), drained_pct(known)
    if net is not None and drained is not None:
        weeks = known.rules[NAME]["liquidity_weeks"]
        walcl = series("WALCL")
        found.append(known.reading(walcl, net, name="net liquidity", title="Net liquidity", unit="billions of dollars"))
        found.append(known.reading(walcl, drained, name=f"net liquidity Δ{weeks}w",
                                   title=f"Net liquidity change, {weeks} w", unit="percent of Fed assets"))  # fmt: skip
    return found


def _period_end(dates: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """The last observation of each month: balance sheets are dressed then."""
    month = dates.astype("datetime64[M]")
    return np.append(month[1:] != month[:-1], False)

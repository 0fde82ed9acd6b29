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
from lox_core.regimes.pillars.climb import masked
from lox_core.regimes.pillars.frame import Findings, Track, assemble, grey
from lox_core.regimes.rules import Rules, confirm, edges, finish_score
from lox_core.regimes.state import GREY, Boundary, PillarState, Reading

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
NAME, RATE = "funding", "SOFR"
FLOORS = ("IORB", "IOER", "DFEDTARU")
SPREAD = "SOFR−IORB"
OPTIONAL = (("WALCL",), ("WDTGAL", "WTREGEN"), ("RRPONTSYD",))
ABUNDANT, AMPLE, TIGHTENING, STRESS, CRISIS = range(5)


def build(known: Known) -> PillarState:
    """The pillar at the as-of; grey without a fresh SOFR and a floor rate."""
    section, hysteresis = known.rules[NAME], known.rules["hysteresis"]
    levels = tuple(section["levels"])
    spec, rows = series(RATE), spread_bp(known)
    if rows is None:
        absent = [known.absent(name, required=True) for name in (RATE, FLOORS[0]) if known.get(name) is None]
        return grey(NAME, levels, known, absent, known.why_missing(*(reading.name for reading in absent)))
    raw = raw_levels(rows.value, section)
    confirmed = confirm(raw, raw, top=CRISIS, hysteresis=hysteresis, one_down=True)
    z = z_two_years(rows.value, spec.frequency, known.rules)
    steps = masked(raw, confirmed, _score(known, rows, confirmed, z, section), known.rules)
    laid = known.lay(spec, rows)
    track = Track(
        laid.levels(steps.raw), laid.levels(steps.confirmed), laid.floats(steps.score),
        laid.floats(rows.value, keep_stale=True), laid.floats(z, keep_stale=True), np.zeros(len(known.grid), bool),
    )  # fmt: skip
    reason = known.why_stale(spec, rows) if known.stale(spec, rows) else None
    if reason is None and steps.confirmed[-1] == GREY:
        reason = WARMING.format(got=len(rows), needed=hysteresis["warm_up"])
    found = Findings(
        _readings(known, rows, z),
        [] if reason else _borders(rows.value, int(steps.confirmed[-1]), float(steps.score[-1]), section),
        rule_words="SOFR over IORB: above 0 on 3 of 5 days is tightening, 10 bp on 3 of 5 or 25 bp once stress, "
        "25 bp on 2 of 3 crisis",
        optional=OPTIONAL,
        missing_reason=reason,
    )
    return assemble(NAME, levels, known, track, found)


def spread_bp(known: Known) -> Observations | None:
    """SOFR less the floor rate of its day, bp; None without SOFR or any floor. Days with no floor rate are left out."""
    rate = known.get(RATE)
    if rate is None:
        return None
    floor = np.full(len(rate), np.nan)
    for name in reversed(FLOORS):
        rows = known.get(name)
        if rows is None:
            continue
        place = np.searchsorted(rows.date, rate.date, "right") - 1
        near = (place >= 0) & ((rate.date - rows.date[np.maximum(place, 0)]).astype(int) <= 5)
        floor = np.where(near, rows.value[np.maximum(place, 0)], floor)
    spread = np.round((rate.value - floor) * 100, 6)
    names = [name for name in FLOORS if known.get(name) is not None]
    return rate.derived(spread, source=f"{rate.source} less {names[0]}") if names else None


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


def _borders(spread: Floats, state: int, score: float, section: Rules) -> list[Boundary]:
    """The next test up and the present test's failure down, as a distance of today's spread to their cuts."""
    levels, enter, borders = section["levels"], section["enter"], edges(section["anchors"])
    value = float(spread[-1])
    needs_up = ("2 closes", "3 of 5 closes", "3 of 5 closes, or one at 25 bp", "2 of 3 closes")
    found = []
    if state < CRISIS:
        found.append(
            Boundary(levels[state + 1], SPREAD, enter[state] - value, "bp", borders[state + 1] - score, needs_up[state])
        )
    if state > ABUNDANT:
        step = min(enter[state - 1] - value, 0.0)
        found.append(
            Boundary(levels[state - 1], SPREAD, step, "bp", borders[state] - score, "5 closes of the test failing")
        )
    return found


def _readings(known: Known, rows: Observations, z: Floats) -> list[Reading]:
    spec = series(RATE)
    found = [known.reading(spec, rows, name=SPREAD, title="SOFR − IORB", unit="bp", z=z, required=True)]
    rate, floor = known.get(RATE), known.first_fresh(*FLOORS)
    if rate is not None:
        found.append(known.reading(spec, rate, required=True))
    if floor is not None:
        found.append(known.reading(*floor, required=True))
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
    account = known.first_fresh("WDTGAL", "WTREGEN")
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

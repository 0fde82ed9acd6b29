"""Funding and liquidity: what cash costs over the Fed's floor, with net liquidity as at most a quarter.

The spread is SOFR less the interest rate on reserve balances (before 2021-07-29 IOER, before that the upper end of
the funds target), in basis points. Net liquidity is Fed assets less the Treasury's account less reverse repos; FRED
states those in millions, millions and billions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lox_core.calendars import nyse
from lox_core.catalog import Observations, series
from lox_core.numbers import MINUS
from lox_core.regimes.indicators import count_of, z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.liquidity import drained_pct, net_liquidity
from lox_core.regimes.pillars.climb import masked, score_on_grid
from lox_core.regimes.pillars.frame import Findings, Track, assemble, grey
from lox_core.regimes.rules import Rules, bands_of, edges
from lox_core.regimes.state import GREY, Boundary, PillarState, Reading
from lox_core.regimes.walks import TRIED_CLOSES, Standing, Walk, across, confirm, counted, first_flip, way_to

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
    z = z_two_years(rows.value, spec.frequency, known.rules)
    steps = masked(raw, walked(raw, hysteresis), _score(known, rows, section), known.rules)
    laid = known.lay(spec, rows)
    none = np.zeros(len(known.grid))
    track = Track(
        laid.levels(steps.raw), laid.levels(steps.confirmed),
        score_on_grid(laid, steps, z, none, bands_of(section), known.rules),
        laid.floats(rows.value, keep_stale=True), laid.floats(z, keep_stale=True), none.astype(bool),
    )  # fmt: skip
    reason = _why_grey(known, rows)
    if reason is None and steps.confirmed[-1] == GREY:
        reason = WARMING.format(got=len(rows), needed=hysteresis["warm_up"])
    found = Findings(
        _readings(known, rows, z),
        [] if reason else borders_of(rows.value, steps.end, float(track.score[-1]), section, hysteresis),
        rule_words=_words(section),
        optional=OPTIONAL,
        missing_reason=reason,
    )
    return assemble(NAME, levels, known, track, found)


def _words(section: Rules) -> str:
    """The rule in words."""
    ample, tight, stress, crisis = (f"{cut:g}" for cut in section["enter"])
    days = {name: f"{section[name]['days']} of {section[name]['of']}" for name in ("tightening", "stress", "crisis")}
    return (
        f"SOFR over IORB: above {ample} bp is ample, above {tight} on {days['tightening']} days tightening, "
        f"{stress} bp on {days['stress']} or {section['stress']['spike_bp']:g} bp once stress, "
        f"{crisis} bp on {days['crisis']} crisis"
    ).replace("-", MINUS)


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
        age = (rate.date - rows.date[np.maximum(place, 0)]).astype(int)
        near = (place >= 0) & (age <= known.rules[NAME]["floor_days"])
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


def walked(raw: Levels, hysteresis: Rules, start: Standing | None = None) -> Walk:
    """Confirmed levels: a level is left when its own test has failed long enough, to the next milder one."""
    return confirm(raw, raw, top=CRISIS, hysteresis=hysteresis, one_down=True, start=start)


def _score(known: Known, rows: Observations, section: Rules) -> Floats:
    """Three quarters the spread, one quarter net liquidity's 13-week change where it is known."""
    borders = np.asarray(edges(section["anchors"]))
    low, high = section["range"]
    base: Floats = np.interp(rows.value, [low, *section["enter"], high], borders)
    drained = drained_pct(known)
    if drained is not None:
        place = np.searchsorted(drained.known_at, rows.known_at, "right") - 1
        reach, share = section["liquidity_range_pct"], section["liquidity_weight"]
        tilt = np.interp(drained.value[np.maximum(place, 0)], [-reach, reach], section["liquidity_scores"])
        age = (rows.date - drained.date[np.maximum(place, 0)]).astype(int)
        near = (place >= 0) & (age <= section["liquidity_days"])
        base = np.where(near & np.isfinite(tilt), (1 - share) * base + share * tilt, base)
    return base


def _why_grey(known: Known, rows: Observations) -> str | None:
    """Stale, and by whose fault: SOFR's or the floor rate's."""
    spec, rate = series(RATE), known.get(RATE)
    if not known.stale(spec, rows):
        return None
    if rate is None or known.stale(spec, rate):
        return known.why_stale(spec, rows)
    floor = known.get(FLOOR)
    return known.why_missing(FLOOR) if floor is None else known.why_stale(series(FLOOR), floor)


def borders_of(spread: Floats, end: Standing, score: float, section: Rules, hysteresis: Rules) -> list[Boundary]:
    """What flips the level: today's spread across the next test's cut, at a spike, or below the present test's cut.

    The tests count days, so how many closes each still takes is tried: the spread is held there and the walk goes on.
    """
    value, state = float(spread[-1]), end.state
    cuts, spike = [float(cut) for cut in section["enter"]], float(section["stress"]["spike_bp"])
    ways = []
    if state < CRISIS:
        ways.append(way_to(value, cuts[state], above=True, reaching=state >= TIGHTENING))
    if state < STRESS:
        ways.append(way_to(value, spike, above=True, reaching=True))
    if state > ABUNDANT:
        ways.append(way_to(value, cuts[state - 1], above=False, reaching=state <= TIGHTENING))
    borders, found = edges(section["anchors"]), []
    window = max(section[test]["of"] for test in ("tightening", "stress", "crisis"))
    for way in ways:
        ahead = raw_levels(np.append(spread[-window:], np.full(TRIED_CLOSES, across(value, way))), section)
        flip = first_flip(walked(ahead[-TRIED_CLOSES:], hysteresis, end).levels, state)
        if flip is not None:
            reach = borders[flip.level] - score if flip.level > state else min(borders[state] - score, 0.0)
            needs = counted(flip, "close", there=way == 0)
            found.append(Boundary(section["levels"][flip.level], SPREAD, way, "bp", reach, needs))
    return found


def _readings(known: Known, rows: Observations, z: Floats) -> list[Reading]:
    spec = series(RATE)
    found = [known.reading(spec, rows, name=SPREAD, title="SOFR − IORB", unit="bp", z=z, required=True)]
    rate, floor = known.get(RATE), known.choices(FLOOR)
    if rate is not None:
        found.append(known.reading(spec, rate, required=True))
    at_hand = [choice for choice in floor if (choice[0].id == FLOOR) == bool(rows.date[-1] >= IORB_BEGINS)]
    found.append(known.reading(*at_hand[0], required=True) if at_hand else known.absent(FLOOR, required=True))
    days = known.rules[NAME]["above_days"]
    above = count_of((rows.value > 0) & ~period_end(rows.date), days).astype(float)
    title = f"Days above IORB in {days}, period ends aside"
    found.append(known.reading(spec, rows, above, name=f"days above IORB, {days}d", title=title, unit="days"))
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


def period_end(dates: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """Whether no session of its month follows a day: balance sheets are dressed then. By the exchange's calendar."""
    following = np.busday_offset(dates, 1, roll="backward", busdaycal=nyse().busday)
    last: NDArray[np.bool_] = following.astype("datetime64[M]") != dates.astype("datetime64[M]")
    return last

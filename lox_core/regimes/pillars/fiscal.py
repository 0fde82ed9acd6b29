"""Fiscal: the deficit against the economy, and interest against receipts; slow, and weighed at five in a hundred.

A funding event is the extreme level plus a term premium that rose 40 bp in a quarter during a rate shock upwards.
Worse is believed at once, better after a quarter of monthly statements.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, Series, series
from lox_core.regimes.indicators import by_month, change, z_ten_years, z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.pillars.frame import Findings, Track, assemble, grey
from lox_core.regimes.rules import Rules, confirm_prints, edges, finish_score, ladder
from lox_core.regimes.state import GREY, Boundary, PillarState, Reading

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]
NAME, BALANCE, OUTPUT, INTEREST, RECEIPTS = "fiscal", "MTSDS133FMS", "GDP", "A091RC1Q027SBEA", "FGRECPT"
DEFICIT, BURDEN, PREMIUM = "deficit/GDP 12m", "interest/receipts", "term premium Δ63d"
PREMIA = ("THREEFYTP10", *series("THREEFYTP10").substitutes)
OPTIONAL = ((INTEREST,), (RECEIPTS,), PREMIA)
EXTREME, FUNDING_EVENT = 3, 4
RANK = np.arange(5, dtype=np.int8)


def build(known: Known, rates: PillarState) -> PillarState:
    """The pillar at the as-of; grey without fresh Treasury statements and GDP.

    ``rates`` is the Rates pillar at the same as-of, whose upward shock a funding event needs.
    """
    section = known.rules[NAME]
    levels = tuple(section["levels"])
    deficit = deficit_pct(known)
    readings = _readings(known, deficit)
    if deficit is None:
        return grey(
            NAME, levels, known, readings, known.why_missing(*(n for n in (BALANCE, OUTPUT) if known.get(n) is None))
        )
    spec = series(BALANCE)
    laid = known.lay(spec, deficit)
    share, burden = laid.floats(deficit.value), _burden_on_grid(known)
    raw = _raw(known, deficit, share, burden, rates, section)
    confirmed = _confirm(known, deficit, raw, section["leave_prints"])
    z = laid.floats(z_two_years(deficit.value, "monthly", known.rules), keep_stale=True)
    score = _score(share, burden, confirmed, z, section, known.rules)
    track = Track(
        raw, confirmed, score, laid.floats(deficit.value, keep_stale=True),
        z,
        np.zeros(len(known.grid), bool),
    )  # fmt: skip
    reason = _why_grey(known, deficit)
    if reason is None and confirmed[-1] == GREY:
        reason = WARMING.format(got=len(deficit), needed=known.rules["hysteresis"]["warm_up"])
    found = Findings(
        readings,
        [] if reason else _borders(known, raw, confirmed, (share[-1], burden[-1]), float(score[-1])),
        rule_words="the worse of deficit over GDP at 3/5/7 % and interest over receipts at 10/14/18 %",
        optional=OPTIONAL,
        missing_reason=reason,
    )
    return assemble(NAME, levels, known, track, found)


def deficit_pct(known: Known) -> Observations | None:
    """Twelve-month deficit as a percentage of the GDP then known (deficits positive), per monthly statement.

    The sum needs all twelve months, joined by date.
    """
    balance, output = known.get(BALANCE), known.get(OUTPUT)
    if balance is None or output is None:
        return None
    months = np.stack([by_month(balance.date, balance.value, lag) for lag in range(12)])
    total = months.sum(axis=0)
    published = np.maximum.accumulate(output.known_at)
    place = np.searchsorted(published, balance.known_at, "right") - 1
    value = -total / 1000 / output.value[np.maximum(place, 0)] * 100
    return balance.derived(np.where(place >= 0, value, np.nan), source=f"{balance.source} over {output.source}")


def burden_pct(known: Known) -> Observations | None:
    """Federal interest as a percentage of current receipts, per quarter; None without both."""
    interest, receipts = known.get(INTEREST), known.get(RECEIPTS)
    if interest is None or receipts is None:
        return None
    _, at_interest, at_receipts = np.intersect1d(interest.date, receipts.date, return_indices=True)
    if not len(at_interest):
        return None
    known_at = np.maximum(interest.known_at[at_interest], receipts.known_at[at_receipts])
    share = interest.value[at_interest] / receipts.value[at_receipts] * 100
    return replace(
        receipts.select(at_receipts, share, source=f"{interest.source} over {receipts.source}"), known_at=known_at
    )


def _burden_on_grid(known: Known) -> Floats:
    rows = burden_pct(known)
    if rows is None:
        return np.full(len(known.grid), np.nan)
    return known.lay(series(RECEIPTS), rows).floats(rows.value)


def _raw(
    known: Known, deficit: Observations, share: Floats, burden: Floats, rates: PillarState, section: Rules
) -> Levels:
    by_deficit = ladder(np.nan_to_num(share, nan=-np.inf), section["deficit_pct"])
    by_burden = ladder(np.nan_to_num(burden, nan=-np.inf), section["interest_pct"])
    level = np.maximum(by_deficit, by_burden)
    rising = known.first_on_grid(_premium_changes(known))
    shock = np.zeros(len(level), bool)
    if len(rates.history):
        shock = rates.history["confirmed"].to_numpy() == rates.levels.index("shock_up")
    with np.errstate(invalid="ignore"):
        level = np.where((level == EXTREME) & (rising >= section["term_premium_bp"]) & shock, FUNDING_EVENT, level)
    gdp = known.get(OUTPUT)
    fresh = known.lay(series(OUTPUT), gdp).fresh if gdp is not None else np.zeros(len(level), bool)
    warm = known.lay(series(BALANCE), deficit).index + 11 >= known.rules["hysteresis"]["warm_up"]
    return np.where(np.isfinite(share) & fresh & warm, level, GREY).astype(np.int8)


def _confirm(known: Known, deficit: Observations, raw: Levels, leave_prints: int) -> Levels:
    present = raw != GREY
    confirmed = np.full(len(raw), GREY, np.int8)
    print_no = known.prints(deficit)[present]
    confirmed[present] = confirm_prints(raw[present], RANK, print_no, leave_prints=leave_prints)
    return confirmed


def _premium_changes(known: Known) -> list[tuple[Series, Observations]]:
    """The term premium's change over 63 observations, bp, by each source that is there."""
    days = known.rules[NAME]["term_premium_days"]
    moved = [
        (spec, rows.derived(np.round(change(rows.value, days) * 100, 6))) for spec, rows in known.choices(PREMIA[0])
    ]
    return [(spec, rows) for spec, rows in moved if rows is not None]


def _score(share: Floats, burden: Floats, state: Levels, z: Floats, section: Rules, rules: Rules) -> Floats:
    borders = np.asarray(edges(section["anchors"]))
    reach = section["range"]
    by_deficit = np.interp(share, [0, *section["deficit_pct"], reach["deficit_pct"]], borders[:5])
    by_burden = np.interp(burden, [0, *section["interest_pct"], reach["interest_pct"]], borders[:5])
    seat = np.maximum(state, 0)
    worse = np.fmax(by_deficit, by_burden)
    scored = finish_score(worse, borders[seat], borders[seat + 1], z, np.zeros(len(share)), rules["zscore"])
    return np.where(state == GREY, np.nan, scored)


def _borders(
    known: Known, raw: Levels, confirmed: Levels, measures: tuple[float, float], score: float
) -> list[Boundary]:
    """One measure across its next cut worsens the level; every measure below the present cut lets it go."""
    section, state = known.rules[NAME], int(confirmed[-1])
    levels, borders, statements = section["levels"], edges(section["anchors"]), section["leave_prints"]
    pairs = [
        (name, float(value), section[key])
        for name, value, key in zip((DEFICIT, BURDEN), measures, ("deficit_pct", "interest_pct"), strict=True)
        if np.isfinite(value)
    ]
    found = []
    if state < EXTREME:
        for name, value, cuts in pairs:
            gap = max(cuts[state] - value, 0.0)
            found.append(Boundary(levels[state + 1], name, gap, "points", borders[state + 1] - score, "1 print"))
    elif (
        state == EXTREME
        and (premium := known.first_on_grid(_premium_changes(known))[-1:]).size
        and np.isfinite(premium[0])
    ):
        gap = max(section["term_premium_bp"] - float(premium[0]), 0.0)
        reach = borders[FUNDING_EVENT] - score
        found.append(Boundary(levels[FUNDING_EVENT], PREMIUM, gap, "bp", reach, "1 close, in a rate shock up"))
    if state > 0:
        reach, to = min(borders[state] - score, 0.0), levels[min(int(raw[-1]), state - 1)]
        holding = [(n, v, cuts[state - 1]) for n, v, cuts in pairs if state <= len(cuts) and v >= cuts[state - 1]]
        for name, value, cut in holding:
            needs = f"{statements} statements" + (", and the other measure" if len(holding) > 1 else "")
            found.append(Boundary(to, name, cut - value, "points", reach, needs))
        if not holding:
            found.append(Boundary(to, DEFICIT, 0.0, "points", reach, f"up to {statements} statements"))
    return found


def _why_grey(known: Known, deficit: Observations) -> str | None:
    if known.stale(series(BALANCE), deficit):
        return known.why_stale(series(BALANCE), deficit)
    output = known.get(OUTPUT)
    if output is not None and known.stale(series(OUTPUT), output):
        return known.why_stale(series(OUTPUT), output)
    return None


def _readings(known: Known, deficit: Observations | None) -> list[Reading]:
    found = []
    percent = "percent"
    if deficit is None:
        found.append(known.absent(BALANCE, name=DEFICIT, title="Deficit over GDP, 12 m", unit=percent, required=True))
    else:
        z, z10 = (measure(deficit.value, "monthly", known.rules) for measure in (z_two_years, z_ten_years))
        found.append(
            known.reading(
                series(BALANCE),
                deficit,
                name=DEFICIT,
                title="Deficit over GDP, 12 m",
                unit=percent,
                z=z,
                z_10y=z10,
                required=True,
            )
        )
    for name in (BALANCE, OUTPUT):
        rows = known.get(name)
        found.append(
            known.absent(name, required=True) if rows is None else known.reading(series(name), rows, required=True)
        )
    burden, premia = burden_pct(known), _premium_changes(known)
    if burden is None:
        missing = RECEIPTS if known.get(RECEIPTS) is None else INTEREST
        found.append(known.absent(missing, name=BURDEN, title="Interest over receipts", unit=percent))
    else:
        found.append(known.reading(series(RECEIPTS), burden, name=BURDEN, title="Interest over receipts", unit=percent))
    premium = known.speaking(premia)
    title = "Term premium change, 63 d"
    if premium is None:
        found.append(known.absent(PREMIA[0], name=PREMIUM, title=title, unit="bp"))
    else:
        found.append(known.reading(*premium, name=PREMIUM, title=title, unit="bp"))
    return found

"""Credit: the high-yield spread ladder, with a stated proxy where FRED serves no history.

Since April 2026 FRED serves ICE BofA spreads for three years only. Days before the first known spread are estimated
from Baa - 10Y (and VIX where known) by fixed, published coefficients. The estimate draws history and feeds the
playbook; it never makes the label of the as-of day, and the walk over real spreads starts afresh at the first one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, series
from lox_core.regimes.indicators import change, z_two_years
from lox_core.regimes.known import WARMING, Known
from lox_core.regimes.pillars.climb import Climb, borders_of, climb, score_on_grid
from lox_core.regimes.pillars.frame import Findings, Track, assemble, flags_of, grey, points_of
from lox_core.regimes.rules import Rules, bands_of
from lox_core.regimes.state import GREY, PillarState, Reading

Floats = NDArray[np.float64]
NAME, DRIVER = "credit", "BAMLH0A0HYM2"
CCC, BB = "BAMLH0A3HYC", "BAMLH0A1HYBB"
OPTIONAL = (("BAMLC0A0CM",), ("BAA10Y",), (CCC,), (BB,))


def build(known: Known) -> PillarState:
    """The pillar at the as-of; grey without a fresh spread, whatever the proxy says."""
    section = known.rules[NAME]
    levels = tuple(section["levels"])
    rows, proxy = known.get(DRIVER), proxy_spread(known)
    readings = _readings(known, rows, proxy)
    if rows is None and proxy is None:
        return grey(NAME, levels, known, readings, known.why_missing(DRIVER))
    track, steps = Track(*_blank(len(known.grid))), None
    for one in (proxy, rows):
        if one is not None:
            steps = climb(one.value, section, known.rules)
            track = _overlay(track, known, one, steps)
    score = float(track.score[-1])
    found = _findings(known, rows, steps, score, readings)
    return assemble(NAME, levels, known, track, found)


def proxy_spread(known: Known) -> Observations | None:
    """HY OAS estimated from Baa - 10Y (daily from 1986; before that monthly Baa less the 10-year), percent."""
    spread = _baa_spread(known)
    if spread is None:
        return None
    section = known.rules[NAME]
    simple, fuller = section["proxy_baa"], section["proxy_baa_vix"]
    log_spread = np.log(np.maximum(spread.value, 0.05))
    estimate = simple["intercept"] + simple["ln_baa10y"] * log_spread
    vix = known.get("VIXCLS")
    if vix is not None:
        place = np.searchsorted(vix.date, spread.date, "right") - 1
        with_vix = fuller["intercept"] + fuller["ln_baa10y"] * log_spread
        with_vix = with_vix + fuller["ln_vix"] * np.log(vix.value[np.maximum(place, 0)])
        estimate = np.where(place >= 0, with_vix, estimate)
    source = f"estimated from {spread.source}" + (" and VIX" if vix is not None else "")
    return replace(spread, series_id=DRIVER, value=np.exp(estimate), source=source, proxy=True)


def _baa_spread(known: Known) -> Observations | None:
    daily, monthly, ten = known.get("BAA10Y"), known.get("BAA"), known.get("DGS10")
    if monthly is None or ten is None:
        return daily
    month = ten.date.astype("datetime64[M]")
    starts = np.flatnonzero(np.append(True, month[1:] != month[:-1]))
    means = np.add.reduceat(ten.value, starts) / np.diff(np.append(starts, len(ten)))
    place = np.searchsorted(month[starts], monthly.date.astype("datetime64[M]"))
    found = (place < len(starts)) & (
        month[starts][np.minimum(place, len(starts) - 1)] == monthly.date.astype("datetime64[M]")
    )
    if daily is not None:
        found &= monthly.known_at < daily.known_at[0]
    if not found.any():
        return daily
    level = monthly.value[found] - means[np.minimum(place[found], len(starts) - 1)]
    old = _held_daily(known, replace(monthly, source=f"{monthly.source} less {ten.source}"), found, level)
    if daily is not None:
        old = old.select(old.date < daily.date[0])
    if daily is None:
        return old
    return replace(
        daily,
        date=np.concatenate([old.date, daily.date]),
        value=np.concatenate([old.value, daily.value]),
        known_at=np.concatenate([old.known_at, daily.known_at]),
        vintage=np.concatenate([old.vintage, daily.vintage]),
    )


def _held_daily(known: Known, monthly: Observations, rows: NDArray[np.bool_], values: Floats) -> Observations:
    """A monthly estimate held on every trading day from its publication, so that days are counted as days."""
    published = monthly.known_at[rows].astype("datetime64[D]")
    days = known.grid[known.grid >= published[0]]
    place = np.searchsorted(published, days, "right") - 1
    return replace(monthly.select(rows).select(place, values[place]), date=days)


def _log_z(rows: Observations, rules: Rules) -> Floats:
    """Two-year z of a spread in logs; a spread at or below zero counts as one basis point."""
    return z_two_years(np.log(np.maximum(rows.value, 0.01)), "daily", rules)


def _widened_bp(rows: Observations, section: Rules) -> Floats:
    """Change over a month of observations, bp, rid of binary fractions: exactly +100 bp must count as such."""
    return np.round(change(rows.value, section["widening_days"]) * 100, 6)


def _widening(rows: Observations, section: Rules) -> NDArray[np.bool_]:
    """Per observation, whether the flag is on; the first month has no change and sets none."""
    flag: NDArray[np.bool_] = _widened_bp(rows, section) >= section["widening_fast_bp"]
    return flag


def _blank(days: int) -> tuple[NDArray[np.int8], NDArray[np.int8], Floats, Floats, Floats, NDArray[np.bool_]]:
    none, missing = np.full(days, GREY, np.int8), np.full(days, np.nan)
    return none, none.copy(), missing, missing.copy(), missing.copy(), np.zeros(days, bool)


def _overlay(track: Track, known: Known, rows: Observations, steps: Climb) -> Track:
    """Lay a walk over the track wherever it has a label (real spreads over the proxy)."""
    laid = known.lay(series(DRIVER), rows)
    if rows.proxy and len(laid.fresh):
        laid = replace(laid, fresh=laid.index >= 0)
    confirmed, section = laid.levels(steps.confirmed), known.rules[NAME]
    on = {"widening_fast": laid.floats(_widening(rows, section).astype(float)) > 0}
    z = _log_z(rows, known.rules)
    score = score_on_grid(laid, steps, z, points_of(on, section), bands_of(section), known.rules)
    here = confirmed != GREY if rows.proxy else (confirmed != GREY) | (laid.index >= 0) & ~laid.fresh
    value = laid.floats(rows.value, keep_stale=True)
    return Track(
        np.where(here, laid.levels(steps.raw), track.raw).astype(np.int8),
        np.where(here, confirmed, track.confirmed).astype(np.int8),
        np.where(here, score, track.score),
        np.where(here, value, track.value),
        np.where(here, laid.floats(z, keep_stale=True), track.z),
        np.where(here, rows.proxy, track.proxy),
    )


def _findings(
    known: Known, rows: Observations | None, steps: Climb | None, score: float, readings: list[Reading]
) -> Findings:
    section, spec = known.rules[NAME], series(DRIVER)
    if rows is None or steps is None:
        estimate = "; the proxy draws the history and makes no label"
        return Findings(readings, missing_reason=known.why_missing(DRIVER).rstrip(".") + estimate)
    if known.stale(spec, rows):
        return Findings(readings, missing_reason=known.why_stale(spec, rows))
    if steps.confirmed[-1] == GREY:
        needed = known.rules["hysteresis"]["warm_up"]
        return Findings(readings, missing_reason=WARMING.format(got=len(rows), needed=needed))
    value = float(rows.value[-1])
    return Findings(
        readings,
        borders_of(value, steps.end, score, section, name=DRIVER, unit="percent", rules=known.rules),
        optional=OPTIONAL,
        flags=flags_of({"widening_fast": _widening(rows, section)}),
        rule_words=f"HY OAS enters at {'/'.join(str(cut) for cut in section['enter'])} % and leaves below "
        f"{'/'.join(str(cut) for cut in section['leave'])} % (its history begins {rows.date[0]}; older days are drawn "
        "from the stated proxy)",
    )


def _readings(known: Known, rows: Observations | None, proxy: Observations | None) -> list[Reading]:
    spec = series(DRIVER)
    if rows is None:
        found = [known.absent(DRIVER, required=True)]
    else:
        days, widened = known.rules[NAME]["widening_days"], _widened_bp(rows, known.rules[NAME])
        found = [
            known.reading(spec, rows, z=_log_z(rows, known.rules), required=True),
            known.reading(spec, rows, widened, name=f"{DRIVER} Δ{days}d", title=f"HY OAS change, {days} d", unit="bp",
                          z=z_two_years(widened, "daily", known.rules)),
        ]  # fmt: skip
    if proxy is not None:
        found.append(known.reading(spec, proxy, name=f"{DRIVER} proxy", title="HY OAS, estimated", unit="percent"))
    for name in ("BAMLC0A0CM", "BAA10Y"):
        other = known.get(name)
        other_spec = series(name)
        if other is None:
            found.append(known.absent(name))
        else:
            found.append(known.reading(other_spec, other, z=_log_z(other, known.rules)))
    found.append(_quality_gap(known))
    return found


def _quality_gap(known: Known) -> Reading:
    """CCC less BB: how much the weakest borrowers pay over the best of high yield."""
    low, high = known.get(CCC), known.get(BB)
    name, title = f"{CCC}−{BB}", "CCC − BB"
    if low is None or high is None:
        return known.absent(CCC if low is None else BB, name=name, title=title)
    _, at_low, at_high = np.intersect1d(low.date, high.date, return_indices=True)
    if not len(at_low):
        return known.absent(CCC, name=name, title=title)
    gap = low.value[at_low] - high.value[at_high]
    shared = low.select(at_low, gap)
    return known.reading(series(CCC), shared, name=name, title=title, z=z_two_years(gap, "daily", known.rules))

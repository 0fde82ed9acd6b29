"""What Fiscal reads: the deficit over GDP and its impulse, interest over receipts, the term premium."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Observations, Series, series
from lox_core.regimes.indicators import by_month, change, z_ten_years, z_two_years
from lox_core.regimes.known import Known
from lox_core.regimes.state import Reading

Floats = NDArray[np.float64]
NAME, BALANCE, OUTPUT, INTEREST, RECEIPTS = "fiscal", "MTSDS133FMS", "GDP", "A091RC1Q027SBEA", "FGRECPT"
DEFICIT, BURDEN, PREMIUM = "deficit/GDP 12m", "interest/receipts", "term premium Δ63d"
IMPULSE = "fiscal impulse 12m"
PREMIA = ("THREEFYTP10", *series("THREEFYTP10").substitutes)


def deficit_usd_bn(known: Known) -> Observations | None:
    """Deficit of twelve months (positive), per monthly statement; the sum needs all twelve, joined by date."""
    balance = known.get(BALANCE)
    if balance is None:
        return None
    months = np.stack([by_month(balance.date, balance.value, lag) for lag in range(12)])
    return balance.derived(-months.sum(axis=0) / 1000)


def deficit_pct(known: Known) -> Observations | None:
    """Twelve-month deficit as a percentage of GDP, per monthly statement.

    Each is measured against the GDP known when it came out, the newest against the newest GDP.
    """
    total, output = deficit_usd_bn(known), known.get(OUTPUT)
    if total is None or output is None:
        return None
    published = np.maximum.accumulate(output.known_at)
    place = np.searchsorted(published, total.known_at, "right") - 1
    place[-1] = len(output) - 1
    value = total.value / output.value[np.maximum(place, 0)] * 100
    return total.derived(np.where(place >= 0, value, np.nan), source=f"{total.source} over {output.source}")


def deficit_by_day(known: Known) -> Floats:
    """The last twelve-month deficit over the last GDP, percent, on the grid; NaN where either is missing or stale."""
    total, output = deficit_usd_bn(known), known.get(OUTPUT)
    if total is None or output is None:
        return np.full(len(known.grid), np.nan)
    dollars = known.lay(series(BALANCE), total).floats(total.value)
    return dollars / known.lay(series(OUTPUT), output).floats(output.value) * 100


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


def impulse_pct(known: Known, deficit: Observations) -> Observations | None:
    """The deficit's change over a year, points of GDP: what the budget adds to growth, whatever it does to debt.

    Positive when the deficit widens. Joined by date; None until there is a year of sums.
    """
    months = known.rules[NAME]["impulse_months"]
    return deficit.derived(deficit.value - by_month(deficit.date, deficit.value, months))


def premium_changes(known: Known) -> list[tuple[Series, Observations]]:
    """The term premium's change over 63 observations, bp, by each source that is there."""
    days = known.rules[NAME]["term_premium_days"]
    moved = [
        (spec, rows.derived(np.round(change(rows.value, days) * 100, 6))) for spec, rows in known.choices(PREMIA[0])
    ]
    return [(spec, rows) for spec, rows in moved if rows is not None]


def readings(known: Known, deficit: Observations | None) -> list[Reading]:
    """The inputs as of now: the deficit first, its impulse apart from what tells of sustainability."""
    title, unit = "Deficit over GDP, 12 m", "percent"
    if deficit is None:
        found = [known.absent(BALANCE, name=DEFICIT, title=title, unit=unit, required=True)]
    else:
        found = [_read(known, series(BALANCE), deficit, DEFICIT, title, unit, required=True)]
    for name in (BALANCE, OUTPUT):
        rows = known.get(name)
        found.append(
            known.absent(name, required=True) if rows is None else known.reading(series(name), rows, required=True)
        )
    return [*found, _impulse(known, deficit), *_sustainability(known)]


def _impulse(known: Known, deficit: Observations | None) -> Reading:
    title, unit = "Fiscal impulse, 12 m", "points"
    impulse = None if deficit is None else impulse_pct(known, deficit)
    if impulse is None:
        return known.absent(BALANCE, name=IMPULSE, title=title, unit=unit)
    return _read(known, series(BALANCE), impulse, IMPULSE, title, unit)


def _sustainability(known: Known) -> list[Reading]:
    """Interest over receipts, and the term premium's change."""
    burden, title, unit = burden_pct(known), "Interest over receipts", "percent"
    if burden is None:
        missing = RECEIPTS if known.get(RECEIPTS) is None else INTEREST
        found = [known.absent(missing, name=BURDEN, title=title, unit=unit)]
    else:
        found = [_read(known, series(RECEIPTS), burden, BURDEN, title, unit)]
    premium = known.speaking(premium_changes(known))
    days = known.rules[NAME]["term_premium_days"]
    title = f"Term premium change, {days} d"
    if premium is None:
        return [*found, known.absent(PREMIA[0], name=PREMIUM, title=title, unit="bp")]
    return [*found, known.reading(*premium, name=PREMIUM, title=title, unit="bp")]


def _read(
    known: Known, spec: Series, rows: Observations, name: str, title: str, unit: str, *, required: bool = False
) -> Reading:
    """A slow measure with the z-scores of two years and of ten."""
    z, z10 = (standard(rows.value, spec.frequency, known.rules) for standard in (z_two_years, z_ten_years))
    return known.reading(spec, rows, name=name, title=title, unit=unit, z=z, z_10y=z10, required=required)

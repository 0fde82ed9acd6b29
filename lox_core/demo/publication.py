"""When each simulated observation became public, and what it said at first.

A :class:`Tape` holds every published value of a series with its publication day and moment, following the catalog's
release rules. Revised series have first prints that miss the final value and are corrected on a later release.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import Series
from lox_core.catalog.series import at_new_york
from lox_core.demo.processes import Days, Floats, stream


@dataclass(frozen=True)
class Revision:
    """How far early prints miss the final value: one standard deviation per print before the final one.

    ``relative`` errors are shares of the value. Series with the same ``draws`` miss together. ``timing`` says when a
    print is corrected: with the ``next`` observation's release, ``after_month`` (30 days on), or with the release of
    next ``january``'s data, when seasonal factors are re-estimated.
    """

    errors: tuple[float, ...]
    draws: str
    timing: str = "next"
    relative: bool = False


REVISIONS = {
    "PAYEMS": Revision((52.0, 24.0), "payrolls"),
    "UNRATE": Revision((0.03,), "unemployment"),
    "ICSA": Revision((2400.0,), "claims"),
    "INDPRO": Revision((0.0035, 0.0015), "production", relative=True),
    "CFNAI": Revision((0.15, 0.06), "activity"),
    "CFNAIMA3": Revision((0.05, 0.02), "activity"),
    "CPIAUCSL": Revision((0.0004,), "seasonal", "january", relative=True),
    "CPILFESL": Revision((0.0002,), "seasonal", "january", relative=True),
    "STICKCPIM157SFRBATL": Revision((0.012,), "sticky"),
    "PCETRIM12M159SFRBDAL": Revision((0.06, 0.03), "trimmed"),
    "GDP": Revision((0.0030, 0.0012), "output", "after_month", relative=True),
    "A091RC1Q027SBEA": Revision((0.0080, 0.0030), "interest", "after_month", relative=True),
    "FGRECPT": Revision((0.0040,), "receipts", "after_month", relative=True),
    "NFCI": Revision((0.012,), "conditions"),
    "ANFCI": Revision((0.030,), "conditions"),
    "STLFSI4": Revision((0.040,), "conditions"),
}


@dataclass(frozen=True, eq=False)
class Line:
    """Final values of a series: ``date`` ascending, ``value`` with NaN where nothing is published, both shape (n,).

    ``decimals`` is what the vendor prints; negative rounds to thousands and the like.
    """

    date: Days
    value: Floats
    decimals: int = 2


@dataclass(frozen=True, eq=False)
class Tape:
    """Every published value: sorted by ``date``, then by ``known_at``; all arrays of shape (n_rows,).

    ``published`` is the publication's New York day, ``known_at`` its UTC second. A ``value`` of NaN is a row without
    a number (a holiday, a month that was never published).
    """

    date: Days
    value: Floats
    published: Days
    known_at: Days
    digits: int

    def as_of(self, instant: dt.datetime) -> Tape:
        """The rows public at ``instant``."""
        seen = self.known_at <= np.datetime64(instant.astimezone(dt.UTC).replace(tzinfo=None), "s")
        return self if bool(seen.all()) else self._where(seen)

    def between(self, first: dt.date, last: dt.date) -> Tape:
        """The rows whose observation date lies in ``[first, last]``."""
        return self._where((self.date >= np.datetime64(first, "D")) & (self.date <= np.datetime64(last, "D")))

    def latest(self) -> Tape:
        """One row per date: the newest print."""
        return self._where(np.append(self.date[1:] != self.date[:-1], True) if len(self.date) else np.zeros(0, bool))

    def valid(self, first: dt.date, last: dt.date) -> tuple[Tape, Days, Days]:
        """The prints that stood on some day of ``[first, last]``, with the first and last such day of each."""
        if not len(self.date):
            return self, self.published, self.published
        start, end = np.datetime64(first, "D"), np.datetime64(last, "D")
        superseded = np.append(self.date[1:] == self.date[:-1], False)
        until = np.where(superseded, np.append(self.published[1:], self.published[-1]) - 1, end)
        keep = (self.published <= end) & (until >= start)
        return self._where(keep), np.maximum(self.published, start)[keep], np.minimum(until, end)[keep]

    def _where(self, rows: NDArray[np.bool_]) -> Tape:
        return Tape(self.date[rows], self.value[rows], self.published[rows], self.known_at[rows], self.digits)


def publish(seed: int, spec: Series, line: Line) -> Tape:
    """The tape of one series: each final value, preceded by the prints its :class:`Revision` scripts.

    A correction that rounds to the print it would replace leaves no row, as on the vendor's side; a missing value has
    one row.
    """
    plan = REVISIONS.get(spec.id)
    released = np.maximum(spec.lag.release_days(line.date), line.date)  # a holiday's empty row is not early
    if plan is None:
        prints, days = [np.round(line.value, line.decimals)], [released]
    else:
        prints = _prints(seed, plan, line)
        days = [released, *(_corrected(spec, plan, line.date, released, turn) for turn in range(1, len(prints)))]
    row = np.arange(len(line.date))
    keep = [np.ones(len(row), bool)]
    standing = prints[0]
    for value in prints[1:]:
        changed = ~np.isnan(value) & (value != standing)
        standing = value
        keep.append(changed)
    value, published = np.concatenate(prints), np.concatenate(days)
    known_at = at_new_york(published, spec.lag.at)
    order = np.lexsort((known_at, np.tile(row, len(prints))))
    order = order[np.concatenate(keep)[order]]
    dates = np.tile(line.date, len(prints))
    return Tape(dates[order], value[order], published[order], known_at[order], max(line.decimals, 0))


def _prints(seed: int, plan: Revision, line: Line) -> list[Floats]:
    """Successive prints of every date, the final one last, rounded as published."""
    draws = stream(seed, f"revision {plan.draws}")
    scale = np.abs(line.value) if plan.relative else np.ones(len(line.value))
    misses = [error * scale * draws.standard_normal(len(line.value)) for error in plan.errors]
    return [np.round(line.value + miss, line.decimals) for miss in misses] + [np.round(line.value, line.decimals)]


def _corrected(spec: Series, plan: Revision, dates: Days, released: Days, turn: int) -> Days:
    """The day on which the print number ``turn`` replaces the one before it."""
    if plan.timing == "after_month":
        return np.asarray(np.busday_offset(released + np.timedelta64(30 * turn, "D"), 0, roll="forward"))
    if plan.timing == "january":
        january = (dates.astype("datetime64[Y]") + 1).astype("datetime64[D]")
        return spec.lag.release_days(january)
    if spec.frequency == "weekly":
        return spec.lag.release_days(dates + np.timedelta64(7 * turn, "D"))
    return spec.lag.release_days((dates.astype("datetime64[M]") + turn).astype("datetime64[D]"))

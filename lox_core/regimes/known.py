"""What was known at the as-of: reduced observations, the trading-day grid, and how one is laid on the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lox_core.calendars import nyse, sessions_between
from lox_core.catalog import Observations, Series, series
from lox_core.catalog.series import new_york_days
from lox_core.clock import AsOf
from lox_core.regimes.rules import Rules
from lox_core.regimes.state import Reading

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]
FIRST_DAY = date(1962, 1, 2)
DRIVERS = ("VIXCLS", "BAMLH0A0HYM2", "DGS10", "SOFR")
WARMING = "warming up: {got} of the first {needed} observations"


@dataclass(frozen=True, eq=False)
class Known:
    """The engine's inputs at one as-of.

    Attributes
    ----------
    as_of : AsOf
    rules : mapping
        Thresholds.
    observations : mapping of str to Observations
        Reduced to what was known at ``as_of`` (:meth:`Observations.as_known`); empty ones left out.
    gaps : mapping of str to str
        Why a series is missing, in words.
    quotes : mapping of str to Reading
        Values newer than the last close known, by series id; they move ``raw`` only.
    equity : tuple of (days, closes) or None
        Daily closes of the equity benchmark, for the stock-yield correlation shown with Rates.
    """

    as_of: AsOf
    rules: Rules
    observations: Mapping[str, Observations]
    gaps: Mapping[str, str]
    quotes: Mapping[str, Reading]
    equity: tuple[Days, Floats] | None = None

    @classmethod
    def at(
        cls,
        as_of: AsOf,
        observations: Mapping[str, Observations],
        *,
        rules: Rules,
        gaps: Mapping[str, str] | None = None,
        quotes: Mapping[str, Reading] | None = None,
        equity: tuple[Days, Floats] | None = None,
    ) -> Known:
        """Reduce every series to what was known at ``as_of``."""
        reduced = {name: rows.as_known(series(name), as_of) for name, rows in observations.items()}
        present = {name: rows for name, rows in reduced.items() if len(rows)}
        reasons = dict(gaps or {})
        for name in reduced:
            if name not in present:
                rows = observations[name]
                why = f"nothing of it was public by {as_of.date}: what is served begins with {rows.date[0]}"
                reasons.setdefault(name, f"{name}: {why if len(rows) else 'served empty'}")
        return cls(as_of, rules, present, reasons, quotes or {}, equity)

    @cached_property
    def grid(self) -> Days:
        """Trading days from the first observation of any series (1962 at the earliest) to the last with any news.

        The last day is the newest close known of a market driver, or the newest publication, whichever is later: a
        session whose closes are not public yet has no row, and a day with news on which the exchange was shut has.
        """
        first = min((rows.date[0].item() for rows in self.observations.values()), default=self.as_of.date)
        last = min(max(self._news(), default=self.as_of.date), self.as_of.date)
        days = sessions_between(max(first, FIRST_DAY), last)
        shut = np.datetime64(last, "D")
        return days if len(days) and days[-1] == shut else np.append(days, shut)

    @cached_property
    def close(self) -> int:
        """Place in the grid of the newest close of a market driver; the last place where there is none."""
        closes = [self.observations[name].date[-1] for name in DRIVERS if name in self.observations]
        newest = max(closes, default=self.grid[-1])
        return int(np.clip(np.searchsorted(self.grid, newest, "right") - 1, 0, len(self.grid) - 1))

    def _news(self) -> Iterator[date]:
        for name, rows in self.observations.items():
            if series(name).kind == "release":
                yield new_york_days(rows.known_at).max().item()
            elif name in DRIVERS:
                yield rows.date[-1].item()

    def get(self, series_id: str) -> Observations | None:
        """The series as known, or None."""
        return self.observations.get(series_id)

    def newer(self, series_id: str, rows: Observations) -> Reading | None:
        """The quote of a series where it has a value and is of a later day than its last close; None otherwise."""
        quote = self.quotes.get(series_id)
        if quote is None or quote.value is None or quote.as_of is None:
            return None
        return quote if np.datetime64(quote.as_of, "D") > rows.date[-1] else None

    def choices(self, series_id: str) -> list[tuple[Series, Observations]]:
        """The series and its catalogued substitutes, those that are present, in order."""
        names = (series_id, *series(series_id).substitutes)
        return [(series(name), self.observations[name]) for name in names if name in self.observations]

    def speaking(self, choices: Sequence[tuple[Series, Observations]]) -> tuple[Series, Observations] | None:
        """The first of the choices that is fresh at the as-of; failing that the newest; None without any."""
        newest = max(choices, key=lambda choice: choice[1].date[-1], default=None)
        return next((choice for choice in choices if not self.stale(*choice)), newest)

    def stale(self, spec: Series, rows: Observations) -> bool:
        """Whether the newest observation is too old to count at the as-of."""
        return spec.is_stale(rows.date[-1], rows.known_at[-1], self.as_of)

    def why_missing(self, *series_ids: str) -> str:
        """One reason for the lot of them; for a series that is there, that it is too short for what is made of it."""
        reasons = list(dict.fromkeys(self._why(name) for name in series_ids))
        return "; ".join([*(reason.rstrip(". ") for reason in reasons[:-1]), *reasons[-1:]])

    def _why(self, series_id: str) -> str:
        rows = self.observations.get(series_id)
        if rows is not None:
            return f"{series_id} has {len(rows)} observations from {rows.date[0]} on, too few for what is made of them"
        return self.gaps.get(series_id, f"{series_id} was not asked for")

    def why_stale(self, spec: Series, rows: Observations) -> str:
        """The words for an observation too old to count."""
        age = spec.age_days(rows.date[-1], rows.known_at[-1], self.as_of)
        last = f"{spec.short} ({spec.id}) ends {rows.date[-1]}"
        return f"{last}: {age} days old, it counts for {spec.stale}; weight 0 until it is renewed"

    def reading(
        self,
        spec: Series,
        rows: Observations,
        values: Floats | None = None,
        *,
        name: str | None = None,
        title: str | None = None,
        unit: str | None = None,
        z: Floats | None = None,
        z_10y: Floats | None = None,
        required: bool = False,
    ) -> Reading:
        """The newest value of a series, or of something computed from it row by row (``values``)."""
        value = float((rows.value if values is None else values)[-1])
        vintage = rows.vintage[-1]
        stale = self.stale(spec, rows)
        return Reading(
            name=name or spec.id,
            title=title or spec.short,
            unit=unit or spec.units.lower(),
            value=value if np.isfinite(value) else None,
            as_of=rows.date[-1].item(),
            known_at=rows.known_at[-1].item().replace(tzinfo=UTC),
            age_days=spec.age_days(rows.date[-1], rows.known_at[-1], self.as_of),
            z=_last(z),
            z_10y=_last(z_10y),
            vintage="lag rule" if np.isnat(vintage) else str(vintage),
            source=rows.source,
            required=required,
            proxy=rows.proxy,
            stale=stale,
            missing_reason=self.why_stale(spec, rows)
            if stale
            else None
            if np.isfinite(value)
            else "too few observations",
        )

    def absent(
        self,
        series_id: str,
        *,
        name: str | None = None,
        title: str | None = None,
        unit: str | None = None,
        required: bool = False,
    ) -> Reading:
        """The reading of a series that is not there."""
        spec = series(series_id)
        return Reading(
            name=name or series_id,
            title=title or spec.short,
            unit=unit or spec.units.lower(),
            required=required,
            missing_reason=self.why_missing(series_id),
        )

    def presence(self, optional: Sequence[tuple[str, ...]]) -> Floats:
        """Coverage on the grid: optional groups (any of each suffices) carry their share, required inputs the rest."""
        if not optional:
            return np.ones(len(self.grid))
        share = float(self.rules["coverage"]["optional_share"])
        fresh = np.zeros(len(self.grid))
        for group in optional:
            here = [
                self.lay(series(name), self.observations[name]).fresh for name in group if name in self.observations
            ]
            fresh += np.any(here, axis=0) if here else 0.0
        covered: Floats = 1 - share + share * fresh / len(optional)
        return covered

    def first_on_grid(self, parts: Sequence[tuple[Series, Observations]]) -> Floats:
        """Per day the value of the first part that is fresh there; NaN where none is."""
        out = np.full(len(self.grid), np.nan)
        for spec, rows in parts:
            out = np.where(np.isnan(out), self.lay(spec, rows).floats(rows.value), out)
        return out

    def prints(self, *parts: Observations) -> NDArray[np.int64]:
        """How many days with a publication of any part had passed by each grid day."""
        days = np.unique(np.concatenate([new_york_days(rows.known_at) for rows in parts])) if parts else self.grid[:0]
        return np.searchsorted(days, self.grid, side="right").astype(np.int64)

    def lay(self, spec: Series, rows: Observations) -> Laid:
        """Where each grid day finds its latest known observation, and whether it still counts there."""
        by_publication = new_york_days(rows.known_at)
        if spec.kind == "market":
            index = np.searchsorted(rows.date, self.grid, side="right") - 1
        else:  # a row published late must not hide newer ones that were public before it
            order = np.argsort(by_publication, kind="stable")
            newest = np.append(np.maximum.accumulate(order), -1)
            index = newest[np.searchsorted(by_publication[order], self.grid, side="right") - 1]
        start = by_publication if spec.frequency in ("monthly", "quarterly") else rows.date
        began = start[np.maximum(index, 0)]
        if spec.stale.unit == "bd":
            days = nyse().days
            age = np.searchsorted(days, self.grid, "right") - np.searchsorted(days, began, "right")
        else:
            age = (self.grid - began).astype(int)
        fresh = (index >= 0) & (age <= spec.stale.count)
        if len(fresh):
            fresh[-1] = fresh[-1] and not self.stale(spec, rows)
        return Laid(index, fresh)


@dataclass(frozen=True, eq=False)
class Laid:
    """Observation index per grid day (-1: none yet) and whether that observation is fresh there."""

    index: NDArray[np.int64]
    fresh: NDArray[np.bool_]

    def floats(self, values: Floats, *, keep_stale: bool = False) -> Floats:
        """Values on the grid; NaN where there is none, or it is stale."""
        ok = self.index >= 0 if keep_stale else self.fresh
        if not len(values):
            return np.full(len(self.index), np.nan)
        return np.where(ok, values[np.maximum(self.index, 0)], np.nan)

    def levels(self, values: NDArray[np.int8]) -> NDArray[np.int8]:
        """Level indices on the grid; -1 where there is none, or it is stale."""
        if not len(values):
            return np.full(len(self.index), -1, np.int8)
        return np.where(self.fresh, values[np.maximum(self.index, 0)], -1).astype(np.int8)


def _last(values: Floats | None) -> float | None:
    return float(values[-1]) if values is not None and len(values) and np.isfinite(values[-1]) else None

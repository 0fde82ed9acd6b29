"""Observations as a trader could have known them: value, observation date, vintage and moment of publication."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lox_core.catalog.series import Series, at_new_york
from lox_core.clock import AsOf

Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Observations:
    """A series' published values, point in time.

    Attributes
    ----------
    series_id : str
    date : ndarray of datetime64[D]
        Observation dates, ascending; a date repeats when its value was revised.
    value : ndarray of float64
        Finite. What the vendor left out (``.``) has no row.
    known_at : ndarray of datetime64[s]
        UTC instant at which this value became public.
    vintage : ndarray of datetime64[D]
        First real-time day of this value; NaT where the release rule stands in.
    source : str
        ``FRED:DGS10``.
    proxy : bool
        Whether values are an estimate from another series.
    """

    series_id: str
    date: Days
    value: Floats
    known_at: Days
    vintage: Days
    source: str
    proxy: bool = False

    def __len__(self) -> int:
        return len(self.date)

    def __repr__(self) -> str:
        span = f"{self.date[0]} to {self.date[-1]}" if len(self) else "empty"
        return f"Observations({self.series_id}, {len(self)} rows, {span}, {self.source})"

    @classmethod
    def of(
        cls,
        spec: Series,
        date: Days,
        value: Floats,
        *,
        source: str,
        vintage: Days | None = None,
        known_at: Days | None = None,
        proxy: bool = False,
    ) -> Observations:
        """Sort, drop non-finite values and exact duplicates, and date each row's publication.

        A row with a vintage was public at the release hour of that day; a row without one follows the catalog's lag
        rule. Of rows equal in date and publication the last given wins.
        """
        date = np.asarray(date, "datetime64[D]")
        value = np.asarray(value, float)
        vintage = (
            np.full(len(date), "NaT", "datetime64[D]") if vintage is None else np.asarray(vintage, "datetime64[D]")
        )
        if known_at is None:
            known_at = publication(spec, date, vintage)
        frame = pd.DataFrame({"date": date, "known_at": known_at, "value": value, "vintage": vintage})
        frame = frame[np.isfinite(frame["value"])]
        frame = frame.drop_duplicates(["date", "known_at"], keep="last").sort_values(
            ["date", "known_at"], kind="stable"
        )
        return cls(
            spec.id,
            frame["date"].to_numpy().astype("datetime64[D]"),
            frame["value"].to_numpy(float),
            frame["known_at"].to_numpy().astype("datetime64[s]"),
            frame["vintage"].to_numpy().astype("datetime64[D]"),
            source,
            proxy,
        )

    def as_known(self, spec: Series, as_of: AsOf) -> Observations:
        """What was known at ``as_of``: one row per observation date, the latest vintage public by then.

        ``known_at`` of a row is the *first* publication of its date, ``vintage`` that of the value shown. For a date
        as-of, daily market series count through their observation of that day, at its first published value.
        """
        cutoff = np.datetime64(as_of.utc.replace(tzinfo=None), "s")
        seen = self.known_at <= cutoff
        if as_of.kind == "date" and spec.kind == "market":
            first_print = np.append(True, self.date[1:] != self.date[:-1])[: len(self)]
            seen = (seen | first_print) & (self.date <= np.datetime64(as_of.date, "D"))
        date, value, known_at, vintage = self.date[seen], self.value[seen], self.known_at[seen], self.vintage[seen]
        last = np.flatnonzero(np.append(date[1:] != date[:-1], True)) if len(date) else np.array([], int)
        first = np.append(0, last[:-1] + 1) if len(last) else last
        return replace(self, date=date[last], value=value[last], known_at=known_at[first], vintage=vintage[last])

    def select(self, rows: NDArray[Any], value: Floats | None = None, *, source: str | None = None) -> Observations:
        """The given rows (mask or places), with new values (already of the selected rows) and source where stated."""
        return replace(
            self,
            date=self.date[rows],
            value=self.value[rows] if value is None else value,
            known_at=self.known_at[rows],
            vintage=self.vintage[rows],
            source=self.source if source is None else source,
        )

    def derived(self, value: Floats, *, source: str | None = None) -> Observations | None:
        """The rows at which something computed row by row is finite, carrying it; None where it never is."""
        keep = np.isfinite(value)
        return self.select(keep, value[keep], source=source) if keep.any() else None

    def to_series(self) -> pd.Series:
        """Values indexed by observation date (for a series already reduced by :meth:`as_known`)."""
        return pd.Series(self.value, pd.DatetimeIndex(self.date), name=self.series_id)


def publication(spec: Series, date: Days, vintage: Days) -> Days:
    """UTC instant each row became public: the release hour of its vintage, else the catalog's lag rule."""
    known_at = spec.lag.known_at(date)
    stated = ~np.isnat(vintage)
    if stated.any():
        known_at[stated] = at_new_york(vintage[stated], spec.lag.at)
    return known_at

"""FRED series as observations: which request, what is kept of the reply, and how it becomes point in time.

Market series are asked for plainly, once for all as-ofs: their values are not revised, and publication follows the
catalog's lag rule. Released series are asked for with a real-time window, whose rows say from which day each value
was FRED's; a row that was already FRED's when the window began has no vintage, and the lag rule dates it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from lox_core import log
from lox_core.catalog import Observations, Series
from lox_core.catalog.observations import publication
from lox_core.clock import NEW_YORK, AsOf
from lox_core.errors import AuthError, DataError, ProviderError, SchemaError, SeriesNotFound
from lox_core.market.archive import ArchiveRows
from lox_core.market.freshness import POLICY
from lox_core.market.shelf import Item, Kept, Shelf
from lox_core.market.store import Entry, Store
from lox_core.providers.fred import FredClient, FredRows, FredSeries
from lox_core.sourced import Attempt, Sourced

WINDOW = timedelta(days=200)
CHICAGO = ZoneInfo("America/Chicago")  # FRED's own day turns an hour after New York's
_NAT = np.datetime64("NaT", "D")
_Column: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True)
class SeriesSource:
    """FRED behind the shelf.

    Attributes
    ----------
    client : callable
        Returns the client, or raises the ``AuthError`` that says which key is missing.
    store, shelf : Store, Shelf
    prefix : str
        Before every source's name (``demo ``).
    origin : str
        Before every key: what another origin served is never taken for this one's.
    note : callable
        Told of replies that could not be used.
    """

    client: Callable[[], FredClient]
    store: Store
    shelf: Shelf
    prefix: str
    origin: str
    note: Callable[[DataError], None]

    def observations(
        self, spec: Series, as_of: AsOf, now: datetime, instead: DataError | None = None
    ) -> Sourced[Observations]:
        """Every row on hand of a series as FRED served it for ``as_of``; the engine cuts it with ``as_known``.

        ``instead``: FRED is known not to answer, for this reason, and is not asked.

        Raises
        ------
        DataError
            FRED could not give it and there is no copy.
        """
        return _sourced(self.shelf.get(self.item(spec, as_of, now), now, instead), spec, as_of)

    def is_fresh(self, spec: Series, as_of: AsOf, now: datetime) -> bool:
        """Whether the series can be handed out from memory."""
        return self.shelf.is_fresh(self.item(spec, as_of, now), now)

    def on_hand(self, spec: Series, as_of: AsOf, now: datetime) -> tuple[Sourced[Observations] | None, str | None]:
        """What is in memory, and why there is nothing newer; asks nobody."""
        kept, refusal = self.shelf.peek(self.item(spec, as_of, now))
        return (_sourced(kept, spec, as_of) if kept else None), (str(refusal) if refusal else None)

    def metadata(self, series_id: str, now: datetime) -> Sourced[FredSeries]:
        """FRED's own description of a series; errors as for :meth:`observations`."""
        source = f"{self.prefix}FRED:{series_id}"

        def fetch(at: datetime) -> Entry:
            return Entry(self.client().metadata(series_id).model_dump_json().encode(), at)

        def decode(entry: Entry) -> FredSeries:
            try:
                return FredSeries.model_validate_json(entry.payload)
            except ValueError:
                raise SchemaError("A kept description cannot be read.", source=source, item=series_id) from None

        key = f"{self.origin}meta:{series_id}"
        kept = self.shelf.get(Item("fred", key, source, POLICY.fred, fetch, decode, note=self.note), now)
        return Sourced(
            value=kept.value,
            as_of=kept.value.last_updated,
            fetched_at=kept.fetched_at,
            source=source,
            route=kept.route,
            attempts=kept.attempts,
        )

    def item(self, spec: Series, as_of: AsOf, now: datetime) -> Item[Observations]:
        """The series as an item of the shelf: one for the present, one more per past day of a released series."""
        today = now.astimezone(NEW_YORK).date()
        past = as_of.date if spec.kind == "release" and as_of.date < today else None
        source = f"{self.prefix}FRED:{spec.id}"
        return Item(
            area="fred",
            key=f"{self.origin}{spec.id}" + (f"@{past.isoformat()}" if past else ""),
            source=source,
            rule=POLICY.fred,
            fetch=partial(self._fetch, spec, past),
            decode=partial(self._decode, spec, source, today),
            daily_at=spec.day_turns_at,
            last_day=past,
            note=self.note,
        )

    def _fetch(self, spec: Series, past: date | None, now: datetime) -> Entry:
        client = self.client()
        end = past or min(now.astimezone(NEW_YORK).date(), now.astimezone(CHICAGO).date())
        reach = timedelta(0) if spec.reestimated else WINDOW
        window = (end - reach, end) if spec.kind == "release" else None
        rows, window = _asked(client, spec.id, window)
        there = np.isfinite(rows.value)
        future = rows.date > np.datetime64(now.astimezone(NEW_YORK).date(), "D")
        if future.any():
            words = "FRED %s: %d observations dated in the future are set aside"
            log.LOGGER.warning(words, spec.id, int(future.sum()))
        if not (there & ~future).any():
            words = f"FRED has no observations of {spec.id} up to {end}."
            raise SeriesNotFound(words, source="FRED", item=spec.id)
        start = np.datetime64(window[0], "D") if window else None
        vintage = rows.realtime_start if start is not None else np.full(len(rows), _NAT)
        vintage = np.where(vintage == start, _NAT, vintage) if start is not None else vintage
        in_force = start if start is not None else np.datetime64(now.astimezone(NEW_YORK).date(), "D")
        archive = self._keep_for_ever(spec, rows.date[there], rows.value[there], vintage[there], in_force)
        meta: dict[str, Any] = {
            "window_start": window[0].isoformat() if window else None,
            "skipped": rows.skipped,
            "has_older": bool(len(archive.before(rows.date[there].min()))),
        }
        return Entry(_csv(rows.date[there], rows.value[there], vintage[there]), now, meta)

    def _keep_for_ever(
        self, spec: Series, days: _Column, value: _Column, vintage: _Column, in_force: np.datetime64
    ) -> ArchiveRows:
        """Archive the rows, with their vintage or else a day on which they were in force; returns the archive."""
        stated = ~np.isnat(vintage)
        seen = ArchiveRows(days, np.where(stated, vintage, in_force), stated, value)
        return self.store.append_archive(self.origin + spec.id, seen)

    def _decode(self, spec: Series, source: str, today: date, entry: Entry) -> Observations:
        try:
            days, value, vintage = _columns(entry.payload)
            window_start = entry.meta.get("window_start")
            limit = np.datetime64(window_start, "D") if window_start else None
        except (ValueError, KeyError, TypeError, UnicodeDecodeError):
            words = f"The kept copy of {spec.id} cannot be read."
            raise SchemaError(words, source=source, item=spec.id) from None
        known_at = _capped(publication(spec, days, vintage), vintage, limit, entry.fetched_at)
        if entry.meta.get("has_older", True):  # what the vendor serves no longer
            older = self.store.read_archive(self.origin + spec.id).before(days.min())
            stated = np.where(older.stated, older.vintage, _NAT)
            days, value = np.concatenate([older.date, days]), np.concatenate([older.value, value])
            vintage = np.concatenate([stated, vintage])
            known_at = np.concatenate([publication(spec, older.date, stated), known_at])
        here = days <= np.datetime64(today, "D")
        if not here.any():
            raise SchemaError(f"The kept copy of {spec.id} begins after today.", source=source, item=spec.id)
        return Observations.of(
            spec, days[here], value[here], source=source, vintage=vintage[here], known_at=known_at[here]
        )


def _asked(
    client: FredClient, series_id: str, window: tuple[date, date] | None
) -> tuple[FredRows, tuple[date, date] | None]:
    """The rows, with vintages where FRED has them; the window is None where it does not."""
    if window is None:
        return client.observations(series_id), None
    try:
        return client.observations(series_id, realtime=window), window
    except ProviderError as error:
        if error.status != 400 or isinstance(error, AuthError):
            raise
        log.LOGGER.warning("FRED %s: no vintages (%s); the release rule dates its rows", series_id, error)
    return client.observations(series_id), None


def _capped(
    known_at: _Column,
    vintage: _Column,
    window_start: np.datetime64 | None,
    fetched_at: datetime,
) -> _Column:
    """Publication, never after we held the value, nor after the first day of the window it was already in force on."""
    held = np.datetime64(fetched_at.astimezone(UTC).replace(tzinfo=None), "s")
    capped = np.minimum(known_at, held)
    if window_start is not None:
        in_force = (window_start + np.timedelta64(1, "D")).astype("datetime64[s]")
        capped = np.where(np.isnat(vintage), np.minimum(capped, in_force), capped)
    return capped


def _sourced(kept: Kept[Observations], spec: Series, as_of: AsOf) -> Sourced[Observations]:
    rows, known = kept.value, kept.value.as_known(spec, as_of)
    newest = known.date[-1] if len(known) else rows.date[0]
    true_at = datetime.combine(date.fromisoformat(str(newest)), time(16), NEW_YORK)
    skipped = kept.meta.get("skipped")
    notes = (Attempt(rows.source, f"{skipped} unreadable rows were skipped"),) if skipped else ()
    return Sourced(
        value=rows,
        as_of=min(true_at, as_of.instant),
        fetched_at=kept.fetched_at,
        source=rows.source,
        route=kept.route,
        attempts=(*kept.attempts, *notes),
    )


def _csv(days: _Column, value: _Column, vintage: _Column) -> bytes:
    stated = [("" if v == "NaT" else v) for v in np.datetime_as_string(vintage, "D").tolist()]
    cells = zip(np.datetime_as_string(days, "D").tolist(), value.tolist(), stated, strict=True)
    return ("date,value,vintage\n" + "".join([f"{day},{number!r},{first}\n" for day, number, first in cells])).encode()


def _columns(payload: bytes) -> tuple[Any, Any, Any]:
    frame = pd.read_csv(
        io.BytesIO(payload), dtype={"date": str, "value": np.float64, "vintage": str}, keep_default_na=False
    )
    vintage = frame["vintage"].where(frame["vintage"] != "", "NaT").to_numpy().astype("datetime64[D]")
    days, value = frame["date"].to_numpy().astype("datetime64[D]"), frame["value"].to_numpy(float)
    if not len(frame) or not np.isfinite(value).all():
        raise ValueError("no rows, or a number that is none")
    return days, value, vintage

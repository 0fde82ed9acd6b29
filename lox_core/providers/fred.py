"""FRED: observations with their real-time periods, and a series' metadata.

FRED says almost everything with status 400, so replies are told apart by their message; a key problem, an unknown
series and refused vintages are three different errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
from pydantic import BaseModel, Field, SecretStr, StrictInt, StrictStr, field_validator
from requests.adapters import BaseAdapter

from lox_core.errors import AuthError, ProviderError, SchemaError, SeriesNotFound, Unavailable
from lox_core.providers import fields, verdicts
from lox_core.providers.exchange import Limits, Reply
from lox_core.providers.http import Gate, Http
from lox_core.providers.keys import QueryKey
from lox_core.providers.verdicts import Verdict

SOURCE = "FRED"
PAGE_ROWS, PAGES_MAX = 100_000, 12
KEY_ASKED_AGAIN_S = 3600.0
_COLUMNS = ("date", "value", "realtime_start", "realtime_end")


@dataclass(frozen=True, eq=False)
class FredRows:
    """Observations as FRED tells them, by date and then real-time start.

    Attributes
    ----------
    series_id : str
    date : ndarray of datetime64[D]
        Repeats where the value was revised within the real-time window asked for.
    value : ndarray of float64
        NaN where FRED states that there is none.
    realtime_start, realtime_end : ndarray of datetime64[D]
        First and last day the value was FRED's, cut to the window asked for; 9999-12-31 is "until further notice".
    skipped : int
        Rows that could not be read.
    """

    series_id: str
    date: fields.Days
    value: fields.Floats
    realtime_start: fields.Days
    realtime_end: fields.Days
    skipped: int = 0

    def __len__(self) -> int:
        return len(self.date)


class FredSeries(BaseModel, frozen=True):
    """A series' own description. ``last_updated`` is aware; the dates are observation dates."""

    id: StrictStr
    title: StrictStr
    units: StrictStr
    frequency: StrictStr
    seasonal_adjustment: StrictStr
    last_updated: datetime
    observation_start: fields.Day
    observation_end: fields.Day

    @field_validator("last_updated", mode="before")
    @classmethod
    def _offset_of_two_digits(cls, value: object) -> object:
        return datetime.fromisoformat(value) if isinstance(value, str) else value


class _Page(BaseModel):
    count: StrictInt = Field(ge=0)
    observations: list[Any]


class _Descriptions(BaseModel):
    seriess: list[FredSeries]


class FredClient:
    """The two FRED calls Lox makes.

    Parameters
    ----------
    base_url : str
        As ``https://api.stlouisfed.org/fred``.
    key : SecretStr
        32 lower-case letters and digits.
    adapter, limits, gate, monotonic, sleep
        See :class:`lox_core.providers.http.Http`.
    """

    def __init__(
        self,
        base_url: str,
        key: SecretStr,
        *,
        adapter: BaseAdapter | None = None,
        limits: Limits | None = None,
        gate: Gate | None = None,
        **injected: Callable[..., Any],
    ) -> None:
        auth = QueryKey("api_key", key)
        self._http = Http(
            SOURCE, base_url, auth=auth, adapter=adapter, limits=limits, gate=gate, judge=judge, **injected
        )

    def observations(
        self, series_id: str, *, realtime: tuple[date, date] | None = None, start: date | None = None
    ) -> FredRows:
        """Every observation of a series, or those from ``start`` on.

        Parameters
        ----------
        series_id : str
        realtime : (date, date), optional
            Real-time window, both days included: a row per date and value that was FRED's in it; else today's values.
        start : date, optional
            First observation date.

        Raises
        ------
        SeriesNotFound
            FRED does not know the series.
        ProviderError
            With ``status`` 400: FRED has no vintages for this window. Its subclasses as everywhere.
        SchemaError
            A field is lost, pages are missing, or too many rows are unreadable.
        """
        params: dict[str, str | int] = {"series_id": series_id, "file_type": "json", "limit": PAGE_ROWS}
        if realtime:
            params |= {"realtime_start": realtime[0].isoformat(), "realtime_end": realtime[1].isoformat()}
        if start:
            params["observation_start"] = start.isoformat()
        rows: list[Any] = []
        for _ in range(PAGES_MAX):
            document = self._http.get_json(
                "/series/observations", params | {"offset": len(rows)}, expect=dict, item=series_id
            )
            page = fields.validated(_Page, document, source=SOURCE, item=series_id)
            rows += page.observations
            if len(rows) >= page.count:
                return _table(series_id, rows)
            if not page.observations:
                break
        words = f"FRED promised more observations than it sent ({series_id})."
        raise SchemaError(words, source=SOURCE, item=series_id)

    def metadata(self, series_id: str) -> FredSeries:
        """The series' description; errors as for :meth:`observations`."""
        params = {"series_id": series_id, "file_type": "json"}
        document = self._http.get_json("/series", params, expect=dict, item=series_id)
        found = fields.validated(_Descriptions, document, source=SOURCE, item=series_id).seriess
        if len(found) != 1 or found[0].id != series_id:
            raise SchemaError(f"FRED described another series than {series_id}.", source=SOURCE, item=series_id)
        return found[0]


def judge(reply: Reply, item: str) -> Verdict | None:
    """FRED's errors by their message, whatever status and content type carry them."""
    document = reply.document
    stated = isinstance(document, dict) and ("error_code" in document or "error_message" in document)
    if 200 <= reply.status < 300 and not stated:
        return None
    code = document.get("error_code") if stated else None
    status = code if type(code) is int and 400 <= code < 600 else reply.status
    if stated and status < 300:
        status = 400
    raw = document.get("error_message") if stated else None
    text = (raw if isinstance(raw, str) else verdicts.excerpt(reply)).casefold()
    where: dict[str, Any] = {"source": SOURCE, "item": item, "status": status}
    if "variable api_key" in text:  # FRED's own words: an error page may well repeat our address
        words = "FRED rejected the key: " + _key_fault(text)
        again_s = KEY_ASKED_AGAIN_S if "not registered" in text else None  # now and then said of good keys
        return Verdict(AuthError(words, **where), key_rejected=True, cool_down_s=again_s)
    if status == 429 or (stated and "rate limit" in text):
        return verdicts.rate_limited(reply, SOURCE, item)
    if "does not exist in alfred" in text:
        return Verdict(ProviderError(f"FRED has no vintages of {item} for this window.", **where), counts=False)
    if "series does not exist" in text:
        return Verdict(SeriesNotFound(f"FRED does not know the series {item}.", source=SOURCE, item=item), counts=False)
    if status == 400:
        words = f"FRED refused the request for {item}: {verdicts.excerpt(reply)}"
        return Verdict(ProviderError(words, **where), counts=False)
    if stated and status >= 500:
        return Verdict(Unavailable(f"FRED is having trouble (error {status}) ({item}).", **where), 3)
    return verdicts.of_status(replace(reply, status=status), SOURCE, item)


def _key_fault(text: str) -> str:
    if "not set" in text:
        return "none was sent."
    if "not registered" in text:
        return "it is not registered."
    return "it must be 32 lower-case letters and digits."


def _table(series_id: str, rows: list[Any]) -> FredRows:
    table = fields.columns(rows, _COLUMNS)
    date_, bad = fields.days(table["date"])
    value, bad_value = fields.numbers(table["value"])
    start, bad_start = fields.days(table["realtime_start"])
    end, bad_end = fields.days(table["realtime_end"])
    bad = bad | bad_value | bad_start | bad_end
    fields.report(int(bad.sum()), len(rows), source=SOURCE, item=series_id, table=table)
    order = np.lexsort((value, ~np.isnan(value), end, start, date_))  # a number comes after a blank, and stays
    order = order[~bad[order]]
    date_, value, start, end = date_[order], value[order], start[order], end[order]
    last = np.ones(len(order), bool)  # of rows equal in date and start, one: the order above does not hang on theirs
    last[:-1] = (date_[1:] != date_[:-1]) | (start[1:] != start[:-1])
    return FredRows(series_id, date_[last], value[last], start[last], end[last], int(bad.sum()))

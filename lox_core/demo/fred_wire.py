"""The macro data vendor's answers, in its JSON, from a simulated world as it stood at an instant.

Only what the catalog knows is served and only what had been published. The key is not looked at. Requests this demo
cannot answer truthfully (transformed units, other file types) are refused in the vendor's error shape.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Lock
from zoneinfo import ZoneInfo

import numpy as np

from lox_core.catalog import SERIES, Series
from lox_core.clock import NEW_YORK
from lox_core.demo.publication import Tape
from lox_core.demo.world import World

Answer = tuple[int, bytes]
SERVED_YEARS = {"BAMLH0A0HYM2": 3, "BAMLC0A0CM": 3, "BAMLH0A3HYC": 3, "BAMLH0A1HYBB": 3, "SP500": 10}
_CENTRAL = ZoneInfo("America/Chicago")
_MOST_ROWS = 100_000
_CACHED_BYTES = 48 * 1024 * 1024
_EARLIEST, _LATEST = "1600-01-01", "9999-12-31"
_FREQUENCIES = {
    "daily": ("Daily", "D"),
    "calendar_daily": ("Daily, 7-Day", "D"),
    "weekly": ("Weekly", "W"),
    "monthly": ("Monthly", "M"),
    "quarterly": ("Quarterly", "Q"),
}
_WEEK_ENDS = {
    "ICSA": "Ending Saturday",
    "WALCL": "As of Wednesday",
    "WDTGAL": "As of Wednesday",
    "WTREGEN": "Ending Wednesday",
}
_UNITS_SHORT = {
    "Percent": "%",
    "Percentage Points": "Percentage Points",
    "Percent Change": "% Chg.",
    "Percent Change from Year Ago": "% Chg. from Yr. Ago",
    "Millions of U.S. Dollars": "Mil. of U.S. $",
    "Millions of Dollars": "Mil. of $",
    "Billions of US Dollars": "Bil. of US $",
    "Billions of Dollars": "Bil. of $",
    "Thousands of Persons": "Thous. of Persons",
}
_ADJUSTED = frozenset(
    {"UNRATE", "SAHMREALTIME", "PAYEMS", "ICSA", "INDPRO", "CPIAUCSL", "CPILFESL", "STICKCPIM157SFRBATL"}
)
_ANNUAL_RATES = frozenset({"GDP", "A091RC1Q027SBEA", "FGRECPT", "PCETRIM12M159SFRBDAL"})
_ADJUSTMENT_WORDS = {
    "SA": "Seasonally Adjusted",
    "SAAR": "Seasonally Adjusted Annual Rate",
    "NSA": "Not Seasonally Adjusted",
}


class _Refusal(Exception):
    """A request the vendor answers with 400; the text is its message."""


@dataclass(frozen=True)
class _Request:
    """The parameters of an observations request, checked."""

    spec: Series
    observation_start: str
    observation_end: str
    realtime_start: str
    realtime_end: str
    limit: int
    offset: int
    descending: bool

    @classmethod
    def read(cls, params: Mapping[str, str], today: date) -> _Request:
        for name, default, only in (("file_type", "xml", "json"), ("units", "lin", "lin"), ("output_type", "1", "1")):
            if params.get(name, default) != only:
                raise _Refusal(f"The simulated market answers {name}={only} only.")
        if "frequency" in params or "vintage_dates" in params:
            raise _Refusal("The simulated market does not aggregate and takes no vintage_dates.")
        order = params.get("sort_order", "asc")
        if order not in ("asc", "desc"):
            raise _Refusal("The value for variable sort_order is not one of: 'asc', 'desc'.")
        realtime_start = _day(params, "realtime_start", today.isoformat())
        realtime_end = _day(params, "realtime_end", today.isoformat())
        if realtime_start > realtime_end:
            raise _Refusal("The value for variable realtime_start is after realtime_end.")
        return cls(
            spec=_known(params),
            observation_start=_day(params, "observation_start", _EARLIEST),
            observation_end=_day(params, "observation_end", _LATEST),
            realtime_start=realtime_start,
            realtime_end=realtime_end,
            limit=_count(params, "limit", _MOST_ROWS, 1, _MOST_ROWS),
            offset=_count(params, "offset", 0, 0, 10**9),
            descending=order == "desc",
        )


class FredWire:
    """Answers ``/series/observations`` and ``/series`` from ``world``. Safe to share between threads."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._bodies: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._lock = Lock()

    def observations(self, params: Mapping[str, str], now: datetime) -> Answer:
        """Status and JSON body of an observations request made at ``now``."""
        try:
            request = _Request.read(params, now.astimezone(NEW_YORK).date())
            tape = self._public(request.spec.id, now)
        except _Refusal as refusal:
            return _bad(str(refusal))
        key = (request, len(tape.date), str(tape.date[0]))
        with self._lock:
            if key in self._bodies:
                self._bodies.move_to_end(key)
                return 200, self._bodies[key]
        body = _observations_body(request, tape)
        with self._lock:
            self._bodies[key] = body
            while sum(map(len, self._bodies.values())) > _CACHED_BYTES and len(self._bodies) > 1:
                self._bodies.popitem(last=False)
        return 200, body

    def series(self, params: Mapping[str, str], now: datetime) -> Answer:
        """Status and JSON body of a metadata request made at ``now``."""
        try:
            spec = _known(params)
            tape = self._public(spec.id, now)
        except _Refusal as refusal:
            return _bad(str(refusal))
        today = now.astimezone(NEW_YORK).date().isoformat()
        words, letter = _FREQUENCIES[spec.frequency]
        if spec.frequency == "weekly":
            words = f"{words}, {_WEEK_ENDS.get(spec.id, 'Ending Friday')}"
        adjustment = "SA" if spec.id in _ADJUSTED else "SAAR" if spec.id in _ANNUAL_RATES else "NSA"
        updated = tape.known_at.max().item().replace(tzinfo=UTC).astimezone(_CENTRAL)
        row = {
            "id": spec.id,
            "realtime_start": today,
            "realtime_end": today,
            "title": spec.title,
            "observation_start": str(tape.date[0]),
            "observation_end": str(tape.date[-1]),
            "frequency": words,
            "frequency_short": letter,
            "units": spec.units,
            "units_short": _UNITS_SHORT.get(spec.units, spec.units),
            "seasonal_adjustment": _ADJUSTMENT_WORDS[adjustment],
            "seasonal_adjustment_short": adjustment,
            "last_updated": f"{updated:%Y-%m-%d %H:%M:%S}{updated:%z}"[:22],
            "popularity": 50,
            "notes": "Simulated. " + spec.note,
        }
        return 200, json.dumps({"realtime_start": today, "realtime_end": today, "seriess": [row]}).encode()

    def _public(self, series_id: str, now: datetime) -> Tape:
        """What the vendor holds of a series at ``now``."""
        tape = self._world.tape(series_id).as_of(now)
        if series_id in SERVED_YEARS:
            today = now.astimezone(NEW_YORK).date()
            since = np.datetime64(today, "D").astype("datetime64[M]") - 12 * SERVED_YEARS[series_id]
            first = since.astype("datetime64[D]") + (today.day - 1)
            tape = tape.between(first.item(), date.max)
        if not len(tape.date):
            raise _Refusal("The series does not exist.")
        return tape


def _observations_body(request: _Request, tape: Tape) -> bytes:
    """The vendor's JSON for a checked request; rows joined as text, because there are thousands."""
    tape = tape.between(
        date.fromisoformat(_within(request.observation_start)), date.fromisoformat(request.observation_end)
    )
    single = request.realtime_start == request.realtime_end
    tape, starts, ends = tape.valid(
        date.fromisoformat(_within(request.realtime_start)), date.fromisoformat(request.realtime_end)
    )
    count = len(tape.date)
    rows = np.arange(count)[::-1] if request.descending else np.arange(count)
    rows = rows[request.offset : request.offset + request.limit]
    digits = tape.digits
    texts = ["." if value != value else f"{value:.{digits}f}" for value in tape.value[rows].tolist()]
    days = np.datetime_as_string(tape.date[rows]).tolist()
    if single:
        head = f'{{"realtime_start":"{request.realtime_start}","realtime_end":"{request.realtime_end}","date":"'
        items = [f'{head}{day}","value":"{text}"}}' for day, text in zip(days, texts, strict=True)]
    else:
        since, until = np.datetime_as_string(starts[rows]).tolist(), np.datetime_as_string(ends[rows]).tolist()
        items = [
            f'{{"realtime_start":"{a}","realtime_end":"{b}","date":"{day}","value":"{text}"}}'
            for a, b, day, text in zip(since, until, days, texts, strict=True)
        ]
    envelope = {
        "realtime_start": request.realtime_start,
        "realtime_end": request.realtime_end,
        "observation_start": request.observation_start,
        "observation_end": request.observation_end,
        "units": "lin",
        "output_type": 1,
        "file_type": "json",
        "order_by": "observation_date",
        "sort_order": "desc" if request.descending else "asc",
        "count": count,
        "offset": request.offset,
        "limit": request.limit,
    }
    return f'{json.dumps(envelope, separators=(",", ":"))[:-1]},"observations":[{",".join(items)}]}}'.encode()


def _known(params: Mapping[str, str]) -> Series:
    series_id = params.get("series_id", "")
    if not series_id:
        raise _Refusal("Variable series_id is not set.")
    if series_id not in SERIES:
        raise _Refusal("The series does not exist.")
    return SERIES[series_id]


def _day(params: Mapping[str, str], name: str, default: str) -> str:
    text = params.get(name, default)
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise _Refusal(f"The value for variable {name} is not a valid date string.") from None


def _count(params: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise _Refusal(f"The value for variable {name} is not between {low} and {high}.")
    return int(text)


def _within(text: str) -> str:
    """A day numpy and :mod:`datetime` both hold, however early the request reaches."""
    return max(text, _EARLIEST)


def _bad(message: str) -> Answer:
    return 400, json.dumps({"error_code": 400, "error_message": f"Bad Request.  {message}"}).encode()

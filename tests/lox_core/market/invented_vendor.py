"""FRED and FMP in one transport, with invented numbers, a clock of their own, and switches for what goes wrong."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import requests

from lox_core.clock import NEW_YORK, AsOf, Clock
from lox_core.market.market import Market
from lox_core.market.store import Store
from lox_core.settings import Settings
from tests.lox_core.providers.scripted import Answer, FakeTime, Scripted

FRED_KEY, FMP_KEY = "canary0fred0key0canary0fred0key0", "CANARY-FMP-KEY-0123456789"
NOW = datetime(2026, 11, 18, 18, 0, tzinfo=NEW_YORK)  # a Wednesday
DOWN = Answer({"message": "internal server error"}, 500)


class MovingClock(Clock):
    """A clock that stands where it is put."""

    def __init__(self, at: datetime = NOW) -> None:
        object.__setattr__(self, "fixed", at)

    def move(self, **by: float) -> None:
        """Move on (or back) by a ``timedelta``."""
        assert self.fixed is not None
        object.__setattr__(self, "fixed", self.fixed + timedelta(**by))

    def put(self, at: datetime) -> None:
        """Stand at ``at``."""
        object.__setattr__(self, "fixed", at)


@dataclass
class Vendor:
    """What both vendors hold, and how they misbehave.

    ``daily`` and ``monthly`` map observation dates to values; ``vintages`` holds rows (date, start, value) of released
    series. ``down`` names endpoints that answer with ``answer``; ``delay_s`` slows every answer.
    """

    clock: MovingClock
    daily: dict[str, dict[str, str]] = field(default_factory=dict)
    vintages: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    bars: dict[str, dict[str, float]] = field(default_factory=dict)
    quotes: dict[str, dict[str, Any]] = field(default_factory=dict)
    curve: list[dict[str, Any]] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    answer: Answer | Exception = DOWN
    delay_s: float = 0.0
    refuses_vintages: bool = False

    def __post_init__(self) -> None:
        self.hits: Counter[str] = Counter()
        self.queries: list[dict[str, str]] = []
        self._lock = threading.Lock()
        self.adapter = Scripted(self.serve)

    def serve(self, request: requests.PreparedRequest) -> Answer | Exception:
        parts = urlsplit(request.url or "")
        query = {name: cells[0] for name, cells in parse_qs(parts.query).items()}
        name = parts.path.rsplit("/", 1)[-1]
        vendor = "fred" if parts.path.startswith("/fred") else "fmp"
        with self._lock:
            self.hits[f"{vendor} {name}"] += 1
            self.queries.append(query)
        time.sleep(self.delay_s)
        if {vendor, name, query.get("series_id", ""), query.get("symbol", "")} & self.down:
            return self.answer
        served = getattr(self, f"_{name.replace('-', '_')}")(query)
        return served if isinstance(served, Answer) else Answer(served)

    def _observations(self, query: dict[str, str]) -> Any:
        series_id, today = query["series_id"], self.clock.now().astimezone(NEW_YORK).date().isoformat()
        start, end = query.get("realtime_start"), query.get("realtime_end", today)
        if series_id in self.vintages:
            rows = self._windowed(self.vintages[series_id], start, end)
        elif series_id in self.daily:
            rows = [(day, today, "9999-12-31", value) for day, value in self.daily[series_id].items()]
        else:
            return Answer({"error_code": 400, "error_message": "Bad Request.  The series does not exist."}, 400)
        if start and self.refuses_vintages:
            return Answer({"error_code": 400, "error_message": "Bad Request.  Vintages are not for you."}, 400)
        told = [{"date": d, "realtime_start": a, "realtime_end": b, "value": v} for d, a, b, v in rows]
        return {"count": len(told), "offset": 0, "limit": 100000, "observations": told}

    @staticmethod
    def _windowed(vintages: list[tuple[str, str, str]], start: str | None, end: str) -> list[tuple[str, str, str, str]]:
        """Rows valid in the window, their real-time start cut to it; without a window the newest value alone."""
        rows = []
        for day in dict.fromkeys(d for d, _, _ in vintages):
            mine = sorted((a, v) for d, a, v in vintages if d == day and a <= end)
            lives = [(a, b, v) for (a, v), b in zip(mine, [*(a for a, _ in mine[1:]), "9999-12-31"], strict=False)]
            if start is None:
                lives = lives[-1:]
            rows += [(day, max(a, start or end), b, v) for a, b, v in lives if b > (start or "")]
        return rows

    def _series(self, query: dict[str, str]) -> Any:
        described = {
            "id": query["series_id"],
            "title": "Invented",
            "units": "Percent",
            "frequency": "Daily",
            "seasonal_adjustment": "None",
            "last_updated": "2026-11-17 15:16:30-06",
            "observation_start": "2000-01-03",
            "observation_end": "2026-11-17",
        }
        return {"seriess": [described]}

    def _quote(self, query: dict[str, str]) -> Any:
        row = self.quotes.get(query["symbol"])
        stamp = int(self.clock.now().timestamp())
        return [{"symbol": query["symbol"], "timestamp": stamp} | row] if row else []

    def _full(self, query: dict[str, str]) -> Any:
        there = {d: c for d, c in self.bars.get(query["symbol"], {}).items() if query["from"] <= d <= query["to"]}
        shape = [{"symbol": query["symbol"], "date": d, "close": c, "volume": 1} for d, c in there.items()]
        return [row | dict.fromkeys(("open", "high", "low"), row["close"]) for row in shape[::-1]]

    def _dividend_adjusted(self, query: dict[str, str]) -> Any:
        rows = self._full({**query, "symbol": f"{query['symbol']} adjusted"})
        named = {"open": "adjOpen", "high": "adjHigh", "low": "adjLow", "close": "adjClose"}
        return [{named.get(k, k): query["symbol"] if k == "symbol" else v for k, v in row.items()} for row in rows]

    def _treasury_rates(self, query: dict[str, str]) -> Any:
        return [row for row in self.curve if query["from"] <= row["date"] <= query["to"]]


def weekdays(first: str, last: str) -> list[str]:
    """Weekdays from ``first`` to ``last``, both included."""
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    return [str(day) for day in days[np.is_busday(days)]]


def walk(days: list[str], start: float, step: float = 0.01) -> dict[str, str]:
    """Values that rise by ``step`` a day."""
    return {day: f"{start + step * i:.2f}" for i, day in enumerate(days)}


def vendor(clock: MovingClock | None = None) -> Vendor:
    """A vendor in good health with a handful of series, as of ``NOW``."""
    days = weekdays("2024-01-02", "2026-11-17")
    made = Vendor(clock or MovingClock())
    made.daily = {
        "VIXCLS": walk(days, 15),
        "DGS10": walk(days, 4, 0.001),
        "SP500": walk(days, 5000, 1),
        "NASDAQCOM": walk(days, 15000, 1),
    }
    made.vintages = {
        "CPIAUCNS": [
            ("2026-08-01", "2026-09-11", "320.0"),
            ("2026-09-01", "2026-10-14", "321.0"),
            ("2026-10-01", "2026-11-13", "322.0"),
        ],
        "PAYEMS": [
            ("2026-03-01", "2026-04-03", "159000"),
            ("2026-09-01", "2026-10-02", "160100"),
            ("2026-09-01", "2026-11-06", "160050"),
            ("2026-10-01", "2026-11-06", "160200"),
        ],
    }
    made.bars = {
        name: {day: level + i for i, day in enumerate(weekdays("2024-01-02", "2026-11-18"))}
        for name, level in (("^GSPC", 4700.0), ("SPY", 470.0), ("SPY adjusted", 460.0))
    }
    made.quotes = {"^VIX": {"price": 22.5, "previousClose": 22.0}, "SPY": {"price": 600.0, "previousClose": 590.0}}
    made.curve = [{"date": day, "year10": 4.5, "year2": 4.0} for day in weekdays("2026-11-02", "2026-11-18")]
    return made


def keys(**changes: Any) -> Settings:
    """Settings with both canary keys, at addresses nobody can reach."""
    given = {
        "FRED_API_KEY": FRED_KEY,
        "FMP_API_KEY": FMP_KEY,
        "FRED_BASE_URL": "https://fred.example.invalid/fred",
        "FMP_BASE_URL": "https://fmp.example.invalid",
    }
    return Settings.from_layers(given | changes)


def market_of(
    vendor: Vendor,
    store: Store | None = None,
    *,
    settings: Settings | None = None,
    timer: FakeTime | None = None,
    **options: Any,
) -> Market:
    """A market that calls ``vendor`` through its network path: keys needed, budgets counted."""
    timer = timer or FakeTime()
    return Market(
        settings or keys(),
        vendor.clock,
        store=store or Store.memory(),
        monotonic=timer.monotonic,
        sleep=timer.sleep,
        adapter=vendor.adapter,
        **options,
    )


def now_of(vendor: Vendor) -> AsOf:
    """The vendor's present."""
    return vendor.clock.as_of_now()

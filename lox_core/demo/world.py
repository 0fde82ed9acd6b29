"""The simulated US market, whole: every series of the catalog as published, every symbol's bars, one seed.

A world is drawn once, from 1996 to the end of the exchange's calendar, and is the same for the same seed. The present
is a cut through it: whoever answers from it shows only what was public at an instant, so the past never changes as
days go by, and the future is already written without being readable.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property, lru_cache

import numpy as np

from lox_core.calendars import last_close, nyse
from lox_core.catalog import SERIES
from lox_core.demo.assets import Bars, simulate_bars
from lox_core.demo.conditions_paths import simulate_conditions
from lox_core.demo.episodes import ASSETS
from lox_core.demo.fiscal_paths import simulate_fiscal
from lox_core.demo.funding_paths import simulate_funding
from lox_core.demo.growth_paths import simulate_growth
from lox_core.demo.inflation_paths import simulate_inflation
from lox_core.demo.lines import Chronicle, lines
from lox_core.demo.market_paths import simulate_market
from lox_core.demo.processes import Days, Floats
from lox_core.demo.publication import Line, Tape, publish
from lox_core.demo.rate_paths import curve, simulate_rates

FIRST_DAY = np.datetime64("1996-01-02")
DEFAULT_SEED = 24
_FIRST_MONTH = "1994-01"


class World:
    """One simulated market. Build with :func:`world_of`, which draws each seed once per process.

    Parameters
    ----------
    seed : int
        Non-negative; decides every number.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        sessions = nyse().days
        self.days: Days = sessions[sessions >= FIRST_DAY]
        horizon = self.days[-1]
        months = np.arange(_FIRST_MONTH, horizon.astype("datetime64[M]") + 1, dtype="datetime64[M]").astype(
            "datetime64[D]"
        )
        saturdays = _weekly(months[0], horizon, "Sat")
        self._market = simulate_market(seed, self.days)
        self._rates = simulate_rates(seed, self._market)
        self._chronicle = Chronicle(
            market=self._market,
            rates=self._rates,
            funding=simulate_funding(seed, self.days),
            growth=simulate_growth(seed, months, saturdays),
            inflation=simulate_inflation(seed, months),
            fiscal=simulate_fiscal(seed, months, months[::3]),
            conditions=simulate_conditions(seed, self._market, _weekly(self.days[0], horizon, "Fri")),
        )
        self._tapes: dict[str, Tape] = {}
        self._bars: dict[str, Bars] = {}
        self._lock = threading.Lock()

    @cached_property
    def lines(self) -> Mapping[str, Line]:
        """Final values of every series of the catalog."""
        return lines(self._chronicle)

    @cached_property
    def curve(self) -> Mapping[str, Floats]:
        """The Treasury curve on ``days`` by tenor name, percent."""
        return curve(self._rates)

    def tape(self, series_id: str) -> Tape:
        """Everything ever published of a series; raises ``KeyError`` for one the catalog does not hold."""
        with self._lock:
            if series_id not in self._tapes:
                self._tapes[series_id] = publish(self.seed, SERIES[series_id], self.lines[series_id])
            return self._tapes[series_id]

    def bars(self, symbol: str) -> Bars:
        """The daily bars of a symbol; raises ``KeyError`` for one the world does not trade."""
        with self._lock:
            if symbol not in self._bars:
                self._bars[symbol] = simulate_bars(self.seed, ASSETS[symbol], self._market, self._rates)
            return self._bars[symbol]


def closed_sessions(days: Days, now: datetime) -> int:
    """How many of ``days`` (sessions, ascending) had closed by ``now``."""
    return int(np.searchsorted(days, np.datetime64(last_close(now).date(), "D"), side="right"))


_BUILDING = threading.Lock()


@lru_cache(maxsize=2)
def _drawn(seed: int) -> World:
    return World(seed)


def world_of(seed: int = DEFAULT_SEED) -> World:
    """The world of ``seed``: drawn by the first caller, in a fraction of a second, and shared by all others."""
    with _BUILDING:
        return _drawn(seed)


def _weekly(first: np.datetime64, last: np.datetime64, weekday: str) -> Days:
    """Every ``weekday`` from ``first`` to ``last``."""
    return np.arange(np.busday_offset(first, 0, roll="forward", weekmask=weekday), last + np.timedelta64(1, "D"), 7)

"""The macro questions: which regime, what followed such regimes, and what state the sources are in."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from lox_core import __version__
from lox_core.calendars import in_session
from lox_core.catalog import SERIES, Observations
from lox_core.clock import NEW_YORK, AsOf, Clock
from lox_core.errors import DataError, SettingsError
from lox_core.log import LOGGER
from lox_core.market.market import Market, Progress
from lox_core.market.status import ProviderStatus, SeriesAge
from lox_core.market.store import Entry
from lox_core.regimes.board import NEEDED, PILLAR_OF, build_board
from lox_core.regimes.playbook import Playbook, build_playbook, feature_matrix
from lox_core.regimes.rules import default_rules
from lox_core.regimes.state import PILLARS, Board, Reading
from lox_core.settings import Settings
from lox_core.sourced import Gap, Sourced

T = TypeVar("T")
Series = Sourced[Observations] | Gap
KEPT_ANSWERS = 24
EQUITY = "equity index"


@dataclass(frozen=True)
class BoardReport:
    """A board with its origin: every series behind it, the equity benchmark, and what must be said about them.

    ``quotes_missing`` are quotes of the running session that were asked for in vain; the last closes stand in.
    """

    board: Board
    series: dict[str, Series]
    equity: Sourced[pd.Series] | Gap
    notices: tuple[str, ...]
    quotes_missing: tuple[Gap, ...] = ()


@dataclass(frozen=True)
class SeriesStatus(SeriesAge):
    """The age of one series, and the pillar it feeds first."""

    pillar: str


@dataclass(frozen=True)
class StatusReport:
    """What is connected, how old everything is, and what is wrong, read from memory."""

    providers: tuple[ProviderStatus, ...]
    series: tuple[SeriesStatus, ...]
    cache_bytes: int
    cache_where: str
    notices: tuple[str, ...]
    started_at: datetime
    version: str


class MacroDesk:
    """The macro side: loads through the market, calls the pure core, keeps recent answers in memory."""

    def __init__(self, settings: Settings, clock: Clock, market: Market) -> None:
        self.settings, self.clock, self.market = settings, clock, market
        self.started_at = clock.now()
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.RLock()
        self._labels: dict[str, str | None] = {}

    @property
    def mode(self) -> str:
        """``demo`` or ``live``."""
        return self.settings.mode

    @property
    def version(self) -> int:
        """Changes whenever the data on hand do; part of every cache key above."""
        return self.market.version

    def load(self, as_of: AsOf, progress: Progress | None = None) -> None:
        """Fetch what is due for ``as_of``; slow the first time, nothing when all is fresh. Never raises for data."""
        total = len(NEEDED) + 1
        self.market.many(
            NEEDED, as_of, (lambda done, _, name: progress(done, total, name)) if progress is not None else None
        )
        self._equity(as_of)
        if progress is not None:
            progress(total, total, EQUITY)

    def board(self, as_of: AsOf) -> BoardReport:
        """The seven pillars and the macro regime at ``as_of``, loading what is due first."""
        series = self.market.many(NEEDED, as_of)
        equity = self._equity(as_of)
        quotes, gaps = self._quotes(as_of, series) if as_of.kind == "now" else ({}, ())
        key = ("board", self.version, *_asked(as_of), tuple((name, q.value) for name, q in quotes.items()))
        report = replace(self._once(key, lambda: self._build(as_of, series, equity, quotes)), quotes_missing=gaps)
        if as_of.kind == "now":
            self._announce(report.board)
        return report

    def playbook(self, as_of: AsOf, pillar: str, horizon_days: int) -> Playbook:
        """What followed each regime of a pillar, on the equity benchmark.

        Raises
        ------
        DataError
            No benchmark answered.
        SettingsError
            ``pillar`` or ``horizon_days`` is not one of those offered.
        """
        rules = default_rules()
        if pillar not in PILLARS:
            raise SettingsError("pillar", f"There is no pillar '{pillar[:40]}'.")
        if horizon_days not in rules["playbook"]["horizons"]:
            raise SettingsError("horizon", f"The playbook has horizons of {rules['playbook']['horizons']} sessions.")
        report = self.board(as_of)
        if isinstance(report.equity, Gap):
            raise DataError(f"The playbook needs an equity benchmark. {report.equity.reason}", item=EQUITY)
        equity, state = report.equity, report.board.pillars[pillar]
        key = ("playbook", self.version, *_asked(as_of), pillar, horizon_days)
        return self._once(
            key,
            lambda: build_playbook(
                state, self.features(as_of), equity.value, benchmark=equity.source, horizon=horizon_days, rules=rules
            ),
        )

    def features(self, as_of: AsOf) -> pd.DataFrame:
        """The daily feature matrix the playbook conditions on, kept in the store under what it was computed from."""
        report = self.board(as_of)
        name = f"features/{self._fingerprint(report)}"
        kept = self.market.store.get("playbook", name)
        if kept is not None:
            values = np.load(io.BytesIO(kept.payload), allow_pickle=False)
            days = pd.DatetimeIndex(values[:, 0].astype("datetime64[D]"), name="date")
            return pd.DataFrame(values[:, 1:], index=days, columns=kept.meta["columns"])
        matrix = feature_matrix(report.board)
        payload = io.BytesIO()
        days = matrix.index.to_numpy().astype("datetime64[D]").astype(float)
        np.save(payload, np.column_stack([days, matrix.to_numpy(float)]), allow_pickle=False)
        meta = {"columns": list(matrix.columns)}
        self.market.store.put("playbook", name, Entry(payload.getvalue(), self.clock.now(), meta))
        return matrix

    def _fingerprint(self, report: BoardReport) -> str:
        """What a feature matrix rests on: code, rules, as-of, and which copy of every series."""
        parts = [__version__, json.dumps(default_rules(), sort_keys=True), str(_asked(report.board.as_of)), self.mode]
        for name, found in report.series.items():
            parts.append(f"{name} {found.fetched_at.isoformat()}" if isinstance(found, Sourced) else name)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]

    def status(self, as_of: AsOf) -> StatusReport:
        """The sources' state, from memory; nothing is fetched."""
        ages = self.market.series_ages(as_of)
        series = tuple(
            SeriesStatus(**{f.name: getattr(age, f.name) for f in fields(age)}, pillar=PILLAR_OF[age.id])
            for age in ages
        )
        return StatusReport(
            providers=self.market.statuses(),
            series=series,
            cache_bytes=self.market.cache_bytes,
            cache_where=self.market.store.where,
            notices=self.notices(as_of),
            started_at=self.started_at,
            version=__version__,
        )

    def notices(self, as_of: AsOf) -> tuple[str, ...]:
        """What every face must say: a clock that stands, a past as-of, a disk in trouble."""
        said = []
        if self.settings.LOX_NOW:
            stands = self.clock.now().astimezone(NEW_YORK)
            said.append(f"The clock stands at {stands:%Y-%m-%d %H:%M} New York (LOX_NOW); that is the present here.")
        if as_of.is_past:
            said.append(f"Looking at {as_of}: the live book is hidden and nothing is written to the journal.")
        return (*said, *self.market.notices)

    def _build(
        self, as_of: AsOf, series: dict[str, Series], equity: Sourced[pd.Series] | Gap, quotes: dict[str, Reading]
    ) -> BoardReport:
        rows = {name: found.value for name, found in series.items() if isinstance(found, Sourced)}
        gaps = {name: found.reason for name, found in series.items() if isinstance(found, Gap)}
        closes = None
        if isinstance(equity, Sourced):
            index = equity.value.index.to_numpy().astype("datetime64[D]")
            closes = (index, equity.value.to_numpy(float))
        board = build_board(as_of, rows, gaps=gaps, quotes=quotes, equity=closes)
        return BoardReport(board, series, equity, self.notices(as_of))

    def _equity(self, as_of: AsOf) -> Sourced[pd.Series] | Gap:
        try:
            return self.market.index_history(as_of)
        except DataError as error:
            return Gap(EQUITY, str(error))

    def _quotes(self, as_of: AsOf, series: dict[str, Series]) -> tuple[dict[str, Reading], tuple[Gap, ...]]:
        """Values newer than the last close known, of the VIX and the ten-year, and which of the two nobody gave."""
        found, gaps = {}, []
        for name, ask, title in (("VIXCLS", self._vix, "VIX, now"), ("DGS10", self._ten_year, "10Y, now")):
            closes = series.get(name)
            try:
                value, at, source = ask()
            except DataError as error:
                gaps.append(Gap(title, f"{error} The last close stands."))
                continue
            if isinstance(closes, Sourced):  # a pillar without closes is grey, and a quote is no history
                quote = _newer(name, title, (value, at, source), closes.value, as_of)
                found.update({name: quote} if quote is not None else {})
        return found, tuple(gaps)

    def _vix(self) -> tuple[float, datetime, str]:
        quote = self.market.vix()
        return quote.value.price, quote.value.timestamp, quote.source

    def _ten_year(self) -> tuple[float, datetime, str]:
        quote = self.market.ten_year()
        return quote.value, quote.as_of, quote.source

    def _announce(self, board: Board) -> None:
        """Log a change of any confirmed regime between two looks at the present."""
        with self._lock:
            for name, pillar in board.pillars.items():
                before, now = self._labels.get(name), pillar.confirmed
                if before is not None and now is not None and before != now:
                    driver = next(iter(pillar.inputs.values()))
                    LOGGER.warning(
                        "regime change: %s %s -> %s (%s %s %s of %s)",
                        *(name, before, now, driver.name, driver.value, driver.unit, driver.as_of),
                    )
                self._labels[name] = now or before

    def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        """The kept answer for ``key``, or a new one made by one thread while others wait."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                answer: T = self._kept[key]
                return answer
            answer = make()
            self._kept[key] = answer
            while len(self._kept) > KEPT_ANSWERS:
                self._kept.popitem(last=False)
            return answer


def _newer(
    name: str, title: str, quote: tuple[float, datetime, str], closes: Observations, as_of: AsOf
) -> Reading | None:
    """A quote as a reading, where its day lies after the last close known."""
    value, at, source = quote
    last, day = closes.as_known(SERIES[name], as_of).date, at.astimezone(NEW_YORK).date()
    if not len(last) or np.datetime64(day, "D") <= last[-1]:
        return None
    return Reading(
        f"{name} now",
        title,
        SERIES[name].units.lower(),
        value,
        as_of=day,
        known_at=at,
        age_days=max((as_of.date - day).days, 0),
        source=source,
        intraday=name == "VIXCLS" and day == as_of.date and in_session(as_of.instant),
    )


def _asked(as_of: AsOf) -> tuple[str, str]:
    """What makes two as-ofs the same question: the day, or for a moment the instant."""
    return as_of.kind, str(as_of if as_of.kind == "moment" else as_of.date)

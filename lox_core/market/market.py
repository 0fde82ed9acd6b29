"""The market: every outside number Lox uses, asked of its sources in order, kept, and handed out with its origin."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TypeVar

import pandas as pd
from requests.adapters import BaseAdapter

from lox_core import log
from lox_core.catalog import SERIES, Observations, Series
from lox_core.clock import AsOf, Clock
from lox_core.errors import DataError, LoxError, SeriesNotFound, Unavailable
from lox_core.market.equity import index_history
from lox_core.market.prices import PriceSource, closed_at
from lox_core.market.series_source import SeriesSource
from lox_core.market.shelf import Shelf
from lox_core.market.status import ProviderStatus, SeriesAge, series_age
from lox_core.market.store import Store
from lox_core.market.vendors import Vendors
from lox_core.providers.exchange import Limits
from lox_core.providers.fmp import Quote
from lox_core.providers.fred import FredSeries
from lox_core.settings import Settings
from lox_core.sourced import Attempt, Gap, Sourced

T = TypeVar("T")
THREADS = 6
Progress = Callable[[int, int, str], None]


class Market:
    """Series, quotes and closes from the store and the vendors. One per process and mode; safe for any thread.

    Parameters
    ----------
    settings : Settings
    clock : Clock
    store : Store
    adapter : BaseAdapter, optional
        A transport in place of the network, such as the demo market's.
    source_prefix : str
        Before every source's name: ``demo `` in demo mode, where no key is needed and no budget counted.
    limits : Limits, optional
        Deadlines and sizes of a call.
    monotonic, sleep : callable
        Seconds, for deadlines, breakers and budgets.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        store: Store,
        adapter: BaseAdapter | None = None,
        source_prefix: str = "",
        limits: Limits | None = None,
        monotonic: Callable[[], float] = Clock.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings, self.clock, self.store = settings, clock, store
        self._vendors = Vendors(
            settings,
            clock,
            simulated=bool(source_prefix),
            adapter=adapter,
            limits=limits,
            monotonic=monotonic,
            sleep=sleep,
        )
        self._shelf = Shelf(store, monotonic)
        fred, fmp = self._vendors.gates["FRED"], self._vendors.gates["FMP"]
        self._series = SeriesSource(
            self._vendors.fred, store, self._shelf, source_prefix, self._vendors.origin("FRED_BASE_URL"), fred.note
        )
        self._prices = PriceSource(
            self._vendors.fmp, self._shelf, source_prefix, self._vendors.origin("FMP_BASE_URL"), fmp.note
        )
        self._told: dict[str, str] = {}

    def series(self, series_id: str, as_of: AsOf) -> Sourced[Observations]:
        """A catalogued series with every row FRED serves for ``as_of``: fresh copy, network, or last good copy.

        The engine cuts it with :meth:`Observations.as_known`. Observations dated after today are set aside.

        Raises
        ------
        DataError
            Neither FRED nor a kept copy has it; in words.
        """
        return self._series.observations(_spec(series_id), as_of, self.clock.now())

    def many(
        self, ids: Iterable[str], as_of: AsOf, progress: Progress | None = None
    ) -> dict[str, Sourced[Observations] | Gap]:
        """Several series at once, six at a time; never raises for want of data.

        Parameters
        ----------
        ids : iterable of str
        as_of : AsOf
        progress : callable, optional
            ``(done, total, series_id)``, called from the calling thread.

        Returns
        -------
        dict
            In the order asked; what could not be had is a :class:`Gap` whose reason says what to do.
        """
        wanted, now = list(dict.fromkeys(ids)), self.clock.now()
        found: dict[str, Sourced[Observations] | Gap] = {}
        for series_id in wanted:
            if series_id not in SERIES or self._series.is_fresh(SERIES[series_id], as_of, now):
                found[series_id] = self._one(series_id, as_of)
                if progress:
                    progress(len(found), len(wanted), series_id)
        if len(found) < len(wanted):
            self._load([series_id for series_id in wanted if series_id not in found], as_of, found, progress)
        return {series_id: found[series_id] for series_id in wanted}

    def metadata(self, series_id: str) -> Sourced[FredSeries]:
        """FRED's own description of a series; errors as for :meth:`series`."""
        return self._series.metadata(series_id, self.clock.now())

    def quote(self, symbol: str) -> Sourced[Quote]:
        """FMP's quote of one symbol; the last known one, flagged, when FMP fails. Raises ``DataError``."""
        return self._prices.quote(symbol, self.clock.now())

    def closes(self, symbol: str, as_of: AsOf) -> Sourced[pd.Series]:
        """Daily closes of one symbol up to ``as_of``, adjusted for splits, from FMP. Raises ``DataError``."""
        return self._prices.closes(symbol, "split", as_of, self.clock.now())

    def vix(self) -> Sourced[Quote]:
        """The VIX: FMP's quote, else the last VIXCLS observation, else the last quote known. Raises ``DataError``."""
        return self._else_published("^VIX", lambda: self.quote("^VIX"), lambda: self._published("VIXCLS"))

    def ten_year(self) -> Sourced[float]:
        """The ten-year Treasury yield, percent: FMP's curve, else DGS10, else the last one known from FMP."""

        def published() -> Sourced[float]:
            return self._published("DGS10").map(lambda quote: quote.price)

        return self._else_published("year10", lambda: self._prices.ten_year_pct(self.clock.now()), published)

    def index_history(self, as_of: AsOf) -> Sourced[pd.Series]:
        """Daily closes of the US equity index up to ``as_of``; ``source`` says which. Raises ``Unavailable``."""
        now = self.clock.now()

        def series_of(series_id: str, at: AsOf, instead: DataError | None) -> Sourced[Observations]:
            return self._series.observations(_spec(series_id), at, now, instead)

        return index_history(self._prices, series_of, as_of, now)

    def forget_refusals(self) -> None:
        """Ask again, at the next use, for what failed a moment ago: somebody pressed "retry"."""
        self._shelf.forget_refusals()

    @property
    def version(self) -> int:
        """Increases whenever anything on hand changes; part of every key of a cache above."""
        return self._shelf.version

    @property
    def notices(self) -> tuple[str, ...]:
        """What is wrong with the disk, in words."""
        return self.store.notices

    @property
    def cache_bytes(self) -> int:
        """Bytes the store holds."""
        return self.store.size_bytes()

    def statuses(self) -> tuple[ProviderStatus, ...]:
        """Every vendor, from memory."""
        return self._vendors.statuses()

    def series_ages(self, as_of: AsOf) -> tuple[SeriesAge, ...]:
        """Every catalogued series as it is on hand for ``as_of``, from memory; nothing is fetched."""
        now = self.clock.now()
        return tuple(series_age(spec, *self._series.on_hand(spec, as_of, now), as_of, now) for spec in SERIES.values())

    def _load(
        self,
        ids: list[str],
        as_of: AsOf,
        found: dict[str, Sourced[Observations] | Gap],
        progress: Progress | None,
    ) -> None:
        total = len(found) + len(ids)
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="lox-market")
        try:
            futures: dict[Future[Sourced[Observations] | Gap], str] = {
                pool.submit(self._one, series_id, as_of): series_id for series_id in ids
            }
            for future in as_completed(futures):
                found[futures[future]] = future.result()
                if progress:
                    progress(len(found), total, futures[future])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # a caller that gave up does not wait for the rest

    def _one(self, series_id: str, as_of: AsOf) -> Sourced[Observations] | Gap:
        try:
            return self.series(series_id, as_of)
        except LoxError as error:
            return Gap(series_id, str(error), (Attempt(f"FRED:{series_id}", str(error)),))
        except Exception as error:  # one broken series must not take the others with it
            log.log_error(f"market.series {series_id}", error, critical=True)
            return Gap(series_id, f"{series_id} could not be read because of a fault in Lox; the log has the details.")

    def _published(self, series_id: str) -> Sourced[Quote]:
        """The newest published observation of a daily series, as a quote at its close."""
        spec, as_of = _spec(series_id), self.clock.as_of_now()
        found = self.series(series_id, as_of)
        known = found.value.as_known(spec, as_of).to_series()
        if known.empty:
            raise Unavailable(f"{series_id} has no published value.", source="FRED", item=series_id)
        before = float(known.iloc[-2]) if len(known) > 1 else None
        last, at = float(known.iloc[-1]), closed_at(known.index[-1].date())
        change_pct = (last / before - 1) * 100 if before else None
        return found.map(lambda _: Quote(series_id, last, before, change_pct, at, spec.title))

    def _else_published(
        self, item: str, quoted: Callable[[], Sourced[T]], published: Callable[[], Sourced[T]]
    ) -> Sourced[T]:
        """A vendor's price if it is fresh, else the published value, else the last price known."""
        last_good: Sourced[T] | None = None
        try:
            price = quoted()
            if price.route != "last_good":
                return price
            last_good, attempts = price, price.attempts
        except DataError as error:
            attempts = (Attempt(f"FMP:{item}", str(error)),)
        try:
            found = published().via(*attempts)
        except DataError as error:
            if last_good is not None:
                return last_good.via(Attempt("FRED", str(error)))
            why = f"{attempts[0].outcome} {error}"
            raise Unavailable(f"{item} could not be had. {why}", source="FMP", item=item) from None
        self._tell(item, f"{attempts[0].outcome} {found.source} is used instead.")
        return found

    def _tell(self, item: str, words: str) -> None:
        """Log a fallback once for as long as it stays the same."""
        if self._told.get(item) != words:
            self._told[item] = words
            log.LOGGER.warning("%s: %s", item, words)


def _spec(series_id: str) -> Series:
    if series_id not in SERIES:
        raise SeriesNotFound(f"Lox does not know the series {series_id[:40]}.", source="FRED", item=series_id)
    return SERIES[series_id]

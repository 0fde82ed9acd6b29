"""FMP prices on the shelf: quotes, daily closes and the Treasury curve."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from lox_core.calendars import close_of, is_session, last_close
from lox_core.clock import NEW_YORK, AsOf
from lox_core.errors import DataError, SchemaError, SeriesNotFound
from lox_core.market.freshness import POLICY
from lox_core.market.shelf import Item, Kept, Shelf
from lox_core.market.store import Entry
from lox_core.providers.fmp import Adjusted, FmpClient, Quote
from lox_core.sourced import Attempt, Sourced

T = TypeVar("T")
HISTORY_START = date(1985, 1, 1)
CURVE_SPAN = timedelta(days=21)
AHEAD = timedelta(minutes=10)


@dataclass(frozen=True)
class PriceSource:
    """FMP behind the shelf; the attributes are those of ``SeriesSource``."""

    client: Callable[[], FmpClient]
    shelf: Shelf
    prefix: str
    origin: str
    note: Callable[[DataError], None]

    def quote(self, symbol: str, now: datetime) -> Sourced[Quote]:
        """The latest quote of a symbol; ``as_of`` is the quote's own time.

        Raises
        ------
        DataError
            There is none, or only one dated later than ``now``.
        """

        def fetch(at: datetime) -> Entry:
            quote = self.client().quote(symbol)
            _refuse_future(quote, at)
            fields = asdict(quote) | {"timestamp": quote.timestamp.isoformat()}
            return Entry(json.dumps(fields).encode(), at)

        def decode(entry: Entry) -> Quote:
            return _read_quote(entry.payload, symbol)

        source = f"{self.prefix}FMP:{symbol}"
        item = Item("fmp", f"{self.origin}quote:{symbol}", source, POLICY.fmp_quotes, fetch, decode, note=self.note)
        kept = self.shelf.get(item, now)
        _refuse_future(kept.value, now)
        return _sourced(kept, source, kept.value.timestamp)

    def closes(
        self, symbol: str, adjusted: Adjusted, as_of: AsOf, now: datetime, instead: DataError | None = None
    ) -> Sourced[pd.Series]:
        """Daily closes from 1985, or as far back as FMP serves, to the last session that had closed at ``as_of``.

        The value is a float series by day, ascending; the bar of a session still running when it was fetched is left
        out. ``instead``: FMP is known not to answer, for this reason, and is not asked.

        Raises
        ------
        DataError
            There are none at all, or none up to ``as_of``.
        """
        source = f"{self.prefix}FMP:{symbol}"
        item = Item(
            "fmp",
            f"{self.origin}closes:{symbol}:{adjusted}",
            source,
            POLICY.fmp_history,
            partial(self._fetch_closes, symbol, adjusted),
            partial(_read_closes, source),
            note=self.note,
        )
        kept = self.shelf.get(item, now, instead)
        closes = cut(kept.value, as_of, now)
        if closes.empty:
            raise SeriesNotFound(f"FMP has no close of {symbol} up to {as_of.date}.", source="FMP", item=symbol)
        found = _sourced(replace(kept, value=closes), source, closed_at(closes.index[-1].date()))
        skipped = kept.meta.get("skipped")
        return found.via(Attempt(source, f"{skipped} unreadable rows were skipped")) if skipped else found

    def ten_year_pct(self, now: datetime) -> Sourced[float]:
        """The ten-year Treasury par yield, percent, of the newest day FMP has; errors as for :meth:`quote`."""
        source = f"{self.prefix}FMP:treasury-rates year10"

        def fetch(at: datetime) -> Entry:
            today = at.astimezone(NEW_YORK).date()
            frame = self.client().treasury(start=today - CURVE_SPAN, end=today).frame
            tens = frame["year10"].dropna().loc[: pd.Timestamp(today)]
            if tens.empty:
                raise SchemaError("FMP's Treasury curve has no ten-year yield.", source="FMP", item="year10")
            newest: pd.Timestamp = tens.index[-1]
            fields = {"day": newest.date().isoformat(), "yield_pct": float(tens.iloc[-1])}
            return Entry(json.dumps(fields).encode(), at)

        def decode(entry: Entry) -> tuple[date, float]:
            try:
                fields = json.loads(entry.payload)
                return date.fromisoformat(fields["day"]), float(fields["yield_pct"])
            except (ValueError, KeyError, TypeError):
                raise SchemaError("A kept Treasury yield cannot be read.", source=source) from None

        key = f"{self.origin}treasury:year10"
        kept = self.shelf.get(Item("fmp", key, source, POLICY.fmp_quotes, fetch, decode, note=self.note), now)
        day, yield_pct = kept.value
        return _sourced(kept, source, min(closed_at(day), now)).map(lambda _: yield_pct)

    def _fetch_closes(self, symbol: str, adjusted: Adjusted, now: datetime) -> Entry:
        today = now.astimezone(NEW_YORK).date()
        bars = self.client().daily_bars(symbol, start=HISTORY_START, end=today, adjusted=adjusted)
        closes = bars.frame["close"].loc[: pd.Timestamp(last_close(now).date())]
        if closes.empty:
            raise SeriesNotFound(f"FMP has no finished session of {symbol}.", source="FMP", item=symbol)
        days = np.datetime_as_string(closes.index.to_numpy().astype("datetime64[D]"), "D").tolist()
        rows = "".join([f"{day},{close!r}\n" for day, close in zip(days, closes.tolist(), strict=True)])
        return Entry(f"date,close\n{rows}".encode(), now, {"skipped": bars.skipped})


def cut(closes: pd.Series, as_of: AsOf, now: datetime) -> pd.Series:
    """The closes of sessions over at ``as_of`` and at ``now``, whichever is earlier."""
    return closes.loc[: pd.Timestamp(last_close(min(as_of.instant, now)).date())]


def closed_at(day: date) -> datetime:
    """The close of a day, 16:00 New York where it was no session."""
    return close_of(day) if is_session(day) else datetime(day.year, day.month, day.day, 16, tzinfo=NEW_YORK)


def _read_quote(payload: bytes, symbol: str) -> Quote:
    try:
        fields = json.loads(payload)
        return Quote(**fields | {"timestamp": datetime.fromisoformat(fields["timestamp"])})
    except (ValueError, KeyError, TypeError):
        raise SchemaError(f"The kept quote of {symbol} cannot be read.", source="FMP", item=symbol) from None


def _read_closes(source: str, entry: Entry) -> pd.Series:
    try:
        frame = pd.read_csv(io.BytesIO(entry.payload), dtype={"date": str, "close": np.float64})
        days = frame["date"].to_numpy().astype("datetime64[s]")
        closes = pd.Series(frame["close"].to_numpy(float), pd.DatetimeIndex(days, name="date"), name=source)
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        raise SchemaError("Kept closes cannot be read.", source=source) from None
    if closes.empty or not np.isfinite(closes.to_numpy()).all():
        raise SchemaError("Kept closes cannot be read.", source=source)
    return closes


def _refuse_future(quote: Quote, now: datetime) -> None:
    """A quote from after ``now`` is wrong, or the clock stands elsewhere: either way it is not this present's."""
    if quote.timestamp > now + AHEAD:
        words = f"FMP's quote of {quote.symbol} is dated later than the present."
        raise SchemaError(words, source="FMP", item=quote.symbol)


def _sourced(kept: Kept[T], source: str, true_at: datetime) -> Sourced[T]:
    return Sourced(
        value=kept.value,
        as_of=true_at,
        fetched_at=kept.fetched_at,
        source=source,
        route=kept.route,
        attempts=kept.attempts,
    )

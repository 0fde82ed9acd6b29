"""Financial Modeling Prep: one quote, daily bars, and the Treasury curve; ``/stable``, or ``/api/v3`` when asked.

FMP's percentages are points (4.31 is 4.31 %), its lists run newest first, an unknown symbol is an empty list or
object, and a list may be cut without a word. Its ``change`` of a daily bar is against the open; nothing here uses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import quote

import numpy as np
import pandas as pd
from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, SecretStr, StrictStr
from requests.adapters import BaseAdapter

from lox_core.errors import SchemaError, SeriesNotFound
from lox_core.providers import fields
from lox_core.providers.exchange import Limits
from lox_core.providers.fmp_errors import SOURCE, judge
from lox_core.providers.http import Gate, Http
from lox_core.providers.keys import HeaderKey

Adjusted = Literal["split", "dividend"]
PRICES = ("open", "high", "low", "close")
TENORS = (
    *("month1", "month2", "month3", "month6"),
    *("year1", "year2", "year3", "year5", "year7", "year10", "year20", "year30"),
)
PAGES_MAX = 8


@dataclass(frozen=True)
class Quote:
    """A price and when it was true.

    ``price``, ``previous_close``, ``day_low`` and ``day_high`` are in the instrument's units; ``change_pct`` is in
    percent (1.5 is 1.5 %) of the previous close; ``timestamp`` is aware. Missing values are None.
    """

    symbol: str
    price: float
    previous_close: float | None
    change_pct: float | None
    timestamp: datetime
    name: str = ""
    day_low: float | None = None
    day_high: float | None = None


@dataclass(frozen=True, eq=False)
class DailyBars:
    """Daily bars, dates ascending and unique.

    ``frame``: index of days; columns ``open high low close volume``, float64, NaN where FMP has nothing; ``close`` is
    always there and positive. ``adjusted`` says for what: splits only, or splits and dividends. ``skipped`` counts
    unreadable rows.
    """

    symbol: str
    adjusted: Adjusted
    frame: pd.DataFrame
    skipped: int = 0


@dataclass(frozen=True, eq=False)
class TreasuryCurve:
    """Treasury par yields. ``frame``: days ascending by ``TENORS``, in percent, NaN where missing."""

    frame: pd.DataFrame
    skipped: int = 0


def _positive(value: object) -> float | None:
    found = fields.number(value)
    if found is not None and found < 0:
        raise ValueError("not a price")
    return found or None  # FMP writes 0 where it has no price


def _instant(value: object) -> datetime:
    seconds = fields.number(value)
    if seconds is None or not 0 < seconds < 4e9:
        raise ValueError("not a time in seconds since 1970")
    return datetime.fromtimestamp(seconds, UTC)


class _WireQuote(BaseModel):
    symbol: StrictStr
    price: Annotated[float, BeforeValidator(_positive)]
    timestamp: Annotated[datetime, BeforeValidator(_instant)]
    name: StrictStr | None = None
    previous_close: Annotated[float | None, BeforeValidator(_positive)] = Field(None, alias="previousClose")
    day_low: Annotated[float | None, BeforeValidator(_positive)] = Field(None, alias="dayLow")
    day_high: Annotated[float | None, BeforeValidator(_positive)] = Field(None, alias="dayHigh")
    stated_change_pct: fields.Number = Field(
        None, validation_alias=AliasChoices("changePercentage", "changesPercentage")
    )


class FmpClient:
    """The FMP calls Lox makes.

    Parameters
    ----------
    base_url : str
        As ``https://financialmodelingprep.com``.
    key : SecretStr
    legacy : bool
        Use ``/api/v3`` and ``/api/v4``, for subscriptions older than 31 August 2025.
    adapter, limits, gate, injected
        See :class:`lox_core.providers.http.Http`.
    """

    def __init__(
        self,
        base_url: str,
        key: SecretStr,
        *,
        legacy: bool = False,
        adapter: BaseAdapter | None = None,
        limits: Limits | None = None,
        gate: Gate | None = None,
        **injected: Callable[..., Any],
    ) -> None:
        auth = HeaderKey("apikey", key)
        self._legacy = legacy
        self._http = Http(
            SOURCE, base_url, auth=auth, adapter=adapter, limits=limits, gate=gate, judge=judge, **injected
        )

    def quote(self, symbol: str) -> Quote:
        """The latest quote of one symbol, such as ``^VIX`` or ``SPY``.

        Raises
        ------
        SeriesNotFound
            FMP does not know the symbol.
        SchemaError
            It has no price or no time, or is another symbol's.
        """
        if self._legacy:
            rows = self._http.get_json(f"/api/v3/quote/{quote(symbol, safe='')}", {}, expect=list, item=symbol)
        else:
            rows = self._http.get_json("/stable/quote", {"symbol": symbol}, expect=list, item=symbol)
        if not rows:
            raise _unknown(symbol)
        found = fields.validated(_WireQuote, rows[0], source=SOURCE, item=symbol)
        _same_symbol([found.symbol], symbol)
        change_pct = found.stated_change_pct
        if found.previous_close is not None:
            change_pct = (found.price / found.previous_close - 1) * 100
        return Quote(
            symbol,
            found.price,
            found.previous_close,
            change_pct,
            found.timestamp,
            found.name or "",
            found.day_low,
            found.day_high,
        )

    def daily_bars(self, symbol: str, *, start: date, end: date, adjusted: Adjusted = "split") -> DailyBars:
        """Daily bars from ``start`` to ``end``, both included, or as far back as FMP serves.

        A list that FMP cut short is continued backwards. The bar of a running session is partial.

        Raises
        ------
        SeriesNotFound
            FMP has no bar of the symbol in this range.
        SchemaError
            A field is lost, or too many rows are unreadable.
        """
        pages: list[DailyBars] = []
        for _ in range(PAGES_MAX):
            rows = self._bar_rows(symbol, start, end, adjusted)
            if not rows and not pages:
                raise _unknown(symbol)
            if not rows:
                break
            page, first = _bars(symbol, adjusted, rows)
            pages.append(page)
            if first <= start + timedelta(days=7) or first > end:
                break
            end = first - timedelta(days=1)
        frame = pd.concat([page.frame for page in reversed(pages)])
        frame = frame[~frame.index.duplicated(keep="last")].sort_index()
        return DailyBars(symbol, adjusted, frame, sum(page.skipped for page in pages))

    def treasury(self, *, start: date, end: date) -> TreasuryCurve:
        """The Treasury curve on the days from ``start`` to ``end``; errors as for :meth:`daily_bars`."""
        path = "/api/v4/treasury" if self._legacy else "/stable/treasury-rates"
        span = {"from": start.isoformat(), "to": end.isoformat()}
        rows = self._http.get_json(path, span, expect=list, item="Treasury curve")
        if not rows:
            raise SeriesNotFound("FMP has no Treasury yields for these days.", source=SOURCE, item="Treasury curve")
        table = fields.columns(rows, ("date", *TENORS))
        days, bad = fields.days(table["date"])
        yields: dict[str, fields.Floats] = {}
        for tenor in TENORS:
            yields[tenor], unreadable = fields.numbers([None if c is fields.ABSENT else c for c in table[tenor]])
            bad |= unreadable
        if all(cell is fields.ABSENT for tenor in TENORS for cell in table[tenor]):
            bad[:] = True
        fields.report(int(bad.sum()), len(rows), source=SOURCE, item="Treasury curve", table=table)
        return TreasuryCurve(_frame(days, yields, ~bad, "year10"), int(bad.sum()))

    def _bar_rows(self, symbol: str, start: date, end: date, adjusted: Adjusted) -> list[Any]:
        span: dict[str, str | int] = {"from": start.isoformat(), "to": end.isoformat()}
        if not self._legacy:
            path = f"/stable/historical-price-eod/{'full' if adjusted == 'split' else 'dividend-adjusted'}"
            return self._http.get_json(path, {"symbol": symbol} | span, expect=list, item=symbol)
        path = f"/api/v3/historical-price-full/{quote(symbol, safe='')}"
        document = self._http.get_json(path, span, expect=dict, item=symbol)
        if not document:
            return []
        rows = document.get("historical")
        if not isinstance(rows, list):
            words = f"FMP's reply has changed: the field 'historical' is missing ({symbol})."
            raise SchemaError(words, source=SOURCE, item=symbol)
        _same_symbol([document.get("symbol", symbol)], symbol)
        return rows


def _bars(symbol: str, adjusted: Adjusted, rows: list[Any]) -> tuple[DailyBars, date]:
    """The bars of one page, and the first day it speaks of, with a bar or without."""
    newest = rows[0] if isinstance(rows[0], dict) else {}
    scaled = adjusted == "dividend" and "adjOpen" not in newest  # v3 adjusts the close only
    named = {name: f"adj{name.title()}" if adjusted == "dividend" and not scaled else name for name in PRICES}
    table = fields.columns(rows, ("date", *named.values(), "volume", "symbol", *(("adjClose",) if scaled else ())))
    _same_symbol([cell for cell in table.pop("symbol") if cell is not fields.ABSENT], symbol)
    days, bad = fields.days(table["date"])
    values: dict[str, fields.Floats] = {}
    for name, wire_name in named.items():
        values[name], unreadable = fields.numbers(table[wire_name])
        bad |= unreadable | (values[name] <= 0)
    volume = table.pop("volume")
    values["volume"], unreadable = fields.numbers([None if cell is fields.ABSENT else cell for cell in volume])
    bad |= unreadable
    if scaled:
        adjusted_close, unreadable = fields.numbers(table["adjClose"])
        bad |= unreadable
        ratio = adjusted_close / values["close"]
        values |= {name: values[name] * ratio for name in PRICES}
    bad |= ~np.isfinite(values["close"])  # a day without a close is no bar, and FMP knows of no such day
    fields.report(int(bad.sum()), len(rows), source=SOURCE, item=symbol, table=table)
    frame = _frame(days, values, ~bad, "close")
    first = date.fromisoformat(str(days[~np.isnat(days)].min()))
    return DailyBars(symbol, adjusted, frame, int(bad.sum())), first


def _frame(days: fields.Days, values: dict[str, fields.Floats], keep: fields.Mask, tiebreak: str) -> pd.DataFrame:
    """Days ascending and unique; of rows of one day the one with the largest ``tiebreak`` stays, in any order."""
    blank_first = ~np.isnan(values[tiebreak])
    order = np.lexsort((values[tiebreak], blank_first, days))
    order = order[keep[order]]
    index = pd.DatetimeIndex(days[order].astype("datetime64[s]"), name="date")
    frame = pd.DataFrame({name: column[order] for name, column in values.items()}, index=index)
    return frame[~frame.index.duplicated(keep="last")]


def _same_symbol(found: list[Any], symbol: str) -> None:
    if any(str(name).upper() != symbol.upper() for name in found):
        words = f"FMP answered for another symbol than {symbol}."
        raise SchemaError(words, source=SOURCE, item=symbol)


def _unknown(symbol: str) -> SeriesNotFound:
    return SeriesNotFound(f"FMP has no data for the symbol {symbol}.", source=SOURCE, item=symbol)

"""The ordinary clients cannot tell the simulated vendors from real ones."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from pydantic import SecretStr

from lox_core.catalog import SERIES, Observations
from lox_core.clock import AsOf
from lox_core.demo.episodes import ASSETS
from lox_core.demo.transport import DEMO_FMP_URL, DEMO_FRED_URL
from lox_core.errors import SeriesNotFound
from lox_core.providers.fmp import FmpClient
from lox_core.providers.fred import FredClient

KEY = SecretStr("simulated")


@pytest.fixture
def fred(desk) -> FredClient:
    return FredClient(DEMO_FRED_URL, KEY, adapter=desk.adapter)


@pytest.fixture
def fmp(desk) -> FmpClient:
    return FmpClient(DEMO_FMP_URL, KEY, adapter=desk.adapter)


def test_every_series_reads_back_as_the_world_drew_it(desk, fred, world):
    for series_id in SERIES:
        rows = fred.observations(series_id)
        drawn = world.tape(series_id).as_of(desk.now).latest()
        expected = dict(zip(drawn.date.tolist(), drawn.value.tolist(), strict=True))
        got = dict(zip(rows.date.astype("datetime64[D]").tolist(), rows.value.tolist(), strict=True))
        assert len(got) > 100, series_id
        assert all(np.array_equal(value, expected[day], equal_nan=True) for day, value in got.items()), series_id
        assert fred.metadata(series_id).title == SERIES[series_id].title


def test_vintages_read_back_point_in_time(fred, world):
    rows = fred.observations("PAYEMS", realtime=(date(2026, 5, 1), date(2026, 11, 20)))
    seen = Observations.of(
        SERIES["PAYEMS"], rows.date, rows.value, source="demo FRED:PAYEMS", vintage=rows.realtime_start
    )
    known = seen.as_known(SERIES["PAYEMS"], AsOf.on(date(2026, 7, 2)))
    snapshot = fred.observations("PAYEMS", realtime=(date(2026, 7, 2), date(2026, 7, 2)))
    assert known.value[-12:].tolist() == snapshot.value[-12:].tolist()
    assert str(known.date[-1]) == "2026-05-01"


def test_prices_read_back(fmp):
    for symbol in ASSETS:
        quote = fmp.quote(symbol)
        assert (quote.symbol, quote.price > 0) == (symbol, True)
        assert len(fmp.daily_bars(symbol, start=date(2026, 1, 2), end=date(2026, 11, 20)).frame) == 223, symbol
    assert len(fmp.treasury(start=date(2026, 11, 2), end=date(2026, 11, 20)).frame) == 13


def test_what_the_vendors_do_not_know_is_said_in_words(fred, fmp):
    with pytest.raises(SeriesNotFound):
        fred.observations("NOSUCH")
    with pytest.raises(SeriesNotFound):
        fmp.quote("ZZZZ")

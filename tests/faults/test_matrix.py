"""Every fault at every endpoint: an error of ours or a labelled value, inside the deadline, and not a key anywhere."""

from __future__ import annotations

import logging
import shutil
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import SecretStr

from lox_core.clock import NEW_YORK
from lox_core.errors import AuthError, LoxError, RateLimited, SchemaError, SeriesNotFound, Unavailable
from lox_core.market.market import Market
from lox_core.market.store import Store
from lox_core.providers.exchange import Limits
from lox_core.providers.fmp import FmpClient
from lox_core.providers.fred import FredClient
from lox_core.settings import Settings
from lox_core.sourced import Sourced
from tests.faults.loopback import FAULTS, Loopback, address
from tests.lox_core.market.invented_vendor import MovingClock

FRED_KEY, FMP_KEY = "canary0fred0key0canary0fred0key0", "CANARY-FMP-KEY-0123456789"
DEADLINE_S, SLACK_S = 0.5, 0.75
LIMITS = Limits(
    connect_s=0.2,
    read_s=0.3,
    deadline_s=DEADLINE_S,
    max_bytes=2**20,
    backoff_s=0.01,
    backoff_max_s=0.02,
    retry_after_max_s=0.1,
)
START, END = date(2026, 10, 1), date(2026, 11, 18)
NOW = datetime(2026, 11, 18, 18, 0, tzinfo=NEW_YORK)


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


def fred(base: str) -> FredClient:
    return FredClient(base, SecretStr(FRED_KEY), limits=LIMITS)


def fmp(base: str) -> FmpClient:
    return FmpClient(base, SecretStr(FMP_KEY), limits=LIMITS)


def numbers_of(found: Any) -> list[float]:
    """Every number an endpoint handed out."""
    for name in ("value", "price"):
        if hasattr(found, name):
            return np.atleast_1d(getattr(found, name)).astype(float).tolist()
    if hasattr(found, "frame"):
        return found.frame.to_numpy(float).ravel().tolist()
    return []


ENDPOINTS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "fred observations": ("fred", lambda base: fred(base).observations("DGS10")),
    "fred vintages": ("fred", lambda base: fred(base).observations("PAYEMS", realtime=(START, END))),
    "fred metadata": ("fred", lambda base: fred(base).metadata("DGS10")),
    "fmp quote": ("fmp", lambda base: fmp(base).quote("SPY")),
    "fmp bars": ("fmp", lambda base: fmp(base).daily_bars("SPY", start=START, end=END)),
    "fmp treasury": ("fmp", lambda base: fmp(base).treasury(start=START, end=END)),
}
EXPECTED: dict[str, type[LoxError] | tuple[type[LoxError], ...]] = {
    "refused": Unavailable,
    "silent": Unavailable,
    "drip-headers": Unavailable,
    "drip-body": Unavailable,
    "drip-chunks": Unavailable,
    "reset": Unavailable,
    "reset-midway": Unavailable,
    "closed": Unavailable,
    "endless": Unavailable,
    "huge-declared": Unavailable,
    "429": RateLimited,
    "429-1": RateLimited,
    "429-30": RateLimited,
    "429-86400": RateLimited,
    "429-date": RateLimited,
    "429-junk": RateLimited,
    "500": Unavailable,
    "502-echo": Unavailable,
    "503-page": Unavailable,
    "401": AuthError,
    "402-text": AuthError,
    "403": AuthError,
    "302-elsewhere": Unavailable,
    "200-page": Unavailable,
    "200-empty": SchemaError,
    "200-text": SchemaError,
    "200-zip": SchemaError,
    "truncated-json": SchemaError,
    "short-body": Unavailable,
    "bad-gzip": Unavailable,
    "gzip-bomb": Unavailable,
    "deep-json": SchemaError,
    "not-http": Unavailable,
    "not-utf8": SchemaError,
    "rows-junk": SchemaError,
    "field-missing": SchemaError,
    "list-for-object": SchemaError,
    "object-for-rows": SchemaError,
}
TRIES = {
    "refused": 0,
    "reset": 2,
    "500": 3,
    "401": 1,
    "402-text": 1,
    "403": 1,
    "429-30": 1,
    "429-86400": 1,
    "302-elsewhere": 1,
}


def everything_said(error: BaseException) -> str:
    """All a page, a log or a debugger could show of an error."""
    told, seen = [], error
    while seen is not None:
        told += [str(seen), repr(seen), repr(seen.args), repr(vars(seen))]
        told += traceback.format_exception(seen)
        seen = seen.__cause__ or seen.__context__
    return "\n".join(told)


def assert_no_key(text: str) -> None:
    assert FRED_KEY not in text
    assert FMP_KEY not in text


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_client_ends_in_time_with_numbers_or_an_error_of_ours(
    loopback: Loopback, endpoint: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vendor, call = ENDPOINTS[endpoint]
    base, before = address(loopback, fault, vendor), loopback.hits[fault]
    began = time.monotonic()
    found, error = outcome(call, base)
    assert time.monotonic() - began < DEADLINE_S + SLACK_S
    if error is not None:
        assert isinstance(error, EXPECTED.get(fault, LoxError)), (type(error), str(error))
        assert_no_key(everything_said(error))
        assert "://" not in str(error)
        assert error.__context__ is None
    else:
        assert fault not in EXPECTED, "this fault is no success"
        assert not np.isinf(numbers_of(found)).any()
        assert 0.0 not in numbers_of(found)
    assert_no_key(caplog.text)
    if fault in TRIES:
        assert loopback.hits[fault] - before == TRIES[fault]


def outcome(call: Callable[[str], Any], base: str) -> tuple[Any, LoxError | None]:
    """What a call gave, or the error of ours it ended with; any other error fails the test."""
    try:
        return call(base), None
    except LoxError as error:
        return None, error


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_in_good_health_every_endpoint_answers(loopback: Loopback, endpoint: str) -> None:
    vendor, call = ENDPOINTS[endpoint]
    found = call(address(loopback, "ok", vendor))
    assert set(numbers_of(found)) <= {4.25, 4.0, 5.0, 7.0, 10.0, 22.5} or np.isnan(numbers_of(found)).any()


MARKET_CALLS: dict[str, Callable[[Market], Sourced[Any]]] = {
    "series": lambda market: market.series("DGS10", market.clock.as_of_now()),
    "released series": lambda market: market.series("PAYEMS", market.clock.as_of_now()),
    "metadata": lambda market: market.metadata("DGS10"),
    "quote": lambda market: market.quote("SPY"),
    "ten-year": lambda market: market._prices.ten_year_pct(market.clock.now()),
    "closes": lambda market: market._prices.closes("SPY", "split", market.clock.as_of_now(), market.clock.now()),
}


def market_at(loopback: Loopback, fault: str, root: Path, clock: MovingClock) -> Market:
    settings = Settings.from_layers(
        {
            "FRED_API_KEY": FRED_KEY,
            "FMP_API_KEY": FMP_KEY,
            "FRED_BASE_URL": address(loopback, fault, "fred"),
            "FMP_BASE_URL": address(loopback, fault, "fmp"),
        }
    )
    market = Market(settings, clock, store=Store.open(root), limits=LIMITS)
    for part in ("_series", "_prices"):  # one origin for all faults, so that the warm copies are theirs
        object.__setattr__(getattr(market, part), "origin", "same/")
    return market


def same(one: Any, other: Any) -> bool:
    """Whether two values of the market are equal."""
    if isinstance(one, pd.Series):
        return bool(one.equals(other))
    if hasattr(one, "series_id"):
        return bool((one.date == other.date).all() and (one.value == other.value).all())
    return bool(one == other)


@pytest.fixture(scope="module")
def warm(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Sourced[Any]]]:
    """A data directory filled in good health, and what was in it."""
    root = tmp_path_factory.mktemp("warm")
    market = market_at(loopback, "ok", root, MovingClock(NOW))
    return root, {name: call(market) for name, call in MARKET_CALLS.items()}


def copied(source: Path, target: Path) -> Path:
    """A copy of a data directory, for a test to spoil."""
    return Path(shutil.copytree(source, target / "data"))


@pytest.mark.parametrize("fault", FAULTS)
def test_the_market_serves_what_it_had_flagged_or_what_is_new_and_says_no_key(
    loopback: Loopback,
    warm: tuple[Path, dict[str, Sourced[Any]]],
    fault: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    root, good = copied(warm[0], tmp_path), warm[1]
    market = market_at(loopback, fault, root, MovingClock(NOW + timedelta(days=1)))
    for name, call in MARKET_CALLS.items():
        began = time.monotonic()
        found = call(market)
        assert time.monotonic() - began < 2 * DEADLINE_S + SLACK_S, name  # a released series may ask twice
        if found.route == "last_good":
            assert found.attempts
            assert found.fetched_at == NOW
            assert same(found.value, good[name].value), name
        else:
            assert found.route == "live", name
            assert found.fetched_at == NOW + timedelta(days=1)
            assert fault not in EXPECTED, name
        assert_no_key(repr(found) + repr(market.statuses()) + repr(market.series_ages(market.clock.as_of_now())))
    assert_no_key(caplog.text)
    for path in root.rglob("*"):
        if path.is_file():
            assert_no_key(path.read_bytes().decode("latin-1"))


@pytest.mark.parametrize("fault", ["refused", "500", "401", "200-page", "truncated-json", "429-30"])
def test_a_cold_market_gives_gaps_in_words_and_stays_quick(loopback: Loopback, fault: str, tmp_path: Path) -> None:
    market = market_at(loopback, fault, tmp_path, MovingClock(NOW))
    began = time.monotonic()
    found = market.many(["DGS10", "VIXCLS", "PAYEMS", "GDP", "ICSA", "SOFR", "BAA", "NFCI"], market.clock.as_of_now())
    assert time.monotonic() - began < 3 * DEADLINE_S
    for name, gap in found.items():
        assert not isinstance(gap, Sourced), name
        assert gap.reason.endswith(".") or "Last:" in gap.reason
        assert_no_key(repr(gap))
    for call in (market.vix, market.ten_year, lambda: market.index_history(market.clock.as_of_now())):
        with pytest.raises(LoxError) as caught:
            call()
        assert_no_key(everything_said(caught.value))


def test_a_stale_feed_is_labelled_by_the_age_of_its_observation(loopback: Loopback, tmp_path: Path) -> None:
    market = market_at(loopback, "stale", tmp_path, MovingClock(NOW))
    as_of = market.clock.as_of_now()
    found = market.series("DGS10", as_of)
    assert found.as_of.date() == date(2020, 1, 2)
    age = {age.id: age for age in market.series_ages(as_of)}["DGS10"]
    assert age.stale
    assert (age.age_days or 0) > 2000
    assert market.quote("SPY").as_of.year == 2020


def test_a_feed_from_the_future_is_set_aside(loopback: Loopback, tmp_path: Path) -> None:
    market = market_at(loopback, "ahead", tmp_path, MovingClock(NOW))
    with pytest.raises(SeriesNotFound, match="no observations of DGS10 up to 20"):
        market.series("DGS10", market.clock.as_of_now())
    with pytest.raises(SchemaError):
        market.quote("SPY")
    with pytest.raises((SeriesNotFound, Unavailable)):
        market.index_history(market.clock.as_of_now())

"""The broker's client at the replayed Alpaca: in health every row is read, in trouble the reason is."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from lox_core.errors import AuthError, LoxError, RateLimited, SchemaError, Unavailable
from lox_core.options.contract import is_occ
from lox_core.providers.alpaca import Broker
from lox_core.providers.exchange import Limits
from tests.replay.conftest import Replay

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("replay")]
AT = "2025-05-16T15:30:00-04:00"
KEY, SECRET = "replayed-alpaca-key", "replayed-alpaca-secret"
FAILS: dict[str, Any] = {
    "429": RateLimited,
    "503html": Unavailable,
    "200html": Unavailable,
    "errordict": SchemaError,
    "empty": SchemaError,
    "truncated-json": (SchemaError, AuthError),  # half of a refused feed's words no longer say why
    "timeout": Unavailable,
}
HURRIED = Limits(deadline_s=1.0, read_s=0.6, backoff_s=0.01, backoff_max_s=0.02)


@pytest.fixture(scope="module")
def broker(replay: Replay) -> Iterator[Broker]:
    replay.well()
    replay.stand_at(AT)
    yield at(replay)
    replay.well()


def at(replay: Replay, limits: Limits | None = None) -> Broker:
    return Broker(
        SecretStr(KEY),
        SecretStr(SECRET),
        trading_url=f"{replay.base}/alpaca-trading",
        data_url=f"{replay.base}/alpaca-data",
        now=lambda: datetime.fromisoformat(AT),
        limits=limits,
    )


@pytest.fixture(scope="module")
def symbols(broker: Broker) -> list[str]:
    return [row.symbol for row in broker.positions().rows if is_occ(row.symbol)]


def numbers_of(value: Any) -> list[float]:
    """Every number inside a value of records."""
    if dataclasses.is_dataclass(value):
        return [n for field in dataclasses.fields(value) for n in numbers_of(getattr(value, field.name))]
    if isinstance(value, tuple):
        return [n for one in value for n in numbers_of(one)]
    return [float(value)] if isinstance(value, int | float) else []


def test_in_health_every_row_is_read(broker: Broker, symbols: list[str]) -> None:
    since = date(2025, 1, 2)
    answers = {
        "positions": broker.positions(),
        "orders": broker.open_orders(),
        "activities": broker.activities(since),
        "history": broker.portfolio_history(),
        "shares": broker.stock_quotes(["SPY", "QQQ", "IWM"]),
        "bars": broker.stock_bars(["SPY", "QQQ"], since, adjustment="split"),
        "dividends": broker.dividends(["SPY", "TLT"], since, date(2025, 6, 30)),
        "quotes": broker.option_quotes(symbols),
    }
    assert {name: answer.skipped for name, answer in answers.items() if answer.skipped} == {}
    assert all(answer.rows for answer in answers.values())
    assert (broker.account().equity or 0) > 0
    assert broker.clock().is_open
    assert broker.feeds == {"options": "indicative", "stocks": "iex", "stock bars": "sip"}
    assert max(row.day for row in answers["bars"].rows) == date(2025, 5, 15)  # the running session's is none


@pytest.mark.parametrize("kind", FAILS)
def test_what_fails_says_why_in_words(replay: Replay, broker: Broker, kind: str) -> None:
    hurried = at(replay, HURRIED if kind == "timeout" else Limits(backoff_s=0.01, backoff_max_s=0.02))
    replay.fault("alpaca", kind, seconds=2)
    try:
        for ask in (hurried.positions, hurried.account, lambda: hurried.stock_quotes(["SPY"])):
            began = time.monotonic()
            with pytest.raises(FAILS[kind]) as caught:
                ask()
            assert time.monotonic() - began < 6
            assert not any(secret in repr(caught.value) for secret in (KEY, SECRET, "://"))
    finally:
        replay.well()


@pytest.mark.parametrize("kind", ["nan", "wrong-types", "duplicate-rows", "unsorted-rows"])
def test_spoilt_rows_are_read_or_named_and_no_number_is_made_up(
    replay: Replay, broker: Broker, symbols: list[str], kind: str
) -> None:
    good = {row.symbol: row.quantity for row in broker.positions().rows}
    replay.fault("alpaca", kind)
    try:
        positions, quotes = broker.positions(), broker.option_quotes(symbols)
        others = (broker.open_orders(), broker.portfolio_history(), broker.stock_bars(["SPY"], date(2025, 5, 1)))
        try:
            account: Any = broker.account()
        except LoxError as error:
            account = str(error)
    finally:
        replay.well()
    told = " ".join((*positions.skipped, *quotes.skipped))
    assert all(row.quantity == good[row.symbol] for row in positions.rows)
    assert all(symbol in told for symbol in good.keys() - {row.symbol for row in positions.rows})
    assert all(symbol in told for symbol in set(symbols) - {row.symbol for row in quotes.rows})
    assert len({row.symbol for row in positions.rows}) == len(positions.rows)
    assert all(math.isfinite(n) for value in (positions, quotes, account, *others) for n in numbers_of(value))

"""Every fault of the line at the broker: an error of ours inside the deadline, and no half of the key anywhere."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from lox_core.errors import DataError, ProviderError, SchemaError, SeriesNotFound
from lox_core.providers.alpaca import Broker
from tests.faults.alpaca_answers import PUT
from tests.faults.loopback import FAULTS, REWRITES, Loopback, address
from tests.faults.test_matrix import DEADLINE_S, EXPECTED, LIMITS, NOW, SLACK_S, TRIES, everything_said

KEY, SECRET = "CANARY-ALPACA-KEY-0123456789", "CANARY-ALPACA-SECRET-0123456789"
OF_THE_LINE = [name for name in FAULTS if name not in REWRITES]
OF_THE_SHAPE = ["list-for-object", "object-for-rows", "200-message"]
WANTED: dict[str, type[DataError]] = {
    "400-echo": ProviderError,
    "404": SeriesNotFound,
    "200-error": SchemaError,
    "200-message": SchemaError,
    **EXPECTED,
}
CALLS: dict[str, Callable[[Broker], Any]] = {
    "account": lambda broker: broker.account(),
    "positions": lambda broker: broker.positions(),
    "quotes": lambda broker: broker.option_quotes([PUT]),
}


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


def broker_at(loopback: Loopback, fault: str) -> Broker:
    base = address(loopback, fault, "alpaca")
    return Broker(SecretStr(KEY), SecretStr(SECRET), trading_url=base, data_url=base, now=lambda: NOW, limits=LIMITS)


@pytest.mark.parametrize("fault", dict.fromkeys([*OF_THE_LINE, *OF_THE_SHAPE]))
@pytest.mark.parametrize("name", CALLS)
def test_the_broker_ends_in_time_with_an_error_of_ours(
    loopback: Loopback, name: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    broker, before = broker_at(loopback, fault), loopback.hits[fault]
    began = time.monotonic()
    with pytest.raises(WANTED[fault]) as caught:
        CALLS[name](broker)
    assert time.monotonic() - began < DEADLINE_S + SLACK_S
    told = everything_said(caught.value) + caplog.text
    assert KEY not in told
    assert SECRET not in told
    assert "://" not in str(caught.value)
    assert caught.value.__context__ is None
    if fault in TRIES:
        assert loopback.hits[fault] - before == TRIES[fault]


def test_in_good_health_it_answers(loopback: Loopback) -> None:
    broker = broker_at(loopback, "ok")
    assert broker.account().equity == 22.5
    assert {row.quantity for row in broker.positions().rows} == {4.25}
    assert [row.ask for row in broker.option_quotes([PUT]).rows] == [4.25]


@pytest.mark.parametrize("fault", ["silent", "drip-body", "429-86400"])
def test_the_sdk_neither_waits_nor_sleeps_on_its_own(loopback: Loopback, fault: str) -> None:
    broker = broker_at(loopback, fault)
    assert broker._trading._retry == 0
    began = time.monotonic()
    with pytest.raises(DataError):
        broker._trading.get("/account")
    assert time.monotonic() - began < DEADLINE_S + SLACK_S

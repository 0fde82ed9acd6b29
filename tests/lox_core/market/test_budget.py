"""The gate: tokens, breaker, rejected keys."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from lox_core.errors import AuthError, DataError, RateLimited, Unavailable
from lox_core.market.budget import FRED_BUDGET, Budget, BudgetGate
from lox_core.providers.exchange import Limits
from lox_core.providers.fred import FredClient
from tests.lox_core.providers.scripted import Answer, FakeTime, Scripted

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
ERROR = Unavailable("It is down.")


def gate(clock: FakeTime, **changes: float) -> BudgetGate:
    budget = Budget(**{"capacity": 3, "per_minute": 60, "failures": 3} | changes)  # type: ignore[arg-type]
    return BudgetGate("Vendor", budget, now=lambda: NOW, monotonic=clock.monotonic, sleep=clock.sleep)


def test_a_burst_passes_at_once_and_the_rest_queues() -> None:
    clock = FakeTime()
    one = gate(clock)
    for _ in range(5):
        one.enter(clock.seconds + 8)
    assert clock.slept == pytest.approx([1.0, 1.0])


def test_a_call_that_cannot_have_a_token_in_time_is_told_when_it_could() -> None:
    clock = FakeTime()
    one = gate(clock)
    for _ in range(3):
        one.enter(clock.seconds + 8)
    with pytest.raises(RateLimited, match="budget of calls to Vendor is used up; try again in 1 s") as caught:
        one.enter(clock.seconds + 0.5)
    assert caught.value.retry_after_s == pytest.approx(1.0)
    assert clock.slept == []
    clock.seconds += 1.0
    one.enter(clock.seconds)  # the refused call took no token


def test_tokens_come_back_with_time_and_never_above_the_capacity() -> None:
    clock = FakeTime()
    one = gate(clock)
    for _ in range(3):
        one.enter(clock.seconds + 8)
    assert one.state().tokens_left == 0
    clock.seconds += 2
    assert one.state().tokens_left == pytest.approx(2)
    clock.seconds += 3600
    assert (one.state().tokens_left, one.state().tokens_capacity) == (3, 3)


def test_failures_in_a_row_shut_the_gate_and_a_success_between_them_does_not() -> None:
    clock = FakeTime()
    one = gate(clock, capacity=100)
    for outcome in ("bad", "bad", "good", "bad", "bad"):
        one.enter(clock.seconds + 8)
        one.succeeded() if outcome == "good" else one.failed(ERROR)
    assert one.state().breaker == "closed"
    one.failed(ERROR)
    assert one.state().breaker == "open"
    with pytest.raises(Unavailable, match="left alone"):
        one.enter(clock.seconds + 8)
    assert one.state().retry_in_s == pytest.approx(30)


def test_after_the_cool_down_one_probe_passes_and_its_success_opens_the_gate() -> None:
    clock = FakeTime()
    one = gate(clock, failures=1, capacity=100)
    one.failed(ERROR)
    clock.seconds += 30
    assert one.state().breaker == "half-open"
    one.enter(clock.seconds + 8)
    with pytest.raises(Unavailable):
        one.enter(clock.seconds + 8)
    one.succeeded()
    one.enter(clock.seconds + 8)
    assert one.state().breaker == "closed"
    assert one.state().retry_in_s is None


def test_a_failed_probe_doubles_the_cool_down_up_to_its_limit() -> None:
    clock = FakeTime()
    one = gate(clock, failures=1, cool_down_max_s=100)
    waits = []
    for _ in range(4):
        one.failed(ERROR)
        waits.append(one.state().retry_in_s)
        clock.seconds += waits[-1] or 0
    assert waits == pytest.approx([30, 60, 100, 100])


def test_calls_under_way_when_the_gate_is_shut_do_not_keep_it_shut_longer() -> None:
    clock = FakeTime()
    one = gate(clock, failures=1)
    for _ in range(6):
        one.failed(ERROR)
    assert one.state().retry_in_s == pytest.approx(30)


def test_a_probe_that_never_reports_does_not_shut_the_gate_for_ever() -> None:
    clock = FakeTime()
    one = gate(clock, failures=1)
    one.failed(ERROR)
    clock.seconds += 30
    one.enter(clock.seconds + 8)
    clock.seconds += 31
    one.enter(clock.seconds + 8)
    assert one.state().breaker == "half-open"


def test_the_vendors_wish_shuts_the_gate_at_once_and_for_as_long() -> None:
    clock = FakeTime()
    one = gate(clock)
    one.failed(ERROR, cool_down_s=120)
    assert one.state().retry_in_s == pytest.approx(120)
    with pytest.raises(Unavailable, match="left alone"):
        one.enter(clock.seconds + 8)


def test_what_says_nothing_about_the_vendors_health_does_not_count() -> None:
    clock = FakeTime()
    one = gate(clock, failures=2)
    for _ in range(9):
        one.failed(ERROR, counts=False)
    assert one.state().breaker == "closed"
    assert one.state().last_error == "It is down."


def test_a_rejected_key_is_never_sent_again() -> None:
    clock = FakeTime()
    one = gate(clock)
    one.failed(AuthError("Wrong key."), key_rejected=True)
    clock.seconds += 10**9
    with pytest.raises(AuthError, match="rejected the key"):
        one.enter(clock.seconds + 8)
    state = one.state()
    assert (state.key_rejected, state.retry_in_s) == (True, None)


def test_six_calls_under_way_tell_of_one_rejection(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeTime()
    one = gate(clock)
    for _ in range(6):
        one.failed(AuthError("Not registered."), key_rejected=True, cool_down_s=3600)
    assert caplog.text.count("key rejected") == 1
    clock.seconds += 3601
    one.failed(AuthError("Not registered."), key_rejected=True, cool_down_s=3600)
    assert caplog.text.count("key rejected") == 2


def test_a_key_rejected_for_a_while_is_asked_again_after_it() -> None:
    clock = FakeTime()
    one = gate(clock)
    one.failed(AuthError("Not registered."), key_rejected=True, cool_down_s=3600)
    clock.seconds += 3599
    with pytest.raises(AuthError):
        one.enter(clock.seconds)
    clock.seconds += 2
    one.enter(clock.seconds)
    assert not one.state().key_rejected


def test_a_call_that_queued_while_the_key_was_rejected_is_not_sent() -> None:
    clock = FakeTime()
    one = gate(clock, capacity=1)
    one.enter(clock.seconds + 8)

    def reject_meanwhile(seconds: float) -> None:
        clock.seconds += seconds
        one.failed(AuthError("Wrong key."), key_rejected=True)

    one._sleep = reject_meanwhile
    with pytest.raises(AuthError):
        one.enter(clock.seconds + 8)


def test_the_state_dates_what_it_tells() -> None:
    clock, times = FakeTime(), iter([NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=2)])
    one = BudgetGate("Vendor", FRED_BUDGET, now=lambda: next(times), monotonic=clock.monotonic)
    assert (one.state().last_success, one.state().last_error) == (None, None)
    one.succeeded()
    one.failed(ERROR)
    one.note(DataError("Odd."))
    state = one.state()
    assert (state.last_success, state.last_error, state.last_error_at) == (NOW, "Odd.", NOW + timedelta(hours=2))


class SimulatedTime:
    """Many threads, one simulated clock: it moves only when every thread sleeps, to the earliest waking."""

    def __init__(self, threads: int) -> None:
        self._now, self._threads = 0.0, threads
        self._sleeping: list[float] = []
        self._turn = threading.Condition()

    def monotonic(self) -> float:
        with self._turn:
            return self._now

    def sleep(self, seconds: float) -> None:
        with self._turn:
            wake = self._now + max(seconds, 1e-6)
            self._sleeping.append(wake)
            self._wake_next()
            while self._now < wake:
                self._turn.wait()

    def leave(self) -> None:
        with self._turn:
            self._threads -= 1
            self._wake_next()

    def _wake_next(self) -> None:
        if self._sleeping and len(self._sleeping) >= self._threads:
            self._now = min(self._sleeping)
            self._sleeping = [wake for wake in self._sleeping if wake > self._now]
            self._turn.notify_all()


@pytest.mark.parametrize("breaker", [True, False])
def test_fifty_threads_against_a_dead_vendor_stay_within_the_budget_of_a_minute(breaker: bool) -> None:
    threads, minute = 50, 60.0
    clock = SimulatedTime(threads)
    failures = FRED_BUDGET.failures if breaker else math.inf
    budget = Budget(FRED_BUDGET.capacity, FRED_BUDGET.per_minute, failures=failures)  # type: ignore[arg-type]
    shared = BudgetGate("FRED", budget, now=lambda: NOW, monotonic=clock.monotonic, sleep=clock.sleep)
    adapter = Scripted([Answer("", 500)])
    fred = FredClient(
        "https://fred.example.invalid/fred",
        SecretStr("a" * 32),
        adapter=adapter,
        limits=Limits(),
        gate=shared,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
    )

    def hammer() -> int:
        asked = 0
        try:
            while clock.monotonic() < minute:
                with pytest.raises(DataError):
                    fred.observations("X")
                asked += 1
                clock.sleep(0.25)
        finally:
            clock.leave()
        return asked

    with ThreadPoolExecutor(threads) as pool:
        asked = sum(task.result() for task in [pool.submit(hammer) for _ in range(threads)])
    assert asked > 120
    assert 1 <= len(adapter.requests) <= 120
    if not breaker:
        assert len(adapter.requests) >= 100  # so it is the bucket that held them back

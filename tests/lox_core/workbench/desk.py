"""A book desk over the simulated broker, whose answers a test may spoil."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from lox_core.clock import NEW_YORK, Clock
from lox_core.errors import Unavailable
from lox_core.providers.alpaca_records import Rows
from lox_core.settings import Settings
from lox_core.workbench import Workbench
from lox_core.workbench.book import Snapshot
from lox_core.workbench.desks import AccountDesk

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=NEW_YORK)
CLOCK = Clock(NOW)


class Spoilt:
    """The simulated broker with some answers replaced: an exception is raised, a callable changes the real answer."""

    def __init__(self, broker: Any, **spoilt: Exception | Callable[[Any], Any]) -> None:
        self._broker, self._spoilt = broker, spoilt

    def __getattr__(self, name: str) -> Any:
        real, change = getattr(self._broker, name), self._spoilt.get(name)

        def asked(*args: Any, **named: Any) -> Any:
            if isinstance(change, Exception):
                raise change
            answer = real(*args, **named)
            return answer if change is None else change(answer)

        return asked


def down(what: str = "Alpaca did not answer within 15 s.") -> Exception:
    return Unavailable(what, source="Alpaca")


def demo_bench(clock: Clock = CLOCK) -> Workbench:
    return Workbench.build(Settings(LOX_MODE="demo"), clock)


def nothing(_: Any) -> Rows[Any]:
    return Rows(())


def spoil(bench: Workbench, **spoilt: Exception | Callable[[Any], Any]) -> AccountDesk:
    """The bench's desk over a spoilt broker; chains and dividends, which cost the most, are left out unless spoilt."""
    desk = bench.desk
    assert isinstance(desk, AccountDesk)
    broker = Spoilt(desk._broker, **{"option_chain": nothing, "dividends": nothing, **spoilt})
    return AccountDesk(broker, bench.market, bench.clock, desk._journal, named="Demo account")  # type: ignore[arg-type]


def owned(snapshot: Snapshot) -> Snapshot:
    """The same book as if it were somebody's own."""
    book = snapshot.book
    assert book is not None
    named = replace(book, account=replace(book.account, name="…0001"))
    return replace(snapshot, account_label="…0001", named="", book=named)

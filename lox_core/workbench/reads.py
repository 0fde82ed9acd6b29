"""Several questions to a vendor at once, each of which may fail alone: its failure becomes a gap in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from lox_core import log
from lox_core.errors import LoxError

THREADS = 6
FAULT = "It could not be read because of a fault in Lox; the log has the details."
MOST_NAMED = 3


class Rows(Protocol):
    """Rows that could be read, and in words why others could not."""

    @property
    def rows(self) -> tuple[Any, ...]:
        """What could be read."""

    @property
    def skipped(self) -> tuple[str, ...]:
        """What could not, and why."""


def gather(asked: Mapping[str, Callable[[], Any]], gaps: MutableMapping[str, str]) -> dict[str, Any]:
    """Ask everything in a bounded pool; what fails is left out of the answer and told in ``gaps`` under its name."""
    found: dict[str, Any] = {}
    if not asked:
        return found
    with ThreadPoolExecutor(min(THREADS, len(asked)), thread_name_prefix="lox-book") as pool:
        running = {name: pool.submit(ask) for name, ask in asked.items()}
    for name, future in running.items():
        error = future.exception()
        if error is None:
            found[name] = future.result()
        elif isinstance(error, LoxError):
            gaps[name] = str(error)
        elif isinstance(error, Exception):
            log.log_error(f"book: {name}", error, critical=True)
            gaps[name] = FAULT
        else:
            raise error
    return found


def rows_of(found: Mapping[str, Any], name: str, gaps: MutableMapping[str, str]) -> tuple[Any, ...]:
    """The rows of one answer, none where it failed; rows that could not be read are told in ``gaps``."""
    answer: Rows | None = found.get(name)
    if answer is None:
        return ()
    if answer.skipped:
        more = len(answer.skipped) - MOST_NAMED
        told = "; ".join(answer.skipped[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
        gaps[f"{name}, some rows"] = told
    return answer.rows

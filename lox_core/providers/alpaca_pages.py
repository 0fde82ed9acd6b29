"""Questions that take many calls: batches of symbols and pages of rows, ended in time and never silently short.

Whatever is missing of the whole has a reason: the answer came in pages that go round in circles or never end, one
call of several failed, Alpaca refused one symbol, or the time was up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lox_core.errors import DataError, ProviderError

LONGEST_S = 20.0
PAGES_MAX, SYMBOLS_A_CALL, REFUSALS_MAX = 40, 100, 16
REFUSED = (400, 422)
CIRCLES = "Alpaca's pages do not go on, so more rows may be missing"
ENDLESS = f"Alpaca has more than {PAGES_MAX} pages of rows, the others were not read"
LATE = "Alpaca was slow, the rest was not asked for"


class Reading:
    """One such question.

    Parameters
    ----------
    monotonic : callable
        Seconds; the question asks nothing more ``LONGEST_S`` after it began.

    Attributes
    ----------
    short : list of str
        Why rows may be missing.
    missing : dict of str to str
        Symbols that got no answer, and why.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic, self._stop_at = monotonic, monotonic() + LONGEST_S
        self.short: list[str] = []
        self.missing: dict[str, str] = {}

    @property
    def skipped(self) -> tuple[str, ...]:
        """Everything that is missing, in words."""
        return (*self.short, *(f"{symbol}: {reason}" for symbol, reason in self.missing.items()))

    def batches(self, symbols: Sequence[str], ask: Callable[[Sequence[str]], None]) -> None:
        """Ask for symbols, so many at a time.

        Alpaca refuses a whole call for one symbol it cannot read; such a call is asked again in halves. After the first
        answer a failure costs its own batch only.

        Raises
        ------
        DataError
            Nothing was answered at all.
        """
        waiting = deque(symbols[i : i + SYMBOLS_A_CALL] for i in range(0, len(symbols), SYMBOLS_A_CALL))
        answered, refusals = False, 0
        first: DataError | None = None
        while waiting:
            batch = waiting.popleft()
            if answered and self._late:
                self.missing |= dict.fromkeys(batch, LATE)
                continue
            try:
                ask(batch)
                answered = True
            except DataError as error:
                refused = isinstance(error, ProviderError) and error.status in REFUSED
                if refused and len(batch) > 1 and refusals < REFUSALS_MAX:
                    refusals += 1
                    waiting.extendleft((batch[len(batch) // 2 :], batch[: len(batch) // 2]))
                elif answered or refused:
                    first = first or error
                    self.missing |= dict.fromkeys(batch, str(error))
                else:
                    raise
        if first is not None and not answered:
            raise first.with_traceback(None) from None

    def pages(self, ask: Callable[[str | None], Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Every page of an answer; ``ask`` takes the token of the next one, None for the first.

        Raises
        ------
        DataError
            There was no first page.
        """
        pages: list[Mapping[str, Any]] = []
        seen: set[str] = set()
        token: str | None = None
        while True:
            try:
                pages.append(ask(token))
            except DataError as error:
                if not pages:
                    raise
                self.short.append(f"rows are missing: {error}")
                return pages
            following = pages[-1].get("next_page_token")
            if not following:
                return pages
            if not isinstance(following, str) or following in seen:
                self.short.append(CIRCLES)
            elif len(pages) >= PAGES_MAX:
                self.short.append(ENDLESS)
            elif self._late:
                self.short.append(LATE)
            else:
                seen.add(following)
                token = following
                continue
            return pages

    @property
    def _late(self) -> bool:
        return self._monotonic() > self._stop_at

"""What pages read, shared between visitors: cached by the store's version and the as-of, never by a failure.

Only the market comes through here, from everybody's workbench, whoever asks; the owner's book never does.

Cached values hold instants, not verdicts: whether something is stale is judged when it is drawn.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import streamlit as st

from lox_core.clock import AsOf
from lox_core.market.freshness import POLICY
from lox_ui import services

if TYPE_CHECKING:
    from lox_core.market.status import ProviderStatus
    from lox_core.workbench import BoardReport, Playbook, Snapshot, StatusReport

Progress = Callable[[int, int, str], None]
BOARD_TTL = POLICY.fmp_quotes.stale_after
BOOK_TTL = POLICY.alpaca_positions.stale_after
HISTORY_TTL = POLICY.fmp_history.stale_after
RELOAD_S = 60.0
_LOCK = threading.Lock()
_loaded: dict[str, float] = {}
_computed: deque[Hashable] = deque(maxlen=64)


@dataclass(frozen=True)
class Key:
    """What a drawn board depends on: the store's version and the as-of."""

    version: int
    asked: str


def key(as_of: AsOf) -> Key:
    """The cache key of an as-of under the stored data of this moment."""
    return Key(services.public_workbench().version, f"{as_of.kind} {as_of}")


def ready(as_of: AsOf) -> bool:
    """Whether the board of ``as_of`` can be drawn at once."""
    if not services.built():
        return False
    with _LOCK:
        return key(as_of) in _computed and not _due(as_of)


def board(as_of: AsOf, progress: Progress | None = None) -> BoardReport:
    """Fetch what is due (at most once a minute per as-of) and return the board.

    ``progress`` is told (done, of, series) while series are fetched.
    """
    bench = services.public_workbench()
    with _LOCK:
        due = _due(as_of)
    if due:
        bench.load(as_of, progress)
        with _LOCK:
            _loaded[_slot(as_of)] = services.clock().monotonic()
            while len(_loaded) > 512:
                _loaded.pop(next(iter(_loaded)))
    stamp = key(as_of)
    report = _board(stamp.version, stamp.asked, bench, as_of)
    with _LOCK:
        if stamp not in _computed:
            _computed.append(stamp)
    return report


def playbook(as_of: AsOf, pillar: str, horizon_days: int) -> Playbook:
    """Forward returns, transitions and dwell times by a pillar's regimes."""
    stamp = key(as_of)
    return _playbook(stamp.version, stamp.asked, pillar, horizon_days, services.public_workbench(), as_of)


def public_book(as_of: AsOf) -> Snapshot:
    """The book anybody may see, the sample or the demo's account, shared between visitors for five minutes.

    Never the owner's: it comes from everybody's workbench, which has no broker.
    """
    stamp = key(as_of)
    return _public_book(stamp.version, stamp.asked, services.public_workbench(), as_of)


def forget_book() -> None:
    """Fetch everybody's book anew at the next run."""
    _public_book.clear()


def status(as_of: AsOf) -> StatusReport:
    """The sources' state for whoever looks, never cached: it is cheap and must be of this moment."""
    return services.workbench().status(as_of)


def providers() -> tuple[ProviderStatus, ...]:
    """Every vendor as it stands at this moment, from memory."""
    found: tuple[ProviderStatus, ...] = services.public_workbench().market.statuses()
    return found


def notices() -> tuple[str, ...]:
    """What the sources want said; the standing clock and a replayed day have ribbons of their own."""
    said: tuple[str, ...] = services.public_workbench().market.notices
    return said


def figure(name: str, stamp: Hashable, theme: str, choice: Hashable, draw: Callable[[], go.Figure]) -> go.Figure:
    """A figure by what it shows; ``draw`` is called when it is not there yet. The result is shared: never change it."""
    return _figure(name, str(stamp), theme, str(choice), draw)


def ask_again() -> None:
    """Let the next run ask the sources for what is due, though the last asking was a moment ago."""
    with _LOCK:
        _loaded.clear()


def forget() -> None:
    """Drop what is cached here and ask the sources again at the next run."""
    ask_again()
    with _LOCK:
        _computed.clear()
    for cached in (_board, _playbook, _figure, _public_book):
        cached.clear()


def warm() -> None:
    """Load and compute the present board before the first visitor asks."""
    board(services.as_of(None))


def _slot(as_of: AsOf) -> str:
    return "now" if as_of.kind == "now" else str(as_of)


def _due(as_of: AsOf) -> bool:
    last = _loaded.get(_slot(as_of))
    return last is None or services.clock().monotonic() - last >= RELOAD_S


@st.cache_resource(ttl=BOARD_TTL, max_entries=16, show_spinner=False)
def _board(version: int, asked: str, _bench: Any, _as_of: AsOf) -> BoardReport:  # noqa: ARG001 - the key
    report: BoardReport = _bench.board(_as_of)
    return report


@st.cache_resource(ttl=HISTORY_TTL, max_entries=64, show_spinner=False)
def _playbook(version: int, asked: str, pillar: str, horizon_days: int, _bench: Any, _as_of: AsOf) -> Playbook:  # noqa: ARG001 - the key
    book: Playbook = _bench.playbook(_as_of, pillar, horizon_days)
    return book


@st.cache_resource(ttl=BOOK_TTL, max_entries=4, show_spinner=False)
def _public_book(version: int, asked: str, _bench: Any, _as_of: AsOf) -> Snapshot:  # noqa: ARG001 - the key
    book: Snapshot = _bench.book(_as_of)
    return book


@st.cache_resource(ttl=BOARD_TTL, max_entries=128, show_spinner=False)
def _figure(name: str, stamp: str, theme: str, choice: str, _draw: Callable[[], go.Figure]) -> go.Figure:  # noqa: ARG001 - the key
    return _draw()

"""The book of whoever looks, kept in his own session: fetched on entry, on Refresh and every five minutes.

Between fetches a page's reruns draw the same snapshot with its age. An owner's book lives nowhere but in his session
and goes from it as soon as the session is no longer his. What everybody may see, the sample or the demo's account, is
shared between visitors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from lox_core.errors import LoxError, StoreError
from lox_core.log import log_error
from lox_core.market.freshness import POLICY
from lox_ui import loaders, services
from lox_ui.access import Access

if TYPE_CHECKING:
    from lox_core.portfolio.import_csv import ImportResult
    from lox_core.workbench import Snapshot
    from lox_core.workbench.record import Recorded

HELD, PAGE, ENTERED, NAMES = "_book_held", "_book_page", "_book_entered", "_book_names"
DRAWN, IMPORT = "_book_drawn", "_book_import"
EVERY_S = POLICY.alpaca_positions.stale_after.total_seconds()


@dataclass(frozen=True, eq=False)
class Held:
    """A snapshot in a session. ``at_s`` is monotonic; ``recorded`` what the journal did with it, None where nothing."""

    whose: Access
    snapshot: Snapshot
    at_s: float
    recorded: Recorded | None = None
    with_board: bool = False

    @property
    def age_s(self) -> float:
        """Seconds since the fetch."""
        return max(services.clock().monotonic() - self.at_s, 0.0)


def on_page(name: str) -> None:
    """Told by the frame which page runs: coming to one from another is an entry."""
    if st.session_state.get(PAGE) != name:
        st.session_state[PAGE] = name
        st.session_state[ENTERED] = True
    held: Held | None = st.session_state.get(HELD)
    if held is not None and held.whose != services.visitor():
        close_import()


def ready() -> bool:
    """Whether :func:`current` answers at once, so that no skeleton need be drawn."""
    who = services.visitor()
    if _is_everybodys(who) and st.session_state.get(IMPORT) is None:
        return bool(st.session_state.get(DRAWN))
    held: Held | None = st.session_state.get(HELD)
    fresh = held is not None and held.whose == who and held.age_s < EVERY_S
    return fresh and not st.session_state.get(ENTERED, False)


def current() -> Held:
    """The book to draw in this run, fetched when it is due.

    Raises
    ------
    LoxError
        Nothing can be fetched because a setting is wrong; a broker in trouble is told in the snapshot instead.
    """
    who = services.visitor()
    if st.session_state.get(IMPORT) is not None:
        return _imported(who)
    if _is_everybodys(who):
        forget()
        names = st.session_state.get(NAMES, {})
        snapshot = _renamed(loaders.public_book(services.as_of(None)), names)
        st.session_state[DRAWN] = True
        old_s = max((services.clock().now() - snapshot.fetched_at).total_seconds(), 0.0)
        return Held(who, snapshot, services.clock().monotonic() - old_s)
    held: Held | None = st.session_state.get(HELD)
    due = held is None or held.whose != who or held.age_s >= EVERY_S or st.session_state.pop(ENTERED, False)
    if held is None or due:
        st.session_state.pop(ENTERED, None)
        bench = services.owners_workbench()
        snapshot = bench.book(services.clock().as_of_now())
        held = Held(who, snapshot, services.clock().monotonic())
    held = _recorded(held)
    st.session_state[HELD] = held
    return held


def open_import(result: ImportResult) -> None:
    """Draw the imported positions in place of the account's, for this session."""
    st.session_state[IMPORT] = result
    forget()


def close_import() -> None:
    """Back to the account, or the sample."""
    st.session_state.pop(IMPORT, None)
    forget()


def _imported(who: Access) -> Held:
    """The imported book, valued anew when it is due; it is in no journal."""
    held: Held | None = st.session_state.get(HELD)
    due = held is None or held.whose != who or held.age_s >= EVERY_S or st.session_state.pop(ENTERED, False)
    if held is None or due:
        st.session_state.pop(ENTERED, None)
        result: ImportResult = st.session_state[IMPORT]
        snapshot = services.workbench().imported(result.holdings, result.cash, services.clock().as_of_now())
        held = Held(who, snapshot, services.clock().monotonic())
        st.session_state[HELD] = held
    names = st.session_state.get(NAMES, {})
    return replace(held, snapshot=_renamed(held.snapshot, names))


def refresh() -> None:
    """Fetch at the next run: somebody pressed Refresh. What visitors share keeps its five minutes from them."""
    forget()
    if services.visitor() != "public":
        loaders.forget_book()


def forget() -> None:
    """Drop the session's book."""
    st.session_state.pop(HELD, None)


def name_strategy(symbols: Sequence[str], name: str) -> None:
    """Group ``symbols`` under a name of the viewer's own; remembered in the journal for the owner's own book.

    Raises
    ------
    StoreError
        The journal cannot be written.
    """
    held = _owners()
    if held is None:
        st.session_state[NAMES] = {**st.session_state.get(NAMES, {}), **dict.fromkeys(symbols, name)}
        return
    journal = services.owners_workbench().journal
    journal.set_grouping(held.snapshot.account_label, "live", list(symbols), name)
    _regroup(held, journal.groupings(held.snapshot.account_label))


def clear_names(symbols: Sequence[str]) -> None:
    """Let Lox recognise the strategies of ``symbols`` again; errors as for :func:`name_strategy`."""
    held = _owners()
    if held is None:
        kept = st.session_state.get(NAMES, {})
        st.session_state[NAMES] = {symbol: name for symbol, name in kept.items() if symbol not in set(symbols)}
        return
    journal = services.owners_workbench().journal
    journal.clear_grouping(held.snapshot.account_label, "live", list(symbols))
    _regroup(held, journal.groupings(held.snapshot.account_label))


def _is_everybodys(who: Access) -> bool:
    return who == "public" or services.demo()


def _owners() -> Held | None:
    """The session's snapshot where it is the owner's own, so that names are worth remembering."""
    held: Held | None = st.session_state.get(HELD)
    own = held is not None and not held.snapshot.is_sample and held.whose == services.visitor() != "public"
    return held if own else None


def _regroup(held: Held, names: Mapping[str, str]) -> None:
    from lox_core.workbench.desks import regrouped

    st.session_state[HELD] = replace(held, snapshot=regrouped(held.snapshot, names))


def _renamed(snapshot: Snapshot, names: Mapping[str, str]) -> Snapshot:
    from lox_core.workbench.desks import regrouped

    return regrouped(snapshot, names) if names else snapshot


def _recorded(held: Held) -> Held:
    """The day in the journal, once per fetch, and once more when the regimes are known that were not at first."""
    as_of = services.as_of(None)
    board_ready = loaders.ready(as_of)
    if held.recorded is not None and (held.with_board or not board_ready):
        return held
    from lox_core.workbench.record import Recorded

    board = loaders.board(as_of).board if board_ready else None
    try:
        done = services.owners_workbench().record_day(held.snapshot, services.clock().as_of_now(), board)
    except LoxError as error:
        log_error("recording the day", error)
        done = Recorded("not", str(error) if isinstance(error, StoreError) else "The day could not be recorded.")
    return replace(held, recorded=done, with_board=board_ready)

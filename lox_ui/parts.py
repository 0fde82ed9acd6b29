"""The parts every page is made of: ribbons, badges, meters, strips, panels and the states in between.

Functions that return :class:`Safe` build HTML; ``show`` draws it. Every text that is not ``Safe`` is escaped on its
way in, so what a vendor, a file or a URL says can never become markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lox_core import numbers
from lox_core.clock import Clock
from lox_core.errors import LoxError, SettingsError
from lox_core.log import log_error

STYLESHEET = Path(__file__).with_name("style.css")
Freshness = Literal["fresh", "aging", "stale", "absent"]
_SAID = {"fresh": "", "aging": " · aging", "stale": " · stale", "absent": " · no data"}
LOOK_S = 15.0


class Safe(str):
    """HTML built here, from escaped parts."""

    __slots__ = ()


def safe(text: object) -> Safe:
    """``text`` fit to stand in HTML: escaped, unless it is :class:`Safe` already. ``None`` is a dash."""
    if isinstance(text, Safe):
        return text
    said = numbers.DASH if text is None else str(text)
    if not said.isascii():  # a lone surrogate, which JSON can hold, cannot be sent
        said = said.encode("utf-8", "replace").decode("utf-8")
    return Safe(escape(said))


def join(*pieces: object) -> Safe:
    """Pieces one after another, each made safe."""
    return Safe("".join(safe(piece) for piece in pieces))


def tag(name: str, *pieces: object, cls: str = "", **attributes: object) -> Safe:
    """An element around pieces, with escaped attributes; ``aria_label`` becomes ``aria-label``."""
    said = {"class": cls, **{key.replace("_", "-"): value for key, value in attributes.items()}}
    inside = "".join(f' {key}="{escape(str(value))}"' for key, value in said.items() if value != "")
    return Safe(f"<{name}{inside}>{join(*pieces)}</{name}>")


def show(*pieces: object, width: Literal["stretch", "content"] = "stretch") -> None:
    """Draw pieces of HTML in one block."""
    st.html(tag("div", *pieces, cls="lx"), width=width)


def style() -> None:
    """The stylesheet; once per run, from ``main``."""
    st.html(STYLESHEET)


# --- Frame


def ribbon(title: str, note: str, *, plain: bool = False) -> None:
    """A line under the navigation that cannot be closed; ``plain`` for what is no simulation, such as a replay."""
    show(tag("div", tag("b", title), tag("span", note), cls="lx-ribbon plain" if plain else "lx-ribbon", role="note"))


def title(name: str, question: str) -> Safe:
    """A page's name and the question it answers."""
    return tag("div", tag("h1", name), tag("span", question), cls="lx-title")


def head(name: str, note: object = "") -> Safe:
    """A panel's heading."""
    return tag("div", tag("b", name), tag("span", note), cls="lx-head")


def panel(key: str) -> DeltaGenerator:
    """A hairline box, as tall as its neighbours."""
    return st.container(border=True, key=f"panel-{key}", height="stretch")


def bar(key: str) -> DeltaGenerator:
    """A row whose parts stand at either end and wrap on a phone."""
    return st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small", key=f"bar-{key}"
    )


# --- Small parts


def badge(source: str, age: str, state: Freshness = "fresh", why: str = "") -> Safe:
    """How old a source is: dot shape and word; ``why`` appears on hover and to screen readers."""
    said = f"{age}{_SAID[state]}".removeprefix(" · ")
    return tag("span", tag("i"), tag("b", source), said, cls=f"lx-badge {state}", title=why)


def label(text: str, *, warn: bool = False, why: str = "") -> Safe:
    """A small tag: ``proxy``, ``intraday``; ``warn`` for ``stale`` and its kind."""
    return tag("span", text, cls="lx-tag warn" if warn else "lx-tag", title=why)


def coverage(share: float, note: str = "") -> Safe:
    """How much of a total the numbers behind it cover; the remainder is hatched."""
    text = numbers.share(share) + (f" · {note}" if note else "")
    inner = tag("u", tag("i", style=f"width:{100 * share:.0f}%"))
    return tag("span", inner, text, cls="lx-cover", role="img", aria_label=f"coverage {text}")


def steps(severity: int) -> Safe:
    """Severity 1 to 5 as a five-part meter."""
    cells = [tag("i", cls=f"b{severity}" if place <= severity else "") for place in range(1, 6)]
    return tag("div", *cells, cls="lx-steps", role="img", aria_label=f"severity {severity} of 5")


def fill(value: float | None, top: float, text: str) -> Safe:
    """A bar of ``value`` out of ``top`` with its number."""
    if value is None or numbers.missing(value) or top <= 0:
        return safe(numbers.DASH)
    width = min(max(100 * value / top, 0), 100)
    return tag("div", tag("u", tag("i", style=f"width:{width:.0f}%")), tag("span", text), cls="lx-fill")


def spark(values: Sequence[float]) -> Safe:
    """A thin line as a clipped box (Streamlit drops ``svg``); nothing below two known values."""
    known = [value for value in values if not numbers.missing(value)]
    if len(known) < 2:
        return Safe('<div class="lx-spark" style="visibility:hidden"></div>')
    low, high = min(known), max(known)
    reach = (high - low) or 1.0
    points = [(100 * i / (len(known) - 1), 90 - 80 * ((v - low) / reach)) for i, v in enumerate(known)]
    there = [f"{x:.1f}% {y - 4:.1f}%" for x, y in points]
    back = [f"{x:.1f}% {y + 4:.1f}%" for x, y in reversed(points)]
    return tag("div", cls="lx-spark", aria_hidden="true", style=f"clip-path:polygon({','.join(there + back)})")


def strip(cells: Sequence[tuple[str, object, object]], *, small: bool = False) -> Safe:
    """Numbers side by side; a cell is (label, value, note)."""
    boxes = [tag("div", tag("small", name), tag("strong", value), tag("em", note)) for name, value, note in cells]
    return tag("div", *boxes, cls="lx-strip small" if small else "lx-strip")


def bars(rows: Sequence[tuple[str, float | None, str]]) -> Safe:
    """Bars either side of zero; a row is (label, value, extra class). Solid adds, outlined takes away."""
    top = max((abs(value) for _, value, _ in rows if value is not None), default=0) or 1.0
    pieces: list[Safe] = []
    for name, value, cls in rows:
        size = 0.0 if value is None else 48 * abs(value) / top
        left = 50 if (value or 0) >= 0 else 50 - size
        kind = cls or ("less" if (value or 0) < 0 else "")
        mark = tag("i", cls=kind, style=f"left:{left:.1f}%;width:{size:.1f}%")
        pieces += [tag("span", name), tag("span", mark if size else "", cls="track")]
        pieces.append(tag("span", numbers.signed(value, 1), cls="num"))
    return tag("div", *pieces, cls="lx-bars")


def money_bars(rows: Sequence[tuple[str, float | None]]) -> Safe:
    """Dollars either side of zero, one colour: a negative exposure is no loss. A missing one is a dash."""
    top = max((abs(value) for _, value in rows if value is not None), default=0) or 1.0
    pieces: list[Safe] = []
    for name, value in rows:
        size = 0.0 if value is None else 48 * abs(value) / top
        left = 50 if (value or 0) >= 0 else 50 - size
        mark = tag("i", cls="floor", style=f"left:{left:.1f}%;width:{size:.1f}%")
        pieces += [tag("span", name), tag("span", mark if size else "", cls="track")]
        pieces.append(tag("span", numbers.money(value, sign=True), cls="num"))
    return tag("div", *pieces, cls="lx-bars")


def pairs(rows: Sequence[tuple[object, object]]) -> Safe:
    """Names and values, one pair a line."""
    return tag("dl", *[join(tag("dt", name), tag("dd", value)) for name, value in rows], cls="lx-pairs")


# --- States


def nothing(sentence: str) -> None:
    """An empty state: one sentence; the action, where there is one, is drawn by the caller."""
    show(tag("div", tag("span", sentence), cls="lx-empty"))


def no_key(name: str, unlocks: str, *more: str) -> None:
    """A missing key: what it unlocks and where to get it."""
    fault(f"{name} is not set.", f"It unlocks: {unlocks}", *more)


def fault(what: str, *more: str) -> None:
    """What failed, what still works, when it is retried: ink, not red."""
    show(tag("div", tag("b", what), *[tag("p", line) for line in more if line], cls="lx-fault", role="status"))


def notices(lines: Sequence[str]) -> None:
    """What the workbench wants said, or nothing."""
    if lines:
        show(
            tag(
                "div",
                tag("b", "Worth knowing"),
                tag("ul", *[tag("li", line) for line in lines], cls="lx-notices"),
                cls="lx-fault",
            )
        )


@contextmanager
def analyst_errors(
    what: str, *, works: str = "", key: str = "", again: Callable[[], None] | None = None
) -> Iterator[None]:
    """Turn a :class:`LoxError` in the block into a panel in words, with a button to try again.

    Parameters
    ----------
    what : str
        What the block draws: "The regime board".
    works : str
        What still works without it.
    key : str
        Distinguishes the retry buttons of one page.
    again : callable, optional
        Called when the button is pressed, before the page runs again.
    """
    try:
        yield
    except LoxError as error:
        log_error(f"page: {what}", error)
        retried = (
            "Correct it and restart." if isinstance(error, SettingsError) else "It is tried again when the page is."
        )
        fault(f"{what} cannot be shown.", str(error), works, retried)
        st.button("Try again", icon=":material/refresh:", key=f"retry-{key or what}", on_click=again)


@contextmanager
def waiting(heights_px: Sequence[int], say: str) -> Iterator[DeltaGenerator]:
    """A progress line over skeletons of the final heights, gone when the block is done."""
    slot = st.empty()
    with slot.container():
        line = st.progress(0.0, text=say)
        for height in heights_px:
            st.skeleton(height)
    try:
        yield line
    finally:
        slot.empty()


def told_by(line: DeltaGenerator) -> Callable[[int, int, str], None]:
    """A callback that writes (done, of, what) on a progress line."""

    def tell(done: int, of: int, what: str) -> None:
        line.progress(min(done / of, 1.0) if of else 1.0, text=f"Reading the market: {done} of {of}, {what}")

    return tell


def redraw_every(seconds: float, key: str) -> None:
    """Run the page again after ``seconds`` while it stays open, and soon after its theme was switched.

    Figures are coloured here and not in the browser, so a switch shows in them at the next run only.
    """
    drawn_as, drawn_at = theme_name(), Clock.monotonic()
    st.session_state[key] = True

    @st.fragment(run_every=min(seconds, LOOK_S))
    def beat() -> None:
        first = st.session_state.pop(key, False)
        if not first and (theme_name() != drawn_as or Clock.monotonic() - drawn_at >= seconds):
            st.rerun()

    beat()


def theme_name() -> str:
    """``light`` or ``dark``, as the browser last said."""
    return "dark" if st.context.theme.type == "dark" else "light"

"""Tables as HTML, and every one of them as a CSV file that no spreadsheet will execute."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from lox_ui.parts import Safe, tag

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def table(
    headers: Sequence[object],
    rows: Sequence[Sequence[object]],
    *,
    left: Sequence[int] = (),
    wrap: Sequence[int] = (),
    here: Sequence[int] = (),
    tight: bool = False,
    caption: str = "",
) -> Safe:
    """A table that scrolls sideways inside itself where it must, with a shade at the edge that hides something.

    Parameters
    ----------
    headers : sequence
    rows : sequence of sequences
        Cells; text is escaped, a ``td`` built by :func:`cell` stands as it is.
    left, wrap : sequence of int
        Columns set left, and columns whose text may break.
    here : sequence of int
        Rows to mark as the present one.
    tight : bool
        24 px rows instead of 28.
    caption : str
        What the table is, for screen readers.
    """

    def classes(column: int) -> str:
        return " ".join(name for name, columns in (("left", (*left, *wrap)), ("wrap", wrap)) if column in columns)

    top = tag(
        "tr",
        *[tag("th", text, cls="left" if "left" in classes(i) else "", scope="col") for i, text in enumerate(headers)],
    )
    body = []
    for place, row in enumerate(rows):
        cells = [value if isinstance(value, Cell) else tag("td", value, cls=classes(i)) for i, value in enumerate(row)]
        body.append(tag("tr", *cells, cls="here" if place in here else ""))
    inner = tag(
        "table",
        tag("thead", top),
        tag("tbody", *body),
        cls="lx-table tight" if tight else "lx-table",
        aria_label=caption,
    )
    return tag("div", inner, cls="lx-scroll", tabindex="0", role="region", aria_label=caption)


class Cell(Safe):
    """A finished table cell."""

    __slots__ = ()


def cell(value: object, *, cls: str = "", **attributes: object) -> Cell:
    """A cell with its own class or style."""
    return Cell(tag("td", value, cls=cls, **attributes))


def to_csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 CSV. Text that a spreadsheet would run as a formula gets an apostrophe; numbers are never touched."""
    guarded = frame.rename(columns=_guard)
    for name in guarded.columns:
        if not pd.api.types.is_numeric_dtype(guarded[name]):
            guarded[name] = guarded[name].map(_guard, na_action="ignore")
    text: str = guarded.to_csv(index=False, lineterminator="\r\n")  # a lone CR in a cell is then quoted
    return text.encode("utf-8", "replace")


def download(build: Callable[[], pd.DataFrame], name: str, *, demo: bool, key: str, what: str) -> None:
    """A button that writes a table when it is pressed; simulated data say so in the file's name.

    It shows ``CSV``; its name, for whoever cannot see where it stands, goes on with ``what``: "of the inputs".
    """
    st.download_button(
        f"CSV :gray[{what}]",
        data=lambda: to_csv(build()),
        file_name=f"{'DEMO-' if demo else ''}{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        key=key,
        help="Download this table",
    )


def _guard(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

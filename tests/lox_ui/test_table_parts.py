from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_ui.table_parts import cell, table, to_csv


def cells(frame: pd.DataFrame) -> list[list[str]]:
    """The rows a spreadsheet would read."""
    return list(csv.reader(io.StringIO(to_csv(frame).decode("utf-8"), newline="")))


START = ("=", "+", "-", "@", "\t", "\r", "\n")


@pytest.mark.parametrize("start", START)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start):
    frame = pd.DataFrame({"note": [f"{start}cmd|' /C calc'!A0", "plain", None]})
    assert cells(frame)[1:] == [[f"'{start}cmd|' /C calc'!A0"], ["plain"], [""]]


def test_a_line_break_inside_a_cell_starts_no_new_row():
    assert cells(pd.DataFrame({"note": ["a\r=1", "b\n=2"]})) == [["note"], ["a\r=1"], ["b\n=2"]]


def test_numbers_are_never_touched_and_missing_stays_empty():
    frame = pd.DataFrame({"value": [-1.5, 2.0, None], "count": [-3, 0, 4]})
    assert cells(frame) == [["value", "count"], ["-1.5", "-3"], ["2.0", "0"], ["", "4"]]


def test_numbers_in_a_mixed_column_stay_numbers():
    frame = pd.DataFrame({"mixed": pd.Series([-1.5, "-1.5", "=1"], dtype=object)})
    assert to_csv(frame).decode().splitlines()[1:] == ["-1.5", "'-1.5", "'=1"]


def test_a_heading_is_text_too():
    assert to_csv(pd.DataFrame({"=HYPERLINK()": [1]})).startswith(b"'=")


def test_dates_are_iso():
    assert b"2026-11-20" in to_csv(pd.DataFrame({"date": pd.DatetimeIndex(["2026-11-20"])}))


def test_the_table_itself_is_left_alone():
    frame = pd.DataFrame({"note": ["=1"]})
    to_csv(frame)
    assert frame["note"].tolist() == ["=1"]


@given(
    st.lists(
        st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12),
        min_size=1,
        max_size=8,
    )
)
def test_no_written_cell_begins_like_a_formula_and_none_is_lost(texts):
    written = cells(pd.DataFrame({"t": pd.Series(texts, dtype=object)}))[1:]
    assert [row[0].removeprefix("'") if row else "" for row in written] == [text.removeprefix("'") for text in texts]
    assert not any(row and row[0].startswith(START) for row in written)


def test_cells_are_escaped_and_marked():
    built = table(
        ["Name", "<b>"],
        [["<img>", 3], ["now", cell("—", cls="heat", style="--p:0.5")]],
        left=(1,),
        here=(1,),
        caption='"x"',
    )
    assert "<img>" not in built
    assert "&lt;b&gt;" in built
    assert 'class="left">3</td>' in built
    assert built.count('<tr class="here">') == 1
    assert 'style="--p:0.5"' in built
    assert "&quot;x&quot;" in built


def test_a_wide_table_scrolls_inside_itself_and_can_be_reached_by_keyboard():
    built = table(["A"], [["1"]], caption="Inputs")
    assert built.startswith('<div class="lx-scroll" tabindex="0" role="region" aria-label="Inputs">')

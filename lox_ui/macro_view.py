"""The evidence for the macro regime: the score's history, the macro path, the axes' inputs, cross-checks."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lox_core import numbers
from lox_core.charts import macro as figures
from lox_core.charts.bands import RANGES, window
from lox_core.charts.theme import palette
from lox_core.regimes.rules import default_rules
from lox_core.regimes.state import BANDS, QUADRANTS, Board, word
from lox_ui import loaders, parts
from lox_ui.drill_view import PLOT, inputs_frame, inputs_table
from lox_ui.parts import tag
from lox_ui.table_parts import download


def score_panel(board: Board, span: str, stamp: loaders.Key, *, demo: bool) -> None:
    """The risk score over its bands, for the range chosen above."""
    with parts.bar("score"):
        drawn_over = window(board.macro.history.rename(columns={"score": "value"}), RANGES[span])
        bands = "" if drawn_over.empty else "; bands: cautious and risk off"
        parts.show(parts.head("Risk score", f"{span}{bands}"), width="content")
        download(
            lambda: _macro_frame(board),
            f"macro-{board.as_of.date}",
            demo=demo,
            key="rg-csv-macro",
            what="of the risk score",
        )
    theme = parts.theme_name()
    drawn = loaders.figure(
        "score",
        stamp,
        theme,
        span,
        lambda: figures.score_history(
            palette(theme), board.macro, days=RANGES[span], cuts=default_rules()["macro"]["bands"], demo=demo
        ),
    )
    said = f"Risk score, {span}: now {numbers.number(board.macro.risk_score)}, {word(board.macro.band)}"
    st.plotly_chart(drawn, theme=None, key="rg-score", config=PLOT, alt=said)
    parts.show(tag("div", board.macro.why, cls="lx-note"))


def path_panel(board: Board, stamp: loaders.Key, *, demo: bool) -> None:
    """Growth against inflation over two years."""
    macro, calm = board.macro, default_rules()["macro"]["transition_axis"]
    parts.show(parts.head("Macro path", "growth and inflation, z; 24 months; dotted: transition"))
    theme = parts.theme_name()
    drawn = loaders.figure(
        "path", stamp, theme, "", lambda: figures.macro_path(palette(theme), macro, calm=calm, demo=demo)
    )
    said = f"growth {numbers.signed(macro.growth_axis, 2)}, inflation {numbers.signed(macro.inflation_axis, 2)}"
    st.plotly_chart(drawn, theme=None, key="rg-path", config=PLOT, alt=f"Macro path over 24 months. Now: {said}")
    parts.show(tag("div", f"Now: {said}.", cls="lx-note"))


def axes_panel(board: Board, *, demo: bool) -> None:
    """What the two axes are averages of."""
    with parts.bar("axes"):
        parts.show(parts.head("What the axes are made of", "z against ten years, point in time"), width="content")
        download(
            lambda: inputs_frame(board.macro.axis_inputs.values()),
            f"axes-{board.as_of.date}",
            demo=demo,
            key="rg-csv-axes",
            what="of the axes",
        )
    if not board.macro.axis_inputs:
        parts.nothing("No axis has an input.")
        return
    parts.show(inputs_table(board.macro.axis_inputs.values(), board, "Inputs of the macro axes", ten_years=True))


def checks_panel(board: Board, *, demo: bool) -> None:
    """Indices that are shown and not scored."""
    with parts.bar("checks"):
        parts.show(parts.head("Cross-checks", "not scored; above 0 is tight"), width="content")
        download(
            lambda: inputs_frame(board.cross_checks.values()),
            f"checks-{board.as_of.date}",
            demo=demo,
            key="rg-csv-checks",
            what="of the cross-checks",
        )
    parts.show(inputs_table(board.cross_checks.values(), board, "Cross-checks"))


def _macro_frame(board: Board) -> pd.DataFrame:
    frame = board.macro.history.reset_index(names="date")
    return frame.assign(
        band=frame["band"].map(dict(enumerate(BANDS))), quadrant=frame["quadrant"].map(dict(enumerate(QUADRANTS)))
    )

"""The macro figures: the risk score over its bands, and the path of growth and inflation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lox_core import numbers
from lox_core.charts.bands import window
from lox_core.charts.history import boundaries, ground, label_margin_px, line, named, present, span_of, within
from lox_core.charts.theme import Palette, empty, fade, figure
from lox_core.regimes.state import BANDS, GREY, Cut, MacroState, step, word

PAIR_HEIGHT = 268
LEAST_REACH = 0.8
TICK_GAPS = (0.5, 1.0, 2.0, 5.0)
CORNERS = {
    "reflation": (1, 1, "right", "top"),
    "stagflation": (0, 1, "left", "top"),
    "slowdown": (0, 0, "left", "bottom"),
    "goldilocks": (1, 0, "right", "bottom"),
}


def score_history(
    colours: Palette, macro: MacroState, *, days: int | None, cuts: Sequence[float] = (35, 50, 65), demo: bool = False
) -> go.Figure:
    """The risk score, 0 to 100, over its confirmed bands."""
    history = window(macro.history.rename(columns={"score": "value"}), days)
    if history.empty:
        return empty(colours, PAIR_HEIGHT, "No risk score: too few pillars have data.", demo=demo)
    values = history["value"].to_numpy(float)
    low, high = max(min(values[np.isfinite(values)].min() - 5, 30), 0), min(max(np.nanmax(values) + 5, 70), 100)
    index = history["band"].to_numpy()
    steps = np.array([*(step(band) for band in BANDS), 0], np.int8)[index]
    marks = [Cut(band, cut, None) for band, cut in zip(BANDS[1:], cuts, strict=True)]
    right = label_margin_px(named(mark) for mark in within(marks, low, high))
    drawn = figure(colours, PAIR_HEIGHT, demo=demo, margin={"l": 8, "r": right, "t": 8, "b": 8})
    ground(drawn, colours, history, steps, low, high)
    boundaries(drawn, colours, marks, low, high, plot_px=0.85 * PAIR_HEIGHT)
    words = np.array([*(word(band) for band in BANDS), "insufficient data"])[index]
    line(drawn, colours, history, words, title="Risk score", unit="")
    present(drawn, colours, history, None if index[-1] == GREY else int(steps[-1]))
    drawn.update_layout(xaxis={"range": span_of(history)}, yaxis={"range": [low, high]})
    return drawn


def macro_path(
    colours: Palette, macro: MacroState, *, months: int = 24, calm: float = 0.25, demo: bool = False
) -> go.Figure:
    """Where growth and inflation have led, month by month, over the last ``months``; the dotted box is transition.

    Both axes are averages of z-scores. Months in which an axis is missing are left out, not bridged.
    """
    path = _month_ends(macro.history, months)
    if path.empty:
        return empty(colours, PAIR_HEIGHT, "No macro path: growth or inflation is missing.", demo=demo)
    across_z, along_z = (max(LEAST_REACH, 1.25 * float(path[axis].abs().max())) for axis in ("growth", "inflation"))
    drawn = figure(colours, PAIR_HEIGHT, demo=demo, hovermode="closest")
    axis = {"color": colours.strong, "width": 1}
    drawn.add_hline(y=0, line=axis, layer="below")
    drawn.add_vline(x=0, line=axis, layer="below")
    dotted = {"color": colours.faint, "width": 1, "dash": "dot"}
    for sign in (-calm, calm):
        drawn.add_hline(y=sign, line=dotted, layer="below")
        drawn.add_vline(x=sign, line=dotted, layer="below")
    for name, (x, y, across, along) in CORNERS.items():
        here = macro.quadrant == name or macro.leaning == name
        drawn.add_annotation(
            text=word(name),
            x=x,
            y=y,
            xref="paper",
            yref="paper",
            xanchor=across,
            yanchor=along,
            font={"size": 12, "weight": 600 if here else 400, "color": colours.text if here else colours.muted},
        )
    _path(drawn, colours, path, (across_z, along_z))
    drawn.update_xaxes(title_text="growth, z", range=[-across_z, across_z], **_signed_ticks(across_z))
    drawn.update_yaxes(title_text="inflation, z", range=[-along_z, along_z], showgrid=False, **_signed_ticks(along_z))
    return drawn


def _signed_ticks(reach: float) -> dict[str, list[float] | list[str]]:
    """Ticks either side of a bare zero, at most seven; Plotly's own format would print ``+0``."""
    gap = next((gap for gap in TICK_GAPS if reach / gap <= 3.6), TICK_GAPS[-1])
    there = [gap * place for place in range(-int(reach / gap), int(reach / gap) + 1)]
    return {"tickvals": there, "ticktext": [numbers.signed(at, 0 if gap >= 1 else 1) for at in there]}


def _path(drawn: go.Figure, colours: Palette, path: pd.DataFrame, reach: tuple[float, float]) -> None:
    """The trail, fading into the past, and the month it has reached."""
    blue = colours.categories[0]
    ages = np.linspace(0.25, 1.0, len(path))
    months = [f"{stamp:%b %Y}" for stamp in path.index]
    drawn.add_scatter(
        x=path["growth"].round(3),
        y=path["inflation"].round(3),
        mode="lines+markers",
        line={"color": fade(blue, 0.55), "width": 1.4, "shape": "spline", "smoothing": 0.3},
        marker={"size": 5, "color": [fade(blue, alpha) for alpha in ages]},
        customdata=months,
        hovertemplate="%{customdata}: growth %{x:+.2f}, inflation %{y:+.2f}<extra></extra>",
        name="path",
    )
    drawn.add_scatter(
        x=path["growth"].iloc[-1:].round(3),
        y=path["inflation"].iloc[-1:].round(3),
        mode="markers",
        marker={"size": 10, "color": blue, "line": {"color": colours.background, "width": 2}},
        hoverinfo="skip",
        name="now",
    )
    for place in _apart(path, reach):
        last = place == len(path) - 1
        drawn.add_annotation(
            x=path["growth"].iloc[place],
            y=path["inflation"].iloc[place],
            text=months[place],
            yshift=14 if last else 11,
            font={"size": 12, "weight": 600 if last else 400, "color": colours.text if last else colours.muted},
        )


def _apart(path: pd.DataFrame, reach: tuple[float, float]) -> list[int]:
    """Positions to name, newest first: every sixth month that is clear of the names already set and of the corners."""
    spots = path[["growth", "inflation"]].to_numpy(float) / np.array(reach)
    taken = [np.array([x, y]) for x in (-0.8, 0.8) for y in (-0.92, 0.92)]
    named: list[int] = []
    for place in range(len(path) - 1, -1, -6):
        clear = all(abs(spots[place, 0] - x) > 0.4 or abs(spots[place, 1] - y) > 0.16 for x, y in taken)
        if clear or not named:
            named.append(place)
            taken.append(spots[place])
    return named


def _month_ends(history: pd.DataFrame, months: int) -> pd.DataFrame:
    if history.empty:
        return history
    axes = history[["growth", "inflation"]].dropna()
    return axes.groupby(axes.index.to_period("M")).tail(1).tail(months)

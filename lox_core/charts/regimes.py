"""The regime figures: one pillar's history over its bands, and all pillars through time.

Frames of :mod:`lox_core.regimes.state` in, finished figures out. Bands show the *confirmed* regime; the line crossing
a dotted boundary is the raw reading. Missing stretches stay empty: no colour ever stands for "no data".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lox_core import numbers
from lox_core.charts.bands import runs, thin, window, worst_by_bucket
from lox_core.charts.history import (
    LABEL_SHIFT_PX,
    boundaries,
    days_of,
    estimated_in,
    ground,
    label_margin_px,
    line,
    named,
    present,
    proxy_of,
    quote_of,
    reach,
    span_of,
    within,
)
from lox_core.charts.theme import Palette, empty, fade, figure, watermark
from lox_core.regimes.state import Cut, PillarState, step, word

PILLAR_HEIGHT, TIMELINE_HEIGHT = 332, 376
Z_REACH = 4.2
VEIL = 0.45
_Z_TICKS = {"tickvals": [-2, 0, 2], "ticktext": ["−2", "0", "+2"]}


def pillar_history(
    colours: Palette,
    state: PillarState,
    *,
    days: int | None,
    cuts: Sequence[Cut] = (),
    title: str = "",
    unit: str = "",
    demo: bool = False,
) -> go.Figure:
    """A pillar's driver over its confirmed-regime bands, with the z-score beneath.

    ``days`` is calendar days back from the last row (None draws everything); estimated stretches are dashed and their
    bands paler. ``cuts`` are entry boundaries in the driver's ``unit``, dotted and named at the right edge where in
    reach; ``title`` and ``unit`` appear in the hover text. A quote newer than the last close is an open point. At
    most eleven traces; without a known row, a figure that says so.
    """
    history = window(state.history, days)
    if history.empty:
        why = state.missing_reason or "no history to draw"
        return empty(colours, PILLAR_HEIGHT, f"{word(state.name)}: {why}", demo=demo)
    quote = quote_of(state)
    seen = history["value"].to_numpy(float)
    low, high = reach(seen if quote is None or quote.value is None else np.append(seen, quote.value), cuts)
    place = history["confirmed"].to_numpy()
    steps = np.array([*(step(level) for level in state.levels), 0], np.int8)[place]
    words = np.array([*(word(level) for level in state.levels), "no label"])[place]
    right = label_margin_px([*(named(cut) for cut in within(cuts, low, high)), "z: too short"])
    drawn = figure(colours, PILLAR_HEIGHT, demo=demo, margin={"l": 8, "r": right, "t": 8, "b": 8})
    ground(drawn, colours, history, steps, low, high)
    boundaries(drawn, colours, cuts, low, high, plot_px=0.66 * PILLAR_HEIGHT)
    line(drawn, colours, history, words, title=title or word(state.name), unit=unit)
    severity = None if state.confirmed is None else step(state.confirmed)
    present(drawn, colours, history, severity, quote=quote, quoted=step(state.raw) if state.raw else None)
    _z_panel(drawn, colours, history)
    return drawn.update_layout(
        xaxis={"range": span_of(history, quote), "anchor": "y2"},
        yaxis={"range": [low, high], "domain": [0.32, 1.0]},
        yaxis2={"range": [-Z_REACH, Z_REACH], "domain": [0.0, 0.24], **_Z_TICKS},
    )


def timeline(colours: Palette, pillars: Mapping[str, PillarState], *, demo: bool = False) -> go.Figure:
    """Severity of every pillar since its data begin, one row each, worst of each bucket; holes where grey.

    Stretches that rest on estimates are veiled.
    """
    histories = {name: state.history for name, state in pillars.items() if not state.history.empty}
    if not histories:
        return empty(colours, TIMELINE_HEIGHT, "No pillar has any history at this date.", demo=demo)
    steps = pd.DataFrame({name: _steps_of(pillars[name]) for name in histories}).reindex(columns=list(pillars))
    known = steps.notna().any(axis=1)
    if not known.any():
        return empty(colours, TIMELINE_HEIGHT, "No pillar has a label at this date.", demo=demo)
    steps = steps.loc[known.idxmax() :]
    starts, worst = worst_by_bucket(days_of(steps), steps.to_numpy(float))
    names = [word(name) for name in steps.columns]
    drawn = figure(colours, TIMELINE_HEIGHT, hovermode="closest")
    drawn.add_heatmap(
        x=starts.astype(str),
        y=names[::-1],
        z=worst.T[::-1],
        zmin=0.5,
        zmax=5.5,
        colorscale=_step_scale(colours),
        showscale=False,
        ygap=3,
        hovertemplate="%{y} · %{x|%b %Y} · step %{z} of 5<extra></extra>",
        name="severity",
    )
    _veils(drawn, colours, pillars, starts[0], names[::-1])
    drawn.update_yaxes(showgrid=False, dtick=1)
    drawn.update_xaxes(showgrid=False, nticks=8)
    return watermark(drawn, colours, layer="above") if demo else drawn


def _z_panel(drawn: go.Figure, colours: Palette, history: pd.DataFrame) -> None:
    z = history["z"].to_numpy(float)
    keep = thin(z)
    drawn.add_scatter(
        x=days_of(history)[keep].astype(str),
        y=z[keep].astype(np.float32).round(2),
        mode="lines",
        yaxis="y2",
        line={"color": colours.categories[0], "width": 1.1},
        name="z, 2 years",
        hovertemplate="%{y:+.1f}",
    )
    for level in (-2, 0, 2):
        line = {"color": colours.strong, "width": 1, "dash": "solid" if level == 0 else "dot"}
        drawn.add_shape(type="line", x0=0, x1=1, xref="paper", y0=level, y1=level, yref="y2", line=line, layer="above")
    last = z[np.isfinite(z)]
    text = f"z {numbers.signed(float(last[-1]), 1)}" if len(last) else "z: too short"
    drawn.add_annotation(
        text=text,
        xshift=LABEL_SHIFT_PX,
        x=1.006,
        xref="paper",
        xanchor="left",
        y=float(last[-1]) if len(last) else 0,
        yref="y2",
    )


def _veils(
    drawn: go.Figure, colours: Palette, pillars: Mapping[str, PillarState], first: np.datetime64, rows: Sequence[str]
) -> None:
    """A thin sheet of ground over what is estimated."""
    for name, state in pillars.items():
        if not estimated_in(state.history):
            continue
        days, labelled = days_of(state.history), state.history["confirmed"].to_numpy() >= 0
        veiled = (proxy_of(state.history) & labelled & (days >= first)).astype(np.int8)
        row = rows.index(word(name))
        for start, stop, level in runs(veiled):
            if level:
                drawn.add_shape(
                    type="rect",
                    name="estimated",
                    layer="above",
                    line={"width": 0},
                    fillcolor=fade(colours.background, VEIL),
                    x0=str(days[start]),
                    x1=str(days[min(stop + 1, len(days) - 1)]),
                    y0=row - 0.5,
                    y1=row + 0.5,
                )


def _step_scale(colours: Palette) -> list[list[object]]:
    """Five discrete colours, calm ones faint."""
    scale: list[list[object]] = []
    for place, alpha in enumerate((0.30, 0.30, 0.75, 0.90, 1.00)):
        colour = fade(colours.steps[place], alpha)
        scale += [[place / 5, colour], [(place + 1) / 5, colour]]
    return scale


def _steps_of(state: PillarState) -> pd.Series:
    """Severity step per day; NaN where the pillar was grey."""
    table = np.array([*(float(step(level)) for level in state.levels), np.nan])
    return pd.Series(table[state.history["confirmed"].to_numpy()], state.history.index)

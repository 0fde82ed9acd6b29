"""What every history figure shares: the line, its bands, its boundaries and the present point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from lox_core import numbers
from lox_core.charts.bands import Days, Floats, boxes, thin
from lox_core.charts.theme import Palette, fade, plain
from lox_core.regimes.state import Cut, step, word

LABEL_GAP_PX = 15
SQUEEZE = 0.75


def line(
    drawn: go.Figure, colours: Palette, history: pd.DataFrame, words: NDArray[np.str_], *, title: str, unit: str
) -> None:
    """The line, thinned for the screen; estimated stretches in their own dashed trace."""
    values = history["value"].to_numpy(float)
    keep = thin(values)
    days = days_of(history)[keep].astype(str)
    shown = values[keep].astype(np.float32).round(4)
    estimated = history["proxy"].to_numpy(bool)[keep] if "proxy" in history else np.zeros(len(keep), bool)
    for name, where, drawn_as in (
        (title, ~estimated, {"color": colours.text, "width": 1.4}),
        (f"{title}, estimated", estimated, {"color": colours.muted, "width": 1.4, "dash": "dash"}),
    ):
        if where.any():
            drawn.add_scatter(
                x=days,
                y=np.where(where, shown, np.nan),
                mode="lines",
                line=drawn_as,
                customdata=words[keep],
                name=plain(name),
                hovertemplate="%{y:,.4~g}" + plain(numbers.suffix(unit)) + " · %{customdata}",
            )


def present(drawn: go.Figure, colours: Palette, history: pd.DataFrame, severity: int | None) -> None:
    """The last known point, in its severity's fill; muted where there is no label."""
    known = history["value"].dropna()
    colour = colours.muted if severity is None else colours.step(severity)
    drawn.add_scatter(
        x=[str(known.index[-1].date())],
        y=[round(float(known.iloc[-1]), 4)],
        mode="markers",
        marker={"size": 7, "color": colour, "line": {"color": colours.background, "width": 1.5}},
        hoverinfo="skip",
        cliponaxis=False,
        name="now",
    )


def ground(drawn: go.Figure, colours: Palette, days: Days, steps: NDArray[np.int8], low: float, high: float) -> None:
    """Steps 3 to 5 as ground behind the line; calm is the bare ground."""
    for severity in (3, 4, 5):
        x, y = boxes(days, steps, severity, low, high)
        if x:
            drawn.add_scatter(
                x=x,
                y=y,
                mode="lines",
                fill="toself",
                line={"width": 0},
                hoverinfo="skip",
                fillcolor=fade(colours.step(severity), colours.band_opacity),
                name=f"step {severity}",
            )


def boundaries(
    drawn: go.Figure, colours: Palette, cuts: Sequence[Cut], low: float, high: float, plot_px: float
) -> None:
    """Dotted entry levels, named at the right edge; names too close together are moved apart."""
    inside = sorted((cut for cut in cuts if low <= cut.enter <= high), key=lambda cut: cut.enter)
    scale = plot_px / (high - low)
    above = -np.inf
    for cut in inside:
        colour = colours.step(step(cut.regime))
        drawn.add_shape(
            type="line",
            x0=0,
            x1=1,
            xref="paper",
            y0=cut.enter,
            y1=cut.enter,
            yref="y",
            line={"color": colour, "width": 1, "dash": "dot"},
            layer="below",
        )
        place = max(cut.enter * scale, above + LABEL_GAP_PX)
        above = place
        text = f"{word(cut.regime)} {cut.enter:g}".replace("-", numbers.MINUS)
        drawn.add_annotation(
            x=1.006, xref="paper", xanchor="left", y=cut.enter, yref="y", text=text, yshift=place - cut.enter * scale
        )


def reach(values: Floats, cuts: Sequence[Cut]) -> tuple[float, float]:
    """The y range: the data, and the nearest boundary on either side unless it would squeeze the line."""
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(known.max())
    span = (high - low) or max(abs(high), 1.0)
    for cut in sorted(cut.enter for cut in cuts if cut.enter > high)[:1]:
        high = cut if cut - high < SQUEEZE * span else high
    for cut in sorted((cut.enter for cut in cuts if cut.enter < low), reverse=True)[:1]:
        low = cut if low - cut < SQUEEZE * span else low
    pad = 0.06 * ((high - low) or span)
    return low - pad, high + pad


def days_of(frame: pd.DataFrame) -> Days:
    """The index as ``datetime64[D]``."""
    return np.asarray(frame.index, "datetime64[D]")


def span_of(history: pd.DataFrame) -> list[str]:
    """First and last day, ISO, for an axis' range."""
    return [str(history.index[0].date()), str(history.index[-1].date())]

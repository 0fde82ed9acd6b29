"""What every history figure shares: the line, its bands, its boundaries and the present point."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from lox_core import numbers
from lox_core.charts.bands import Days, Floats, boxes, thin
from lox_core.charts.theme import Palette, fade, plain
from lox_core.regimes.state import Cut, PillarState, Reading, step, word

LABEL_GAP_PX = 15
LABEL_PX_A_LETTER, LABEL_LEAST_PX, LABEL_SHIFT_PX = 6.5, 40, 4
SQUEEZE = 0.75
ESTIMATED = 0.4


def quote_of(state: PillarState) -> Reading | None:
    """The input that quotes the pillar's driver after its last close; None where there is none."""
    driver = next(iter(state.inputs.values()), None)
    if driver is None:
        return None
    for reading in state.inputs.values():
        told = reading.intraday or reading.name == f"{driver.name} now"
        if told and reading.value is not None and reading.as_of is not None:
            return reading if driver.as_of is None or reading.as_of > driver.as_of else None
    return None


def estimated_in(history: pd.DataFrame) -> bool:
    """Whether any known value of a history is an estimate."""
    return "proxy" in history and bool((history["proxy"] & history["value"].notna()).any())


def line(
    drawn: go.Figure, colours: Palette, history: pd.DataFrame, words: NDArray[np.str_], *, title: str, unit: str
) -> None:
    """The line, thinned for the screen; estimated stretches in their own dashed trace."""
    values = history["value"].to_numpy(float)
    keep = thin(values)
    days = days_of(history)[keep].astype(str)
    shown = values[keep].astype(np.float32).round(4)
    estimated = proxy_of(history)[keep]
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


def present(
    drawn: go.Figure,
    colours: Palette,
    history: pd.DataFrame,
    severity: int | None,
    *,
    quote: Reading | None = None,
    quoted: int | None = None,
) -> None:
    """The last known point in its severity's fill, muted where there is no label; a newer quote as an open point."""
    known = history["value"].dropna()
    colour = colours.muted if severity is None else colours.step(severity)
    if quote is not None and quote.value is not None:
        ring = colours.text if quoted is None else colours.step(quoted)
        drawn.add_scatter(
            x=[str(quote.as_of)],
            y=[round(quote.value, 4)],
            mode="markers",
            marker={"size": 9, "symbol": "circle-open", "color": ring, "line": {"color": ring, "width": 2}},
            hoverinfo="skip",
            cliponaxis=False,
            name="quote",
        )
    drawn.add_scatter(
        x=[str(known.index[-1].date())],
        y=[round(float(known.iloc[-1]), 4)],
        mode="markers",
        marker={"size": 7, "color": colour, "line": {"color": colours.background, "width": 1.5}},
        hoverinfo="skip",
        cliponaxis=False,
        name="now",
    )


def ground(
    drawn: go.Figure, colours: Palette, history: pd.DataFrame, steps: NDArray[np.int8], low: float, high: float
) -> None:
    """Steps 3 to 5 as ground behind the line, paler where they rest on estimates; calm is the bare ground."""
    proxy = proxy_of(history)
    for severity in (3, 4, 5):
        for where, share, told in ((~proxy, 1.0, ""), (proxy, ESTIMATED, ", estimated")):
            x, y = boxes(days_of(history), np.where(where, steps, 0).astype(np.int8), severity, low, high)
            if x:
                drawn.add_scatter(
                    x=x,
                    y=y,
                    mode="lines",
                    fill="toself",
                    line={"width": 0},
                    hoverinfo="skip",
                    fillcolor=fade(colours.step(severity), colours.band_opacity * share),
                    name=f"step {severity}{told}",
                )


def boundaries(
    drawn: go.Figure, colours: Palette, cuts: Sequence[Cut], low: float, high: float, plot_px: float
) -> None:
    """Dotted entry levels, named at the right edge; names too close together are moved apart."""
    inside = within(cuts, low, high)
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
            layer="above",
        )
        place = max(cut.enter * scale, above + LABEL_GAP_PX)
        above = place
        drawn.add_annotation(
            x=1.006,
            xref="paper",
            xanchor="left",
            y=cut.enter,
            yref="y",
            text=named(cut),
            xshift=LABEL_SHIFT_PX,
            yshift=place - cut.enter * scale,
        )


def within(cuts: Sequence[Cut], low: float, high: float) -> list[Cut]:
    """The boundaries in reach of an axis, lowest first."""
    return sorted((cut for cut in cuts if low <= cut.enter <= high), key=lambda cut: cut.enter)


def named(cut: Cut) -> str:
    """A boundary's label: ``Contraction risk −0.7``."""
    return f"{word(cut.regime)} {cut.enter:g}".replace("-", numbers.MINUS)


def label_margin_px(labels: Iterable[str]) -> int:
    """How wide the right margin must be for the longest label."""
    longest = max((len(text) for text in labels), default=0)
    return max(LABEL_LEAST_PX, round(12 + LABEL_PX_A_LETTER * longest))


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


def proxy_of(history: pd.DataFrame) -> NDArray[np.bool_]:
    """Which days are estimates."""
    return history["proxy"].to_numpy(bool) if "proxy" in history else np.zeros(len(history), bool)


def span_of(history: pd.DataFrame, quote: Reading | None = None) -> list[str]:
    """First and last day, ISO, for an axis' range; a quote's day counts."""
    last = history.index[-1].date()
    if quote is not None and quote.as_of is not None:
        last = max(last, quote.as_of)
    return [str(history.index[0].date()), str(last)]

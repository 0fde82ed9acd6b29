"""A smile: the quotes it was fitted to, those it was not, the curve, and the strikes the book holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from lox_core.charts.theme import Palette, empty, figure, plain

if TYPE_CHECKING:
    from lox_core.options.surface import Smile, SmileQuote

HEIGHT, POINTS = 262, 121
REACH = 0.25  # log-moneyness shown on either side
Held = tuple[float, str, float]


def smile(
    colours: Palette, found: Smile | None, held: Sequence[Held], *, why: str = "", demo: bool = False
) -> go.Figure:
    """Volatility in percent by strike.

    Parameters
    ----------
    colours : Palette
    found : Smile or None
        None draws the reason ``why``.
    held : sequence of (strike, right, quantity)
        The book's contracts of this expiry, marked by hairlines.
    """
    if found is None:
        return empty(colours, HEIGHT, why or "No smile for this expiry.", demo=demo)
    low, high = found.forward * np.exp(-REACH), found.forward * np.exp(REACH)
    strikes = np.array([one.strike for one in found.quotes if one.vol is not None] or [found.forward])
    low, high = max(low, float(strikes.min())), min(high, float(strikes.max()))
    low, high = min([low, *(strike for strike, _, _ in held)]), max([high, *(strike for strike, _, _ in held)])
    drawn = figure(colours, HEIGHT, demo=demo, hovermode="closest")
    grid = np.linspace(low, high, POINTS)
    curve = 100 * found.vol(grid)
    used = [one for one in found.quotes if one.reason is None and one.vol is not None and low <= one.strike <= high]
    rest = [one for one in found.quotes if one.reason is not None and one.vol is not None and low <= one.strike <= high]
    bottom, top = float(curve.min()), float(curve.max())
    span = max(top - bottom, 1.0)
    rest = [one for one in rest if bottom - span < 100 * (one.vol or 0) < top + span]
    drawn.add_trace(
        _quotes(rest, {"symbol": "x-thin", "size": 5, "line": {"width": 1, "color": colours.muted}}, "not used")
    )
    ring = {"symbol": "circle-open", "size": 6, "color": colours.categories[0], "line": {"width": 1}}
    drawn.add_trace(_quotes(used, ring, "used"))
    line = {"color": colours.text, "width": 2}
    hover = "%{x:,.0f}: %{y:.1f} %<extra>fit</extra>"
    drawn.add_trace(go.Scatter(x=grid, y=curve, mode="lines", line=line, name="fit", hovertemplate=hover))
    _strikes(drawn, colours, held, bottom - 0.3 * span, top + 0.3 * span)
    dotted = {"color": colours.muted, "width": 1, "dash": "dot"}
    drawn.add_vline(x=found.forward, line=dotted)
    label = f"forward {found.forward:,.2f}"
    drawn.add_annotation(x=found.forward, y=1, yref="paper", text=label, xanchor="left", xshift=4, font={"size": 11})
    drawn.update_layout(
        xaxis={"tickformat": ",.0f", "range": [low, high]},
        yaxis={"ticksuffix": " %", "range": [bottom - 0.4 * span, top + 0.45 * span]},
    )
    return drawn


def _quotes(quotes: Sequence[SmileQuote], marker: dict[str, object], name: str) -> go.Scatter:
    return go.Scatter(
        x=[one.strike for one in quotes],
        y=[None if one.vol is None else 100 * one.vol for one in quotes],
        mode="markers",
        marker=marker,
        name=name,
        text=[plain(f"{'C' if one.is_call else 'P'} {one.strike:,.10g} {one.reason or ''}") for one in quotes],
        hovertemplate="%{text}: %{y:.1f} %<extra></extra>",
    )


def _strikes(drawn: go.Figure, colours: Palette, held: Sequence[Held], low: float, high: float) -> None:
    """Hairlines at the book's strikes with letter and quantity, all lines in one trace."""
    if not held:
        return
    x = [value for strike, _, _ in held for value in (strike, strike, None)]
    y = [value for _ in held for value in (low, high, None)]
    line = {"color": colours.accent, "width": 1}
    drawn.add_trace(go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name="held"))
    for strike, right, quantity in held:
        text = f"{right} {quantity:+g}".replace("-", "\u2212")
        place = {"x": strike, "y": 0, "yref": "paper", "yanchor": "bottom", "xanchor": "left", "xshift": 2}
        drawn.add_annotation(text=text, font={"size": 11, "color": colours.accent}, **place)

"""The portfolio's figures: what made the day, what a strategy would be worth, and how the account went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lox_core import numbers
from lox_core.charts.theme import Palette, empty, fade, template, watermark
from lox_core.charts.theme import figure as house

if TYPE_CHECKING:
    from lox_core.portfolio.attribution import Attribution
    from lox_core.portfolio.payoff import Payoff
    from lox_core.portfolio.performance import Performance

HALF_HEIGHT, NAV_HEIGHT = 262, 280
CAUSES = {
    "delta": "Delta",
    "gamma": "Gamma",
    "vega": "Vega",
    "theta": "Theta",
    "rho": "Rho",
    "cross": "Cross",
    "dividends": "Dividends",
    "residual": "Residual",
}
STEP_CAUSES = {"time": "Time", "spot": "Spot", "vol": "Vol", "rate": "Rate", "marks": "Marks"}


def attribution(colours: Palette, found: Attribution, *, by_steps: bool = False, demo: bool = False) -> go.Figure:
    """A waterfall from the day's causes to its P&L; the residual is hatched, for it is nobody's doing."""
    names = STEP_CAUSES if by_steps else CAUSES
    parts = found.steps if by_steps else found.effects
    bars = [(word, parts.get(name, 0.0), name in ("residual", "marks")) for name, word in names.items()]
    bars += [("Trades", found.trades, False), ("Expiring", found.expiring_pnl, False)]
    shown = [
        (word, value, odd)
        for word, value, odd in bars
        if abs(value) >= 0.5 or word in ("Delta", "Theta", "Spot", "Time")
    ]
    if found.pnl is None:
        return empty(colours, HALF_HEIGHT, "No P&L: no position has a price at both ends of the day.", demo=demo)
    drawn = house(colours, HALF_HEIGHT, demo=demo, hovermode="closest")
    level = 0.0
    for word, value, odd in shown:
        drawn.add_trace(_bar(colours, word, level, value, hatched=odd))
        level += value
    drawn.add_trace(_bar(colours, "Total", 0.0, found.pnl, hatched=False))
    drawn.add_hline(y=0, line={"color": colours.strong, "width": 1})
    drawn.update_layout(barmode="overlay", yaxis={"tickformat": ",.0f"}, margin={"l": 8, "r": 8, "t": 20, "b": 8})
    return drawn


def _bar(colours: Palette, word: str, base: float, value: float, *, hatched: bool) -> go.Bar:
    colour = colours.up if value >= 0 else colours.down
    pattern = {"shape": "/", "size": 5, "fgcolor": colour, "bgcolor": colours.background} if hatched else {}
    text = numbers.signed(value)
    return go.Bar(
        x=[word],
        y=[value],
        base=[base],
        marker={"color": colour, "pattern": pattern, "line": {"color": colour, "width": 1 if hatched else 0}},
        text=[text],
        textposition="outside",
        textfont={"color": colours.text},
        cliponaxis=False,
        hovertemplate=f"{word} {text}<extra></extra>",
        name=word,
    )


def payoff(colours: Palette, found: Payoff, *, chosen_name: str = "", demo: bool = False) -> go.Figure:
    """P&L over the spot: today dotted, a chosen day dashed, the first expiry solid over its area."""
    drawn = house(colours, HALF_HEIGHT, demo=demo)
    for sign, colour in ((1, colours.up), (-1, colours.down)):
        area = np.maximum(found.at_expiry, 0) if sign > 0 else np.minimum(found.at_expiry, 0)
        fill = {"fill": "tozeroy", "fillcolor": fade(colour, 0.13), "line": {"width": 0}}
        drawn.add_trace(go.Scatter(x=found.spots, y=area, hoverinfo="skip", mode="lines", **fill))
    lines = [("at expiry", found.at_expiry, {"color": colours.text, "width": 2})]
    if found.chosen is not None:
        lines.append((chosen_name, found.chosen, {"color": colours.categories[1], "width": 1.4, "dash": "dash"}))
    lines.append(("today", found.today, {"color": colours.categories[0], "width": 1.6, "dash": "dot"}))
    for name, values, line in lines:
        drawn.add_trace(
            go.Scatter(x=found.spots, y=values, mode="lines", line=line, name=name, hovertemplate="%{y:,.0f}")
        )
    low, high = float(min(line[1].min() for line in lines)), float(max(line[1].max() for line in lines))
    _upright(drawn, colours, [found.spot], low, high, "dot")
    _upright(drawn, colours, found.strikes, low, high, None)
    for level in found.break_evens:
        if not found.spots[0] <= level <= found.spots[-1]:
            continue  # it would stretch the axis far beyond what is drawn
        label = f"{level:,.2f}"
        drawn.add_annotation(x=level, y=0, text=label, yshift=-10, font={"size": 11}, name="break-even")
    drawn.add_annotation(
        x=found.spot, y=high, text=f"spot {found.spot:,.2f}", xanchor="left", xshift=4, font={"size": 11}
    )
    drawn.add_hline(y=0, line={"color": colours.strong, "width": 1})
    drawn.update_layout(xaxis={"tickformat": ",.0f"}, yaxis={"tickformat": "~s"})
    return drawn


def _upright(
    drawn: go.Figure, colours: Palette, levels: Sequence[float], low: float, high: float, dash: str | None
) -> None:
    """Vertical hairlines at levels, all in one trace, which is much faster than a shape each."""
    if not levels:
        return
    x = [value for level in levels for value in (level, level, None)]
    y = [value for _ in levels for value in (low, high, None)]
    line = {"color": colours.muted if dash else colours.grid, "width": 1, "dash": dash or "solid"}
    drawn.add_trace(go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name="levels"))


def nav_and_drawdown(
    colours: Palette,
    equity: Mapping[date, float],
    performance: Performance | None,
    *,
    liquidation: Mapping[date, float] | None = None,
    demo: bool = False,
) -> go.Figure:
    """The account's value by day, what leaving would have brought where it is known, and below it the drawdown."""
    if len(equity) < 2:
        return empty(colours, NAV_HEIGHT, "No history yet: one point is written each day Lox is opened.", demo=demo)
    drawn = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.05)
    drawn.update_layout(template=template(colours), height=NAV_HEIGHT)
    days, values = list(equity), list(equity.values())
    line = {"color": colours.text, "width": 1.6}
    drawn.add_trace(go.Scatter(x=days, y=values, mode="lines", line=line, name="mid", hovertemplate="%{y:$,.0f}"), 1, 1)
    if liquidation:
        dashed = {"color": colours.categories[0], "width": 1.4, "dash": "dash"}
        x, y = list(liquidation), list(liquidation.values())
        drawn.add_trace(
            go.Scatter(x=x, y=y, mode="lines+markers", line=dashed, marker={"size": 4}, name="liquidation"), 1, 1
        )
    if performance is not None:
        x, y = list(performance.drawdowns), [100 * fall for fall in performance.drawdowns.values()]
        fill = {"fill": "tozeroy", "fillcolor": fade(colours.muted, 0.25), "line": {"color": colours.muted, "width": 1}}
        drawn.add_trace(go.Scatter(x=x, y=y, mode="lines", name="drawdown", hovertemplate="%{y:.1f} %", **fill), 2, 1)
    drawn.update_yaxes(tickformat="~s", row=1, col=1)
    drawn.update_yaxes(ticksuffix=" %", nticks=3, row=2, col=1)
    return watermark(drawn, colours) if demo else drawn

"""How every Lox figure looks: two palettes, one Plotly template, the severity colours and the demo watermark.

Figures are finished here and drawn with the page's theming off, so they are the same in the app and in a report.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import plotly.graph_objects as go

FONT = "Source Sans, system-ui, sans-serif"
EMPTY_LETTERS, EMPTY_LINES = 56, 4
WATERMARK_PX = 44
Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Palette:
    """Colours of one theme; ``steps`` and ``step_texts`` are severity 1 to 5, ``categories`` in order of use."""

    name: Theme
    background: str
    surface: str
    border: str
    strong: str
    text: str
    muted: str
    faint: str
    grid: str
    accent: str
    up: str
    down: str
    steps: tuple[str, str, str, str, str]
    step_texts: tuple[str, str, str, str, str]
    categories: tuple[str, ...]
    band_opacity: float
    watermark_opacity: float

    def step(self, step: int) -> str:
        """The fill of severity ``step``, 1 to 5."""
        return self.steps[step - 1]


LIGHT = Palette(
    name="light",
    background="#FFFFFF",
    surface="#F4F6F8",
    border="#DDE2E8",
    strong="#C3CBD4",
    text="#141A21",
    muted="#55606D",
    faint="#66717E",
    grid="#E9EDF1",
    accent="#2456C8",
    up="#0E7F5D",
    down="#D22B50",
    steps=("#1D9DCB", "#65727D", "#C48902", "#974802", "#74054C"),
    step_texts=("#0B6A8E", "#55606D", "#7A5400", "#8A4200", "#74054C"),
    categories=("#2456C8", "#3A9D90", "#5E3A1E", "#A06CB8", "#7F8A3C", "#55606D"),
    band_opacity=0.16,
    watermark_opacity=0.06,
)
DARK = Palette(
    name="dark",
    background="#0F1318",
    surface="#181E26",
    border="#2A323D",
    strong="#3D4754",
    text="#E8ECF1",
    muted="#A3AEBB",
    faint="#8C97A5",
    grid="#1F262F",
    accent="#6EA0FF",
    up="#6FDCA6",
    down="#E0596C",
    steps=("#4580B5", "#989CA1", "#FFDB4A", "#E6914D", "#E98BEA"),
    step_texts=("#7FB4E2", "#B4BAC1", "#FFDB4A", "#F0A265", "#F09BE8"),
    categories=("#6EA0FF", "#53D6C9", "#F3DDB0", "#9477A6", "#6E9048", "#A3AEBB"),
    band_opacity=0.20,
    watermark_opacity=0.08,
)


def palette(theme: str | None) -> Palette:
    """The palette of a theme's name; light until a browser has said which."""
    return DARK if theme == "dark" else LIGHT


@lru_cache(maxsize=2)
def template(colours: Palette) -> go.layout.Template:
    """The Plotly template of one palette."""
    axis = {
        "gridcolor": colours.grid,
        "gridwidth": 1,
        "zeroline": False,
        "linecolor": colours.strong,
        "showline": False,
        "ticks": "",
        "ticklabelstandoff": 4,
        "tickfont": {"size": 12, "color": colours.muted},
        "title": {"font": {"size": 12, "color": colours.muted}, "standoff": 6},
        "automargin": True,
    }
    hover = {
        "bgcolor": colours.surface,
        "bordercolor": colours.strong,
        "font": {"family": FONT, "size": 12, "color": colours.text},
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 12, "color": colours.text},
            "paper_bgcolor": colours.background,
            "plot_bgcolor": colours.background,
            "colorway": list(colours.categories),
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": axis | {"showgrid": False, "showline": True},
            "yaxis": axis | {"nticks": 6},
            "annotationdefaults": {"font": {"size": 12, "color": colours.muted}, "showarrow": False},
            "hoverlabel": hover,
            "hovermode": "x unified",
            "showlegend": False,
            "separators": ".,",
            "dragmode": False,
            "bargap": 0.25,
        }
    )


def figure(colours: Palette, height_px: int, *, demo: bool = False, **layout: Any) -> go.Figure:
    """An empty figure in the house style, with the watermark when ``demo``.

    Parameters
    ----------
    colours : Palette
    height_px : int
        At least 200.
    demo : bool
        Whether the numbers are simulated: then ``DEMO`` stands behind the traces, in exports too.
    **layout
        Further Plotly layout.
    """
    drawn = go.Figure(layout={"template": template(colours), "height": max(height_px, 200), **layout})
    return watermark(drawn, colours) if demo else drawn


def watermark(drawn: go.Figure, colours: Palette, *, layer: Literal["below", "above"] = "below") -> go.Figure:
    """``DEMO`` across the plot; ``above`` for figures whose traces fill the ground, such as heat maps."""
    ink = fade(colours.text, colours.watermark_opacity)
    label = {
        "text": "DEMO",
        "textposition": "middle center",
        "font": {"size": WATERMARK_PX, "weight": 700, "color": ink},
    }
    frame = {"x0": 0, "x1": 1, "y0": 0, "y1": 1, "xref": "paper", "yref": "paper", "line": {"width": 0}}
    return drawn.add_shape(type="rect", layer=layer, label=label, name="watermark", **frame)


def empty(colours: Palette, height_px: int, why: str, *, demo: bool = False) -> go.Figure:
    """A figure that says in words why there is nothing to draw, at the height the data would have had."""
    drawn = figure(colours, height_px, demo=demo)
    drawn.update_xaxes(visible=False)
    drawn.update_yaxes(visible=False)
    lines = textwrap.wrap(why, EMPTY_LETTERS, max_lines=EMPTY_LINES, placeholder=" …")
    text = "<br>".join(plain(line) for line in lines)
    above = WATERMARK_PX if demo else 0  # the watermark stands in the middle
    drawn.add_annotation(
        text=text, x=0.5, y=0.5, yshift=above, yanchor="bottom", xref="paper", yref="paper", name="nothing"
    )
    return drawn


def plain(text: str) -> str:
    """Text for a figure: Plotly reads a few HTML tags in labels, links among them, so markup is made harmless."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fade(colour: str, alpha: float) -> str:
    """``#RRGGBB`` as ``rgba()`` with opacity ``alpha``."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"

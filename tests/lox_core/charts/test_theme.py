from __future__ import annotations

import tomllib

import pytest

from lox_core.charts import theme
from tests.conftest import ROOT

CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
BOTH = pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@BOTH
def test_text_can_be_read_and_fills_can_be_seen(colours):
    for ink in (colours.text, colours.muted, colours.accent, *colours.step_texts):
        assert contrast(ink, colours.background) >= 4.5
    for fill in (*colours.steps, colours.up, colours.down):
        assert contrast(fill, colours.background) >= 3.0


@BOTH
def test_figures_and_page_share_their_colours(colours):
    page = CONFIG[colours.name]
    assert colours.background == page["backgroundColor"]
    assert colours.text == page["textColor"]
    assert list(colours.categories) == page["chartCategoricalColors"]
    named = [page[f"{name}Color"] for name in ("blue", "gray", "yellow", "orange", "violet")]
    assert list(colours.steps) == named


@BOTH
def test_a_figure_is_opaque_so_that_it_survives_a_theme_switch(colours):
    layout = theme.figure(colours, 250).layout.template.layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == colours.background
    assert layout.showlegend is False


def test_a_height_is_never_under_200():
    assert theme.figure(theme.LIGHT, 90).layout.height == 200


def test_only_a_demo_figure_says_so():
    marked, plain = theme.figure(theme.LIGHT, 250, demo=True), theme.figure(theme.LIGHT, 250)
    assert [shape.label.text for shape in marked.layout.shapes] == ["DEMO"]
    assert marked.layout.shapes[0].layer == "below"
    assert not plain.layout.shapes


def test_an_empty_figure_says_why_and_renders_no_markup():
    drawn = theme.empty(theme.DARK, 250, "no data <a href='https://example.invalid'>here</a>")
    text = drawn.layout.annotations[0].text
    assert "no data" in text
    assert "<" not in text


def test_light_until_a_browser_says_dark():
    assert theme.palette(None) is theme.LIGHT
    assert theme.palette("dark") is theme.DARK


def test_a_faded_colour_keeps_its_channels():
    assert theme.fade("#102030", 0.25) == "rgba(16,32,48,0.25)"

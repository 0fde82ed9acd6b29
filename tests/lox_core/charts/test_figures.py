from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from lox_core.charts.bands import RANGES
from lox_core.charts.cuts import cuts_of
from lox_core.charts.macro import macro_path, score_history
from lox_core.charts.regimes import pillar_history, timeline
from lox_core.charts.theme import DARK, LIGHT
from lox_core.clock import AsOf
from lox_core.regimes.rules import default_rules
from lox_core.regimes.state import PILLARS, MacroState, PillarState
from tests.lox_ui.board_factory import board

BOARD = board(AsOf.on(date(2026, 11, 20)))
BOTH = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
EMPTY = PillarState(
    name="credit", levels=("euphoric", "benign"), raw=None, confirmed=None, score=None, missing_reason="<b>no key</b>"
)
NO_MACRO = MacroState("Insufficient data", "insufficient_data", "unknown", "unknown", None, "insufficient_data", 0.0)


def words(drawn) -> str:
    return " ".join(note.text for note in drawn.layout.annotations)


def named(drawn, name):
    return next(trace for trace in drawn.data if trace.name == name)


@BOTH
@pytest.mark.parametrize("name", PILLARS)
@pytest.mark.parametrize("span", RANGES)
def test_every_pillar_can_be_drawn_light_enough_for_a_page(colours, name, span):
    drawn = pillar_history(
        colours, BOARD.pillars[name], days=RANGES[span], cuts=cuts_of(name, default_rules()), title="Driver"
    )
    assert len(drawn.data) <= 10
    assert len(drawn.to_json()) < 250_000
    assert named(drawn, "z, 2 years").yaxis == "y2"


def test_bands_lie_under_the_line_and_only_from_step_three():
    drawn = pillar_history(LIGHT, BOARD.pillars["volatility"], days=None, title="VIX")
    order = [trace.name for trace in drawn.data]
    bands = [name for name in order if name.startswith("step ")]
    assert bands
    assert set(bands) <= {"step 3", "step 4", "step 5"}
    assert max(order.index(name) for name in bands) < order.index("VIX")


def test_boundaries_are_drawn_and_named():
    drawn = pillar_history(
        LIGHT, BOARD.pillars["volatility"], days=None, cuts=cuts_of("volatility", default_rules()), title="VIX"
    )
    assert "Stress 25" in words(drawn)
    levels = {shape.y0 for shape in drawn.layout.shapes if shape.yref == "y"}
    assert {13, 18, 25, 35} <= levels


def test_an_estimate_is_a_dashed_line_of_its_own():
    drawn = pillar_history(LIGHT, BOARD.pillars["credit"], days=None, title="HY OAS")
    estimated = named(drawn, "HY OAS, estimated")
    assert estimated.line.dash == "dash"
    both = np.isfinite(np.asarray(estimated.y, float)) & np.isfinite(np.asarray(named(drawn, "HY OAS").y, float))
    assert not both.any()


def test_a_hole_in_the_data_stays_a_hole():
    state = BOARD.pillars["volatility"]
    history = state.history.copy()
    history.iloc[-30:-10, history.columns.get_loc("value")] = np.nan
    drawn = pillar_history(LIGHT, replace(state, history=history), days=183, title="VIX")
    assert np.isnan(np.asarray(named(drawn, "VIX").y, float)).sum() == 20
    assert named(drawn, "VIX").connectgaps is not True


def test_a_grey_pillar_has_a_muted_point():
    drawn = pillar_history(LIGHT, BOARD.pillars["fiscal"], days=731)
    assert named(drawn, "now").marker.color == LIGHT.muted


def test_without_history_the_figure_says_why_in_plain_text():
    drawn = pillar_history(DARK, EMPTY, days=731)
    assert not drawn.data
    assert "no key" in words(drawn)
    assert "<b>" not in words(drawn)


def test_the_timeline_has_a_row_for_every_pillar_and_holes_where_there_is_nothing():
    drawn = timeline(LIGHT, BOARD.pillars)
    heat = drawn.data[0]
    assert [str(name).lower() for name in heat.y][::-1] == list(PILLARS)
    table = np.asarray(heat.z, float)
    funding = table[list(heat.y).index("Funding")]
    assert np.isnan(funding[0])
    assert np.isfinite(funding[-1])
    assert np.isnan(table[list(heat.y).index("Fiscal")][-1])
    assert set(np.unique(table[np.isfinite(table)])) <= {1.0, 2.0, 3.0, 4.0, 5.0}


def test_a_timeline_of_nothing_says_so():
    assert "No pillar" in words(timeline(LIGHT, {"credit": EMPTY}))
    silent = BOARD.pillars["credit"].history.assign(confirmed=np.int8(-1))
    assert "No pillar" in words(timeline(LIGHT, {"credit": replace(EMPTY, history=silent)}))


@BOTH
def test_the_score_has_its_bands_and_its_cuts(colours):
    drawn = score_history(colours, BOARD.macro, days=None)
    assert len(drawn.data) <= 10
    assert "Risk off 65" in words(drawn)
    assert "No risk score" in words(score_history(colours, NO_MACRO, days=None))


@BOTH
def test_the_path_ends_at_the_present_axes(colours):
    drawn = macro_path(colours, BOARD.macro)
    trail = named(drawn, "path")
    assert len(trail.x) == 24
    assert trail.x[-1] == pytest.approx(BOARD.macro.growth_axis, abs=1e-3)
    assert all(corner in words(drawn) for corner in ("Goldilocks", "Reflation", "Stagflation", "Slowdown"))


def test_a_path_leaves_out_months_without_an_axis():
    history = BOARD.macro.history.copy()
    history.loc[history.index[-60:-20], "growth"] = np.nan
    drawn = macro_path(LIGHT, replace(BOARD.macro, history=history))
    months = [pd.Timestamp(text).to_period("M") for text in named(drawn, "path").customdata]
    assert len(set(months)) == len(months) == 24
    assert any((later - earlier).n > 1 for earlier, later in pairwise(months))
    assert "No macro path" in words(macro_path(LIGHT, NO_MACRO))


@pytest.mark.parametrize("demo", [True, False])
def test_every_figure_carries_the_watermark_in_demo_and_only_then(demo):
    figures = [
        pillar_history(LIGHT, BOARD.pillars["volatility"], days=183, demo=demo),
        pillar_history(LIGHT, EMPTY, days=183, demo=demo),
        timeline(LIGHT, BOARD.pillars, demo=demo),
        score_history(LIGHT, BOARD.macro, days=183, demo=demo),
        macro_path(LIGHT, BOARD.macro, demo=demo),
    ]
    for drawn in figures:
        assert (
            "DEMO" in json.dumps(json.loads(drawn.to_json())["layout"]["shapes"] if drawn.layout.shapes else [])
        ) is demo


@pytest.mark.parametrize("name", PILLARS)
def test_cuts_are_the_engines_own_and_name_its_levels(name):
    rules = default_rules()
    cuts = cuts_of(name, rules)
    assert cuts
    assert {cut.regime for cut in cuts} <= set(rules[name]["levels"])


def test_cuts_follow_a_changed_threshold():
    rules = dict(default_rules())
    rules["volatility"] = {**rules["volatility"], "enter": [11, 18, 25, 35]}
    assert cuts_of("volatility", rules)[0].enter == 11
    assert cuts_of("weather", rules) == ()


def test_estimated_years_are_veiled_on_the_timeline_and_pale_under_the_line():
    veils = [shape for shape in timeline(LIGHT, BOARD.pillars).layout.shapes if shape.name == "estimated"]
    assert veils
    credit = BOARD.pillars["credit"].history
    last = credit.index[credit["proxy"]][-1].date()
    assert all(pd.Timestamp(shape.x0).date() <= last for shape in veils)
    assert len({shape.y0 for shape in veils}) == 1


def test_ticks_either_side_of_zero_carry_signs_and_zero_none():
    drawn = macro_path(LIGHT, BOARD.macro, calm=0.25)
    words = list(drawn.layout.xaxis.ticktext)
    assert words == [word.replace("-", "−") for word in words]
    middle = list(drawn.layout.xaxis.tickvals).index(0)
    assert words[middle].lstrip("0.") == ""
    assert all(word[0] == "−" for word in words[:middle])
    assert all(word[0] == "+" for word in words[middle + 1 :])
    assert len(words) <= 7


def test_a_quote_newer_than_the_close_is_an_open_point():
    state = BOARD.pillars["volatility"]
    close = next(iter(state.inputs.values()))
    plain = {close.name: replace(close, as_of=date(2026, 11, 19), intraday=False)}
    now = replace(close, name=f"{close.name} now", value=44.0, as_of=date(2026, 11, 20), intraday=True)
    drawn = pillar_history(LIGHT, replace(state, inputs={**plain, now.name: now}), days=183, title="VIX")
    assert named(drawn, "quote").marker.symbol == "circle-open"
    assert list(named(drawn, "quote").y) == [44.0]
    assert drawn.layout.yaxis.range[1] > 44.0
    drawn = pillar_history(LIGHT, replace(state, inputs=plain), days=183, title="VIX")
    assert all(trace.name != "quote" for trace in drawn.data)

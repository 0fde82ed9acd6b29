"""The portfolio's figures: what they draw, in both palettes, and what they say where there is nothing to draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from lox_core.charts import options as option_figures
from lox_core.charts import portfolio as figures
from lox_core.charts.theme import DARK, LIGHT
from lox_core.clock import NEW_YORK
from lox_core.options.surface import Smile, SmileQuote
from lox_core.portfolio.attribution import EFFECTS, STEPS, Attribution
from lox_core.portfolio.payoff import Payoff
from lox_core.portfolio.performance import performance

AT = datetime(2026, 11, 20, 15, 0, tzinfo=NEW_YORK)
BOTH = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])


def day(**effects: float) -> Attribution:
    told = dict.fromkeys(EFFECTS, 0.0) | effects
    total = sum(told.values())
    steps = dict.fromkeys(STEPS, 0.0) | {"spot": total}
    return Attribution(AT - timedelta(days=1), AT, (), (), told, steps, 0.0, total, 0.0, 0.01, 5.0, (), ())


def strategy(chosen: bool = True) -> Payoff:
    spots = np.linspace(600, 700, 101)
    end = np.clip(spots - 650, 0, 10) * 100 - 500
    later = end * 0.8 if chosen else None
    return Payoff("SPY", 655.0, spots, end * 0.5, later, end, AT, (655.0,), 500.0, -500.0, (650.0, 660.0), "mark")


def smile() -> Smile:
    quotes = tuple(
        SmileQuote(strike, strike > 650, 1.0, 1.1, 0.2 + (650 - strike) / 1000, None if strike % 20 else "in the money")
        for strike in np.arange(560.0, 741.0, 10.0)
    )
    knots = np.linspace(-0.14, 0.13, 7)
    return Smile("SPY", date(2027, 1, 15), AT, 0.15, 652.0, 0.01, 0.04, knots, 0.2 - 0.6 * knots, quotes)


@BOTH
def test_a_waterfall_ends_at_the_total_and_hatches_the_residual(colours):
    drawn = figures.attribution(colours, day(delta=-1180, gamma=340, theta=369, residual=214), demo=True)
    bars = {trace.name: trace for trace in drawn.data}
    assert list(bars) == ["Delta", "Gamma", "Theta", "Residual", "Total"]
    assert bars["Gamma"].base[0] == -1180
    assert bars["Total"].y[0] == pytest.approx(-257)
    assert bars["Residual"].marker.pattern.shape == "/"
    assert bars["Delta"].marker.color == colours.down
    assert bars["Delta"].text[0] == "−1,180"
    assert "DEMO" in str(drawn.layout.shapes)
    assert drawn.layout.paper_bgcolor or drawn.layout.template.layout.paper_bgcolor == colours.background


def test_steps_and_a_day_without_prices():
    stepped = figures.attribution(LIGHT, day(delta=50.0), by_steps=True)
    assert [trace.name for trace in stepped.data] == ["Time", "Spot", "Total"]
    nothing = figures.attribution(LIGHT, replace(day(), pnl=None))
    assert not nothing.data
    assert "No P&amp;L" in nothing.layout.annotations[0].text


@BOTH
def test_a_payoff_has_its_three_lines_spot_and_break_even(colours):
    drawn = figures.payoff(colours, strategy(), chosen_name="on 9 Dec")
    names = [trace.name for trace in drawn.data if trace.name]
    assert [name for name in names if name != "levels"] == ["at expiry", "on 9 Dec", "today"]
    said = " ".join(one.text for one in drawn.layout.annotations)
    assert "spot 655.00" in said
    assert "655.00" in said
    assert "DEMO" not in str(drawn.layout.shapes)
    assert len([t for t in figures.payoff(colours, strategy(chosen=False)).data if t.name == "on 9 Dec"]) == 0


def test_many_strikes_are_one_trace():
    wide = replace(strategy(), strikes=tuple(np.linspace(610.0, 690.0, 40)))
    assert len(figures.payoff(LIGHT, wide).data) == len(figures.payoff(LIGHT, strategy()).data)


@BOTH
def test_a_smile_shows_used_and_rejected_quotes_and_the_books_strikes(colours):
    drawn = option_figures.smile(colours, smile(), [(640.0, "P", -3.0), (660.0, "C", 2.0)], demo=True)
    traces = {trace.name: trace for trace in drawn.data}
    assert set(traces) == {"not used", "used", "fit", "held"}
    assert len(traces["used"].x) + len(traces["not used"].x) <= len(smile().quotes)
    assert np.interp(652.0, traces["fit"].x, traces["fit"].y) == pytest.approx(20.0, abs=0.1)
    said = " ".join(one.text for one in drawn.layout.annotations)
    assert "P −3" in said
    assert "C +2" in said


def test_without_a_smile_the_reason_is_drawn():
    drawn = option_figures.smile(LIGHT, None, [], why="No chain was <quoted>.")
    assert "No chain was &lt;quoted&gt;." in drawn.layout.annotations[0].text


@BOTH
def test_the_account_and_its_drawdown(colours):
    equity = {date(2026, 11, 1) + timedelta(days=i): value for i, value in enumerate([100.0, 110.0, 90.0, 95.0])}
    found = performance(list(equity.items()))
    drawn = figures.nav_and_drawdown(colours, equity, found, liquidation={date(2026, 11, 2): 109.0}, demo=True)
    traces = {trace.name: trace for trace in drawn.data}
    assert set(traces) == {"mid", "liquidation", "drawdown"}
    assert min(traces["drawdown"].y) == pytest.approx(100 * (90 / 110 - 1))
    assert "DEMO" in str(drawn.layout.shapes)


def test_a_history_of_one_day_says_so():
    drawn = figures.nav_and_drawdown(LIGHT, {date(2026, 11, 1): 100.0}, None)
    assert "No history yet" in drawn.layout.annotations[0].text

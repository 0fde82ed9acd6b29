"""A scripted swing moves every series of its axis together, each at the lead its measure needs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lox_core.demo.episodes import LEVELS
from lox_core.demo.swings import summed, swing
from lox_core.demo.world import world_of

MONTHS = np.arange("2004-01", "2030-01", dtype="datetime64[M]").astype("datetime64[D]")
NAMES = ("growth_swing", "inflation_swing")


@pytest.mark.parametrize("name", NAMES)
def test_the_script_swings_within_one_to_three_years(name):
    knots = LEVELS[name]
    signs = np.sign(knots.levels[1:])
    assert (signs[1:] == -signs[:-1]).all()
    cycle_months = (knots.days[3:] - knots.days[1:-2]).astype(int) / 30.44
    assert 12 <= cycle_months.min() <= cycle_months.max() <= 37
    assert np.abs(knots.levels).max() < 2


@pytest.mark.parametrize("name", NAMES)
def test_a_lead_reads_the_cycle_ahead(name):
    ahead = swing(name, MONTHS, lead_months=12.0)
    assert np.abs(ahead[:-12] - swing(name, MONTHS[12:])).max() < 0.02
    assert np.abs(ahead - swing(name, MONTHS)).max() > 0.5


@pytest.mark.parametrize("name", NAMES)
def test_a_sum_moves_at_the_cycles_pace_and_does_not_drift(name):
    total = summed(name, MONTHS)
    assert np.corrcoef(np.diff(total), swing(name, MONTHS)[1:])[0, 1] > 0.95
    assert abs(total.mean()) < 0.5 * (total.max() - total.min())
    assert np.abs(total).max() < 15
    assert np.array_equal(summed(name, MONTHS[:60]), total[:60])


def test_the_measures_of_growth_rise_and_fall_together():
    world = world_of()

    def final(series_id: str) -> pd.Series:
        line = world.lines[series_id]
        return pd.Series(line.value, pd.DatetimeIndex(line.date))

    made, hired, claims = final("INDPRO"), final("PAYEMS"), final("ICSA")
    trend = -(claims.rolling(4).mean() / claims.rolling(26).mean() - 1)
    measures = pd.DataFrame(
        {
            "activity": final("CFNAIMA3"),
            "production": made / made.shift(6) - 1,
            "payrolls": hired.diff(3) / 3 - hired.diff(12) / 12,
            "claims": trend.resample("MS").mean(),
        }
    )
    apart = measures["2010":"2019"].corr().to_numpy()[np.triu_indices(4, 1)]
    assert apart.min() > 0.35
    assert apart.mean() > 0.5


def test_the_measures_of_inflation_rise_and_fall_together():
    world = world_of()
    lines = {name: world.lines[name] for name in ("CPILFESL", "STICKCPIM157SFRBATL", "T5YIE")}
    core, sticky, forward = (pd.Series(line.value, pd.DatetimeIndex(line.date)).dropna() for line in lines.values())
    measures = pd.DataFrame(
        {
            "core": (core / core.shift(3)) ** 4 - core / core.shift(12),
            "sticky": sticky.rolling(3).mean() * 12 - sticky.rolling(12).sum(),
            "forward": forward.diff(63).resample("MS").mean(),
        }
    )
    apart = measures["2010":"2019"].corr().to_numpy()[np.triu_indices(3, 1)]
    assert apart.min() > 0.2
    assert apart.mean() > 0.4

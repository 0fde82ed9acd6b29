"""What a boundary announces is what the engine's own walk does.

The input moved by the distance and held for as many steps as ``needs`` says arrives at the regime; one step fewer does
not. Histories are random walks of the measures themselves, walked whole again with the held steps appended.
"""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import recorded
from lox_core.catalog import Observations, series
from lox_core.clock import AsOf
from lox_core.regimes.board import build_board
from lox_core.regimes.pillars import (
    climb,
    credit,
    fiscal_rules,
    funding,
    growth_rules,
    inflation_rules,
    rates_rules,
    volatility,
)
from lox_core.regimes.pillars.rates_borders import Stand, borders_of
from lox_core.regimes.state import Boundary
from lox_core.regimes.walks import BOTH
from tests.lox_core.regimes.bench import RULES, known

HYSTERESIS = RULES["hysteresis"]
PRINTS = HYSTERESIS["leave_prints"]
MANY = settings(max_examples=400)
seeds = st.integers(0, 10**6)


def held(boundary: Boundary) -> int:
    """The steps a boundary says must hold."""
    return int(re.match(r"(\d+) (more )?(close|print|statement)s?\b", boundary.needs).group(1))


def nudged(value: float, distance: float) -> float:
    """Across the cut, not only on it."""
    return value + distance + np.sign(distance) * 1e-8


def walk_of(rng: np.random.Generator, count: int, low: float, high: float, grid: float) -> np.ndarray:
    """A random walk inside a range, often standing exactly on round values."""
    steps = rng.standard_normal(count) * (high - low) / rng.choice([8, 20, 60])
    path = np.clip(np.cumsum(steps) + rng.uniform(low, high), low, high)
    return np.round(path / grid) * grid


def ways_of(one: Boundary, found: list[Boundary]) -> dict[str, float]:
    """The moves a boundary takes, by input: its own, and the other's where it says so."""
    together = [one]
    if one.needs.endswith(BOTH):
        together = [other for other in found if (other.regime, other.needs) == (one.regime, one.needs)]
        assert len(together) == 2
    return {other.input: other.distance for other in together}


def arrives(boundary: Boundary, levels: list[str], ahead) -> None:
    """``ahead(steps)`` walks the history with so many held steps and gives the last level's index."""
    steps = held(boundary)
    assert levels[ahead(steps)] == boundary.regime
    assert levels[ahead(steps - 1)] != boundary.regime


@pytest.mark.parametrize("name", ["volatility", "credit"])
@given(seeds)
@MANY
def test_ladders(name, seed):
    section, rng = RULES[name], np.random.default_rng(seed)
    low, high = (9, 45) if name == "volatility" else (2, 11)
    values = walk_of(rng, 90, low, high, 0.05)

    def walked(extra):
        return climb.climb(np.append(values, extra), section, RULES)

    steps = walked([])
    score = float(climb.score_of(values[-1:], section)[0])
    found = climb.borders_of(values[-1], steps.end, score, section, name="x", unit="x", rules=RULES)
    assert len(found) == (1 if steps.end.state in (0, 4) else 2)
    for one in found:
        to = nudged(values[-1], one.distance)
        arrives(one, section["levels"], lambda count, to=to: walked([to] * count).end.state)


@given(seeds)
@MANY
def test_rates(seed):
    section, rng = RULES["rates"], np.random.default_rng(seed)
    drift, vol = walk_of(rng, 90, -70, 70, 0.5), walk_of(rng, 90, 50, 170, 1.0)

    def end(more_drift=(), more_vol=()):
        moves = rates_rules.Moves(np.append(drift, more_drift), np.append(vol, more_vol))
        return rates_rules.classify(moves, section, HYSTERESIS)[1].end

    stand = Stand(drift[-1], vol[-1], end(), 50.0, section, HYSTERESIS)
    found = borders_of(stand)
    assert found
    for one in found:
        way = ways_of(one, found)
        to_drift = nudged(drift[-1], way.get("DGS10 Δ20d", 0.0))
        to_vol = nudged(vol[-1], way.get("DGS10 vol20d", 0.0))
        arrives(one, section["levels"], lambda n, d=to_drift, v=to_vol: end([d] * n, [v] * n).state)


@given(seeds)
@MANY
def test_funding(seed):
    section, rng = RULES["funding"], np.random.default_rng(seed)
    spread = walk_of(rng, 90, -14, 34, 1.0)

    def end(extra=()):
        raw = funding.raw_levels(np.append(spread, extra), section)
        return funding.walked(raw, HYSTERESIS).end

    found = funding.borders_of(spread, end(), 50.0, section, HYSTERESIS)
    assert found
    for one in found:
        to = nudged(spread[-1], one.distance)
        arrives(one, section["levels"], lambda count, to=to: end([to] * count).state)


def pulse_of(rng: np.random.Generator) -> growth_rules.Pulse:
    """Ninety days with a print of the index about every fourth; claims and the Sahm rule move in between."""
    printed = rng.random(90) < 0.25
    place = np.maximum(np.maximum.accumulate(np.where(printed, np.arange(90), 0)), 0)
    return growth_rules.Pulse(
        index=walk_of(rng, 90, -1.2, 1.0, 0.05)[place],
        sahm=walk_of(rng, 90, 0.0, 0.9, 0.05) if rng.random() < 0.8 else np.full(90, np.nan),
        claims_pct=walk_of(rng, 90, -10, 20, 1.0) if rng.random() < 0.8 else np.full(90, np.nan),
        print_no=np.cumsum(printed),
    )


@given(seeds)
@MANY
def test_growth(seed):
    section, pulse = RULES["growth"], pulse_of(np.random.default_rng(seed))
    fields = {"CFNAIMA3": "index", "SAHMREALTIME": "sahm", "ICSA 4w/26w": "claims_pct"}
    now = pulse.last()

    def end(name="CFNAIMA3", to=None, count=0):
        values = {}
        for key, field in fields.items():
            last = to if key == name else now[key]
            values[field] = np.append(getattr(pulse, field), [last] * count)
        number = np.append(pulse.print_no, pulse.print_no[-1] + 1 + np.arange(count))
        return growth_rules.classify(growth_rules.Pulse(**values, print_no=number), section, PRINTS)[1].end

    found = growth_rules.borders_of(now, end(), 50.0, section, PRINTS)
    assert found
    assert len({one.regime for one in found}) == len(found)
    for one in found:
        to = nudged(now[one.input], one.distance)
        arrives(one, section["levels"], lambda count, one=one, to=to: end(one.input, to, count).state)


@given(seeds)
@MANY
def test_inflation(seed):
    section, rng = RULES["inflation"], np.random.default_rng(seed)
    rate = walk_of(rng, 40, -1.0, 7.0, 0.1)

    def end(extra=()):
        return inflation_rules.classify(np.append(rate, extra), section, PRINTS)[1].end

    stand = end()
    found = inflation_rules.borders_of(rate[-1], stand, 50.0, section, name="x", leave_prints=PRINTS)
    for one in found:
        to = nudged(rate[-1], one.distance)
        arrives(one, section["levels"], lambda count, to=to: end([to] * count).state)
    assert ("deflation_risk" in {one.regime for one in found}) or stand.state >= inflation_rules.DEFLATION


def strain_of(rng: np.random.Generator) -> fiscal_rules.Strain:
    printed = rng.random(90) < 0.25
    place = np.maximum.accumulate(np.where(printed, np.arange(90), 0))
    return fiscal_rules.Strain(
        deficit_pct=walk_of(rng, 90, 1, 9, 0.25)[place],
        burden_pct=walk_of(rng, 90, 7, 21, 0.5) if rng.random() < 0.8 else np.full(90, np.nan),
        premium_bp=walk_of(rng, 90, -20, 70, 5) if rng.random() < 0.8 else np.full(90, np.nan),
        shock_up=walk_of(rng, 90, -1, 1, 0.1) > 0,
        print_no=np.cumsum(printed),
    )


@given(seeds)
@MANY
def test_fiscal(seed):
    section, strain = RULES["fiscal"], strain_of(np.random.default_rng(seed))
    fields = {
        fiscal_rules.DEFICIT: "deficit_pct",
        fiscal_rules.BURDEN: "burden_pct",
        fiscal_rules.PREMIUM: "premium_bp",
    }
    now = strain.last()

    def end(ways=None, count=0, shock=now.shock_up):
        values = {}
        for name, field in fields.items():
            to = nudged(now.of(name), (ways or {}).get(name, 0.0))
            values[field] = np.append(getattr(strain, field), [to] * count)
        shocks = np.append(strain.shock_up, np.full(count, shock))
        number = np.append(strain.print_no, strain.print_no[-1] + 1 + np.arange(count))
        whole = fiscal_rules.Strain(**values, shock_up=shocks, print_no=number)
        return fiscal_rules.classify(whole, section)[1].end

    found = fiscal_rules.borders_of(now, end(), 50.0, section)
    assert found
    for one in found:
        ways = ways_of(one, found)
        shock = now.shock_up or "in a rate shock up" in one.needs
        arrives(one, section["levels"], lambda count, w=ways, s=shock: end(w, count, s).state)


@pytest.mark.parametrize(("build", "driver"), [(volatility.build, "VIXCLS"), (credit.build, "BAMLH0A0HYM2")])
@given(seeds)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_closes_appended_day_by_day_make_the_announced_regime(market, build, driver, seed):
    """From observations to the label and back: the pillar built anew on every day."""
    rows = market[driver]
    cut = int(np.random.default_rng(seed).integers(400, len(rows) - 40))

    def pillar(more):
        values = np.append(rows.value[: cut + 1], more)
        dates = rows.date[: len(values)]
        moved = Observations.of(series(driver), dates, values, source="TEST")
        return build(known(moved, day=dates[-1].item()))

    for one in pillar([]).boundaries:
        to = nudged(float(rows.value[cut]), one.distance)
        assert pillar([to] * held(one)).confirmed == one.regime
        assert pillar([to] * (held(one) - 1)).confirmed != one.regime


@pytest.mark.real
def test_december_2008_on_the_board(shared_dir):
    """Confirmed high, the rate at 1.07: on target after one more print, deflation risk at the door."""
    state = build_board(AsOf.on(date(2008, 12, 20)), recorded.observations()).pillars["inflation"]
    found = {one.regime: one for one in state.boundaries}
    assert (state.confirmed, state.raw) == ("high", "on_target")
    assert (found["on_target"].distance, found["on_target"].needs) == (0.0, "1 more print")
    assert -0.1 < found["deflation_risk"].distance < 0
    assert found["deflation_risk"].needs == "1 print"
    assert state.next_boundary == found["deflation_risk"]

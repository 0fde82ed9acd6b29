"""The JSON that outside programs rely on."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.clock import AsOf, Clock
from lox_core.regimes.state import BANDS, PILLARS, QUADRANTS
from lox_core.settings import Settings
from lox_core.workbench import Workbench
from lox_core.workbench.payload import board_json, history_json, significant

SLUGS = {
    "volatility": {"complacent", "normal", "elevated", "stress", "crisis"},
    "credit": {"euphoric", "benign", "cautious", "stressed", "crisis"},
    "rates": {"calm", "repricing", "shock_up", "shock_down", "disorderly"},
    "funding": {"abundant", "ample", "tightening", "stress", "crisis"},
    "growth": {"boom", "expansion", "slowing", "contraction_risk", "recession"},
    "inflation": {"deflation_risk", "on_target", "above", "high", "hot"},
    "fiscal": {"benign", "watch", "strained", "extreme", "funding_event"},
}
FLAGS = {"inversion", "backwardation", "contango", "widening_fast", "accelerating", "deanchoring"}
MACRO = {"label", "quadrant", "liquidity", "stress", "risk_score", "band", "coverage", "contributions"}
PILLAR = {"raw", "confirmed", "score", "days_in_state", "flags", "inputs", "next_boundary", "why", "missing_reason"}
INPUT = {"value", "unit", "as_of", "age_days", "z", "vintage", "source", "proxy"}


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench.build(Settings.from_layers({}), Clock(datetime(2026, 11, 23, 15, 0, tzinfo=UTC)))


@pytest.fixture(scope="module", params=["2026-11-20", "2020-03-23", "2004-01-02"])
def document(bench, request) -> dict:
    report = bench.board(AsOf.on(date.fromisoformat(request.param)))
    return json.loads(json.dumps(board_json(report.board, bench.mode), allow_nan=False))


def test_the_shape_is_the_contract(document):
    assert set(document) >= {"as_of", "mode", "macro", "pillars"}
    assert set(document["macro"]) >= MACRO
    assert list(document["pillars"]) == list(PILLARS)
    for name, pillar in document["pillars"].items():
        assert set(pillar) >= PILLAR
        assert {pillar["raw"], pillar["confirmed"]} <= SLUGS[name] | {None}
        assert set(pillar["flags"]) <= FLAGS
        for reading in pillar["inputs"].values():
            assert set(reading) >= INPUT
    assert document["macro"]["quadrant"] in {*QUADRANTS, None}
    assert document["macro"]["band"] in {*BANDS, "insufficient_data"}


def test_what_is_missing_is_null_beside_a_reason(document):
    for pillar in document["pillars"].values():
        grey = pillar["raw"] is None
        assert (pillar["confirmed"] is None) == grey
        assert (pillar["score"] is None) == grey
        assert bool(pillar["missing_reason"]) == grey
        for reading in pillar["inputs"].values():
            assert reading["value"] is not None or reading["missing_reason"]


def test_contributions_sum_in_the_document_too(document):
    macro = document["macro"]
    assert 50 + sum(macro["contributions"].values()) == pytest.approx(macro["score_before_floors"], abs=1e-6)


@given(st.one_of(st.floats(-1e300, 1e300), st.sampled_from([math.nan, math.inf, -math.inf])))
def test_ten_significant_digits_and_no_nan(value):
    rounded = significant(value)
    if not math.isfinite(value):
        assert rounded is None
    else:
        assert rounded == pytest.approx(value, rel=1e-9, abs=1e-300)
        assert float(f"{rounded:.10g}") == rounded  # ten digits say all there is


def test_the_history_starts_where_it_is_asked_to(bench):
    pillar = bench.board(AsOf.on(date(2026, 11, 20))).board.pillars["volatility"]
    rows = history_json(pillar, date(2026, 11, 2))
    assert rows[0]["date"] == "2026-11-02"
    assert rows[-1]["date"] == "2026-11-20"
    assert set(rows[0]) == {"date", "raw", "confirmed", "score"}
    assert rows[-1]["confirmed"] == pillar.confirmed


def test_an_estimated_day_says_so(bench):
    pillar = bench.board(AsOf.on(date(2026, 11, 20))).board.pillars["credit"]
    rows = history_json(pillar, None)
    assert any(row.get("proxy") for row in rows)
    assert not any(row.get("proxy") for row in rows[-250:])

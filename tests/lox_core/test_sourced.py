"""A value keeps its origin through everything done to it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime

import pytest

from lox_core.sourced import Attempt, Gap, Sourced

TEN_YEAR = Sourced(
    value=4.31,
    as_of=datetime(2024, 5, 1, tzinfo=UTC),
    fetched_at=datetime(2024, 5, 2, 13, 0, tzinfo=UTC),
    source="FRED:DGS10",
    route="last_good",
    attempts=(Attempt("FMP", "timed out"),),
)


def test_map_changes_the_value_and_nothing_else():
    in_bp = TEN_YEAR.map(lambda percent: round(percent * 100))
    assert in_bp.value == 431
    for field in fields(Sourced):
        if field.name != "value":
            assert getattr(in_bp, field.name) == getattr(TEN_YEAR, field.name)


def test_earlier_attempts_go_before_its_own():
    tried = TEN_YEAR.via(Attempt("Alpaca", "no key"), Attempt("FMP stable", "503"))
    assert [attempt.source for attempt in tried.attempts] == ["Alpaca", "FMP stable", "FMP"]
    assert tried.value == TEN_YEAR.value
    assert [attempt.source for attempt in TEN_YEAR.attempts] == ["FMP"]


def test_a_datum_is_live_unless_said_otherwise():
    live = Sourced(value=1, as_of=TEN_YEAR.as_of, fetched_at=TEN_YEAR.fetched_at, source="FRED:X")
    assert (live.route, live.attempts) == ("live", ())


def test_origin_cannot_be_rewritten():
    with pytest.raises(FrozenInstanceError):
        TEN_YEAR.source = "FRED:DGS2"  # type: ignore[misc]


def test_origin_cannot_be_left_out():
    with pytest.raises(TypeError, match="source"):
        Sourced(value=1, as_of=TEN_YEAR.as_of, fetched_at=TEN_YEAR.fetched_at)  # type: ignore[call-arg]


def test_staleness_is_not_stored():
    assert not any("stale" in field.name or "age" in field.name for field in fields(Sourced))


def test_a_gap_says_why_and_what_was_tried():
    gap = Gap("VIXCLS", "FRED_API_KEY is not set.", (Attempt("FRED", "no key"),))
    assert (gap.item, gap.reason, gap.attempts[0].outcome) == ("VIXCLS", "FRED_API_KEY is not set.", "no key")

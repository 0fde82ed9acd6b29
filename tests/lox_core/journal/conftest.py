"""A journal of the test's own, and days to put into it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lox_core.clock import Clock
from lox_core.journal import Journal
from lox_core.journal.database import Database, file_url
from lox_core.journal.records import AttributionRecord, DayRecord, PositionRecord, RegimeRecord

CLOCK = Clock.from_setting("2026-11-23T16:30:00-05:00")
LATER = Clock.from_setting("2026-11-23T17:30:00-05:00")
TODAY = date(2026, 11, 23)


def journal_at(path: Path, clock: Clock = CLOCK, busy_s: float = 10.0) -> Journal:
    return Journal(Database(file_url(path), busy_s=busy_s), clock)


def a_day(equity: float = 100_000.0, day: date = TODAY, **changed: object) -> DayRecord:
    fields = {
        "account": "PA***1",
        "mode": "live",
        "date": day,
        "equity": equity,
        "cash": 40_000.0,
        "nav_mid": equity + 120.0,
        "nav_liquidation": equity - 80.0,
        "coverage": 0.95,
        "positions": (
            PositionRecord("SPY", 100.0, 660.0, 660.01),
            PositionRecord("SPY261218P00600000", -2.0, None, 3.1, {"vol": 0.19, "spot": float("nan")}),
        ),
        "attribution": (
            AttributionRecord("SPY", 130.0, 130.0, 130.0, 0.0),
            AttributionRecord("total", 90.0, 85.0, 88.0, 5.0, alarm=True, details={"delta": 100.0}),
        ),
        "regime": a_regime(day),
    }
    return DayRecord(**{**fields, **changed})  # type: ignore[arg-type]


def a_regime(day: date = TODAY, **changed: object) -> RegimeRecord:
    fields = {
        "mode": "live",
        "date": day,
        "regime": "goldilocks",
        "vix": 16.5,
        "hy_oas": 3.1,
        "yield_10y": 4.02,
        "risk_score": 41.0,
        "pillars": {"volatility": "normal", "credit": None},
        "inputs": {"volatility": {"VIXCLS": {"value": 16.5}}},
    }
    return RegimeRecord(**{**fields, **changed})  # type: ignore[arg-type]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.sqlite3"


@pytest.fixture
def journal(file: Path) -> Journal:
    return journal_at(file)

"""A journal of the test's own, and days to put into it."""

from __future__ import annotations

import contextlib
import sqlite3
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


# What the earlier generation wrote: three tables, no account, no mode, no unique day.
PREVIOUS = """
CREATE TABLE nav_history (id INTEGER NOT NULL, date DATE, equity FLOAT, cash FLOAT, created_at DATETIME,
  PRIMARY KEY (id));
CREATE TABLE trades (id INTEGER NOT NULL, symbol VARCHAR, side VARCHAR, quantity FLOAT, price FLOAT, filled_at DATETIME,
  strategy VARCHAR, created_at DATETIME, PRIMARY KEY (id));
CREATE TABLE regime_history (id INTEGER NOT NULL, date DATE, regime VARCHAR, vix FLOAT, hy_oas FLOAT, yield_10y FLOAT,
  created_at DATETIME, PRIMARY KEY (id));
"""
ROWS = """
INSERT INTO nav_history VALUES
  (1, '2026-01-05', 100.0, 10.0, '2026-01-05 21:00:00.000000'),
  (2, '2026-01-06', 101.0, NULL, '2026-01-06 21:30:00'),
  (3, '2026-01-06', 999.0, 11.0, '2026-01-06 15:00:00'),
  (4, '2026-01-07', NULL, 12.0, '2026-01-07 21:00:00'),
  (5, '2026-01-08 00:00:00', 103.0, 12.0, NULL),
  (6, '2026-01-08', 104.0, 12.0, '2026-01-08T21:00:00+00:00'),
  (7, 'yesterday', 105.0, 12.0, NULL);
INSERT INTO trades VALUES
  (1, 'SPY', 'buy', 10, 600.5, '2026-01-05 15:00:00', 'core', '2026-01-05 15:01:00'),
  (2, 'SPY', 'buy', 10, 600.5, '2026-01-05 15:00:00', NULL, NULL),
  (3, NULL, 'sell', 1, 1.0, '2026-01-05 15:00:00', NULL, NULL);
INSERT INTO regime_history VALUES
  (1, '2026-01-05', 'risk on', 14.5, 2.9, 4.1, '2026-01-05 21:00:00'),
  (2, '2026-01-05', 'neutral', 15.5, NULL, 4.2, '2026-01-05 22:00:00');
"""


def previous(file: Path, script: str = PREVIOUS + ROWS) -> Path:
    file.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)
    return file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.sqlite3"


@pytest.fixture
def journal(file: Path) -> Journal:
    return journal_at(file)

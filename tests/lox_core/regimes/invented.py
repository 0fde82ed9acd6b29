"""An invented market for the engine's tests: every catalog series as a seeded, plausible walk."""

from __future__ import annotations

from datetime import date

import numpy as np

from lox_core.calendars import sessions_between
from lox_core.catalog import SERIES, Observations, Series, series

WALKS = {
    "VIXCLS": (18, 0.06, True), "VXVCLS": (20, 0.04, True), "BAMLH0A0HYM2": (4.2, 0.02, True),
    "BAMLC0A0CM": (1.3, 0.02, True), "BAMLH0A3HYC": (9.0, 0.02, True), "BAMLH0A1HYBB": (2.6, 0.02, True),
    "BAA10Y": (2.2, 0.01, True), "BAA": (5.5, 0.02, True), "SP500": (3000, 0.01, True), "NASDAQCOM": (9000, 0.01, True),
    "ICSA": (230_000, 0.03, True), "PAYEMS": (150_000, 0.001, True), "INDPRO": (100, 0.004, True),
    "CPIAUCNS": (280, 0.004, True), "CPIAUCSL": (280, 0.003, True), "CPILFESL": (285, 0.002, True),
    "GDP": (21_000, 0.01, True), "A091RC1Q027SBEA": (600, 0.02, True), "FGRECPT": (3_800, 0.02, True),
    "WALCL": (7_000_000, 0.004, True), "WDTGAL": (600_000, 0.05, True), "WTREGEN": (600_000, 0.05, True),
    "RRPONTSYD": (400, 0.05, True), "MTSDS133FMS": (-90_000, 40_000, False), "STICKCPIM157SFRBATL": (0.25, 0.08, False),
    "CFNAIMA3": (0.0, 0.15, False), "CFNAI": (0.0, 0.4, False), "SAHMREALTIME": (0.1, 0.05, False),
}  # fmt: skip
STEPS = {"weekly": 7, "monthly": 1, "quarterly": 3}


TRENDS = dict.fromkeys(("CPIAUCNS", "CPIAUCSL", "CPILFESL", "PAYEMS", "INDPRO", "GDP", "SP500", "NASDAQCOM"), 1.0)


def reverting(steps: np.ndarray, memory: float) -> np.ndarray:
    """A walk pulled back to zero: each value is ``memory`` of the one before, plus its step."""
    out, value = np.empty(len(steps)), 0.0
    for place, step in enumerate(steps.tolist()):
        value = memory * value + step
        out[place] = value
    return out


def dates_of(spec: Series, first: date, last: date) -> np.ndarray:
    """Observation dates of a series in a span, as FRED would date them."""
    if spec.frequency == "daily":
        return sessions_between(first, last)
    if spec.frequency == "calendar_daily":
        return np.arange(first, last, dtype="datetime64[D]")
    if spec.frequency == "weekly":
        return np.arange(np.datetime64(first), np.datetime64(last), np.timedelta64(7, "D"))
    months = np.arange(np.datetime64(first, "M"), np.datetime64(last, "M"))
    return months[:: STEPS[spec.frequency]].astype("datetime64[D]")


def observations(
    seed: int = 1, first: date = date(2011, 1, 3), last: date = date(2020, 12, 31), only: tuple[str, ...] = ()
) -> dict[str, Observations]:
    """Every series (or only some), each a walk around its usual level."""
    found = {}
    for place, name in enumerate(only or SERIES):
        spec = series(name)
        rng = np.random.default_rng([seed, place])
        dates = dates_of(spec, first, last)
        level, size, in_logs = WALKS.get(name, (2.5, 0.04, False))
        pulled = reverting(rng.standard_normal(len(dates)), TRENDS.get(name, 0.97))
        value = level * np.exp(size * pulled) if in_logs else level + size * pulled
        found[name] = Observations.of(spec, dates, value, source=f"TEST:{name}")
    return found

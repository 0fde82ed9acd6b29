"""Small made-up histories for one pillar at a time: values in, observations of a series out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np

from lox_core.calendars import nyse
from lox_core.catalog import Observations, series
from lox_core.clock import AsOf
from lox_core.regimes.known import Known
from lox_core.regimes.rules import Rules, default_rules
from lox_core.regimes.state import PillarState, Reading

RULES = default_rules()
LAST = date(2024, 6, 12)  # a Wednesday with no month end near it
CALM = 70  # observations of a quiet beginning: the first sixty carry no label


def sessions(count: int, last: date = LAST) -> np.ndarray:
    """The last ``count`` sessions up to ``last``."""
    days = nyse().days
    return days[days <= np.datetime64(last)][-count:]


def daily(name: str, values: Sequence[float], last: date = LAST) -> Observations:
    """A daily series ending at ``last``."""
    return Observations.of(series(name), sessions(len(values), last), np.asarray(values, float), source=f"TEST:{name}")


def weekly(name: str, values: Sequence[float], last: date) -> Observations:
    """A weekly series ending on ``last``."""
    days = np.datetime64(last) - 7 * np.arange(len(values))[::-1]
    return Observations.of(series(name), days, np.asarray(values, float), source=f"TEST:{name}")


def monthly(name: str, values: Sequence[float], last: str, step: int = 1) -> Observations:
    """A monthly (``step`` 3: quarterly) series whose newest month is ``last`` (``2024-04``)."""
    months = np.datetime64(last, "M") - step * np.arange(len(values))[::-1]
    days = months.astype("datetime64[D]")
    return Observations.of(series(name), days, np.asarray(values, float), source=f"TEST:{name}")


def known(*rows: Observations, day: date = LAST, rules: Rules = RULES, quotes: dict[str, Reading] | None = None):
    """The engine's inputs at the end of a day."""
    found = {one.series_id: one for one in rows}
    return Known.at(AsOf.on(day), found, rules=rules, quotes=quotes)


def labels(state: PillarState, count: int, column: str = "confirmed") -> list[str]:
    """The last labels of a pillar's history, in words; grey days are ``grey``."""
    names = [*state.levels, "grey"]
    return [names[level] for level in state.history[column].to_numpy()[-count:]]


def told(state: PillarState) -> dict[str, tuple[float, str]]:
    """Boundaries by regime: distance and wait of the nearest."""
    found: dict[str, tuple[float, str]] = {}
    for one in state.boundaries:
        if one.regime not in found or abs(one.distance) < abs(found[one.regime][0]):
            found[one.regime] = (one.distance, one.needs)
    return found


def at_the_exit(pillar: Callable[..., PillarState], quiet: float, leave: float) -> tuple[list[str], ...]:
    """Labels of a ladder held at an exit value for nine closes, a hair below it for five, and below it but for one."""
    below = leave - 0.01
    return (
        labels(pillar([leave] * 9, quiet=quiet), 9),
        labels(pillar([below] * 5, quiet=quiet), 5),
        labels(pillar([*[below] * 4, leave, *[below] * 4], quiet=quiet), 9),
    )

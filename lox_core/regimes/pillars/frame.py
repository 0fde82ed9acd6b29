"""What every pillar does once its levels are confirmed: lay them on the grid, score, date, and explain them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lox_core import numbers
from lox_core.regimes import flips
from lox_core.regimes.known import Known
from lox_core.regimes.rules import Rules
from lox_core.regimes.state import GREY, Boundary, PillarState, Reading, word
from lox_core.regimes.trend import Spell, spells, trend_of

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Track:
    """A pillar on the trading-day grid.

    ``raw`` and ``confirmed`` are level indices, -1 grey; ``score`` NaN where grey; ``value`` and ``z`` the driver's,
    kept where stale so that the chart can show them; ``proxy`` where the driver is an estimate.
    """

    raw: Levels
    confirmed: Levels
    score: Floats
    value: Floats
    z: Floats
    proxy: NDArray[np.bool_]

    def or_else(self, other: Track) -> Track:
        """The track itself where it has a label, the other where only that one has."""
        use = (self.confirmed == GREY) & (other.confirmed != GREY)
        columns = (np.where(use, getattr(other, f.name), getattr(self, f.name)) for f in fields(Track))
        return Track(*columns)

    def frame(self, known: Known) -> pd.DataFrame:
        """The history frame of :class:`PillarState`."""
        return pd.DataFrame(
            {
                "raw": self.raw,
                "confirmed": self.confirmed,
                "score": self.score,
                "value": self.value,
                "z": self.z,
                "proxy": self.proxy,
            },
            index=pd.DatetimeIndex(known.grid, name="date"),
        )


@dataclass(frozen=True, eq=False)
class Findings:
    """What a pillar knows beyond its track.

    Readings (the driver first), flags, borders, the rule in words, the readings that decide the level (the driver
    unless named), the optional series, and a quote newer than the last close with the raw level it makes.
    """

    readings: list[Reading]
    boundaries: list[Boundary] = field(default_factory=list)
    flags: tuple[str, ...] = ()
    rule_words: str = ""
    deciding: tuple[str, ...] = ()
    optional: Sequence[tuple[str, ...]] = ()
    missing_reason: str | None = None
    quote: Reading | None = None
    quoted_raw: int = GREY


def points_of(on: Mapping[str, NDArray[np.bool_]], section: Rules) -> Floats:
    """Points the flags add per grid day, from the days each is on."""
    points: Floats = np.sum([np.where(days, float(section["flags"][flag]), 0.0) for flag, days in on.items()], axis=0)
    return points


def flags_of(on: Mapping[str, NDArray[np.bool_]]) -> tuple[str, ...]:
    """The flags that are on at the last day: those that added points, no others."""
    return tuple(flag for flag, days in on.items() if days[-1])


def grey(name: str, levels: tuple[str, ...], known: Known, readings: list[Reading], reason: str) -> PillarState:
    """A pillar with no history at all."""
    empty = len(known.grid)
    track = Track(
        np.full(empty, GREY, np.int8), np.full(empty, GREY, np.int8), np.full(empty, np.nan),
        np.full(empty, np.nan), np.full(empty, np.nan), np.zeros(empty, bool),
    )  # fmt: skip
    return assemble(name, levels, known, track, Findings(readings, missing_reason=reason))


def assemble(name: str, levels: tuple[str, ...], known: Known, track: Track, found: Findings) -> PillarState:
    """The pillar's state at the as-of, from its track and findings."""
    history = track.frame(known)
    history["coverage"] = np.where(track.confirmed == GREY, 0.0, known.presence(found.optional))
    inputs = {reading.name: reading for reading in found.readings}
    last = int(track.confirmed[-1]) if len(track.confirmed) else GREY
    if last == GREY or found.missing_reason:
        reason = (found.missing_reason or "no usable observation").rstrip(".")
        return PillarState(
            name=name, levels=levels, raw=None, confirmed=None, score=None, inputs=inputs, missing_reason=reason,
            why=f"{word(name)} is grey: {reason}.", history=_greyed(history), coverage=0.0,
        )  # fmt: skip
    runs = spells(known.grid, track.confirmed)
    previous = next((run.level for run in reversed(runs[:-1]) if run.level != last), None)
    since, days = _state_since(runs)
    raw = int(track.raw[-1]) if found.quote is None else found.quoted_raw
    boundaries = tuple(sorted(found.boundaries, key=lambda b: -b.score_distance))
    state = PillarState(
        name=name,
        levels=levels,
        raw=levels[raw] if raw != GREY else None,
        confirmed=levels[last],
        score=float(track.score[-1]),
        flags=found.flags,
        days_in_state=days,
        since=since,
        previous=levels[previous] if previous is not None else None,
        inputs=inputs,
        next_boundary=min(boundaries, key=lambda b: abs(b.score_distance), default=None),
        boundaries=boundaries,
        rule=f"{name}.{levels[last]}",
        coverage=float(history["coverage"].iloc[-1]),
        trend=trend_of(known.grid, track.score, runs, known.rules, close=known.close),
        history=history,
        intraday=found.quote is not None and found.quote.intraday,
        quote=found.quote,
        why="",
    )
    return _explained(state, found)


def _state_since(runs: list[Spell]) -> tuple[date, int]:
    """First day and length of the present state; a grey gap inside one state does not restart it."""
    level = runs[-1].level
    days, first = 0, runs[-1].first
    for run in reversed(runs):
        if run.level != level:
            break
        days, first = days + run.days, run.first
    return first, days


def _greyed(history: pd.DataFrame) -> pd.DataFrame:
    """A grey pillar's last day carries no label, whatever an estimate says."""
    if len(history):
        history.loc[history.index[-1], ["raw", "confirmed"]] = GREY
        history.loc[history.index[-1], "score"] = np.nan
        history.loc[history.index[-1], "coverage"] = 0.0
    return history


def _explained(state: PillarState, found: Findings) -> PillarState:
    """Fill in ``why``: rule, deciding inputs with age and vintage, previous label, what flips it."""
    parts = [f"{word(state.confirmed or '')} by {state.rule}: {found.rule_words}"]
    parts += [_told(state.inputs[name]) for name in found.deciding or (found.readings[0].name,)]
    if state.raw != state.confirmed and state.raw is not None:
        parts.append(f"{_teller(state)} says {word(state.raw)}")
    if state.flags:
        parts.append("flags: " + ", ".join(flag.replace("_", " ") for flag in state.flags))
    before = f", before that {word(state.previous)}" if state.previous else ""
    parts.append(f"in force since {numbers.day(state.since)}{before}")
    if state.next_boundary is not None:
        parts.append(_nearest(state, state.next_boundary))
    return replace(state, why="; ".join(parts) + ".")


def _teller(state: PillarState) -> str:
    """Whose word the raw level is."""
    if state.quote is None:
        return "today's cut alone"
    return "a quote of the running session" if state.intraday else "a value newer than the last close"


def _nearest(state: PillarState, flip: Boundary) -> str:
    if flip.distance == 0:
        title = flips.title_of(state, flip.input)
        return f"nearest flip: {word(flip.regime)} after {flip.needs} if {title} stays there"
    return f"nearest flip: {flips.moved(state, flip)} to {word(flip.regime)}, {flip.needs}"


def _told(reading: Reading) -> str:
    if reading.value is None:
        return f"{reading.title} is missing"
    dated = f"vintage {reading.vintage}" if reading.vintage != "lag rule" else "dated by the release rule"
    value = numbers.reading(reading.value, reading.unit)
    return f"{reading.title} {value} of {numbers.day(reading.as_of)}, {reading.age_days} d old, {dated}"

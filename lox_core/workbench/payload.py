"""The board as the JSON that outside programs rely on (names and shapes are a contract).

Numbers carry at most ten significant digits; a missing one is ``null`` beside a ``missing_reason``.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from lox_core.regimes.state import GREY, QUADRANTS, Board, Boundary, PillarState, Reading

Json = dict[str, Any]


def significant(value: float | None) -> float | int | None:
    """At most ten significant digits; None for a missing or infinite number."""
    if value is None or not math.isfinite(value):
        return None
    rounded = float(f"{value:.10g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def board_json(board: Board, mode: str) -> Json:
    """``lox research regimes --json``."""
    macro = board.macro
    return {
        "as_of": str(board.as_of),
        "mode": mode,
        "macro": {
            "label": macro.label,
            "quadrant": macro.quadrant if macro.quadrant in QUADRANTS else None,
            "leaning": macro.leaning,
            "liquidity": macro.liquidity,
            "stress": macro.stress,
            "risk_score": significant(macro.risk_score),
            "score_before_floors": significant(macro.score_before_floors),
            "floor": significant(macro.floor),
            "floor_reason": macro.floor_reason or None,
            "band": macro.band,
            "coverage": significant(macro.coverage),
            "contributions": {name: significant(value) for name, value in macro.contributions.items()},
            "growth_axis": significant(macro.growth_axis),
            "inflation_axis": significant(macro.inflation_axis),
            "days_in_state": macro.days_in_state,
            "why": macro.why,
            "missing_reason": macro.missing_reason,
        },
        "pillars": {name: pillar_json(pillar) for name, pillar in board.pillars.items()},
    }


def pillar_json(pillar: PillarState) -> Json:
    """One pillar's object; a grey one has ``raw``, ``confirmed`` and ``score`` null and a ``missing_reason``."""
    return {
        "raw": pillar.raw,
        "confirmed": pillar.confirmed,
        "score": significant(pillar.score),
        "days_in_state": pillar.days_in_state,
        "flags": list(pillar.flags),
        "inputs": {name: reading_json(reading) for name, reading in pillar.inputs.items()},
        "next_boundary": _boundary(pillar.next_boundary),
        "boundaries": [_boundary(boundary) for boundary in pillar.boundaries],
        "since": _day(pillar.since),
        "previous": pillar.previous,
        "coverage": significant(pillar.coverage),
        "intraday": pillar.intraday,
        "why": pillar.why,
        "missing_reason": pillar.missing_reason,
    }


def reading_json(reading: Reading) -> Json:
    """One input. ``vintage`` is the first real-time day, or ``lag rule`` where publication follows the catalog."""
    entry: Json = {
        "value": significant(reading.value),
        "unit": reading.unit,
        "as_of": _day(reading.as_of),
        "known_at": reading.known_at.isoformat() if reading.known_at else None,
        "age_days": reading.age_days,
        "z": significant(reading.z),
        "z_10y": significant(reading.z_10y),
        "vintage": reading.vintage,
        "source": reading.source,
        "proxy": reading.proxy,
        "stale": reading.stale,
    }
    if reading.value is None or reading.stale:
        entry["missing_reason"] = reading.missing_reason
    return entry


def history_json(pillar: PillarState, since: date | None) -> list[Json]:
    """``[{"date", "raw", "confirmed", "score"}]``, oldest first, from ``since`` on; grey days are null.

    A day whose label rests on an estimate carries ``"proxy": true`` besides.
    """
    history = pillar.history if since is None else pillar.history.loc[since.isoformat() :]
    names: list[str | None] = [*pillar.levels, None]  # GREY (-1) picks the last
    assert GREY == -1  # noqa: S101 - the indexing above rests on it
    return [
        {
            "date": f"{day:%Y-%m-%d}",
            "raw": names[raw],
            "confirmed": names[confirmed],
            "score": significant(score),
            **({"proxy": True} if estimated and confirmed != GREY else {}),
        }
        for day, raw, confirmed, score, estimated in zip(
            history.index,
            history["raw"].tolist(),
            history["confirmed"].tolist(),
            history["score"].tolist(),
            history["proxy"].tolist(),
            strict=True,
        )
    ]


def _boundary(boundary: Boundary | None) -> Json | None:
    if boundary is None:
        return None
    return {
        "regime": boundary.regime,
        "input": boundary.input,
        "distance": significant(boundary.distance),
        "unit": boundary.unit,
        "needs": boundary.needs,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None

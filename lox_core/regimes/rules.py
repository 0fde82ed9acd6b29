"""Thresholds, and how a reading becomes a level and a score.

How levels turn into confirmed regimes is in ``walks.py``. Source: docs/methodology.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rules = Mapping[str, Any]
Floats = NDArray[np.float64]
Levels = NDArray[np.int8]


@lru_cache(maxsize=1)
def default_rules() -> Rules:
    """The thresholds of ``thresholds.toml``."""
    text = Path(__file__).with_name("thresholds.toml").read_text(encoding="utf-8")
    rules: Rules = tomllib.loads(text)
    return rules


def ladder(values: Floats, cuts: list[float]) -> Levels:
    """How many of the ascending ``cuts`` each value has reached: 0 to ``len(cuts)``. Values must be finite."""
    return np.searchsorted(np.asarray(cuts, float), values, side="right").astype(np.int8)


def edges(anchors: list[float]) -> list[float]:
    """Score borders of levels with these anchors: 0, the midpoints, 100.

    >>> edges([10, 30, 50, 70, 90])
    [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    middles = [(a + b) / 2 for a, b in pairwise(anchors)]
    return [0.0, *middles, 100.0]


def bands_of(section: Rules) -> tuple[Floats, Floats]:
    """Lower and upper score border of each level of a pillar whose levels climb with their anchors."""
    borders = np.asarray(edges(section["anchors"]))
    return borders[:-1], borders[1:]


def finish_score(base: Floats, low: Floats, high: Floats, z: Floats, flag_points: Floats, zscore: Rules) -> Floats:
    """Score inside its confirmed level's band ``[low, high)``: the level's reading, raised by z and flags.

    z raises by ``clip(points_per_sigma * (z - raises_from), 0, points_at_most)`` and a missing z raises nothing;
    neither z nor a flag crosses into another level. A NaN ``base`` stays NaN.
    """
    raised = np.clip(zscore["points_per_sigma"] * (z - zscore["raises_from"]), 0, zscore["points_at_most"])
    lift = np.where(np.isfinite(z), raised, 0.0)
    ceiling = np.where(high >= 100, 100.0, high - 0.1)
    scored: Floats = np.clip(np.clip(base, low, ceiling) + lift + flag_points, low, ceiling)
    return scored


def band_states(scores: Floats, cuts: list[float], hysteresis: float) -> Levels:
    """Band index per day with ±hysteresis around each cut; -1 where the score is NaN.

    Up past a cut needs ``score > cut + hysteresis``, down needs ``score < cut - hysteresis``: exactly there the band
    holds. At the first score, or after a gap, the plain cut decides; a score on a cut belongs to the lower band.
    """
    out = np.full(len(scores), -1, np.int8)
    plain = np.searchsorted(np.asarray(cuts, float), scores, side="left")
    up = np.searchsorted(np.asarray(cuts, float) + hysteresis, scores, side="left")
    down = np.searchsorted(np.asarray(cuts, float) - hysteresis, scores, side="right")
    state = -1
    for i, known in enumerate(np.isfinite(scores).tolist()):
        if not known:
            state = -1
        elif state < 0:
            state = int(plain[i])
        else:
            state = min(max(state, int(up[i])), int(down[i]))
        out[i] = state
    return out

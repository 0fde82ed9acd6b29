"""The playbook: what followed when a pillar stood where it stands, with how little that is worth saying.

Regimes forecast dispersion rather than direction, so means are shrunk to the unconditional one and every number
carries its days, its episodes and a block-bootstrap interval. A return starts at the first close after the label was
public (``publication_waits.py``): that of the day itself for morning releases, of the next session for market closes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lox_core.regimes.publication_waits import waits
from lox_core.regimes.rules import Rules
from lox_core.regimes.state import GREY, PILLARS, Board, PillarState
from lox_core.regimes.trend import spells

Floats = NDArray[np.float64]
FEATURES = ("score", "confirmed", "z", "proxy")


@dataclass(frozen=True)
class ForwardRow:
    """What followed one regime, percent. Numbers are None where episodes are too few to say anything.

    ``n`` counts days (overlapping windows), ``episodes`` the spells they come from. ``mean`` is plain,
    ``shrunk_mean`` pulled towards the unconditional mean, with the bootstrap interval ``ci_low``-``ci_high`` around
    it; ``p5``-``p95`` the outcomes themselves; ``realised_vol`` annualised over the window; ``p_same`` the
    probability (0-1) of being in the same regime at the horizon.
    """

    regime: str
    n: int
    episodes: int
    mean: float | None = None
    shrunk_mean: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p5: float | None = None
    p50: float | None = None
    p95: float | None = None
    realised_vol: float | None = None
    p_same: float | None = None


@dataclass(frozen=True)
class Playbook:
    """Forward returns, transitions and dwell times of one pillar's confirmed regimes.

    ``transitions``: DataFrame levels × levels, probability of the column ``horizon_days`` sessions after the row,
    NaN rows where unseen. ``dwell``: DataFrame by level with ``spells, median_days, mean_days, longest_days`` of
    finished spells.
    """

    pillar: str
    horizon_days: int
    benchmark: str
    first: date | None
    last: date | None
    note: str
    current: str | None
    rows: tuple[ForwardRow, ...]
    transitions: pd.DataFrame = field(repr=False)
    dwell: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Per labelled session: log return over the horizon and realised volatility inside it, NaN where not over yet."""

    level: NDArray[np.int8]
    later: NDArray[np.int8]
    forward: Floats
    vol: Floats


def feature_matrix(board: Board) -> pd.DataFrame:
    """Daily features of every pillar, ``<pillar>.score``, ``.confirmed``, ``.z``, ``.proxy``, and of the macro axes.

    Grey days are NaN in ``score`` and -1 in ``confirmed``.
    """
    columns = {
        f"{name}.{feature}": board.pillars[name].history[feature].astype(np.float64)
        for name in PILLARS
        for feature in FEATURES
    }
    macro = board.macro.history
    columns |= {
        f"macro.{name}": macro[name].astype(np.float64) for name in ("score", "growth", "inflation", "band", "quadrant")
    }
    return pd.DataFrame(columns)


def outcomes(
    days: NDArray[np.datetime64],
    level: NDArray[np.int8],
    closes: pd.Series,
    horizon: int,
    wait: NDArray[np.int64],
    *,
    carried: int,
) -> Outcomes:
    """Returns over ``horizon`` sessions from the first close after each label was public.

    Parameters
    ----------
    days, level
        The trading-day grid and confirmed level there (-1 grey).
    closes : Series
        Benchmark closes by date; a session without a close takes the one before, for ``carried`` sessions at most.
    horizon : int
        Sessions.
    wait : ndarray of int
        Sessions from each labelled day to its first close after publication.
    carried : int
        How long a missing close is carried.
    """
    price = closes.reindex(pd.DatetimeIndex(days)).ffill(limit=carried).to_numpy(float)
    logs = np.log(price)
    forward, vol, later = np.full(len(days), np.nan), np.full(len(days), np.nan), np.full(len(days), GREY, np.int8)
    start = np.arange(len(days)) + wait
    over = np.flatnonzero(start + horizon < len(days))
    begin = start[over]
    forward[over] = logs[begin + horizon] - logs[begin]
    steps = pd.Series(np.diff(logs, prepend=np.nan))
    vol[over] = (steps.rolling(horizon).std(ddof=1).to_numpy() * np.sqrt(252))[begin + horizon]
    later[:-horizon] = level[horizon:]
    return Outcomes(level, later, forward, vol)


def build_playbook(
    pillar: PillarState, features: pd.DataFrame, closes: pd.Series, *, benchmark: str, horizon: int, rules: Rules
) -> Playbook:
    """The playbook of one pillar, from the feature matrix and a benchmark's daily closes."""
    days = features.index.to_numpy().astype("datetime64[D]")
    level = features[f"{pillar.name}.confirmed"].to_numpy().astype(np.int8)
    proxied = features[f"{pillar.name}.proxy"].to_numpy().astype(bool)
    section, wait = rules["playbook"], waits(pillar, level, proxied)
    seen = outcomes(days, level, closes, horizon, wait, carried=section["carried_closes"])
    usable = (level != GREY) & np.isfinite(seen.forward)
    rows = tuple(_row(slug, index, seen, usable, days, section, horizon) for index, slug in enumerate(pillar.levels))
    dated = days[usable]
    return Playbook(
        pillar=pillar.name,
        horizon_days=horizon,
        benchmark=benchmark,
        first=dated[0].item() if len(dated) else None,
        last=dated[-1].item() if len(dated) else None,
        note=_note(proxied[usable], wait[usable], section),
        current=pillar.confirmed,
        rows=rows,
        transitions=_transitions(seen, pillar.levels),
        dwell=_dwell(days, level, pillar.levels),
    )


def _row(
    slug: str,
    index: int,
    seen: Outcomes,
    usable: NDArray[np.bool_],
    days: NDArray[np.datetime64],
    section: Rules,
    horizon: int,
) -> ForwardRow:
    here = usable & (seen.level == index)
    episodes = [run for run in spells(days, np.where(usable, seen.level, GREY).astype(np.int8)) if run.level == index]
    if len(episodes) < section["least_episodes"]:
        return ForwardRow(slug, int(here.sum()), len(episodes))
    forward = np.expm1(seen.forward[here]) * 100
    overall = float(np.mean(np.expm1(seen.forward[usable])) * 100)
    weight = len(episodes) / (len(episodes) + section["shrinkage_episodes"])
    mean = float(forward.mean())
    low, high = _interval(np.expm1(seen.forward) * 100, usable, seen.level == index, horizon, section)
    pull = (1 - weight) * (overall - mean)
    low, high = mean + pull + (low - mean) * weight, mean + pull + (high - mean) * weight
    known_later = here & (seen.later != GREY)
    p5, p50, p95 = np.percentile(forward, [5, 50, 95])
    return ForwardRow(
        slug, int(here.sum()), len(episodes), mean, mean + pull, low, high, float(p5), float(p50), float(p95),
        float(np.nanmean(seen.vol[here]) * 100) if horizon > 1 else None,
        float((seen.later[known_later] == index).mean()) if known_later.any() else None,
    )  # fmt: skip


def _interval(
    values: Floats, usable: NDArray[np.bool_], here: NDArray[np.bool_], horizon: int, section: Rules
) -> tuple[float, float]:
    """Bootstrap interval of the conditional mean: stationary blocks of whole calendar stretches.

    Blocks of the joint (label, return) series keep both the overlap of windows and the clustering of regimes; mean
    block length is twice the horizon, 21 sessions at least. Politis & Romano (1994).
    """
    x, flag = np.where(usable, values, 0.0), usable & here
    x = np.where(flag, x, 0.0)
    span = np.flatnonzero(usable)
    x, flag = x[span[0] : span[-1] + 1], flag[span[0] : span[-1] + 1]
    n, block = len(x), max(section["block_horizons"] * horizon, section["least_block"])
    sums = np.concatenate([[0.0], np.cumsum(np.concatenate([x, x]))])
    counts = np.concatenate([[0], np.cumsum(np.concatenate([flag, flag]))])
    rng = np.random.Generator(np.random.Philox(section["seed"]))
    draws = int(np.ceil(n / block * 1.5)) + 8
    starts = rng.integers(0, n, (section["resamples"], draws))
    lengths = np.minimum(rng.geometric(1 / block, (section["resamples"], draws)), n)
    before = np.cumsum(lengths, axis=1) - lengths
    lengths = np.clip(n - before, 0, lengths)
    total = (sums[starts + lengths] - sums[starts]).sum(axis=1)
    count = (counts[starts + lengths] - counts[starts]).sum(axis=1)
    means = total[count > 0] / count[count > 0]
    tail = (1 - section["interval"]) / 2 * 100
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def _transitions(seen: Outcomes, levels: tuple[str, ...]) -> pd.DataFrame:
    known = (seen.level != GREY) & (seen.later != GREY)
    table = np.zeros((len(levels), len(levels)))
    np.add.at(table, (seen.level[known], seen.later[known]), 1.0)
    total = table.sum(axis=1, keepdims=True)
    share = np.divide(table, total, out=np.full_like(table, np.nan), where=total > 0)
    return pd.DataFrame(share, index=pd.Index(levels, name="from"), columns=pd.Index(levels, name="to"))


def _dwell(days: NDArray[np.datetime64], level: NDArray[np.int8], levels: tuple[str, ...]) -> pd.DataFrame:
    runs = spells(days, level)
    finished = [run for run in runs if run.last != days[-1].item()] if len(days) else []
    rows = []
    for index in range(len(levels)):
        lengths = [run.days for run in finished if run.level == index]
        if lengths:
            rows.append((len(lengths), float(np.median(lengths)), float(np.mean(lengths)), max(lengths)))
        else:
            rows.append((0, np.nan, np.nan, 0))
    columns = ["spells", "median_days", "mean_days", "longest_days"]
    return pd.DataFrame(rows, index=pd.Index(levels, name="regime"), columns=columns)


def _note(proxied: NDArray[np.bool_], wait: NDArray[np.int64], section: Rules) -> str:
    words = [
        "overlapping windows; means shrunk to the unconditional one "
        f"({section['shrinkage_episodes']} episodes of prior), "
        f"{section['interval']:.0%} stationary-bootstrap intervals, {section['resamples']} resamples; "
        f"nothing is said below {section['least_episodes']} episodes; past labels are drawn on the vintage known at "
        "the as-of, so revised series are seen with hindsight",
        _starting(wait),
    ]
    if proxied.any():
        words.append(f"{proxied.mean():.0%} of the days carry a label from the stated proxy")
    return "; ".join(words)


def _starting(wait: NDArray[np.int64]) -> str:
    """At which close returns start, in words."""
    told = {0: "of the label's own day", 1: "of the session after it"}
    at = [told.get(int(sessions), f"{sessions} sessions after it") for sessions in np.unique(wait)] or [told[1]]
    return f"returns start at the first close after a label was public, that {' or '.join(at)}"

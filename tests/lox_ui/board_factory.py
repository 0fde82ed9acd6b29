"""A made-up board and workbench for the pages: every number invented, from one seed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd

from lox_core.calendars import sessions_between
from lox_core.clock import AsOf, Clock
from lox_core.regimes.state import Board, Boundary, MacroState, PillarState, Reading, Trend
from lox_core.settings import Settings
from lox_core.sourced import Attempt, Gap, Sourced

NOW = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
LEVELS = {
    "volatility": ("complacent", "normal", "elevated", "stress", "crisis"),
    "credit": ("euphoric", "benign", "cautious", "stressed", "crisis"),
    "rates": ("calm", "repricing", "shock_up", "shock_down", "disorderly"),
    "funding": ("abundant", "ample", "tightening", "stress", "crisis"),
    "growth": ("boom", "expansion", "slowing", "contraction_risk", "recession"),
    "inflation": ("on_target", "above", "high", "deflation_risk", "hot"),
    "fiscal": ("benign", "watch", "strained", "extreme", "funding_event"),
}
DRIVERS = {  # name: (series, title, unit, cuts, centre, spread, first year)
    "volatility": ("VIXCLS", "VIX", "index", (13, 18, 25, 35), 19.0, 7.0, 1990),
    "credit": ("BAMLH0A0HYM2", "HY OAS", "percent", (3.0, 4.5, 6.0, 8.0), 4.6, 1.4, 1996),
    "rates": ("DGS10 Δ20d", "10Y, 20 d", "bp", (30, 43, 60, 90), 0.0, 22.0, 1962),
    "funding": ("SOFR-IORB", "SOFR − IORB", "bp", (-5, 0, 10, 25), -3.0, 6.0, 2018),
    "growth": ("CFNAIMA3", "CFNAI 3m", "index", (-0.7, -0.35, 0.35, 0.7), -0.1, 0.4, 1967),
    "inflation": ("CPIAUCNS", "CPI, year on year", "percent", (2.5, 3.5, 4.2, 5.0), 2.9, 1.0, 1962),
    "fiscal": ("DEFICIT/GDP", "Deficit over GDP", "percent", (3, 5, 7, 9), 5.8, 1.1, 1981),
}
WEIGHTS = {"volatility": 20, "credit": 20, "growth": 20, "rates": 12, "inflation": 10, "funding": 13, "fiscal": 5}
HOSTILE = "<img src=https://example.invalid/x.png> & [link](https://example.invalid)"


def pillar(name: str, until: date, rng: np.random.Generator) -> PillarState:
    *_, cuts, centre, spread, year = DRIVERS[name]
    days = sessions_between(date(max(year, 1990), 1, 2), until)
    noise = rng.standard_normal(len(days)) * np.sqrt(1 - 0.985**2)
    walk = np.zeros(len(days))
    for i in range(1, len(days)):
        walk[i] = 0.985 * walk[i - 1] + noise[i]
    value = centre + spread * walk * np.where(walk > 1.2, 1.5, 1.0)
    if name == "volatility":
        value = np.maximum(value, 9.5)
    raw = np.searchsorted(cuts, value, side="right").astype(np.int8)
    if name == "growth":
        raw = (4 - raw).astype(np.int8)
    confirmed = pd.Series(raw).rolling(5, min_periods=1).median().round().astype(np.int8).to_numpy()
    score = np.clip(20 * confirmed + 10 + 4 * walk, 20 * confirmed, 20 * confirmed + 19.9)
    proxy = np.zeros(len(days), bool)
    if name == "credit":
        proxy[: len(days) // 3] = True
    history = pd.DataFrame(
        {"raw": raw, "confirmed": confirmed, "score": score, "value": value, "z": np.clip(walk, -4, 4), "proxy": proxy},
        index=pd.DatetimeIndex(days, name="date"),
    )
    history.loc[history.index[:60], ["raw", "confirmed"]] = -1
    history.loc[history.index[:60], "score"] = np.nan
    return _state(name, history, until)


def _state(name: str, history: pd.DataFrame, until: date) -> PillarState:
    series, title, unit, cuts, *_ = DRIVERS[name]
    levels = LEVELS[name]
    last = history.iloc[-1]
    confirmed = levels[int(last["confirmed"])]
    same = history["confirmed"].to_numpy()[::-1] == last["confirmed"]
    days = int(np.argmin(same)) or len(same)
    since = history.index[-days].date()
    above, below = cuts[-1] - last["value"], cuts[0] - last["value"]
    bounds = (
        Boundary(levels[min(int(last["confirmed"]) + 1, 4)], series, float(above), unit, 9.5, "2 closes"),
        Boundary(levels[max(int(last["confirmed"]) - 1, 0)], series, float(below), unit, -5.5, "5 closes"),
    )
    known_at = datetime(until.year, until.month, until.day, 13, 36, tzinfo=UTC)
    driver = Reading(
        series,
        title,
        unit,
        float(last["value"]),
        until,
        known_at,
        1,
        float(last["z"]),
        0.4,
        "lag rule",
        f"demo FRED:{series}",
        True,
    )
    second = Reading(
        f"{series}/X",
        f"{title}, 5 d",
        "points",
        0.83,
        until,
        known_at,
        1,
        0.6,
        None,
        str(until),
        "demo FRED:X",
        proxy=name == "credit",
    )
    third = Reading("GONE", "Optional input", "percent", missing_reason="FRED does not serve it since April 2026")
    return PillarState(
        name=name,
        levels=levels,
        raw=levels[int(last["raw"])],
        confirmed=confirmed,
        score=float(last["score"]),
        flags=("backwardation",) if name == "volatility" else (),
        days_in_state=days,
        since=since,
        previous=levels[(int(last["confirmed"]) + 1) % 5],
        inputs={r.name: r for r in (driver, second, third)},
        next_boundary=bounds[1],
        boundaries=bounds,
        rule=f"{name}.{confirmed}",
        why=f"{confirmed} by {name}.{confirmed}: {title} enters at {cuts}; in force since {since}.",
        coverage=0.85,
        trend=Trend(
            0.4, 1.9, -3.2, 0.14, 0.8, 3, (1 if name in ("volatility", "funding") else -1 if name == "rates" else 0)
        ),
        history=history,
        intraday=name == "volatility",
    )


def grey(state: PillarState, reason: str) -> PillarState:
    history = state.history.copy()
    history.loc[history.index[-40:], ["raw", "confirmed"]] = -1
    history.loc[history.index[-40:], "score"] = np.nan
    inputs = {k: replace(r, stale=True, age_days=210, missing_reason=reason) for k, r in state.inputs.items()}
    return replace(
        state,
        raw=None,
        confirmed=None,
        score=None,
        days_in_state=None,
        since=None,
        previous=None,
        next_boundary=None,
        boundaries=(),
        flags=(),
        coverage=0.0,
        missing_reason=reason,
        history=history,
        inputs=inputs,
        why=f"Grey: {reason}.",
    )


def macro(pillars: dict[str, PillarState]) -> MacroState:
    fresh = {n: p for n, p in pillars.items() if p.score is not None}
    total = sum(WEIGHTS[n] for n in fresh)
    coverage = total / sum(WEIGHTS.values())
    index = next(iter(pillars.values())).history.index
    if coverage < 0.7:
        frame = pd.DataFrame(
            {
                "score": np.nan,
                "band": np.int8(-1),
                "quadrant": np.int8(-1),
                "growth": np.nan,
                "inflation": np.nan,
                "coverage": 0.0,
            },
            index=index,
        )
        return MacroState(
            "Insufficient data",
            "insufficient_data",
            "unknown",
            "unknown",
            None,
            "insufficient_data",
            coverage,
            contributions={n: WEIGHTS[n] * (p.score - 50) / total for n, p in fresh.items()},
            history=frame,
            why="Too few pillars have data to name a regime.",
        )
    contributions = {n: WEIGHTS[n] * (p.score - 50) / total for n, p in fresh.items()}
    score = 50 + sum(contributions.values())
    frame = pd.DataFrame({n: p.history["score"].reindex(index) for n, p in pillars.items()})
    line = frame.mean(axis=1).rolling(5, min_periods=1).mean()
    band = np.where(line.isna(), -1, np.searchsorted([35, 50, 65], line)).astype(np.int8)
    t = np.arange(len(index)) / 260
    growth, inflation = np.sin(t * 1.7) * 0.9 + 0.1 * np.sin(9 * t), np.cos(t * 1.1) * 0.8 + 0.1 * np.cos(7 * t)
    history = pd.DataFrame(
        {
            "score": line,
            "band": band,
            "quadrant": np.int8(4),
            "growth": growth,
            "inflation": inflation,
            "coverage": coverage,
        },
        index=index,
    )
    axis = {
        "CFNAIMA3": Reading(
            "CFNAIMA3",
            "CFNAI 3m",
            "index",
            -0.2,
            index[-1].date(),
            None,
            26,
            -0.4,
            -0.3,
            str(index[-1].date()),
            "demo FRED:CFNAIMA3",
        ),
        "T5YIE": Reading(
            "T5YIE",
            "5Y breakeven, 63 d",
            "bp",
            12.0,
            index[-1].date(),
            None,
            1,
            0.8,
            None,
            "lag rule",
            "demo FRED:T5YIE",
        ),
    }
    return MacroState(
        "Transition, leaning slowdown · liquidity draining · stress none",
        "transition",
        "draining",
        "none",
        score,
        "neutral",
        coverage,
        "slowdown",
        score,
        contributions,
        None,
        "",
        float(growth[-1]),
        float(inflation[-1]),
        axis,
        (32.0, 53.0),
        1.4,
        6.2,
        23,
        index[-23].date(),
        "reflation",
        "Growth −0.2, inflation −0.1: inside the transition band.",
        history,
    )


def board(as_of: AsOf, *, seed: int = 7, kind: str = "happy") -> Board:
    """``kind``: happy (fiscal grey, credit proxy), outage (everything grey)."""
    rng = np.random.default_rng(seed)
    pillars = {name: pillar(name, as_of.date, rng) for name in LEVELS}
    if kind == "outage":
        pillars = {n: grey(p, "FRED did not answer (timed out)") for n, p in pillars.items()}
    else:
        pillars["fiscal"] = grey(
            pillars["fiscal"], f"Federal receipts end 2026-03-31: 210 days old {HOSTILE if kind == 'hostile' else ''}"
        )
    checks = {
        "NFCI": Reading("NFCI", "NFCI", "index", -0.41, as_of.date, None, 9, -0.7, None, "lag rule", "demo FRED:NFCI"),
        "ANFCI": Reading(
            "ANFCI", "ANFCI", "index", -0.38, as_of.date, None, 9, -0.6, None, "lag rule", "demo FRED:ANFCI"
        ),
        "STLFSI4": Reading("STLFSI4", "STLFSI4", "index", missing_reason="FRED did not answer (timed out)"),
    }
    return Board(as_of, pillars, macro(pillars), checks)


class FakeWorkbench:
    """Answers like the workbench, from the made-up board; ``kind`` is happy, outage, stale or hostile."""

    def __init__(self, kind: str = "happy", *, mode: str = "demo") -> None:
        self.kind, self.mode, self.version = kind, mode, 1
        self.clock, self.settings = Clock(NOW), Settings(LOX_MODE=mode)
        self.loads: list[AsOf] = []
        self.market = SimpleNamespace(
            notices=self._notices(), statuses=lambda: self.status(self.clock.as_of_now()).providers
        )

    def load(self, as_of, progress=None) -> None:
        self.loads.append(as_of)
        if progress is not None:
            for done in range(1, 4):
                progress(done, 3, "VIXCLS")

    def board(self, as_of) -> SimpleNamespace:
        made = board(as_of, kind=self.kind)
        return SimpleNamespace(board=made, series=self._series(), equity=self._equity(), notices=(), quotes_missing=())

    def _equity(self) -> Sourced | Gap:
        if self.kind == "outage":
            return Gap("equity index", "no source of an index answered")
        prefix = "demo " if self.mode == "demo" else ""
        return Sourced(
            value=None, as_of=NOW, fetched_at=NOW - timedelta(hours=1), source=f"{prefix}FMP:^GSPC", route="cache"
        )

    def _notices(self) -> tuple[str, ...]:
        return {
            "outage": ("FRED did not answer: connection refused.",),
            "hostile": (f"Series {HOSTILE} was skipped.",),
        }.get(self.kind, ())

    def _series(self) -> dict:
        if self.kind == "outage":
            return {
                d[0]: Gap(d[0], "FRED did not answer (timed out)", (Attempt("FRED", "timed out"),))
                for d in DRIVERS.values()
            }
        late = timedelta(days=3) if self.kind == "stale" else timedelta(hours=4)
        route = "last_good" if self.kind == "stale" else "cache"
        prefix = "demo " if self.mode == "demo" else ""
        found = {
            d[0]: Sourced(
                value=None,
                as_of=NOW - timedelta(days=1),
                fetched_at=NOW - late,
                source=f"{prefix}FRED:{d[0]}",
                route=route,
            )
            for d in DRIVERS.values()
        }
        found["^VIX"] = Sourced(
            value=None, as_of=NOW, fetched_at=NOW - timedelta(minutes=4), source=f"{prefix}FMP:^VIX", route="live"
        )
        return found

    def playbook(self, as_of, pillar: str, horizon_days: int) -> SimpleNamespace:
        levels = LEVELS[pillar]
        rows = tuple(
            SimpleNamespace(
                regime=level,
                n=2960 - 500 * i,
                episodes=61 - 14 * i,
                mean=0.7,
                shrunk_mean=0.6 + 0.1 * i,
                ci_low=0.1 - 0.5 * i,
                ci_high=1.2 + 0.6 * i,
                p5=-1.9 - 4 * i,
                p50=0.8,
                p95=2.8 + 3 * i,
                realised_vol=8.4 + 8 * i,
                p_same=0.66,
            )
            for i, level in enumerate(levels[:4])
        )
        rows += (
            SimpleNamespace(
                regime=levels[4],
                n=12,
                episodes=2,
                mean=None,
                shrunk_mean=None,
                ci_low=None,
                ci_high=None,
                p5=None,
                p50=None,
                p95=None,
                realised_vol=None,
                p_same=None,
            ),
        )
        matrix = pd.DataFrame(0.08, index=list(levels), columns=list(levels))
        for level in levels:
            matrix.loc[level, level] = 0.68
        matrix.loc[levels[4]] = np.nan
        dwell = pd.DataFrame(
            {"spells": 12, "median_days": 21.0, "mean_days": 34.5, "longest_days": 240}, index=list(levels)
        )
        dwell.loc[levels[4]] = [0, np.nan, np.nan, np.nan]
        current = None if self.kind == "outage" else levels[1]
        return SimpleNamespace(
            pillar=pillar,
            horizon_days=horizon_days,
            benchmark="S&P 500 (FMP:^GSPC)",
            first=date(1990, 1, 2),
            last=as_of.date,
            note="starts at the first close after publication",
            current=current,
            rows=() if self.kind == "outage" else rows,
            transitions=matrix,
            dwell=dwell,
        )

    def status(self, as_of) -> SimpleNamespace:
        broken = self.kind in ("outage", "stale")
        fred = SimpleNamespace(
            name="FRED",
            mode="live",
            key="set",
            unlocks="Real macro series: the regimes.",
            last_success=None if self.kind == "outage" else NOW - timedelta(hours=4),
            last_error="timed out after 8 s" if broken else None,
            last_error_at=NOW - timedelta(minutes=2) if broken else None,
            breaker="open" if broken else "closed",
            retry_in_s=41.0 if broken else None,
            budget_left=0.83,
            tokens_left=99.6,
            tokens_capacity=120,
        )
        fmp = SimpleNamespace(
            name="FMP",
            mode="off",
            key="missing",
            unlocks="Live VIX quote, index history. https://example.invalid/docs",
            last_success=None,
            last_error=None,
            last_error_at=None,
            breaker="closed",
            retry_in_s=None,
            budget_left=1.0,
            tokens_left=300,
            tokens_capacity=300,
        )
        ages = tuple(
            SimpleNamespace(
                id=d[0],
                short=d[1],
                title=f"{d[1]} in full",
                observation_date=None
                if self.kind == "outage"
                else NOW.date() - timedelta(days=1 + 60 * (n == "fiscal")),
                age_days=None if self.kind == "outage" else 1 + 60 * (n == "fiscal"),
                fetched_at=None if self.kind == "outage" else NOW - timedelta(hours=4),
                stale=n == "fiscal",
                route=None if self.kind == "outage" else "cache",
                source=f"FRED:{d[0]}",
                reason="FRED did not answer (timed out)" if self.kind == "outage" else None,
                pillar=n,
            )
            for n, d in DRIVERS.items()
        )
        return SimpleNamespace(
            providers=(fred, fmp),
            series=ages,
            cache_bytes=8_400_000,
            cache_where="data/cache (disk)",
            notices=self._notices(),
            started_at=NOW - timedelta(hours=5),
            version="0.1.0",
        )

"""Daily joint paths of the simulated equity index, its implied volatility and credit spreads.

Volatility and returns feed each other: a fall lifts volatility (more so when it is low), and tomorrow's returns are
drawn as wide as today's volatility says. Credit follows the same shocks, smoothed and slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np

from lox_core.demo.episodes import LEVELS, SHOCKS, Shock
from lox_core.demo.processes import Days, Floats, mean_reverting, pinned, pulse, rounded, smoothed, stream, wandering

_PERSISTENCE = 0.915
_SIGMA_AT_20 = 0.0096
_TAIL_DEGREES = 5
_WORST_SURPRISE = 4.2
_WIDEST_DAY = 55.0
_VIX_ROOTS, _VIX_THIN_AIR = 4.0, 60.0


@dataclass(frozen=True, eq=False)
class MarketPaths:
    """The joint paths: arrays of shape (n_sessions,) on ``days``.

    Index levels and volatility are in points, spreads in percent.

    ``shock`` is the day's standardised equity surprise and ``fear`` how far log volatility stands above its script:
    other blocks of the world lean on them, so that everything moves together.
    """

    days: Days
    index: Floats
    nasdaq: Floats
    vix: Floats
    vix3m: Floats
    hy: Floats
    ig: Floats
    bb: Floats
    ccc: Floats
    baa10y: Floats
    shock: Floats
    fear: Floats


def session_of(days: Days, day: str) -> int:
    """Position of the first session on or after ``day``."""
    return int(np.searchsorted(days, np.datetime64(day, "D")))


def scare(days: Days, shock: Shock, half_life: float) -> Floats:
    """The pulse of one scripted shock over all sessions, peaking at 1."""
    return pulse(len(days), session_of(days, shock.start), shock.rise, half_life)


def simulate_market(seed: int, days: Days) -> MarketPaths:
    """The joint paths on ``days`` (NYSE sessions, ascending). Nothing is missing; every level is positive."""
    draws = stream(seed, "equity")
    size = len(days)
    surprise = draws.standard_t(_TAIL_DEGREES, size) * np.sqrt((_TAIL_DEGREES - 2) / _TAIL_DEGREES)
    surprise = np.clip(surprise, -_WORST_SURPRISE, _WORST_SURPRISE)
    own_fear = 0.043 * draws.standard_normal(size) + 0.020 * (draws.exponential(1.0, size) - 1.0)
    script = np.log(LEVELS["vix_calm"].at(days, geometric=True))
    script += sum(np.log(shock.vix) * scare(days, shock, shock.vix_half) for shock in SHOCKS)
    returns, fear, vix = _dance(np.exp(script), surprise, own_fear)

    log_index = pinned(np.cumsum(returns), days, LEVELS["equity_index"].log())
    log_index -= sum(shock.fall * scare(days, shock, shock.fall_half) for shock in SHOCKS)
    tilt = np.cumsum(stream(seed, "nasdaq").standard_normal(size) * 0.0055 * (vix / 20.0) ** 0.8)
    log_nasdaq = pinned(1.12 * log_index + tilt, days, LEVELS["nasdaq"].log())
    spreads = _credit(seed, days, fear, surprise)
    return MarketPaths(
        days=days,
        index=rounded(np.exp(log_index), 2),
        nasdaq=rounded(np.exp(log_nasdaq), 2),
        vix=rounded(vix, 2),
        vix3m=rounded(_three_month(seed, vix), 2),
        shock=surprise,
        fear=fear,
        **{name: rounded(path, 2) for name, path in spreads.items()},
    )


def _dance(script: Floats, surprise: Floats, own_fear: Floats) -> tuple[Floats, Floats, Floats]:
    """Returns, log excess of volatility over its script, and volatility: each step drawn from the last one's level."""
    gap, level = 0.0, float(script[0])
    returns, gaps, levels = [], [], []
    for base, news, nerves in zip(script.tolist(), surprise.tolist(), own_fear.tolist(), strict=True):
        step = _SIGMA_AT_20 * (min(level, _WIDEST_DAY) / 20.0) ** 1.12 * news
        leverage = min(7.6, max(2.6, 7.6 - 0.31 * (level - 14.0)))
        gap = _PERSISTENCE * gap - leverage * step + nerves
        level = _VIX_ROOTS + (base - _VIX_ROOTS) * exp(gap)
        level -= 0.65 * max(level - _VIX_THIN_AIR, 0.0)
        returns.append(step)
        gaps.append(gap)
        levels.append(level)
    return np.array(returns), np.array(gaps), np.array(levels)


def _three_month(seed: int, vix: Floats) -> Floats:
    """Three-month volatility: slower than spot, above it in calm and below it in fright."""
    log_vix = np.log(vix)
    sudden = log_vix - smoothed(log_vix, 0.017)
    noise = wandering(stream(seed, "term"), len(vix), spread=0.022, persistence=0.85)
    return np.asarray(vix / np.exp(np.log(0.893) + 0.262 * sudden + 0.055 * (log_vix - np.log(18.5)) + noise), float)


def _credit(seed: int, days: Days, fear: Floats, surprise: Floats) -> dict[str, Floats]:
    """High-yield spread and what hangs on it, percent."""
    draws, size = stream(seed, "credit"), len(days)
    own = 0.015 * (0.8 * draws.standard_normal(size) - 0.6 * surprise)
    log_hy = (
        np.log(LEVELS["hy_oas_pct"].at(days, geometric=True)) + mean_reverting(own, 0.982) + 0.22 * smoothed(fear, 0.12)
    )
    log_hy += sum(np.log(shock.hy) * scare(days, shock, shock.hy_half) for shock in SHOCKS)
    hy = np.clip(np.exp(log_hy), 2.3, 22.0)

    def around(level: Floats, spread: float) -> Floats:
        return np.asarray(level * np.exp(wandering(draws, size, spread=spread, persistence=0.985)), float)

    return {
        "hy": hy,
        "ig": around(0.29 * hy**1.02, 0.07),
        "bb": around(0.62 * hy**0.99, 0.05),
        "ccc": around(2.25 * hy**0.98, 0.08),
        "baa10y": around(np.exp((np.log(hy) - 0.446) / 1.330), 0.07),
    }

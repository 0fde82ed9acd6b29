"""The script of the simulated market, read from ``script.toml``: slow levels, scares, policy and symbols."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lox_core.demo.processes import Knots


@dataclass(frozen=True)
class Shock:
    """A scare on top of the slow script.

    Attributes
    ----------
    start : str
        First day.
    rise : int
        Sessions to the peak.
    vix, hy : float
        What the levels are multiplied by at the peak.
    vix_half, hy_half, fall_half : float
        Half-lives after the peak, sessions.
    fall : float
        Drop of the equity index at the peak, log.
    y10 : float
        Move of the ten-year yield at the peak, points; fades with ``vix_half``.
    """

    start: str
    rise: int
    vix: float
    vix_half: float
    hy: float = 1.0
    hy_half: float = 40.0
    fall: float = 0.0
    fall_half: float = 60.0
    y10: float = 0.0


@dataclass(frozen=True)
class Cycle:
    """A run of policy moves, effective from ``first`` to ``last``, that ends at an upper bound of ``to`` percent."""

    first: str
    last: str
    to: float


@dataclass(frozen=True)
class Squeeze:
    """A single ``day`` on which the overnight rate is ``bp`` basis points dearer."""

    day: str
    bp: float


@dataclass(frozen=True)
class Asset:
    """A symbol of the price vendor.

    Attributes
    ----------
    symbol, name, exchange, first : str
        Identity, and the first day it trades.
    beta : float
        Exposure to the equity index; its sign also steers a running session.
    own_vol : float
        Standard deviation of the daily return that is its own.
    levels : Knots or None
        Scripted prices; None: the path is taken as it is.
    yield_share, payments : float, int
        Yearly distribution as a share of price, and in how many payments.
    volume : float
        Typical units traded a day.
    units : float or None
        Outstanding; None for an index.
    """

    symbol: str
    name: str
    exchange: str
    first: str
    beta: float
    own_vol: float
    levels: Knots | None = None
    yield_share: float = 0.0
    payments: int = 0
    volume: float = 0.0
    units: float | None = None


def _asset(row: dict[str, Any]) -> Asset:
    levels = row.pop("levels", None)
    return Asset(**row, levels=None if levels is None else Knots.of(levels))


_SCRIPT = tomllib.loads(Path(__file__).with_name("script.toml").read_text(encoding="utf-8"))

LEVELS: dict[str, Knots] = {name: Knots.of(text) for name, text in _SCRIPT["levels"].items()}
SHOCKS = tuple(Shock(**row) for row in _SCRIPT["shocks"])
POLICY_START_PCT: float = _SCRIPT["policy_start_pct"]
POLICY = tuple(Cycle(**row) for row in _SCRIPT["policy"])
SQUEEZES = tuple(Squeeze(**row) for row in _SCRIPT["squeezes"])
ASSETS: dict[str, Asset] = {row["symbol"]: _asset(dict(row)) for row in _SCRIPT["assets"]}

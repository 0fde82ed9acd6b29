"""What the regime engine says: plain values, one board per as-of.

Histories are frames on the trading-day grid up to the as-of day. Levels in them are small integers that index a
pillar's ``levels`` (least to most severe by score anchor), -1 where the pillar was grey.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import pandas as pd

from lox_core.clock import AsOf

PILLARS = ("volatility", "credit", "rates", "funding", "growth", "inflation", "fiscal")
MARKET_PILLARS = ("volatility", "credit", "rates", "funding")
GREY = -1


@dataclass(frozen=True)
class Reading:
    """One input of a pillar as of now, raw or derived.

    ``name`` is the series id, or a derived name such as ``VIXCLS/VXVCLS``. ``value`` is in ``unit``; ``z`` is
    against the previous two years at native frequency, ``z_10y`` against ten where two years are few. ``age_days``
    counts from the observation for daily and weekly series and from publication for slower ones. ``vintage`` is the
    first real-time day where the vendor states one, else ``lag rule``. A missing value carries ``missing_reason``.
    """

    name: str
    title: str
    unit: str
    value: float | None = None
    as_of: date | None = None
    known_at: datetime | None = None
    age_days: int | None = None
    z: float | None = None
    z_10y: float | None = None
    vintage: str | None = None
    source: str | None = None
    required: bool = False
    proxy: bool = False
    stale: bool = False
    intraday: bool = False
    missing_reason: str | None = None


@dataclass(frozen=True)
class Boundary:
    """What would flip a pillar: to which ``regime``, moved by which ``input``, from here by ``distance`` in ``unit``.

    ``distance`` is signed and adds to the input's present value, 0 where it is across already; ``score_distance`` is
    the same step in score points. ``needs`` says how many observations must then hold before the engine's own walk
    arrives ("2 closes", "1 more print"), those already counted left out; ", and the other measure" where another
    boundary to the same regime must be crossed as well.
    """

    regime: str
    input: str
    distance: float
    unit: str
    score_distance: float
    needs: str


@dataclass(frozen=True)
class Trend:
    """Momentum of a pillar's score. Missing where history is too short.

    ``change_1d/5d/21d``: score points since that many sessions before the newest close; ``slope_21d``: least-squares
    points per session over 21; ``z_change_5d``: the 5-session change against its previous two years;
    ``transitions_90d``: changes of confirmed regime in the last 90 calendar days; ``direction``: +1 worsening, 0 flat,
    -1 easing (by change_21d).
    """

    change_1d: float | None = None
    change_5d: float | None = None
    change_21d: float | None = None
    slope_21d: float | None = None
    z_change_5d: float | None = None
    transitions_90d: int = 0
    direction: Literal[-1, 0, 1] = 0


@dataclass(frozen=True)
class PillarState:
    """One pillar on the board. A grey pillar has ``raw``, ``confirmed`` and ``score`` None and a ``missing_reason``.

    Attributes
    ----------
    name : str
    levels : tuple of str
        Slugs, least to most severe by score anchor.
    raw, confirmed : str or None
        The level by today's cut, and after hysteresis.
    score : float or None
        0-100, inside the confirmed level's band.
    flags : tuple of str
    days_in_state : int or None
        Trading days since the confirmed regime began, that day counting as 1.
    since : date or None
    previous : str or None
        The confirmed regime before.
    inputs : dict of str to Reading
        Insertion order is display order; the first is the pillar's driver.
    next_boundary : Boundary or None
        The nearest one by score.
    boundaries : tuple of Boundary
        All of them, more severe first.
    rule : str
        Rule id, e.g. ``volatility.elevated``.
    why : str
        One sentence: rule, inputs, age, vintage, previous label.
    coverage : float
        0-1: share of the pillar's inputs present and fresh.
    trend : Trend
    history : DataFrame
        Index: trading days. Columns: ``raw``, ``confirmed`` (int8 level index, -1 grey), ``score`` (NaN grey),
        ``value`` (the driver, its unit), ``z`` (driver's z), ``proxy`` (bool: driver estimated), ``coverage`` (0-1).
    intraday : bool
        Whether ``raw`` was moved by a quote of the running session.
    quote : Reading or None
        The reading newer than the last close that made ``raw``, of the running session or not; also in ``inputs``.
    """

    name: str
    levels: tuple[str, ...]
    raw: str | None
    confirmed: str | None
    score: float | None
    flags: tuple[str, ...] = ()
    days_in_state: int | None = None
    since: date | None = None
    previous: str | None = None
    inputs: dict[str, Reading] = field(default_factory=dict)
    next_boundary: Boundary | None = None
    boundaries: tuple[Boundary, ...] = ()
    rule: str = ""
    why: str = ""
    missing_reason: str | None = None
    coverage: float = 0.0
    trend: Trend = Trend()
    history: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    intraday: bool = False
    quote: Reading | None = None

    @property
    def grey(self) -> bool:
        """Whether the pillar weighs nothing."""
        return self.confirmed is None


@dataclass(frozen=True)
class Cut:
    """A boundary of a pillar's driver to draw: entering ``regime`` at ``enter``, leaving it at ``leave``."""

    regime: str
    enter: float
    leave: float | None


@dataclass(frozen=True)
class MacroState:
    """The regime over the pillars.

    Attributes
    ----------
    label : str
        "Reflation · liquidity draining · stress none".
    quadrant : str
        ``goldilocks reflation stagflation slowdown transition``, or ``insufficient_data``.
    leaning : str or None
        In transition, the quadrant the axes' signs point to.
    liquidity, stress : str
        ``expanding neutral draining unknown``; ``none elevated crisis unknown``.
    risk_score : float or None
        After floors, 0-100; None where too little is covered for a band.
    score_before_floors : float or None
        50 + the sum of ``contributions``.
    contributions : dict of str to float
        Points away from 50, per fresh pillar.
    floor : float or None
        The floor that applied.
    floor_reason : str
    band : str
        ``risk_on neutral cautious risk_off insufficient_data``.
    coverage : float
        0-1, of weight.
    growth_axis, inflation_axis : float or None
        Averages of z-scores.
    axis_inputs : dict of str to Reading
    band_cuts : tuple of (float, float)
        Scores at which the present band flips down and up.
    change_1d, change_21d : float or None
        Change of the risk score since the session before the newest close, and 21 before it; None where the two days
        do not weigh the same pillars.
    days_in_state, since, previous
        Of the quadrant.
    why : str
        Rule, inputs, previous quadrant, and what would flip the band.
    history : DataFrame
        Index: trading days. Columns: ``score``, ``band`` (int8 index into BANDS, -1 insufficient), ``quadrant``
        (int8 index into QUADRANTS, -1), ``growth``, ``inflation``, ``coverage``.
    missing_reason : str or None
        Why there is no quadrant or no band.
    raw_quadrant : str or None
        The quadrant by today's axes alone, before it is confirmed.
    """

    label: str
    quadrant: str
    liquidity: str
    stress: str
    risk_score: float | None
    band: str
    coverage: float
    leaning: str | None = None
    score_before_floors: float | None = None
    contributions: dict[str, float] = field(default_factory=dict)
    floor: float | None = None
    floor_reason: str = ""
    growth_axis: float | None = None
    inflation_axis: float | None = None
    axis_inputs: dict[str, Reading] = field(default_factory=dict)
    band_cuts: tuple[float | None, float | None] = (None, None)
    change_1d: float | None = None
    change_21d: float | None = None
    days_in_state: int | None = None
    since: date | None = None
    previous: str | None = None
    why: str = ""
    history: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    missing_reason: str | None = None
    raw_quadrant: str | None = None


QUADRANTS = ("goldilocks", "reflation", "stagflation", "slowdown", "transition")
BANDS = ("risk_on", "neutral", "cautious", "risk_off")


@dataclass(frozen=True)
class Board:
    """Everything the Regimes page shows, at one as-of."""

    as_of: AsOf
    pillars: dict[str, PillarState]
    macro: MacroState
    cross_checks: dict[str, Reading]


# Step 1-5 for colour and meter, by the level's score anchor (not its place in the list).
STEPS: dict[str, int] = {
    "complacent": 1, "normal": 2, "elevated": 3, "stress": 4, "crisis": 5,
    "euphoric": 1, "benign": 2, "cautious": 3, "stressed": 4,
    "calm": 1, "repricing": 3, "shock_up": 4, "shock_down": 4, "disorderly": 5,
    "abundant": 1, "ample": 2, "tightening": 3,
    "boom": 1, "expansion": 2, "slowing": 3, "contraction_risk": 4, "recession": 5,
    "on_target": 1, "above": 2, "high": 4, "deflation_risk": 4, "hot": 5,
    "watch": 2, "strained": 3, "extreme": 4, "funding_event": 5,
    "risk_on": 1, "neutral": 2, "risk_off": 4,
}  # fmt: skip


def step(slug: str) -> int:
    """Severity step 1 to 5 of a level or band; Fiscal's ``benign`` and Credit's are both calm."""
    return STEPS[slug]


def word(slug: str) -> str:
    """A slug as a word: ``shock_up`` → ``Shock up``."""
    return slug.replace("_", " ").capitalize()

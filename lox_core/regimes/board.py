"""The board: seven pillars and the macro regime over them, at one as-of, from observations alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lox_core.catalog import SERIES, Observations, series
from lox_core.clock import AsOf
from lox_core.regimes import macro
from lox_core.regimes.indicators import z_two_years
from lox_core.regimes.known import Known
from lox_core.regimes.pillars import credit, fiscal, funding, growth, inflation, rates, volatility
from lox_core.regimes.rules import Rules, default_rules
from lox_core.regimes.state import PILLARS, Board, PillarState, Reading

CROSS_CHECKS = ("NFCI", "ANFCI", "STLFSI4")
EQUITY_ONLY = ("SP500", "NASDAQCOM")
CURVE_ONLY = ("DGS1MO", "DGS3MO", "DGS6MO", "DGS1", "DGS5", "DGS30")
NEEDED = tuple(name for name in SERIES if name not in (*EQUITY_ONLY, *CURVE_ONLY))


def build_board(
    as_of: AsOf,
    observations: Mapping[str, Observations],
    *,
    gaps: Mapping[str, str] | None = None,
    quotes: Mapping[str, Reading] | None = None,
    equity: tuple[NDArray[np.datetime64], NDArray[np.float64]] | None = None,
    rules: Rules | None = None,
) -> Board:
    """Classify everything known at ``as_of``.

    Parameters
    ----------
    as_of : AsOf
    observations : mapping of series id to Observations
        All published rows; later ones are cut here. A series may be absent.
    gaps : mapping of series id to str, optional
        Why an absent series is absent, in words fit for the page.
    quotes : mapping of series id to Reading, optional
        Values newer than the last close known, of the running session or not; they move ``raw`` and nothing else.
    equity : (days, closes), optional
        The equity benchmark, for the stock-yield correlation shown with Rates.
    rules : mapping, optional
        Thresholds; those of ``thresholds.toml`` when not given.

    Returns
    -------
    Board
        Always all seven pillars; one whose required inputs are missing or stale is grey with its reason.
    """
    known = Known.at(as_of, observations, rules=rules or default_rules(), gaps=gaps, quotes=quotes, equity=equity)
    pillars = _pillars(known)
    return Board(as_of, pillars, macro.build(known, pillars), _cross_checks(known))


def _pillars(known: Known) -> dict[str, PillarState]:
    """The seven, in display order."""
    by_rates = rates.build(known)
    built = {
        "volatility": volatility.build(known),
        "credit": credit.build(known),
        "rates": by_rates,
        "funding": funding.build(known),
        "growth": growth.build(known),
        "inflation": inflation.build(known),
        "fiscal": fiscal.build(known, by_rates),
    }
    return {name: built[name] for name in PILLARS}


def _cross_checks(known: Known) -> dict[str, Reading]:
    """Financial conditions indices: shown, not scored. Their history is re-estimated every week."""
    found = {}
    for name in CROSS_CHECKS:
        rows, spec = known.get(name), series(name)
        if rows is None:
            found[name] = known.absent(name)
        else:
            found[name] = known.reading(spec, rows, z=z_two_years(rows.value, spec.frequency, known.rules))
    return found


PILLAR_OF: dict[str, str] = {
    **dict.fromkeys(("VIXCLS", "VXVCLS"), "volatility"),
    **dict.fromkeys(("BAMLH0A0HYM2", "BAMLC0A0CM", "BAMLH0A3HYC", "BAMLH0A1HYBB", "BAA10Y", "BAA"), "credit"),
    **dict.fromkeys(("DGS10", "DGS2", "T10Y2Y", "T10Y3M", "DFII10", "T10YIE"), "rates"),
    **dict.fromkeys(("SOFR", "IORB", "IOER", "DFEDTARU", "WALCL", "WDTGAL", "WTREGEN", "RRPONTSYD"), "funding"),
    **dict.fromkeys(("CFNAIMA3", "CFNAI", "SAHMREALTIME", "UNRATE", "ICSA", "PAYEMS", "INDPRO"), "growth"),
    **dict.fromkeys(
        ("CPIAUCNS", "CPIAUCSL", "CPILFESL", "STICKCPIM157SFRBATL", "PCETRIM12M159SFRBDAL", "T5YIE", "T5YIFR"),
        "inflation",
    ),
    **dict.fromkeys(("MTSDS133FMS", "GDP", "A091RC1Q027SBEA", "FGRECPT", "THREEFYTP10", "ACMTP10"), "fiscal"),
    **dict.fromkeys(CROSS_CHECKS, "cross-check"),
    **dict.fromkeys(EQUITY_ONLY, "playbook"),
    **dict.fromkeys(CURVE_ONLY, "book"),
}
"""The pillar each catalogued series feeds first, for the status page."""

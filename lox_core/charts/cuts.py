"""The boundaries of each pillar's driver, as the chart draws them, read from the engine's own thresholds."""

from __future__ import annotations

from lox_core.regimes.rules import Rules
from lox_core.regimes.state import Cut


def cuts_of(pillar: str, rules: Rules) -> tuple[Cut, ...]:
    """Entry and exit values of a pillar's driver, in the driver's unit; empty for an unknown pillar.

    Volatility: VIX. Credit: HY OAS, percent. Rates: the 10-year's 20-day change, bp. Funding: SOFR − IORB, bp.
    Growth: CFNAI, three months (worse is lower). Inflation: CPI, percent a year. Fiscal: deficit, percent of GDP.
    """
    section = rules.get(pillar, {})
    if pillar in ("volatility", "credit"):
        rungs = zip(section["levels"][1:], section["enter"], section["leave"], strict=True)
        return tuple(Cut(level, enter, leave) for level, enter, leave in rungs)
    if pillar == "funding":
        return tuple(
            Cut(level, enter, enter) for level, enter in zip(section["levels"][1:], section["enter"], strict=True)
        )
    if pillar == "fiscal":
        return tuple(
            Cut(level, cut, cut) for level, cut in zip(section["levels"][1:4], section["deficit_pct"], strict=True)
        )
    if pillar == "rates":
        enter, leave = section["repricing"]["change_bp"], section["leave_repricing"]["change_bp"]
        return (
            Cut("shock_down", section["shock_down_bp"], section["leave_shock_down_bp"]),
            Cut("repricing", -enter, -leave),
            Cut("repricing", enter, leave),
            Cut("shock_up", section["shock_up_bp"], section["leave_shock_up_bp"]),
        )
    named = {
        "growth": {"boom": "boom_above", "slowing": "expansion_above", "contraction_risk": "contraction_below"},
        "inflation": {
            "deflation_risk": "deflation_below",
            "above": "above_from",
            "high": "high_from",
            "hot": "hot_from",
        },
    }.get(pillar, {})
    return tuple(Cut(level, section[key], section[key]) for level, key in named.items())

"""Calibrate the regime rules on recorded history and hold them to their gates.

``python -m benchmarks.calibration`` prints the tables; ``--write`` puts them into docs/methodology.md between its
markers. Gates: at most 10 switches a year and at most 10 % of spells of two days or fewer per daily pillar, forward
volatility monotone over volatility regimes, any single threshold moved +5 % changes less than 10 % of days, risk-off
on less than 25 % of days 1999-2025.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import recorded
from lox_core.catalog import Observations
from lox_core.clock import AsOf
from lox_core.regimes.board import build_board
from lox_core.regimes.playbook import build_playbook, feature_matrix
from lox_core.regimes.rules import Rules, default_rules
from lox_core.regimes.state import BANDS, GREY, QUADRANTS, Board

END = AsOf.on(date(2025, 12, 31))
SPANS = {"volatility": "1999", "credit": "1999", "rates": "1999", "funding": "2021-07-29"}
METHODOLOGY = Path(__file__).resolve().parents[1] / "docs" / "methodology.md"
MARKS = ("<!-- calibration -->", "<!-- /calibration -->")
SCALED = {
    "volatility": ("enter", "leave"),
    "credit": ("enter", "leave"),
    "rates": (
        "repricing", "shock_up_bp", "shock_down_bp", "disorderly_vol_bp", "leave_repricing", "leave_shock_up_bp",
        "leave_shock_down_bp", "leave_disorderly_vol_bp",
    ),
    "funding": ("enter", "stress"),
    "growth": ("boom_above", "expansion_above", "contraction_below", "sahm_points", "claims_rise_pct"),
    "inflation": ("deflation_below", "above_from", "high_from", "hot_from"),
    "fiscal": ("deficit_pct", "interest_pct", "term_premium_bp"),
    "macro": (
        "bands", "band_hysteresis", "floor_one_crisis", "floor_two_crises", "transition_axis", "decisive_axis",
        "inflation_gate_pct", "least_coverage",
    ),
}  # fmt: skip
LABELS = {"macro": ("band", "quadrant")}  # the pillars' label is "confirmed"
ZERO_STEP = 0.5  # a threshold of 0 cannot move by a share of itself: half a basis point instead
COUNTS = ("days", "of")  # windows in observations are not thresholds


def flapping(board: Board) -> list[tuple[str, str, float, float, bool]]:
    """Per daily pillar: span, switches a year, share of spells of two days or fewer, whether the gate holds."""
    rows = []
    for name, since in SPANS.items():
        history = board.pillars[name].history.loc[since:]
        history = history[history["confirmed"] != GREY]
        levels = history["confirmed"].to_numpy()
        if name == "rates":  # both shocks are one state
            levels = np.where(levels == 3, 2, levels)
        starts = np.flatnonzero(np.append(True, levels[1:] != levels[:-1]))
        lengths = np.diff(np.append(starts, len(levels)))
        years = (history.index[-1] - history.index[0]).days / 365.25
        switches, short = (len(starts) - 1) / years, float((lengths <= 2).mean())
        rows.append((name, f"{history.index[0]:%Y-%m-%d}", switches, short, switches <= 10 and short <= 0.10))
    return rows


def perturbed(rules: Rules) -> Iterator[tuple[str, str, Rules]]:
    """Every single threshold that can move a label, moved by +5 % of itself, one at a time."""
    for pillar, names in SCALED.items():
        for name in names:
            value = rules[pillar][name]
            keys: list[Any] = [None]
            if isinstance(value, list):
                keys = list(range(len(value)))
            elif isinstance(value, dict):
                keys = [key for key in value if key not in COUNTS]
            for key in keys:
                moved: Any = copy.deepcopy(rules)
                old = value if key is None else value[key]
                new = old * 1.05 if old else ZERO_STEP
                if key is None:
                    moved[pillar][name] = new
                else:
                    moved[pillar][name][key] = new
                yield pillar, name if key is None else f"{name}[{key}]", moved


def _labels(board: Board, pillar: str) -> list[pd.Series]:
    history = board.macro.history if pillar == "macro" else board.pillars[pillar].history
    return [history[name].loc["1999":] for name in LABELS.get(pillar, ("confirmed",))]


def sensitivity(observations: dict[str, Observations], base: Board) -> list[tuple[str, str, float, bool]]:
    """Share of days 1999-2025 on which the label a threshold makes changes when it alone moves +5 %."""
    rows = []
    for pillar, name, rules in perturbed(default_rules()):
        moved = build_board(END, observations, rules=rules)
        changed = 0.0
        for before, after in zip(_labels(base, pillar), _labels(moved, pillar), strict=True):
            lit = (before != GREY) | (after != GREY)
            changed = max(changed, float((before != after)[lit].mean()))
        rows.append((pillar, name, changed, changed < 0.10))
    return rows


def bands(board: Board) -> dict[str, float]:
    """Share of days 1999-2025 in each band, of the days that have one."""
    band = board.macro.history.loc["1999":"2025", "band"]
    band = band[band != GREY]
    return {name: float((band == place).mean()) for place, name in enumerate(BANDS)}


def quadrants(board: Board) -> str:
    """How often the quadrant switches 1999-2025, and how the days are shared out."""
    quadrant = board.macro.history.loc["1999":"2025", "quadrant"]
    quadrant = quadrant[quadrant != GREY]
    years = (quadrant.index[-1] - quadrant.index[0]).days / 365.25
    switches = int((np.diff(quadrant.to_numpy()) != 0).sum())
    shares = ", ".join(f"{name} {float((quadrant == place).mean()):.0%}" for place, name in enumerate(QUADRANTS))
    return f"Quadrant, 1999-2025: {switches / years:.1f} switches a year; {shares}."


def volatility_table(board: Board) -> tuple[list[str], bool]:
    """The playbook of Volatility on SPY, 21 sessions, and whether realised volatility rises with the regime."""
    book = build_playbook(
        board.pillars["volatility"],
        feature_matrix(board),
        recorded.closes("SPY").loc["1999":],
        benchmark="SPY, adjusted",
        horizon=21,
        rules=default_rules(),
    )
    lines = [
        "| regime | days | episodes | mean % | shrunk % | 90 % interval | 5th pct % | realised vol | P(same) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    vols = []
    for row in book.rows:
        vols.append(row.realised_vol or float("nan"))
        lines.append(
            f"| {row.regime} | {row.n:,} | {row.episodes} | {row.mean:.2f} | {row.shrunk_mean:.2f} | "
            f"{row.ci_low:.2f} to {row.ci_high:.2f} | {row.p5:.1f} | {row.realised_vol:.1f} | {row.p_same:.2f} |"
        )
    return lines, bool(np.all(np.diff(vols) > 0))


def report() -> tuple[str, bool]:
    """The calibration as Markdown, and whether every gate holds."""
    observations = recorded.observations()
    board = build_board(END, observations)
    held = []
    out = ["| pillar | from | switches a year | spells ≤ 2 days | gate |", "|---|---|---|---|---|"]
    for name, since, switches, short, ok in flapping(board):
        held.append(ok)
        out.append(f"| {name} | {since} | {switches:.1f} | {short:.1%} | {'held' if ok else 'BROKEN'} |")
    table, monotone = volatility_table(board)
    held.append(monotone)
    out += [
        "",
        "Volatility regimes, SPY over the next 21 sessions, 1999-2025; realised volatility monotone: "
        + ("yes." if monotone else "NO."),
        "",
        *table,
    ]
    shares = bands(board)
    held.append(shares["risk_off"] < 0.25)
    out += [
        "",
        "Bands, share of days 1999-2025: " + ", ".join(f"{name} {share:.1%}" for name, share in shares.items()) + ".",
    ]
    out += ["", quadrants(board)]
    moved = sensitivity(observations, board)
    held += [ok for *_, ok in moved]
    worst = sorted(moved, key=lambda row: -row[2])[:8]
    out += [
        "",
        f"One threshold moved +5 %, {len(moved)} in turn; the eight that matter most:",
        "",
        "| of | threshold | days changed |",
        "|---|---|---|",
    ]
    out += [f"| {pillar} | {name} | {changed:.1%} |" for pillar, name, changed, _ in worst]
    return "\n".join(out), all(held)


def main(arguments: list[str] | None = None) -> int:
    """Print the calibration; 0 when every gate holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/methodology.md")
    options = parser.parse_args([] if arguments is None else arguments)
    if not recorded.available():
        print("calibration: the recorded market data is not beside this checkout; skipped")
        return 0
    text, ok = report()
    print(text)
    if options.write:
        page = METHODOLOGY.read_text(encoding="utf-8")
        start, end = page.index(MARKS[0]) + len(MARKS[0]), page.index(MARKS[1])
        METHODOLOGY.write_text(f"{page[:start]}\n\n{text}\n\n{page[end:]}", encoding="utf-8")
    print("calibration: every gate holds" if ok else "calibration: A GATE IS BROKEN")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

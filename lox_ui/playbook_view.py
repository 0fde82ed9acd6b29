"""The playbook: what the equity index did next, by regime, with how little is known about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lox_core import numbers
from lox_core.regimes.rules import default_rules
from lox_core.regimes.state import PillarState, step, word
from lox_ui import loaders, parts, regime_choices
from lox_ui.origins import told
from lox_ui.parts import Safe, tag
from lox_ui.table_parts import cell, download, table

INTERVAL = numbers.share(default_rules()["playbook"]["interval"])

if TYPE_CHECKING:
    from lox_core.clock import AsOf
    from lox_core.regimes.playbook import ForwardRow, Playbook


def playbook_panel(state: PillarState, as_of: AsOf, *, demo: bool) -> Playbook:
    """Forward returns by regime over the chosen horizon; returns the playbook for the tables below."""
    with parts.bar("play"):
        parts.show(
            parts.head("Playbook", f"what came next, by {word(state.name)} regime; days ahead:"), width="content"
        )
        horizon = regime_choices.horizon_select()
        book = loaders.playbook(as_of, state.name, horizon)
        download(
            lambda: forward_frame(book, as_of),
            f"playbook-{state.name}-{horizon}d-{as_of.date}",
            demo=demo,
            key="rg-csv-play",
            what="of the playbook",
        )
    if not book.rows:
        parts.nothing("No forward returns: the equity index or the pillar has no history.")
        return book
    parts.show(forward_table(book), tag("div", _footnote(book), cls="lx-note"))
    return book


def forward_table(book: Playbook) -> Safe:
    """One row per regime; hairline: 5 to 95 %; bar: the mean's interval; stroke: the mean."""
    low = min([row.p5 for row in book.rows if row.p5 is not None], default=-1.0)
    high = max([row.p95 for row in book.rows if row.p95 is not None], default=1.0)
    top = max([row.realised_vol for row in book.rows if row.realised_vol is not None], default=1.0)
    rows: list[list[object]] = []
    for row in book.rows:
        name = tag("span", word(row.regime), cls=f"t{step(row.regime)}")
        counted = [
            parts.join(name, " (now)" if row.regime == book.current else ""),
            numbers.number(row.n),
            numbers.number(row.episodes),
        ]
        if row.shrunk_mean is None:
            rows.append([*counted, numbers.DASH, cell("too few episodes to say", cls="left lx-quiet", colspan=5)])
            continue
        mean = tag(
            "span",
            numbers.signed(row.shrunk_mean, 1),
            title=f"plain mean {numbers.signed(row.mean, 1)}; {INTERVAL} interval "
            f"{numbers.signed(row.ci_low, 1)} to {numbers.signed(row.ci_high, 1)}",
        )
        same = numbers.DASH if row.p_same is None else numbers.share(row.p_same)
        vol = parts.fill(row.realised_vol, top, numbers.number(row.realised_vol, 1))
        rows.append(
            [*counted, mean, interval(row, low, high), numbers.signed(row.p5, 1), numbers.signed(row.p95, 1), same, vol]
        )
    here = [i for i, row in enumerate(book.rows) if row.regime == book.current]
    headers = [
        "Regime",
        "Days",
        "Episodes",
        "Mean, %",
        f"5 to 95 %, mean and its {INTERVAL} interval",
        "5 %",
        "95 %",
        "Same after",
        "Realised vol, %",
    ]
    return table(
        headers, rows, left=(4, 8), here=here, caption=f"Returns over the next {book.horizon_days} days by regime"
    )


def interval(row: ForwardRow, low: float, high: float) -> Safe:
    """The row's spread on one axis shared by all rows."""
    reach = (high - low) or 1.0

    def at(value: float) -> float:
        return 100 * (value - low) / reach

    pieces = [tag("i", cls="zero", style=f"left:{at(0):.1f}%")] if low <= 0 <= high else []
    if row.p5 is not None and row.p95 is not None:
        pieces.append(tag("i", cls="wide", style=f"left:{at(row.p5):.1f}%;width:{at(row.p95) - at(row.p5):.1f}%"))
    if row.ci_low is not None and row.ci_high is not None:
        start, stop = max(at(row.ci_low), 0.0), min(at(row.ci_high), 100.0)
        pieces.append(tag("i", cls="near", style=f"left:{start:.1f}%;width:{stop - start:.1f}%"))
    if row.shrunk_mean is not None:
        pieces.append(tag("i", cls="mean", style=f"left:{at(row.shrunk_mean):.1f}%"))
    said = (
        f"5 % {numbers.signed(row.p5, 1)}, mean {numbers.signed(row.shrunk_mean, 1)}, 95 % {numbers.signed(row.p95, 1)}"
    )
    return tag("span", *pieces, cls="lx-span", role="img", aria_label=said)


def transitions_panel(book: Playbook, as_of: AsOf, *, demo: bool) -> None:
    """Where each regime was after the horizon, and how long regimes last."""
    with parts.bar("trans"):
        parts.show(
            parts.head(
                "Transitions and dwell", f"share of days, {book.horizon_days} days later; then trading days in state"
            ),
            width="content",
        )
        download(
            lambda: transition_frame(book, as_of),
            f"transitions-{book.pillar}-{book.horizon_days}d-{as_of.date}",
            demo=demo,
            key="rg-csv-trans",
            what="of the transitions",
        )
    if book.transitions.empty:
        parts.nothing("No regime history to count.")
        return
    parts.show(transition_table(book))


def transition_table(book: Playbook) -> Safe:
    """Rows: from; columns: to; then spells, median and longest stay."""
    names = list(book.transitions.columns)
    rows: list[list[object]] = []
    for level in book.transitions.index:
        row: list[object] = [tag("span", word(str(level)), cls=f"t{step(str(level))}")]
        for name in names:
            chance = float(book.transitions.loc[level, name])
            known = not numbers.missing(chance)
            row.append(
                cell(numbers.share(chance), cls="heat", style=f"--p:{chance:.2f}")
                if known
                else cell(numbers.DASH, cls="heat")
            )
        row += [numbers.number(_stay(book, level, column)) for column in ("spells", "median_days", "longest_days")]
        rows.append(row)
    here = [i for i, level in enumerate(book.transitions.index) if level == book.current]
    headers = [
        "From / to",
        *[tag("span", word(str(name)), cls="lx-mid") for name in names],
        "Spells",
        "Median",
        "Longest",
    ]
    return table(headers, rows, here=here, tight=True, caption="Transition matrix and dwell times")


def _stay(book: Playbook, level: object, column: str) -> float | None:
    return float(book.dwell.loc[level, column]) if level in book.dwell.index else None


def _footnote(book: Playbook) -> str:
    years = "" if book.first is None or book.last is None else f", {book.first.year} to {book.last.year}"
    ahead = f"next {book.horizon_days} trading days, in percent"
    return f"{told(book.benchmark)}{years}, {ahead}. {book.note[:1].upper()}{book.note[1:]}."


def forward_frame(book: Playbook, as_of: AsOf) -> pd.DataFrame:
    """The forward returns as a table, units in the names; every row says of what, over what and as of when."""
    measured = ("mean", "shrunk_mean", "ci_low", "ci_high", "p5", "p50", "p95", "realised_vol")
    columns = ["regime", "days", "episodes", *(f"{name}_pct" for name in measured), "p_same"]
    rows = [
        [row.regime, row.n, row.episodes, *(getattr(row, name) for name in measured), row.p_same] for row in book.rows
    ]
    return _stamped(pd.DataFrame(rows, columns=columns), book, as_of)


def transition_frame(book: Playbook, as_of: AsOf) -> pd.DataFrame:
    """The transition shares (0 to 1) and the dwell times in trading days as a table."""
    return _stamped(book.transitions.join(book.dwell).reset_index(names="from"), book, as_of)


def _stamped(frame: pd.DataFrame, book: Playbook, as_of: AsOf) -> pd.DataFrame:
    return frame.assign(
        pillar=book.pillar, benchmark=book.benchmark, horizon_days=book.horizon_days, as_of=as_of.date.isoformat()
    )

"""The evidence for one pillar: its history, its inputs with their ages, its hysteresis, its past changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd
import streamlit as st

from lox_core import numbers
from lox_core.charts import regimes as figures
from lox_core.charts.bands import RANGES, window
from lox_core.charts.cuts import cuts_of
from lox_core.charts.history import estimated_in, quote_of
from lox_core.charts.theme import palette
from lox_core.regimes.flips import moved
from lox_core.regimes.rules import default_rules
from lox_core.regimes.state import Board, PillarState, Reading, step, word
from lox_core.regimes.trend import transitions
from lox_ui import loaders, parts, regime_choices
from lox_ui.origins import origin
from lox_ui.parts import Safe, tag
from lox_ui.table_parts import cell, download, table
from lox_ui.tiles_view import direction_of

PLOT = {"displayModeBar": False}


def history_panel(board: Board, stamp: loaders.Key, *, demo: bool) -> PillarState:
    """Pillar and range controls over the chart and the momentum strip; returns the pillar drawn."""
    with parts.bar("drill"):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key="bar-drill-left"
        ):
            name = regime_choices.pillar_select()
            state = board.pillars[name]
            driver = next(iter(state.inputs.values()), None)
            caption = caption_of(state, board, regime_choices.chosen_range())
            parts.show(parts.head(driver.title if driver else word(name), caption), width="content")
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key="bar-drill-right"
        ):
            span = regime_choices.range_select()
            download(
                lambda: _history_frame(state),
                f"{name}-history-{board.as_of.date}",
                demo=demo,
                key="rg-csv-history",
                what="of the history",
            )
    theme = parts.theme_name()
    drawn = loaders.figure(
        "pillar",
        stamp,
        theme,
        (name, span),
        lambda: figures.pillar_history(
            palette(theme),
            state,
            days=RANGES[span],
            cuts=cuts_of(name, default_rules()),
            demo=demo,
            title=driver.title if driver else "",
            unit=driver.unit if driver else "",
        ),
    )
    now = numbers.DASH if driver is None else numbers.reading(driver.value, driver.unit)
    label = word(state.confirmed) if state.confirmed else "no label"
    said = f"{driver.title if driver else word(name)}, {span}: now {now}, {label}"
    st.plotly_chart(drawn, theme=None, key="rg-history", config=PLOT, alt=said)
    momentum(state)
    return state


def caption_of(state: PillarState, board: Board, span: str) -> str:
    """What bands and lines mean; nothing over an empty chart."""
    history = window(state.history, RANGES[span])
    if history.empty:
        return ""
    pale = ", pale where estimated" if estimated_in(history) else ""
    quote = quote_of(state)
    ring = "" if quote is None else f"; ring: quote of {numbers.day(quote.as_of, board.as_of.date)}"
    return f"bands: confirmed regime{pale}; dotted: entry levels{ring}"


def momentum(state: PillarState) -> None:
    """Score, its changes and its speed; what a grey pillar has none of is a dash."""
    trend = state.trend
    one = numbers.signed
    flips = None if state.grey else trend.transitions_90d
    parts.show(
        parts.strip(
            [
                ("Score", numbers.number(state.score), "0 calm, 100 crisis"),
                ("1 d", one(trend.change_1d, 1), "points"),
                ("5 d", one(trend.change_5d, 1), f"z {one(trend.z_change_5d, 1)}"),
                ("21 d", one(trend.change_21d, 1), direction_of(trend)),
                ("Slope", one(trend.slope_21d, 2), "points a day, 21 d"),
                ("Changes", numbers.number(flips), "in 90 days"),
            ],
            small=True,
        )
    )


def timeline_panel(board: Board, stamp: loaders.Key, *, demo: bool) -> None:
    """Every pillar since its data begin."""
    labelled = [s.history.index[s.history["confirmed"] >= 0] for s in board.pillars.values() if len(s.history)]
    first = min((days[0].year for days in labelled if len(days)), default=None)
    with parts.bar("timeline"):
        since = f" since {first}" if first else ""
        note = "worst of each stretch, steps 1 to 5; empty where a pillar had no data" if first else ""
        parts.show(parts.head(f"All pillars{since}", note), width="content")
        download(
            lambda: _timeline_frame(board),
            f"pillars-{board.as_of.date}",
            demo=demo,
            key="rg-csv-timeline",
            what="of all pillars",
        )
    theme = parts.theme_name()
    drawn = loaders.figure(
        "timeline", stamp, theme, "", lambda: figures.timeline(palette(theme), board.pillars, demo=demo)
    )
    said = "; ".join(f"{word(n)} {word(s.confirmed) if s.confirmed else 'no data'}" for n, s in board.pillars.items())
    st.plotly_chart(
        drawn, theme=None, key="rg-timeline", config=PLOT, alt=f"Severity of all pillars through time. Now: {said}"
    )
    if first:
        parts.show(legend(estimated=any(estimated_in(state.history) for state in board.pillars.values())))


def legend(*, estimated: bool = False) -> Safe:
    """What the five colours say, in words, and what a veil over them says."""
    words = ("1 calm", "2 normal", "3 raised", "4 stress", "5 crisis")
    chips = [tag("span", tag("span", cls=f"lx-chip b{i}"), f" {text}") for i, text in enumerate(words, 1)]
    veil = [tag("span", "pale: estimated")] if estimated else []
    return tag("div", *chips, *veil, cls="lx-line lx-note")


def why_panel(state: PillarState, board: Board, *, demo: bool) -> None:
    """Rule, inputs with origin and age, and what entering and leaving takes."""
    with parts.bar("why"):
        asked = f"Why {word(state.confirmed)}?" if state.confirmed else f"Why is {word(state.name)} grey?"
        rule = f"rule {state.rule}" if state.rule else ""
        parts.show(parts.head(asked, rule), width="content")
        download(
            lambda: inputs_frame(state.inputs.values()),
            f"{state.name}-inputs-{board.as_of.date}",
            demo=demo,
            key="rg-csv-inputs",
            what="of the inputs",
        )
    parts.show(tag("div", state.why, cls="lx-note"))
    parts.show(inputs_table(state.inputs.values(), board, f"Inputs of {word(state.name)}"))
    if state.confirmed is not None:
        parts.show(tag("div", "Hysteresis", cls="lx-sub"), parts.pairs(_hysteresis(state, board)))


def inputs_table(readings: Iterable[Reading], board: Board, caption: str, *, ten_years: bool = False) -> Safe:
    """Readings with value, z (against two years, or ten), date, age, vintage and vendor; a missing one says why."""
    rows: list[list[object]] = []
    for reading in readings:
        name = parts.join(reading.title, *[parts.join(" ", label) for label in _tags(reading)])
        if reading.value is None:
            rows.append(
                [name, numbers.DASH, cell(reading.missing_reason or "missing", cls="left wrap lx-quiet", colspan=5)]
            )
            continue
        z, other = (reading.z_10y, reading.z) if ten_years else (reading.z, reading.z_10y)
        also = "" if other is None else f"against {'2' if ten_years else '10'} years: {numbers.signed(other, 1)}"
        rows.append(
            [
                name,
                numbers.reading(reading.value, reading.unit),
                tag("span", numbers.signed(z, 1), title=also),
                numbers.day(reading.as_of, board.as_of.date),
                f"{numbers.number(reading.age_days)} d",
                _vintage(reading, board),
                origin(reading.source),
            ]
        )
    return table(
        ["Input", "Value", "z, 10 y" if ten_years else "z, 2 y", "As of", "Age", "Vintage", "Source"],
        rows,
        wrap=(0, 6),
        caption=caption,
    )


def changes_panel(state: PillarState, board: Board, *, demo: bool, most: int = 8) -> None:
    """The pillar's latest confirmed changes."""
    log = transitions(state.history, state.levels) if len(state.history) else pd.DataFrame()
    with parts.bar("changes"):
        parts.show(parts.head(f"{word(state.name)}: past changes", f"{len(log):,} on record"), width="content")
        download(
            lambda: log,
            f"{state.name}-changes-{board.as_of.date}",
            demo=demo,
            key="rg-csv-changes",
            what="of the past changes",
        )
    if log.empty:
        parts.nothing("No confirmed change on record.")
        return
    rows = [
        [_dated(row[0], state), word(row[1]), tag("b", word(row[2]), cls=f"t{step(row[2])}"), f"{row[3]:,} d"]
        for row in log.head(most).itertuples(index=False)
    ]
    parts.show(
        table(
            ["Date", "From", "To", "Had lasted"],
            rows,
            wrap=(1, 2),
            tight=True,
            caption="Past changes of the confirmed regime",
        )
    )


def _dated(day: date, state: PillarState) -> Safe:
    """A change's day, tagged where the level rests on an estimate."""
    estimated = bool(state.history["proxy"].get(pd.Timestamp(day), False)) if "proxy" in state.history else False
    mark = [" ", parts.label("estimated", why="the input of those days is estimated from another series")]
    return parts.join(numbers.day(day), *(mark if estimated else []))


def _hysteresis(state: PillarState, board: Board) -> list[tuple[object, object]]:
    was = f", before that {word(state.previous)}" if state.previous else ""
    stay = numbers.plural(state.days_in_state or 0, "trading day")
    since = f"since {numbers.day(state.since, board.as_of.date)}, {stay}{was}"
    rows: list[tuple[object, object]] = [("Confirmed", f"{word(state.confirmed or '')} {since}")]
    if state.raw is not None:
        moment = "by a quote newer than the last close" if state.quote is not None else "by today's cut"
        rows.append(("Raw", f"{word(state.raw)} {moment}"))
    for boundary in state.boundaries:
        way = f"{moved(state, boundary)}, held {boundary.needs}"
        rows.append((f"To {word(boundary.regime)}", f"{way} ({numbers.signed(boundary.score_distance, 1)} points)"))
    if state.flags:
        rows.append(("Flags", ", ".join(word(flag) for flag in state.flags)))
    rows.append(("Coverage", parts.coverage(state.coverage, "of inputs")))
    return rows


def _tags(reading: Reading) -> list[Safe]:
    found = []
    if reading.proxy:
        found.append(parts.label("proxy", warn=True, why="estimated from another series"))
    if reading.stale:
        found.append(parts.label("stale", warn=True, why=reading.missing_reason or ""))
    if reading.intraday:
        found.append(parts.label("intraday"))
    return found


def _vintage(reading: Reading, board: Board) -> object:
    if reading.vintage in (None, "lag rule"):
        return tag("span", "by rule", title="the vendor states no vintage: dated by the release calendar")
    return numbers.day(pd.Timestamp(str(reading.vintage)).date(), board.as_of.date)


def inputs_frame(readings: Iterable[Reading]) -> pd.DataFrame:
    """Readings as a table, everything known about each."""
    fields = (
        "name",
        "title",
        "value",
        "unit",
        "z",
        "z_10y",
        "as_of",
        "known_at",
        "age_days",
        "vintage",
        "source",
        "required",
        "proxy",
        "stale",
        "intraday",
        "missing_reason",
    )
    return pd.DataFrame(
        [{field: getattr(reading, field) for field in fields} for reading in readings], columns=list(fields)
    )


def _history_frame(state: PillarState) -> pd.DataFrame:
    names = dict(enumerate(state.levels))
    frame = state.history.reset_index(names="date")
    return frame.assign(raw=frame["raw"].map(names), confirmed=frame["confirmed"].map(names))


def _timeline_frame(board: Board) -> pd.DataFrame:
    columns = {
        name: state.history["confirmed"].map(dict(enumerate(state.levels)))
        for name, state in board.pillars.items()
        if len(state.history)
    }
    return pd.DataFrame(columns).reset_index(names="date")

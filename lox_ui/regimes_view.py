"""The answer of the Regimes page: the macro word and score, and what makes it."""

from __future__ import annotations

from itertools import pairwise

from lox_core import numbers
from lox_core.regimes.rules import default_rules
from lox_core.regimes.state import QUADRANTS, Board, MacroState, step, word
from lox_ui import parts
from lox_ui.parts import Safe, tag

BAND_CUTS = tuple(default_rules()["macro"]["bands"])


def headline(macro: MacroState) -> None:
    """The macro regime, its overlays, the risk score on its scale, and how sure of it one can be."""
    before = f" · before: {word(macro.previous)}" if macro.previous else ""
    grey = "" if macro.coverage >= 0.995 else "of weight"
    name = word(macro.quadrant)
    if macro.quadrant == "transition" and macro.leaning:
        name = f"Transition, leaning {word(macro.leaning)}"
    parts.show(
        tag(
            "div",
            tag("span", "Macro regime" + before, cls="lx-note"),
            parts.coverage(macro.coverage, grey),
            cls="lx-apart",
        ),
        tag("div", name, cls="lx-big"),
        tag("div", f"liquidity {macro.liquidity} · stress {macro.stress}", cls="lx-quiet"),
        *_unconfirmed(macro),
        *_score(macro),
        parts.strip(_axes(macro), small=True),
    )


def _unconfirmed(macro: MacroState) -> list[Safe]:
    """What today's axes say against the confirmed quadrant, or why there is no quadrant."""
    if macro.quadrant not in QUADRANTS:
        told = macro.missing_reason if macro.risk_score is not None else None
    elif macro.raw_quadrant is None or macro.raw_quadrant == macro.quadrant:
        told = None
    else:
        told = f"axes now say {word(macro.raw_quadrant)}; not confirmed"
    return [tag("div", told, cls="lx-note")] if told else []


def _axes(macro: MacroState) -> list[tuple[str, object, object]]:
    since = numbers.DASH if macro.since is None else numbers.day(macro.since)
    days = "" if macro.days_in_state is None else numbers.plural(macro.days_in_state, "trading day")
    return [
        ("Growth", numbers.signed(macro.growth_axis, 2), "z against ten years"),
        ("Inflation", numbers.signed(macro.inflation_axis, 2), "z against ten years"),
        ("Since", since, days),
    ]


def _score(macro: MacroState) -> list[Safe]:
    if macro.risk_score is None:
        number = tag("strong", numbers.DASH, style="font-size:30px;font-weight:600;line-height:1")
        return [
            tag("div", number, tag("span", "no risk score"), cls="lx-line", style="margin-top:8px"),
            tag("div", f"{macro.missing_reason or 'Too little is known'}.", cls="lx-note"),
        ]
    score = macro.risk_score
    band = tag("b", word(macro.band), cls=f"t{step(macro.band)}")
    words = tag("span", band, " risk score, 0 calm to 100 crisis")
    number = tag("strong", numbers.number(score), style="font-size:30px;font-weight:600;line-height:1")
    changes = (("a close before", macro.change_1d), ("a month before", macro.change_21d))
    notes = [_moved(name, score, change) for name, change in changes]
    notes += [tag("span", told) for told in _band_flips(macro, score)]
    return [
        tag("div", number, words, cls="lx-line", style="margin-top:8px"),
        scale(score, [(name, score - change) for name, change in changes if change is not None]),
        tag("div", *notes, cls="lx-line lx-note"),
    ]


def _moved(name: str, score: float, change: float | None) -> Safe:
    """Where the score stood; a dash where the two days do not weigh the same pillars."""
    if change is None:
        return tag("span", f"{name} {numbers.DASH}", title="The two days do not weigh the same pillars.")
    return tag("span", f"{name} {numbers.number(score - change)} ({numbers.signed(change)})")


def _band_flips(macro: MacroState, score: float) -> list[str]:
    order = ("risk_on", "neutral", "cautious", "risk_off")
    if macro.band not in order:
        return []
    place = order.index(macro.band)
    found = []
    for cut, towards in ((macro.band_cuts[1], place + 1), (macro.band_cuts[0], place - 1)):
        if cut is not None and 0 <= towards < len(order):
            found.append(f"{word(order[towards])} at {numbers.number(cut)} ({numbers.signed(cut - score)})")
    return ["flips to " + ", ".join(found)] if found else []


def scale(score: float, ghosts: list[tuple[str, float]]) -> Safe:
    """The score on 0 to 100 over its bands, with where it stood before as thinner marks."""
    edges = (0, *BAND_CUTS, 100)
    band = [tag("i", cls=f"b{i + 1}", style=f"width:{b - a}%") for i, (a, b) in enumerate(pairwise(edges))]
    marks = [
        tag("span", cls="ghost", style=f"left:{min(max(at, 0), 100):.1f}%", title=f"{name} {at:.0f}")
        for name, at in ghosts
    ]
    ticks = [tag("span", str(cut), cls="tick", style=f"left:{cut}%") for cut in BAND_CUTS]
    now = tag("span", cls="mark", style=f"left:{min(max(score, 0), 100):.1f}%")
    said = "; ".join([f"risk score {score:.0f} of 100", *(f"{name} {at:.0f}" for name, at in ghosts)])
    return tag("div", tag("div", *band, cls="band"), *marks, now, *ticks, cls="lx-scale", role="img", aria_label=said)


def contributions(board: Board) -> None:
    """What moves the score away from 50, largest first; a floor is a line of its own."""
    macro = board.macro
    rows: list[tuple[str, float | None, str]] = [
        (word(name), points, "") for name, points in sorted(macro.contributions.items(), key=lambda item: -item[1])
    ]
    grey = [word(name) for name in board.pillars if name not in macro.contributions]
    score, before = macro.risk_score, macro.score_before_floors
    lifted = macro.floor is not None and score is not None and before is not None and score > before + 0.05
    if lifted and score is not None and before is not None:
        rows.append((f"Floor at {macro.floor:g}", score - before, "floor"))
    if score is None:
        parts.show(parts.head("What is known", "points away from 50; too little to make a score of"))
    else:
        parts.show(parts.head(f"What makes {numbers.number(score)}", "points away from 50"))
    if not rows:
        parts.nothing("No pillar has a score.")
        return
    count = len(macro.contributions)
    total = "" if before is None or score is None else f" 50 + the {count} = {numbers.number(before, 1)}"
    floor = f"; {macro.floor_reason}." if lifted and macro.floor_reason else ", no floor applied." if total else ""
    absent = f" {', '.join(grey)} {'weighs' if len(grey) == 1 else 'weigh'} 0." if grey else ""
    parts.show(
        parts.bars(rows),
        tag(
            "div",
            f"Solid adds risk, outlined takes it away.{total}{floor}{absent}",
            cls="lx-note",
            style="margin-top:8px",
        ),
    )

"""Which regimes changed, read off the days that were kept."""

from __future__ import annotations

from collections.abc import Iterable

from lox_core.journal.records import RegimeChange, RegimeRecord

MACRO = "macro"


def changes(days: Iterable[RegimeRecord]) -> tuple[RegimeChange, ...]:
    """Every day's regimes that differ from the last one known; grey days in between change nothing.

    Parameters
    ----------
    days : RegimeRecord, oldest first

    Returns
    -------
    tuple of RegimeChange
        Oldest first; a pillar's change carries that pillar's inputs, the macro label's carries all of the day's.
    """
    known: dict[str, str] = {}
    found = []
    for day in days:
        for pillar, regime in {MACRO: day.regime, **day.pillars}.items():
            if regime is None:
                continue
            before = known.get(pillar, regime)
            if before != regime:
                inputs = day.inputs if pillar == MACRO else {pillar: day.inputs.get(pillar)}
                found.append(RegimeChange(day.date, pillar, before, regime, inputs))
            known[pillar] = regime
    return tuple(found)

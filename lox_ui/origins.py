"""Where a number comes from and why it is missing, shortened to what a table has room for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from lox_core import numbers
from lox_ui.parts import Safe, tag

_VENDOR = re.compile(r"([A-Z][A-Za-z]+):")
NAMED_MOST = 6


def told(source: str) -> str:
    """A source as it is named under the demo's ribbon, which says once that all of it is simulated."""
    return source.replace("demo ", "")


def vendors(source: str) -> str:
    """``FRED`` for ``demo FRED:SOFR less demo FRED:IORB``; an estimate says so; what names no vendor stays."""
    names = ", ".join(dict.fromkeys(_VENDOR.findall(told(source))))
    if not names:
        return told(source)
    return f"{names}, estimated" if source.startswith("estimated") else names


def origin(source: str | None) -> Safe | str:
    """The vendors of a source, the whole of it on hover."""
    return numbers.DASH if not source else tag("span", vendors(source), title=told(source))


def shared(reason: str, item: str) -> str:
    """A reason without the item it was told about, so that one fault reads the same for all it struck."""
    return re.sub(rf" \(?{re.escape(item)}\)?(?=[ .,;:]|$)", "", reason)


def by_reason(missing: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """(reason, items) of every fault, the most struck first; ``missing`` are (item, reason)."""
    struck: dict[str, list[str]] = defaultdict(list)
    for item, reason in missing:
        struck[shared(reason, item).rstrip(".")].append(item)
    return sorted(struck.items(), key=lambda pair: -len(pair[1]))


def names(items: list[str]) -> str:
    """The first few of many items."""
    more = len(items) - NAMED_MOST
    return ", ".join(items[:NAMED_MOST]) + (f" and {more} more" if more > 0 else "")

"""How a command answers: one JSON document or words, and the exit code that goes with it.

0 done; 1 partial, saying what is missing; 2 asked wrongly or not configured, in words.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import typer
from rich.console import Console

DONE, PARTIAL, REFUSED = 0, 1, 2


def console() -> Console:
    """Standard output for people; plain when it is not a terminal."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def emit_json(document: Mapping[str, Any]) -> None:
    """Exactly one JSON document on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")


def finish(missing: list[str], *, as_json: bool) -> NoReturn:
    """Leave with 0, or with 1 after naming what is missing (on standard error beside a JSON answer)."""
    if missing:
        target = Console(stderr=True, highlight=False) if as_json else console()
        target.print("Partial answer. Missing: " + "; ".join(missing), style="yellow", markup=False)
    raise typer.Exit(PARTIAL if missing else DONE)


def refuse(error: Exception, *, as_json: bool) -> int:
    """Say why nothing was done; returns the exit code."""
    if as_json:
        emit_json({"error": {"type": type(error).__name__, "message": str(error)}})
    else:
        Console(stderr=True, highlight=False).print(f"lox: {error}", style="red", markup=False)
    return REFUSED

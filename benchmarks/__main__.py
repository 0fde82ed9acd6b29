"""Run the benchmarks and print one table. Exit code 1 when a figure passes its limit or a module fails."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
import traceback
from collections.abc import Sequence
from types import ModuleType

from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks import Figure

LEFT_OUT = {"__main__", "load"}  # load takes minutes and has a command of its own


def modules(names: Sequence[str]) -> list[ModuleType]:
    """The modules with a ``main()``, all of them or those named, in alphabetical order."""
    there = sorted(one.name for one in pkgutil.iter_modules(benchmarks.__path__) if one.name not in LEFT_OUT)
    unknown = [name for name in names if name not in there]
    if unknown:
        raise SystemExit(f"No benchmark is called {', '.join(unknown)}; there are {', '.join(there) or 'none'}.")
    found = [importlib.import_module(f"benchmarks.{name}") for name in names or there]
    return [module for module in found if hasattr(module, "main")]


def measure(module: ModuleType) -> tuple[list[Figure], str]:
    """What the module measured, and why it failed (empty when it did not)."""
    try:
        answer = module.main()
    except Exception as error:
        traceback.print_exc()
        return [], f"{type(error).__name__}: {error}"
    if answer is None or isinstance(answer, int):
        return [], f"exit code {answer}" if answer else ""
    return list(answer), ""


def main(names: Sequence[str]) -> int:
    """Run the named benchmarks, or all; the number of failures is told in the table."""
    console = Console()
    table = Table("benchmark", "figure", "measured", "at most", "")
    failures = 0
    for module in modules(names):
        name = module.__name__.removeprefix("benchmarks.")
        console.rule(name)
        start = time.perf_counter()
        figures, failure = measure(module)
        failures += bool(failure) + sum(not figure.held for figure in figures)
        table.add_row(name, "the whole of it", f"{time.perf_counter() - start:.1f} s", "", failure or "ok")
        for figure in figures:
            limit = "" if figure.at_most is None else f"{figure.at_most:g} {figure.unit}"
            table.add_row(
                "", figure.what, f"{figure.measured:.4g} {figure.unit}", limit, "ok" if figure.held else "OVER"
            )
    console.rule("all")
    console.print(table if table.row_count else "There is nothing to run.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

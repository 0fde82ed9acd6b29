"""Who may import whom, and that the library stands without a user interface."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

LOAD_THE_LIBRARY = """
import importlib, pkgutil, sys
import lox_core
names = [one.name for one in pkgutil.walk_packages(lox_core.__path__, "lox_core.") if not one.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
loaded = sorted({name.partition(".")[0] for name in sys.modules} & {"streamlit", "lox_ui", "pages", "pytest"})
print(len(names), loaded)
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_all_of_the_library_loads_without_streamlit_and_without_a_warning():
    done = run(sys.executable, "-W", "error", "-c", LOAD_THE_LIBRARY)
    assert done.returncode == 0, done.stderr
    count, _, loaded = done.stdout.partition(" ")
    assert loaded.strip() == "[]"
    assert int(count) > 20


def test_that_check_would_see_streamlit():
    done = run(sys.executable, "-c", "import streamlit\n" + LOAD_THE_LIBRARY)
    assert done.returncode == 0, done.stderr
    assert "streamlit" in done.stdout


def test_imports_keep_to_the_layers():
    done = run(sys.executable, "-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_pure_core_starts_quickly_because_it_loads_nothing_that_fetches():
    done = run(
        sys.executable,
        "-c",
        "import sys, lox_core.regimes, lox_core.catalog\n"
        "slow = {'requests', 'urllib3', 'diskcache', 'plotly', 'typer', 'exchange_calendars'}\n"
        "print(sorted(slow & set(sys.modules)))",
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")

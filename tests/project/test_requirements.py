"""The pins: exact, consistent, and neither more nor less than what the code imports."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.conftest import ROOT

PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[A-Za-z0-9.+!]+)( ; .+)?$")
NOT_IMPORTED = {
    "authlib": "st.login logs the owner in with it",
    "httpx": "st.login asks the identity provider with it",
    "tzdata": "zoneinfo reads it where the system has no time zones",
    "uvicorn": "streamlit serves with it",
}
OURS = {"lox_core", "lox_ui", "pages", "benchmarks", "tests", "app"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def lines(file: str) -> list[str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith(("#", "-r "))]


def pins(file: str) -> dict[str, str]:
    matches = [PIN.match(line) for line in lines(file)]
    return {canonical(match["name"]): match["version"] for match in matches if match}


def imported(*folders: str) -> set[str]:
    """Distributions that the code in ``folders`` imports, by canonical name."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")] + [ROOT / "app.py"]
    modules = {name for path in paths for name in top_level_imports(path)} - set(sys.stdlib_module_names) - OURS
    owners = packages_distributions()
    return {canonical(owners[name][0]) for name in modules if name in owners}


def top_level_imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_line_is_one_exact_pin(file):
    assert [line for line in lines(file) if not PIN.match(line)] == []
    assert len(pins(file)) == len(lines(file))


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_what_is_asked_for_is_what_is_pinned(name):
    asked, pinned = pins(f"{name}.in"), pins(f"{name}.txt")
    assert asked.items() <= pinned.items()
    loose = [canonical(line) for line in lines(f"{name}.in") if not PIN.match(line)]
    assert [one for one in loose if one not in pinned] == []


def test_development_adds_to_the_app_and_changes_nothing_in_it():
    first = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()[0]
    app, development = pins("requirements.txt"), pins("requirements-dev.txt")
    assert first == "-r requirements.txt"
    assert {name: app[name] for name in app.keys() & development.keys()} == {
        name: development[name] for name in app.keys() & development.keys()
    }


def test_the_app_asks_for_all_it_imports_and_nothing_else():
    needed = imported("lox_core", "lox_ui", "pages")
    assert needed - pins("requirements.in").keys() == set()
    assert pins("requirements.in").keys() - needed - NOT_IMPORTED.keys() == set()


def test_tests_and_benchmarks_import_only_what_is_pinned():
    known = pins("requirements.txt").keys() | pins("requirements-dev.txt").keys()
    assert imported("tests", "benchmarks") - known == set()


def test_nothing_else_declares_dependencies():
    """A hosting service takes the first dependency file it finds; there must be one."""
    others = ["uv.lock", "Pipfile", "Pipfile.lock", "environment.yml", "poetry.lock", "setup.py", "setup.cfg"]
    assert [name for name in others if (ROOT / name).exists()] == []

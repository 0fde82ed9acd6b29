"""Small rooms: sizes of files and functions, names, and what must not be found in any of them."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDERS = ("lox_core", "lox_ui", "pages", "benchmarks")
CODE = [ROOT / "app.py", *sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))]
LIBRARY = [path for path in CODE if path.is_relative_to(ROOT / "lox_core")]
EVERYTHING = CODE + sorted((ROOT / "tests").rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room(path: Path) -> int:
    if path == ROOT / "app.py":
        return 60
    return 120 if path.is_relative_to(ROOT / "pages") else 400


@pytest.mark.parametrize("path", CODE, ids=named)
def test_files_fit_their_room(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= room(path), f"{lines} lines, room for {room(path)}"


@pytest.mark.parametrize("path", CODE, ids=named)
def test_functions_fit_theirs(path):
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert {one.name: one.end_lineno - one.lineno + 1 for one in functions if one.end_lineno - one.lineno >= 50} == {}


def test_no_file_has_a_vague_name():
    assert [named(path) for path in EVERYTHING if path.stem in VAGUE] == []


def test_nothing_is_left_unfinished():
    found = [
        f"{named(path)}:{number}"
        for path in EVERYTHING
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_no_error_is_swallowed():
    silent = [
        f"{named(path)}:{node.lineno}"
        for path in CODE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
    ]
    assert silent == []


def test_the_library_prints_nothing_outside_the_command_line():
    prints = [
        f"{named(path)}:{node.lineno}"
        for path in LIBRARY
        if "cli" not in path.parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    ]
    assert prints == []


def test_only_the_clock_asks_the_time():
    asking = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|Timestamp\.(now|today|utcnow))$|^time\.time$")
    found = [
        f"{named(path)}:{node.lineno}"
        for path in LIBRARY
        if path.name != "clock.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and asking.search(ast.unparse(node.func))
    ]
    assert found == []


def test_pages_neither_fetch_nor_store():
    forbidden = {"requests", "urllib", "urllib3", "sqlite3", "diskcache", "pandas", "numpy"}
    found = [
        f"{named(path)}: {name}"
        for path in (ROOT / "pages").glob("*.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
        if name.split(".")[0] in forbidden
    ]
    assert found == []


@pytest.mark.real
@pytest.mark.skipif(shutil.which("git") is None, reason="the inspection asks git which files there are")
def test_the_house_inspection_finds_nothing(shared_dir):
    walk = subprocess.run(
        [sys.executable, shared_dir / "tools" / "house.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert walk.stdout.strip() == "0 findings"

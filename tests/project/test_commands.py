"""What the README promises can be typed, and the make targets and scripts behind it."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
import tomllib

import pytest

from lox_core.settings import Settings
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [README] + [path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
LOX_LINES = sorted(set(re.findall(r"^ {4}\./lox (.+?)(?: +#.*)?$", README, re.MULTILINE)))


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "LOX_MODE": "demo", "COLUMNS": "100", **environment}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=env)


class TestReadme:
    @pytest.mark.parametrize("command", ["make run", "make test"])
    def test_the_two_commands_are_there(self, command):
        assert re.search(rf"^ {{4}}{command}\b", README, re.MULTILINE)

    def test_every_key_is_in_the_table(self):
        keys = [name for name in Settings.model_fields if name.endswith(("_API_KEY", "_API_SECRET"))]
        table = "\n".join(line for line in README.splitlines() if line.startswith("| `"))
        assert [key for key in keys if f"`{key}`" not in table] == []

    def test_every_file_it_shows_or_links_exists(self):
        links = re.findall(r"\]\(([^)#:]+)\)", README)
        assert links
        assert [link for link in links if not (ROOT / link).exists()] == []

    def test_every_make_target_named_anywhere_exists(self):
        named = {target for page in PAGES for target in re.findall(r"\bmake ([a-z]+)\b(?=[`\s,.;)])", page)}
        assert {"run", "test", "check", "bench", "soak"} <= named
        there = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
        assert {
            target for target in named if re.search(rf"`make {target}|^ +make {target}", "\n".join(PAGES), re.M)
        } <= there

    def test_every_setting_named_anywhere_exists(self):
        named = {name for page in PAGES for name in re.findall(r"\b(?:LOX|FRED|FMP|ALPACA|OPENAI)_[A-Z_]+\b", page)}
        assert {name for name in named if name not in Settings.model_fields} == set()

    @pytest.mark.parametrize("line", LOX_LINES)
    def test_every_lox_line_can_be_typed(self, line):
        words = shlex.split(line)
        commands = [word for word in words[: words.index("--as-of")] if word] if "--as-of" in words else words
        path = [word for word in commands if not word.startswith("-")][:2]
        options = {word for word in words if word.startswith("--")}
        helped = run(sys.executable, "-m", "lox_core.cli", *path, "--help", TERM="dumb", NO_COLOR="1")
        assert helped.returncode == 0, helped.stderr
        assert [option for option in options if option not in helped.stdout] == []

    def test_there_are_lox_lines(self):
        assert any(line.startswith("research regimes") for line in LOX_LINES)
        assert "doctor" in LOX_LINES


class TestMake:
    def test_make_alone_lists_every_target(self):
        listed = run("make").stdout
        phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
        assert phony is not None
        assert [target for target in phony[1].split() if f"make {target} " not in listed] == []

    def test_run_serves_this_machine_only(self):
        recipe = run("make", "-n", "-o", ".venv/.app-installed", "run").stdout
        assert "streamlit run app.py --server.address 127.0.0.1 --server.port 8501" in recipe
        assert "--server.headless true" in recipe

    def test_an_old_python_is_refused_in_words(self, tmp_path):
        old = tmp_path / "python3.9"
        old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        old.chmod(0o755)
        done = run("make", "setup", f"PYTHON={old}", f"VENV={tmp_path}/venv")
        assert done.returncode != 0
        assert "Lox needs Python 3.11 or newer" in done.stdout
        assert not (tmp_path / "venv").exists()

    def test_the_environment_of_an_old_make_is_not_trusted(self):
        """``python -m venv`` that fails leaves an interpreter behind: only the stamp counts."""
        assert re.search(r"^\$\(APP\): requirements\.txt$", MAKEFILE, re.MULTILINE)
        assert "rm -rf $(VENV)" in MAKEFILE


class TestScripts:
    def test_scripts_can_be_run_and_parse(self):
        assert os.access(ROOT / "lox", os.X_OK)
        assert os.access(ROOT / ".ci" / "run", os.X_OK)
        assert subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=False, capture_output=True).returncode == 0

    def test_lox_is_the_same_program(self):
        script, module = run(sys.executable, "lox", "--help"), run(sys.executable, "-m", "lox_core.cli", "--help")
        assert script.returncode == 0, script.stderr
        assert script.stdout.replace("lox_core.cli", "lox") == module.stdout.replace("python -m lox_core.cli", "lox")

    def test_ci_runs_the_readmes_test_command_and_is_strict(self):
        text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
        assert "set -euo pipefail" in text
        assert re.search(r"\bmake test$", text, re.MULTILINE)

    def test_the_console_script_points_at_something(self):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        module, _, function = project["scripts"]["lox"].partition(":")
        assert callable(getattr(importlib.import_module(module), function))

    def test_the_command_line_runs_from_the_checkout(self):
        done = run(sys.executable, "-m", "lox_core.cli", "--help")
        assert done.returncode == 0, done.stderr
        assert "research" in done.stdout

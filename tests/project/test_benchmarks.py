"""``python -m benchmarks`` finds what there is, and a figure over its limit fails the run."""

from __future__ import annotations

import types

import pytest

from benchmarks import Figure, __main__
from tests.conftest import ROOT


def module(name: str, answer: object) -> types.ModuleType:
    made = types.ModuleType(f"benchmarks.{name}")

    def main() -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    made.main = main  # type: ignore[attr-defined]
    return made


def run(monkeypatch, *modules: types.ModuleType) -> int:
    monkeypatch.setattr(__main__, "modules", lambda names: list(modules))
    monkeypatch.setenv("COLUMNS", "160")
    return __main__.main([])


@pytest.mark.parametrize("answer", [None, 0, [], [Figure("board, warm", 0.3, "s", at_most=0.5)], [Figure("n", 9, "")]])
def test_figures_within_their_limits_pass(monkeypatch, capsys, answer):
    assert run(monkeypatch, module("speed", answer)) == 0
    assert "speed" in capsys.readouterr().out


@pytest.mark.parametrize("answer", [3, [Figure("board, warm", 0.7, "s", at_most=0.5)], ValueError("no data")])
def test_a_figure_over_its_limit_a_failure_and_an_exit_code_fail(monkeypatch, answer):
    assert run(monkeypatch, module("fine", None), module("speed", answer)) == 1


def test_the_table_tells_what_was_measured_and_against_what(monkeypatch, capsys):
    run(monkeypatch, module("speed", [Figure("board, warm", 0.7, "s", at_most=0.5)]))
    row = next(line for line in capsys.readouterr().out.splitlines() if "board, warm" in line)
    assert ["0.7 s" in row, "0.5 s" in row, "OVER" in row] == [True, True, True]


def test_one_failing_does_not_keep_the_others_from_running(monkeypatch, capsys):
    run(monkeypatch, module("broken", ValueError("no data")), module("later", [Figure("x", 1, "s")]))
    out = capsys.readouterr().out
    assert "no data" in out
    assert "later" in out


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(SystemExit, match="No benchmark is called nonsense"):
        __main__.modules(["nonsense"])


def test_every_module_there_can_be_loaded_and_the_long_one_is_left_out():
    names = {one.__name__ for one in __main__.modules([])}
    assert "benchmarks.load" not in names
    assert (ROOT / "benchmarks" / "load.py").exists()

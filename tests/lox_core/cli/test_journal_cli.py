"""``lox journal``: one JSON document or words, exit codes, and no journal in a demo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lox_core.cli.__main__ import run
from lox_core.clock import Clock
from lox_core.journal import Journal
from lox_core.journal.records import TradeRecord
from lox_core.settings import Settings
from tests.lox_core.journal.conftest import CLOCK, PREVIOUS, ROWS, a_day, a_regime, previous


@pytest.fixture(autouse=True)
def live(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOX_MODE", "live")
    monkeypatch.setenv("LOX_NOW", "2026-11-23T17:30:00-05:00")


@pytest.fixture
def journal(tmp_path) -> Journal:
    kept = Journal.open(Settings(LOX_MODE="live", LOX_DATA_DIR=tmp_path / "data"), CLOCK)
    kept.log_regime(a_regime(Clock.from_setting("2026-11-20T16:00-05:00").now().date(), regime="slowdown"), now())
    kept.record_day(a_day(), now())
    kept.add_trades([TradeRecord("PA***1", "live", "1", "SPY", "buy", 100.0, 660.0, CLOCK.now(), None, "core")])
    return kept


def now():
    return CLOCK.as_of_now()


def answer(capsys, *arguments: str, code: int = 0) -> dict:
    assert run(["journal", *arguments]) == code
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("command", [["--json"], ["show", "--json"], ["--json", "show"]])
def test_what_it_holds(journal, capsys, command):
    found = answer(capsys, *command)
    assert found["where"] == "tracker.sqlite3"
    assert found["rows"]["positions_daily"] == 2
    assert (found["first_day"], found["last_day"], found["mode"]) == ("2026-11-23", "2026-11-23", "live")
    assert found["last"]["nav"][0]["equity"] == 100_000.0
    assert found["last"]["trades"][0]["symbol"] == "SPY"
    assert found["last"]["regime_changes"][0]["after"] == "goldilocks"


def test_in_words(journal, capsys):
    assert run(["journal"]) == 0
    words = capsys.readouterr().out
    for part in ("tracker.sqlite3", "nav_history 1", "$100,000", "SPY", "macro: slowdown → goldilocks"):
        assert part in words


def test_before_the_first_day(capsys, tmp_path):
    assert answer(capsys, "--json")["rows"]["nav_history"] == 0
    assert run(["journal"]) == 0
    assert "no day yet" in capsys.readouterr().out
    assert not (tmp_path / "data").exists()


def test_rows_that_were_left_behind_are_told(capsys, tmp_path):
    previous(tmp_path / "data" / "tracker.sqlite3", PREVIOUS + ROWS)
    assert run(["journal"]) == 0
    assert "6 rows of the previous schema" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["out.zip", "out.json"])
def test_out_and_back(journal, capsys, monkeypatch, tmp_path, name):
    assert answer(capsys, "export", name, "--json")["rows"]["trades"] == 1
    assert answer(capsys, "export", name, "--json", code=2)["error"]["type"] == "StoreError"
    assert run(["journal", "export", name, "--replace"]) == 0
    assert "Exported to out" in capsys.readouterr().out
    monkeypatch.setenv("LOX_DATA_DIR", str(tmp_path / "elsewhere"))
    dry = answer(capsys, "import", name, "--dry-run", "--json")
    assert (dry["imported"], dry["added"]["nav_history"]) == (False, 1)
    assert answer(capsys, "--json")["rows"]["nav_history"] == 0
    assert run(["journal", "import", name]) == 0
    assert "nav_history: 1 new row, 1 there already" not in (words := capsys.readouterr().out)
    assert "nav_history: 1 new row, 0 there already" in words
    assert answer(capsys, "--json")["rows"]["nav_history"] == 1


def test_rows_that_cannot_be_used_make_a_partial_answer(journal, capsys):
    run(["journal", "export", "out.json"])
    document = json.loads(Path("out.json").read_text())
    document["tables"]["trades"] = [{**document["tables"]["trades"][0], "side": "hold"}] * 60
    Path("out.json").write_text(json.dumps(document))
    capsys.readouterr()
    assert run(["journal", "import", "out.json", "--json"]) == 1
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert (report["imported"], report["error_count"], report["errors"][0]["row"]) == (False, 60, 1)
    assert "trades row 1: side must be one of buy, sell" in " ".join(said.err.split())
    assert "10 more rows" in " ".join(said.err.split())
    assert run(["journal", "import", "out.json"]) == 1
    assert "Nothing is imported" in capsys.readouterr().out


def test_a_backup(journal, capsys):
    found = answer(capsys, "backup", "copy.sqlite3", "--json")
    assert found["bytes"] == Path("copy.sqlite3").stat().st_size
    assert answer(capsys, "backup", "copy.sqlite3", "--json", code=2)["error"]["message"].endswith("not overwritten.")
    assert run(["journal", "backup", "copy.sqlite3", "--replace"]) == 0
    assert "Backed up to copy.sqlite3" in capsys.readouterr().out


def test_what_is_asked_wrongly(capsys, tmp_path):
    assert "in .zip" in answer(capsys, "export", "out.txt", "--json", code=2)["error"]["message"]
    assert "does not exist" in answer(capsys, "import", "none.zip", "--json", code=2)["error"]["message"]
    assert "no journal yet" in answer(capsys, "backup", "copy", "--json", code=2)["error"]["message"]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tracker.sqlite3").write_text("no database" * 1000)
    assert "damaged" in answer(capsys, "show", "--json", code=2)["error"]["message"]


@pytest.mark.parametrize("command", [["show"], ["export", "a.zip"], ["import", "here"], ["backup", "a"], []])
def test_a_demo_keeps_none_and_says_so(capsys, monkeypatch, tmp_path, command):
    monkeypatch.setenv("LOX_MODE", "demo")
    (tmp_path / "here").write_text("x")
    assert run(["journal", *command]) == 0
    assert "The demo keeps no journal." in capsys.readouterr().out
    assert answer(capsys, *command, "--json") == {
        "mode": "demo",
        "keeps": False,
        "reason": "The demo keeps no journal. Set your keys, and it begins.",
    }
    assert not (tmp_path / "data").exists()

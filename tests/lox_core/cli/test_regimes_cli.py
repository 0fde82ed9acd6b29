"""The command line as a program: its documents, its words, its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from lox_core.cli.__main__ import run

AT = {"LOX_NOW": "2026-11-23T10:00:00-05:00"}


@pytest.fixture(autouse=True)
def _clock(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in AT.items():
        monkeypatch.setenv(name, value)


def test_the_board_is_one_json_document(capsys):
    assert run(["research", "regimes", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["mode"] == "demo"
    assert len(document["pillars"]) == 7


def test_a_past_day_with_a_grey_pillar_is_partial_and_says_which(capsys):
    assert run(["research", "regimes", "--as-of", "2015-06-30", "--json"]) == 1
    out = capsys.readouterr()
    document = json.loads(out.out)
    assert document["as_of"] == "2015-06-30"
    assert document["pillars"]["credit"]["missing_reason"]
    assert "credit" in out.err


def test_in_words_the_demo_is_named(capsys):
    assert run(["research", "regimes"]) == 0
    words = capsys.readouterr().out
    assert "DEMO MARKET" in words
    assert "Volatility" in words
    assert "LOX_NOW" in words


def test_a_pillar_has_its_history(capsys):
    assert run(["regime", "rates", "--since", "2026-11-02", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["history"][0]["date"] == "2026-11-02"
    assert document["confirmed"] == document["history"][-1]["confirmed"]


def test_a_pillar_in_words_says_why(capsys):
    assert run(["regime", "inflation"]) == 0
    assert "inflation." in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["research", "regimes", "--as-of", "yesterday"],
        ["research", "regimes", "--as-of", "2999-01-01"],
        ["regime", "astrology"],
        ["regime", "rates", "--since", "soon"],
        ["research", "regimes", "--nonsense"],
        ["nonsense"],
        ["regime"],
        ["doctor", "--as-of", "2020-01-01"],
    ],
)
def test_asked_wrongly_is_two_in_words_and_in_json(arguments, capsys):
    assert run(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("lox: ")
    assert "Traceback" not in said
    assert run([*arguments, "--json"]) == 2
    out = capsys.readouterr().out
    error = json.loads(out)["error"]
    assert set(error) == {"type", "message"}
    assert error["type"] in ("SettingsError", "UsageError")
    assert error["message"] in " ".join(said.split())


@pytest.mark.parametrize("group", [[], ["research"]])
def test_a_group_asked_for_nothing_shows_its_commands(group, capsys):
    assert run(group) == 2
    assert "regimes" in capsys.readouterr().out or group == []
    assert run([*group, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["type"] == "UsageError"


def test_a_setting_that_cannot_be_used_is_named_and_not_shown(monkeypatch, capsys):
    monkeypatch.setenv("FRED_BASE_URL", "http://example.com/secret-path")
    assert run(["research", "regimes", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert "FRED_BASE_URL" in error["message"]
    assert "secret-path" not in error["message"]


def test_lox_as_of_is_the_default_of_as_of(monkeypatch, capsys):
    monkeypatch.setenv("LOX_AS_OF", "2026-06-30")
    assert run(["research", "regimes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["as_of"] == "2026-06-30"


def test_a_rejected_key_is_partial_never_a_traceback(monkeypatch, capsys, httpserver):
    httpserver.expect_request("/fred/series/observations").respond_with_json(
        {"error_code": 400, "error_message": "Bad Request.  The value for variable api_key is not registered."},
        status=400,
    )
    monkeypatch.setenv("FRED_API_KEY", "canarycanarycanarycanarycanary12")
    monkeypatch.setenv("FRED_BASE_URL", httpserver.url_for("/fred"))
    assert run(["research", "regimes", "--json"]) == 1
    out = capsys.readouterr()
    document = json.loads(out.out)
    assert document["mode"] == "live"
    assert all(pillar["raw"] is None for pillar in document["pillars"].values())
    assert "canary" not in out.out + out.err


def test_the_doctor_knows_every_provider_and_series(capsys):
    assert run(["doctor", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {p["name"] for p in document["providers"]} == {"FRED", "FMP", "Alpaca", "Trading Economics", "OpenAI"}
    assert all(row["route"] or row["reason"] for row in document["series"])
    assert run(["doctor"]) == 0
    assert "FRED" in capsys.readouterr().out


@pytest.mark.parametrize("program", [["-m", "lox_core.cli"], ["lox"]])
def test_both_entries_run_from_the_checkout(root, program, tmp_path):
    env = {**os.environ, **AT, "LOX_NO_VENV": "1", "LOX_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, *program, "--version"], cwd=root, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith("lox ")


def test_a_pillar_says_where_it_stands_and_that_a_demo_is_one(capsys):
    assert run(["regime", "volatility"]) == 0
    words = capsys.readouterr().out
    assert "DEMO MARKET" in words
    assert "LOX_NOW" in words
    assert run(["regime", "volatility", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["mode"], document["as_of"][:10]) == ("demo", "2026-11-23")


def test_no_boundary_is_printed_as_a_distance_of_nothing(capsys):
    assert run(["research", "regimes"]) == 0
    words = capsys.readouterr().out
    assert not any(nothing in words for nothing in (" 0.00 pts to", " 0 bp to"))


def test_the_catalog_can_be_held_against_the_vendor(capsys):
    code = run(["doctor", "--catalog", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["catalog_differences"] == []
    assert code == 0

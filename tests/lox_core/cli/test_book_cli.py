"""The book's commands as programs: their documents, their words, their exit codes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lox_core.cli.__main__ import run
from lox_core.clock import AsOf
from lox_core.errors import Unavailable
from lox_core.portfolio.valued import TOTALS
from lox_core.workbench import OwnersWorkbench
from tests.lox_core.workbench.desk import NOW, demo_bench, down, owned, spoil

BOOK = ("status", "account", "risk", "nav")


@pytest.fixture(autouse=True)
def _at(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOX_NOW", NOW.isoformat())
    monkeypatch.setenv("LOX_KERNELS", "numpy")


@pytest.fixture(scope="module")
def bench():
    return demo_bench()


@pytest.fixture(scope="module")
def taken(bench):
    return spoil(bench).fetch(AsOf(NOW, "now"))


@pytest.fixture
def owner(monkeypatch, bench, taken):
    """``owner(**spoilt)``: the simulated account passes for the owner's, with some answers spoilt."""

    def install(**spoilt):
        found = spoil(bench, **spoilt).fetch(AsOf(NOW, "now")) if spoilt else taken
        mine = owned(found) if found.book is not None else replace(found, account_label="…0001", named="")
        monkeypatch.setattr(OwnersWorkbench, "book", lambda self, as_of: mine)
        monkeypatch.setenv("LOX_MODE", "live")

    return install


def asked(capsys, *arguments: str) -> tuple[int, dict, str]:
    code = run([*arguments, "--json"])
    out = capsys.readouterr()
    return code, json.loads(out.out), out.err


@pytest.mark.parametrize("command", BOOK)
def test_the_demo_answers_whole_and_names_itself(capsys, monkeypatch, taken, command):
    monkeypatch.setattr(OwnersWorkbench, "book", lambda self, as_of: taken)
    code, document, _ = asked(capsys, command)
    assert code == 0
    assert (document["account"], document["named"], document["mode"]) == ("sample", "Demo account", "demo")
    assert run([command]) == 0
    assert "DEMO MARKET" in capsys.readouterr().out


def test_risk_has_the_contracts_totals(capsys):
    _, document, _ = asked(capsys, "risk")
    assert set(document["totals"]) == set(TOTALS)
    assert all(value is not None for value in document["totals"].values())


@pytest.mark.parametrize("command", ["status", "account", "risk"])
@pytest.mark.parametrize("day", ["2026-11-19", "2026-11-20T10:00-05:00"])
def test_a_past_as_of_hides_the_live_book(capsys, command, day):
    code, document, _ = asked(capsys, command, "--as-of", day)
    assert code == 2
    assert "live book is hidden" in document["error"]["message"]


def test_half_a_key_is_named(capsys, monkeypatch):
    monkeypatch.setenv("ALPACA_API_KEY", "only-this")
    code, document, _ = asked(capsys, "risk")
    assert code == 2
    assert "ALPACA_API_SECRET" in document["error"]["message"]


def test_without_a_broker_on_a_live_market_it_is_the_sample(capsys, monkeypatch):
    monkeypatch.setenv("LOX_MODE", "live")
    code, document, _ = asked(capsys, "risk")
    assert (code, document["account"], document["named"]) == (0, "sample", "Sample book")
    assert run(["risk"]) == 0
    assert "SAMPLE BOOK" in capsys.readouterr().out


def test_an_unpriced_leg_makes_the_owners_answer_partial_by_name(capsys, owner):
    owner()
    code, document, err = asked(capsys, "risk")
    assert code == 1
    assert document["account"] == "…0001"
    assert "adjusted contract" in err


@pytest.mark.parametrize("spoilt", ["option_quotes", "stock_quotes", "portfolio_history"])
def test_a_fault_is_named_and_no_total_becomes_zero(capsys, owner, spoilt):
    owner(**{spoilt: down("Alpaca is out.")})
    code, document, err = asked(capsys, "status")
    assert code == 1
    assert "Alpaca is out." in err
    assert document["nav_mid"] not in (0, None)


def test_without_positions_there_is_one_document_with_nulls_and_the_reason(capsys, owner):
    owner(positions=down("Alpaca is out."))
    code, document, err = asked(capsys, "risk")
    assert code == 1
    assert set(document["totals"].values()) == {None}
    assert document["missing_reason"] == "Alpaca is out."
    assert "Alpaca is out." in err
    for command in ("status", "risk"):
        assert run([command]) == 1
        assert "Alpaca is out." in capsys.readouterr().out


def test_a_look_keeps_the_day(capsys, owner, tmp_path):
    owner()
    for _ in range(2):
        asked(capsys, "risk")
    code, document, _ = asked(capsys, "nav")
    kept = [row for row in document["history"] if row["source"] == "journal"]
    assert [row["date"] for row in kept] == ["2026-11-20"]
    assert kept[0]["nav_liquidation"] is not None
    assert document["performance"]["formulas"]["twr"]
    code, document, _ = asked(capsys, "nav", "--as-of", "2026-11-20T15:00-05:00")
    assert (code, len(document["history"])) == (0, 1)
    code, document, err = asked(capsys, "nav", "--as-of", "2026-11-19")
    assert (code, document["history"]) == (1, [])
    assert "no day" in err


def test_status_says_what_the_journal_did(capsys, owner):
    owner()
    _, document, _ = asked(capsys, "status")
    assert document["journal"]["recorded"] == "new"
    assert document["journal"]["keeps"] is True
    run(["status"])
    assert "brought up to date" in capsys.readouterr().out


def test_a_journal_in_trouble_does_not_hide_the_book(capsys, owner, monkeypatch, tmp_path):
    owner()
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a directory should be")
    monkeypatch.setenv("LOX_DATA_DIR", str(blocked))
    code, document, _ = asked(capsys, "status")
    assert code == 1
    assert document["nav_mid"] is not None
    assert document["journal"]["problem"]


def test_the_doctor_asks_the_broker(capsys, monkeypatch):
    asked_for = []

    class Down:
        def clock(self):
            asked_for.append("clock")
            raise Unavailable("Alpaca did not answer.", source="Alpaca")

        account = clock

    build = OwnersWorkbench.__init__

    def init(self, *given):
        build(self, *given)
        self.broker = Down()

    monkeypatch.setattr(OwnersWorkbench, "__init__", init)
    _, document, _ = asked(capsys, "doctor")
    assert asked_for == ["clock", "clock"]
    assert "Alpaca" in {one["name"] for one in document["providers"]}
    assert document["journal"]["keeps"] is False

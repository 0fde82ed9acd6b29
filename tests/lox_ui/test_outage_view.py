from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from lox_core.sourced import Gap, Sourced
from lox_ui import outage_view, parts
from tests.lox_ui.board_factory import NOW


def provider(name: str = "FRED", **changes) -> SimpleNamespace:
    fields = {
        "name": name,
        "mode": "live",
        "key": "set",
        "breaker": "closed",
        "last_success": NOW,
        "last_error": None,
        "last_error_at": None,
        "unlocks": "Real macro series.",
    }
    return SimpleNamespace(**{**fields, **changes})


def kept(hours: float, route: str = "last_good") -> Sourced:
    return Sourced(value=None, as_of=NOW, fetched_at=NOW - timedelta(hours=hours), source="FRED:X", route=route)


@pytest.fixture
def faults(monkeypatch) -> list[tuple[str, ...]]:
    """What the page would show as failed."""
    said: list[tuple[str, ...]] = []
    monkeypatch.setattr(parts, "fault", lambda *words: said.append(words))
    return said


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, False),
        ({"breaker": "open"}, True),
        ({"key": "rejected"}, True),
        ({"last_error_at": NOW.replace(hour=1)}, False),
        ({"last_error_at": NOW.replace(hour=23)}, True),
        ({"last_error_at": NOW, "last_success": None}, True),
        ({"mode": "off", "breaker": "open"}, False),
    ],
)
def test_a_source_ails_when_it_should_answer_and_does_not(changes, wanted):
    assert outage_view.ailing(provider(**changes)) is wanted


def test_an_outage_says_what_stands_in_and_how_old_it_is(faults):
    items = {"A": kept(30), "B": kept(2), "C": Gap("C", "refused")}
    outage_view.outage(items, [provider(breaker="open", last_error="FRED refused the connection.")], NOW)
    told = " ".join(faults[0])
    assert "FRED is not answering." in told
    assert "FRED refused the connection." in told
    assert "2 of 3 series are stored copies, the oldest fetched 1 d ago" in told
    assert "1 of 3 series have no stored copy; what rests on them is grey." in told


@pytest.mark.parametrize(
    ("items", "changes"),
    [
        ({"A": kept(2, "cache"), "B": kept(2, "live"), "C": Gap("C", "begins later")}, {}),
        ({"A": kept(2, "cache"), "B": kept(2, "live"), "C": Gap("C", "begins later")}, {"breaker": "open"}),
        ({"A": Gap("A", "begins later")}, {}),
        ({"A": Gap("A", "refused")}, {"mode": "demo", "breaker": "open"}),
    ],
    ids=["well", "few affected", "a past day had none", "demo"],
)
def test_what_is_no_outage_says_nothing(faults, items, changes):
    outage_view.outage(items, [provider(**changes)], NOW)
    assert faults == []


def test_a_rejected_key_says_what_brings_it_back(faults):
    outage_view.outage({"A": kept(2, "cache")}, [provider("FMP", key="rejected")], NOW)
    assert faults[0][0] == "FMP rejected the key."
    assert "restarted" in faults[0][1]


def test_a_missing_fred_key_says_what_it_unlocks(faults):
    outage_view.outage({"A": Gap("A", "no key")}, [provider(key="missing", mode="off")], NOW)
    assert faults[0][0] == "FRED_API_KEY is not set."
    assert "Real macro series." in faults[0][1]

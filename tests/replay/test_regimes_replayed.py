"""From the vendors' wire to the command line's answer, on recorded history, as a stranger would check it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lox_core.cli.__main__ import run

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("replay")]
Asked = Callable[..., dict[str, Any]]


@pytest.fixture
def asked(replay, monkeypatch, tmp_path, capsys) -> Asked:
    """``asked("2023-03-14T18:00:00-04:00", "--as-of", "2023-03-13")``: the JSON answer and its exit code."""
    monkeypatch.chdir(tmp_path)

    def ask(now: str, *arguments: str, code: tuple[int, ...] = (0, 1)) -> dict[str, Any]:
        replay.stand_at(now)
        for name, value in replay.environment(now).items():
            monkeypatch.setenv(name, value)
        assert run(["research", "regimes", *arguments, "--json"]) in code
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return document

    yield ask
    replay.well()


@pytest.mark.parametrize(
    ("day", "now", "wanted"),
    [
        (
            "2008-09-15",
            "2008-09-16T18:00:00-04:00",
            {"volatility": ("stress", "stress"), "credit": ("crisis", "crisis")},
        ),
        (
            "2023-03-13",
            "2023-03-14T18:00:00-04:00",
            {
                "volatility": ("stress", "stress"),
                "credit": ("cautious", "cautious"),
                "rates": ("repricing", "shock_up"),
            },
        ),
        ("2025-10-31", "2025-11-03T18:00:00-05:00", {"funding": ("stress", "stress")}),
    ],
)
def test_a_day_of_record_has_its_labels(asked, day, now, wanted):
    pillars = asked(now, "--as-of", day)["pillars"]
    found = {name: (pillars[name]["raw"], pillars[name]["confirmed"]) for name in wanted}
    assert found == wanted, {name: pillars[name]["missing_reason"] for name in wanted}
    assert len(pillars) == 7


def test_a_moment_before_a_release_shows_the_old_number_and_a_moment_after_the_new(asked):
    now = "2022-07-15T18:00:00-04:00"
    before = asked(now, "--as-of", "2022-07-13T08:29-04:00")["pillars"]["inflation"]["inputs"]
    after = asked(now, "--as-of", "2022-07-13T08:31-04:00")["pillars"]["inflation"]["inputs"]
    name = next(iter(before))
    assert (before[name]["as_of"], after[name]["as_of"]) == ("2022-05-01", "2022-06-01")
    assert before[name]["value"] < after[name]["value"]


def test_where_spreads_reach_back_three_years_only_the_rest_is_called_an_estimate(asked):
    credit = asked("2026-06-05T16:30:00-04:00")["pillars"]["credit"]
    assert credit["confirmed"] is not None
    assert credit["inputs"]["BAMLH0A0HYM2"]["proxy"] is False


def test_a_vendor_in_trouble_gives_one_document_in_words(asked, replay):
    replay.fault("fred", "500")
    answer = asked("2023-03-14T18:00:00-04:00", "--as-of", "2023-03-13", code=(1,))
    assert all(pillar["confirmed"] is None for pillar in answer["pillars"].values())
    assert "having trouble" in answer["pillars"]["volatility"]["missing_reason"]

"""Every threshold stands in the file with a mark of where it comes from, and its words are made from it."""

from __future__ import annotations

import copy
import re
from datetime import date
from pathlib import Path

import pytest

from lox_core.clock import AsOf
from lox_core.regimes import rules as rules_module
from lox_core.regimes.board import build_board
from lox_core.regimes.rules import default_rules

FILE = Path(rules_module.__file__).with_name("thresholds.toml")
MARK = re.compile(r"\[(M|C|ours|S\d+)\]")
LINES = [line for line in FILE.read_text(encoding="utf-8").splitlines() if re.match(r"\w+ = ", line)]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split(" = ")[0])
def test_each_line_says_where_it_comes_from(line):
    comment = line.rpartition("#")[2] if "#" in line else ""
    assert MARK.search(comment), line


def test_there_are_lines_to_hold_to_it():
    keys = sum(len(section) for section in default_rules().values())
    assert len(LINES) == keys > 100


def test_every_published_source_is_listed_in_the_methodology(root):
    page = (root / "docs" / "methodology.md").read_text(encoding="utf-8")
    listed = page[page.index("## Sources") :]
    used = set(re.findall(r"\[(S\d+)\]", "\n".join(LINES)))
    assert len(used) >= 8
    for source in used:
        assert f"**{source}**" in listed, source


@pytest.mark.parametrize(
    ("pillar", "key", "old", "new"),
    [
        ("volatility", "enter", "13/18/25/35", "13/18/25/37"),
        ("credit", "leave", "2.75/4.1/5.5/7.25", "2.75/4.1/5.5/7.75"),
        ("rates", "shock_up_bp", "+43", "+47"),
        ("funding", "stress", "25 bp once", "31 bp once"),
        ("growth", "boom_above", "+0.70/", "+0.90/"),
        ("growth", "sahm_points", "Sahm rule at 0.5", "Sahm rule at 0.6"),
        ("inflation", "hot_from", "5 hot", "6 hot"),
        ("fiscal", "interest_pct", "10/14/18 %", "10/14/19 %"),
    ],
)
def test_the_words_of_a_rule_follow_its_threshold(market, pillar, key, old, new):
    day = AsOf.on(date(2020, 6, 30))
    moved = copy.deepcopy(default_rules())
    section = moved[pillar]
    if key in ("enter", "leave", "interest_pct"):
        section[key][-1] = {"enter": 37, "leave": 7.75, "interest_pct": 19}[key]
    elif key == "stress":
        section[key]["spike_bp"] = 31
    else:
        section[key] = {"shock_up_bp": 47, "boom_above": 0.9, "sahm_points": 0.6, "hot_from": 6.0}[key]
    assert old in build_board(day, market).pillars[pillar].why
    assert new in build_board(day, market, rules=moved).pillars[pillar].why

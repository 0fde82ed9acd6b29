from __future__ import annotations

from datetime import date, timedelta

import pytest

from lox_core.clock import AsOf, Clock
from lox_core.market.freshness import POLICY
from lox_core.sourced import Gap, Sourced
from lox_ui.freshness_badges import badges, rule_of
from tests.lox_ui.board_factory import NOW, board

TODAY = board(Clock(NOW).as_of_now())


def asked(ago: timedelta, source: str = "FRED:DGS10", route: str = "cache") -> dict[str, Sourced]:
    return {source: Sourced(value=None, as_of=NOW, fetched_at=NOW - ago, source=source, route=route)}


@pytest.mark.parametrize(
    ("ago", "state"),
    [
        (timedelta(hours=3), "fresh"),
        (timedelta(hours=25), "aging"),
        (timedelta(hours=49), "stale"),
        (timedelta(hours=-3), "fresh"),
    ],
)
def test_the_state_is_judged_when_drawn(ago, state):
    assert f'lx-badge {state}"' in badges(asked(ago), TODAY, NOW).partition("Fiscal")[0]


def test_the_same_report_ages_as_time_passes():
    series = asked(timedelta(hours=3))
    assert 'lx-badge fresh"' in badges(series, TODAY, NOW)
    assert 'lx-badge fresh"' not in badges(series, TODAY, NOW + timedelta(days=3))


def test_a_last_good_copy_is_stale_however_young():
    built = badges(asked(timedelta(minutes=1), route="last_good"), TODAY, NOW)
    assert 'lx-badge stale"' in built.partition("Fiscal")[0]
    assert "the source failed" in built


def test_each_vendor_has_its_own_limit():
    assert rule_of(asked(timedelta(), "demo FRED:DGS10")["demo FRED:DGS10"]) is POLICY.fred
    assert rule_of(asked(timedelta(), "FMP:^VIX")["FMP:^VIX"]) is POLICY.fmp_quotes
    assert rule_of(asked(timedelta(), "FMP:^GSPC")["FMP:^GSPC"]) is POLICY.fmp_history


def test_a_past_day_does_not_age():
    past = board(AsOf.on(date(2020, 3, 16)))
    built = badges(asked(timedelta(days=30)), past, NOW)
    assert 'lx-badge fresh"' in built.partition("Fiscal")[0]


def test_missing_series_are_counted_with_their_reason():
    built = badges({"VIXCLS": Gap("VIXCLS", "timed out <b>")}, TODAY, NOW)
    assert "1 series" in built
    assert "VIXCLS: timed out &lt;b&gt;" in built


def test_a_stale_pillar_has_a_badge_and_many_share_one():
    assert "<b>Fiscal</b>210 d · stale" in badges({}, TODAY, NOW)
    outage = board(Clock(NOW).as_of_now(), kind="outage")
    built = badges({}, outage, NOW)
    assert "<b>7 pillars</b>" in built
    assert "<b>Fiscal</b>" not in built


def test_the_worst_stands_last():
    series = {**asked(timedelta(hours=1), "FMP:^GSPC"), **asked(timedelta(days=4)), "X": Gap("X", "gone")}
    built = badges(series, TODAY, NOW)
    assert built.index("<b>FMP</b>") < built.index("<b>FRED</b>") < built.index("<b>1 series</b>")

from __future__ import annotations

from datetime import datetime

import pytest

from lox_core.clock import NEW_YORK, Clock
from lox_core.providers.exchange import Limits
from lox_core.settings import Settings
from lox_core.workbench import OwnersWorkbench, Workbench, bench
from lox_core.workbench.bench import without_owner

CLOCK = Clock(datetime(2026, 11, 20, 16, 30, tzinfo=NEW_YORK))
KEYS = {"ALPACA_API_KEY": "canary-key", "ALPACA_API_SECRET": "canary-secret", "LOX_API_TOKEN": "canary-token"}


def test_everybodys_settings_hold_nothing_of_the_owners():
    found = without_owner(
        Settings(**KEYS, LOX_TRACKER_URL="postgresql://u:canary@h/d", LOX_OWNER_EMAILS="canary@example.org")
    )
    assert not [value for value in found.secret_values() if "canary" in value]
    assert "canary" not in found.LOX_OWNER_EMAILS


@pytest.mark.parametrize(
    ("given", "mode"),
    [(KEYS, "live"), ({}, "demo"), (KEYS | {"LOX_MODE": "demo"}, "demo"), ({"LOX_MODE": "live"}, "live")],
)
def test_without_the_owners_keys_the_market_stays_what_it_was(given, mode):
    settings = Settings(**given)
    assert settings.mode == mode
    assert without_owner(settings).mode == mode


def test_two_workbenches_and_one_market(tmp_path):
    settings = Settings(**KEYS, LOX_DATA_DIR=tmp_path)
    public = Workbench.build(settings, CLOCK)
    owners = Workbench.build(settings, CLOCK, public=False, market=public.market)
    assert type(public) is Workbench
    assert isinstance(owners, OwnersWorkbench)
    assert owners.market is public.market
    assert public.market.settings.ALPACA_API_KEY is None


@pytest.mark.parametrize("given", [{}, KEYS | {"LOX_MODE": "live"}])
def test_everybodys_workbench_has_no_broker_at_all(given, tmp_path):
    public = Workbench.build(Settings(**given, LOX_DATA_DIR=tmp_path), CLOCK)
    assert not hasattr(public, "broker")
    assert not hasattr(public, "journal")
    assert "Alpaca" not in {one.name for one in public.status(CLOCK.as_of_now()).providers}


def test_the_simulated_market_has_the_patience_of_its_own_limits(monkeypatch):
    assert bench.DEMO_LIMITS.deadline_s > 5 * Limits().deadline_s
    monkeypatch.setattr(bench, "DEMO_LIMITS", Limits(read_s=0.001, deadline_s=0.001))
    found = Workbench.build(Settings(LOX_MODE="demo"), CLOCK).book(CLOCK.as_of_now())
    assert found.book is None
    assert any("did not answer in time" in reason for reason in found.gaps.values())

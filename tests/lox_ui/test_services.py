from __future__ import annotations

import threading
from datetime import UTC, date, datetime

import pytest

from lox_core.clock import Clock
from lox_core.errors import SettingsError
from lox_core.settings import Settings
from lox_ui import loaders, services
from tests.lox_ui.board_factory import NOW, FakeWorkbench


@pytest.fixture(autouse=True)
def _anew():
    services.install(None)
    yield
    services.install(None)


def secrets(monkeypatch, **values):
    monkeypatch.setattr(services.st, "secrets", values)


def test_without_any_secret_or_key_it_is_the_demo():
    assert services.settings().mode == "demo"


def test_a_secret_beats_the_environment(monkeypatch):
    monkeypatch.setenv("LOX_MODE", "live")
    secrets(monkeypatch, LOX_MODE="demo")
    assert services.settings().LOX_MODE == "demo"


def test_the_environment_counts_where_there_is_no_secret(monkeypatch):
    monkeypatch.setenv("OPENAI_MODEL", "some-model")
    secrets(monkeypatch, connections={"OPENAI_MODEL": "not read from a section"})
    assert services.settings().OPENAI_MODEL == "some-model"


def test_the_env_file_is_the_last_resort(monkeypatch, tmp_path):
    (tmp_path / "env").write_text("OPENAI_MODEL=from-file\nLOX_MODE=live\n")
    monkeypatch.setattr(services, "ENV_FILE", tmp_path / "env")
    monkeypatch.setenv("LOX_MODE", "demo")
    found = services.settings()
    assert (found.OPENAI_MODEL, found.LOX_MODE) == ("from-file", "demo")


def test_an_address_from_the_secrets_does_not_count_even_when_streamlit_copied_it(monkeypatch):
    """Streamlit writes secrets over the environment; an address there could send a key elsewhere."""
    monkeypatch.setenv("FRED_BASE_URL", "https://elsewhere.invalid")
    secrets(monkeypatch, FRED_BASE_URL="https://elsewhere.invalid")
    assert services.settings().FRED_BASE_URL == "https://api.stlouisfed.org/fred"


def test_an_address_of_the_operator_counts(monkeypatch):
    monkeypatch.setenv("FRED_BASE_URL", "http://127.0.0.1:8901/fred")
    assert services.settings().FRED_BASE_URL == "http://127.0.0.1:8901/fred"


def test_an_unusable_setting_is_told_at_every_call_until_it_is_mended(monkeypatch):
    monkeypatch.setenv("LOX_MODE", "sometimes")
    for _ in range(2):
        with pytest.raises(SettingsError, match="LOX_MODE"):
            services.settings()


def test_many_threads_get_one_workbench(monkeypatch):
    built = []

    class Bench:
        @classmethod
        def build(cls, settings, clock, **asked):
            built.append((cls(), asked))
            return built[-1][0]

    monkeypatch.setattr("lox_core.workbench.Workbench", Bench)
    found = []
    threads = [threading.Thread(target=lambda: found.append(services.workbench())) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [asked for _, asked in built] == [{}]
    assert set(map(id, found)) == {id(built[0][0])}


def test_the_owner_gets_another_workbench_on_the_same_market(monkeypatch):
    monkeypatch.setattr(services, "_settings", lambda: Settings(ALPACA_API_KEY="canary", LOX_MODE="live"))
    who = ["public"]
    monkeypatch.setattr(services.access, "present", lambda _: who[0])
    public = services.workbench()
    assert public.settings.ALPACA_API_KEY is None
    assert "canary" not in str(vars(public.market))
    for who[0] in ("local", "owner"):
        owners = services.workbench()
        assert owners is not public
        assert owners.settings.ALPACA_API_KEY.get_secret_value() == "canary"
        assert owners.market is public.market
    assert services.public_workbench() is public


def test_what_visitors_share_never_comes_from_the_owners_workbench(monkeypatch):
    monkeypatch.setattr(services.access, "present", lambda _: "local")
    everybodys, owners = FakeWorkbench(), FakeWorkbench()
    services.install(everybodys, owners)
    loaders.forget()
    loaders.board(services.as_of(None))
    assert (len(everybodys.loads), len(owners.loads)) == (1, 0)
    loaders.forget()


def test_clearing_streamlits_caches_keeps_the_workbench(monkeypatch):
    import streamlit

    bench = FakeWorkbench()
    services.install(bench)
    streamlit.cache_resource.clear()
    streamlit.cache_data.clear()
    assert services.workbench() is bench


def test_a_past_day_is_its_close_and_today_is_now():
    services.install(FakeWorkbench())
    assert services.today() == date(2026, 11, 20)
    assert services.as_of(date(2020, 3, 16)).kind == "date"
    for day in (None, date(2026, 11, 20), date(2027, 1, 1)):
        assert services.as_of(day).kind == "now"


def test_a_standing_clock_is_taken_at_its_word():
    bench = FakeWorkbench()
    bench.clock = Clock(datetime(2026, 11, 20, 13, 29, 59, tzinfo=UTC))
    services.install(bench)
    assert services.as_of(None).instant == bench.clock.fixed


def test_a_running_clock_moves_in_steps_that_never_run_ahead():
    bench = FakeWorkbench()
    bench.clock = Clock()
    services.install(bench)
    instant = services.as_of(None).instant
    assert instant.timestamp() % services.NOW_STEP_S == 0
    assert 0 <= (bench.clock.now() - instant).total_seconds() < services.NOW_STEP_S + 1
    assert 0 < services.seconds_to_next_step() <= services.NOW_STEP_S + 0.5


def test_today_is_new_yorks_day():
    bench = FakeWorkbench()
    bench.clock = Clock(datetime(2026, 11, 21, 3, 0, tzinfo=UTC))
    services.install(bench)
    assert services.today() == NOW.date()

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from lox_ui import loaders, services


@pytest.fixture
def app(monkeypatch):
    """``app.py`` with a warm-up that freezes nothing and waits for nobody."""
    import app as module

    monkeypatch.setattr(module, "warmed", threading.Event())
    monkeypatch.setattr(services, "settle_memory", lambda: None)
    monkeypatch.setattr(services, "start_kernels", lambda: None)
    monkeypatch.setattr(services, "seconds_to_next_step", lambda: 0.01)
    return module


def test_health_tells_whether_the_first_board_is_ready(app):
    async def ask():
        return json.loads((await app.healthz(None)).body)

    assert asyncio.run(ask()) == {"status": "ok", "warm": False}
    app.warmed.set()
    assert asyncio.run(ask()) == {"status": "ok", "warm": True}


def test_warming_goes_on_after_a_failure_and_logs_it(app, monkeypatch, caplog):
    stop, calls = threading.Event(), []

    def warm():
        calls.append(1)
        if len(calls) == 3:
            stop.set()
        raise ZeroDivisionError("a bug must not end the warming")

    monkeypatch.setattr(loaders, "warm", warm)
    app.keep_warm(stop)
    assert len(calls) == 3
    assert app.warmed.is_set()
    assert "a bug must not end the warming" in caplog.text


def test_boot_does_not_wait_for_the_warm_up(app, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(loaders, "warm", lambda: release.wait(20))

    async def boot():
        async with app.lifespan(None):
            return app.warmed.is_set()

    try:
        assert asyncio.run(boot()) is False
    finally:
        release.set()


def test_the_app_is_found_by_streamlit(app):
    import streamlit as st

    assert isinstance(app.app, st.App)

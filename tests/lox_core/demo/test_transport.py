"""The transport is a transport: requests' own machinery works on it, from many threads, and it reaches nothing else."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from urllib.parse import urlsplit

import pytest
import requests

from lox_core.demo import world as world_module
from lox_core.demo.transport import DEMO_FMP_URL, DEMO_FRED_URL, DEMO_SETTINGS, DemoAdapter, build
from lox_core.settings import Settings

NOW = datetime.fromisoformat("2026-11-20T15:30:00-05:00")
OBSERVATIONS = f"{DEMO_FRED_URL}/series/observations"


def test_hosts_cannot_exist():
    for url in (DEMO_FRED_URL, DEMO_FMP_URL):
        assert urlsplit(url).scheme == "https"
        assert str(urlsplit(url).hostname).endswith(".invalid")


def test_its_addresses_are_settings():
    settings = Settings.from_layers({key: str(value) for key, value in DEMO_SETTINGS.items()})
    assert (settings.FRED_BASE_URL, settings.FMP_BASE_URL, settings.FMP_LEGACY) == (DEMO_FRED_URL, DEMO_FMP_URL, False)


def test_a_reply_can_be_read_whole_or_in_pieces(desk):
    params = {"series_id": "WALCL", "file_type": "json"}
    whole = desk.session.get(OBSERVATIONS, params=params)
    assert whole.headers["content-type"].startswith("application/json")
    assert int(whole.headers["content-length"]) == len(whole.content)
    assert whole.reason == "OK"
    assert whole.elapsed.total_seconds() >= 0
    assert whole.request.url == whole.url
    with desk.session.get(OBSERVATIONS, params=params, stream=True) as streamed:
        pieces = list(streamed.iter_content(1000))
    assert len(pieces) > 10
    assert b"".join(pieces) == whole.content
    raw = desk.session.get(OBSERVATIONS, params=params, stream=True).raw
    assert raw.read1(100, decode_content=True) == whole.content[:100]
    assert raw.read(50) == whole.content[100:150]


def test_another_host_is_refused_without_a_word_to_the_network(desk):
    with pytest.raises(requests.ConnectionError, match="no such host") as caught:
        desk.session.get("https://api.stlouisfed.org/fred/series", params={"api_key": "canary-key-0123456789"})
    assert "canary" not in str(caught.value)
    with pytest.raises(requests.ConnectionError):
        desk.session.get("https://fred.demo.invalid.example.com/fred/series")


def test_an_unknown_address_is_not_found_and_writing_is_refused(desk):
    assert desk.session.get(f"{DEMO_FRED_URL}/releases/dates").status_code == 404
    assert desk.session.get(f"{DEMO_FMP_URL}/stable/quote/SPY").status_code == 404
    assert desk.session.post(f"{DEMO_FMP_URL}/stable/quote", json={}).status_code == 405


def test_symbols_survive_the_address(desk):
    reply = desk.session.get(f"{DEMO_FMP_URL}/stable/quote?symbol=%5EVIX&apikey=whatever")
    assert reply.json()[0]["symbol"] == "^VIX"


def test_the_present_is_asked_for_at_every_request():
    moments = iter(datetime.fromisoformat(f"2026-11-{day}T18:00:00-05:00") for day in (18, 19))
    session = requests.Session()
    session.mount("https://", build(lambda: next(moments)))
    ends = [session.get(f"{DEMO_FMP_URL}/stable/treasury-rates").json()[0]["date"] for _ in range(2)]
    assert ends == ["2026-11-18", "2026-11-19"]


def test_history_stays_what_it_was_as_days_go_by(desk):
    early = desk.at("2026-06-01T18:00:00-04:00").fred("VIXCLS")["observations"]
    late = desk.at("2029-12-03T18:00:00-05:00").fred("VIXCLS")["observations"]
    assert [(row["date"], row["value"]) for row in early] == [(r["date"], r["value"]) for r in late[: len(early)]]
    assert len(late) > len(early) + 800


def test_building_draws_nothing_and_many_threads_draw_once(monkeypatch):
    drawn = []

    class Counted(world_module.World):
        def __init__(self, seed: int) -> None:
            drawn.append(threading.current_thread().name)
            super().__init__(seed)

    monkeypatch.setattr(world_module, "World", Counted)
    adapter = build(lambda: NOW, seed=4711)
    assert drawn == []
    session = requests.Session()
    session.mount("https://", adapter)

    def ask(_: int) -> bytes:
        return session.get(OBSERVATIONS, params={"series_id": "BAA10Y", "file_type": "json"}).content

    with ThreadPoolExecutor(12) as pool:
        answers = set(pool.map(ask, range(24)))
    assert len(answers) == 1
    assert len(drawn) == 1


def test_another_seed_is_another_market():
    def newest(seed: int) -> str:
        session = requests.Session()
        session.mount("https://", DemoAdapter(lambda: NOW, seed))
        rows = session.get(OBSERVATIONS, params={"series_id": "VIXCLS", "file_type": "json"}).json()["observations"]
        return "".join(row["value"] for row in rows[-60:])

    assert newest(1) != newest(2)
    assert newest(1) == newest(1)

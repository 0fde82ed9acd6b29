"""Settings and the two workbenches, built once per process: everybody's, and the owner's with the book.

They are a module's own, not a Streamlit cache's: any visitor can clear those, and with it would go budgets, breakers
and last good values. Both stand on one market, so no vendor is asked twice.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from dotenv import dotenv_values
from streamlit.errors import StreamlitSecretNotFoundError

from lox_core import log
from lox_core.clock import NEW_YORK, AsOf, Clock
from lox_core.errors import Unavailable
from lox_core.settings import Settings
from lox_ui import access

if TYPE_CHECKING:
    from lox_core.workbench import Workbench

ENV_FILE = Path(__file__).resolve().parent.parent / ".env"
_LOCK = threading.Lock()
_held: dict[str, Any] = {}
NOW_STEP_S = 300


def settings() -> Settings:
    """Secrets over the environment over ``.env``, read once.

    Raises
    ------
    SettingsError
        A value cannot be used.
    """
    with _LOCK:
        return _settings()


def clock() -> Clock:
    """The clock every page looks at."""
    with _LOCK:
        return _clock()


def demo() -> bool:
    """Whether the market is simulated; known before the workbench is built, so that the ribbon never waits for it."""
    return settings().demo


def visitor() -> access.Access:
    """Who looks at the page that runs; asked anew in every run, never kept."""
    return access.present(settings())


def workbench() -> Workbench:
    """The workbench of whoever looks: the owner's for the owner, everybody's otherwise.

    Raises
    ------
    SettingsError
        A setting it needs cannot be used.
    """
    return public_workbench() if visitor() == "public" else owners_workbench()


def public_workbench() -> Workbench:
    """Everybody's workbench, built at the first call. It knows no broker's key; caches may hold what it gives."""
    with _LOCK:
        return _public()


def owners_workbench() -> Workbench:
    """The owner's workbench; only for whoever was found to be the owner. Nothing of its book goes into a cache."""
    with _LOCK:
        if "owner" not in _held:
            from lox_core.workbench import Workbench

            _held["owner"] = Workbench.build(_settings(), _clock(), public=False, market=_public().market)
        found: Workbench = _held["owner"]
        return found


def built() -> bool:
    """Whether :func:`public_workbench` answers at once."""
    return "workbench" in _held


def install(bench: Any, owner: Any = None) -> None:
    """Put workbenches in the place of the built ones, with their settings and clock; ``None``: build anew.

    Without ``owner`` both are the same.
    """
    with _LOCK:
        _held.clear()
        if bench is not None:
            _held.update(workbench=bench, owner=owner or bench, settings=bench.settings, clock=bench.clock)


def positions() -> dict[str, Any]:
    """The owner's book as JSON, fetched now; for whoever was admitted to the route.

    Raises
    ------
    LoxError
        There is no book, in words.
    """
    from lox_core.workbench.book_payload import book_json

    bench = owners_workbench()
    found = bench.book(clock().as_of_now())
    if found.problem is not None:
        raise Unavailable(found.problem, source="Alpaca", item="positions")
    return book_json(found, bench.mode)


def today() -> date:
    """The present New York day."""
    return clock().now().astimezone(NEW_YORK).date()


def as_of(day: date | None) -> AsOf:
    """The close of a past ``day``, or for ``None`` and today the present, in steps of five minutes that sessions share.

    A clock that stands still is taken at its word.
    """
    now = clock().now()
    if day is not None and day < now.astimezone(NEW_YORK).date():
        return AsOf.on(day)
    if clock().fixed is None:
        now = datetime.fromtimestamp(now.timestamp() // NOW_STEP_S * NOW_STEP_S, UTC)
    return AsOf(now, "now")


def seconds_to_next_step() -> float:
    """How long until :func:`as_of` moves on."""
    return NOW_STEP_S - Clock().now().timestamp() % NOW_STEP_S + 0.5


def start_kernels() -> None:
    """Compile the numerical kernels in the background; numpy computes the same until they are ready."""
    from lox_core.options import kernels

    kernels.use(settings().LOX_KERNELS, settings().LOX_DATA_DIR / kernels.FOLDER)
    kernels.start()


def settle_memory() -> None:
    """Collect once after the heavy imports and keep them out of later collections, which stall message delivery."""
    gc.collect()
    gc.freeze()


def _public() -> Workbench:
    if "workbench" not in _held:
        from lox_core.workbench import Workbench

        _held["workbench"] = Workbench.build(_settings(), _clock())
    found: Workbench = _held["workbench"]
    return found


def _settings() -> Settings:
    if "settings" not in _held:
        secrets = _secrets()
        environment = {name: value for name, value in os.environ.items() if not _copied(name, value, secrets)}
        _held["settings"] = Settings.from_layers(environment, dotenv_values(ENV_FILE), secrets=secrets)
        log.configure(_held["settings"].LOX_LOG_LEVEL)
    found: Settings = _held["settings"]
    return found


def _clock() -> Clock:
    if "clock" not in _held:
        _held["clock"] = Clock.from_setting(_settings().LOX_NOW)
    found: Clock = _held["clock"]
    return found


def _secrets() -> dict[str, Any]:
    """Streamlit's secrets at top level; none without a secrets file."""
    try:
        return {name: value for name, value in st.secrets.items() if not isinstance(value, Mapping)}
    except StreamlitSecretNotFoundError:
        return {}


def _copied(name: str, value: str, secrets: Mapping[str, Any]) -> bool:
    """Whether Streamlit put a secret over the environment: an address from there must not pass for the operator's."""
    return name in secrets and str(secrets[name]) == value

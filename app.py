"""Lox: ``streamlit run app.py``."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from lox_core.log import log_error
from lox_ui.process import allow_many_files
from lox_ui.routes import routes

warmed = threading.Event()


async def healthz(_: Request) -> JSONResponse:
    """Alive, and whether the first board stands ready."""
    return JSONResponse({"status": "ok", "warm": warmed.is_set()})


def keep_warm(stop: threading.Event) -> None:
    """Import, build and compute the present board before a visitor waits for it; again at every step of now."""
    from lox_ui import loaders, services

    while not stop.is_set():
        try:
            services.start_kernels()
            loaders.warm()
        except Exception as error:
            log_error("warm-up", error)
        if not warmed.is_set():
            services.settle_memory()
            warmed.set()
        stop.wait(services.seconds_to_next_step())


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Start the warm-up beside the server, so that boot waits for nothing."""
    allow_many_files()
    stop = threading.Event()
    threading.Thread(target=keep_warm, args=(stop,), name="lox-warm", daemon=True).start()
    try:
        yield
    finally:
        stop.set()


app = st.App("lox_ui/main.py", routes=[Route("/healthz", healthz), *routes()], lifespan=lifespan)

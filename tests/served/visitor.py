"""A visitor who speaks Streamlit's own websocket protocol and keeps every byte he is sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, generate_xsrf_token_string

WAIT_S = 90
USER, XSRF = "_streamlit_user", "_streamlit_xsrf"


def open_page(
    url: str,
    page: str = "",
    *,
    host: str | None = None,
    headers: Mapping[str, str] | None = None,
    cookies: Mapping[str, str] | None = None,
    query: str = "",
    runs: int = 2,
) -> bytes:
    """Every frame of opening a page and drawing it again; ``host`` is what the request claims to be sent to."""
    return asyncio.run(_open(url, page, host, dict(headers or {}), dict(cookies or {}), query, runs))


def logged_in(url: str, secret: str, **claims: object) -> dict[str, str]:
    """The cookies of somebody who came back from a login at ``url``."""
    value = json.dumps({"origin": url, "is_logged_in": True, "provider": "default", **claims})
    return {USER: create_signed_value(secret, USER, value).decode(), XSRF: generate_xsrf_token_string()}


async def _open(
    url: str,
    page: str,
    host: str | None,
    headers: dict[str, str],
    cookies: dict[str, str],
    query: str,
    runs: int,
) -> bytes:
    parts = urlsplit(url)
    claimed = host or parts.netloc
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    token = cookies.get(XSRF)
    seen = b""
    async with websockets.connect(
        f"ws://{claimed}/_stcore/stream",
        host=parts.hostname,
        port=parts.port,
        subprotocols=["streamlit", *([token] if token else [])],  # type: ignore[list-item]
        origin=f"http://{claimed}",  # type: ignore[arg-type]
        additional_headers=headers,
        max_size=None,
        ping_interval=None,
        open_timeout=WAIT_S,
        proxy=None,
    ) as socket:
        page_hash = ""
        for run in range(runs):
            message = BackMsg()
            message.rerun_script.query_string = query
            if run == 0:
                message.rerun_script.page_name = page
            else:
                message.rerun_script.page_script_hash = page_hash
            await socket.send(message.SerializeToString())
            while True:
                data = await asyncio.wait_for(socket.recv(), WAIT_S)
                assert isinstance(data, bytes)
                seen += data
                forward = ForwardMsg()
                forward.ParseFromString(data)
                kind = forward.WhichOneof("type")
                if kind == "new_session":
                    page_hash = forward.new_session.page_script_hash
                early = ForwardMsg.FINISHED_EARLY_FOR_RERUN
                if kind == "script_finished" and forward.script_finished != early:
                    break
    return seen

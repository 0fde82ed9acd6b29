"""The JSON routes: the owner's book for programs of his own.

At this machine the route answers as the command line does. From anywhere else it wants the bearer token of
``LOX_API_TOKEN``; ``LOX_ACCESS`` can only close it further.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lox_core.errors import LoxError
from lox_core.log import log_error

POSITIONS = "/api/positions"
FAULT = "Something failed that should not; the log has the details."


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered, and the HTTP status that says so."""

    status: int
    message: str


Admit = Callable[[Request], Refusal | None]
Answer = Callable[[], Mapping[str, Any]]


def refusal(*, local: bool, setting: str, authorization: str | None, token: SecretStr | None) -> Refusal | None:
    """Why a request for the book is refused, or None.

    Parameters
    ----------
    local : bool
        Whether it comes from this machine, by the rule of the pages.
    setting : {"auto", "local", "owner", "public"}
        ``LOX_ACCESS``. ``public`` refuses everybody, ``local`` all but this machine; ``owner`` wants the token even
        here.
    authorization : str or None
        The request's Authorization header.
    token : SecretStr or None
        ``LOX_API_TOKEN``; unset refuses always.
    """
    if setting == "public":
        return Refusal(403, "LOX_ACCESS=public shows the book to nobody.")
    if local and setting in ("auto", "local"):
        return None
    if setting not in ("auto", "owner"):
        return Refusal(403, "LOX_ACCESS=local shows the book at its own machine only.")
    if token is None:
        return Refusal(403, "Away from its own machine this route needs LOX_API_TOKEN, and none is set.")
    scheme, _, given = (authorization or "").partition(" ")
    wanted = token.get_secret_value().encode()
    if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), wanted):
        return None
    return Refusal(401, "Send the token of LOX_API_TOKEN as 'Authorization: Bearer …'.")


def positions_route(answer: Answer, admit: Admit) -> Route:
    """``GET /api/positions``.

    Parameters
    ----------
    answer : callable
        Fetches the owner's book and gives its JSON object; may block, and runs in a thread. Its :class:`LoxError` is
        told in words with status 503.
    admit : callable
        Why a request is refused, or None.
    """

    async def positions(request: Request) -> Response:
        try:
            refused = admit(request)
            if refused is not None:
                return _failed(refused.status, "Refused", refused.message)
            return _said(200, await run_in_threadpool(answer))
        except LoxError as error:
            log_error("route positions", error)
            return _failed(503, type(error).__name__, str(error))
        except Exception as error:
            log_error("route positions", error, critical=True)
            return _failed(500, "Fault", FAULT)

    return Route(POSITIONS, positions, methods=["GET"])


def _failed(status: int, kind: str, message: str) -> Response:
    response = _said(status, {"error": {"type": kind, "message": message}})
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _said(status: int, document: Mapping[str, Any]) -> Response:
    return JSONResponse(dict(document), status, headers={"Cache-Control": "no-store"})

"""The JSON routes as this process serves them: whom they admit, and what they answer with."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import Route

from lox_core.api import Refusal, positions_route
from lox_ui import access, services


def routes() -> list[Route]:
    """Every route that is no page."""
    return [positions_route(services.positions, admitted)]


def admitted(request: Request) -> Refusal | None:
    """Why a request for the book is refused, or None."""
    return access.admit(request, services.settings())

"""Who is looking: someone at this machine, the owner who logged in, or anybody else.

The decision is a pure function of what the server was told and what a request says of itself, and it fails closed:
what is not known counts against the visitor. A request's own address proves nothing and is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st
from starlette.requests import Request
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lox_core.api import Refusal, refusal
from lox_core.settings import LOOPBACK, Settings

Access = Literal["local", "owner", "public"]
FORWARDING = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
    "X-Real-Ip",
    "X-Client-Ip",
    "X-Cluster-Client-Ip",
    "True-Client-Ip",
    "Cf-Connecting-Ip",
    "Fastly-Client-Ip",
)
_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:]+)\]|(?P<name>[^:\[\]]+))(?::\d{1,5})?", re.ASCII)
_ORIGIN = re.compile(r"https?://(?P<host>.+)", re.ASCII | re.IGNORECASE)
_CLAIMS = frozenset({"is_logged_in", "email", "email_verified"})
_HeadersOf = Callable[[str], Collection[str]]


@dataclass(frozen=True)
class Visit:
    """What is known of a visit.

    Attributes
    ----------
    bound_to : str or None
        The address the server was told to listen on; None is every interface.
    hosts, origins : tuple of str
        The request's Host and Origin headers, every one of them.
    forwarded : bool
        Whether any header of a proxy is there.
    email : str or None
        Of a completed login whose provider vouches for the address; None otherwise.
    """

    bound_to: str | None = None
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    forwarded: bool = True
    email: str | None = None


def decide(visit: Visit, setting: str, owners: Iterable[str]) -> Access:
    """Who a visitor is.

    Parameters
    ----------
    visit : Visit
    setting : {"auto", "local", "owner", "public"}
        ``LOX_ACCESS``. ``auto`` admits this machine and owners who logged in; ``local`` only this machine, ``owner``
        only logins, ``public`` nobody. Anything else counts as ``public``.
    owners : iterable of str
        E-mail addresses of owners; case does not matter.
    """
    if setting in ("auto", "local") and is_local(visit):
        return "local"
    email = (visit.email or "").strip().casefold()
    if setting in ("auto", "owner") and email and email in {one.strip().casefold() for one in owners}:
        return "owner"
    return "public"


def is_local(visit: Visit) -> bool:
    """Whether the visitor sits at this machine.

    The server listens on loopback alone, the one Host named is loopback (another name can be made to point here), no
    proxy left a header, and no page of another site asks.
    """
    return (
        visit.bound_to in LOOPBACK
        and len(visit.hosts) == 1
        and _names_loopback(visit.hosts[0])
        and not visit.forwarded
        and all((found := _ORIGIN.fullmatch(origin)) and _names_loopback(found["host"]) for origin in visit.origins)
    )


def present(settings: Settings) -> Access:
    """Who looks at the page that runs at this moment; ``public`` where no page runs."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return "public"
    visit = _visit(st.context.headers.get_all, email=_verified_email(st.user.to_dict()))
    return decide(visit, settings.LOX_ACCESS, owners(settings))


def of_request(request: Request, settings: Settings) -> Access:
    """Who asks for a route: ``local`` or ``public``, for routes know no login."""
    server = request.scope.get("server")
    visit = _visit(request.headers.getlist)
    if not server or server[0] not in LOOPBACK:  # where the request really came in
        return "public"
    return decide(visit, settings.LOX_ACCESS, ())


def admit(request: Request, settings: Settings) -> Refusal | None:
    """Why a route that gives the book refuses a request, or None."""
    return refusal(
        local=of_request(request, settings) == "local",
        setting=settings.LOX_ACCESS,
        authorization=request.headers.get("Authorization"),
        token=settings.LOX_API_TOKEN,
    )


def owners(settings: Settings) -> tuple[str, ...]:
    """The owners' addresses."""
    return tuple(one for one in (part.strip() for part in settings.LOX_OWNER_EMAILS.split(",")) if one)


def login_offered() -> tuple[str | None, ...]:
    """The names of the providers a login can go to, None for an unnamed one; empty where none is set up."""
    try:
        section = st.secrets.get("auth") or {}
    except FileNotFoundError:  # Streamlit's answer where there is no secrets file
        return ()
    named = tuple(name for name, value in section.items() if hasattr(value, "items"))
    return (None,) if "client_id" in section else named


def logged_in() -> bool:
    """Whether somebody completed a login, owner or not."""
    return st.user.to_dict().get("is_logged_in") is True


def door(access: Access) -> None:
    """The way in and out, where a login is set up: nothing for whoever sits at this machine."""
    providers = login_offered()
    if access == "local" or not providers:
        return
    with st.container(horizontal=True, horizontal_alignment="right", gap="small", key="bar-door"):
        if logged_in():
            if access == "public":
                st.caption("Logged in, but not as an owner of this book.")
            st.button("Log out", icon=":material/logout:", type="tertiary", key="door-out", on_click=st.logout)
            return
        for name in providers:
            words = "Log in" if len(providers) == 1 else f"Log in with {name}"
            ask: dict[str, Any] = {"args": (name,)} if name else {}
            st.button(
                words, icon=":material/login:", type="tertiary", key=f"door-{name or 'in'}", on_click=st.login, **ask
            )


def _visit(headers: _HeadersOf, email: str | None = None) -> Visit:
    return Visit(
        bound_to=st.get_option("server.address"),
        hosts=tuple(headers("Host")),
        origins=tuple(headers("Origin")),
        forwarded=any(headers(name) for name in FORWARDING),
        email=email,
    )


def _verified_email(claims: Any) -> str | None:
    """The address of a completed login that its provider verified; never one a header could have brought."""
    brought = st.get_option("server.trustedUserHeaders") or {}
    if not isinstance(brought, dict) or _CLAIMS.intersection(brought.values()):
        return None
    if claims.get("is_logged_in") is not True or claims.get("email_verified") is not True:
        return None
    email = claims.get("email")
    return email if isinstance(email, str) else None


def _names_loopback(host: str) -> bool:
    found = _HOST.fullmatch(host.strip())
    return found is not None and (found["v6"] or found["name"] or "").lower() in LOOPBACK

"""How alpaca-py's clients send here: through our own bounded transport, GET only, and silent about keys.

The SDK itself sets no timeout, sleeps nine seconds on a 429, and puts addresses and bodies into its errors. So each
client's session is replaced by one that goes through :class:`~lox_core.providers.http.Http`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol

from pydantic import SecretStr
from requests import PreparedRequest
from requests.auth import AuthBase

from lox_core import log
from lox_core.errors import AuthError, ProviderError, SchemaError, SeriesNotFound
from lox_core.providers.exchange import NOT_JSON, Reply
from lox_core.providers.http import Http
from lox_core.providers.verdicts import Verdict, about

SOURCE = "Alpaca"
LISTS = ("/positions", "/orders", "/account/activities")
_PLAN_WORDS = ("subscription", "agreement", "not signed", "does not permit")
_KEY_WORDS = ("forbidden", "not authorized", "unauthorized")


class Rest(Protocol):
    """What Lox uses of an alpaca-py client."""

    _retry: int
    _session: Any

    def get(self, path: str, data: Mapping[str, Any] | None = None) -> Any:
        """GET below the client's base address and version."""


class Keys(AuthBase):
    """Adds both halves of the key as headers."""

    def __init__(self, key: SecretStr, secret: SecretStr) -> None:
        log.hide([key.get_secret_value(), secret.get_secret_value()])
        self._key, self._secret = key, secret

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """The request with its headers."""
        request.headers["APCA-API-KEY-ID"] = self._key.get_secret_value()
        request.headers["APCA-API-SECRET-KEY"] = self._secret.get_secret_value()
        return request


class _Answer:
    """A reply as alpaca-py expects one of ``requests``."""

    status_code = 200
    text = "json"

    def __init__(self, document: Any) -> None:
        self._document = document

    def raise_for_status(self) -> None:
        """Failures never come this far."""

    def json(self) -> Any:
        """The document."""
        return self._document


class Session:
    """Stands where an alpaca-py client keeps its ``requests`` session."""

    def __init__(self, http: Http, base_url: str) -> None:
        self._http, self._base = http, base_url

    def request(self, method: str, url: str, **options: Any) -> _Answer:
        """GET ``url``; anything else is refused, for Lox places no orders."""
        if method.upper() != "GET":
            raise ProviderError("Lox only reads from Alpaca.", source=SOURCE)
        path = url.removeprefix(self._base)
        params = {name: value for name, value in (options.get("params") or {}).items() if value is not None}
        item = path.rsplit("/", 2)[-1] if path.count("/") < 3 else path.split("/", 2)[-1]
        expect: Any = list if path.endswith(LISTS) else dict
        return _Answer(self._http.get_json(path, params, expect=expect, item=item))


def judge(reply: Reply, item: str) -> Verdict | None:
    """Alpaca's own ways to refuse.

    A 403 rejects the key only where it says so: it is also the answer for a feed beyond the plan, or for something the
    account may not do, and neither must keep the rest from being asked. 404 is an unknown item. A success that holds
    nothing but a message is no data.
    """
    if reply.status == 200 and _only_words(reply):
        words = f"Alpaca answered with a message instead of data{about(item)}."
        return Verdict(SchemaError(words, source=SOURCE, item=item), 2)
    if reply.status == 404:
        return Verdict(SeriesNotFound(f"Alpaca does not know it{about(item)}.", source=SOURCE, item=item), counts=False)
    if reply.status == 403 and not reply.looks_like_a_page:
        message = _message(reply).lower()
        if any(word in message for word in _PLAN_WORDS):
            words = f"Alpaca's plan does not cover this feed{about(item)}."
            return Verdict(AuthError(words, source=SOURCE, item=item, status=403), counts=False, expected=True)
        if not any(word in message for word in _KEY_WORDS):
            words = f"Alpaca does not allow this (HTTP 403){about(item)}."
            return Verdict(AuthError(words, source=SOURCE, item=item, status=403), counts=False)
    return None


def _only_words(reply: Reply) -> bool:
    """Whether a success holds nothing but a message."""
    return isinstance(reply.document, dict) and reply.document.keys() in ({"message"}, {"message", "code"})


def _message(reply: Reply) -> str:
    document = None if reply.document is NOT_JSON else reply.document
    return str(document.get("message", "")) if isinstance(document, dict) else ""


@cache
def sdk() -> tuple[Callable[..., Any], ...]:
    """alpaca-py's clients for trading, stocks, options and corporate actions.

    Loaded late, for they are slow to import; their import warns of a deprecated part of ``websockets`` that Lox never
    touches, and this is the one place that silences it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from alpaca.data.historical.corporate_actions import CorporateActionsClient
        from alpaca.data.historical.option import OptionHistoricalDataClient
        from alpaca.data.historical.stock import StockHistoricalDataClient
        from alpaca.trading.client import TradingClient
    return TradingClient, StockHistoricalDataClient, OptionHistoricalDataClient, CorporateActionsClient


def connect(client: Rest, http: Http, base_url: str) -> Rest:
    """``client`` with our transport in place of its own, and no retries of its own."""
    client._session = Session(http, base_url)
    client._retry = 0
    return client

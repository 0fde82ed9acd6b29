"""How a key joins a request: inside ``requests``' own authentication step, so it is never part of our addresses."""

from __future__ import annotations

from pydantic import SecretStr
from requests import PreparedRequest
from requests.auth import AuthBase

from lox_core import log


class QueryKey(AuthBase):
    """Adds the key as a query parameter, where the vendor knows no other way (FRED)."""

    def __init__(self, name: str, key: SecretStr) -> None:
        log.hide([key.get_secret_value()])
        self._name, self._key = name, key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """The request with the key in its query."""
        request.prepare_url(request.url or "", {self._name: self._key.get_secret_value()})
        return request


class HeaderKey(AuthBase):
    """Adds the key as a header, which no log of addresses ever shows (FMP)."""

    def __init__(self, name: str, key: SecretStr) -> None:
        log.hide([key.get_secret_value()])
        self._name, self._key = name, key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """The request with the key in its headers."""
        request.headers[self._name] = self._key.get_secret_value()
        return request

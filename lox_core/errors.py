"""The whole error tree. ``str(error)`` is fit for an analyst and never holds a key or a URL query.

LoxError
├─ SettingsError            a setting is missing or unusable
├─ DataError                a number could not be had
│  ├─ ProviderError         the vendor did not give it
│  │  ├─ AuthError          the key was rejected, or the plan does not cover the request
│  │  ├─ RateLimited        too many calls, ours or theirs
│  │  └─ Unavailable        timeout, refused connection, server error, or the breaker is open
│  ├─ SeriesNotFound        the vendor does not know the series or symbol
│  └─ SchemaError           the reply lost a field we need, or is no data at all
├─ ModelError               a calculation cannot be done on these inputs
│  └─ InsufficientHistory   too few observations
└─ StoreError               the disk copy cannot be trusted
"""

from __future__ import annotations


class LoxError(Exception):
    """Base of every error Lox raises on purpose."""


class SettingsError(LoxError):
    """A setting is missing or unusable; ``setting`` names it."""

    def __init__(self, setting: str, message: str) -> None:
        super().__init__(message)
        self.setting = setting


class DataError(LoxError):
    """A number could not be had; ``source`` says from where and ``item`` which one."""

    def __init__(self, message: str, *, source: str = "", item: str = "") -> None:
        super().__init__(message)
        self.source = source
        self.item = item


class ProviderError(DataError):
    """The vendor did not give the number; ``status`` is the HTTP status when there was one."""

    def __init__(self, message: str, *, source: str = "", item: str = "", status: int | None = None) -> None:
        super().__init__(message, source=source, item=item)
        self.status = status


class AuthError(ProviderError):
    """The key was rejected or the plan does not cover the request. Never retried."""


class RateLimited(ProviderError):
    """Too many calls. ``retry_after_s`` is the vendor's wish in seconds when it stated one."""

    def __init__(
        self,
        message: str,
        *,
        source: str = "",
        item: str = "",
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, source=source, item=item, status=status)
        self.retry_after_s = retry_after_s


class Unavailable(ProviderError):
    """Timeout, refused connection, server error, or an open breaker."""


class SeriesNotFound(DataError):
    """The vendor does not know the series or symbol."""


class SchemaError(DataError):
    """The reply lost a field we need, or is no data at all."""


class ModelError(LoxError):
    """A calculation cannot be done on these inputs."""


class InsufficientHistory(ModelError):
    """Fewer observations than the calculation needs."""

    def __init__(self, what: str, *, needed: int, got: int) -> None:
        super().__init__(f"{what} needs {needed} observations and has {got}.")
        self.needed = needed
        self.got = got


class StoreError(LoxError):
    """The disk copy cannot be read or trusted."""

"""Settings, frozen, from layers of mappings: secrets over environment over ``.env``.

The library only knows mappings; the faces supply them. Secrets are :class:`pydantic.SecretStr`, so no ``repr``,
log or traceback shows them. Addresses and the clock's ``LOX_NOW`` count only from the environment layers, never
from a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from lox_core import log
from lox_core.errors import SettingsError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
ADDRESSES = (
    "FRED_BASE_URL",
    "FMP_BASE_URL",
    "ALPACA_TRADING_URL",
    "ALPACA_DATA_URL",
    "TRADING_ECONOMICS_BASE_URL",
    "OPENAI_BASE_URL",
)
ENVIRONMENT_ONLY = frozenset({*ADDRESSES, "LOX_NOW"})


class Settings(BaseModel):
    """Everything Lox can be told. Field names are the environment's names; each description says what it does.

    A blank value counts as unset. Build with :meth:`from_layers`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    FRED_API_KEY: SecretStr | None = Field(
        None, description="Real macro series: the regimes. Free: https://fred.stlouisfed.org/docs/api/api_key.html"
    )
    FMP_API_KEY: SecretStr | None = Field(
        None,
        description="Live VIX quote, index history, Treasury rates. https://site.financialmodelingprep.com/developer/docs",
    )
    ALPACA_API_KEY: SecretStr | None = Field(
        None, description="Your positions and option quotes, read only. https://app.alpaca.markets"
    )
    ALPACA_API_SECRET: SecretStr | None = Field(None, description="Goes with ALPACA_API_KEY.")
    ALPACA_PAPER: bool = Field(True, description="true: the paper account; false: the live one.")
    TRADING_ECONOMICS_API_KEY: SecretStr | None = Field(
        None, description="Economic calendar, as KEY:SECRET. https://tradingeconomics.com/api"
    )
    OPENAI_API_KEY: SecretStr | None = Field(
        None, description="Palmer's language model. https://platform.openai.com/api-keys"
    )
    OPENAI_MODEL: str = Field("gpt-4o-mini", description="The model Palmer uses.")
    OPENAI_MODEL_SUCCESSOR: str | None = Field(None, description="The model to move to when OPENAI_MODEL is shut down.")
    PALMER_ADMIN_SECRET: SecretStr | None = Field(
        None, description="Allows a forced refresh of the standing analysis; unset refuses always."
    )

    FRED_BASE_URL: str = Field("https://api.stlouisfed.org/fred", description="Where FRED is called.")
    FMP_BASE_URL: str = Field(
        "https://financialmodelingprep.com", description="Where Financial Modeling Prep is called."
    )
    FMP_LEGACY: bool = Field(False, description="true: use FMP's /api/v3, for subscriptions older than 31 August 2025.")
    ALPACA_TRADING_URL: str | None = Field(
        None, description="Where Alpaca's trading API is called; unset follows ALPACA_PAPER."
    )
    ALPACA_DATA_URL: str = Field("https://data.alpaca.markets", description="Where Alpaca's market data API is called.")
    TRADING_ECONOMICS_BASE_URL: str = Field(
        "https://api.tradingeconomics.com", description="Where Trading Economics is called."
    )
    OPENAI_BASE_URL: str | None = Field(
        None, description="Where the language model is called, with /v1; unset is OpenAI."
    )

    LOX_MODE: Literal["auto", "demo", "live"] = Field(
        "auto", description="auto: demo market unless a FRED, FMP or Alpaca key is set."
    )
    LOX_AS_OF: str | None = Field(None, description="Default of --as-of: YYYY-MM-DD or a moment with offset.")
    LOX_DATA_DIR: Path = Field(Path("data"), description="Where the cache and the journal live.")
    LOX_TRACKER_URL: SecretStr | None = Field(
        None, description="Journal database URL; unset is SQLite in LOX_DATA_DIR."
    )
    LOX_ACCESS: Literal["auto", "local", "owner", "public"] = Field(
        "auto",
        description="Can only tighten who sees the book. auto: this machine and owners who log in; local, owner: only"
        " these or only those; public: nobody.",
    )
    LOX_OWNER_EMAILS: str = Field(
        "", description="E-mail addresses, comma separated, that may see the book after logging in."
    )
    LOX_API_TOKEN: SecretStr | None = Field(None, description="Bearer token for the JSON routes away from loopback.")
    LOX_NOW: str | None = Field(
        None, description="The clock stands at this instant (ISO with offset); for tests and replays."
    )
    LOX_LOG_LEVEL: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        "WARNING", description="How much is logged."
    )
    LOX_KERNELS: Literal["auto", "numba", "numpy"] = Field("auto", description="Which numerical kernels run.")

    @field_validator("*", mode="before")
    @classmethod
    def _trim(cls, value: object) -> object:
        return value.strip() if isinstance(value, str) else value

    @field_validator("LOX_MODE", "LOX_ACCESS", "LOX_KERNELS", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("LOX_LOG_LEVEL", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator(*ADDRESSES)
    @classmethod
    def _safe_address(cls, value: str | None) -> str | None:
        """Allow https anywhere, http on loopback only: a key must not cross a network in the clear."""
        if value is None:
            return None
        parts = urlsplit(value)
        private = (parts.scheme == "https" and parts.hostname) or (
            parts.scheme == "http" and parts.hostname in LOOPBACK
        )
        bare = not (parts.username or parts.password or parts.query or parts.fragment)
        if private and bare:
            return value.rstrip("/")
        raise ValueError("must be https, or http on this machine, without a user name, query or fragment")

    @classmethod
    def from_layers(cls, *environment: Mapping[str, Any], secrets: Mapping[str, Any] | None = None) -> Settings:
        """Settings from ``secrets`` over the ``environment`` mappings, strongest first.

        Parameters
        ----------
        *environment : mapping
            The process environment, then ``.env``. Names are the fields'. ``None`` and blanks count as unset.
        secrets : mapping, optional
            Streamlit's secrets, stronger than the environment, but never for addresses or ``LOX_NOW``.

        Raises
        ------
        SettingsError
            A value cannot be used; the message names the setting and never its value.
        """
        merged: dict[str, Any] = {}
        layers = [*environment[::-1], {k: v for k, v in (secrets or {}).items() if k not in ENVIRONMENT_ONLY}]
        for layer in layers:
            merged.update(
                {k: v for k, v in layer.items() if k in cls.model_fields and v is not None and str(v).strip()}
            )
        try:
            settings = cls(**merged)
        except ValidationError as error:
            # Raised outside this block, so that the validation error, which holds the value, is not its context.
            first = error.errors(include_input=False, include_url=False)[0]
        else:
            log.hide(settings.secret_values())
            return settings
        name = str(first["loc"][0])
        raise SettingsError(name, f"{name} cannot be used: {first['msg'].removeprefix('Value error, ')}.")

    def secret_values(self) -> list[str]:
        """Every secret in plain text, and the telling parts of compound ones, for the redactor."""
        values = [
            value.get_secret_value()
            for name in type(self).model_fields
            if isinstance(value := getattr(self, name), SecretStr)
        ]
        return values + [part for value in values for part in _parts(value)]

    @property
    def demo(self) -> bool:
        """Whether the simulated market answers: asked for, or neither a FRED, an FMP nor an Alpaca key is set."""
        keys = (self.FRED_API_KEY, self.FMP_API_KEY, self.ALPACA_API_KEY)
        return self.LOX_MODE == "demo" or (self.LOX_MODE == "auto" and not any(keys))

    @property
    def mode(self) -> Literal["demo", "live"]:
        """``demo`` or ``live``, all or nothing."""
        return "demo" if self.demo else "live"


def _parts(secret: str) -> list[str]:
    """What tells of a compound secret by itself: a database URL's password, the halves of ``KEY:SECRET``."""
    if "://" not in secret:
        return [half for half in secret.split(":") if len(half) >= 8]
    user = secret.partition("://")[2].rpartition("@")[0]
    password = user.partition(":")[2]
    return [password, unquote(password)] if password else []

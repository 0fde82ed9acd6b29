"""One logger, ``lox``, and one way to log an error; keys never reach either.

Redaction happens in a filter on the logger and again in the formatter, so messages, arguments and tracebacks pass it
alike, before any handler sees them: known secret values (registered by the settings) and anything that looks like a
key in a URL or a header are masked.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from lox_core.clock import Clock

LOGGER = logging.getLogger("lox")
FORMAT = "%(asctime)s - %(name)s - %(levelname)s - %(message)s"
MASK = "***"
# No pattern runs over a backslash: log_error's JSON must stay JSON when the formatter redacts it once more.
_KEYED = re.compile(
    r"(?i)(?<![a-z0-9])(api[_-]?key|api[_-]?secret|access_token|token|secret|authorization|apca-api-[a-z-]+)"
    r"(['\"]?\s*[=:]\s*['\"]?)((?:bearer|client|basic)\s+)?([^\s&'\",;)\]}\\]{6,})"
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)[\w.\-~+/=]{6,}")
_URL_QUERY = re.compile(r"(https?://[^\s?'\"\\]+)\?[^\s'\")\\]*")
_PATH_QUERY = re.compile(r"(?<=[\w/.\-])\?[\w.%-]+=[^\s'\")\\]*")
_secrets: set[str] = set()


def hide(values: Iterable[str]) -> None:
    """Register secret values to be masked wherever they would be printed, quoted, or escaped.

    Values under four characters are left out: masking them would eat ordinary words.
    """
    for value in values:
        if len(value) >= 4:
            quoted = repr(value + "'\"")[1:-4]  # between both quotes, for how one is escaped hangs on its neighbours
            escaped = (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
            _secrets.update((value, quoted, *escaped, quote(value), quote(value, safe=""), quote_plus(value)))


def redact(text: str) -> str:
    """``text`` with known secrets, keyed parameters and URL queries masked."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _URL_QUERY.sub(r"\1?…", text)
    text = _PATH_QUERY.sub("?…", text)
    text = _BEARER.sub(rf"\1{MASK}", text)
    return _KEYED.sub(rf"\1\2{MASK}", text)


class RedactingFormatter(logging.Formatter):
    """The format of the specification, with every secret masked."""

    def __init__(self) -> None:
        super().__init__(FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """The finished line, traceback included, redacted."""
        return redact(super().format(record))


class _RedactingFilter(logging.Filter):
    """Rewrite a record before any handler sees it, whoever installed that handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
            record.exc_info = None
        return True


LOGGER.addFilter(_RedactingFilter())


def configure(level: str = "WARNING") -> None:
    """Install the handler once and set the level; quiet the HTTP libraries, whose logs hold URLs with keys."""
    if not any(isinstance(h.formatter, RedactingFormatter) for h in LOGGER.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(RedactingFormatter())
        LOGGER.addHandler(handler)
        LOGGER.propagate = False
    quiet_http()
    LOGGER.setLevel(level.upper())


def quiet_http() -> None:
    """Keep the HTTP libraries' addresses out of every log; called again by whoever is about to use them."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry", "requests"):
        noisy = logging.getLogger(name)
        noisy.setLevel(logging.ERROR)
        if not any(isinstance(known, _RedactingFilter) for known in noisy.filters):
            noisy.addFilter(_RedactingFilter())


def log_error(context: str, error: BaseException, critical: bool = False) -> None:
    """Log ``error`` with its structured context: context, type, message, traceback, UTC timestamp."""
    entry = {
        "context": context,
        "type": type(error).__name__,
        "message": str(error),
        "traceback": "".join(traceback.format_exception(error)),
        "timestamp": Clock().now().isoformat(timespec="milliseconds"),
    }
    masked = {name: redact(value) for name, value in entry.items()}  # before JSON escapes what a pattern looks for
    LOGGER.log(logging.CRITICAL if critical else logging.ERROR, "%s", json.dumps(masked, ensure_ascii=False))

"""One logger, ``lox``, and one way to log an error; keys never reach either.

Redaction happens in the formatter, so messages, arguments and tracebacks pass it alike: known secret values
(registered by the settings) and anything that looks like a key in a URL or a header are masked.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime

LOGGER = logging.getLogger("lox")
FORMAT = "%(asctime)s - %(name)s - %(levelname)s - %(message)s"
MASK = "***"
_KEYED = re.compile(
    r"(?i)\b(api[_-]?key|apikey|access_token|token|secret|authorization|apca-api-[a-z-]+|x-palmer-admin-secret)"
    r"(['\"]?\s*[=:]\s*['\"]?)((?:bearer|client|basic)\s+)?([^\s&'\",;)\]}]{6,})"
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)[\w.\-~+/=]{6,}")
_URL_QUERY = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\")]*")
_PATH_QUERY = re.compile(r"(?<=[\w/.\-])\?[\w.%-]+=[^\s'\")]*")
_secrets: set[str] = set()


def hide(values: Iterable[str]) -> None:
    """Register secret values to be masked wherever they would be printed."""
    _secrets.update(value for value in values if len(value) >= 4)


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
    """For loggers that are not ours (urllib3, requests): rewrite the record before any handler sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True


def configure(level: str = "WARNING") -> None:
    """Install the handler once and set the level; quiet the HTTP libraries, whose logs hold URLs with keys."""
    if not any(isinstance(h.formatter, RedactingFormatter) for h in LOGGER.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(RedactingFormatter())
        LOGGER.addHandler(handler)
        LOGGER.propagate = False
        for name in ("urllib3.connectionpool", "urllib3.util.retry", "requests"):
            noisy = logging.getLogger(name)
            noisy.setLevel(logging.ERROR)
            noisy.addFilter(_RedactingFilter())
    LOGGER.setLevel(level.upper())


def log_error(context: str, error: BaseException, critical: bool = False) -> None:
    """Log ``error`` with its structured context: context, type, message, traceback, UTC timestamp."""
    entry = {
        "context": context,
        "type": type(error).__name__,
        "message": str(error),
        "traceback": "".join(traceback.format_exception(error)),
        "timestamp": datetime.fromtimestamp(_stamp(), UTC).isoformat(timespec="milliseconds"),
    }
    LOGGER.log(logging.CRITICAL if critical else logging.ERROR, "%s", json.dumps(entry, ensure_ascii=False))


def _stamp() -> float:
    """The machine's time as logging itself reads it, so an entry agrees with its line."""
    return logging.LogRecord("lox", 0, "", 0, "", (), None).created

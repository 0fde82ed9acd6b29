"""What FMP's refusals mean. Its paywall texts and its limit texts share words, so the order of the tests matters."""

from __future__ import annotations

from typing import Any

from lox_core.errors import AuthError, ProviderError
from lox_core.providers import verdicts
from lox_core.providers.exchange import Reply
from lox_core.providers.verdicts import Verdict

SOURCE = "FMP"
MINUTE_S, HOUR_S = 60.0, 3600.0
_PAYWALLS = ("restricted endpoint", "exclusive endpoint", "special endpoint", "premium", "upgrade your plan")


def judge(reply: Reply, item: str) -> Verdict | None:
    """FMP's errors by their message first, because the same status carries several; None when it sent data."""
    message = stated_error(reply)
    if message is None:
        return None
    text = message.casefold()
    if "bandwidth limit" in text:  # thirty days of bytes: hours, not seconds
        return verdicts.rate_limited(reply, SOURCE, item, cool_down_s=HOUR_S)
    if "limit reach" in text:  # before the paywalls: both say "upgrade your plan"
        return verdicts.rate_limited(reply, SOURCE, item, cool_down_s=MINUTE_S)
    if "invalid api key" in text:
        return _refused("FMP rejected the key as invalid.", reply, item, key_rejected=True)
    if "suspended" in text:
        return _refused("FMP has suspended the account of this key.", reply, item, key_rejected=True)
    if "legacy endpoint" in text:
        words = f"FMP does not serve its old v3 interface to this key; unset FMP_LEGACY{verdicts.about(item)}."
        return _refused(words, reply, item)
    if reply.status == 402 or any(wall in text for wall in _PAYWALLS):
        return _refused(f"FMP's plan of this key does not cover {item or 'this'}.", reply, item)
    generic = verdicts.of_status(reply, SOURCE, item)
    if generic is not None:
        return generic
    words = f"FMP answered with an error{verdicts.about(item)}: {verdicts.excerpt(reply)}"
    return Verdict(ProviderError(words, source=SOURCE, item=item, status=reply.status))


def stated_error(reply: Reply) -> str | None:
    """The error message in a reply of any status, or None where it holds data.

    An object with an error key is an error even at 200. A web page states nothing: it may be anybody's.
    """
    document: Any = reply.document
    if isinstance(document, dict):
        for name in ("Error Message", "error", "message"):
            if isinstance(document.get(name), str):
                return str(document[name])
    if 200 <= reply.status < 300 or reply.looks_like_a_page:
        return None
    return verdicts.excerpt(reply)


def _refused(words: str, reply: Reply, item: str, *, key_rejected: bool = False) -> Verdict:
    error = AuthError(words, source=SOURCE, item=item, status=reply.status)
    return Verdict(error, counts=False, key_rejected=key_rejected)

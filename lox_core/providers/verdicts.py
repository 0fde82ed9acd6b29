"""What a reply, or the lack of one, means: the error it stands for and how the call goes on.

Generic rules only. Each vendor's own habits (which status carries which message) are in its client, and come first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from lox_core import log
from lox_core.errors import AuthError, DataError, ProviderError, RateLimited, SchemaError, Unavailable
from lox_core.providers.exchange import NOT_JSON, Failure, Kind, Reply

COOL_DOWN_MAX_S = 3600.0
ANY_WISH_S = 10**9  # urllib3 would shorten a long wish, and it is to be told as it was stated
SHOWN_CHARS = 160


@dataclass(frozen=True)
class Verdict:
    """An error and what it means for the next call.

    Attributes
    ----------
    error : DataError
        Fit for an analyst.
    tries : int
        How often a call that ends so may be sent at all; 1 is never again.
    counts : bool
        Whether it speaks of the vendor's health (and so moves the breaker) or only of what was asked.
    key_rejected : bool
        Nothing more is sent with this key.
    cool_down_s : float or None
        Nothing is sent for this long.
    expected : bool
        The vendor is well and the answer one the client goes on from: nothing for the status page to tell.
    """

    error: DataError
    tries: int = 1
    counts: bool = True
    key_rejected: bool = False
    cool_down_s: float | None = None
    expected: bool = False


_WORDS: dict[Kind, tuple[str, int]] = {
    "timeout": ("{0} did not answer in time", 3),
    "refused": ("{0} refused the connection", 2),
    "unreachable": ("{0} could not be reached; is this machine online?", 2),
    "certificate": ("{0}'s certificate could not be verified", 1),
    "broken_off": ("{0} broke off its reply", 2),
    "too_large": ("{0}'s reply was larger than any real one and was dropped", 1),
    "unreadable": ("{0}'s reply could not be decoded", 2),
}


def of_failure(failure: Failure, source: str, item: str) -> Verdict:
    """The verdict on a call without a reply."""
    words, tries = _WORDS[failure.kind]
    return Verdict(Unavailable(f"{words.format(source)}{about(item)}.", source=source, item=item), tries)


def of_status(reply: Reply, source: str, item: str) -> Verdict | None:
    """The verdict on a status that is no success; None for 2xx."""
    status = reply.status
    where: dict[str, Any] = {"source": source, "item": item, "status": status}
    if 200 <= status < 300:
        return None
    if status == 403 and reply.looks_like_a_page:  # a gateway in between, not the vendor's word on the key
        return Verdict(Unavailable(f"{source} is shut off by a web page (HTTP 403){about(item)}.", **where))
    if status in (401, 403):
        return Verdict(AuthError(f"{source} rejected the key.", **where), key_rejected=True)
    if status == 402:
        return Verdict(AuthError(f"{source}'s plan does not cover this{about(item)}.", **where), counts=False)
    if status == 429:
        return rate_limited(reply, source, item)
    if status >= 500 or status in (408, 423, 425):
        return Verdict(Unavailable(f"{source} is having trouble (HTTP {status}){about(item)}.", **where), 3)
    if 300 <= status < 400:
        words = f"{source} pointed to another address (HTTP {status}), which is not followed with a key{about(item)}."
        return Verdict(Unavailable(words, **where))
    words = f"{source} refused the request (HTTP {status}){about(item)}: {excerpt(reply)}"
    return Verdict(ProviderError(words, **where), counts=False)


def rate_limited(reply: Reply, source: str, item: str, cool_down_s: float | None = None) -> Verdict:
    """Too many calls: wait as the vendor wishes where it states a wish, up to an hour of cooling down."""
    wish = retry_after_s(reply)
    error = RateLimited(
        f"{source} is limiting calls for now{about(item)}.",
        source=source,
        item=item,
        status=reply.status,
        retry_after_s=wish,
    )
    return Verdict(error, 3, cool_down_s=min(wish, COOL_DOWN_MAX_S) if wish is not None else cool_down_s)


def of_content(reply: Reply, source: str, item: str, expect: type) -> Verdict | None:
    """The verdict on a success that is no data; None when its top level is what was expected."""
    where: dict[str, Any] = {"source": source, "item": item}
    if reply.looks_like_a_page:
        words = f"{source} answered with a web page instead of data; it may be down for maintenance{about(item)}."
        return Verdict(Unavailable(words, status=reply.status, **where))
    if not reply.body.strip():
        return Verdict(SchemaError(f"{source} sent an empty reply{about(item)}.", **where))
    if reply.document is NOT_JSON:
        return Verdict(SchemaError(f"{source} sent a damaged reply, no whole JSON{about(item)}.", **where), 2)
    if not isinstance(reply.document, expect):
        names: dict[type, str] = {dict: "an object", list: "a list"}
        found = names.get(type(reply.document), "a bare value")
        words = f"{source} sent {found} where {names[expect]} was expected{about(item)}."
        return Verdict(SchemaError(words, **where), counts=False)
    return None


def retry_after_s(reply: Reply) -> float | None:
    """Seconds the vendor asks to wait; None when it says nothing or nothing readable."""
    if reply.retry_after is None:
        return None
    try:
        return max(float(Retry(retry_after_max=ANY_WISH_S).parse_retry_after(reply.retry_after)), 0.0)
    except (InvalidHeader, ValueError, OverflowError):
        return None


def excerpt(reply: Reply) -> str:
    """The start of the vendor's own words on one line, masked."""
    if reply.looks_like_a_page:
        return "a web page"
    text = reply.body[:2000].decode("utf-8", "replace")
    return log.redact(" ".join(text.split()))[:SHOWN_CHARS]


def about(item: str) -> str:
    """Which item, in brackets."""
    return f" ({item})" if item else ""

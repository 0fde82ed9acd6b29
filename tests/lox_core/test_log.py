"""The logger of the specification, and that no registered secret ever leaves it."""

from __future__ import annotations

import io
import json
import logging
import re
import string
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core import log
from lox_core.errors import AuthError

CANARY = "cAnArY0123456789abcdef"
KEYS = st.text(
    string.ascii_letters + string.digits + "-_+/=%!#$&'\"\\<>@^~|{}[]() éß£", min_size=8, max_size=40
).filter(lambda text: text == text.strip() and len(set(text)) > 3)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the configured handler prints."""
    log.configure("DEBUG")
    stream = io.StringIO()
    handler = next(h for h in log.LOGGER.handlers if isinstance(h.formatter, log.RedactingFormatter))
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


def printed(write: Callable[[], None]) -> str:
    """What ``write`` makes a freshly formatted handler print, outside of fixtures."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log.RedactingFormatter())
    log.LOGGER.addHandler(handler)
    try:
        write()
    finally:
        log.LOGGER.removeHandler(handler)
    return stream.getvalue()


class TestTheSpecification:
    def test_the_logger_and_the_format_are_the_specified_ones(self):
        assert log.LOGGER.name == "lox"
        assert log.FORMAT == "%(asctime)s - %(name)s - %(levelname)s - %(message)s"

    def test_a_line_reads_as_specified(self, lines):
        log.LOGGER.warning("credit moved from %s to %s", "benign", "cautious")
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - lox - WARNING - credit moved from benign to cautious\n",
            lines.getvalue(),
        )

    def test_warnings_are_printed_by_default_and_debug_is_not(self, lines):
        log.configure()
        log.LOGGER.debug("fetching")
        log.LOGGER.info("refreshed")
        log.LOGGER.warning("fell back")
        assert lines.getvalue().endswith("fell back\n")
        assert lines.getvalue().count("\n") == 1

    def test_debug_is_printed_in_development(self, lines):
        log.configure("debug")
        log.LOGGER.debug("GET /series/observations 0.2 s")
        assert " - DEBUG - GET /series/observations 0.2 s" in lines.getvalue()

    def test_a_line_is_printed_once_though_the_root_logger_prints_too(self, lines):
        seen: list[logging.LogRecord] = []
        handler = logging.Handler()
        handler.emit = seen.append  # type: ignore[method-assign]
        logging.getLogger().addHandler(handler)
        log.LOGGER.warning("fell back")
        logging.getLogger().removeHandler(handler)
        assert (lines.getvalue().count("fell back"), seen) == (1, [])

    def test_configuring_again_adds_no_second_handler(self):
        log.configure()
        handlers = list(log.LOGGER.handlers)
        log.configure("INFO")
        assert log.LOGGER.handlers == handlers
        assert log.LOGGER.level == logging.INFO

    def test_the_http_libraries_are_quiet_below_errors(self):
        log.configure("DEBUG")
        for name in ("urllib3.connectionpool", "urllib3.util.retry", "requests"):
            assert not logging.getLogger(name).isEnabledFor(logging.WARNING)


class TestErrorsInContext:
    def entry(self, critical: bool = False) -> tuple[str, dict[str, str]]:
        def write() -> None:
            try:
                raise AuthError("FRED rejected the key.", source="FRED")
            except AuthError as error:
                log.log_error("fetch DGS10", error, critical=critical)

        line = printed(write)
        _, _, level, message = line.split(" - ", 3)
        return level, json.loads(message)

    def test_an_error_is_logged_with_context_type_message_traceback_and_time(self):
        level, entry = self.entry()
        assert level == "ERROR"
        assert list(entry) == ["context", "type", "message", "traceback", "timestamp"]
        assert (entry["context"], entry["type"], entry["message"]) == (
            "fetch DGS10",
            "AuthError",
            "FRED rejected the key.",
        )
        assert "in write" in entry["traceback"]
        stamp = datetime.fromisoformat(entry["timestamp"])
        assert stamp.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - stamp) < timedelta(minutes=1)

    def test_a_critical_error_is_logged_as_such(self):
        assert self.entry(critical=True)[0] == "CRITICAL"

    def test_urls_in_a_traceback_leave_the_entry_valid_json(self):
        def write() -> None:
            try:
                raise ValueError('GET "https://api.example.com/series?api_key=abc&x=1" failed\nand "token=abcdefgh\\q"')
            except ValueError as error:
                log.log_error("fetch", error)

        entry = json.loads(printed(write).split(" - ", 3)[3])
        assert "abc&" not in entry["message"]
        assert "abcdefgh" not in entry["traceback"]


class TestRedaction:
    @pytest.mark.parametrize(
        "text",
        [
            f"https://api.stlouisfed.org/fred/series?series_id=VIXCLS&api_key={CANARY}&file_type=json",
            f"HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: /fred/series?api_key={CANARY}",
            f"GET /api/v3/quote/AAPL?apikey={CANARY}",
            f"{{'APCA-API-KEY-ID': '{CANARY}', 'APCA-API-SECRET-KEY': '{CANARY}'}}",
            f"Authorization: Bearer {CANARY}",
            f"authorization='Client {CANARY}:{CANARY}'",
            f"X-Palmer-Admin-Secret: {CANARY}",
            f"FRED_API_KEY={CANARY}",
            f'{{"access_token": "{CANARY}"}}',
            f"sent bearer {CANARY} to the server",
        ],
    )
    def test_what_looks_like_a_key_is_masked_without_being_registered(self, text):
        assert CANARY not in log.redact(text)

    def test_the_rest_of_a_url_stays_readable(self):
        assert log.redact("GET https://api.x.com/fred/series?id=1 took 0.2 s") == (
            "GET https://api.x.com/fred/series?… took 0.2 s"
        )

    @pytest.mark.parametrize(
        "text", ["VIX 31.2 -> 34.0 (stress)", "Is CPI late? It is.", "token budget left: 80 %", "secret", ""]
    )
    def test_ordinary_words_pass_unchanged(self, text):
        assert log.redact(text) == text

    def test_redacting_twice_changes_nothing_more(self):
        once = log.redact(f"https://a.b/c?k={CANARY} Authorization: Bearer {CANARY} api_key={CANARY}")
        assert log.redact(once) == once

    def test_values_too_short_to_be_keys_are_not_registered(self):
        log.hide(["the", ""])
        assert log.redact("the VIX") == "the VIX"

    def test_a_longer_secret_is_masked_whole_though_a_shorter_one_begins_it(self):
        log.hide(["abcd1234", "abcd1234-tail"])
        assert log.redact("key abcd1234-tail") == "key ***"

    @given(KEYS)
    def test_no_registered_secret_survives_formatting(self, secret):
        log.hide([secret])

        def write() -> None:
            log.LOGGER.error("sent " + secret.replace("%", "%%"))
            log.LOGGER.error("sent %s", secret)
            log.LOGGER.error("sent %r", secret)
            log.LOGGER.error("sent %(key)s and %(key)r", {"key": secret})
            log.LOGGER.error("params %s", {"key": [secret], "quote": "it's"})
            log.LOGGER.error("json %s", json.dumps({"k": secret}))
            log.LOGGER.error("url /series?x=%s&y=1", quote_plus(secret))
            log.LOGGER.error("form %s, path /%s/ and /%s/", quote_plus(secret), quote(secret), quote(secret, safe=""))
            try:
                raise KeyError(secret)
            except KeyError as error:
                log.LOGGER.exception("failed")
                log.log_error(f"fetch {secret}", error)
            try:
                try:
                    raise OSError(f"GET https://x.example/?key={secret}")
                except OSError as cause:
                    raise ValueError(f"no answer to {secret!r}") from cause
            except ValueError as error:
                log.LOGGER.error("chained", exc_info=error)
                log.log_error("chained", error, critical=True)

        out = printed(write)
        log._secrets.clear()
        assert out.count(" - lox - ") == 12
        assert secret not in out
        assert repr(secret)[1:-1] not in out
        assert json.dumps(secret)[1:-1] not in out
        assert [one for one in (quote_plus(secret), quote(secret), quote(secret, safe="")) if one in out] == []

    def test_a_handler_of_somebody_else_sees_only_masked_records(self):
        """Before ``configure`` has run, or under a root handler, the record itself is already clean."""
        log.hide([CANARY])
        seen: list[logging.LogRecord] = []
        handler = logging.Handler()
        handler.emit = seen.append  # type: ignore[method-assign]
        log.LOGGER.addHandler(handler)
        try:
            raise ValueError(CANARY)
        except ValueError:
            log.LOGGER.exception("key %s", CANARY)
        text = logging.Formatter().format(seen[0])
        assert "ValueError: ***" in text
        assert CANARY not in text
        assert CANARY not in repr(vars(seen[0]))

    def test_a_child_logger_is_masked_by_the_formatter(self, lines):
        log.hide([CANARY])
        try:
            raise ValueError(CANARY)
        except ValueError:
            logging.getLogger("lox.market").exception("key %s", CANARY)
        assert "ValueError: ***" in lines.getvalue()
        assert CANARY not in lines.getvalue()

    def test_the_http_libraries_cannot_print_a_key_either(self):
        log.hide([CANARY])
        log.configure()
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        noisy = logging.getLogger("urllib3.connectionpool")
        noisy.addHandler(handler)
        noisy.error("Retrying after %s: /fred/series?api_key=%s", "503", CANARY)
        assert "Retrying after 503" in stream.getvalue()
        assert CANARY not in stream.getvalue()

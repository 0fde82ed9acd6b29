"""The FRED client against replies of its shape, invented values."""

from __future__ import annotations

import json
import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from lox_core.errors import (
    AuthError,
    LoxError,
    ProviderError,
    RateLimited,
    SchemaError,
    SeriesNotFound,
    Unavailable,
)
from lox_core.providers.fred import FredClient
from tests.lox_core.providers.scripted import Answer, FakeTime, Scripted

KEY_HELP = "  Read https://fred.stlouisfed.org/docs/api/api_key.html for more information."


def row(day: str, value: Any = "1.5", start: str = "2026-11-20", end: str = "2026-11-20") -> dict[str, Any]:
    return {"realtime_start": start, "realtime_end": end, "date": day, "value": value}


def page(rows: list[Any], count: int | None = None, offset: int = 0) -> dict[str, Any]:
    return {
        "realtime_start": "2026-11-20",
        "units": "lin",
        "count": len(rows) if count is None else count,
        "offset": offset,
        "limit": 100000,
        "observations": rows,
    }


def client(*answers: Answer | Exception) -> tuple[FredClient, Scripted]:
    clock, adapter = FakeTime(), Scripted(list(answers))
    fred = FredClient(
        "https://fred.example.invalid/fred",
        SecretStr("a" * 32),
        adapter=adapter,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
        jitter=lambda: 0.0,
    )
    return fred, adapter


def query(adapter: Scripted, number: int = 0) -> dict[str, str]:
    return {name: cells[0] for name, cells in parse_qs(urlsplit(adapter.requests[number].url or "").query).items()}


def test_observations_are_columns_in_date_order_with_missing_ones_kept_as_missing() -> None:
    fred, _ = client(Answer(page([row("2026-11-12", "4.5"), row("2026-11-11", "."), row("2026-11-10", "4.25")])))
    rows = fred.observations("DGS10")
    assert rows.date.tolist() == [date(2026, 11, 10), date(2026, 11, 11), date(2026, 11, 12)]
    assert rows.value[[0, 2]].tolist() == [4.25, 4.5]
    assert np.isnan(rows.value[1])
    assert rows.skipped == 0


def test_the_request_asks_for_json_the_window_and_the_start() -> None:
    fred, adapter = client(Answer(page([row("2026-11-10")])))
    fred.observations("DGS10", realtime=(date(2026, 5, 4), date(2026, 11, 20)), start=date(2000, 1, 1))
    assert urlsplit(adapter.requests[0].url or "").path == "/fred/series/observations"
    assert query(adapter) == {
        "series_id": "DGS10",
        "file_type": "json",
        "limit": "100000",
        "offset": "0",
        "realtime_start": "2026-05-04",
        "realtime_end": "2026-11-20",
        "observation_start": "2000-01-01",
        "api_key": "a" * 32,
    }


def test_pages_are_read_until_the_count_is_reached() -> None:
    fred, adapter = client(
        Answer(page([row("2026-11-10", "1"), row("2026-11-11", "2")], count=3)),
        Answer(page([row("2026-11-12", "3")], count=3, offset=2)),
    )
    assert fred.observations("DGS10").value.tolist() == [1, 2, 3]
    assert query(adapter, 1)["offset"] == "2"


def test_a_promised_page_that_never_comes_is_an_error_and_not_a_shorter_series() -> None:
    fred, _ = client(Answer(page([row("2026-11-10")], count=9)), Answer(page([], count=9)))
    with pytest.raises(SchemaError, match="promised more observations"):
        fred.observations("DGS10")


def test_revisions_come_as_rows_of_one_date_in_order_of_their_real_time() -> None:
    fred, _ = client(
        Answer(
            page(
                [
                    row("2026-07-01", "102", "2026-09-04", "9999-12-31"),
                    row("2026-07-01", "101", "2026-08-07", "2026-09-03"),
                ]
            )
        )
    )
    rows = fred.observations("PAYEMS", realtime=(date(2026, 5, 1), date(2026, 11, 1)))
    assert rows.value.tolist() == [101, 102]
    assert rows.realtime_start.tolist() == [date(2026, 8, 7), date(2026, 9, 4)]
    assert rows.realtime_end[1] == np.datetime64("9999-12-31")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1,234", True, "1e400", {}, float("nan")])
def test_an_unreadable_value_is_skipped_counted_and_told_once(value: Any, caplog: pytest.LogCaptureFixture) -> None:
    good = [row(f"2026-11-{day:02}", "2.0") for day in range(2, 8)]
    fred, _ = client(Answer(page([*good, row("2026-11-09", value), row("2026-11-10", value)])))
    rows = fred.observations("DGS10")
    assert (len(rows), rows.skipped) == (6, 2)
    assert rows.value.tolist() == [2.0] * 6
    assert [r.levelno for r in caplog.records if r.levelno >= logging.WARNING] == [logging.WARNING]
    assert "2 of 8 rows" in caplog.text


def test_a_number_that_is_no_text_is_still_a_number() -> None:
    fred, _ = client(Answer(page([row("2026-11-10", 4), row("2026-11-11", 4.5)])))
    assert fred.observations("DGS10").value.tolist() == [4.0, 4.5]


@pytest.mark.parametrize("field", ["date", "value", "realtime_start", "realtime_end"])
def test_a_field_that_every_row_lost_is_named(field: str) -> None:
    rows = [{name: cell for name, cell in row("2026-11-10").items() if name != field} for _ in range(3)]
    fred, _ = client(Answer(page(rows)))
    with pytest.raises(SchemaError, match=f"lost the field '{field}'"):
        fred.observations("DGS10")


@pytest.mark.parametrize("field", ["count", "observations"])
def test_a_lost_field_of_the_envelope_is_named(field: str) -> None:
    fred, _ = client(Answer({name: cell for name, cell in page([row("2026-11-10")]).items() if name != field}))
    with pytest.raises(SchemaError, match=f"'{field}' is missing"):
        fred.observations("DGS10")


@pytest.mark.parametrize("count", [True, -1, "3", 1.5, None])
def test_a_count_that_is_none_is_an_error(count: Any) -> None:
    fred, _ = client(Answer({**page([row("2026-11-10")]), "count": count}))
    with pytest.raises(SchemaError, match="'count'"):
        fred.observations("DGS10")


def test_fields_nobody_asked_for_are_ignored() -> None:
    fred, _ = client(Answer({**page([{**row("2026-11-10"), "new": 1}]), "new": {}}))
    assert len(fred.observations("DGS10")) == 1


def test_rows_of_other_kinds_are_skipped() -> None:
    fred, _ = client(Answer(page([row("2026-11-10"), row("2026-11-11"), row("2026-11-12"), None, "x"])))
    rows = fred.observations("DGS10")
    assert (len(rows), rows.skipped) == (3, 2)


def test_of_doubled_rows_one_stays_whatever_their_order() -> None:
    rows = [row("2026-11-10", "2"), row("2026-11-10", "1"), row("2026-11-10", "."), row("2026-11-09", "5")]
    for order in (rows, rows[::-1]):
        fred, _ = client(Answer(page(order)))
        assert fred.observations("DGS10").value.tolist() == [5, 2]


@pytest.mark.parametrize(
    ("status", "message", "error", "words"),
    [
        (400, "Bad Request.  Variable api_key is not set." + KEY_HELP, AuthError, "none was sent"),
        (
            400,
            "Bad Request.  The value for variable api_key is not registered." + KEY_HELP,
            AuthError,
            "not registered",
        ),
        (400, "Bad Request.  The value for variable api_key is not a 32 character" + KEY_HELP, AuthError, "32 lower"),
        (400, "Bad Request.  The series does not exist.", SeriesNotFound, "does not know the series X"),
        (400, "Bad Request.  The series does not exist in ALFRED but may exist in FRED.", ProviderError, "no vintages"),
        (400, "Bad Request.  Too many vintage dates.", ProviderError, "Too many vintage dates"),
        (429, "Too Many Requests.  Exceeded Rate Limit", RateLimited, "limiting calls"),
        (423, "Locked", Unavailable, "trouble"),
        (500, "Internal Server Error", Unavailable, "trouble"),
    ],
)
@pytest.mark.parametrize("carrier", ["as stated", "as success", "as xml type"])
def test_errors_are_told_apart_by_their_message(
    status: int, message: str, error: type[LoxError], words: str, carrier: str
) -> None:
    answer = Answer(
        {"error_code": status, "error_message": message},
        200 if carrier == "as success" else status,
        "text/xml" if carrier == "as xml type" else "application/json",
    )
    fred, _ = client(answer)
    with pytest.raises(error, match=words) as caught:
        fred.observations("X")
    assert type(caught.value) is error


def test_an_error_in_xml_is_understood() -> None:
    body = '<?xml version="1.0" ?>\n<error code="400" message="Bad Request.  The series does not exist."/>'
    fred, _ = client(Answer(body, 400, "text/xml"))
    with pytest.raises(SeriesNotFound):
        fred.observations("X")


def test_a_gateways_page_that_repeats_the_address_does_not_condemn_the_key() -> None:
    fred, _ = client(Answer("<html>no answer from /fred/series?api_key=aaaa</html>", 502, "text/html"))
    with pytest.raises(Unavailable):
        fred.observations("X")


def test_an_error_object_without_a_code_is_no_empty_success() -> None:
    fred, _ = client(Answer({"error_message": "something"}))
    with pytest.raises(ProviderError):
        fred.observations("X")


def described(**changes: Any) -> dict[str, Any]:
    return {
        "id": "DGS10",
        "title": "A yield",
        "units": "Percent",
        "frequency": "Daily",
        "seasonal_adjustment": "Not Seasonally Adjusted",
        "last_updated": "2026-11-20 15:16:30-06",
        "observation_start": "1962-01-02",
        "observation_end": "2026-11-19",
        "notes": "",
    } | changes


def test_metadata_is_typed_and_its_two_digit_offset_is_read() -> None:
    fred, adapter = client(Answer({"seriess": [described()]}))
    found = fred.metadata("DGS10")
    assert (found.title, found.units, found.frequency) == ("A yield", "Percent", "Daily")
    assert found.last_updated == datetime(2026, 11, 20, 21, 16, 30, tzinfo=UTC)
    assert (found.observation_start, found.observation_end) == (date(1962, 1, 2), date(2026, 11, 19))
    assert urlsplit(adapter.requests[0].url or "").path == "/fred/series"


@pytest.mark.parametrize(
    "body",
    [
        {"seriess": []},
        {"seriess": [described(id="DGS2")]},
        {"series": [described()]},
        {"seriess": [described(title=None)]},
        {"seriess": [described(last_updated="yesterday")]},
        {"seriess": [described(observation_end=20261119)]},
    ],
)
def test_a_description_that_is_none_is_an_error(body: Any) -> None:
    fred, _ = client(Answer(body))
    with pytest.raises(SchemaError):
        fred.metadata("DGS10")


cells = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12) | st.just("2026-11-10")
fuzzed_rows = st.lists(
    st.dictionaries(st.sampled_from(["date", "value", "realtime_start", "realtime_end", "x"]), cells)
    | st.builds(row, st.dates().map(str), st.floats().map(str) | cells)
    | cells,
    max_size=12,
)


@settings(max_examples=300)
@given(fuzzed_rows)
def test_whatever_rows_come_the_outcome_is_sorted_finite_or_missing_or_an_error_of_ours(rows: list[Any]) -> None:
    fred, _ = client(Answer(json.dumps(page(rows))))
    try:
        found = fred.observations("X")
    except LoxError:
        return
    assert (np.diff(found.date.astype(int)) >= 0).all()
    assert not np.isinf(found.value).any()
    keys = list(zip(found.date.tolist(), found.realtime_start.tolist(), strict=True))
    assert len(set(keys)) == len(keys)


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.sampled_from([200, 400, 403, 429, 500]))
def test_whatever_bytes_come_the_outcome_is_an_error_of_ours(body: bytes, status: int) -> None:
    fred, _ = client(Answer(body, status))
    with pytest.raises(LoxError):
        fred.observations("X")


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_reply_is_never_another_kind_of_error(data: st.DataObject) -> None:
    body = bytearray(json.dumps(page([row("2026-11-10", "4.25"), row("2026-11-11", ".")])).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    fred, _ = client(Answer(bytes(body)))
    try:
        found = fred.observations("X")
    except LoxError:
        return
    assert not np.isinf(found.value).any()


@pytest.mark.real
@pytest.mark.parametrize(
    ("sample", "status", "error"),
    [
        ("err_key_missing", 400, AuthError),
        ("err_key_format", 400, AuthError),
        ("err_key_unregistered", 400, AuthError),
        ("err_series_unknown", 400, SeriesNotFound),
        ("err_429", 429, RateLimited),
        ("err_v2", 400, ProviderError),
    ],
)
def test_the_vendors_own_samples_of_errors(shared_dir: Path, sample: str, status: int, error: type[LoxError]) -> None:
    fred, _ = client(Answer((shared_dir / f"samples/fred/{sample}.json").read_bytes(), status))
    with pytest.raises(error):
        fred.observations("X")


@pytest.mark.real
def test_the_vendors_own_samples_of_data(shared_dir: Path) -> None:
    samples = shared_dir / "samples/fred"
    fred, _ = client(Answer((samples / "series_observations.json").read_bytes()))
    rows = fred.observations("DGS10")
    assert (len(rows), int(np.isnan(rows.value).sum())) == (9, 1)
    fred, _ = client(Answer((samples / "series_observations_vintages.json").read_bytes()))
    assert len(fred.observations("PAYEMS")) == 2
    fred, _ = client(Answer((samples / "series_observations_empty.json").read_bytes()))
    assert len(fred.observations("DGS10")) == 0
    fred, _ = client(Answer((samples / "series.json").read_bytes()))
    assert fred.metadata("DGS10").units == "Percent"

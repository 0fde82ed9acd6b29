"""The macro vendor's wire: shapes, windows, vintages, refusals and what it does not serve."""

from __future__ import annotations

import json
from datetime import datetime

import numpy as np
import pytest

from lox_core.catalog import SERIES
from lox_core.clock import NEW_YORK
from lox_core.demo.transport import DEMO_FRED_URL

ENVELOPE = [
    "realtime_start", "realtime_end", "observation_start", "observation_end", "units", "output_type", "file_type",
    "order_by", "sort_order", "count", "offset", "limit", "observations",
]  # fmt: skip


def values(body: dict) -> dict[str, str]:
    return {row["date"]: row["value"] for row in body["observations"]}


def test_a_plain_request_has_the_vendors_shape(desk):
    body = desk.fred("DGS10")
    assert list(body) == ENVELOPE
    assert (body["realtime_start"], body["realtime_end"]) == ("2026-11-20", "2026-11-20")
    assert (body["observation_start"], body["observation_end"]) == ("1600-01-01", "9999-12-31")
    assert body["count"] == len(body["observations"]) > 7_000
    row = body["observations"][-1]
    assert list(row) == ["realtime_start", "realtime_end", "date", "value"]
    assert row["date"] == "2026-11-19"
    assert row["realtime_start"] == row["realtime_end"] == "2026-11-20"
    assert len(row["value"].split(".")[1]) == 2


def test_every_series_of_the_catalog_is_answered_with_numbers(desk):
    for series_id in SERIES:
        body = desk.fred(series_id)
        numbers = [float(row["value"]) for row in body["observations"] if row["value"] != "."]
        assert np.isfinite(numbers).all(), series_id
        assert len(numbers) > 100, series_id
        days = [row["date"] for row in body["observations"]]
        assert days == sorted(set(days)), series_id
        assert days[-1] <= "2026-11-20", series_id


def test_weekdays_without_a_market_are_dots(desk):
    body = values(desk.fred("VIXCLS", observation_start="2025-12-22", observation_end="2026-01-02"))
    assert [day for day, text in body.items() if text == "."] == ["2025-12-25", "2026-01-01"]
    assert "2025-12-27" not in body
    assert values(desk.fred("DGS10"))["2026-10-12"] == "."


def test_slices_orders_and_pages(desk):
    whole = desk.fred("CPIAUCNS", observation_start="2020-01-01", observation_end="2021-12-31")["observations"]
    assert len(whole) == 24
    newest = desk.fred("CPIAUCNS", observation_end="2021-12-31", sort_order="desc", limit=3)
    assert newest["observations"] == whole[::-1][:3]
    assert newest["count"] > 24
    page = desk.fred("CPIAUCNS", observation_start="2020-01-01", observation_end="2021-12-31", limit=10, offset=20)
    assert page["observations"] == whole[20:]
    assert (page["count"], page["offset"], page["limit"]) == (24, 20, 10)
    assert desk.fred("CPIAUCNS", observation_start="2031-01-01")["observations"] == []


def test_a_wider_window_shows_when_each_value_became_known(desk):
    body = desk.fred("PAYEMS", realtime_start="2026-06-10", realtime_end="2026-11-20", observation_start="2026-04-01")
    rows = [row for row in body["observations"] if row["date"] == "2026-05-01"]
    assert [row["realtime_start"] for row in rows] == ["2026-06-10", "2026-07-03", "2026-08-07"]
    assert [row["realtime_end"] for row in rows] == ["2026-07-02", "2026-08-06", "2026-11-20"]
    assert len({row["value"] for row in rows}) == 3
    newest = body["observations"][-1]
    assert (newest["date"], newest["realtime_start"]) == ("2026-10-01", "2026-11-06")


def test_the_whole_vintage_history_is_open_ended(desk):
    body = desk.fred("UNRATE", realtime_start="1776-07-04", realtime_end="9999-12-31", observation_start="2026-09-01")
    assert body["realtime_start"] == "1776-07-04"
    assert body["observations"][0]["realtime_start"] == "2026-10-02"
    assert body["observations"][-1]["realtime_end"] == "9999-12-31"


@pytest.mark.parametrize("series_id", ["PAYEMS", "CPIAUCSL", "GDP", "ICSA", "DGS10"])
def test_a_snapshot_of_a_past_day_never_changes_afterwards(desk, series_id):
    def seen_at(now: str) -> str:
        reply = desk.at(now).fred(series_id, realtime_start="2025-03-20", realtime_end="2025-03-20")
        return json.dumps(reply["observations"])

    first = seen_at("2025-03-21T09:00:00-04:00")
    assert seen_at("2026-11-20T15:30:00-05:00") == first
    assert seen_at("2029-02-01T12:00:00-05:00") == first


@pytest.mark.parametrize("series_id", ["PAYEMS", "INDPRO", "NFCI"])
def test_a_snapshot_is_what_the_vintage_window_says_stood_that_day(desk, series_id):
    day = "2026-08-19"
    window = desk.fred(series_id, realtime_start="2026-05-01", realtime_end="2026-11-20")["observations"]
    stood = {row["date"]: row["value"] for row in window if row["realtime_start"] <= day <= row["realtime_end"]}
    assert values(desk.fred(series_id, realtime_start=day, realtime_end=day)) == stood


def test_a_revision_is_visible_between_two_snapshots(desk):
    early = values(desk.fred("PAYEMS", realtime_start="2026-06-05", realtime_end="2026-06-05"))
    late = values(desk.fred("PAYEMS"))
    assert "2026-05-01" in early
    assert early["2026-05-01"] != late["2026-05-01"]
    assert early["2015-05-01"] == late["2015-05-01"]


def test_nothing_is_served_before_its_hour(desk):
    early = values(desk.at("2026-11-13T08:29:00-05:00").fred("CPIAUCNS"))
    late = values(desk.at("2026-11-13T08:30:00-05:00").fred("CPIAUCNS"))
    assert max(early) == "2026-09-01"
    assert max(late) == "2026-10-01"
    today = desk.at("2026-11-13T08:29:00-05:00").fred(
        "CPIAUCNS", realtime_start="2026-11-13", realtime_end="2026-11-13"
    )
    assert max(values(today)) == "2026-09-01"


def test_credit_indices_reach_back_three_years_and_the_index_ten(desk):
    assert min(values(desk.fred("BAMLH0A0HYM2"))) == "2023-11-20"
    assert min(values(desk.fred("SP500"))) == "2016-11-21"
    assert min(values(desk.fred("BAA10Y"))) == "1996-01-02"
    old = desk.fred("BAMLH0A0HYM2", realtime_start="2024-01-05", realtime_end="2024-01-05")
    assert min(values(old)) == "2023-11-20"


def test_succession_of_administered_rates(desk):
    assert max(values(desk.fred("IOER"))) == "2021-07-28"
    assert min(values(desk.fred("IORB"))) == "2021-07-29"
    assert "does not exist" in desk.at("2020-03-17T18:00:00-04:00").refused(series_id="IORB")


def test_metadata_describes_the_catalogs_series(desk):
    for series_id, spec in SERIES.items():
        body = desk.get(f"{DEMO_FRED_URL}/series", series_id=series_id, file_type="json", api_key="x").json()
        (row,) = body["seriess"]
        assert (row["id"], row["title"], row["units"]) == (series_id, spec.title, spec.units)
        assert row["frequency"].split(",")[0] == spec.frequency.replace("calendar_", "").capitalize()
        datetime.strptime(row["last_updated"] + "00", "%Y-%m-%d %H:%M:%S%z")
    body = desk.get(f"{DEMO_FRED_URL}/series", series_id="DGS10", file_type="json").json()["seriess"][0]
    assert (body["observation_start"], body["observation_end"]) == ("1996-01-02", "2026-11-19")
    assert body["last_updated"] == "2026-11-20 07:30:00-06"


def test_refusals_are_the_vendors(desk):
    assert desk.refused(series_id="NOSUCH") == "Bad Request.  The series does not exist."
    assert "series_id is not set" in desk.refused()
    assert "observation_start" in desk.refused(series_id="DGS10", observation_start="yesterday")
    assert "limit" in desk.refused(series_id="DGS10", limit="0")
    assert "limit" in desk.refused(series_id="DGS10", limit="many")
    assert "sort_order" in desk.refused(series_id="DGS10", sort_order="up")
    assert "realtime_start" in desk.refused(series_id="DGS10", realtime_start="2026-02-01", realtime_end="2026-01-01")
    reply = desk.get(f"{DEMO_FRED_URL}/series", series_id="NOSUCH", file_type="json")
    assert (reply.status_code, reply.json()["error_code"]) == (400, 400)


@pytest.mark.parametrize("asked", [{"units": "pc1"}, {"frequency": "m"}, {"file_type": "xml"}, {"output_type": "4"}])
def test_what_would_be_answered_wrongly_is_refused(desk, asked):
    assert "simulated market" in desk.refused(series_id="DGS10", **asked)


def test_a_repeated_request_gives_the_same_bytes_and_a_later_one_the_new_row(desk):
    def ask(now: str) -> bytes:
        url = f"{DEMO_FRED_URL}/series/observations"
        return desk.at(now).get(url, series_id="RRPONTSYD", file_type="json").content

    before = ask("2026-11-20T13:19:00-05:00")
    assert ask("2026-11-20T13:19:30-05:00") == before
    after = json.loads(ask("2026-11-20T13:20:00-05:00"))
    assert after["count"] == json.loads(before)["count"] + 1
    assert after["observations"][-1]["date"] == "2026-11-20"


def test_today_is_new_yorks_day(desk):
    body = desk.at("2026-11-21T02:00:00+00:00").fred("DGS10", limit=1)
    assert body["realtime_start"] == "2026-11-20" == str(desk.now.astimezone(NEW_YORK).date())

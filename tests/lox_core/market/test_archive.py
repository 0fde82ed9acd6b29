"""The archive: everything ever seen, compact, and never less."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.market.archive import Archive, ArchiveRows, _block, _parsed
from lox_core.market.store import Entry, Store
from tests.lox_core.market.invented_vendor import NOW

Row = tuple[str, str, bool, float]


def rows(*told: Row) -> ArchiveRows:
    return ArchiveRows(
        np.array([day for day, *_ in told], "datetime64[D]"),
        np.array([vintage for _, vintage, *_ in told], "datetime64[D]"),
        np.array([stated for *_, stated, _ in told], bool),
        np.array([value for *_, value in told], float),
    )


def told(found: ArchiveRows) -> list[Row]:
    return list(
        zip(
            np.datetime_as_string(found.date, "D").tolist(),
            np.datetime_as_string(found.vintage, "D").tolist(),
            found.stated.tolist(),
            found.value.tolist(),
            strict=True,
        )
    )


FIRST = ("2026-11-16", "2026-11-17", False, 4.5)


def test_what_was_seen_stays_also_after_a_restart(tmp_path: Path) -> None:
    Archive(tmp_path).append("DGS10", rows(FIRST))
    assert told(Archive(tmp_path).read("DGS10")) == [FIRST]
    assert len(Archive(tmp_path).read("DGS2")) == 0


def test_the_same_value_again_adds_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.append("DGS10", rows(FIRST))
    size = archive.size_bytes()
    archive.append("DGS10", rows(("2026-11-16", "2026-11-18", False, 4.5)))
    assert archive.size_bytes() == size


def test_a_changed_value_is_added_and_the_old_one_stays(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    later = ("2026-11-16", "2026-11-18", False, 4.25)
    archive.append("DGS10", rows(FIRST))
    archive.append("DGS10", rows(later))
    again = ("2026-11-16", "2026-11-20", False, 4.5)
    archive.append("DGS10", rows(again))
    assert told(archive.read("DGS10")) == [FIRST, later, again]


def test_a_stated_vintage_is_kept_with_its_day(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    first, second = ("2026-09-01", "2026-10-02", True, 101.0), ("2026-09-01", "2026-11-06", True, 102.0)
    archive.append("PAYEMS", rows(second))
    archive.append("PAYEMS", rows(first, second))
    assert told(archive.read("PAYEMS")) == [first, second]


def test_appending_returns_everything_kept(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.append("DGS10", rows(FIRST))
    kept = archive.append("DGS10", rows(("2020-01-02", "2026-11-17", False, 1.5)))
    assert sorted(told(kept)) == [("2020-01-02", "2026-11-17", False, 1.5), FIRST]
    assert told(kept.before(np.datetime64("2026-11-16"))) == [("2020-01-02", "2026-11-17", False, 1.5)]


def test_a_torn_end_is_passed_over_and_the_next_block_is_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    archive = Archive(tmp_path)
    archive.append("DGS10", rows(FIRST))
    path = tmp_path / "DGS10.csv"
    whole = path.read_bytes()
    torn = _block(rows(("2026-11-17", "2026-11-18", False, 9.0)))
    for cut in (3, 20, len(torn) - 3):
        path.write_bytes(whole + torn[:cut])
        fresh = Archive(tmp_path)
        added = ("2026-11-18", "2026-11-19", False, 4.75)
        fresh.append("DGS10", rows(added))
        assert told(Archive(tmp_path).read("DGS10")) == [FIRST, added]
    assert "damaged blocks passed over" in caplog.text


def test_a_damaged_block_costs_its_own_rows_only(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    days = [("2026-11-16", 1.5), ("2026-11-17", 2.5), ("2026-11-18", 3.5)]
    for day, value in days:
        archive.append("DGS10", rows((day, "2026-11-19", False, value)))
    path = tmp_path / "DGS10.csv"
    path.write_bytes(path.read_bytes().replace(b"2.5", b"9.5"))
    assert Archive(tmp_path).read("DGS10").value.tolist() == [1.5, 3.5]


@settings(max_examples=150)
@given(st.data())
def test_no_damage_invents_a_value_or_raises(data: st.DataObject) -> None:
    whole = _block(rows(FIRST)) + b"\n" + _block(rows(("2026-11-17", "2026-11-18", True, 4.25)))
    text = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    found = _parsed("DGS10", bytes(text))
    assert set(found.value.tolist()) <= {4.5, 4.25}


seen = st.tuples(
    st.sampled_from(["2026-11-02", "2026-11-03", "2026-11-04"]),
    st.sampled_from(["2026-11-05", "2026-11-06", "2026-11-07", "2026-11-08"]),
    st.booleans(),
    st.sampled_from([1.0, 2.0, 3.0]),
)


@settings(max_examples=150)
@given(st.lists(st.lists(seen, min_size=1, max_size=5, unique_by=lambda row: row[:2]), max_size=5))
def test_what_was_in_force_on_any_day_can_be_told_for_ever(batches: list[list[Row]]) -> None:
    archive = Archive(None)
    for batch in batches:
        before = set(told(archive.read("S")))
        archive.append("S", rows(*batch))
        after = told(archive.read("S"))
        assert before <= set(after)
        for day, vintage, _, value in batch:
            upto = [v for d, when, _, v in after if d == day and when <= vintage]
            same_day = {v for d, when, _, v in after if (d, when) == (day, vintage)}
            assert upto[-1] == value or value in same_day


def test_series_names_are_only_names(tmp_path: Path) -> None:
    Archive(tmp_path / "archive").append("127.0.0.1:8911/fred/../../DGS10", rows(FIRST))
    assert [path.parent for path in tmp_path.rglob("*.csv")] == [tmp_path / "archive"]


def test_many_threads_append_without_losing_a_row(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    days = [str(np.datetime64("2020-01-01") + i) for i in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda day: archive.append("S", rows((day, "2026-11-17", False, 1.0))), days))
    assert len(Archive(tmp_path).read("S")) == 60


def test_a_disk_that_refuses_keeps_the_rows_in_memory_until_it_does_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "archive"
    blocked.write_text("a file where the directory should be")
    archive = Archive(blocked)
    archive.append("DGS10", rows(FIRST))
    assert told(archive.read("DGS10")) == [FIRST]
    assert "held in memory" in (archive.notice or "")
    assert [record.levelno for record in caplog.records][:1] == [logging.WARNING]
    blocked.unlink()
    archive.append("DGS10", rows(("2026-11-17", "2026-11-18", False, 4.75)))
    assert archive.notice is None
    assert len(Archive(blocked).read("DGS10")) == 2


def test_clearing_the_cache_leaves_the_archive(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.append_archive("DGS10", rows(FIRST))
    store.put("fred", "DGS10", Entry(b"x", NOW))
    store.clear("fred")
    assert told(Store.open(tmp_path).read_archive("DGS10")) == [FIRST]


def test_numbers_come_back_bit_for_bit(tmp_path: Path) -> None:
    values = np.random.default_rng(3).normal(size=500) * 10.0 ** np.random.default_rng(4).integers(-12, 12, 500)
    days = np.datetime64("2000-01-01") + np.arange(500)
    Archive(tmp_path).append("S", ArchiveRows(days, days, np.ones(500, bool), values))
    assert (Archive(tmp_path).read("S").value == values).all()

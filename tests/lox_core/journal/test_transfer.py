"""Out and back again: the same rows, no formulas, nothing twice, nothing of a file that is not wholly usable."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sqlite3
import stat
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lox_core.errors import StoreError
from lox_core.journal import Journal, cells, files, transfer
from lox_core.journal import tables as t
from lox_core.journal.database import Database, parse_url
from lox_core.journal.records import FlowRecord, ReceiptRecord, TradeRecord
from tests.lox_core.journal.conftest import CLOCK, TODAY, a_day, journal_at

NOW = CLOCK.as_of_now()
FILL = TradeRecord("PA***1", "live", "1", "SPY", "sell", 2.0, 0.1 + 0.2, CLOCK.now(), -0.02, "=HYPERLINK(1)")
FLOW = FlowRecord("PA***1", "live", "2", TODAY, "withdrawal", -500.25, note="'quoted, \n-and lined")


@pytest.fixture
def full(journal):
    journal.record_day(a_day(), NOW)
    journal.record_day(a_day(90_000.0, date(2026, 11, 20), cash=None), NOW)
    journal.add_trades([FILL])
    journal.add_flows([FLOW])
    journal.set_grouping("PA***1", "live", ["SPY"], "+core")
    journal.put_receipt(ReceiptRecord("abc", "scenario", {"text": "ü → ×", "n": [1, 2.5, None]}))
    return journal


def everything(journal: Journal) -> object:
    return json.loads(transfer.export_json(journal))["tables"]


@pytest.mark.parametrize("export", [transfer.export_zip, transfer.export_json])
def test_an_export_comes_back_as_it_was(full, tmp_path, export):
    data = export(full)
    other = journal_at(tmp_path / "other.sqlite3")
    dry = transfer.import_rows(other, data, dry_run=True)
    assert (dry.imported, dry.errors, dry.added["positions_daily"]) == (False, (), 4)
    assert other.nav() == ()
    done = transfer.import_rows(other, data)
    assert done.imported
    assert done.added == dry.added == full.state().rows
    assert everything(other) == everything(full)
    assert other.trades()[0].price == 0.1 + 0.2
    assert other.nav() == full.nav()


def test_importing_twice_changes_nothing(full):
    before = everything(full)
    report = transfer.import_rows(full, transfer.export_zip(full))
    assert set(report.added.values()) == {0}
    assert report.present == full.state().rows
    assert everything(full) == before


def test_what_is_kept_wins_over_what_comes(full, tmp_path):
    other = journal_at(tmp_path / "other.sqlite3")
    other.record_day(a_day(1.0, positions=a_day().positions[:1]), NOW)
    report = transfer.import_rows(other, transfer.export_json(full))
    assert report.added["nav_history"] == 1
    assert report.added["positions_daily"] == 2, "the day that has positions keeps its own, unmixed"
    assert {one.date: one.equity for one in other.nav()} == {date(2026, 11, 20): 90_000.0, TODAY: 1.0}
    assert len(other.positions("PA***1", before=date(2027, 1, 1)).positions) == 1


def test_text_is_no_formula_and_numbers_stay_numbers(full):
    with zipfile.ZipFile(io.BytesIO(transfer.export_zip(full))) as archive:
        rows = {name: list(csv.DictReader(io.StringIO(archive.read(name).decode(), ""))) for name in archive.namelist()}
    assert rows["trades.csv"][0]["strategy"] == "'=HYPERLINK(1)"
    assert rows["trades.csv"][0]["fees"] == "-0.02"
    assert rows["groupings.csv"][0]["name"] == "'+core"
    assert rows["flows.csv"][0]["amount"] == "-500.25"
    assert rows["nav_history.csv"][0]["cash"] == ""
    assert rows["receipts.csv"][0]["id"] == "abc"
    assert "id" not in rows["trades.csv"][0]


@given(st.text(min_size=1, max_size=20))
def test_every_text_survives_its_guard_and_none_can_be_evaluated(text):
    shown = cells.cell(t.flows.c.note, text)
    assert cells.from_csv(shown) == text
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def changed(journal: Journal, table: str, **values: object) -> bytes:
    document = json.loads(transfer.export_json(journal))
    document["tables"][table][0].update(values)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("table", "values", "reason"),
    [
        ("nav_history", {"date": "yesterday"}, "date is no date"),
        ("nav_history", {"equity": "NaN"}, "equity is no number"),
        ("nav_history", {"equity": True}, "equity is no number"),
        ("nav_history", {"equity": None}, "equity is missing"),
        ("nav_history", {"account": ""}, "account is missing"),
        ("nav_history", {"mode": "demo"}, "mode must be live"),
        ("nav_history", {"as_of": "2026-11-20T10:00"}, "as_of lacks its zone"),
        ("nav_history", {"as_of": "0001-01-01T00:00+14:00"}, "as_of is no time"),
        ("nav_history", {"details": "[1]"}, "details is no JSON object"),
        ("nav_history", {"details": {"a": "\ud800"}}, "details is no usable JSON"),
        ("positions_daily", {"date": "2020-01-01"}, "is not in nav_history"),
        ("attribution", {"alarm": "perhaps"}, "alarm must be true or false"),
        ("trades", {"side": "hold"}, "side must be one of buy, sell"),
        ("trades", {"symbol": "S" * 65}, "symbol is longer than 64"),
        ("trades", {"symbol": "a\0b"}, "symbol is no usable text"),
        ("trades", {"symbol": 5}, "symbol is no text"),
        ("flows", {"kind": "gift"}, "kind must be one of"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_nothing_is_written(full, tmp_path, table, values, reason):
    other = journal_at(tmp_path / "other.sqlite3")
    report = transfer.import_rows(other, changed(full, table, **values))
    assert not report.imported
    assert report.error_count == 1
    assert (report.errors[0].table, report.errors[0].row) == (table, 1)
    assert reason in report.errors[0].reason
    assert set(other.state().rows.values()) == {0}


def zipped(**members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return packed.getvalue()


def test_rows_of_another_length_and_tables_of_another_name_are_named(journal):
    heading = "account,mode,symbol,name,created_at"
    report = transfer.import_rows(journal, zipped(groupings__csv=f"{heading}\nA,live,SPY\n"))
    assert (report.errors[0].row, report.error_count) == (1, 1)
    document = {"format": "lox-journal", "tables": {"songs": [], "groupings": ["x"]}}
    report = transfer.import_rows(journal, json.dumps(document).encode())
    assert [(one.table, one.row) for one in report.errors] == [("songs", 0), ("groupings", 1)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no export"),
        (b"[1, 2]", "no export"),
        (b'{"format": "lox-journal", "tables": {"trades": 5}}', "no export"),
        (b"[" * 100_000, "no export"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (zipped(trades__csv="symbol\n")[:-6] + b"\xff\xff\x00\x00\0\0", "damaged"),
        (zipped(readme__txt="x"), "does not write"),
        (zipped(trades__csv="symbol,symbol\n"), "one twice"),
        (zipped(trades__csv="symbol,tune\n"), "tune"),
        (zipped(trades__csv='"symbol'), "damaged"),
    ],
)
def test_a_file_that_is_no_export_is_refused_in_words(journal, file, data, words):
    with pytest.raises(StoreError, match=words):
        transfer.import_rows(journal, data)
    assert not file.exists()


def test_sizes_have_limits(journal, monkeypatch, tmp_path):
    monkeypatch.setattr(transfer, "MAX_UNPACKED", 1_000_000)
    with pytest.raises(StoreError, match="unpacks to more"):
        transfer.import_rows(journal, zipped(trades__csv="symbol\n" + "x" * 1_000_001))
    monkeypatch.setattr(transfer, "MAX_ROWS", 2)
    with pytest.raises(StoreError, match="more than 2 rows"):
        transfer.import_rows(journal, zipped(trades__csv="symbol\na\nb\nc\n"))
    monkeypatch.setattr(transfer, "MAX_BYTES", 10)
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    with pytest.raises(StoreError, match="larger than"):
        transfer.import_rows(journal, b"x" * 11)
    (tmp_path / "big").write_bytes(b"x" * 11)
    with pytest.raises(StoreError, match="larger than"):
        files.read_file(tmp_path / "big")


@settings(max_examples=60)
@given(st.data())
def test_no_damage_to_an_export_raises_anything_but_words(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fuzz")
    journal = journal_at(folder / "a.sqlite3")
    journal.put_receipt(ReceiptRecord("abc", "scenario", {"n": 1}))
    whole = bytearray(data.draw(st.sampled_from((transfer.export_zip, transfer.export_json)))(journal))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(StoreError):
        report = transfer.import_rows(journal, bytes(whole))
        assert report.imported or report.errors
    assert journal.get_receipt("abc").payload == {"n": 1}


def test_an_export_of_nothing_makes_no_journal(journal, file):
    assert set(everything(journal)) == {table.name for table in t.KEPT}
    assert transfer.import_rows(journal, transfer.export_zip(journal)).imported
    assert set(journal.state().rows.values()) == {0}


def test_files_are_written_whole_for_the_owner_and_never_over_another(tmp_path):
    target = tmp_path / "out.zip"
    files.write_file(target, b"one")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(StoreError, match=r"out\.zip is there already"):
        files.write_file(target, b"two")
    files.write_file(target, b"three", replace=True)
    assert target.read_bytes() == b"three"
    with pytest.raises(StoreError) as caught:
        files.write_file(tmp_path / "nowhere" / "out.zip", b"x")
    assert str(tmp_path) not in str(caught.value)
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".lox-")] == []


def test_a_backup_is_a_whole_journal_while_others_write(full, file, tmp_path):
    copy = tmp_path / "copy.sqlite3"
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM trades")
        assert transfer.backup(full, copy) == copy.stat().st_size
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("copy")] == ["copy.sqlite3"]
    assert everything(journal_at(copy)) == everything(full)
    with pytest.raises(StoreError, match="is there already"):
        transfer.backup(full, copy)
    full.add_trades([replace(FILL, activity_id="new")])
    transfer.backup(full, copy, replace=True)
    assert len(journal_at(copy).trades()) == 2


def test_a_backup_needs_a_journal_and_another_file(journal, full, file, tmp_path):
    with pytest.raises(StoreError, match="the journal itself"):
        transfer.backup(full, file, replace=True)
    with pytest.raises(StoreError, match="no journal yet"):
        transfer.backup(journal_at(tmp_path / "none.sqlite3"), tmp_path / "copy.sqlite3")
    server = Journal(Database(parse_url("postgresql://u:hunter22@127.0.0.1/d")), CLOCK)
    with pytest.raises(StoreError, match="own job"):
        transfer.backup(server, tmp_path / "copy.sqlite3")
    assert not (tmp_path / "copy.sqlite3").exists()

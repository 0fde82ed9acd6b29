"""A book from a file: valued with and without a broker, and kept whole or not at all."""

from __future__ import annotations

import stat
from datetime import datetime

import pytest

from lox_core.clock import NEW_YORK, Clock
from lox_core.errors import SettingsError, StoreError
from lox_core.portfolio.import_csv import import_csv
from lox_core.settings import Settings
from lox_core.workbench import Workbench, imported

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=NEW_YORK)
FILE = b"symbol,quantity,average_price,mark\nSPY261218P00640000,2,5.10,\nSPY,100,600,\nXYZ,5,10,11.5\n"


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench.build(Settings(LOX_MODE="demo"), Clock(NOW))


def test_an_imported_book_is_quoted_like_any_other(bench):
    result = import_csv(FILE)
    found = bench.imported(result.holdings, 1000.0, bench.clock.as_of_now())
    legs = {leg.symbol: leg for leg in found.book.legs}
    assert found.account_label == "imported"
    assert found.named == "Imported book"
    assert legs["SPY261218P00640000"].mark.mark > 0
    assert legs["SPY261218P00640000"].greeks["theta_per_day_usd"] < 0
    assert legs["XYZ"].mark_value == pytest.approx(57.5)
    assert "imported" in legs["XYZ"].mark.flags
    assert found.book.totals["nav_mid"].value is not None


def test_a_past_as_of_is_refused(bench):
    from lox_core.clock import AsOf

    with pytest.raises(SettingsError, match="past as-of"):
        bench.imported((), None, AsOf.on(NOW.date().replace(year=2020)))


def test_a_kept_file_is_private_comes_back_and_goes(tmp_path):
    folder = tmp_path / "data"
    assert imported.kept(folder) is None
    imported.keep(folder, FILE)
    imported.keep(folder, FILE + b"QQQ,1,2,\n")
    assert imported.kept(folder) == FILE + b"QQQ,1,2,\n"
    assert stat.S_IMODE((folder / imported.FILE).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [imported.FILE]
    imported.drop(folder)
    imported.drop(folder)
    assert imported.kept(folder) is None


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(StoreError, match="could not be kept"):
        imported.keep(blocked / "data", FILE)

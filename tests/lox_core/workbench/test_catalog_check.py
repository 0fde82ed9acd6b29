from __future__ import annotations

import pytest

from lox_core.catalog import SERIES
from lox_core.errors import Unavailable
from lox_core.providers.fred import FredSeries
from lox_core.sourced import Sourced
from lox_core.workbench.catalog_check import catalog_differences
from tests.lox_ui.board_factory import NOW


class Described:
    """A market that describes series as FRED would, with something changed."""

    def __init__(self, **changes: str) -> None:
        self.changes = changes

    def metadata(self, series_id: str) -> Sourced[FredSeries]:
        if series_id == "DGS2":
            raise Unavailable("FRED refused the connection.", source="FRED", item=series_id)
        fields = {
            "id": series_id,
            "title": SERIES["DGS10"].title,
            "units": "Percent",
            "frequency": "Daily",
            "seasonal_adjustment": "Not Seasonally Adjusted",
            "last_updated": "2026-11-20 15:16:30-06",
            "observation_start": "1962-01-02",
            "observation_end": "2026-11-19",
        }
        return Sourced(value=FredSeries(**{**fields, **self.changes}), as_of=NOW, fetched_at=NOW, source="FRED")


def test_a_series_described_alike_is_no_difference():
    assert catalog_differences(Described(), ["DGS10"]) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"units": "Millions of U.S. Dollars"}, "units is 'Percent' here and 'Millions of U.S. Dollars' at FRED"),
        ({"frequency": "Weekly, Ending Friday"}, "frequency is 'daily' here and 'weekly' at FRED"),
        ({"title": "Another (DISCONTINUED)"}, "status is 'running' here and 'ended 2026-11-19' at FRED"),
    ],
)
def test_what_differs_is_told_in_words(changes, said):
    assert any(said in str(one) for one in catalog_differences(Described(**changes), ["DGS10"]))


def test_a_series_that_could_not_be_asked_for_is_told_too():
    assert [str(one) for one in catalog_differences(Described(), ["DGS2"])] == ["DGS2: FRED refused the connection."]

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from lox_core.market.status import NOT_LOADED
from lox_ui import series_view, status_view
from tests.lox_ui.board_factory import NOW


def row(name: str, **changes) -> SimpleNamespace:
    fields = {
        "id": name,
        "observation_date": NOW.date(),
        "stale": False,
        "age_days": 1,
        "route": "cache",
        "reason": None,
        "fetched_at": NOW,
    }
    return SimpleNamespace(**{**fields, **changes})


ROWS = (
    row("IOER", stale=True, age_days=1900),
    row("NASDAQCOM", observation_date=None, fetched_at=None, reason=NOT_LOADED),
    row("DGS2"),
    row("DGS10", age_days=40),
    row("SOFR", route="last_good"),
    row("ICSA", stale=True, age_days=15),
    row("CPIAUCNS", observation_date=None, age_days=None, reason="FRED refused the connection."),
)


def test_the_worst_series_come_first_and_what_does_not_count_last():
    order = [one.id for one in series_view.in_order(SimpleNamespace(series=ROWS))]
    assert order == ["CPIAUCNS", "ICSA", "SOFR", "DGS10", "DGS2", "NASDAQCOM", "IOER"]


def test_only_what_counts_is_counted():
    said = series_view.counts(SimpleNamespace(series=ROWS))
    assert said == ("2 of 5", "fresh; 1 last good copy; 1 stale; 1 without any value")


def test_an_index_is_missed_where_nothing_else_was_loaded_either():
    nothing = tuple(
        row(name, observation_date=None, fetched_at=None, reason=NOT_LOADED) for name in ("NASDAQCOM", "DGS10")
    )
    found = series_view.standings(SimpleNamespace(series=nothing))
    assert found == {"NASDAQCOM": "no value", "DGS10": "no value"}


@pytest.mark.parametrize(("frame", "column"), [("providers", "last_error"), ("series", "reason")])
def test_a_table_without_rows_still_has_its_columns(frame, column):
    report = SimpleNamespace(providers=(), series=())
    build = {"providers": status_view.providers_frame, "series": series_view.series_frame}[frame]
    assert isinstance(build(report), pd.DataFrame)
    assert column in build(report)

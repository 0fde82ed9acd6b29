from __future__ import annotations

from datetime import date
from types import SimpleNamespace

from lox_core.clock import AsOf
from lox_core.sourced import Attempt, Gap, Sourced
from lox_ui import reasons_view
from tests.lox_ui.board_factory import HOSTILE, NOW, board

BOARD = board(AsOf.on(date(2026, 11, 20)))


def sourced(source: str, route: str = "cache", *attempts: Attempt) -> Sourced:
    return Sourced(value=None, as_of=NOW, fetched_at=NOW, source=source, route=route, attempts=attempts)


def provider(name: str, **changes) -> SimpleNamespace:
    return SimpleNamespace(**{"name": name, "mode": "live", "key": "set", "unlocks": "macro series", **changes})


def test_every_reason_is_told_once_with_all_it_struck():
    items = {
        "DGS2": Gap("DGS2", "FRED did not answer in time (DGS2)."),
        "DGS10": Gap("DGS10", "FRED did not answer in time (DGS10)."),
        "SOFR": sourced("FRED:SOFR", "last_good", Attempt("FRED:SOFR", "FRED is having trouble (HTTP 500)")),
        "equity index": sourced("FRED:SP500", "live", Attempt("FMP:^GSPC", "FMP_API_KEY is not set")),
        "VIXCLS": sourced("FRED:VIXCLS"),
    }
    found = dict(reasons_view.reasons(items, BOARD, [provider("FRED"), provider("FMP", key="missing", mode="off")]))
    assert found["FMP"] == "no key is set; it unlocks: macro series"
    assert found["2 series, no data"] == "FRED did not answer in time (DGS2, DGS10)"
    assert found["1 series, last good copy"] == "FRED is having trouble (HTTP 500) (SOFR)"
    assert found["equity index"] == "FRED:SP500 is used instead. FMP_API_KEY is not set"
    assert "Fiscal" in found
    assert not any("VIXCLS" in what for what in found)


def test_a_demo_needs_no_key():
    assert reasons_view.reasons({}, BOARD, [provider("FRED", mode="demo", key="missing")]) == reasons_view.reasons(
        {}, BOARD, []
    )


def test_a_list_of_reasons_is_no_markup():
    built = reasons_view.listed([(HOSTILE, HOSTILE)])
    assert HOSTILE not in built
    assert built.count("&lt;img") == 2

from __future__ import annotations

import pytest

from lox_ui import origins


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("FRED:DGS10", "FRED"),
        ("demo FRED:SOFR less demo FRED:IORB", "FRED"),
        ("FMP:^VIX over FRED:VXVCLS", "FMP, FRED"),
        ("estimated from FRED:BAA10Y", "FRED, estimated"),
        ("by hand", "by hand"),
    ],
)
def test_a_source_is_shortened_to_its_vendors(source, wanted):
    assert origins.vendors(source) == wanted


def test_the_whole_source_stands_on_hover_and_a_missing_one_is_a_dash():
    assert origins.origin("demo FRED:DGS10") == '<span title="FRED:DGS10">FRED</span>'
    assert origins.origin(None) == "—"


def test_one_fault_reads_the_same_for_all_it_struck():
    found = origins.by_reason(
        [
            ("DGS2", "FRED has no key."),
            ("VIXCLS", "FRED did not answer in time (VIXCLS)."),
            ("DGS10", "FRED did not answer in time (DGS10)."),
        ]
    )
    assert found == [("FRED did not answer in time", ["VIXCLS", "DGS10"]), ("FRED has no key", ["DGS2"])]


def test_many_names_end_in_a_count():
    assert origins.names(["a", "b"]) == "a, b"
    assert origins.names(list("abcdefgh")) == "a, b, c, d, e, f and 2 more"

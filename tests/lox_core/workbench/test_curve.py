from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from lox_core.catalog import SERIES, Observations
from lox_core.clock import NEW_YORK, AsOf
from lox_core.options.curve import DiscountCurve
from lox_core.sourced import Gap, Sourced
from lox_core.workbench.curve import NO_CURVE, TENORS, discount_curve

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=NEW_YORK)


class Invented:
    """A market whose yields are given, by series."""

    def __init__(self, **yields_pct):
        self.yields_pct = yields_pct

    def many(self, names, as_of):
        return {name: self._one(name) for name in names}

    def _one(self, name):
        if name not in self.yields_pct:
            return Gap(name, f"{name} could not be had.")
        days = np.array(["2026-11-17", "2026-11-18"], "datetime64[D]")
        values = np.array([9.99, self.yields_pct[name]])
        rows = Observations.of(SERIES[name], days, values, source=f"FRED:{name}")
        return Sourced(value=rows, as_of=NOW, fetched_at=NOW, source=f"FRED:{name}")


def test_every_tenor_of_the_catalog_is_asked():
    assert {"DGS1MO", "DGS3MO", "DGS6MO", "DGS1", "DGS2", "DGS5", "DGS10", "DGS30"} == set(TENORS)


def test_the_newest_yields_make_the_curve():
    curve = discount_curve(Invented(DGS1MO=4.0, DGS3MO=4.0, DGS1=4.0), AsOf(NOW, "now"))
    assert isinstance(curve, DiscountCurve)
    assert curve.rate(0.25) == pytest.approx(2 * np.log1p(0.02))
    assert curve.as_of.date().isoformat() == "2026-11-18"
    assert "FRED:DGS3MO" in curve.source


def test_one_tenor_is_enough_and_none_is_a_gap_in_words():
    assert isinstance(discount_curve(Invented(DGS10=4.2), AsOf(NOW, "now")), DiscountCurve)
    found = discount_curve(Invented(), AsOf(NOW, "now"))
    assert isinstance(found, Gap)
    assert found.reason.startswith(NO_CURVE)
    assert "could not be had" in found.reason

"""Transforms against an independent line of pandas, and where months are missing for good."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lox_core.regimes import indicators
from lox_core.regimes.rules import default_rules

RULES = default_rules()


def test_z_is_against_the_values_before_it():
    rng = np.random.default_rng(3)
    values = rng.standard_normal(700)
    z = indicators.z_two_years(values, "daily", RULES)
    window = pd.Series(values[600 - 504 : 600])
    np.testing.assert_allclose(z[600], (values[600] - window.mean()) / window.std(ddof=1))
    assert np.isnan(z[:252]).all()
    assert np.isfinite(z[252])


@pytest.mark.parametrize(
    ("measure", "frequency", "window", "least"),
    [
        (indicators.z_two_years, "daily", 504, 252),
        (indicators.z_two_years, "calendar_daily", 504, 252),
        (indicators.z_two_years, "weekly", 104, 52),
        (indicators.z_two_years, "monthly", 24, 18),
        (indicators.z_ten_years, "daily", 2520, 1260),
        (indicators.z_ten_years, "weekly", 520, 260),
        (indicators.z_ten_years, "monthly", 120, 60),
        (indicators.z_ten_years, "quarterly", 40, 20),
    ],
)
def test_windows_are_years_at_the_series_own_frequency(measure, frequency, window, least):
    values = np.random.default_rng(9).standard_normal(window + 40)
    z = measure(values, frequency, RULES)
    past = values[-window - 1 : -1]
    np.testing.assert_allclose(z[-1], np.clip((values[-1] - past.mean()) / past.std(ddof=1), -4, 4))
    assert np.flatnonzero(np.isfinite(z))[0] == least


def test_two_years_of_quarters_say_nothing():
    assert np.isnan(indicators.z_two_years(np.arange(60.0), "quarterly", RULES)).all()


def test_z_is_clipped_at_four():
    values = np.append(np.random.default_rng(1).standard_normal(300), 1e6)
    assert indicators.z_two_years(values, "daily", RULES)[-1] == 4


def test_z_of_a_flat_series_is_missing():
    assert np.isnan(indicators.z_two_years(np.ones(400), "daily", RULES)).all()


@given(st.integers(1, 3), st.lists(st.floats(-5, 5), min_size=30, max_size=60))
def test_z_never_looks_ahead(tail, values):
    whole = indicators.z_two_years(np.asarray(values), "monthly", RULES)
    part = indicators.z_two_years(np.asarray(values[:-tail]), "monthly", RULES)
    np.testing.assert_array_equal(whole[: len(part)], part)


def test_year_on_year_joins_by_month_not_by_row():
    months = np.array(["2024-09", "2024-10", "2024-11", "2025-09", "2025-11"], "datetime64[M]").astype("datetime64[D]")
    rate = indicators.year_on_year_pct(months, np.array([100.0, 200.0, 300.0, 110.0, 330.0]))
    np.testing.assert_allclose(rate[3:], [10.0, 10.0])
    assert np.isnan(rate[:3]).all()


def test_a_month_never_published_leaves_its_comparisons_missing():
    months = np.array(["2025-07", "2025-08", "2025-09", "2025-11", "2025-12", "2026-01"], "datetime64[M]").astype(
        "datetime64[D]"
    )
    three = indicators.annualised_pct(months, np.array([1.0, 2, 3, 4, 5, 6]), 3)
    # January 2026 would need October 2025, which never came.
    assert np.isnan(three[-1])
    assert np.isfinite(three[4])


def test_annualising_compounds():
    months = np.arange("2024-01", "2024-05", dtype="datetime64[M]").astype("datetime64[D]")
    three = indicators.annualised_pct(months, np.array([100.0, 101, 102, 103]), 3)
    np.testing.assert_allclose(three[-1], (1.03**4 - 1) * 100)


def test_realised_volatility_is_the_deviation_of_twenty_changes():
    levels = 4 + np.random.default_rng(5).standard_normal(60) / 20
    vol = indicators.realised_vol_bp(levels, 20)
    changes = np.diff(levels * 100)[-20:]
    np.testing.assert_allclose(vol[-1], changes.std(ddof=1) * np.sqrt(252))
    assert np.isnan(vol[19])
    assert np.isfinite(vol[20])


def test_counting_days_in_a_window():
    flags = np.array([1, 0, 1, 1, 0, 0, 0], bool)
    assert indicators.count_of(flags, 3).tolist() == [1, 1, 2, 2, 2, 1, 0]


def test_the_slope_of_a_line_is_its_step():
    assert indicators.last_slope(np.array([1.0, 3.0, 5.0, 7.0])) == 2.0
    assert indicators.last_slope(np.array([1.0, np.nan, 5.0])) is None

"""The normalised Black formula and its inverse against 40 digits, in all regions."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from lox_core.options.normal import SMALL_STEP
from lox_core.options.normalised_vol import normalised_price, normalised_vega, normalised_vol

MONEYNESS = (0.0, -1e-12, -1e-6, -1e-3, -0.05, -0.5, -2.0, -8.0, -30.0)
VOLS = (1e-4, 1e-3, 0.01, 0.029, 0.031, 0.1, 0.3, 0.7, 1.0, 2.0, 4.0, 7.0, 10.0)


@pytest.fixture(scope="module")
def exact() -> list[np.ndarray]:
    """x, s, value, what it lacks of the maximum, and slope; where the value is no smaller than doubles go."""
    mp.mp.dps = 40
    rows = []
    for x in MONEYNESS:
        for s in VOLS:
            x40, s40 = mp.mpf(x), mp.mpf(s)
            low, high = x40 / s40 + s40 / 2, x40 / s40 - s40 / 2
            value = mp.exp(x40 / 2) * mp.ncdf(low) - mp.exp(-x40 / 2) * mp.ncdf(high)
            left = mp.exp(x40 / 2) * mp.ncdf(-low) + mp.exp(-x40 / 2) * mp.ncdf(high)
            slope = mp.npdf(x40 / s40) * mp.exp(-s40 * s40 / 8)
            if value > 1e-280:
                rows.append([float(one) for one in (x40, s40, value, left, slope)])
    return [np.array(column) for column in zip(*rows, strict=True)]


def test_the_value_keeps_its_digits(exact):
    x, s, value, _, slope = exact
    # An ulp of h = |x| / s moves the value by h times as much; two ratios a small s apart share 1/s of their digits.
    lost = 1e-15 * np.maximum(np.where(s < SMALL_STEP, 10.0, 2 / s), 10.0) + 2e-15 * (x / s) ** 2
    assert np.all(np.abs(normalised_price(x, s) / value - 1) < lost)
    assert np.all(np.abs(normalised_vega(x, s) / slope - 1) < 1e-15 + 1e-15 * (x / s) ** 2)


def test_the_volatility_comes_back(exact, both_kernels):
    x, s, value, left, slope = exact
    found = normalised_vol(x, value, left)
    reachable = np.spacing(value) / slope  # what one ulp of the value moves, where its complement does not know better
    allowed = 1e-13 * s + 4 * np.minimum(reachable, np.spacing(left) / slope)
    assert np.all(np.abs(found - s) <= allowed)

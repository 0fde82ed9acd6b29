"""The Mills ratio of the normal law, on which every option value here rests.

``R(x) = (1 - N(x)) / n(x)`` falls smoothly from 1.2533 to ``1/x``, so tails keep their relative accuracy where
``1 - N(x)`` has lost it. Differences of it give option values without cancellation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx

Floats = NDArray[np.float64]
ROOT_HALF_PI = 1.2533141373155003
ROOT_TWO_PI = 2.5066282746310002
INV_ROOT_TWO_PI = 0.3989422804014327
ROOT_HALF = 0.7071067811865476
LEAST_TOTAL_VOL = 1e-12  # below it a value is the forward's intrinsic to the last digit
MOST_GROWTH = 700.0  # rate times years; discount factors beyond exp(+-700) leave the range of a double

# (1 + x) R(x) on x >= 0 as a polynomial in y = (x - 5) / (x + 5), lowest power first: a Chebyshev interpolant of
# degree 25 made with 50 digits. Largest relative error 6e-16; for compiled kernels, which have no erfcx.
MILLS_CENTRE = 5.0
MILLS = (
    1.1568486282918946,
    -0.2294875382521129,
    0.07778159886873554,
    0.025072179301611947,
    -0.0661776007789934,
    0.061505045841013566,
    -0.038026592187762366,
    0.0163482312692141,
    -0.004201290310663574,
    1.953073289303005e-05,
    0.00045704381820007954,
    -0.0001343747460125513,
    -2.48054584472145e-05,
    2.271112294988288e-05,
    -1.7723438185601556e-07,
    -3.280567012895583e-06,
    3.2197131609042185e-07,
    4.968188503341836e-07,
    -6.738323465177047e-08,
    -8.232321223515427e-08,
    1.0082895646260188e-08,
    1.4010248782442869e-08,
    -1.0846925288860793e-09,
    -2.0394569774234487e-09,
    6.288377855498675e-11,
    1.73275789432351e-10,
)


def mills(x: Floats) -> Floats:
    """``(1 - N(x)) / n(x)``; grows like ``exp(x**2 / 2)`` below zero."""
    ratio: Floats = ROOT_HALF_PI * erfcx(ROOT_HALF * x)
    return ratio


SMALL_STEP, SMALL_PRODUCT = 0.03, 0.5


def mills_drop(low: Floats, step: Floats) -> Floats:
    """``R(low) - R(low + step)`` for ``step >= 0`` below ``SMALL_STEP`` and any ``low >= -step``, without cancellation.

    The Taylor series to eighth order, with ``R' = x R - 1`` and ``R[n+1] = x R[n] + n R[n-1]``; good while
    ``low * step`` is below ``SMALL_PRODUCT``.
    """
    ratio = mills(low)
    one = low * ratio - 1.0
    two = low * one + ratio
    three = low * two + 2.0 * one
    four = low * three + 3.0 * two
    five = low * four + 4.0 * three
    six = low * five + 5.0 * four
    seven = low * six + 6.0 * five
    eight = low * seven + 7.0 * six
    series = seven + step / 8 * eight
    for order, term in ((7, six), (6, five), (5, four), (4, three), (3, two), (2, one)):
        series = term + step / order * series
    return -step * series

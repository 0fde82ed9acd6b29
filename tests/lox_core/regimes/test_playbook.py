"""What followed a regime: checked against plain loops, and against what could be known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from lox_core.calendars import sessions_between
from lox_core.clock import AsOf
from lox_core.regimes.board import build_board
from lox_core.regimes.playbook import Playbook, build_playbook, feature_matrix, outcomes
from lox_core.regimes.rules import default_rules
from lox_core.regimes.state import PillarState

RULES = default_rules()
DAYS = sessions_between(date(2010, 1, 4), date(2019, 12, 31))


@pytest.fixture(scope="module")
def closes() -> pd.Series:
    steps = np.random.default_rng(8).standard_normal(len(DAYS)) * 0.01
    return pd.Series(100 * np.exp(np.cumsum(steps)), pd.DatetimeIndex(DAYS))


def book_of(levels: np.ndarray, closes: pd.Series, horizon: int) -> Playbook:
    """The playbook of a made-up history of levels."""
    state = PillarState("volatility", tuple(RULES["volatility"]["levels"]), "normal", "normal", 30.0)
    features = pd.DataFrame(
        {"volatility.confirmed": levels.astype(float), "volatility.proxy": 0.0}, index=pd.DatetimeIndex(DAYS)
    )
    return build_playbook(state, features, closes, benchmark="test", horizon=horizon, rules=RULES)


def test_a_return_starts_at_the_first_close_after_the_label_was_public(closes):
    levels = np.ones(len(DAYS), np.int8)
    price = closes.to_numpy()
    for wait in (0, 1, 6):
        seen = outcomes(DAYS, levels, closes, 21, np.full(len(DAYS), wait), carried=3)
        assert seen.forward[100] == pytest.approx(np.log(price[121 + wait] / price[100 + wait]))


def test_a_window_that_is_not_over_counts_for_nothing(closes):
    seen = outcomes(DAYS, np.ones(len(DAYS), np.int8), closes, 21, np.ones(len(DAYS), int), carried=3)
    assert np.isnan(seen.forward[-22:]).all()
    assert np.isfinite(seen.forward[:-22]).all()


def test_later_closes_change_no_earlier_outcome(closes):
    levels = np.random.default_rng(2).integers(0, 5, len(DAYS)).astype(np.int8)
    wait = np.ones(len(DAYS), int)
    whole = outcomes(DAYS, levels, closes, 5, wait, carried=3).forward[:1000]
    part = outcomes(DAYS[:1010], levels[:1010], closes.iloc[:1010], 5, wait[:1010], carried=3).forward[:1000]
    np.testing.assert_array_equal(whole, part)


def test_realised_volatility_is_that_of_the_window(closes):
    seen = outcomes(DAYS, np.ones(len(DAYS), np.int8), closes, 21, np.ones(len(DAYS), int), carried=3)
    steps = np.diff(np.log(closes.to_numpy()))
    assert seen.vol[50] == pytest.approx(steps[51:72].std(ddof=1) * np.sqrt(252))


def test_means_match_a_plain_loop_and_shrink_towards_the_whole(closes):
    levels = np.repeat(np.tile([1, 3], 60), 22)[: len(DAYS)]
    levels = np.append(levels, np.ones(len(DAYS) - len(levels), int))
    book = book_of(levels, closes, 5)
    price = closes.to_numpy()
    returns = [(price[i + 6] / price[i + 1] - 1) * 100 for i in range(len(DAYS) - 6)]
    stress = [r for r, level in zip(returns, levels, strict=False) if level == 3]
    row = book.rows[3]
    assert row.n == len(stress)
    assert row.mean == pytest.approx(np.mean(stress))
    assert min(row.mean, np.mean(returns)) <= row.shrunk_mean <= max(row.mean, np.mean(returns))
    assert row.ci_low <= row.shrunk_mean <= row.ci_high


def test_too_few_episodes_say_nothing(closes):
    levels = np.ones(len(DAYS), int)
    levels[500:600] = 4
    row = book_of(levels, closes, 21).rows[4]
    assert (row.n, row.episodes) == (100, 1)
    assert row.mean is None
    assert row.ci_low is None


def test_the_interval_covers_a_known_mean():
    """Independent returns: the 90 % interval's half width is near 1.645 standard errors of the overlap-free mean."""
    rng = np.random.default_rng(4)
    price = pd.Series(np.exp(np.cumsum(rng.standard_normal(len(DAYS)) * 0.01)), pd.DatetimeIndex(DAYS))
    levels = np.tile([1] * 40 + [2] * 40, len(DAYS) // 80 + 1)[: len(DAYS)]
    row = book_of(levels, price, 1).rows[1]
    weight = row.episodes / (row.episodes + RULES["playbook"]["shrinkage_episodes"])
    expected = 1.645 * 1.0 / np.sqrt(row.n) * weight  # daily deviation of 1 %
    assert (row.ci_high - row.ci_low) / 2 == pytest.approx(expected, rel=0.35)


def test_the_same_seed_gives_the_same_interval(closes):
    levels = np.random.default_rng(3).integers(0, 3, len(DAYS) // 20 + 1).repeat(20)[: len(DAYS)]
    first = book_of(levels, closes, 21)
    again = book_of(levels, closes, 21)
    assert first.rows == again.rows


def test_transition_rows_are_probabilities(closes):
    levels = np.random.default_rng(5).integers(0, 4, len(DAYS))
    book = book_of(levels, closes, 21)
    sums = book.transitions.sum(axis=1, min_count=1)
    assert sums.iloc[:4].to_numpy() == pytest.approx(1.0)
    assert np.isnan(sums.iloc[4])


def test_dwell_counts_finished_spells_only(closes):
    levels = np.ones(len(DAYS), int)
    levels[10:15] = 2
    levels[100:107] = 2
    dwell = book_of(levels, closes, 5).dwell
    assert dwell.loc["elevated"].tolist() == [2, 6.0, 6.0, 7]
    assert dwell.loc["normal", "spells"] == 2  # the one that still runs is not over


def test_the_feature_matrix_has_four_columns_a_pillar_and_the_macro_ones(market):
    board = build_board(AsOf.on(date(2020, 6, 30)), market)
    matrix = feature_matrix(board)
    assert matrix.shape[1] == 7 * 4 + 5
    np.testing.assert_array_equal(matrix["rates.score"].to_numpy(), board.pillars["rates"].history["score"].to_numpy())
    grey = matrix["volatility.confirmed"] == -1
    assert matrix.loc[grey, "volatility.score"].isna().all()

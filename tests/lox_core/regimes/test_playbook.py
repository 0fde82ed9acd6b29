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
from lox_core.regimes.publication_waits import waits
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


def test_a_mean_of_few_episodes_is_mostly_the_unconditional_one(closes):
    """The prior weighs twenty episodes: five of their own weigh 5 in 25, the unconditional mean the other 20."""
    levels = np.ones(len(DAYS), int)
    for place in range(5):
        levels[100 + 300 * place : 110 + 300 * place] = 3
    row = book_of(levels, closes, 5).rows[3]
    price = closes.to_numpy()
    returns = np.array([(price[i + 6] / price[i + 1] - 1) * 100 for i in range(len(DAYS) - 6)])
    plain, overall = returns[levels[: len(returns)] == 3].mean(), returns.mean()
    assert row.episodes == 5
    assert row.mean == pytest.approx(plain)
    assert row.shrunk_mean == pytest.approx(5 / 25 * plain + 20 / 25 * overall)


def state_of(name: str) -> PillarState:
    levels = tuple(RULES[name]["levels"])
    return PillarState(name, levels, levels[1], levels[1], 30.0)


@pytest.mark.parametrize(
    ("name", "sessions"),
    [("volatility", 1), ("credit", 1), ("rates", 1), ("funding", 1), ("growth", 0), ("inflation", 0), ("fiscal", 0)],
)
def test_returns_start_at_the_first_close_after_publication(name, sessions):
    """Releases of the morning: their own day's close. Market closes, public the next morning: the next session's."""
    found = waits(state_of(name), np.array([0, 1, 2], np.int8), np.zeros(3, bool))
    assert found.tolist() == [sessions] * 3


def test_what_rests_on_late_series_waits_for_them():
    """Baa spreads are out after the next close, term premia five sessions later and after the close."""
    estimated = waits(state_of("credit"), np.array([1, 1], np.int8), np.array([True, False]))
    assert estimated.tolist() == [2, 1]
    event = waits(state_of("fiscal"), np.array([2, 3, 4, -1], np.int8), np.zeros(4, bool))
    assert event.tolist() == [0, 6, 6, 0]


@pytest.mark.parametrize(
    ("name", "first", "words"),
    [("inflation", 0, "that of the label's own day"), ("volatility", 1, "that of the session after it")],
)
def test_the_playbook_of_a_pillar_starts_where_its_labels_were_public(closes, name, first, words):
    levels = np.tile(np.repeat([1, 2], 20), len(DAYS) // 40 + 1)[: len(DAYS)]
    features = pd.DataFrame({f"{name}.confirmed": levels.astype(float), f"{name}.proxy": 0.0}, pd.DatetimeIndex(DAYS))
    book = build_playbook(state_of(name), features, closes, benchmark="test", horizon=5, rules=RULES)
    price = closes.to_numpy()
    last = len(DAYS) - 5 - first
    returns = [(price[i + first + 5] / price[i + first] - 1) * 100 for i in range(last) if levels[i] == 2]
    assert book.rows[2].n == len(returns)
    assert book.rows[2].mean == pytest.approx(np.mean(returns))
    assert words in book.note


@pytest.mark.parametrize(("gap", "lost"), [(3, 0), (4, 2)])
def test_a_close_is_carried_for_three_sessions(closes, gap, lost):
    """A return is lost where it starts and where it ends on the fourth session without a close."""
    holed = closes.copy()
    holed.iloc[500 : 500 + gap] = np.nan
    levels = np.ones(len(DAYS), int)
    levels[[10, 20, 30]] = 2  # so that there are episodes to speak of
    whole, less = (sum(row.n for row in book_of(levels, prices, 5).rows) for prices in (closes, holed))
    assert whole - less == lost


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

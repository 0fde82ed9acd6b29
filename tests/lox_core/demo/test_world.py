"""The simulated market is one market: joint, plausible, scripted where it says so, and the same every time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lox_core.catalog import SERIES
from lox_core.demo.episodes import ASSETS
from lox_core.demo.world import DEFAULT_SEED, FIRST_DAY, World, world_of

SEEDS = (DEFAULT_SEED, 1, 2)
RATES = ("DGS10", "DGS2", "T10Y2Y", "T10Y3M", "DFII10", "T10YIE", "T5YIE", "T5YIFR")


def final(world: World, series_id: str, first: str = "1998", last: str = "2026-10") -> pd.Series:
    line = world.lines[series_id]
    series = pd.Series(line.value, pd.DatetimeIndex(line.date)).dropna()
    return series.loc[first:last]


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def any_world(request) -> World:
    return world_of(request.param)


def test_every_series_of_the_catalog_is_answered(world):
    assert set(world.lines) == set(SERIES)


def test_the_same_seed_is_the_same_market_and_another_is_not(world):
    again, other = World(world.seed), world_of(1)
    for series_id in SERIES:
        assert np.array_equal(again.tape(series_id).value, world.tape(series_id).value, equal_nan=True), series_id
        assert np.array_equal(again.tape(series_id).known_at, world.tape(series_id).known_at), series_id
    for symbol in ASSETS:
        assert np.array_equal(again.bars(symbol).high, world.bars(symbol).high), symbol
    assert not np.array_equal(other.lines["VIXCLS"].value, world.lines["VIXCLS"].value, equal_nan=True)


def test_a_world_is_drawn_once_and_shared():
    assert world_of(1) is world_of(1)


def test_the_world_starts_early_enough_for_ten_year_windows_and_reaches_past_the_decade(world):
    assert np.datetime64("1998-01-02") >= FIRST_DAY
    assert world.days[-1] >= np.datetime64("2030-12-31")
    assert world.lines["VIXCLS"].date[-1] == world.days[-1]


def test_nothing_is_missing_where_a_market_was_open(world):
    lines = world.lines
    sessions = np.isin(lines["VIXCLS"].date, world.days)
    assert np.isfinite(lines["VIXCLS"].value[sessions]).all()
    assert np.isnan(lines["VIXCLS"].value[~sessions]).all()
    for series_id in ("CPIAUCNS", "PAYEMS", "GDP", "WALCL", "ICSA", "NFCI", "IORB", "IOER"):
        assert np.isfinite(lines[series_id].value).all(), series_id


def test_bond_series_rest_on_columbus_and_veterans_day_while_stocks_trade(world):
    for day in ("2026-10-12", "2025-11-11", "2018-11-12"):
        on = np.datetime64(day)
        rates, stocks = world.lines["DGS10"], world.lines["VIXCLS"]
        assert np.isnan(rates.value[rates.date == on]).all()
        assert np.isfinite(stocks.value[stocks.date == on]).all()


def test_slopes_are_differences_of_the_published_yields(any_world):
    frame = pd.DataFrame({series_id: final(any_world, series_id) for series_id in RATES}).dropna()
    assert (frame.T10Y2Y - (frame.DGS10 - frame.DGS2)).abs().max() < 0.0051
    assert (frame.T10YIE - (frame.DGS10 - frame.DFII10)).abs().max() < 0.0051
    forward = (((1 + frame.T10YIE / 200) ** 20 / (1 + frame.T5YIE / 200) ** 10) ** 0.1 - 1) * 200
    assert (frame.T5YIFR - forward).abs().max() < 0.0051


def test_yields_stay_off_the_floor(any_world):
    assert final(any_world, "DGS10", last="2032").min() > 0.3
    assert final(any_world, "DGS2", last="2032").min() > 0
    assert final(any_world, "SOFR", last="2032").min() >= 0.01


def test_volatility_is_distributed_like_the_one_analysts_know(any_world):
    vix = final(any_world, "VIXCLS")
    for share, low, high in ((0.10, 11, 13.5), (0.50, 16, 20), (0.75, 21.5, 26), (0.90, 27, 34), (0.95, 31, 39)):
        assert low < vix.quantile(share) < high, share
    assert 8 < vix.min() < 11
    assert 60 < vix.max() < 96


def test_the_term_structure_inverts_on_some_days_and_in_fright(any_world):
    vix, three_month = final(any_world, "VIXCLS"), final(any_world, "VXVCLS", first="2007")
    ratio = (vix / three_month).dropna()
    assert 0.86 < ratio.median() < 0.92
    assert 0.03 < (ratio > 1).mean() < 0.11
    assert vix.reindex(ratio.index)[ratio > 1].median() > 1.25 * vix.median()


def test_credit_is_distributed_like_the_one_analysts_know(any_world):
    spread = final(any_world, "BAMLH0A0HYM2")
    for share, low, high in ((0.05, 2.6, 3.3), (0.50, 4.1, 5.1), (0.75, 5.7, 7.0), (0.90, 7.3, 9.2)):
        assert low < spread.quantile(share) < high, share


def test_credit_ladder_is_ordered_and_the_long_series_follows_high_yield(any_world):
    names = {"ig": "BAMLC0A0CM", "bb": "BAMLH0A1HYBB", "hy": "BAMLH0A0HYM2", "ccc": "BAMLH0A3HYC", "baa": "BAA10Y"}
    frame = pd.DataFrame({short: final(any_world, name) for short, name in names.items()}).dropna()
    assert ((frame.ig < frame.bb) & (frame.bb < frame.hy) & (frame.hy < frame.ccc)).mean() > 0.99
    error = np.log(frame.hy) - (0.446 + 1.330 * np.log(frame.baa))
    assert abs(error.mean()) < 0.06
    assert 0.03 < error.std() < 0.2


def test_index_falls_when_volatility_rises_with_fat_tails_and_clusters(any_world):
    index, vix = final(any_world, "SP500"), final(any_world, "VIXCLS")
    returns = np.log(index).diff().dropna()
    assert returns.corr(vix.diff()) < -0.6
    assert 0.009 < returns.std() < 0.014
    assert returns.kurt() > 3
    assert returns.abs().autocorr(20) > 0.08
    assert abs(returns.autocorr(1)) < 0.1


def test_the_ten_year_moves_as_much_in_a_month_as_it_should(any_world):
    change_bp = final(any_world, "DGS10").diff(20) * 100
    assert -55 < change_bp.quantile(0.05) < -30
    assert 30 < change_bp.quantile(0.95) < 55
    vol_bp = final(any_world, "DGS10").diff().rolling(20).std() * 100 * np.sqrt(252)
    assert 60 < vol_bp.median() < 95


def test_scripted_crises_happen(any_world):
    vix, spread = (final(any_world, name) for name in ("VIXCLS", "BAMLH0A0HYM2"))
    index = final(any_world, "SP500")
    assert vix["2008-09":"2008-12"].max() > 60
    assert vix["2020-03"].max() > 60
    assert vix["2011-08":"2011-09"].max() > 38
    assert vix["2025-04"].max() > 40
    assert spread["2008-10":"2009-04"].max() > 14
    assert 8 < spread["2020-03":"2020-05"].max() < 14.5
    assert index["2009-01":"2009-04"].min() / index["2007-06":"2007-12"].max() < 0.55
    assert index["2020-03":"2020-04"].min() / index["2020-01":"2020-02"].max() < 0.75


def test_scripted_calm_happens(any_world):
    for year in ("2005", "2013", "2017"):
        assert final(any_world, "VIXCLS")[year].median() < 15, year
        assert final(any_world, "VIXCLS")[year].max() < 26, year
    assert final(any_world, "BAMLH0A0HYM2")["2005"].max() < 5


def test_inflation_shock_with_rising_rates_and_an_inverted_curve(any_world):
    prices = final(any_world, "CPIAUCNS", first="1995")
    yearly = (prices / prices.shift(12) - 1) * 100
    assert yearly["2022"].max() > 7
    assert yearly["2012":"2019"].max() < 5
    upper = final(any_world, "DFEDTARU")
    assert upper["2022-01"].max() == 0.25
    assert upper["2023-12"].min() == 5.25
    slope = final(any_world, "T10Y2Y")
    assert slope["2021"].min() > 0
    assert slope["2023-04":"2023-12"].max() < 0


def test_bank_wobble_pulls_short_yields_down_and_volatility_up(any_world):
    two, vix = final(any_world, "DGS2"), final(any_world, "VIXCLS")
    assert two["2023-03-13":"2023-03-17"].min() < two["2023-03-01":"2023-03-08"].max() - 0.25
    assert vix["2023-03-13":"2023-03-17"].max() > 1.2 * vix["2023-02-20":"2023-03-06"].median()


def test_both_adjusted_and_unadjusted_prices_tell_the_same_year(any_world):
    adjusted, raw = (final(any_world, name, first="1995") for name in ("CPIAUCSL", "CPIAUCNS"))
    assert ((adjusted / adjusted.shift(12)) / (raw / raw.shift(12)) - 1).abs().max() < 1e-4
    month = (raw / raw.shift(1) - 1) * 100
    assert month[month.index.month == 12].mean() < month[month.index.month == 3].mean() - 0.3


def test_funding_is_squeezed_at_scripted_month_ends(any_world):
    overnight, paid = final(any_world, "SOFR", last="2032"), final(any_world, "IORB", last="2032")
    spread_bp = ((overnight - paid) * 100).dropna()
    assert spread_bp["2025-10-31"] >= 25
    assert spread_bp["2027-09-30"] >= 25
    assert -11 < spread_bp["2022"].median() < -7


def test_administered_rates_hand_over_without_a_gap(world):
    old, new = world.lines["IOER"], world.lines["IORB"]
    assert (str(old.date[-1]), str(new.date[0])) == ("2021-07-28", "2021-07-29")
    assert old.value[-1] == new.value[0]


def test_balance_sheet_units_are_the_vendors(world):
    assert 6_000_000 < final(world, "WALCL")["2026"].mean() < 7_500_000
    assert 300_000 < final(world, "WDTGAL")["2026"].mean() < 1_300_000
    assert 0 < final(world, "RRPONTSYD")["2026"].median() < 60
    assert final(world, "RRPONTSYD")["2022-06":"2023-05"].mean() > 1_500


def test_series_are_dated_as_the_vendor_dates_them(world):
    weekday = {name: {d.isoweekday() for d in world.lines[name].date.tolist()} for name in ("ICSA", "WALCL", "NFCI")}
    assert weekday == {"ICSA": {6}, "WALCL": {3}, "NFCI": {5}}
    assert {d.day for d in world.lines["CPIAUCNS"].date.tolist()} == {1}
    assert {d.month for d in world.lines["GDP"].date.tolist()} == {1, 4, 7, 10}


def test_sahm_indicator_is_the_rule_on_unemployment(world):
    jobless = final(world, "UNRATE", first="1995")
    mean = jobless.rolling(3).mean()
    rule = (mean - mean.rolling(12).min().shift(1))["1998":"2024"]
    assert (final(world, "SAHMREALTIME")["1998":"2024"] - rule).abs().max() < 0.011
    assert rule["2008-06":"2009-06"].max() > 0.5
    assert rule["2017"].max() < 0.3


def test_the_purse_has_seasons_and_a_plausible_burden(world):
    balance, output = final(world, "MTSDS133FMS"), final(world, "GDP")
    assert (balance["2010":"2026"].groupby(balance["2010":"2026"].index.month).mean().idxmax()) == 4
    share = -balance["2025"].sum() / 1000 / output["2025"].mean() * 100
    assert 4.5 < share < 7.5
    burden = final(world, "A091RC1Q027SBEA") / final(world, "FGRECPT")
    assert 0.14 < burden["2026"].mean() < 0.19


def test_the_present_is_interesting_and_not_extreme_on_any_day_the_demo_may_run(world):
    vix, spread = final(world, "VIXCLS", "2026-06", "2030-12"), final(world, "BAMLH0A0HYM2", "2026-06", "2030-12")
    assert vix.between(14, 25).mean() > 0.85
    assert vix.max() < 50
    assert spread.between(2.6, 4.5).mean() > 0.9
    assert vix["2027-10":"2027-11"].max() > 25
    assert vix["2030-10":"2030-11"].max() > 25
    index = final(world, "SP500", "2026-06", "2027-06")
    assert 5_900 < index.min() < index.max() < 7_300


@pytest.mark.parametrize("symbol", sorted(ASSETS))
def test_bars_are_bars(world, symbol):
    bars = world.bars(symbol)
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low > 0).all()
    assert np.isfinite(bars.volume).all()
    assert (bars.volume == 0).all() == (symbol == "^VIX")


def test_funds_move_with_what_they_hold(world):
    def returns(symbol: str) -> pd.Series:
        bars = world.bars(symbol)
        return pd.Series(np.log(bars.close), pd.DatetimeIndex(bars.days)).diff()

    assert returns("SPY").corr(returns("^GSPC")) > 0.97
    assert 0.7 < returns("QQQ").corr(returns("SPY")) < 0.99
    assert returns("TLT").corr(final(world, "DGS10").diff()) < -0.7
    assert returns("HYG").corr(final(world, "BAMLH0A0HYM2").diff()) < -0.4

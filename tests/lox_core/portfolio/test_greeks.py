from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from lox_core.portfolio import greeks
from lox_core.portfolio.greeks import ALL_GREEKS, MISSING, SHARE, ShareGreeks, cap_theta, position_greeks
from lox_core.portfolio.positions import Account, Holding
from lox_core.portfolio.valued import EXTRA_GREEKS, GREEKS, Leg, Mark
from tests.lox_core.portfolio.books import option, shares, state

PUT = ShareGreeks(-0.4, 0.01, -0.2, 0.9, -0.3, 0.004, 0.001, 0.0005)


def leg(holding: Holding, *, mark: float | None = 2.0, mid: float | None = 2.1, spot: float | None = 650.0, **given):
    size = holding.quantity * holding.multiplier
    values = position_greeks(given.pop("per_share", PUT), size=size, spot=spot, beta=1.0, spy_spot=650.0)
    worth = [None if one is None else size * one for one in (mark, mid)]
    gap = None if None in worth else worth[1] - worth[0]
    split = ({name: values[name] for name in names} for names in (GREEKS, EXTRA_GREEKS))
    return Leg(holding, Mark(mark, mid, None, None), *worth, gap, *split, spot=spot, **given)


def test_position_dollars_by_hand():
    found = position_greeks(PUT, size=-200.0, spot=50.0, beta=1.5, spy_spot=600.0)
    assert found == pytest.approx(
        {
            "dollar_delta": 4000.0,  # −200 × −0.4 × 50
            "beta_weighted_delta_spy": 10.0,  # 4,000 × 1.5 ÷ 600: ten SPY shares
            "gamma_1pct_usd": -50.0,  # −200 × 0.01 × 50² ÷ 100
            "theta_per_day_usd": 40.0,
            "vega_per_vol_point_usd": -180.0,
            "rho_per_pct_point_usd": 60.0,
            "vanna_usd": -40.0,  # −200 × 0.004 × 50
            "charm_per_day_usd": -10.0,
            "volga_usd": -0.1,
        }
    )


def test_shares_have_delta_and_truly_nothing_else():
    found = position_greeks(SHARE, size=10.0, spot=50.0, beta=2.0, spy_spot=500.0)
    assert (found["dollar_delta"], found["beta_weighted_delta_spy"]) == (500.0, 2.0)
    assert {found[name] for name in ALL_GREEKS[2:]} == {0.0}


def test_unknown_factors_make_only_their_own_greeks_missing():
    no_beta = position_greeks(PUT, size=100.0, spot=50.0, beta=None, spy_spot=600.0)
    assert [name for name in ALL_GREEKS if no_beta[name] is None] == ["beta_weighted_delta_spy"]
    assert set(position_greeks(MISSING, size=100.0, spot=50.0, beta=1.0, spy_spot=600.0).values()) == {None}
    no_spot = position_greeks(PUT, size=100.0, spot=None, beta=1.0, spy_spot=600.0)
    assert no_spot["dollar_delta"] is None
    assert no_spot["vega_per_vol_point_usd"] == pytest.approx(90.0)


def test_a_short_leg_negates_every_greek():
    long = position_greeks(PUT, size=100.0, spot=50.0, beta=1.5, spy_spot=600.0)
    short = position_greeks(PUT, size=-100.0, spot=50.0, beta=1.5, spy_spot=600.0)
    assert short == {name: -value for name, value in long.items()}


def test_beta_of_spy_is_one_and_of_the_unknown_none():
    assert greeks.beta_of(state("SPY", 650.0)) == 1.0
    assert greeks.beta_of(state("QQQ", 500.0, beta=1.2)) == 1.2
    assert greeks.beta_of(state("QQQ", 500.0, beta=math.nan)) is None
    assert greeks.beta_of(None) is None


@pytest.mark.parametrize(
    ("theta", "time_value", "days", "capped"),
    [
        (-3.0, 1.0, 0.1, -1.0),  # an hour before the close a day's decay exceeds what is left
        (-0.5, 1.0, 0.1, -0.5),
        (-0.2, 0.1, 5.0, -0.1),  # far out of the money days ahead
        (0.9, -0.2, 0.5, 0.2),  # an in-the-money European put rises to its intrinsic value and no further
        (0.9, -0.2, 300.0, 0.9),
        (-0.1, -0.2, 300.0, -0.1),
        (-0.1, 0.0, 0.0, 0.0),
    ],
)
def test_theta_never_exceeds_the_remaining_time_value(theta, time_value, days, capped):
    assert cap_theta(theta, time_value, days / 365) == pytest.approx(capped)


def test_theta_cap_keeps_what_is_missing_missing():
    assert np.isnan(cap_theta([math.nan, -1.0], [1.0, math.nan], [0.1, 0.1])).tolist() == [True, True]


class TestTotals:
    held = (
        leg(option("SPY261218P00640000", 2.0)),
        leg(option("SPY261218P00630000", -2.0), mark=1.6, mid=1.5),
        leg(shares("SPY", 100.0), mark=650.0, mid=650.05, per_share=SHARE),
    )

    def test_a_total_is_the_sum_of_its_legs(self):
        totals = greeks.greek_totals(self.held)
        assert set(totals) == set(ALL_GREEKS)
        assert totals["dollar_delta"].value == pytest.approx(65_000.0)
        assert totals["dollar_delta"].coverage == 1.0
        money = greeks.money_totals(self.held, Account("sample", cash=1_000.0))
        assert money["nav_liquidation"].value == pytest.approx(1_000 + 400 - 320 + 65_000)
        assert money["nav_mid"].value == pytest.approx(1_000 + 420 - 300 + 65_005)
        assert greeks.gap_total(self.held).value == pytest.approx(20 + 20 + 5)

    def test_missing_legs_are_named_and_weigh_on_coverage(self):
        lost = leg(option("QQQ261218C00500000", 2.0), mark=None, mid=None, spot=None, per_share=MISSING)
        total = greeks.greek_totals([*self.held, lost])["vega_per_vol_point_usd"]
        notionals = [2 * 100 * 650.0, 2 * 100 * 650.0, 65_000.0, 2 * 100 * 500.0]  # the strike stands for a spot
        assert total.value == pytest.approx(0.0)
        assert total.missing == ("QQQ261218C00500000",)
        assert total.coverage == pytest.approx(1 - notionals[3] / sum(notionals))

    def test_money_weighs_an_unpriced_leg_by_the_brokers_value(self):
        lost = leg(option("QQQ261218C00500000", 2.0, broker_value=66_120.0), mark=None, mid=None)
        money = greeks.money_totals([*self.held, lost], Account("x", cash=0.0))["nav_liquidation"]
        assert money.missing == ("QQQ261218C00500000",)
        assert money.coverage == pytest.approx((400 + 320 + 65_000) / (400 + 320 + 65_000 + 66_120))

    def test_a_missing_leg_without_any_size_still_lowers_coverage(self):
        lost = leg(Holding("BTC", 1.0, "other", "BTC"), mark=None, mid=None, spot=None, per_share=MISSING)
        assert greeks.greek_totals([*self.held, lost])["dollar_delta"].coverage == pytest.approx(0.75)

    def test_nothing_known_is_no_total_and_an_empty_book_is_zero(self):
        lost = leg(option("QQQ261218C00500000"), mark=None, mid=None, per_share=MISSING)
        total = greeks.greek_totals([lost])["dollar_delta"]
        assert (total.value, total.coverage, total.missing) == (None, 0.0, ("QQQ261218C00500000",))
        assert greeks.money_totals([lost], Account("x", cash=5.0))["nav_mid"].value is None
        empty = greeks.greek_totals([])["dollar_delta"]
        assert (empty.value, empty.coverage) == (0.0, 1.0)
        assert greeks.money_totals([], Account("x", cash=5.0))["nav_mid"].value == 5.0

    def test_without_cash_only_an_imported_book_is_worth_its_positions(self):
        unknown = greeks.money_totals(self.held, Account("PA…12"))["nav_mid"]
        assert (unknown.value, unknown.missing) == (None, ("cash",))
        imported = greeks.money_totals(self.held, Account("imported"))["nav_mid"]
        assert imported.value == pytest.approx(420 - 300 + 65_005)

    def test_a_nan_that_slipped_into_a_leg_is_missing_in_the_total(self):
        broken = replace(self.held[0], greeks={**self.held[0].greeks, "dollar_delta": math.nan})
        total = greeks.greek_totals([broken, self.held[2]])["dollar_delta"]
        assert total.value == pytest.approx(65_000.0)
        assert total.missing == ("SPY261218P00640000",)

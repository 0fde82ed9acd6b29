"""Valued legs against QuantLib, and where each number comes from."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813

from lox_core.clock import NEW_YORK
from lox_core.options.curve import flat
from lox_core.portfolio import models
from lox_core.portfolio.book import build_book
from lox_core.portfolio.positions import BookInputs, Dividend, Holding, Quote
from lox_core.portfolio.valuation import valuation_instant
from lox_core.portfolio.valued import EXTRA_GREEKS, GREEKS, Leg
from tests.lox_core.portfolio.books import NOW, inputs, option, quote, shares, smile, state

CLOSE = datetime(2026, 11, 20, 16, 0, tzinfo=NEW_YORK)
EXPIRY = date(2026, 12, 18)
PUT = "SPY261218P00640000"
SPX_PUT = "SPXW261218P06400000"


def only_leg(given: BookInputs) -> Leg:
    (leg,) = build_book(given).legs
    return leg


class Independent:
    """QuantLib's value of one option as a function of what moves it; whole days from Friday's close."""

    def __init__(self, *, is_call: bool, strike: float, american: bool, dividends: list[tuple[date, float]]) -> None:
        self.today = ql.Date(20, 11, 2026)
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if is_call else ql.Option.Put, strike)
        last = ql.Date(18, 12, 2026)
        exercise = ql.AmericanExercise(self.today, last) if american else ql.EuropeanExercise(last)
        self.option = ql.VanillaOption(payoff, exercise)
        self.american = american
        self.dividends = dividends

    def price(self, *, spot: float, vol: float, rate: float = 0.04, div_yield: float = 0.0, days: int = 0) -> float:
        today = self.today + days
        ql.Settings.instance().evaluationDate = today
        counter = ql.Actual365Fixed()
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(spot)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, div_yield, counter)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, rate, counter)),
            ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), vol, counter)),
        )
        if self.dividends:
            days_, amounts = zip(*self.dividends, strict=True)
            schedule = ql.DividendVector([ql.Date(d.day, d.month, d.year) for d in days_], list(amounts))
            engine = ql.FdBlackScholesVanillaEngine(process, schedule, 400, 800)
        elif self.american:
            engine = ql.QdFpAmericanEngine(process, ql.QdFpAmericanEngine.highPrecisionScheme())
        else:
            engine = ql.AnalyticEuropeanEngine(process)
        self.option.setPricingEngine(engine)
        return float(self.option.NPV())

    def dollars(self, size: float, **at: float) -> dict[str, float]:
        """Position Greeks by central differences of the value."""
        spot, vol, rate = at["spot"], at["vol"], at.get("rate", 0.04)
        h = 0.01 * spot

        def move(**changed: float) -> float:
            return self.price(**{**at, **changed})  # type: ignore[arg-type]

        up, down, value = move(spot=spot + h), move(spot=spot - h), move()
        return {
            "dollar_delta": size * (up - down) / (2 * h) * spot,
            "gamma_1pct_usd": size * (up - 2 * value + down) / (h * h) * spot * spot / 100,
            "theta_per_day_usd": size * (move(days=1) - value),
            "vega_per_vol_point_usd": size * (move(vol=vol + 0.005) - move(vol=vol - 0.005)),
            "rho_per_pct_point_usd": size * (move(rate=rate + 0.005) - move(rate=rate - 0.005)),
        }


@pytest.mark.parametrize(
    ("symbol", "spot", "div_yield", "cash"),
    [
        ("SPXW261218P06400000", 6500.0, 0.013, 0.0),
        ("SPXW261218C06600000", 6500.0, 0.013, 0.0),
        ("SPY261218P00655000", 650.0, 0.0, 0.0),
        ("SPY261218C00640000", 650.0, 0.03, 0.0),
        ("SPY261218P00655000", 650.0, 0.0, 1.9),
        ("SPY261218C00640000", 650.0, 0.0, 1.9),
    ],
)
@pytest.mark.parametrize("quantity", [3.0, -3.0])
def test_value_and_greeks_in_position_dollars_agree_with_quantlib(symbol, spot, div_yield, cash, quantity):
    held = option(symbol, quantity)
    contract = held.contract
    assert contract is not None
    ex_date = date(2026, 12, 4)
    dividends = (Dividend(ex_date, cash),) if cash else ()
    independent = Independent(
        is_call=contract.is_call,
        strike=contract.strike,
        american=contract.style == "american",
        dividends=[(one.ex_date, one.amount) for one in dividends],
    )
    at = {"spot": spot, "vol": 0.22, "div_yield": div_yield}
    value = independent.price(**at)
    states = {
        "SPY": state("SPY", 650.0),
        held.underlying: state(held.underlying, spot, div_yield=div_yield, dividends=dividends, beta=1.0),
    }
    quotes = {held.symbol: quote(value - 0.02, value + 0.02, at=CLOSE)}
    leg = only_leg(inputs([held], as_of=CLOSE, quotes=quotes, underlyings=states))
    assert leg.expiry_years == pytest.approx(28 / 365, rel=1e-12)
    assert leg.model == ("european" if not independent.american else "american, cash dividends" if cash else "american")
    assert leg.vol_source == "mid"
    # QuantLib's dividends leave at the day's beginning or end, ours at the opening: some hours of variance apart.
    assert leg.vol == pytest.approx(0.22, abs=2e-4 if cash else 1e-5)
    assert leg.theo == pytest.approx(value, abs=2e-4)
    expected = independent.dollars(quantity * 100, **at)
    scale = max(abs(expected[name]) for name in expected)
    for name, number in expected.items():
        assert leg.greeks[name] == pytest.approx(number, rel=0.02, abs=1e-4 * scale), name


def test_a_short_leg_is_the_long_one_negated_in_every_greek():
    given = inputs([option(PUT, 2.0)], quotes={PUT: quote(9.9, 10.1)})
    long, short = only_leg(given), only_leg(replace(given, holdings=(option(PUT, -2.0),)))
    assert long.vol == short.vol  # from the mid, whatever side it is left at
    for name in GREEKS:
        assert short.greeks[name] == -long.greeks[name] != 0.0
    for name in EXTRA_GREEKS:
        assert short.extra_greeks[name] == -long.extra_greeks[name] != 0.0


class TestVolatility:
    def leg(
        self, bid: float | None, ask: float | None, *, vol: float | None = None, smiled: bool = True, **given
    ) -> Leg:
        smiles = {("SPY", EXPIRY): smile("SPY", EXPIRY, 0.21)} if smiled else {}
        held = option(PUT, given.pop("quantity", 1.0), given_vol=vol, given_mark=given.pop("mark", None))
        quotes = {} if bid is None and ask is None else {PUT: quote(bid, ask, **given)}
        return only_leg(inputs([held], quotes=quotes, smiles=smiles))

    def test_a_sound_mid_gives_its_own(self):
        leg = self.leg(9.9, 10.1)
        assert leg.vol_source == "mid"
        assert leg.theo == pytest.approx(10.0, abs=1e-6)

    @pytest.mark.parametrize(
        ("bid", "ask"),
        [(10.3, 10.0), (7.0, 13.0), (0.0, 0.05), (None, 10.0), (9.0, None), (None, None)],
    )
    def test_a_poor_mid_falls_to_the_smile(self, bid, ask):
        leg = self.leg(bid, ask)
        assert (leg.vol_source, leg.vol) == ("smile", pytest.approx(0.21))

    def test_a_mid_below_intrinsic_falls_to_the_smile(self):
        held = option("SPY261218P00700000")
        given = inputs(
            [held], quotes={held.symbol: quote(49.8, 49.9)}, smiles={("SPY", EXPIRY): smile("SPY", EXPIRY, 0.21)}
        )
        assert only_leg(given).vol_source == "smile"

    def test_an_old_mid_falls_to_the_smile_and_stands_where_there_is_none(self):
        old = NOW - timedelta(hours=1)
        assert self.leg(9.9, 10.1, at=old).vol_source == "smile"
        assert self.leg(9.9, 10.1, at=old, smiled=False).vol_source == "mid"

    def test_without_a_smile_a_given_volatility_then_an_imported_mark(self):
        leg = self.leg(0.0, 0.05, vol=0.33, smiled=False)
        assert (leg.vol_source, leg.vol) == ("given", 0.33)
        leg = self.leg(None, None, mark=10.0, smiled=False)
        assert leg.vol_source == "given"
        assert leg.theo == pytest.approx(10.0, abs=1e-6)

    def test_nothing_to_go_by_is_missing_with_its_reason(self):
        leg = self.leg(0.0, 0.05, smiled=False)
        assert (leg.vol, leg.vol_source, leg.theo) == (None, None, None)
        assert set(leg.greeks.values()) == {None}
        assert leg.greeks_reason == "no volatility: the quote implies none and no smile is fitted"

    def test_an_unpriced_short_still_shows_its_risk(self):
        leg = self.leg(9.0, None, quantity=-1.0)
        assert leg.mark_value is None
        assert leg.reason == "short without ask"
        assert leg.greeks["dollar_delta"] > 0


class TestInputs:
    def test_missing_inputs_are_told(self):
        quotes = {PUT: quote(9.9, 10.1)}
        no_curve = only_leg(inputs([option(PUT)], quotes=quotes, curve=None))
        assert (no_curve.greeks_reason, no_curve.mark_value) == ("no Treasury yield, so no discount rate", 990.0)
        no_state = only_leg(inputs([option("QQQ261218P00500000")], quotes={}))
        assert no_state.greeks_reason == "no price of QQQ"
        broken = {"SPY": state("SPY", None, problem="the vendor timed out")}
        assert (
            only_leg(inputs([option(PUT)], underlyings=broken)).greeks_reason == "no price of SPY: the vendor timed out"
        )

    def test_an_index_takes_its_yield_from_the_chain(self):
        held = option(SPX_PUT)
        states = {"SPX": state("SPX", 6500.0, div_yield=0.02, beta=1.0), "SPY": state("SPY", 650.0)}
        given = inputs([held], quotes={SPX_PUT: quote(80, 82)}, underlyings=states)
        assert only_leg(given).div_yield == 0.02
        fitted = smile("SPX", EXPIRY, forward=6520.0, div_yield=0.011)
        assert only_leg(replace(given, smiles={("SPX", EXPIRY): fitted})).div_yield == 0.011

    def test_vix_options_price_off_the_future_or_not_at_all(self):
        held = option("VIX261216C00020000")
        states = {"VIX": state("VIX", 16.0), "SPY": state("SPY", 650.0)}
        given = inputs([held], quotes={held.symbol: quote(1.4, 1.5)}, underlyings=states)
        leg = only_leg(given)
        assert leg.greeks_reason == "VIX options price off the future, which is not known"
        assert (leg.mark_value, leg.vol) == (140.0, None)
        future = smile("VIX", date(2026, 12, 16), 0.9, forward=18.5)
        leg = only_leg(replace(given, smiles={("VIX", date(2026, 12, 16)): future}))
        assert (leg.spot, leg.div_yield) == (18.5, pytest.approx(0.04))
        assert leg.theo == pytest.approx(1.45, abs=1e-9)

    def test_only_dividends_before_expiry_count_and_projected_ones_are_told(self):
        dividends = tuple(Dividend(day, 1.9, projected=True) for day in (date(2026, 11, 20), date(2026, 12, 19)))
        given = inputs([option(PUT)], quotes={PUT: quote(9.9, 10.1)})
        leg = only_leg(replace(given, underlyings={"SPY": state("SPY", 650.0, dividends=dividends)}))
        assert (leg.model, leg.dividends) == ("american", ())
        dividends = (*dividends, Dividend(date(2026, 12, 18), 1.8, projected=True))
        book = build_book(replace(given, underlyings={"SPY": state("SPY", 650.0, dividends=dividends)}))
        (leg,) = book.legs
        ((time, amount),) = leg.dividends
        opening = datetime(2026, 12, 18, 9, 30, tzinfo=NEW_YORK)
        assert (time, amount) == (pytest.approx((opening - NOW).total_seconds() / 31_536_000), 1.8)
        assert "Dividends not yet declared repeat the last ones: SPY." in book.notices

    def test_a_closed_market_is_valued_at_its_close(self):
        sunday = datetime(2026, 11, 22, 20, 0, tzinfo=NEW_YORK)
        assert valuation_instant(sunday, market_open=False) == CLOSE
        assert valuation_instant(NOW, market_open=True) == NOW
        leg = only_leg(inputs([option(PUT)], as_of=sunday, market_open=False, quotes={PUT: quote(9.9, 10.1, at=CLOSE)}))
        assert leg.expiry_years == pytest.approx(28 / 365)

    def test_prices_from_after_the_close_are_told(self):
        evening = CLOSE + timedelta(hours=3)
        quotes = {PUT: quote(9.9, 10.1, at=CLOSE)}
        words = "Prices from after the close meet the session's option quotes: SPY."
        for spot_at, told in ((CLOSE, False), (evening, True)):
            states = {"SPY": state("SPY", 650.0, spot_at=spot_at)}
            given = inputs([option(PUT)], as_of=evening, market_open=False, quotes=quotes, underlyings=states)
            assert (words in build_book(given).notices) is told


class TestExpiryDay:
    def at(self, held: Holding, when: datetime, bid: float, ask: float, spot: float, **given: object) -> Leg:
        states = {
            "SPY": state("SPY", 650.0),
            held.underlying: state(held.underlying, spot, spot_at=when, beta=1.0),
        }
        return only_leg(
            inputs([held], as_of=when, quotes={held.symbol: quote(bid, ask, at=when)}, underlyings=states, **given)
        )

    @pytest.mark.parametrize("minutes", [1, 30, 180, 380])
    def test_theta_never_exceeds_the_remaining_time_value(self, minutes):
        when = datetime(2026, 11, 27, 13, 0, tzinfo=NEW_YORK) - timedelta(minutes=minutes)  # a half day
        for symbol, worth in (("SPY261127C00650000", 0.40), ("SPY261127P00655000", 5.30), ("SPY261127C00660000", 0.12)):
            leg = self.at(option(symbol, -7.0), when, worth - 0.01, worth + 0.01, 650.0)
            assert leg.expiry_years == pytest.approx(minutes / (365 * 24 * 60))
            assert leg.theo is not None
            assert leg.intrinsic is not None
            left = 700 * (leg.theo - leg.intrinsic)
            assert 0 < leg.greeks["theta_per_day_usd"] <= left * (1 + 1e-12)

    def test_at_the_early_close_it_is_worth_its_intrinsic_value(self):
        when = datetime(2026, 11, 27, 13, 0, tzinfo=NEW_YORK)
        leg = self.at(option("SPY261127P00655000", -1.0), when, 5.1, 5.2, 650.0, market_open=False)
        assert (leg.model, leg.theo, leg.mark_value) == ("expired", 5.0, -500.0)
        assert leg.greeks["dollar_delta"] == pytest.approx(65_000.0)  # 100 shares will be delivered
        assert leg.greeks["theta_per_day_usd"] == leg.greeks["vega_per_vol_point_usd"] == 0.0

    def test_a_morning_settled_index_stops_at_the_opening(self):
        held = option("SPX261120C06400000")
        before = datetime(2026, 11, 20, 9, 29, tzinfo=NEW_YORK)
        leg = self.at(held, before, 100.0, 101.0, 6500.0, market_open=False)
        assert leg.model == "european"
        after = datetime(2026, 11, 20, 9, 31, tzinfo=NEW_YORK)
        leg = self.at(held, after, 100.0, 101.0, 6500.0)
        assert (leg.model, leg.mark.mark) == ("expired", 100.0)
        assert set(leg.greeks.values()) == {0.0}  # cash is owed, nothing is delivered

    def test_expired_without_a_price_is_missing(self):
        held = option("SPY261113C00640000")
        leg = only_leg(inputs([held]))
        assert leg.mark_value is None
        assert set(leg.greeks.values()) == {None}
        assert leg.greeks_reason == leg.reason


def test_shares_weigh_by_their_beta_and_say_when_it_is_unknown():
    given = inputs([shares("QQQ", 10.0)], quotes={"QQQ": quote(580.0, 580.1)})
    states = {"SPY": state("SPY", 650.0), "QQQ": state("QQQ", 580.0, beta=1.3)}
    leg = only_leg(replace(given, underlyings=states))
    assert leg.greeks["beta_weighted_delta_spy"] == pytest.approx(10 * 580 * 1.3 / 650)
    states["QQQ"] = state("QQQ", 580.0)
    leg = only_leg(replace(given, underlyings=states))
    assert (leg.greeks["dollar_delta"], leg.greeks["beta_weighted_delta_spy"]) == (5_800.0, None)
    assert leg.greeks_reason == "no beta of QQQ to SPY"
    leg = only_leg(replace(given, underlyings={"QQQ": state("QQQ", 580.0, beta=1.3)}))
    assert leg.greeks_reason == "no price of SPY to weigh by"


def test_a_share_without_a_state_stands_at_its_own_quote():
    leg = only_leg(inputs([shares("ZZZ", 10.0)], quotes={"ZZZ": quote(5.0, 5.02)}))
    assert leg.greeks["dollar_delta"] == pytest.approx(50.1)
    assert only_leg(inputs([shares("ZZZ", 10.0)])).greeks_reason == "no price of ZZZ"


@pytest.mark.parametrize("model", models.MODELS)
def test_each_model_finds_the_volatility_its_price_came_from(model):
    strikes, vols = (grid.ravel() for grid in np.meshgrid([580.0, 640.0, 650.0, 660.0, 700.0], [0.12, 0.3, 0.9]))
    n = len(strikes)
    column = np.full(n, 1.0)
    dividends = model == "american, cash dividends"
    options = models.Options(
        np.arange(n) % 2 == 0,
        650.0 * column,
        strikes,
        0.3 * column,
        0.04 * column,
        0.01 * column,
        (0.1 if dividends else math.nan) * column[:, None],
        (1.9 if dividends else math.nan) * column[:, None],
    )
    price = models.greeks(model, options, vols).price
    intrinsic = np.maximum(np.where(options.is_call, 1, -1) * (options.spot - strikes), 0)
    found = models.implied(model, options, price)
    told = price > intrinsic + 0.01
    assert told.sum() >= 12
    assert found[told] == pytest.approx(vols[told], abs=2e-4)
    nothing = models.implied(model, options, np.where(told, intrinsic - 20.0, np.nan))
    assert np.isnan(nothing).all()


def test_quotes_without_a_price_of_time_give_no_volatility():
    leg = only_leg(inputs([option("SPY261218C00600000")], quotes={"SPY261218C00600000": Quote(50.0, 50.0, NOW)}))
    assert leg.vol is None
    assert leg.mark_value == 5_000.0


def test_a_steep_curve_discounts_each_expiry_at_its_own_rate():
    curve = replace(flat(0.04), tenor_years=np.array([0.05, 1.0]), zero_rates=np.array([0.03, 0.05]))
    near, far = option(PUT), option("SPY271119P00640000")
    quotes = {PUT: quote(9.9, 10.1), far.symbol: quote(40.0, 40.4)}
    legs = build_book(inputs([near, far], quotes=quotes, curve=curve)).legs
    assert [leg.rate for leg in legs] == [
        pytest.approx(float(curve.rate(leg.expiry_years))) for leg in legs if leg.expiry_years
    ]
    assert legs[0].rate < legs[1].rate

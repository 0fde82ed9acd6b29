"""How fast the smiles of a whole chain are fitted, American and European, beside volatilities alone by QuantLib.

Goals (2 cores, compiled kernels): ten expiries of a hundred strikes within a second; the American ones, forwards and
curves included, in a tenth of the time that QuantLib takes to invert the same quotes from Python.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import QuantLib

from benchmarks import Figure
from benchmarks.numerics import interleaved
from lox_core.clock import NEW_YORK
from lox_core.options import american, black_scholes, kernels
from lox_core.options.chain import ChainQuote
from lox_core.options.contract import contract_of
from lox_core.options.curve import flat
from lox_core.options.smile_fit import fit_surface
from lox_core.options.surface import Surface

AT = datetime(2026, 11, 20, 15, 0, tzinfo=NEW_YORK)
EXPIRIES, STRIKES, SAMPLE = 10, 100, 24
RATE, YIELD, ROUNDS = 0.04, 0.012, 3
GOAL_MS, QUANTLIB_GOAL = 1000, 0.1
Chain = dict[date, list[ChainQuote]]


def chain(root: str, spot: float) -> Chain:
    """Quotes two cents on either side of a skewed smile's values, from two weeks to two years."""
    found: Chain = {}
    for weeks in np.geomspace(2, 104, EXPIRIES).astype(int).tolist():
        expiry = AT.date() + timedelta(weeks=weeks)
        one = contract_of(root, expiry, is_call=True, strike=spot)
        years = one.expiry_years(AT)
        reach = 2.5 * 0.2 * np.sqrt(years)
        strikes = np.unique((spot * np.exp(np.linspace(-reach, 0.8 * reach, STRIKES))).round(2))
        strike, is_call = np.repeat(strikes, 2), np.tile([True, False], len(strikes))
        k = np.log(strike / spot)
        values = (american if one.style == "american" else black_scholes).price(
            is_call=is_call,
            spot=spot,
            strike=strike,
            expiry_years=years,
            rate=RATE,
            vol=0.18 - 0.12 * k / np.sqrt(years + 0.1) + 0.2 * k * k,
            div_yield=YIELD,
        )
        found[expiry] = [
            ChainQuote(contract_of(root, expiry, is_call=c, strike=s), max(v - 0.02, 0.0), v + 0.02, AT)
            for s, c, v in zip(strike.tolist(), is_call.tolist(), values.tolist(), strict=True)
        ]
    return found


def fit(quotes: Chain, spot: float) -> Surface:
    """The smiles of every expiry."""
    return fit_surface(quotes, underlying="chain", at=AT, spot=spot, curve=flat(RATE))


def inverted(quotes: Chain, spot: float) -> list[float]:
    """QuantLib's volatilities of a sample of American quotes, by its own engine."""
    today = QuantLib.Date(AT.day, AT.month, AT.year)
    QuantLib.Settings.instance().evaluationDate = today
    day_count, calendar = QuantLib.Actual365Fixed(), QuantLib.NullCalendar()
    rate, div_yield = (
        QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, level, day_count)) for level in (RATE, YIELD)
    )
    vol = QuantLib.BlackVolTermStructureHandle(QuantLib.BlackConstantVol(today, calendar, 0.2, day_count))
    price = QuantLib.QuoteHandle(QuantLib.SimpleQuote(spot))
    process = QuantLib.BlackScholesMertonProcess(price, div_yield, rate, vol)
    found = []
    for one in sample(quotes):
        contract, mid = one.contract, one.mid or 0.0
        kind = QuantLib.Option.Call if contract.is_call else QuantLib.Option.Put
        end = QuantLib.Date(contract.expiry.day, contract.expiry.month, contract.expiry.year)
        option = QuantLib.VanillaOption(
            QuantLib.PlainVanillaPayoff(kind, contract.strike), QuantLib.AmericanExercise(today, end)
        )
        found.append(option.impliedVolatility(mid, process, 1e-4, 100, 1e-4, 4.0))
    return found


def sample(quotes: Chain) -> list[ChainQuote]:
    """Quotes out of the money, spread over the expiries."""
    out = [
        one
        for some in quotes.values()
        for one in some
        if one.contract.is_call == (one.contract.strike > some[len(some) // 2].contract.strike) and (one.bid or 0) > 0.5
    ]
    return out[:: max(len(out) // SAMPLE, 1)][:SAMPLE]


def main() -> list[Figure]:
    """Measure both kinds of chain, and QuantLib on a sample of the American one."""
    kernels.use("numba")
    try:
        mode = kernels.wait()
        funds, index = chain("SPY", 650.0), chain("SPXW", 6500.0)
        count = sum(map(len, funds.values()))
        ours, european, theirs = interleaved(
            lambda: fit(funds, 650.0), lambda: fit(index, 6500.0), lambda: inverted(funds, 650.0), rounds=ROUNDS
        )
        surface = fit(funds, 650.0)
        assert len(surface.smiles) == EXPIRIES
        assert not any(one.warnings for one in surface.smiles.values())
    finally:
        kernels.use("numpy")
    whole = theirs / len(sample(funds)) * count
    print(f"{count} American quotes: smiles {ours:.0f} ms; QuantLib's volatilities would take {whole:.0f} ms")
    return [
        Figure(f"smiles of {EXPIRIES} × {STRIKES} American strikes, {mode}", ours, "ms", GOAL_MS),
        Figure(f"smiles of {EXPIRIES} × {STRIKES} European strikes, {mode}", european, "ms", GOAL_MS),
        Figure("the American ones over QuantLib's volatilities alone", ours / whole, "of its time", QUANTLIB_GOAL),
    ]

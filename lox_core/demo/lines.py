"""Which simulated path is which published series: ids, first dates, holidays and decimals as the vendor has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lox_core.demo.conditions_paths import ConditionsPaths
from lox_core.demo.fiscal_paths import FiscalPaths
from lox_core.demo.funding_paths import SUCCESSION, FundingPaths, administered_rate
from lox_core.demo.growth_paths import GrowthPaths
from lox_core.demo.inflation_paths import InflationPaths
from lox_core.demo.market_paths import MarketPaths
from lox_core.demo.processes import Days, Floats
from lox_core.demo.publication import Line
from lox_core.demo.rate_paths import RatePaths, curve, policy_upper

_FIRST_MONTH = np.datetime64("1995-01-01")
_NEVER_PUBLISHED = np.datetime64("2025-10-01")
_CURVE = {
    "DGS1MO": ("month1", "2001-07-31"),
    "DGS3MO": ("month3", ""),
    "DGS6MO": ("month6", ""),
    "DGS1": ("year1", ""),
    "DGS5": ("year5", ""),
    "DGS30": ("year30", ""),
}


@dataclass(frozen=True, eq=False)
class Chronicle:
    """All paths of one world."""

    market: MarketPaths
    rates: RatePaths
    funding: FundingPaths
    growth: GrowthPaths
    inflation: InflationPaths
    fiscal: FiscalPaths
    conditions: ConditionsPaths


def lines(chronicle: Chronicle) -> dict[str, Line]:
    """Final values of every series by the vendor's id. Units are the catalog's."""
    return {
        **_volatility_and_credit(chronicle.market),
        **_rates(chronicle.market.days, chronicle.rates),
        **_baa(chronicle),
        **_funding(chronicle.market.days, chronicle.funding),
        **_growth(chronicle.growth),
        **_monthly_money(chronicle),
        **_conditions(chronicle.conditions),
    }


def bond_holidays(days: Days) -> Days:
    """Weekdays on which the exchange trades and the bond market does not: Columbus Day and Veterans Day."""
    years = np.unique(days.astype("datetime64[Y]"))
    columbus = np.busday_offset(
        (years.astype("datetime64[M]") + 9).astype("datetime64[D]"), 1, roll="forward", weekmask="Mon"
    )
    veterans = (years.astype("datetime64[M]") + 10).astype("datetime64[D]") + 10
    weekday = (veterans.astype(int) + 3) % 7
    observed = np.where(weekday == 6, veterans + 1, veterans)[weekday != 5]
    return np.concatenate([columbus, observed])


def _daily(days: Days, values: Floats, *, first: str = "", bonds: bool = False, decimals: int = 2) -> Line:
    """A daily series: a row for every weekday, without a number where its market was closed."""
    start = np.datetime64(first, "D") if first else days[0]
    rows = np.arange(start, days[-1] + 1)
    rows = rows[np.is_busday(rows)]
    at = np.minimum(np.searchsorted(days, rows), len(days) - 1)
    open_ = days[at] == rows
    if bonds:
        open_ &= ~np.isin(rows, bond_holidays(rows))
    return Line(rows, np.where(open_, values[at], np.nan), decimals)


def _volatility_and_credit(market: MarketPaths) -> dict[str, Line]:
    return {
        "VIXCLS": _daily(market.days, market.vix),
        "VXVCLS": _daily(market.days, market.vix3m, first="2006-07-17"),
        "BAMLH0A0HYM2": _daily(market.days, market.hy, bonds=True),
        "BAMLC0A0CM": _daily(market.days, market.ig, bonds=True),
        "BAMLH0A3HYC": _daily(market.days, market.ccc, bonds=True),
        "BAMLH0A1HYBB": _daily(market.days, market.bb, bonds=True),
        "BAA10Y": _daily(market.days, market.baa10y, bonds=True),
        "SP500": _daily(market.days, market.index),
        "NASDAQCOM": _daily(market.days, market.nasdaq),
    }


def _rates(days: Days, rates: RatePaths) -> dict[str, Line]:
    def line(values: Floats, first: str = "", decimals: int = 2) -> Line:
        return _daily(days, values, first=first, bonds=True, decimals=decimals)

    indexed, tenors = "2003-01-02", curve(rates)
    return {
        "DGS10": line(rates.yield_10y),
        "DGS2": line(rates.yield_2y),
        **{name: line(tenors[tenor], first) for name, (tenor, first) in _CURVE.items()},
        "T10Y2Y": line(np.round(rates.yield_10y - rates.yield_2y, 2)),
        "T10Y3M": line(np.round(rates.yield_10y - rates.bill_3m, 2)),
        "DFII10": line(rates.real_10y, indexed),
        "T10YIE": line(rates.breakeven_10y, indexed),
        "T5YIE": line(rates.breakeven_5y, indexed),
        "T5YIFR": line(rates.forward, indexed),
        "THREEFYTP10": line(rates.term_premium, decimals=4),
        "ACMTP10": line(rates.term_premium_acm, decimals=4),
    }


def _baa(chronicle: Chronicle) -> dict[str, Line]:
    """The monthly corporate yield: the average of its daily level."""
    days = chronicle.market.days
    months, first = np.unique(days.astype("datetime64[M]"), return_index=True)
    total = np.add.reduceat(chronicle.rates.yield_10y + chronicle.market.baa10y, first)
    return {"BAA": Line(months.astype("datetime64[D]"), np.round(total / np.diff(np.append(first, len(days))), 2))}


def _funding(days: Days, funding: FundingPaths) -> dict[str, Line]:
    calendar = np.arange(np.datetime64("2008-10-09"), days[-1] + 1)
    paid, targets = administered_rate(calendar), calendar[calendar >= np.datetime64("2008-12-16")]
    late, weeks = calendar >= SUCCESSION, funding.wednesdays >= np.datetime64("2002-12-18")

    def weekly(values: Floats) -> Line:
        return Line(funding.wednesdays[weeks], values[weeks], 0)

    return {
        "SOFR": _daily(days, funding.overnight, first="2018-04-03", bonds=True),
        "IORB": Line(calendar[late], paid[late]),
        "IOER": Line(calendar[~late], paid[~late]),
        "DFEDTARU": Line(targets, policy_upper(targets)),
        "WALCL": weekly(funding.assets),
        "WDTGAL": weekly(funding.treasury_account),
        "WTREGEN": weekly(funding.treasury_account_average),
        "RRPONTSYD": _daily(days, funding.reverse_repo, first="2003-02-07", bonds=True, decimals=3),
    }


def _growth(growth: GrowthPaths) -> dict[str, Line]:
    since = growth.months >= _FIRST_MONTH

    def monthly(values: Floats, decimals: int) -> Line:
        return Line(growth.months[since], values[since], decimals)

    asked = np.where(growth.months == _NEVER_PUBLISHED, np.nan, growth.unemployment)
    return {
        "CFNAI": monthly(growth.activity, 2),
        "CFNAIMA3": monthly(growth.activity_3m, 2),
        "SAHMREALTIME": monthly(growth.sahm, 2),
        "UNRATE": monthly(asked, 1),
        "PAYEMS": monthly(growth.payrolls, 0),
        "INDPRO": monthly(growth.production, 4),
        "ICSA": Line(growth.saturdays, growth.claims, -3),
    }


def _monthly_money(chronicle: Chronicle) -> dict[str, Line]:
    """Prices by month; the public purse by month and quarter."""
    months, inflation, fiscal = chronicle.growth.months, chronicle.inflation, chronicle.fiscal
    since, quarters = months >= _FIRST_MONTH, months[::3]
    late = quarters >= _FIRST_MONTH
    monthly = {
        "CPIAUCNS": (inflation.all_items_unadjusted, 3),
        "CPIAUCSL": (inflation.all_items, 3),
        "CPILFESL": (inflation.core, 3),
        "STICKCPIM157SFRBATL": (inflation.sticky_monthly, 6),
        "PCETRIM12M159SFRBDAL": (inflation.trimmed_yearly, 2),
        "MTSDS133FMS": (fiscal.balance, 0),
    }
    quarterly = {"GDP": fiscal.output, "A091RC1Q027SBEA": fiscal.interest, "FGRECPT": fiscal.receipts}
    return {name: Line(months[since], values[since], decimals) for name, (values, decimals) in monthly.items()} | {
        name: Line(quarters[late], values[late], 3) for name, values in quarterly.items()
    }


def _conditions(conditions: ConditionsPaths) -> dict[str, Line]:
    return {
        "NFCI": Line(conditions.fridays, conditions.national, 5),
        "ANFCI": Line(conditions.fridays, conditions.adjusted, 5),
        "STLFSI4": Line(conditions.fridays, conditions.stress, 4),
    }

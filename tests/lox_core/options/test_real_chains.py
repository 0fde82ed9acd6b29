"""Recorded Cboe chains, valued at their session's instant, against the vendor's volatilities."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, datetime
from functools import cache

import numpy as np
import pytest

from lox_core.calendars import in_session, last_close
from lox_core.clock import NEW_YORK
from lox_core.options import american, black_scholes, kernels
from lox_core.options.chain import ChainQuote
from lox_core.options.contract import parse_occ
from lox_core.options.curve import TREASURY_TENORS, DiscountCurve, from_par_yields
from lox_core.options.smile_fit import fit_smile
from lox_core.options.surface import Smile
from tests.conftest import SHARED

pytestmark = pytest.mark.real
FILES = sorted(path.name for path in (SHARED / "data" / "options").glob("CBOE_*.csv"))
EXPIRIES = 12  # spread over the file, to keep the test short


@cache
def yields(name: str) -> tuple[np.ndarray, np.ndarray]:
    days, values = [], []
    with (SHARED / "data" / "fred" / f"{name}.csv").open() as file:
        for row in list(csv.reader(file))[1:]:
            if row[1] not in ("", "."):
                days.append(row[0])
                values.append(float(row[1]))
    return np.array(days, "datetime64[D]"), np.array(values)


@cache
def curve_on(day: date) -> DiscountCurve:
    """Treasury yields of the day, of the tenors whose records reach it."""
    found = {}
    for name, years in TREASURY_TENORS.items():
        if (SHARED / "data" / "fred" / f"{name}.csv").is_file():
            days, values = yields(name)
            place = np.searchsorted(days, np.datetime64(day), "right") - 1
            if place >= 0 and days[place] >= np.datetime64(day) - 7:
                found[years] = float(values[place])
    return from_par_yields(found)


def closing_price(underlying: str, day: date, otherwise: float) -> float:
    """SPY at the session's close where it is recorded, for a file's own price may be of after hours."""
    path = SHARED / "data" / "prices" / f"{underlying}_unadjusted_close.csv"
    if path.is_file():
        with path.open(encoding="utf-8-sig") as file:
            for row in csv.reader(file):
                if row[0] == f"{day.month}/{day.day:02d}/{day.year}":
                    return float(row[1])
    return otherwise


@pytest.fixture(scope="module", autouse=True)
def compiled():
    kernels.use("numba")
    kernels.wait()
    yield
    kernels.use("numpy")


@pytest.fixture(scope="module")
def smiles() -> dict[str, list[tuple[Smile, list[ChainQuote]]]]:
    """By file, smiles and the quotes they were fitted to."""
    return {file: fitted(file) for file in FILES}


def fitted(file: str) -> list[tuple[Smile, list[ChainQuote]]]:
    with (SHARED / "data" / "options" / file).open() as lines:
        rows = list(csv.DictReader(lines))
    asked = datetime.strptime(rows[0]["quote_time_et"], "%Y-%m-%d %H:%M").replace(tzinfo=NEW_YORK)
    at = asked if in_session(asked) else last_close(asked)
    spot = closing_price(rows[0]["underlying"], at.date(), float(rows[0]["underlying_price"]))
    found = []
    for root, expiry, some in chains(rows, at):
        quotes = [quoted(row, at) for row in some]
        smile = fit_smile(quotes, underlying=root, expiry=expiry, at=at, spot=spot, curve=curve_on(at.date()))
        found.append((smile, quotes))
    return found


def chains(rows: list[dict[str, str]], at: datetime) -> list[tuple[str, date, list[dict[str, str]]]]:
    """A few expiries that are not over, spread over the file: root, expiry, and their rows."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["root"], date.fromisoformat(row["expiry"])].append(row)
    alive = {key: some for key, some in groups.items() if parse_occ(some[0]["symbol"]).last_valuation > at}
    keys = sorted(alive, key=lambda key: key[1])
    places = np.unique(np.linspace(0, len(keys) - 1, EXPIRIES).astype(int))
    return [(*keys[place], alive[keys[place]]) for place in places]


def quoted(row: dict[str, str], at: datetime) -> ChainQuote:
    """A row's quote, of the session's instant; an ask of zero is none."""
    bid, ask = (float(row[name]) if row[name] else None for name in ("bid", "ask"))
    return ChainQuote(parse_occ(row["symbol"]), bid, ask or None, at, float(row["iv"] or 0) or None)


def liquid(quote: ChainQuote) -> bool:
    return bool(quote.vendor_vol) and quote.bid > 0.3 and quote.ask - quote.bid < 0.1 * quote.ask


def test_every_quote_has_a_volatility_or_a_reason(smiles):
    for smile, quotes in (one for some in smiles.values() for one in some):
        assert len(smile.quotes) == len(quotes)
        assert all(one.vol is not None or one.reason for one in smile.quotes)
        assert sum(one.reason is None for one in smile.quotes) >= 5


def test_volatilities_agree_with_the_vendors(smiles):
    """Pooled, and file by file; in one, the vendor's calls lie points above his own puts of the same strikes."""
    missed = {}
    for file, some in smiles.items():
        found = []
        for smile, quotes in some:
            given = {(one.contract.strike, one.contract.is_call): one for one in quotes}
            pairs = [(one, given[one.strike, one.is_call]) for one in smile.quotes if one.reason is None]
            found += [mine.vol - theirs.vendor_vol for mine, theirs in pairs if liquid(theirs)]
        missed[file] = np.abs(found)
    together = np.concatenate(list(missed.values()))
    assert len(together) > 5000
    assert np.median(together) <= 0.001
    medians = {file: float(np.median(each)) for file, each in missed.items()}
    assert max(medians.values()) <= 0.003, medians
    assert sum(one <= 0.002 for one in medians.values()) >= len(medians) - 1, medians


def test_the_curve_lies_within_the_spreads(smiles):
    shares = []
    for smile, quotes in (one for some in smiles.values() for one in some):
        used = [one for one in smile.quotes if one.reason is None]
        options = {
            "is_call": [one.is_call for one in used],
            "spot": smile.forward * np.exp((smile.div_yield - smile.rate) * smile.expiry_years),
            "strike": [one.strike for one in used],
            "expiry_years": smile.expiry_years,
            "rate": smile.rate,
            "div_yield": smile.div_yield,
        }
        model = american if quotes[0].contract.style == "american" else black_scholes
        value = model.price(**options, vol=smile.vol(options["strike"]))
        bid, ask = (np.array([getattr(one, side) for one in used]) for side in ("bid", "ask"))
        shares.append(np.mean((value >= bid - 0.005) & (value <= ask + 0.005)))
    assert np.median(shares) > 0.9
    assert np.quantile(shares, 0.1) > 0.75


def test_hardly_any_smile_gives_something_away(smiles):
    """The vendors' quotes are what could be traded; a fit that tells of gifts everywhere tells of itself."""
    warned = [
        any("fall" in word or "utterfly" in word for word in smile.warnings)
        for some in smiles.values()
        for smile, _ in some
    ]
    assert np.mean(warned) < 0.03

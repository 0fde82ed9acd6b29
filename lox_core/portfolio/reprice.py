"""The book's options under changed inputs, each by the model it is valued with, all of a model at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lox_core.options import american, black_scholes
from lox_core.options.black_scholes import Greeks
from lox_core.portfolio import models
from lox_core.portfolio.models import Model, Options
from lox_core.portfolio.valued import Leg

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Table = dict[str, Floats]
INPUTS = ("spot", "vol", "years", "rate")


def repriceable(leg: Leg) -> bool:
    """Whether a leg is a running option with everything its model needs."""
    known = (leg.spot, leg.vol, leg.rate, leg.expiry_years)
    return leg.model in models.MODELS and leg.holding.contract is not None and None not in known


def inputs_of(legs: Sequence[Leg]) -> Table:
    """Spot, volatility, years and rate of legs as they were valued, (n,) each."""
    columns = ([leg.spot for leg in legs], [leg.vol for leg in legs], [leg.expiry_years for leg in legs])
    table = dict(zip(INPUTS, (*columns, [leg.rate for leg in legs]), strict=True))
    return {name: np.array(column, float) for name, column in table.items()}


def values(legs: Sequence[Leg], table: Table) -> Floats:
    """Value per share of legs that are :func:`repriceable`, at other inputs.

    Parameters
    ----------
    legs : sequence of Leg, n of them
    table : mapping
        ``spot``, ``vol``, ``years``, ``rate``, each (n,). Ex-dates stand where they stood in time: what is added to a
        leg's years is added to theirs.
    """
    found = np.full(len(legs), np.nan)
    for model, places, options, vol in _by_model(legs, table):
        if model == "european":
            found[places] = black_scholes.price(**options.arguments(), vol=vol)
        elif model == "american":
            found[places] = american.price(**options.arguments(), vol=vol)
        else:
            found[places] = american.price_with_dividends(
                **options.arguments(), vol=vol, ex_times=options.ex_times, amounts=options.amounts
            )
    return found


def implied(legs: Sequence[Leg], table: Table, price: Floats) -> Floats:
    """The volatilities at which legs are worth ``price`` at other inputs; ``vol`` of the table is not used."""
    found = np.full(len(legs), np.nan)
    for model, places, options, _ in _by_model(legs, table):
        found[places] = models.implied(model, options, price[places])
    return found


def greeks(legs: Sequence[Leg], table: Table) -> Greeks:
    """Value and Greeks per share at other inputs; parameters as for :func:`values`."""
    names = Greeks.__dataclass_fields__
    rows = {name: np.full(len(legs), np.nan) for name in names}
    for model, places, options, vol in _by_model(legs, table):
        part = models.greeks(model, options, vol)
        for name in names:
            rows[name][places] = getattr(part, name)
    return Greeks(**rows)


def _by_model(legs: Sequence[Leg], table: Table) -> list[tuple[Model, NDArray[np.intp], Options, Floats]]:
    groups = []
    for model in models.MODELS:
        places = np.array([i for i, leg in enumerate(legs) if leg.model == model], int)
        if len(places):
            mine = [legs[i] for i in places]
            part = {name: table[name][places] for name in INPUTS}
            groups.append((model, places, _options(mine, part), part["vol"]))
    return groups


def _options(legs: Sequence[Leg], table: Table) -> Options:
    contracts = [leg.holding.contract for leg in legs]
    longest = max((len(leg.dividends) for leg in legs), default=0) or 1
    ex_times, amounts = np.full((len(legs), longest), np.nan), np.full((len(legs), longest), np.nan)
    for row, leg in enumerate(legs):
        later = table["years"][row] - (leg.expiry_years or 0.0)
        for place, (time, amount) in enumerate(leg.dividends):
            ex_times[row, place], amounts[row, place] = time + later, amount
    return Options(
        is_call=np.array([one is not None and one.is_call for one in contracts], bool),
        spot=table["spot"],
        strike=np.array([np.nan if one is None else one.strike for one in contracts], float),
        expiry_years=table["years"],
        rate=table["rate"],
        div_yield=np.array([leg.div_yield for leg in legs], float),
        ex_times=ex_times,
        amounts=amounts,
    )

"""Risk signals in words, worst first: what needs a decision before the numbers are studied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lox_core import numbers
from lox_core.portfolio.expiry import ExpiryRow
from lox_core.portfolio.positions import Holding
from lox_core.portfolio.valued import Book

# Reasons beside each number: where a discretionary book of this kind is commonly asked to act.
MARGIN_WATCH, MARGIN_HIGH = 0.5, 0.75  # of equity held as maintenance margin: brokers call from 1
GAP_WATCH, GAP_HIGH = 0.01, 0.03  # of NAV lost to the spread by leaving now
CONCENTRATED = 0.6  # of the absolute dollar delta in one underlying
COVERAGE_LEAST = 0.7  # below it a total is not shown at all
SHORT_GAMMA_DAYS = 7  # gamma grows like one over the root of the time left
ASSIGNED_DAYS = 7  # the cash a week's assignments take must be there before the week is over


@dataclass(frozen=True)
class Alert:
    """One signal: its severity ``step``, 2 to 5, a word, a sentence, and the symbols it concerns."""

    step: int
    title: str
    text: str
    symbols: tuple[str, ...] = ()


def alerts(book: Book, sheet: Sequence[ExpiryRow]) -> tuple[Alert, ...]:
    """Every signal of the book, most severe first."""
    found = [
        *_account(book),
        *_coverage(book),
        *_expiry(sheet),
        *_cash_if_assigned(book, sheet),
        *_uncovered(book),
        *_shape(book, sheet),
    ]
    return tuple(sorted(found, key=lambda alert: -alert.step))


def _account(book: Book) -> list[Alert]:
    account, found = book.account, []
    if account.blocked:
        found.append(Alert(5, "blocked", f"The broker has blocked the account: {account.blocked}."))
    if account.maintenance_margin is not None and account.equity:
        used = account.maintenance_margin / account.equity
        if used >= MARGIN_WATCH:
            words = f"Maintenance margin takes {numbers.share(used)} of the equity."
            found.append(Alert(4 if used >= MARGIN_HIGH else 3, "margin", words))
    power = account.buying_power if account.options_buying_power is None else account.options_buying_power
    if power is not None and power <= 0:
        words = f"No buying power is left for options: {numbers.money(power)}."
        found.append(Alert(3, "buying power", words))
    nav, gap = book.totals["nav_mid"].value, book.gap_usd.value
    if nav is not None and nav <= 0:
        found.append(Alert(5, "NAV", f"The net value at mid is {numbers.money(nav)}."))
    elif nav and gap is not None and gap / nav >= GAP_WATCH:
        words = f"Leaving now would cost {numbers.money(gap)}, {numbers.percent(100 * gap / nav)} of the net value."
        found.append(Alert(4 if gap / nav >= GAP_HIGH else 3, "spread", words))
    return found


def _coverage(book: Book) -> list[Alert]:
    found = []
    if book.unpriced:
        names = tuple(symbol for symbol, _ in book.unpriced)
        words = (
            f"{numbers.plural(len(names), 'position')} without a price: {', '.join(names[:4])}. Counted in no total."
        )
        found.append(Alert(3, "unpriced", words, names))
    poor = {
        name for name, total in book.totals.items() if total.coverage < COVERAGE_LEAST and not name.startswith("nav")
    }
    if poor:
        found.append(Alert(4, "coverage", "Some Greeks cover too little of the book to be shown."))
    flagged = tuple(leg.symbol for leg in book.legs if {"crossed", "stale", "wide"} & set(leg.mark.flags))
    if flagged:
        words = f"{numbers.plural(len(flagged), 'quote')} wide, crossed or old: {', '.join(flagged[:4])}."
        found.append(Alert(2, "quotes", words, flagged))
    return found


def _expiry(sheet: Sequence[ExpiryRow]) -> list[Alert]:
    found = []
    for row in sheet:
        moved = f" Assignment moves {row.shares:+,.0f} shares.".replace("-", numbers.MINUS) if row.shares else ""
        if row.assignment in ("medium", "high"):
            step = 4 if row.assignment == "high" else 3
            found.append(Alert(step, "assignment", f"{row.name}: {row.why}.{moved}", (row.leg.symbol,)))
        elif row.pin in ("medium", "high"):
            step = 4 if row.pin == "high" else 3
            found.append(
                Alert(step, "pin", f"{row.name}: the strike is within the move to the close.", (row.leg.symbol,))
            )
        if row.leg.holding.quantity > 0 and row.in_the_money and row.sessions_left == 0:
            words = f"{row.name} is in the money on its last day and will be exercised.{moved}"
            found.append(Alert(3, "exercise", words, (row.leg.symbol,)))
    return found


def _cash_if_assigned(book: Book, sheet: Sequence[ExpiryRow]) -> list[Alert]:
    """Short puts in the money that end soon, when the cash is not there to take their shares."""
    puts = [
        row
        for row in sheet
        if row.leg.holding.quantity < 0 and row.shares > 0 and row.in_the_money and row.days_left <= ASSIGNED_DAYS
    ]
    needed, cash = -sum(row.cash_usd for row in puts), book.account.cash
    if not puts or cash is None or needed <= cash:
        return []
    words = (
        f"Assignment of the short puts in the money that end within {ASSIGNED_DAYS} days takes "
        f"{numbers.money(needed)}; the cash is {numbers.money(cash)}."
    )
    return [Alert(3, "assignment cash", words, tuple(row.leg.symbol for row in puts))]


def _uncovered(book: Book) -> list[Alert]:
    """Short calls beyond the shares held and the long calls that last as long: an unlimited loss."""
    found = []
    for underlying in book.by_underlying:
        legs = [leg.holding for leg in book.legs if leg.holding.underlying == underlying]
        calls = [one for one in legs if one.contract is not None and one.contract.is_call and not one.contract.adjusted]
        shares = sum(one.quantity for one in legs if one.kind == "share")
        bare = _without_long_call(calls) - max(shares, 0.0) / 100
        if bare > 1e-9:
            names = tuple(one.symbol for one in calls if one.quantity < 0)
            what = "short call is" if bare == 1 else "short calls are"
            words = f"{underlying}: {bare:g} {what} covered by neither shares nor long calls that last as long."
            found.append(Alert(4, "uncovered", words, names))
    return found


def _without_long_call(calls: Sequence[Holding]) -> float:
    """How many short calls no long call of the same or a later expiry stands behind."""
    by_expiry: dict[date, list[float]] = {}
    for one in calls:
        if one.contract is not None:
            by_expiry.setdefault(one.contract.expiry, []).append(one.quantity)
    spare = bare = 0.0
    for expiry in sorted(by_expiry, reverse=True):
        spare += sum(size for size in by_expiry[expiry] if size > 0)
        short = -sum(size for size in by_expiry[expiry] if size < 0)
        covered = min(spare, short)
        spare, bare = spare - covered, bare + short - covered
    return bare


def _shape(book: Book, sheet: Sequence[ExpiryRow]) -> list[Alert]:
    found = []
    deltas = {name: totals["dollar_delta"].value or 0.0 for name, totals in book.by_underlying.items()}
    gross = sum(abs(value) for value in deltas.values())
    if len(deltas) > 1 and gross > 0:
        name = max(deltas, key=lambda one: abs(deltas[one]))
        if abs(deltas[name]) / gross > CONCENTRATED:
            words = f"{name} is {numbers.share(abs(deltas[name]) / gross)} of the book's absolute dollar delta."
            found.append(Alert(2, "concentration", words))
    near = {row.leg.symbol for row in sheet if row.days_left <= SHORT_GAMMA_DAYS and row.leg.holding.quantity < 0}
    gamma = sum(leg.greeks.get("gamma_1pct_usd") or 0.0 for leg in book.legs if leg.symbol in near)
    if gamma <= -1:  # a dollar: less is nothing
        words = f"Short gamma of {numbers.money(gamma)} per 1 % ends within {SHORT_GAMMA_DAYS} days."
        found.append(Alert(3, "gamma", words, tuple(sorted(near))))
    return found

"""The account strip: what leaving now brings, the day, the Greeks with their coverage, the broker's buying power."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lox_core import numbers
from lox_ui import parts
from lox_ui.parts import Safe, tag

if TYPE_CHECKING:
    from lox_core.portfolio.valued import Book, Total
    from lox_core.workbench import Snapshot

TOO_LITTLE = 0.7
MOST_NAMED = 3


def strip(book: Book, day_pnl: float | None, day_note: str) -> Safe:
    """Nine numbers side by side. A Greek that covers less than 70 % of the book is a dash, its coverage beside it."""
    totals, account = book.totals, book.account
    spy = beta_note(book)
    cells: list[tuple[str, object, object]] = [
        ("NAV, liquidation", _money(totals["nav_liquidation"]), _nav_note(totals["nav_liquidation"])),
        ("NAV, mid", _money(totals["nav_mid"]), gap_note(book)),
        ("Day P&L, mid", pnl(day_pnl), day_note),
        ("Dollar delta", *_greek(totals["dollar_delta"], prefix="$")),
        ("β-delta to SPY", *_greek(totals["beta_weighted_delta_spy"], suffix=" sh", instead=spy)),
        ("Gamma per 1 %", *_greek(totals["gamma_1pct_usd"], prefix="$")),
        ("Theta per day", *_greek(totals["theta_per_day_usd"], prefix="$")),
        ("Vega per point", *_greek(totals["vega_per_vol_point_usd"], prefix="$")),
        ("Buying power", numbers.money(account.buying_power), margin_note(book)),
    ]
    return parts.strip(cells)


def pnl(value: float | None) -> Safe:
    """Dollars won or lost: sign and colour."""
    cls = "" if value is None or not round(value, 2) else "lx-up" if value > 0 else "lx-down"
    return tag("span", numbers.money(value, sign=True), cls=cls)


def gap_note(book: Book) -> str:
    """What leaving now costs: the gap between mid and mark."""
    gap, nav = book.gap_usd.value, book.totals["nav_mid"].value
    if gap is None:
        return "no gap known"
    share = "" if not nav or nav <= 0 else f" · {numbers.percent(100 * gap / nav, 2)}"
    return f"gap {numbers.money(-gap)}{share}"


def beta_note(book: Book) -> str:
    """The longest window and the weakest correlation behind the betas, for beta weighting means little without it."""
    known = [state for state in book.underlyings.values() if state.beta is not None and state.symbol != "SPY"]
    if not known:
        return ""
    days = max(state.beta_days or 0 for state in known)
    weakest = min((state.correlation for state in known if state.correlation is not None), default=None)
    return f"{days} d" + ("" if weakest is None else f" r {numbers.number(weakest, 2)}")


def margin_note(book: Book) -> str:
    """How much of the equity the broker holds as margin."""
    account = book.account
    if account.buying_power is None:
        return "the broker gave none"
    if account.maintenance_margin is None or not account.equity:
        return "as the broker states it"
    return f"margin used {numbers.share(account.maintenance_margin / account.equity)}"


def _money(total: Total) -> str:
    return numbers.money(total.value)


def _nav_note(total: Total) -> object:
    if total.coverage < 1 or total.missing:
        return parts.coverage(total.coverage, _legs(total))
    return "longs at bid, shorts at ask"


def _greek(total: Total, *, prefix: str = "", suffix: str = "", instead: str = "") -> tuple[object, object]:
    """Value and coverage; ``instead`` is said in place of the legs left out, which stay in the hint."""
    value = None if total.coverage < TOO_LITTLE else total.value
    said = instead or _legs(total)
    shown = numbers.number(value, 0, sign=True, prefix=prefix, suffix=suffix)
    return shown, tag("span", parts.coverage(total.coverage, said), title=_named(total))


def _legs(total: Total) -> str:
    return "" if not total.missing else numbers.plural(len(total.missing), "leg") + " out"


def _named(total: Total) -> str:
    if not total.missing:
        return ""
    more = len(total.missing) - MOST_NAMED
    return "without " + ", ".join(total.missing[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def day_note(snapshot: Snapshot) -> str:
    """What the day's P&L stands against, and how many positions it lacks."""
    found, book = snapshot.attribution, snapshot.book
    if found is None or book is None:
        return "no prices of the last close"
    nav = book.totals["nav_mid"].value
    share = (
        ""
        if not nav or snapshot.day_pnl_usd is None
        else numbers.percent(100 * snapshot.day_pnl_usd / nav, 2, sign=True)
    )
    lacking = f"without {numbers.plural(len(found.missing), 'leg')}" if found.missing else ""
    return " · ".join(part for part in (share, lacking) if part) or "since the last close"

"""Option contracts: OCC symbols both ways, and per root the style, settlement and last valuation.

Sources: the OCC's 21-character symbology; Cboe's contract specifications for the index roots. Equities and funds are
American and deliver 100 shares at the close; a root that ends in a digit was adjusted and delivers something else, so
it is recognised and never priced as standard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from lox_core.calendars import close_of, is_session
from lox_core.clock import NEW_YORK
from lox_core.errors import ModelError

Style = Literal["american", "european"]
Settlement = Literal["physical", "cash"]
Session = Literal["am", "pm"]
YEAR_S = 31_536_000.0
_OCC = re.compile(r"(?P<root>[A-Z]{1,5}[0-9]?) *(?P<day>\d{6})(?P<right>[CP])(?P<strike>\d{8})", re.ASCII)
_MAX_STRIKE = 99_999.999


@dataclass(frozen=True)
class RootRules:
    """What a root fixes: the underlying's symbol, exercise, settlement, and when the last value is struck."""

    underlying: str
    style: Style = "european"
    settlement: Settlement = "cash"
    session: Session = "pm"
    priced_off: Literal["spot", "future"] = "spot"


INDEX_ROOTS: dict[str, RootRules] = {
    "SPX": RootRules("SPX", session="am"),
    "SPXW": RootRules("SPX"),
    "XSP": RootRules("XSP"),
    "NDX": RootRules("NDX", session="am"),
    "NDXP": RootRules("NDX"),
    "XND": RootRules("XND"),
    "RUT": RootRules("RUT", session="am"),
    "RUTW": RootRules("RUT"),
    "MRUT": RootRules("MRUT"),
    "DJX": RootRules("DJX", session="am"),
    "OEX": RootRules("OEX", style="american"),
    "XEO": RootRules("OEX"),
    "VIX": RootRules("VIX", session="am", priced_off="future"),
    "VIXW": RootRules("VIX", session="am", priced_off="future"),
}
# A root has no point, so that the class of a share cannot be told from it.
CLASS_SHARES = {"BRKB": "BRK.B", "BFB": "BF.B", "HEIA": "HEI.A", "LENB": "LEN.B", "MOGA": "MOG.A"}


@dataclass(frozen=True)
class OptionContract:
    """One listed option. ``multiplier`` is the dollars per point of premium, 100 for every standard contract."""

    root: str
    underlying: str
    expiry: date
    is_call: bool
    strike: float
    multiplier: float = 100.0
    style: Style = "american"
    settlement: Settlement = "physical"
    session: Session = "pm"
    adjusted: bool = False
    priced_off: Literal["spot", "future"] = "spot"

    @property
    def symbol(self) -> str:
        """The OCC symbol without padding, as Alpaca writes it: ``SPY261218P00660000``."""
        return occ_symbol(self.root, self.expiry, is_call=self.is_call, strike=self.strike)

    @property
    def right(self) -> str:
        """``C`` or ``P``."""
        return "C" if self.is_call else "P"

    @property
    def last_valuation(self) -> datetime:
        """When the last value is struck: the close of the expiry day (13:00 on half days), 09:30 for AM roots.

        An expiry on a day without session, such as a Saturday of the years before 2015, falls back to the session
        before it.
        """
        return _last_valuation(self.expiry, self.session)

    def expiry_years(self, instant: datetime) -> float:
        """Years of 31,536,000 seconds from ``instant`` to :attr:`last_valuation`; never below 0."""
        return max((self.last_valuation - instant).total_seconds(), 0.0) / YEAR_S

    def days_left(self, day: date) -> int:
        """Calendar days from ``day`` to the expiry day; negative when past."""
        return (self.expiry - day).days

    def intrinsic(self, spot: float) -> float:
        """Value per share at expiry with the underlying at ``spot``."""
        return max(spot - self.strike, 0.0) if self.is_call else max(self.strike - spot, 0.0)


@lru_cache(maxsize=1024)  # a chain asks it of every quote
def _last_valuation(expiry: date, session: Session) -> datetime:
    day = expiry
    while not is_session(day):
        day -= timedelta(days=1)
    if session == "am":
        return datetime(day.year, day.month, day.day, 9, 30, tzinfo=NEW_YORK)
    return close_of(day)


def parse_occ(symbol: str) -> OptionContract:
    """The contract of an OCC symbol, padded or not, any case.

    Raises
    ------
    ModelError
        The text is no OCC symbol: a strange root, a day that does not exist, a strike of zero.
    """
    text = symbol.strip().upper()
    found = _OCC.fullmatch(text)
    if found is None:
        raise ModelError(f"'{symbol[:24]}' is no option symbol: root, YYMMDD, C or P, strike × 1000 in 8 digits.")
    day = found["day"]
    try:
        expiry = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        raise ModelError(
            f"'{symbol[:24]}' names the day {day[:2]}-{day[2:4]}-{day[4:]}, which does not exist."
        ) from None
    strike = int(found["strike"]) / 1000
    if strike <= 0:
        raise ModelError(f"'{symbol[:24]}' has a strike of zero.")
    return contract_of(found["root"], expiry, is_call=found["right"] == "C", strike=strike)


def contract_of(root: str, expiry: date, *, is_call: bool, strike: float) -> OptionContract:
    """The contract of its parts, with the rules of its root."""
    rules = INDEX_ROOTS.get(root)
    if rules is not None:
        return OptionContract(
            root,
            rules.underlying,
            expiry,
            is_call,
            strike,
            style=rules.style,
            settlement=rules.settlement,
            session=rules.session,
            priced_off=rules.priced_off,
        )
    adjusted = root[-1].isdigit()
    standard = root[:-1] if adjusted else root
    underlying = CLASS_SHARES.get(standard, standard)
    return OptionContract(root, underlying, expiry, is_call, strike, adjusted=adjusted)


def occ_symbol(root: str, expiry: date, *, is_call: bool, strike: float) -> str:
    """The OCC symbol of its parts, without padding.

    Raises
    ------
    ModelError
        The strike is no multiple of a tenth of a cent between 0.001 and 99,999.999, or the root cannot be one.
    """
    thousandths = round(strike * 1000)
    if not 0 < strike <= _MAX_STRIKE or abs(thousandths - strike * 1000) > 1e-6:
        raise ModelError(f"A strike of {strike:g} cannot be written in an option symbol.")
    text = f"{root.upper()}{expiry:%y%m%d}{'C' if is_call else 'P'}{thousandths:08d}"
    if not _OCC.fullmatch(text):
        raise ModelError(f"'{root[:12]}' is no option root.")
    return text


def is_occ(symbol: str) -> bool:
    """Whether a symbol reads as an option's."""
    try:
        parse_occ(symbol)
    except ModelError:
        return False
    return True

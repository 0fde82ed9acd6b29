"""The two workbenches of a process: everybody's, and the owner's, who alone has a broker and a journal.

Both ask the same market. What belongs to the owner, keys included, is not hidden from everybody's workbench: it is
not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import SecretStr

from lox_core.clock import AsOf, Clock
from lox_core.demo.transport import DEMO_DATA_URL, DEMO_SETTINGS, DEMO_TRADING_URL, DemoAdapter
from lox_core.journal import Journal
from lox_core.market.budget import ALPACA_BUDGET, BudgetGate
from lox_core.market.market import Market, Progress
from lox_core.market.status import provider_status
from lox_core.market.store import Store
from lox_core.portfolio.positions import Holding
from lox_core.providers.alpaca import LIVE_URL, PAPER_URL, Broker
from lox_core.providers.exchange import Limits
from lox_core.regimes.state import Board
from lox_core.settings import Settings
from lox_core.workbench.book import Snapshot
from lox_core.workbench.curve import TENORS
from lox_core.workbench.desks import DEMO_NAME, AccountDesk, BookDesk, ClosedDesk, SampleDesk, require_present
from lox_core.workbench.imported import import_book
from lox_core.workbench.macro import MacroDesk, StatusReport
from lox_core.workbench.reads import gather
from lox_core.workbench.record import Recorded, record_day

BROKER = "Alpaca"
HALF_A_KEY = "ALPACA_API_SECRET is not set. It goes with ALPACA_API_KEY; without it the broker does not answer."
DEMO_LIMITS = Limits(read_s=60.0, deadline_s=60.0)  # on a busy machine this process computes longer than a vendor may
OWNERS_SECRETS = ("ALPACA_API_KEY", "ALPACA_API_SECRET", "LOX_API_TOKEN", "LOX_TRACKER_URL")


class Workbench(MacroDesk):
    """Everybody's workbench: the market, and the sample book on it, or the demo's account."""

    def __init__(self, settings: Settings, clock: Clock, market: Market) -> None:
        super().__init__(settings, clock, market)
        self.desk: BookDesk = _demo_desk(market, clock) if settings.demo else SampleDesk(market, clock)

    @classmethod
    def build(cls, settings: Settings, clock: Clock, *, public: bool = True, market: Market | None = None) -> Workbench:
        """The workbench the settings ask for: the real vendors, or the simulated market, all or nothing.

        Parameters
        ----------
        settings : Settings
        clock : Clock
        public : bool
            Whether it is for everybody; the owner's is an :class:`OwnersWorkbench`.
        market : Market, optional
            That of the process's other workbench, so that both share its store and budgets.
        """
        market = market or _market(settings, clock)
        if public:
            return Workbench(without_owner(settings), clock, market)
        return OwnersWorkbench(settings, clock, market)

    def load(self, as_of: AsOf, progress: Progress | None = None) -> None:
        """Fetch what is due for ``as_of``, the discount curve of any book included. Never raises for data."""
        super().load(as_of, progress)
        self.market.many(TENORS, as_of)

    def book(self, as_of: AsOf) -> Snapshot:
        """The book of whoever this workbench is for, fetched now; raises ``SettingsError`` for a past as-of."""
        return self.desk.fetch(as_of)

    def imported(self, holdings: Sequence[Holding], cash: float | None, as_of: AsOf) -> Snapshot:
        """A book from a file, valued now; raises ``SettingsError`` for a past as-of."""
        require_present(as_of)
        quotes, now = self.desk.quotes, self.clock.now()
        return import_book(quotes, self.market, as_of, holdings=holdings, cash=cash, now=now)

    def status(self, as_of: AsOf) -> StatusReport:
        """The sources' state, from memory; whether there is a broker is the owner's affair."""
        found = super().status(as_of)
        return replace(found, providers=tuple(one for one in found.providers if one.name != BROKER))


class OwnersWorkbench(Workbench):
    """The owner's workbench. Nothing of it may reach anybody else."""

    def __init__(self, settings: Settings, clock: Clock, market: Market) -> None:
        super().__init__(settings, clock, market)
        self.journal = Journal.open(settings, clock)
        self._gate = BudgetGate(BROKER, ALPACA_BUDGET, now=clock.now, monotonic=clock.monotonic)
        self.broker = None if settings.demo else _broker(settings, clock, gate=self._gate)
        if self.broker is not None:
            self.desk = AccountDesk(self.broker, market, clock, self.journal)
        elif not settings.demo and settings.ALPACA_API_KEY is not None:
            self.desk = ClosedDesk(HALF_A_KEY)

    def ask_broker(self) -> None:
        """Ask the broker for its clock and the account, so that the status tells how it answers. Never raises."""
        if self.broker is not None:
            gather({"clock": self.broker.clock, "account": self.broker.account}, {})

    def record_day(self, snapshot: Snapshot, as_of: AsOf, board: Board | None = None) -> Recorded:
        """Keep the day in the journal; see :func:`~lox_core.workbench.record.record_day`."""
        return record_day(self.journal, snapshot, as_of, mode=self.mode, board=board)

    def status(self, as_of: AsOf) -> StatusReport:
        """The sources' state with the broker's, as far as it was asked."""
        found = super().status(as_of)
        gate = None if self.broker is None else self._gate.state()
        return replace(
            found, providers=(*found.providers, provider_status(BROKER, self.settings, demo=False, gate=gate))
        )


def without_owner(settings: Settings) -> Settings:
    """The settings as everybody's workbench may know them: the same market, none of the owner's secrets."""
    mode = settings.LOX_MODE if settings.demo else "live"  # an Alpaca key alone makes the market live
    return settings.model_copy(update={"LOX_MODE": mode, "LOX_OWNER_EMAILS": "", **dict.fromkeys(OWNERS_SECRETS)})


def _market(settings: Settings, clock: Clock) -> Market:
    """The market, built without the owner's secrets whoever asks first."""
    public = without_owner(settings)
    if not settings.demo:
        return Market(public, clock, store=Store.open(settings.LOX_DATA_DIR))
    simulated = public.model_copy(update=dict(DEMO_SETTINGS))
    adapter = DemoAdapter(clock.now)
    store = Store.memory()
    return Market(simulated, clock, store=store, adapter=adapter, source_prefix="demo ", limits=DEMO_LIMITS)


def _demo_desk(market: Market, clock: Clock) -> AccountDesk:
    """The simulated account, through the same client: its wire is inside this process and no key is involved."""
    simulated = Broker(
        SecretStr("simulated"),
        SecretStr("simulated"),
        trading_url=DEMO_TRADING_URL,
        data_url=DEMO_DATA_URL,
        now=clock.now,
        adapter=DemoAdapter(clock.now),
        limits=DEMO_LIMITS,
    )
    return AccountDesk(simulated, market, clock, Journal.none(clock), named=DEMO_NAME)


def _broker(settings: Settings, clock: Clock, *, gate: BudgetGate) -> Broker | None:
    """The broker's client, where both halves of its key are set."""
    key, secret = settings.ALPACA_API_KEY, settings.ALPACA_API_SECRET
    if key is None or secret is None:
        return None
    url = settings.ALPACA_TRADING_URL or (PAPER_URL if settings.ALPACA_PAPER else LIVE_URL)
    return Broker(key, secret, trading_url=url, data_url=settings.ALPACA_DATA_URL, now=clock.now, gate=gate)

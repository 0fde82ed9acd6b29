"""The two workbenches of a process: everybody's, and the owner's, who alone has a broker.

Both ask the same market. What belongs to the owner, keys included, is not hidden from everybody's workbench: it is
not there.
"""

from __future__ import annotations

from dataclasses import replace

from lox_core.clock import AsOf, Clock
from lox_core.demo.transport import DEMO_SETTINGS, DemoAdapter
from lox_core.market.market import Market, Progress
from lox_core.market.store import Store
from lox_core.settings import Settings
from lox_core.workbench.curve import TENORS
from lox_core.workbench.macro import MacroDesk, StatusReport

BROKER = "Alpaca"
OWNERS_SECRETS = ("ALPACA_API_KEY", "ALPACA_API_SECRET", "LOX_API_TOKEN", "LOX_TRACKER_URL")


class Workbench(MacroDesk):
    """Everybody's workbench."""

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
            return cls(without_owner(settings), clock, market)
        return OwnersWorkbench(settings, clock, market)

    def load(self, as_of: AsOf, progress: Progress | None = None) -> None:
        """Fetch what is due for ``as_of``, the discount curve of any book included. Never raises for data."""
        super().load(as_of, progress)
        self.market.many(TENORS, as_of)

    def status(self, as_of: AsOf) -> StatusReport:
        """The sources' state, from memory; whether there is a broker is the owner's affair."""
        found = super().status(as_of)
        return replace(found, providers=tuple(one for one in found.providers if one.name != BROKER))


class OwnersWorkbench(Workbench):
    """The owner's workbench. Nothing of it may reach anybody else."""

    def status(self, as_of: AsOf) -> StatusReport:
        """The sources' state with the broker's."""
        return MacroDesk.status(self, as_of)


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
    return Market(simulated, clock, store=Store.memory(), adapter=DemoAdapter(clock.now), source_prefix="demo ")

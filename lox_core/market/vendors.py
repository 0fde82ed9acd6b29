"""The vendors' clients with their keys, gates and transport; a missing key is an error in words at the time of use."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from pydantic import SecretStr
from requests.adapters import BaseAdapter

from lox_core.clock import Clock
from lox_core.errors import AuthError
from lox_core.market.budget import FMP_BUDGET, FRED_BUDGET, UNLIMITED, BudgetGate
from lox_core.market.status import NEEDED, ProviderStatus, missing_key, provider_status
from lox_core.providers.exchange import Limits
from lox_core.providers.fmp import FmpClient
from lox_core.providers.fred import FredClient
from lox_core.settings import Settings

_NO_KEY = SecretStr("simulated")


class Vendors:
    """FRED and FMP, called with ``settings``' keys at its addresses.

    ``simulated``: the demo market answers, so no key is needed and no budget counted. The rest as for ``Market``.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        simulated: bool,
        adapter: BaseAdapter | None = None,
        limits: Limits | None = None,
        monotonic: Callable[[], float] = Clock.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._simulated = settings, simulated
        budgets = {"FRED": FRED_BUDGET, "FMP": FMP_BUDGET}
        self.gates = {
            name: BudgetGate(name, UNLIMITED if simulated else budget, now=clock.now, monotonic=monotonic, sleep=sleep)
            for name, budget in budgets.items()
        }
        self._fred: FredClient | None = None
        self._fmp: FmpClient | None = None
        if key := self._key("FRED_API_KEY"):
            self._fred = FredClient(
                settings.FRED_BASE_URL,
                key,
                adapter=adapter,
                limits=limits,
                gate=self.gates["FRED"],
                monotonic=monotonic,
                sleep=sleep,
            )
        if key := self._key("FMP_API_KEY"):
            self._fmp = FmpClient(
                settings.FMP_BASE_URL,
                key,
                legacy=settings.FMP_LEGACY,
                adapter=adapter,
                limits=limits,
                gate=self.gates["FMP"],
                monotonic=monotonic,
                sleep=sleep,
            )

    def fred(self) -> FredClient:
        """FRED; raises ``AuthError`` naming the missing key and what it unlocks."""
        if self._fred is None:
            raise AuthError(missing_key("FRED"), source="FRED")
        return self._fred

    def fmp(self) -> FmpClient:
        """FMP; raises ``AuthError`` naming the missing key and what it unlocks."""
        if self._fmp is None:
            raise AuthError(missing_key("FMP"), source="FMP")
        return self._fmp

    def origin(self, address: str) -> str:
        """What precedes the store's keys: nothing for the vendor itself, else where the data came from."""
        if self._simulated:
            return "demo/"
        url = getattr(self._settings, address)
        if url == Settings.model_fields[address].default:
            return ""
        parts = urlsplit(url)
        return f"{parts.netloc}{parts.path}/"

    def statuses(self) -> tuple[ProviderStatus, ...]:
        """Every vendor Lox knows, those nothing calls yet included."""
        states = {name: gate.state() for name, gate in self.gates.items()}
        return tuple(
            provider_status(name, self._settings, demo=self._simulated, gate=states.get(name)) for name in NEEDED
        )

    def _key(self, name: str) -> SecretStr | None:
        key: SecretStr | None = getattr(self._settings, name)
        return key or (_NO_KEY if self._simulated else None)

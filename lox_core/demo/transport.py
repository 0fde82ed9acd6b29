"""The simulated vendors as a ``requests`` transport: mount it, and the ordinary clients talk to a made-up market.

The hosts end in ``.invalid``, a name that resolves nowhere: a request that misses this adapter reaches no network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property, partial
from http import HTTPStatus
from io import BytesIO
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from lox_core.demo.alpaca_data import AlpacaData
from lox_core.demo.alpaca_trading import AlpacaTrading
from lox_core.demo.episodes import ASSETS
from lox_core.demo.fmp_wire import FmpWire
from lox_core.demo.fred_wire import Answer, FredWire
from lox_core.demo.world import DEFAULT_SEED, World, world_of

DEMO_FRED_URL = "https://fred.demo.invalid/fred"
DEMO_FMP_URL = "https://fmp.demo.invalid"
DEMO_TRADING_URL = "https://alpaca.demo.invalid"
DEMO_DATA_URL = "https://alpaca-data.demo.invalid"
DEMO_SETTINGS: Mapping[str, object] = {
    "ALPACA_TRADING_URL": DEMO_TRADING_URL,
    "ALPACA_DATA_URL": DEMO_DATA_URL,
    "FRED_BASE_URL": DEMO_FRED_URL,
    "FMP_BASE_URL": DEMO_FMP_URL,
    "FMP_LEGACY": False,
}

HOSTS = (DEMO_FRED_URL, DEMO_FMP_URL, DEMO_TRADING_URL, DEMO_DATA_URL)
Handler = Callable[[Mapping[str, str], datetime], Answer]


class DemoAdapter(BaseAdapter):
    """Answers prepared requests from a simulated world, as it stands whenever it is asked.

    Parameters
    ----------
    now : callable
        Gives the present, an aware instant; asked once per request.
    seed : int
        Which world. It is drawn at the first request, once per process.
    """

    def __init__(self, now: Callable[[], datetime], seed: int = DEFAULT_SEED) -> None:
        super().__init__()
        self._now = now
        self._seed = seed

    @property
    def world(self) -> World:
        """The world that answers."""
        return world_of(self._seed)

    @cached_property
    def _routes(self) -> dict[str, Handler]:
        """Address to handler; a trailing ``*`` matches what follows."""
        fred, fmp = FredWire(self.world), FmpWire(self.world)
        account, quotes = AlpacaTrading(self.world), AlpacaData(self.world)
        trading, data = f"{DEMO_TRADING_URL}/v2", DEMO_DATA_URL
        return {
            f"{trading}/account": account.account,
            f"{trading}/positions": account.positions,
            f"{trading}/orders": account.orders,
            f"{trading}/account/activities": account.activities,
            f"{trading}/account/portfolio/history": account.portfolio_history,
            f"{trading}/clock": account.clock,
            f"{data}/v2/stocks/snapshots": quotes.stock_snapshots,
            f"{data}/v2/stocks/bars": quotes.stock_bars,
            f"{data}/v1beta1/options/snapshots": quotes.option_snapshots,
            f"{data}/v1beta1/options/bars": quotes.option_bars,
            f"{data}/v1/corporate-actions": quotes.corporate_actions,
            **{f"{data}/v1beta1/options/snapshots/{symbol}": partial(quotes.option_chain, symbol) for symbol in ASSETS},
            f"{DEMO_FRED_URL}/series/observations": fred.observations,
            f"{DEMO_FRED_URL}/series": fred.series,
            f"{DEMO_FMP_URL}/stable/quote": fmp.quote,
            f"{DEMO_FMP_URL}/stable/historical-price-eod/full": fmp.bars,
            f"{DEMO_FMP_URL}/stable/historical-price-eod/dividend-adjusted": fmp.adjusted_bars,
            f"{DEMO_FMP_URL}/stable/treasury-rates": fmp.treasury_rates,
            f"{DEMO_FMP_URL}/api/*": fmp.legacy,
        }

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: str | bytes | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The simulated vendor's reply.

        Raises
        ------
        requests.ConnectionError
            The host is none of the simulated ones; nothing was sent anywhere.
        """
        del stream, timeout, verify, cert, proxies
        parts = urlsplit(request.url or "")
        address = f"{parts.scheme}://{parts.netloc}{parts.path}"
        if not address.startswith(tuple(f"{url}/" for url in HOSTS)):
            raise requests.ConnectionError("The simulated market has no such host.", request=request)
        handler = self._handler(address)
        if handler is None:
            return _response(request, 404, b'{"error":"The simulated market does not answer this address."}')
        if request.method != "GET":
            return _response(request, 405, b'{"error":"The simulated market is read only."}')
        status, body = handler(dict(parse_qsl(parts.query, keep_blank_values=True)), self._now())
        return _response(request, status, body)

    def close(self) -> None:
        """Nothing is held open."""

    def _handler(self, address: str) -> Handler | None:
        if address in self._routes:
            return self._routes[address]
        prefixes = (pattern for pattern in self._routes if pattern.endswith("*") and address.startswith(pattern[:-1]))
        return next((self._routes[pattern] for pattern in prefixes), None)


def build(now: Callable[[], datetime], seed: int = DEFAULT_SEED) -> DemoAdapter:
    """The adapter to mount for a demo market: ``now`` gives the present, ``seed`` decides every number."""
    return DemoAdapter(now, seed)


def _response(request: requests.PreparedRequest, status: int, body: bytes) -> requests.Response:
    """A reply like one from a socket: its body can be read whole or in chunks."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body))}
    reply = requests.Response()
    reply.status_code = status
    reply.reason = HTTPStatus(status).phrase
    reply.headers = CaseInsensitiveDict(headers)
    reply.encoding = "utf-8"
    reply.url = request.url or ""
    reply.request = request
    reply.raw = HTTPResponse(body=BytesIO(body), headers=headers, status=status, preload_content=False)
    reply.elapsed = timedelta(0)
    return reply

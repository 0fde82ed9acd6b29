"""A broker on loopback whose one account holds what no visitor may ever see."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CANARY = "CNRYQ"
OPTION = f"{CANARY}261218C00123000"
EQUITY = "987654.32"
NOW = "2026-11-20T15:30:00-05:00"
QUOTE_AT = "2026-11-20T20:29:50Z"
_QUOTE = {"bp": 123.4, "ap": 123.6, "bs": 1, "as": 1, "t": QUOTE_AT}


def _position(symbol: str, asset_class: str, quantity: str) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "asset_class": asset_class,
        "qty": quantity,
        "side": "long",
        "avg_entry_price": "100",
        "market_value": "24680",
        "current_price": "123.5",
        "lastday_price": "120",
    }


def _bars(symbols: str) -> dict[str, Any]:
    days = [f"2026-11-{day:02d}T05:00:00Z" for day in (17, 18, 19)]
    return {"bars": {name: [{"t": day, "c": 120.0} for day in days] for name in symbols.split(",")}}


def answer(path: str, asked: dict[str, str]) -> Any:
    """The reply to one address, as Alpaca writes it."""
    symbols = asked.get("symbols", "")
    names = [name for name in symbols.split(",") if name]
    fixed: dict[str, Any] = {
        "/v2/account": {"account_number": "PACANARY77", "equity": EQUITY, "cash": "1000", "status": "ACTIVE"},
        "/v2/positions": [_position(CANARY, "us_equity", "200"), _position(OPTION, "us_option", "3")],
        "/v2/orders": [{"id": "o1", "symbol": CANARY, "side": "buy", "qty": "1", "type": "limit", "status": "new"}],
        "/v2/account/activities": [
            {"id": "a1", "activity_type": "DIV", "date": "2026-11-10", "symbol": CANARY, "net_amount": "7"}
        ],
        "/v2/account/portfolio/history": {"timestamp": [1795000000, 1795086400], "equity": [987000.0, 987654.0]},
        "/v2/clock": {"timestamp": NOW, "is_open": True},
        "/v2/stocks/bars": _bars(symbols),
        "/v2/stocks/snapshots": {name: {"latestQuote": _QUOTE, "prevDailyBar": {"c": 120.0}} for name in names},
        "/v1beta1/options/snapshots": {"snapshots": {name: {"latestQuote": _QUOTE} for name in names}},
        "/v1beta1/options/bars": {"bars": {}},
        "/v1/corporate-actions": {"corporate_actions": {}},
    }
    if path.startswith("/v1beta1/options/snapshots/"):
        return {"snapshots": {OPTION: {"latestQuote": _QUOTE}}}
    return fixed.get(path)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        found = answer(parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()})
        body = json.dumps(found if found is not None else {"message": "not found"}).encode()
        self.server.hits.append(parts.path)  # type: ignore[attr-defined]
        self.send_response(200 if found is not None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def canary_broker() -> Iterator[tuple[str, list[str]]]:
    """Its address and the paths it was asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.hits = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", server.hits  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()

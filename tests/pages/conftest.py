"""Pages run as the app runs them, through ``lox_ui/main.py``, over a made-up workbench."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from lox_ui import loaders, services
from tests.conftest import ROOT
from tests.lox_ui.board_factory import FakeWorkbench

Opener = Callable[..., AppTest]


@pytest.fixture
def open_page() -> Iterator[Opener]:
    """``open_page(kind, mode=…, page=…, query=…)``: the page's first run; ``at.bench`` is its workbench."""

    def opened(
        kind: str = "happy", *, mode: str = "demo", page: str = "", query: dict[str, str] | None = None
    ) -> AppTest:
        bench = FakeWorkbench(kind, mode=mode)
        loaders.forget()
        services.install(bench)
        at = AppTest.from_file(str(ROOT / "lox_ui" / "main.py"), default_timeout=60)
        at.bench = bench
        for name, value in (query or {}).items():
            at.query_params[name] = value
        at.run()
        return at.switch_page(page).run() if page else at

    yield opened
    services.install(None)
    loaders.forget()


def html(at: AppTest) -> str:
    """Everything the page drew as HTML, the stylesheet aside."""
    return "\n".join(element.proto.body for element in at.get("html"))


def figures(at: AppTest) -> list[dict]:
    """The specs of the page's charts."""
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]

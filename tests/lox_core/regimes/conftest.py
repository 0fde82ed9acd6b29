"""One invented market, built once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from invented import observations

from lox_core.catalog import Observations


@pytest.fixture(scope="session")
def market() -> dict[str, Observations]:
    return observations()

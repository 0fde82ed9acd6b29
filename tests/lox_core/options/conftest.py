from __future__ import annotations

from collections.abc import Iterator

import pytest

from lox_core.options import kernels


@pytest.fixture(params=["numpy", "numba"])
def both_kernels(request: pytest.FixtureRequest) -> Iterator[str]:
    """The test runs twice: with plain numpy and with the compiled kernels."""
    kernels.use(request.param)
    assert kernels.wait() == request.param, kernels.problem()
    yield request.param
    kernels.use("numpy")


@pytest.fixture
def compiled() -> Iterator[None]:
    """The compiled kernels."""
    kernels.use("numba")
    assert kernels.wait() == "numba", kernels.problem()
    yield
    kernels.use("numpy")

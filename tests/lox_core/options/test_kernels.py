"""The machinery: nothing on import, numpy until told otherwise, and a failure that leaves numpy at work."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from lox_core.options import black_scholes as bs
from lox_core.options import kernels
from tests.conftest import ROOT


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_the_numerics_loads_no_numba():
    code = (
        "import sys; from lox_core.options import american, implied_vol, kernels\n"
        "print('numba' in sys.modules, kernels.active())"
    )
    assert run(code) == "False numpy"


def test_numpy_when_asked_even_after_start():
    code = "from lox_core.options import kernels as k; k.use('numpy'); k.start(); print(k.wait(), k.problem())"
    assert run(code) == "numpy None"


def test_without_numba_numpy_computes_and_says_why():
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from lox_core.options import kernels as k, black_scholes as b\n"
        "k.use('auto'); print(k.wait(), 'could not be built' in k.problem())\n"
        "print(round(float(b.price(is_call=True, spot=100, strike=100, expiry_years=1, rate=0.05, vol=0.2)), 6))"
    )
    assert run(code).splitlines() == ["numpy True", "10.450584"]


def test_the_cache_is_private_and_an_unwritable_one_is_survived(tmp_path):
    folder = tmp_path / "data" / "kernels"
    code = (
        "from pathlib import Path; from lox_core.options import kernels as k\n"
        "k.MODULES = k.MODULES[:1]  # one is enough to see where it goes\n"
        f"k.use('numba', Path({str(folder)!r})); print(k.wait())"
    )
    assert run(code) == "numba"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.rglob("*.nbc"))
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    code = code.replace(str(folder), str(blocked / "kernels"))
    assert run(code) == "numba"


@pytest.mark.parametrize("size", [0, 1, 7, 100, 1000])
def test_chunks_cover_everything_once(size):
    seen = np.zeros(size, int)

    def work(part: slice) -> None:
        seen[part] += 1

    kernels.each_chunk(size, work, chunk=64, pool_from=128)
    assert (seen == 1).all()


def test_an_error_in_a_chunk_reaches_the_caller():
    def work(part: slice) -> None:
        raise ValueError("in a thread")

    with pytest.raises(ValueError, match="in a thread"):
        kernels.each_chunk(1000, work, chunk=64, pool_from=128)


def test_results_do_not_depend_on_how_many_are_asked_for(compiled):
    draw = np.random.default_rng(1)
    o = {
        "is_call": True,
        "spot": 100.0,
        "strike": draw.uniform(60, 160, 5000),
        "expiry_years": 0.7,
        "rate": 0.03,
        "vol": 0.25,
    }
    whole = bs.greeks(**o)
    for place in (0, 17, 2047, 2048, 4999):
        one = bs.greeks(**(o | {"strike": o["strike"][place]}))
        assert float(one.volga_per_vol_point_sq) == whole.volga_per_vol_point_sq[place]

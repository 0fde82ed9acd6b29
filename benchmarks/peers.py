"""Packages that cannot share Lox's environment, timed in one of their own, made once among the temporary files.

Not a benchmark itself: it has no ``main``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(tempfile.gettempdir()) / "lox-bench-peers"
# py_vollib_vectorized 0.1.1 only runs beside these.
PACKAGES = (
    "numpy==2.4.6",
    "scipy==1.17.1",
    "pandas==3.1.1",
    "numba==0.68.1",
    "py_vollib_vectorized==0.1.1",
    "py_vollib==1.0.1",
    "py_lets_be_rational==1.0.1",
)
WORKER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
import py_vollib_vectorized as peer
given = json.loads(sys.stdin.readline())
draw = np.random.default_rng(given["seed"])
n = given["count"]
S = draw.uniform(50, 150, n); K = S * draw.uniform(0.75, 1.25, n); T = draw.uniform(0.02, 2, n)
r = np.full(n, 0.04); q = np.full(n, 0.012); v = draw.uniform(0.12, 0.7, n)
f = np.where(draw.random(n) < 0.5, "c", "p")
told = dict(model="black_scholes_merton", return_as="numpy", on_error="ignore")
price = peer.vectorized_black_scholes_merton(f, S, K, T, r, v, q, return_as="numpy")
def solve():
    return peer.vectorized_implied_volatility(price, S, K, T, r, f, q, **told)
solve()
print("ready", flush=True)
for line in sys.stdin:
    start = time.perf_counter(); solve(); print(1000 * (time.perf_counter() - start), flush=True)
"""


@contextmanager
def implied_vol(count: int, seed: int) -> Iterator[Callable[[], float] | None]:
    """A process that inverts ``count`` prices by py_vollib_vectorized whenever called, and answers its milliseconds.

    None where the package cannot be installed or run.
    """
    python = FOLDER / "bin" / "python"
    try:
        if not (FOLDER / "ready").is_file():
            subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True, capture_output=True)
            subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True, capture_output=True)
            (FOLDER / "ready").touch()
    except (OSError, subprocess.CalledProcessError):
        yield None
        return
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([python, "-c", WORKER], text=True, bufsize=1, **pipes) as process:

        def ask(line: str) -> str:
            """One line there, one back; empty when the process has ended."""
            process.stdin.write(line + "\n")
            process.stdin.flush()
            return process.stdout.readline()

        ready = ask(json.dumps({"count": count, "seed": seed})).strip() == "ready"
        yield (lambda: float(ask(""))) if ready else None
        process.stdin.close()

"""Which kernels run: numba's once they are compiled, plain numpy until then, or always when asked.

Nothing happens on import. A face says once what it wants (:func:`use`) and where compiled code may be kept; the
compilation then runs beside the first answers (:func:`start`) or is waited for (:func:`wait`). Kernels release the
interpreter's lock and work on chunks of fixed size in one bounded pool, so results do not depend on how many threads
ask. numba's ``parallel=True`` is never used: called from several threads it ends the whole process.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

from lox_core.log import LOGGER

Mode = Literal["auto", "numba", "numpy"]
Kernel = Callable[..., Any]
# Modules that hold compiled functions; a kernel is named by module and function.
MODULES = (
    "lox_core.options.numba_european",
    "lox_core.options.numba_implied_vol",
    "lox_core.options.numba_american",
    "lox_core.options.numba_lattice",
)
FOLDER = "kernels"  # below the data directory, for the compiled code
CHUNK = 131_072
POOL_FROM = 131_072  # columns; fewer are dearer to hand to threads than to compute
BLOCK = 2048
THREADS = 2


class _State:
    """The process's one choice."""

    def __init__(self) -> None:
        self.mode: Mode = "numpy"
        self.cache_dir: Path | None = None
        self.found: dict[str, Kernel] = {}
        self.thread: threading.Thread | None = None
        self.problem: str | None = None
        self.lock = threading.Lock()
        self.pool: ThreadPoolExecutor | None = None


_STATE = _State()


def use(mode: Mode, cache_dir: Path | None = None) -> None:
    """Choose the kernels of this process, before the first :func:`start`.

    Parameters
    ----------
    mode : {"auto", "numba", "numpy"}
        ``auto`` and ``numba`` compile; ``numpy`` never does.
    cache_dir : Path, optional
        Where numba keeps compiled code; made with mode 0700, since numba unpickles what it finds there. Without one,
        or where it cannot be made, that is beside the code, like Python's own.
    """
    with _STATE.lock:
        _STATE.mode, _STATE.cache_dir = mode, cache_dir


def start() -> None:
    """Compile in the background; returns at once. Further calls do nothing."""
    with _STATE.lock:
        if _STATE.mode == "numpy" or _STATE.thread is not None:
            return
        _STATE.thread = threading.Thread(target=_compile, name="lox-kernels", daemon=True)
        _STATE.thread.start()


def wait() -> str:
    """Compile if need be and wait for it; answers what is active then."""
    start()
    thread = _STATE.thread
    if thread is not None:
        thread.join()
    return active()


def active() -> Literal["numba", "numpy"]:
    """What computes at this moment."""
    return "numba" if _STATE.found and _STATE.mode != "numpy" else "numpy"


def problem() -> str | None:
    """Why numba's kernels do not run although they were asked for, in words."""
    return _STATE.problem


def kernel(name: str) -> Kernel | None:
    """The compiled function of that name, or ``None`` while numpy computes."""
    return None if _STATE.mode == "numpy" else _STATE.found.get(name)


def each_chunk(size: int, work: Callable[[slice], Any], *, chunk: int = CHUNK, pool_from: int = POOL_FROM) -> None:
    """Call ``work`` on consecutive slices of at most ``chunk``; on the pool from ``pool_from`` columns on."""
    slices = [slice(low, min(low + chunk, size)) for low in range(0, size, chunk)]
    if len(slices) < 2 or size < pool_from or threading.current_thread().name.startswith("lox-chunk"):
        for part in slices:
            work(part)
        return
    for done in [_pool().submit(work, part) for part in slices]:
        done.result()


def _pool() -> ThreadPoolExecutor:
    with _STATE.lock:
        if _STATE.pool is None:
            _STATE.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="lox-chunk")
        return _STATE.pool


def _compile() -> None:
    """Import what compiles; any failure leaves numpy at work and is told once."""
    try:
        _place_cache()
        found: dict[str, Kernel] = {}
        for name in MODULES:
            module = importlib.import_module(name)
            found.update(module.KERNELS)
    except Exception as error:  # numba can fail in many ways of its own, and numpy computes the same
        _STATE.problem = f"numba's kernels could not be built ({type(error).__name__}); numpy computes instead."
        LOGGER.warning("kernels: %s", _STATE.problem)
        return
    _STATE.found = found


def _place_cache() -> None:
    """Tell numba where to keep compiled code."""
    import numba.core.config as config

    folder = _STATE.cache_dir
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)
        except OSError:
            folder = None
    setattr(config, "CACHE_DIR", "" if folder is None else str(folder))  # noqa: B010 - numba makes it at run time

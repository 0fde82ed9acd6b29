"""The process among the system's limits: its memory, and how many files it may open."""

from __future__ import annotations

import contextlib
import importlib.util
from pathlib import Path

FILES = 65_536
_LIMITS = importlib.util.find_spec("resource") is not None  # not on Windows


def allow_many_files() -> None:
    """Open as many files at once as the system allows: every visitor holds a few, and the usual 1,024 are soon gone."""
    if not _LIMITS:
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def memory_bytes() -> int | None:
    """The process's resident memory; None where the system does not say."""
    if not _LIMITS:
        return None
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return None
    return pages * resource.getpagesize()


def peak_bytes() -> int | None:
    """The most memory the process has held; None where the system does not say."""
    if not _LIMITS:
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from lox_ui import process


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    """The process's own limits, put back afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_limit_of_open_files_is_raised_as_far_as_the_system_allows(limits):
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
    process.allow_many_files()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == limits[1]
    assert soft == (process.FILES if hard == resource.RLIM_INFINITY else min(hard, process.FILES))


def test_a_generous_limit_is_left_alone(limits):
    process.allow_many_files()
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    process.allow_many_files()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_memory_is_told_or_missing_and_never_zero(monkeypatch):
    found = process.memory_bytes()
    assert found is None or found > 10_000_000
    assert process.peak_bytes() >= (found or 0) // 2
    monkeypatch.setattr(process, "_LIMITS", False)
    assert process.memory_bytes() is None
    assert process.peak_bytes() is None

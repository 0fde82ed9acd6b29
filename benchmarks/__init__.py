"""Measurements, one module each: ``python -m benchmarks`` runs them all, ``python -m benchmarks NAME`` one.

A module takes part by having a ``main()`` without arguments. It prints what it likes and returns its figures: an
iterable of :class:`Figure`, or nothing, or an exit code.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One thing measured, and the limit it must not pass (None: only told)."""

    what: str
    measured: float
    unit: str
    at_most: float | None = None

    @property
    def held(self) -> bool:
        """Whether the figure is within its limit."""
        return self.at_most is None or self.measured <= self.at_most

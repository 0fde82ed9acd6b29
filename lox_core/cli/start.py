"""What every command starts with: settings from the environment over ``.env``, the clock, the workbench, the as-of."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dotenv import dotenv_values

from lox_core import log
from lox_core.clock import AsOf, Clock
from lox_core.options import kernels
from lox_core.settings import Settings
from lox_core.workbench import OwnersWorkbench, Workbench


@dataclass(frozen=True)
class Session:
    """One run of the command line."""

    settings: Settings
    clock: Clock

    @classmethod
    def open(cls) -> Session:
        """Read the settings; raises :class:`SettingsError` in words when one cannot be used."""
        settings = Settings.from_layers(os.environ, dotenv_values(Path(".env")))
        log.configure(settings.LOX_LOG_LEVEL)
        return cls(settings, Clock.from_setting(settings.LOX_NOW))

    @cached_property
    def owners(self) -> OwnersWorkbench:
        """The owner's workbench, built on first use: asking for help must not open a store."""
        found = Workbench.build(self.settings, self.clock, public=False)
        assert isinstance(found, OwnersWorkbench)  # noqa: S101 - what ``public=False`` means
        return found

    @property
    def workbench(self) -> Workbench:
        """The same, for questions about the market."""
        return self.owners

    def wait_for_kernels(self) -> None:
        """Compile numba's kernels and wait for them, or run numpy: one kernel for the whole answer."""
        kernels.use(self.settings.LOX_KERNELS, self.settings.LOX_DATA_DIR / kernels.FOLDER)
        kernels.wait()

    def as_of(self, text: str | None) -> AsOf:
        """``--as-of``, else ``LOX_AS_OF``, else the present."""
        return AsOf.parse(text or self.settings.LOX_AS_OF or "now", self.clock)

"""The workbench: ask it a question, get figures. It loads, calls the pure core, and hands the result on."""

from lox_core.regimes.playbook import Playbook
from lox_core.workbench.bench import OwnersWorkbench, Workbench
from lox_core.workbench.book import Snapshot
from lox_core.workbench.macro import BoardReport, StatusReport

__all__ = ["BoardReport", "OwnersWorkbench", "Playbook", "Snapshot", "StatusReport", "Workbench"]

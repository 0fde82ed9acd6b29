"""The workbench: ask it a question, get figures. It loads, calls the pure core, and hands the result on."""

from lox_core.regimes.playbook import Playbook
from lox_core.workbench.macro import BoardReport, StatusReport, Workbench

__all__ = ["BoardReport", "Playbook", "StatusReport", "Workbench"]

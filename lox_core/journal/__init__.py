"""The journal: net asset value, fills, flows, attribution and regimes by day, kept for ever in one database."""

from lox_core.journal.journal import Journal

__all__ = ["Journal"]

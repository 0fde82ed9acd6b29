"""Lox's library: regimes, an options book, scenarios and a number-checked analyst, free of any user interface."""

__version__ = "0.1.0"

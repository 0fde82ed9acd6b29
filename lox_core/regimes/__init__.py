"""The regime engine: pure functions from observations to a board of seven pillars and the macro regime."""

"""The seven pillars, one module each: readings in, a :class:`PillarState` out."""

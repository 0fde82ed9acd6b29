"""One file per step; a step never changes once it has been released."""

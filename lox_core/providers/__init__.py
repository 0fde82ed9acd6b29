"""One client per vendor, typed, over one way to call out."""

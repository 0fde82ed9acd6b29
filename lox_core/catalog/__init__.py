"""What Lox knows about each series before asking for it, and the point-in-time shape its observations take."""

from lox_core.catalog.observations import Observations
from lox_core.catalog.series import SERIES, Series, series

__all__ = ["SERIES", "Observations", "Series", "series"]

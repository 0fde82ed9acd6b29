"""Recorded market data beside the checkout, read as observations. It is third-party and never copied in here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from lox_core.catalog import SERIES, Observations, series

SHARED = Path(__file__).resolve().parents[2] / "shared"


def available() -> bool:
    """Whether the recorded data is there."""
    return (SHARED / "data" / "fred").is_dir()


def observations() -> dict[str, Observations]:
    """Every catalog series that was recorded, latest vintage, dated by the catalog's release rules."""
    found = {}
    for name in SERIES:
        path = _file(name)
        if path is None:
            continue
        frame = pd.read_csv(path)
        frame.columns = pd.Index(["date", "value"])
        values = pd.to_numeric(frame["value"], errors="coerce").to_numpy(float)
        dates = frame["date"].to_numpy("datetime64[D]")
        found[name] = Observations.of(series(name), dates, values, source=f"FRED:{name}")
    return found


def closes(symbol: str) -> pd.Series:
    """Daily closes of a recorded price file, by date; NaN where the file has none."""
    frame = pd.read_csv(SHARED / "data" / "prices" / f"{symbol}.csv")
    column = next(name for name in ("Close", "close", "CLOSE") if name in frame.columns)
    index = pd.DatetimeIndex(pd.to_datetime(frame[frame.columns[0]]))
    return pd.Series(pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64), index).sort_index()


def _file(name: str) -> Path | None:
    """The canonical file, else the longest of the recorded vintages."""
    folder = SHARED / "data" / "fred"
    canonical = folder / f"{name}.csv"
    if canonical.exists():
        return canonical
    vintages = sorted((folder / "vintages").glob(f"{name}__*.csv"), key=lambda path: path.stat().st_size)
    return vintages[-1] if vintages else None

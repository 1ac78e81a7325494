"""A small table with holes, and a completion of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

WARDS = np.array(["north", "south", "intensive <care> & more"])


def before_and_after(n: int = 120, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a table of numbers, categories, dates and text, and the same with its holes filled from the columns."""
    rng = np.random.default_rng(seed)
    before = pd.DataFrame(
        {
            "age": rng.normal(50, 12, n).round(),
            "crp": np.exp(rng.normal(1, 0.6, n)).round(1),
            "ward": rng.choice(WARDS, n),
            "when": pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 700, n), unit="D"),
            "note": [f"words about patient number {k}" for k in range(n)],
        }
    )
    for name, share in (("crp", 0.4), ("ward", 0.3), ("when", 0.2)):
        before[name] = before[name].mask(rng.random(n) < share)
    return before, hot_deck(before, seed)


def hot_deck(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the table with each hole filled by a value of its column."""
    rng, filled = np.random.default_rng(seed + 1), table.copy()
    for name in table.columns.drop("note", errors="ignore"):
        holes = table[name].isna()
        filled.loc[holes, name] = rng.choice(table[name].dropna().to_numpy(), int(holes.sum()))
    return filled

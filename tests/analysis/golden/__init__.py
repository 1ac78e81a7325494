"""What R's mice says of its own completions of nhanes2; `make.R` writes the files."""

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent


def completed(folder: Path = FOLDER) -> list[pd.DataFrame]:
    """Return the five completed tables."""
    stacked = pd.read_csv(folder / "completed.csv")
    return [table.drop(columns="draw").reset_index(drop=True) for _, table in stacked.groupby("draw")]


def incomplete(folder: Path = FOLDER) -> pd.DataFrame:
    """Return nhanes2 itself."""
    return pd.read_csv(folder / "nhanes2.csv")


def read(name: str, folder: Path = FOLDER) -> pd.DataFrame:
    """Return a table of what R says."""
    return pd.read_csv(folder / name)

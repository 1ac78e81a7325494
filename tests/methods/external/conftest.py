"""A problem with columns of all kinds."""

import numpy as np
import pandas as pd
import pytest

from mirimpute.methods.base import problem_of
from mirimpute.table.table import table_from_frame


@pytest.fixture
def mixed():
    """A problem of numbers, whole numbers, categories with odd names and dates; the first row is complete."""
    rng = np.random.default_rng(0)
    n = 30
    frame = pd.DataFrame(
        {
            "größe (cm)": rng.normal(170, 10, n),
            "n": rng.integers(0, 50, n).astype(float),
            "colour": rng.permutation(["red", "NA", 'a "b", c'] * 10),
            "when": pd.Timestamp("1960-02-29") + pd.to_timedelta(rng.integers(0, 9999, n), unit="D"),
            "ok": rng.random(n) < 0.5,
        }
    )
    hidden = rng.random(frame.shape) < 0.3
    hidden[0] = False
    hidden[1, 0] = True
    frame.loc[0, "colour"] = "NA"
    table = table_from_frame(frame, "mixed", {"colour": "categorical"})
    return problem_of(np.where(hidden, np.nan, table.values), table.columns, seed=3)[0]

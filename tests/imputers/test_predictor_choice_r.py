"""Predictors against R's mice 3.15: ``mice(method="norm", predictorMatrix=...)``, 100 tables, 10 rounds, seed 1.

In the matrix y is predicted from a, w from y and b, and no column from c. The values are means over the tables, of the
mean of the column and of the coefficients of its regression on a, b and c.
"""

import numpy as np
import pandas as pd
import pytest

from mirimpute import Imputer

OF_R = {"y": [-0.0856, -0.0115, 1.0774, 0.5113, -0.3691], "w": [-0.1546, -0.0270, 1.0385, 1.0882, -1.1610]}
"""The mean, then intercept and coefficients of a, b and c."""
ERROR_OF_R = {"y": [0.0035, 0.0035, 0.0035, 0.0027, 0.0030], "w": [0.0054, 0.0056, 0.0051, 0.0046, 0.0050]}


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(5)
    a, b, c = rng.normal(size=(3, 400))
    y = a + 0.7 * b - 0.5 * c + 0.6 * rng.normal(size=400)
    w = y + 0.5 * b - c + rng.normal(size=400)
    table = pd.DataFrame({"a": a, "b": b, "c": c, "y": y, "w": w})
    table.loc[rng.random(400) < 0.3, "y"] = np.nan
    table.loc[rng.random(400) < 0.25, "w"] = np.nan
    return table


def test_answers_are_those_of_r(frame):
    imputer = Imputer(
        "mice",
        parameters={"kind": "bayes", "rounds": 10, "chains": 100},
        predictors={"y": ["a"], "w": ["y", "b"]},
        integers=False,
        random_state=1,
    )
    tables = imputer.fit(frame).sample(frame, 100)
    for name in ("y", "w"):
        found = []
        for table in tables:
            inputs = np.column_stack([np.ones(400), table[["a", "b", "c"]]])
            found.append([table[name].mean(), *np.linalg.lstsq(inputs, table[name], rcond=None)[0]])
        error = np.hypot(np.std(found, axis=0, ddof=1) / 10, ERROR_OF_R[name])
        assert (np.abs(np.mean(found, axis=0) - OF_R[name]) < 4 * error).all()
    everything = Imputer("mice", parameters=imputer.parameters, integers=False, random_state=1).fit(frame)
    slope = np.polyfit(frame["c"], everything.sample(frame, 1)[0]["y"], 1)[0]
    assert slope < OF_R["y"][4] - 10 * ERROR_OF_R["y"][4]  # with c among the predictors its effect is kept

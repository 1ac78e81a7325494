"""An imputer by each method that takes a moment, and a table of every kind of column."""

import numpy as np
import pandas as pd

from mirimpute import Imputer
from tests.methods.quick import FAST

QUICK = {
    **FAST,
    "mirf_fast": {name: value for name, value in FAST["mirf"].items() if name != "chains"},
    "mice": {"rounds": 2, "chains": 4},
    "hyper": {**FAST["hyper"], "draws": 4},
    "missforest": {"trees": 10, "rounds": 2},
    "mirf_paper": {**FAST["mirf_paper"], "draws": 2},
}


def imputer(method, **options):
    return Imputer(method, parameters=QUICK.get(method), random_state=0, **options)


def table(n=90, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "age": (40 + 10 * z).round(),
            "score": z + 0.3 * rng.normal(size=n),
            "count": rng.poisson(3, n).astype(float),
            "sex": np.where(z > 0, "f", "m"),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta((50 * z).round(), unit="D"),
        }
    )
    holes = frame.mask(rng.random(frame.shape) < 0.2)
    return holes.assign(id=[f"p{i}" for i in range(n)], ward=rng.choice(["a", "b", "c"], n))

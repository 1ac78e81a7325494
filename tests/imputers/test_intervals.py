"""Intervals and deviations of filled cells."""

import numpy as np
import pytest

from mirimpute.errors import UserError
from tests.imputers.tables import imputer


def test_intervals_and_deviations_are_of_the_draws(frame):
    fitted = imputer("mice", ignore=["id"]).set_params(parameters__chains=20).fit(frame)
    found = fitted.interval(frame, 0.8)
    assert (found.level, found.n_draws) == (0.8, 20)
    holes = frame.isna()
    for name in ("age", "score", "day"):
        assert found.lower[name].notna().equals(holes[name])
        assert (found.lower[name] <= found.upper[name])[holes[name]].all()
    assert found.lower["sex"].isna().all()
    draws = np.array([each["score"].to_numpy() for each in fitted.sample(frame, 20)])
    inside = (draws >= found.lower["score"].to_numpy()) & (draws <= found.upper["score"].to_numpy())
    assert 0.7 <= inside[:, holes["score"]].mean() <= 0.9
    spread = fitted.predict_std(frame)
    assert np.allclose(spread["score"][holes["score"]], draws.std(axis=0, ddof=1)[holes["score"]])
    assert spread["day"].dtype.kind == "m"
    with pytest.raises(UserError, match=r"n_draws=39 is more than the 20"):
        fitted.interval(frame, 0.95)
    for level in (0, 1, "high", None, True):
        with pytest.raises(UserError, match="is no probability"):
            fitted.interval(frame, level)
    with pytest.raises(UserError, match="n_draws=1 is too few"):
        fitted.predict_std(frame, n_draws=1)

"""Multiple imputation by a model for each draw."""

import numpy as np
import pandas as pd
import pytest

from mirimpute import MirfImputer
from mirimpute.errors import UserError
from mirimpute.imputers.multiple import random_half

QUICK = {"rounds": 1, "steps": 12, "final_steps": 12, "width": 16, "batch": 32, "trees": 8}


def quick():
    return MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0)


def table():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 3)) + rng.normal(size=(150, 1))
    x[:40, 0], x[30:60, 1] = np.nan, np.nan
    return x


def test_multiple_imputation_fits_a_model_for_each_draw():
    x = table()
    imputer = quick()
    tables = imputer.impute_multiple(x, 3)
    assert len(tables) == 3
    missing = np.isnan(x)
    assert all(np.array_equal(each[~missing], x[~missing]) and np.isfinite(each).all() for each in tables)
    assert not np.array_equal(tables[0], tables[1])
    assert np.array_equal(tables, quick().impute_multiple(x, 3))
    assert not hasattr(imputer, "columns_")  # it was not fitted


def test_halves_of_the_rows_know_every_category_and_observe_every_column():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=30), "kind": ["a", "b"] * 15, "rare": np.nan})
    frame.loc[3, "kind"], frame.loc[7, "rare"] = "only once", 2.0
    frame.loc[10:15, "kind"] = None
    tables = quick().impute_multiple(frame, 4)
    for each in tables:
        assert set(each["kind"]) <= {"a", "b", "only once"}
        assert each.loc[3, "kind"] == "only once"
        assert (each["rare"] == 2.0).all()


def test_arandom_half_is_half_and_observes_what_can_be():
    rng = np.random.default_rng(0)
    observed = rng.random((41, 3)) < 0.9
    observed[:, 1] = False
    observed[5, 1] = True
    for _ in range(20):
        rows = random_half(observed, rng)
        assert len(rows) in (21, 22)
        assert (np.diff(rows) > 0).all()
        assert observed[rows].any(axis=0).all()


@pytest.mark.parametrize(("rows", "draws", "words"), [(150, 0, "n_draws=0 is no number of draws"), (3, 2, "3 row")])
def test_requests_without_a_meaning_are_refused(rows, draws, words):
    with pytest.raises(UserError, match=words):
        quick().impute_multiple(table()[-rows:], draws)

"""Draws of the chosen regressions; which is chosen: ``columnwise/test_model_selection.py``."""

import numpy as np
import pytest

from mirimpute.errors import UserError
from mirimpute.methods.baselines.hyper import Hyper
from tests.methods.conftest import problem_of


@pytest.mark.parametrize(
    ("field", "value"), [("choose", "never"), ("folds", 1), ("trees", 0), ("rounds", 0), ("max_features", 0.0)]
)
def test_parameters_without_a_meaning_are_refused(field, value):
    with pytest.raises(UserError, match=f"method.{field}"):
        Hyper(**{field: value}).check()


def test_draws_are_as_wide_as_the_errors_of_the_chosen_regressor():
    """On Gaussian data the ridge is chosen, and its draws of one missing column have the conditional distribution."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1500, 3))
    x[:, 2] += x[:, 0] + x[:, 1]
    truth = x.copy()
    missing = np.zeros(x.shape, dtype=bool)
    missing[1000:, 2] = True
    imputation = Hyper(draws=200, trees=5).fit(problem_of(np.where(missing, np.nan, x))).impute()
    deviation = imputation.draws[:, missing] - imputation.point[missing]
    assert deviation.std() == pytest.approx(1.0, rel=0.07)  # of 1000 errors, whose spread is known to 2 %
    low, high = np.quantile(imputation.draws[:, missing], [0.05, 0.95], axis=0)
    covered = ((low <= truth[missing]) & (truth[missing] <= high)).mean()
    assert covered == pytest.approx(0.9, abs=0.05)
    assert (imputation.draws[:, ~missing] == x[~missing]).all()


def test_without_draws_the_point_is_the_answer(small):
    imputation = Hyper(draws=0, rounds=2, trees=5).fit(small).impute()
    assert np.array_equal(imputation.draws, imputation.point[None])
    with_draws = Hyper(draws=2, rounds=2, trees=5).fit(small).impute()
    assert np.array_equal(with_draws.point, imputation.point)
    assert not np.array_equal(with_draws.draws[0], with_draws.draws[1])


def test_draws_are_wide_where_a_twin_is_missing_too():
    """x and y are nearly one; where both are missing, x has the spread that z leaves it, sqrt(0.75)."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=1200)
    x = 0.5 * z + 0.75**0.5 * rng.normal(size=1200)
    truth = np.column_stack([z, x, x + 0.1 * rng.normal(size=1200)])
    missing = np.zeros(truth.shape, dtype=bool)
    missing[:, 1:] = rng.random((1200, 2)) < 0.3
    imputation = Hyper(draws=20, trees=10).fit(problem_of(np.where(missing, np.nan, truth))).impute()
    both, one = missing[:, 1:].all(axis=1), missing[:, 1] & ~missing[:, 2]
    assert imputation.draws[:, both, 1].std(axis=0).mean() == pytest.approx(0.75**0.5, rel=0.15)
    assert imputation.draws[:, one, 1].std(axis=0).mean() < 0.25

"""Draws of chained equations; ``test_mice_r`` has R."""

import numpy as np
import pytest

from mirimpute.errors import UserError
from mirimpute.methods.baselines.mice import Mice
from tests.methods.conftest import correlated, problem_of


def test_donors_of_an_independent_column_are_drawn_from_all_of_it():
    """Weights that are shrunk give all rows the same few donors."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=400), rng.normal(size=400)
    hidden = rng.random(400) < 0.4
    table = np.column_stack([x, np.where(hidden, np.nan, y)])
    draws = Mice(chains=40).fit(problem_of(table)).impute().draws[:, hidden, 1]
    distinct = np.mean([len(np.unique(draw)) for draw in draws]) / hidden.sum()
    assert distinct > 0.3  # about 0.4, as R's mice; by shrunk weights 0.16


def test_by_default_the_point_is_the_mean_of_twenty_draws():
    assert Mice().chains >= 20


@pytest.mark.parametrize("kind", ["bayes", "bayes_by_row", "pmm"])
def test_hidden_values_lie_within_the_intervals_of_the_draws_as_often_as_they_say(kind):
    x_true, x_incomplete = correlated(n=400, d=4)
    missing = np.isnan(x_incomplete)
    draws = Mice(kind=kind, chains=40, rounds=5).fit(problem_of(x_incomplete)).impute().draws
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    covered = ((low <= x_true) & (x_true <= high))[missing].mean()
    # 40 draws make the interval a little narrow; the error of a fraction of 400 cells is 0.015
    assert covered == pytest.approx(0.88, abs=0.045)


def test_the_point_is_the_mean_of_the_draws(small):
    imputation = Mice(chains=4, rounds=2).fit(small).impute()
    assert np.allclose(imputation.point, imputation.draws.mean(axis=0))


def test_predictive_mean_matching_returns_observed_values(small):
    draws = Mice(kind="pmm", rounds=2, chains=3).fit(small).impute().draws
    for column in range(draws.shape[2]):
        assert set(np.unique(draws[:, :, column])) <= set(small.x_incomplete[~small.missing[:, column], column])


@pytest.mark.parametrize(("field", "value"), [("kind", "pnm"), ("rounds", 0), ("chains", 0), ("donors", 0)])
def test_parameters_without_a_meaning_are_refused(field, value):
    with pytest.raises(UserError, match=f"method.{field}"):
        Mice(**{field: value}).check()

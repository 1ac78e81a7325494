"""The regression that is chosen for a column is the one that suits it."""

import numpy as np
import pytest

from mirimpute.errors import UserError
from mirimpute.methods.baselines.hyper import Hyper
from mirimpute.methods.baselines.ice import Ice
from mirimpute.methods.columnwise.forest import forests
from mirimpute.methods.columnwise.linear import new_ridge
from mirimpute.methods.columnwise.model_selection import ChoiceTransport
from mirimpute.methods.loop import Schedule, fill_means, reduce
from mirimpute.types import no_progress
from tests.methods.conftest import correlated, problem_of

CANDIDATES = {"ridge": new_ridge, "forest": forests(10, 1.0, 3)}


def _linear_and_step(n=200):
    """Column 1 is linear in column 0, column 2 a step of it (with noise); each misses a fifth."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    table = np.column_stack([x, 2 * x + 0.3 * rng.normal(size=n), np.sign(np.sin(4 * x)) + 0.1 * rng.normal(size=n)])
    missing = np.zeros(table.shape, dtype=bool)
    missing[:, 1:] = rng.random((n, 2)) < 0.2
    return np.where(missing, np.nan, table)


def _run(every_round, rounds=2):
    transport = ChoiceTransport(CANDIDATES, folds=3, most_rows=1000, every_round=every_round)
    schedule = Schedule(sweep="columnwise", step="mean", rounds=rounds)
    problem = problem_of(_linear_and_step())
    imputation = reduce(problem, transport, schedule, fill_means, np.random.default_rng(0), no_progress)
    return transport, imputation


@pytest.mark.parametrize("every_round", [False, True])
def test_linear_columns_get_the_ridge_and_steps_the_forest(every_round):
    transport, imputation = _run(every_round)
    assert transport.chosen == {1: "ridge", 2: "forest"}
    assert imputation.trace[-1]["columns_forest"] == 1


def test_choosing_costs_nothing_after_the_first_round(monkeypatch):
    asked = []
    best = ChoiceTransport._best
    monkeypatch.setattr(ChoiceTransport, "_best", lambda *a: asked.append(1) or best(*a))
    _run(every_round=False, rounds=3)
    assert len(asked) == 2
    _run(every_round=True, rounds=3)
    assert len(asked) == 2 + 6


def test_with_the_ridge_alone_it_is_ice():
    problem = problem_of(correlated()[1])
    transport = ChoiceTransport({"ridge": new_ridge}, folds=3, most_rows=100, every_round=False)
    schedule = Schedule(sweep="columnwise", step="mean", rounds=5)
    ours = reduce(problem, transport, schedule, fill_means, np.random.default_rng(0), no_progress).point
    assert np.array_equal(ours, Ice(rounds=5, tolerance=0.0).fit(problem).impute().point)


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

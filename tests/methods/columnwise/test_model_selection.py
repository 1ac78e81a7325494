"""The regression that is chosen for a column is the one that suits it."""

import numpy as np
import pytest

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


def _run(every_round, rounds=2, candidates=CANDIDATES):
    transport = ChoiceTransport(candidates, folds=3, most_rows=1000, every_round=every_round)
    schedule = Schedule(sweep="columnwise", step="mean", rounds=rounds)
    problem = problem_of(_linear_and_step())
    imputation = reduce(problem, transport, schedule, fill_means, np.random.default_rng(0), no_progress)
    return transport, imputation


@pytest.mark.parametrize("every_round", [False, True])
def test_linear_columns_get_the_ridge_and_steps_the_forest(every_round):
    transport, imputation = _run(every_round)
    assert transport.chosen == {1: "ridge", 2: "forest"}
    assert imputation.trace[-1]["columns_forest"] == 1


@pytest.mark.parametrize("every_round", [False, True])
def test_choosing_costs_nothing_after_the_first_round(every_round):
    made = []

    def counted(rounds):
        made.clear()
        candidates = {name: lambda rng, new=new: made.append(1) or new(rng) for name, new in CANDIDATES.items()}
        _run(every_round, rounds, candidates)
        return len(made)

    one_more = counted(3) - counted(2)
    fits = 2  # a model for each incomplete column
    assert one_more > fits if every_round else one_more == fits


def test_with_the_ridge_alone_it_is_ice():
    problem = problem_of(correlated()[1])
    transport = ChoiceTransport({"ridge": new_ridge}, folds=3, most_rows=100, every_round=False)
    schedule = Schedule(sweep="columnwise", step="mean", rounds=5)
    ours = reduce(problem, transport, schedule, fill_means, np.random.default_rng(0), no_progress).point
    assert np.array_equal(ours, Ice(rounds=5, tolerance=0.0).fit(problem).impute().point)

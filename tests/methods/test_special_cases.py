"""The special cases against their references on the same problem."""

import warnings

import numpy as np
import pytest

from mirimpute.errors import ImputationError
from mirimpute.methods.baselines.hot_deck import HotDeck
from mirimpute.methods.baselines.ice import Ice
from mirimpute.methods.baselines.mean import Mean
from mirimpute.methods.baselines.missforest import MissForest
from mirimpute.methods.loop import Schedule, Transport, fill_means, reduce
from mirimpute.types import no_progress

from .conftest import correlated, problem_of


def _rmse(x_true, x_imputed, missing):
    return np.sqrt(np.mean((x_imputed[missing] - x_true[missing]) ** 2))


def test_mean_is_the_column_mean(small):
    point = Mean().fit(small).impute().point
    expected = np.broadcast_to(np.nanmean(small.x_incomplete, axis=0), point.shape)
    assert np.allclose(point[small.missing], expected[small.missing])


def test_hot_deck_returns_observed_values_of_the_column(small):
    draws = HotDeck(draws=3).fit(small).impute().draws
    assert draws.shape[0] == 3
    for column in range(draws.shape[2]):
        assert set(np.unique(draws[:, :, column])) <= set(small.x_incomplete[~small.missing[:, column], column])


def test_ice_is_iterative_imputer_with_bayesian_ridge():
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    problem = problem_of(correlated(n=120, d=5)[1])
    ours = Ice(rounds=60, tolerance=1e-10).fit(problem).impute().point
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = IterativeImputer(max_iter=60, tol=1e-10).fit_transform(problem.x_incomplete)
    assert np.allclose(ours, theirs, atol=1e-6)


def test_ice_stops_when_nothing_moves(small):
    trace = Ice(rounds=200).fit(small).impute().trace
    assert len(trace) < 200
    assert trace[-1]["change"] < trace[0]["change"]


def test_missforest_is_as_good_as_an_iterated_forest():
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    x_true, x_incomplete = correlated(n=200, d=4)
    problem = problem_of(x_incomplete)
    ours = MissForest(trees=40, rounds=4).fit(problem).impute().point
    forest = RandomForestRegressor(40, max_features=1 / 3, min_samples_leaf=3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = IterativeImputer(forest, max_iter=4, random_state=0).fit_transform(x_incomplete)
    assert _rmse(x_true, ours, problem.missing) < 1.05 * _rmse(x_true, theirs, problem.missing)


class _Explodes(Transport):
    def fit(self, x, missing, block, rng):
        pass

    def mean(self, x, missing, block):
        return x[:, :, block] * 100 + 1


def test_divergence_names_the_round(small):
    with pytest.raises(ImputationError, match="diverged in round 4"):
        reduce(
            small,
            _Explodes(),
            Schedule(sweep="joint", step="mean", rounds=9),
            fill_means,
            np.random.default_rng(0),
            no_progress,
        )


class _Rises(Transport):
    """Moves entries to given levels, one after the other."""

    def __init__(self, levels):
        self.levels = iter(levels)

    def fit(self, x, missing, block, rng):
        self.level = next(self.levels)

    def mean(self, x, missing, block):
        return np.full((*x.shape[:2], len(block)), self.level)


def test_stop_rise_keeps_the_round_before(small):
    schedule = Schedule(sweep="joint", step="mean", rounds=9, stop="rise")
    result = reduce(small, _Rises([1.0, 1.1, 9.0]), schedule, fill_means, np.random.default_rng(0), no_progress)
    assert (result.point[small.missing] == 1.1).all()
    assert [entry["round"] for entry in result.trace] == [1, 2, 3]

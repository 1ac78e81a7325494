"""Boosted trees against scikit-learn's own, and what they do to a point."""

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor

from mirimpute.methods.mirf import boosting
from mirimpute.methods.mirf.boosting import BoostedColumn, BoostedTrees
from mirimpute.methods.mirf.method import Mirf
from mirimpute.methods.mirf.settings import Settings
from tests.methods.conftest import problem_of
from tests.methods.mirf.test_mirf import QUICK


def _table(n=300, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5))
    return np.column_stack([x, np.sin(2 * x[:, 0]) + np.abs(x[:, 1]) + 0.5 * x[:, 2] + 0.1 * rng.normal(size=n)])


def test_trees_as_heaps_add_what_scikit_learn_adds():
    x = _table()
    model = GradientBoostingRegressor(
        n_estimators=40, learning_rate=0.15, max_depth=4, min_samples_leaf=30, init="zero"
    )
    seen = x[:, :5].astype(np.float32)
    model.fit(seen, x[:, 5])
    assert len({tree.tree_.node_count for tree in model.estimators_[:, 0]}) > 1  # some end early
    layers = boosting._heaps([tree.tree_ for tree in model.estimators_[:, 0]])
    column = BoostedColumn(np.arange(5), np.array([5]), np.zeros(1), *layers)
    np.testing.assert_allclose(column.expected(x[None], np.arange(len(x))), model.predict(seen), atol=1e-12)


def test_what_a_row_gets_depends_on_no_other_row():
    chains = np.stack([_table(seed=0), _table(seed=0) + 0.01])
    trees = BoostedColumn.fitted(chains, np.arange(300) < 200, 5, np.random.default_rng(0))
    whole = trees.expected(chains, np.arange(200, 300))
    assert np.corrcoef(whole, chains[0, 200:, 5])[0, 1] > 0.8
    for rows in (np.array([250]), np.arange(240, 260)):
        assert np.array_equal(trees.expected(chains, rows), whole[rows - 200])


def test_arrays_come_back_and_damaged_ones_are_refused():
    chains = _table()[None]
    trees = BoostedTrees.fitted(chains, np.ones((300, 6), dtype=bool), [5, 0], np.random.default_rng(0))
    again = BoostedTrees.from_arrays(trees.arrays())
    rows = np.arange(300)
    for column in (0, 5):
        assert np.array_equal(
            again.columns[column].expected(chains, rows), trees.columns[column].expected(chains, rows)
        )
    assert again.reads == 6
    for name, value in (("5.feature", 7), ("5.inputs", -1), ("5.threshold", np.nan), ("0.output", -1)):
        arrays = dict(trees.arrays())
        arrays[name] = np.full_like(arrays[name], value)
        with pytest.raises(ValueError, match=r"belong|not there"):
            BoostedTrees.from_arrays(arrays)


def test_they_join_the_point_and_leave_the_draws(monkeypatch):
    x = _table(400)
    truth = x.copy()
    x[np.random.default_rng(1).random(x.shape) < 0.2] = np.nan
    x = x[~np.isnan(x).all(axis=1)]
    missing = np.isnan(x)
    fitted = Mirf(**QUICK).fit(problem_of(x))
    imputation = fitted.impute()
    assert fitted.model.boosted.columns
    monkeypatch.setattr(Settings, "boosts", False)
    without = Mirf(**QUICK).fit(problem_of(x)).impute()
    assert np.array_equal(without.draws, imputation.draws)
    error, bare = (np.sqrt(np.mean((each.point - truth)[missing] ** 2)) for each in (imputation, without))
    assert error < bare

"""Donors from the leaves of trees: closed forms, pruning, categories."""

import numpy as np
import pytest
from scipy import stats

from mirimpute.methods import base
from mirimpute.methods.baselines.mice import Mice
from mirimpute.methods.columnwise.tree_donors import (
    CART,
    FOREST,
    FOREST_OF_CATEGORIES,
    Donors,
    Growth,
    Leaves,
    TreeDonorsTransport,
)
from mirimpute.table.columns import Column, Kind
from tests.methods.conftest import correlated, problem_of

RANDOMISED = Growth(trees=3, leaf=1, split=8, features=0.6, splitter="random")
GROWTHS = {"cart": CART, "forest": FOREST, "randomised": RANDOMISED}


def random_rows(n=200, p=4, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, p))
    return inputs, np.sin(2 * inputs[:, 0]) + inputs[:, 1] * inputs[:, 2] + 0.3 * rng.normal(size=n)


def leaves_of(growth, inputs, targets, **options):
    return Leaves(growth, inputs, targets, np.random.default_rng(1), **options)


@pytest.mark.parametrize("growth", GROWTHS.values(), ids=GROWTHS)
def test_donors_are_the_observed_rows_of_the_leaf_in_every_tree(growth):
    inputs, targets = random_rows()
    new = random_rows(seed=2)[0]
    leaves = leaves_of(growth, inputs, targets)
    trees = [tree.apply(inputs.astype(np.float32)) for tree in leaves._trees]
    of_new = [tree.apply(new.astype(np.float32)) for tree in leaves._trees]
    donors = leaves.donors(new)
    for cell in range(0, len(new), 20):
        expected = [
            np.flatnonzero(home[own] == home[there[cell]])
            for own, there, home in zip(trees, of_new, leaves._home, strict=True)
        ]
        assert sorted(donors.of(cell)) == sorted(np.concatenate(expected))
    assert (leaves.own_donors().size >= (1 if growth.bootstrap else growth.leaf)).all()
    assert leaves.own_donors().first.shape == (growth.trees, len(inputs))


def test_a_donor_is_drawn_as_often_as_it_shares_the_leaf():
    donors = Donors(rows=np.array([[2, 0, 1, 3], [3, 2, 1, 0]]), first=np.array([[0], [1]]), size=np.array([[3], [1]]))
    assert sorted(donors.of(0)) == [0, 1, 2, 2]
    many = Donors(donors.rows, np.repeat(donors.first, 8000, axis=1), np.repeat(donors.size, 8000, axis=1))
    counts = np.bincount(many.draw(np.random.default_rng(0)), minlength=4)
    assert counts[3] == 0
    assert stats.chisquare(counts[:3], 8000 * np.array([0.25, 0.25, 0.5])).pvalue > 1e-3
    assert donors.mean(np.array([[1.0], [2.0], [4.0], [8.0]]))[0, 0] == pytest.approx((1 + 2 + 4 + 4) / 4)


def test_a_tree_of_one_leaf_is_the_hot_deck():
    inputs, targets = random_rows()
    donors = leaves_of(Growth(leaf=len(targets)), inputs, targets).donors(inputs[:5])
    assert all(sorted(donors.of(cell)) == list(range(len(targets))) for cell in range(5))


@pytest.mark.parametrize("pruning", [1e-4, 1e-2, 0.1])
def test_pruning_of_numbers_is_that_of_scikit_learn(pruning):
    from sklearn.tree import DecisionTreeRegressor

    inputs, targets = random_rows(400)
    inputs = inputs.astype(np.float32)
    leaves = leaves_of(Growth(leaf=5, split=15, pruning=pruning), inputs, targets)
    reference = DecisionTreeRegressor(
        min_samples_leaf=5, min_samples_split=15, ccp_alpha=pruning * targets.var(), random_state=0
    ).fit(inputs, targets)
    ours, theirs = leaves._nodes[0], reference.apply(inputs)
    assert len(np.unique(ours)) == reference.get_n_leaves()
    assert len(np.unique(np.stack([ours, theirs]), axis=1).T) == reference.get_n_leaves()


def test_pruning_of_categories_counts_misclassified_rows():
    """A split between leaves of one majority goes, though it lowers the Gini impurity; one that pays later stays."""
    n = 20
    x = np.repeat([0.0, 1.0], n)[:, None]
    same_majority = np.concatenate([np.zeros(n), np.arange(n) < 8]).astype(int)
    pruned = leaves_of(CART, x, same_majority, of_categories=True)
    assert pruned.own_donors().size.tolist() == [[2 * n] * 2 * n]
    assert set(leaves_of(Growth(split=15), x, same_majority, of_categories=True).own_donors().size[0]) == {n}

    grid = np.array([[a, b] for a in (0.0, 1.0) for b in (0.0, 1.0)])
    exclusive = np.repeat(grid, [10, 11, 12, 13], axis=0)  # unequal, so that a first split has a gain
    labels = (exclusive[:, 0] != exclusive[:, 1]).astype(int)
    kept = leaves_of(CART, exclusive, labels, of_categories=True).donors(grid)
    assert kept.size.tolist() == [[10, 11, 12, 13]]


@pytest.mark.parametrize("kind", ["cart", "rf"])
def test_only_observed_values_are_drawn(kind, small):
    draws = Mice(kind=kind, rounds=2, chains=3).fit(small).impute().draws
    for column in range(draws.shape[2]):
        assert set(np.unique(draws[:, :, column])) <= set(small.x_incomplete[~small.missing[:, column], column])


@pytest.mark.parametrize("growth", GROWTHS.values(), ids=GROWTHS)
def test_a_parabola_is_followed_where_a_line_sees_nothing(growth):
    rng = np.random.default_rng(0)
    x = rng.normal(size=600)
    y = x**2 + 0.2 * rng.normal(size=600)
    hidden = rng.random(600) < 0.3
    table = np.stack([x, y], axis=1)[None]
    missing = np.stack([np.zeros_like(hidden), hidden], axis=1)
    transport = TreeDonorsTransport(growth)
    transport.fit(table, missing, np.array([1]), rng)
    drawn = transport.draw(table, missing, np.array([1]), rng)[0, :, 0]
    assert np.array_equal(drawn[~hidden], y[~hidden])
    assert np.corrcoef(drawn[hidden], y[hidden])[0, 1] > 0.8
    mean = transport.mean(table, missing, np.array([1]))[0, :, 0]
    assert np.square(mean - y)[hidden].mean() < np.square(drawn - y)[hidden].mean() < 0.5 * y.var()
    assert 0 < transport.facts()["loss"] < 0.5 * y.var()


@pytest.mark.parametrize("kind", ["cart", "rf"])
def test_columns_that_are_independent_given_a_third_stay_so(kind):
    rng = np.random.default_rng(3)
    group = rng.integers(3, size=900).astype(float)
    y, z = 2 * group + rng.normal(size=900), -3 * group + rng.normal(size=900)
    hidden = rng.random(900) < 0.4
    table = np.column_stack([group, np.where(hidden, np.nan, y), z])
    draws = Mice(kind=kind, chains=10, rounds=1).fit(problem_of(table)).impute().draws
    within = [
        np.corrcoef(draw[hidden & (group == level), 1], z[hidden & (group == level)])[0, 1]
        for draw in draws
        for level in range(3)
    ]
    assert abs(np.mean(within)) < 0.1  # a draw that took no notice of the group would have -.9 over all rows
    assert np.mean([np.corrcoef(draw[hidden, 1], z[hidden])[0, 1] for draw in draws]) < -0.6


COLUMNS = (
    Column("x", Kind.CONTINUOUS),
    Column("colour", Kind.CATEGORICAL, ("red", "green", "blue")),
    Column("flag", Kind.CATEGORICAL, (False, True)),
)


@pytest.mark.parametrize("kind", ["cart", "rf"])
def test_categories_are_drawn_whole_with_their_conditional_shares(kind):
    rng = np.random.default_rng(0)
    x = rng.integers(2, size=1500).astype(float)
    chances = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])[x.astype(int)]
    colour = (rng.random((1500, 1)) > np.cumsum(chances, axis=1)).sum(axis=1)
    flag = rng.random(1500) < 0.2 + 0.6 * x
    incomplete = np.column_stack([x, colour, flag]).astype(float)
    hidden = rng.random((1500, 2)) < 0.3
    incomplete[:, 1:][hidden] = np.nan
    problem, encoding, scale = base.problem_of(incomplete, COLUMNS, 0)
    draws = Mice(kind=kind, chains=10, rounds=3).fit(problem).impute().draws
    block = problem.categorical[0]
    corners = {tuple(row) for row in problem.x_incomplete[:, block][~np.isnan(problem.x_incomplete[:, block[0]])]}
    assert {tuple(row) for row in draws[:, :, block].reshape(-1, len(block))} == corners
    decoded = np.stack([encoding.decode(draw, scale) for draw in draws])
    for level in (0, 1):
        rows = (x == level) & hidden[:, 0]
        shares = np.bincount(decoded[:, rows, 1].astype(int).ravel(), minlength=3) / rows.sum() / len(draws)
        assert shares == pytest.approx([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]][level], abs=0.06)
        rows = (x == level) & hidden[:, 1]
        assert decoded[:, rows, 2].mean() == pytest.approx(0.2 + 0.6 * level, abs=0.07)


def test_categories_know_their_mean_and_loss():
    rng = np.random.default_rng(0)
    x = np.repeat([0.0, 1.0], 50)
    flag = np.concatenate([np.zeros(50), np.ones(50)])
    table = np.stack([x, flag], axis=1)[None]
    missing = np.zeros((100, 2), dtype=bool)
    missing[::5, 1] = True
    transport = TreeDonorsTransport(FOREST, FOREST_OF_CATEGORIES).for_categories()
    transport.fit(table, missing, np.array([1]), rng)
    assert np.array_equal(transport.mean(table, missing, np.array([1]))[0, :, 0], flag)
    assert transport.facts()["loss"] == pytest.approx(0.0, abs=1e-12)


def test_more_chains_than_were_learnt_from_are_drawn_and_a_column_alone_is_a_hot_deck():
    x_true, _ = correlated(n=60, d=1, rate=0.0)
    missing = np.zeros((60, 1), dtype=bool)
    missing[:20] = True
    transport, rng = TreeDonorsTransport(CART), np.random.default_rng(0)
    transport.fit(x_true[None], missing, np.array([0]), rng)
    drawn = transport.draw(np.repeat(x_true[None], 200, axis=0), missing, np.array([0]), rng)
    assert drawn.shape == (200, 60, 1)
    counts = np.unique(drawn[:, :20], return_counts=True)[1]
    assert len(counts) == 40
    assert stats.chisquare(counts).pvalue > 1e-3

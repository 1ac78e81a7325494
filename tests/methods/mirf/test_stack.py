"""Weights, trees and choices against what they must be."""

import numpy as np
import pytest

from mirimpute.methods.mirf.stack import Stack, fit_stack, grouped_weights, sharpness, stack_weights
from mirimpute.methods.mirf.support import Support
from mirimpute.methods.mirf.trees import TreeMeans, TreeSettings, fit_trees

SETTINGS = TreeSettings(trees=30, leaf=2, inputs=10, rows=1000, work=1e9)


def test_weights_find_the_best_mixture_of_unbiased_estimates():
    """Errors of variance 1 and 4, independent: the best weights are 4/5 and 1/5."""
    rng = np.random.default_rng(0)
    truth = 0.3 * rng.normal(size=20_000)  # small, since values count up to three deviations only
    errors = 0.3 * rng.normal(size=(20_000, 2)) * [1, 2]
    weights = stack_weights(truth[:, None] + errors, truth, np.array([0.5, 0.5]))
    assert weights.sum() == pytest.approx(1.0)
    assert weights[0] == pytest.approx(0.8, abs=0.06)


def test_few_cells_stay_near_the_prior_and_none_are_the_prior():
    prior = np.array([0.0, 0.5, 0.5])
    estimates = np.random.default_rng(0).normal(size=(3, 3))
    assert np.abs(stack_weights(estimates, estimates[:, 0], prior) - prior).max() < 0.3
    assert np.array_equal(stack_weights(np.zeros((0, 3)), np.zeros(0), prior), prior)


def test_an_exact_estimate_gets_all_the_weight_from_few_cells():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=20)
    estimates = np.column_stack([truth, truth + 0.2 * rng.normal(size=20), truth + 0.2 * rng.normal(size=20)])
    assert stack_weights(estimates, truth, np.array([0.0, 0.5, 0.5]))[0] > 0.9


@pytest.mark.parametrize("cells", [30, 100, 1000])
@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_the_weights_lose_at_most_a_tenth_of_the_best_estimate(cells, scale):
    rng = np.random.default_rng(cells)
    for _ in range(20):
        truth = 0.5 * rng.normal(size=cells)
        estimates = truth[:, None] + scale * 0.5 * rng.normal(size=(cells, 3)) * rng.uniform(0, 1, size=3)
        weights = stack_weights(estimates, truth, np.array([0.0, 0.5, 0.5]))
        best = np.sqrt(((estimates - truth[:, None]) ** 2).mean(axis=0)).min()
        assert np.sqrt(((estimates @ weights - truth) ** 2).mean()) < 1.1 * best + 1e-12


def test_cells_that_the_base_knows_have_weights_of_their_own():
    """Where a copy is seen the base is exact, elsewhere the trees are better, in the same column."""
    rng = np.random.default_rng(0)
    truth, known = 0.5 * rng.normal(size=400), np.arange(400) % 2 == 0
    base = truth + np.where(known, 0.001, 0.5) * rng.normal(size=400)
    trees = truth + np.where(known, 0.1, 0.05) * rng.normal(size=400)
    kind = sharpness(np.where(known, 0.001, 0.5)[:, None])[:, 0]
    estimates = np.column_stack([base, base, trees])
    weights = grouped_weights(estimates, truth, kind, np.zeros(400, dtype=int), 1, np.array([0.0, 0.5, 0.5]))
    assert weights[kind[0], 0, 2] < 0.01
    assert weights[kind[1], 0, 2] > 0.9
    assert weights.sum(axis=-1) == pytest.approx(1.0)


def test_indicators_of_a_category_are_in_one_class():
    spread = np.array([[0.001, 0.5, 0.02], [0.001, 0.002, 0.02]])
    assert sharpness(spread, (np.array([0, 1]),)).tolist() == [[4, 4, 1], [0, 0, 1]]


def test_trees_learn_a_step_and_leave_the_rest_alone():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(800, 3))
    x[:, 2] = np.where(x[:, 0] > 0.3, 1.0, -1.0)
    wanted = np.zeros(x.shape, dtype=bool)
    wanted[600:, 2] = True
    trees = fit_trees(x, ~wanted, SETTINGS, np.random.default_rng(1))
    poisoned = np.where(wanted, 50.0, x)  # what is predicted is never an input of its own prediction
    predicted = trees.predict(poisoned, wanted)
    assert np.abs(predicted - x)[wanted].mean() < 0.1
    assert np.array_equal(predicted[~wanted], x[~wanted])


def test_a_pass_is_kept_only_where_it_helps():
    """Column 1 needs column 0 and column 2 needs column 1: where both are hidden, a second pass sees a better one."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, 3))
    x[:, 1] = np.sign(x[:, 0]) * (1 + 0.05 * x[:, 1])
    x[:, 2] = np.where(x[:, 1] > 0, 1.0, -1.0) + 0.05 * x[:, 2]
    hidden = np.zeros(x.shape, dtype=bool)
    hidden[1000:2500, 1:] = True
    hidden[2500:, 2] = True
    held_out = hidden & (rng.random(x.shape) < 0.5)
    nothing, kind = np.zeros_like(x), sharpness(np.ones_like(x))

    def grow(completed):
        return fit_trees(completed, ~hidden, SETTINGS, np.random.default_rng(1))

    errors = []
    for passes in (1, 3):
        stack, estimate, error = fit_stack(nothing, nothing, x, hidden, held_out, kind, grow, passes)
        assert 1 <= len(stack.trees) <= passes
        assert error == pytest.approx(np.sqrt(((estimate - x)[held_out] ** 2).mean()))
        again = stack.point(nothing, nothing, np.where(hidden, 1e30, x), hidden, kind)  # hidden cells are not read
        assert np.array_equal(again[hidden], estimate[hidden])
        assert np.array_equal(
            stack.refitted(nothing, nothing, x, hidden, kind, grow).point(nothing, nothing, x, hidden, kind), again
        )
        errors.append(error)
    assert errors[1] < 0.95 * errors[0]


def test_trees_that_gain_little_are_grown_once():
    """They see rows that hardly change, so another pass would cost as much and say the same."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 3))
    held_out = rng.random(x.shape) < 0.2
    grown = []

    def grow(completed):
        grown.append(completed)
        return fit_trees(completed, ~held_out, SETTINGS, np.random.default_rng(1))

    nearly = x + 0.01 * rng.normal(size=x.shape)  # what trees cannot improve
    stack, *_ = fit_stack(np.zeros_like(x), nearly, x, held_out, held_out, sharpness(np.ones_like(x)), grow, 3)
    assert len(grown) == len(stack.weights) == 1


def test_without_a_pass_the_stack_is_the_flow():
    mean = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(Stack().point(np.zeros_like(mean), mean, mean, mean > 2, np.zeros((2, 3), dtype=int)), mean)


def test_trees_survive_a_trip_through_arrays():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4))
    trees = fit_trees(x, np.ones(x.shape, dtype=bool), SETTINGS, np.random.default_rng(1))
    again = TreeMeans.from_arrays(trees.arrays())
    everything = np.ones(x.shape, dtype=bool)
    assert np.array_equal(trees.predict(x, everything), again.predict(x, everything))


def test_trees_see_the_most_correlated_columns_only():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 12))
    x[:, 0] = x[:, 7] + 0.1 * rng.normal(size=500)
    few = TreeSettings(trees=10, leaf=2, inputs=3, rows=1000, work=1e9)
    inputs = fit_trees(x, np.ones(x.shape, dtype=bool), few, np.random.default_rng(1)).inputs
    assert all(len(seen) == 3 for seen in inputs.values())
    assert 7 in inputs[0]


def test_no_trees_beyond_the_budget():
    settings = TreeSettings(trees=50, leaf=2, inputs=10, rows=1000, work=1e4)
    assert settings.affordable(np.array([1000, 1000]), 11) == 0


def test_support_keeps_codes_and_range():
    x = np.column_stack([np.tile([0.0, 1.0, 5.0], 10), np.linspace(-1, 1, 30)])
    support = Support.of(x, (), np.zeros((2, 2)))
    moved = support.nearest(np.array([[0.4, 3.0], [2.9, 0.123], [3.1, -7.0], [9.0, 0.0]]), np.zeros(2))
    assert moved[:, 0].tolist() == [0.0, 1.0, 5.0, 5.0]
    assert moved[:, 1].tolist() == [1.0, 0.123, -1.0, 0.0]

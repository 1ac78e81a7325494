import os

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from mirimpute.metrics import w2 as module
from mirimpute.metrics.w2 import TransportError, optimal_cost, w2, w2sq_half


def test_a_shifted_copy_is_at_the_length_of_the_shift(compare, rng):
    x = rng.standard_normal((300, 5))
    shift = np.array([1.0, -2.0, 0.5, 0.0, 3.0])
    assert w2(compare(x, x + shift)) == pytest.approx(np.linalg.norm(shift), rel=1e-12)


def test_a_symmetric_positive_linear_map_is_optimal(compare, rng):
    """x ↦ Ax is the gradient of a convex function, so each row goes to its own image, in samples as in the limit."""
    x = rng.standard_normal((400, 4))
    root = rng.standard_normal((4, 4))
    a = root @ root.T + 0.1 * np.eye(4)
    expected = np.sqrt(np.mean(np.sum((x @ a - x) ** 2, axis=1)))
    assert w2(compare(x, x @ a)) == pytest.approx(expected, rel=1e-12)


def test_two_gaussians_with_closed_form(compare, rng):
    n = 2000
    mean = np.array([2.0, -1.0])
    s1, s2 = np.array([[1.0, 0.6], [0.6, 1.0]]), np.array([[2.0, -0.5], [-0.5, 0.5]])
    root = sqrtm(s1).real
    expected = np.sqrt(mean @ mean + np.trace(s1 + s2 - 2 * sqrtm(root @ s2 @ root).real))
    x = rng.multivariate_normal(np.zeros(2), s1, size=n)
    y = rng.multivariate_normal(mean, s2, size=n)
    assert w2(compare(x, y)) == pytest.approx(expected, rel=0.03)


def test_one_dimension_is_the_sorted_coupling(compare, rng):
    x, y = rng.standard_normal((500, 1)), rng.standard_exponential((500, 1))
    expected = np.sqrt(np.mean((np.sort(x, axis=0) - np.sort(y, axis=0)) ** 2))
    assert w2(compare(x, y)) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("case", ["independent", "mean imputation", "integers", "one diverged row", "tiny", "huge"])
def test_agrees_with_an_assignment_solver(case, rng):
    x = rng.standard_normal((200, 6))
    y = rng.standard_normal((200, 6))
    if case == "mean imputation":
        y = np.where(rng.random(x.shape) < 0.4, 0.0, x)
    elif case == "integers":
        x, y = rng.integers(0, 3, (200, 2)).astype(float), rng.integers(0, 3, (200, 2)).astype(float)
    elif case == "one diverged row":
        y[7] = 1e14
    elif case == "tiny":
        x, y = x * 1e-9, y * 1e-9
    elif case == "huge":
        x, y = x * 1e100, y * 1e100
    cost = cdist(x, y, "sqeuclidean")
    rows, columns = linear_sum_assignment(cost)
    assert optimal_cost(cost) == pytest.approx(cost[rows, columns].mean(), rel=1e-9)


def test_half_square_identity(compare, rng):
    comparison = compare(rng.standard_normal((50, 3)), rng.standard_normal((50, 3)))
    assert w2sq_half(comparison) == pytest.approx(w2(comparison) ** 2 / 2, rel=1e-14)


def test_w2_never_exceeds_the_distance_of_the_pairs(compare, rng):
    x = rng.standard_normal((150, 4))
    y = np.where(rng.random(x.shape) < 0.5, rng.standard_normal(x.shape), x)
    assert w2(compare(x, y)) < np.sqrt(np.mean(np.sum((x - y) ** 2, axis=1)))


def test_the_same_rows_in_another_order_are_at_distance_zero(compare, rng):
    x = rng.standard_normal((200, 4))
    assert w2(compare(x, x[rng.permutation(200)])) == 0.0


def test_rotation_changes_nothing(compare, rng, rotation):
    x, y = rng.standard_normal((120, 4)), 0.3 * rng.standard_normal((120, 4))
    assert w2(compare(x @ rotation, y @ rotation)) == pytest.approx(w2(compare(x, y)), rel=1e-10)


def test_single_row(compare):
    assert w2(compare([[0.0, 0.0]], [[3.0, 4.0]])) == pytest.approx(5.0, rel=1e-15)


def test_a_solver_that_stops_early_raises(rng):
    cost = cdist(rng.standard_normal((300, 5)), rng.standard_normal((300, 5)), "sqeuclidean")
    with pytest.raises(TransportError, match="did not converge"):
        optimal_cost(cost, max_iterations=50)


@pytest.mark.parametrize("fault", ["suboptimal plan", "wrong marginals", "infeasible potentials"])
def test_a_wrong_answer_of_the_solver_is_noticed(fault, rng, monkeypatch):
    ot = module.import_pot()
    solve = ot.emd

    def wrong(*args, **kwargs):
        plan, log = solve(*args, **kwargs)
        if fault == "suboptimal plan":
            plan = plan[::-1].copy()
        elif fault == "wrong marginals":  # mass moves between two rows so that the cost stays the same
            first, second = np.sum(plan[:2] * args[2][:2], axis=1)
            plan = plan.copy()
            plan[0] *= 1 + 0.1 * second / first
            plan[1] *= 0.9
        else:  # the mean of the potentials, and so the naive lower bound, stays the same
            log["u"] = log["u"] + 0.01 * (np.arange(60) == 0) - 0.01 * (np.arange(60) == 1)
        return plan, log

    monkeypatch.setattr(ot, "emd", wrong)
    cost = cdist(rng.standard_normal((60, 3)), rng.standard_normal((60, 3)), "sqeuclidean")
    with pytest.raises(TransportError, match="not proven optimal"):
        optimal_cost(cost)


def test_overflow_raises(compare):
    with np.errstate(over="ignore"), pytest.raises(TransportError, match="overflow"):
        w2(compare([[0.0], [1.0]], [[1e200], [0.0]]))


def test_importing_pot_leaves_the_environment_alone(monkeypatch):
    monkeypatch.setenv("POT_BACKEND_DISABLE_JAX", "kept")
    monkeypatch.delenv("POT_BACKEND_DISABLE_TENSORFLOW", raising=False)
    before = dict(os.environ)
    module.import_pot()
    assert dict(os.environ) == before

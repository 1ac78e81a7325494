import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mirimpute.numerics.ridge_logit import Dense, TwoSteps, bound, ridge_logit

RIDGE = 2.0


@pytest.fixture
def logit(rng):
    """Centred inputs (n, p) and two targets (2, n)."""
    x = rng.normal(size=(300, 3))
    x -= x.mean(axis=0)
    chance = 1 / (1 + np.exp(-(x @ np.array([[1.0, 0.5], [-1.0, 0.0], [0.0, 2.0]]) + [0.3, -1.0])))
    return x, (rng.random(chance.shape) < chance).T.astype(float)


def _peer(x, y):
    return LogisticRegression(C=1 / RIDGE, tol=1e-12, max_iter=10_000).fit(x, y)


@pytest.mark.parametrize("shared", [True, False])
def test_the_bound_ends_where_scikit_learn_does(logit, shared):
    x, y = logit
    inputs = x if shared else np.stack([x, x])
    inverse = bound(inputs, RIDGE)
    found = ridge_logit(Dense(inputs), y, RIDGE, 400, start=np.zeros((2, 3)), level=np.zeros((2, 1)), inverse=inverse)
    for weights, level, target in zip(found.weights, found.level, y, strict=True):
        peer = _peer(x, target)
        np.testing.assert_allclose(weights, peer.coef_[0], atol=1e-6)
        np.testing.assert_allclose(level, peer.intercept_, atol=1e-6)


def test_the_true_curvature_ends_there_in_few_steps(logit):
    x, (y, _) = logit
    with_ones = Dense(np.hstack([x, np.ones((len(x), 1))]))
    ridge = np.array([RIDGE, RIDGE, RIDGE, 0.0])
    found = ridge_logit(with_ones, y[None], ridge, 8, start=np.zeros((1, 4)), level=np.zeros(len(y)))
    peer = _peer(x, y)
    np.testing.assert_allclose(found.weights[0], [*peer.coef_[0], *peer.intercept_], atol=1e-6)


def test_known_log_odds_are_not_fitted_again(logit):
    x, (y, _) = logit
    zero = np.zeros((1, 3))
    whole = ridge_logit(Dense(x), y[None], 1e-9, 20, start=zero, level=np.zeros(len(y)))
    rest = ridge_logit(Dense(x), y[None], 1e-9, 20, start=zero, level=whole.weights @ x.T)
    np.testing.assert_allclose(rest.weights, 0.0, atol=1e-6)


@pytest.mark.parametrize("versions", [1, 3])
def test_two_steps_are_the_matrix_of_their_indicators(rng, versions):
    first, second = rng.integers(0, 4, (versions, 200)), rng.integers(0, 3, (versions, 200))
    y = (rng.random(200) < 1 / (1 + np.exp(1.0 - first[0]))).astype(float)
    inputs = TwoSteps(first * 3 + second, (4, 3))
    ridge = np.append(np.full(7, RIDGE), 0.0)
    found = ridge_logit(inputs, y, ridge, 10, start=np.zeros(8), level=np.zeros(200))
    matrix = np.dstack([np.eye(4)[first], np.eye(3)[second], np.ones((versions, 200))]).reshape(-1, 8)
    np.testing.assert_allclose(inputs.log_odds(found.weights).ravel(), matrix @ found.weights)
    chance = 1 / (1 + np.exp(-matrix @ found.weights))
    gradient = matrix.T @ (chance - np.tile(y, versions)) / versions + ridge * found.weights
    np.testing.assert_allclose(gradient, 0.0, atol=1e-9)
    curvature = matrix.T @ ((chance * (1 - chance))[:, None] * matrix) / versions + np.diag(ridge)
    np.testing.assert_allclose(found.curvature, curvature, atol=1e-6)

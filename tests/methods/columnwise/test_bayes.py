"""The posterior of a linear regression, and draws from it, against closed forms and scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import BayesianRidge, LinearRegression

from mirimpute.methods.columnwise.bayes import BayesTransport, Posterior


@pytest.fixture
def regression():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3)) @ rng.normal(size=(3, 3)) + 2.0
    return x, x @ np.array([1.0, -0.5, 0.0]) + 0.7 * rng.normal(size=40) + 5.0


def test_the_posterior_mean_by_evidence_is_that_of_bayesian_ridge(regression):
    x, y = regression
    posterior = Posterior.of_evidence(x[None], y[None])
    reference = BayesianRidge(tol=1e-6).fit(x, y)
    assert np.allclose(posterior.weights[0], reference.coef_, atol=1e-3)
    assert np.allclose(posterior.mean(x[None])[0], reference.predict(x), atol=1e-3)


@pytest.mark.parametrize("by_row", [False, True])
def test_draws_have_the_moments_of_the_predictive_distribution(regression, by_row):
    """Mean x'w + b, variance s2 (1 + 1/n + x'(X'X + kI)^-1 x), s2 = rss / f; k as scikit-learn finds it, or 0.

    With one variance for all rows (least squares) it is drawn too: a t distribution, of f / (f - 2) times the variance.
    """
    x, y = regression
    n, p = x.shape
    chains, new = 20_000, np.array([1.0, 3.0, 2.0])
    reference = BayesianRidge(tol=1e-8).fit(x, y) if by_row else LinearRegression().fit(x, y)
    k = reference.lambda_ / reference.alpha_ if by_row else 0.0
    centred, away = x - x.mean(axis=0), new - x.mean(axis=0)
    gram = centred.T @ centred
    freedom = n - 1 - np.trace(np.linalg.solve(gram + k * np.eye(p), gram))
    rss = ((y - reference.predict(x)) ** 2).sum()
    variance = (
        rss / (freedom if by_row else freedom - 2) * (1 + 1 / n + away @ np.linalg.solve(gram + k * np.eye(p), away))
    )

    table = np.vstack([np.hstack([x, y[:, None]]), [*new, 0.0], [*new, 0.0]])
    missing = np.zeros(table.shape, dtype=bool)
    missing[-2:, -1] = True
    copies = np.broadcast_to(table, (chains, *table.shape)).copy()
    transport, rng = BayesTransport(by_row), np.random.default_rng(1)
    transport.fit(copies, missing, np.array([p]), rng)
    assert transport._posterior.freedom[0] == pytest.approx(freedom, abs=0.02)
    both = transport.draw(copies, missing, np.array([p]), rng)[:, -2:, 0]
    drawn = both[:, 0]
    assert abs(drawn.mean() - reference.predict([new])[0]) < 5 * np.sqrt(variance / chains)
    assert drawn.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / chains) + 0.01)
    shared = 0.0 if by_row else 1 - rss / (freedom - 2) / variance  # two rows alike have one error of the parameters
    assert np.corrcoef(both.T)[0, 1] == pytest.approx(shared, abs=5 / np.sqrt(chains))


def test_the_posterior_of_least_squares_is_exact(regression):
    x, y = regression
    n, p = x.shape
    posterior = Posterior.of_least_squares(np.stack([x, 2 * x]), np.stack([y, y]))
    reference = LinearRegression().fit(x, y)
    assert np.allclose(posterior.weights, [reference.coef_, reference.coef_ / 2])
    assert np.allclose(posterior.rss, ((y - reference.predict(x)) ** 2).sum())
    assert posterior.freedom.tolist() == [n - p - 1] * 2
    centred = x - x.mean(axis=0)
    covariance = posterior.axes[0] @ np.diag(1 / posterior.precision[0]) @ posterior.axes[0].T
    assert np.allclose(covariance, np.linalg.inv(centred.T @ centred))


def test_least_squares_leaves_out_copies_and_constants_and_predicts_as_without_them(regression):
    x, y = regression
    n, p = x.shape
    more = np.column_stack([x, x[:, 0], x.sum(axis=1), np.full(n, 3.0), 1 + 1e-6 * np.arange(n)])
    posterior = Posterior.of_least_squares(more[None], y[None])
    assert posterior.freedom[0] == n - p - 1
    assert np.allclose(posterior.mean(more[None])[0], LinearRegression().fit(x, y).predict(x))
    far = more + np.array([0, 0, 0, 0, 0, 1, 1])  # what was constant says nothing elsewhere
    drawn, _ = posterior.draw(far[None], np.random.default_rng(0))
    again, _ = posterior.draw(more[None], np.random.default_rng(0))
    assert np.allclose(drawn, again)


def test_more_columns_than_rows_leave_a_residual():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 6, 30)), rng.normal(size=(2, 6))
    posterior = Posterior.of_least_squares(x, y)
    assert (posterior.freedom == 1).all()
    assert (posterior.rss > 1e-6).all()
    assert np.isfinite(posterior.draw(x, rng)[0]).all()

"""Draws of chained equations against closed forms and against scikit-learn; ``test_mice_r`` has R."""

import numpy as np
import pytest
from sklearn.linear_model import BayesianRidge, LinearRegression

from mirimpute.errors import UserError
from mirimpute.methods.baselines.mice import Mice
from mirimpute.methods.columnwise.bayes import BayesTransport, Posterior
from mirimpute.methods.columnwise.matching import nearest
from tests.methods.conftest import correlated, problem_of


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


def test_nearest_is_that_of_all_distances():
    rng = np.random.default_rng(0)
    for n, count in ((50, 5), (4, 5), (9, 5), (1, 1)):
        offered, wanted = rng.normal(size=n), 2 * rng.normal(size=30)
        distance = np.abs(offered[None] - wanted[:, None])
        expected = np.sort(np.sort(distance, axis=1)[:, :count], axis=1)
        found = np.sort(np.take_along_axis(distance, nearest(offered, wanted, count), axis=1), axis=1)
        assert np.array_equal(found, expected)


@pytest.mark.parametrize(("field", "value"), [("kind", "pnm"), ("rounds", 0), ("chains", 0), ("donors", 0)])
def test_parameters_without_a_meaning_are_refused(field, value):
    with pytest.raises(UserError, match=f"method.{field}"):
        Mice(**{field: value}).check()

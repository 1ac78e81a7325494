"""Self-masking: nothing moves unless it is assumed, and then by the slope that hid the values."""

import numpy as np
import pytest

from mirimpute.errors import UserError
from mirimpute.methods.mirf.method import Mirf
from mirimpute.methods.mirf.self_masking import SelfMasking, _regress, self_masking_slopes, unpredictable
from mirimpute.methods.mirf.settings import NEVER, SELF_MASKING
from tests.methods.conftest import problem_of

QUICK = {"rounds": 1, "steps": 80, "final_steps": 80, "width": 32, "batch": 128, "trees": 10, "chains": 2}
CORRELATION = 0.8


class Exact:
    """Stands where a fitted flow would: the exact conditional mean of equicorrelated normal columns."""

    def rows(self, x, missing):
        return x, missing

    def mean(self, rows):
        x, missing = rows
        d = x.shape[1]
        covariance = CORRELATION + (1 - CORRELATION) * np.eye(d)
        completed = x.copy()
        for pattern in np.unique(missing, axis=0):
            which = (missing == pattern).all(axis=1)
            weights = np.linalg.solve(covariance[np.ix_(~pattern, ~pattern)], covariance[np.ix_(~pattern, pattern)])
            completed[np.ix_(which, pattern)] = x[np.ix_(which, ~pattern)] @ weights
        return completed


def _table(mechanism, n=3000, seed=0, d=3, hidden=1):
    """Columns with correlation 0.8; the first ``hidden`` of them lose a third of their cells by ``mechanism``."""
    rng = np.random.default_rng(seed)
    covariance = CORRELATION + (1 - CORRELATION) * np.eye(d)
    x_true = rng.multivariate_normal(np.zeros(d), covariance, size=n)
    missing = np.zeros((n, d), dtype=bool)
    for column in range(hidden):
        cause = {"self": 1.5 * x_true[:, column], "mcar": np.zeros(n), "mar": 1.5 * (x_true[:, -2] - x_true[:, -1])}
        missing[:, column] = rng.random(n) < 1 / (1 + np.exp(-(cause[mechanism] - 0.9)))
    x = np.where(missing, np.nan, x_true)
    mean, spread = np.nanmean(x, axis=0), np.nanstd(x, axis=0)
    return (x_true - mean) / spread, (x - mean) / spread


def _slopes(x):
    return self_masking_slopes(Exact(), x, np.random.default_rng(1))


def test_slope_of_exactly_known_expectations():
    """With f = E[x | rest, observed] in closed form the regression gives the slope, within its standard error."""
    rng = np.random.default_rng(0)
    expected = rng.normal(size=20_000)
    # log-odds(missing | f) = a + b f, whatever the spread of x around f
    missing = rng.random(20_000) < 1 / (1 + np.exp(-(1.2 * expected - 0.5)))
    slope, error = _regress(expected, missing)
    assert 0.01 < error < 0.03
    assert abs(slope - 1.2) < 3 * error


@pytest.mark.parametrize("mechanism", ["mar", "self"])
def test_without_the_assumption_nothing_moves(mechanism):
    """MAR by the other column makes a pattern that self-masking makes as well; the default assumes neither."""
    rng = np.random.default_rng(0)
    x_true = rng.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], size=400)
    cause = x_true[:, 1 if mechanism == "mar" else 0]
    x = x_true.copy()
    x[rng.random(400) < 1 / (1 + np.exp(-2 * cause)), 0] = np.nan
    x = (x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0)
    default, never, assumed = (
        Mirf(**QUICK, **given).fit(problem_of(x)) for given in ({}, {"selection": NEVER}, {"selection": SELF_MASKING})
    )
    assert not default.learnt.model.self_masking.slopes.any()
    assert np.array_equal(default.impute().point, never.impute().point)
    assert np.array_equal(default.impute().draws, never.impute().draws)
    assert not any("mirf_mnar" in note for note in default.impute().notes)
    assert assumed.learnt.model.self_masking.slopes[0] > 0.5
    assert any("mirf_mnar" in note and "1 of 1" in note for note in assumed.impute().notes)


def test_the_selection_of_earlier_versions_is_refused_in_a_sentence():
    with pytest.raises(UserError, match=r"selection='auto' .* 'never'"):
        Mirf(selection="auto").check()
    with pytest.raises(UserError, match="'sometimes'"):
        Mirf(selection="sometimes").check()


@pytest.mark.parametrize("mechanism", ["mcar", "mar"])
def test_told_moves_little_where_values_do_not_hide_themselves(mechanism):
    _, x = _table(mechanism, d=6)
    assert np.abs(_slopes(x)).max() < 0.25


def test_self_masked_columns_are_found_and_the_others_left_alone():
    _, x = _table("self", d=6, hidden=3)
    slopes = _slopes(x)
    assert (slopes[:3] > 0.5).all()
    assert not slopes[3:].any()


def test_columns_that_are_not_ordered_as_predicted_are_named():
    rng = np.random.default_rng(0)
    x = rng.standard_cauchy(size=(200, 4))
    predicted = x.copy()
    predicted[:, 1] = -x[:, 1]
    predicted[0, 2] = -100 * np.abs(x[:, 2]).max()  # an outlier of the wrong sign
    predicted[:, 3] = -x[:, 3]
    held_out = np.ones(x.shape, dtype=bool)
    held_out[:, 3] = np.arange(200) < 9  # too few to tell
    assert np.corrcoef(predicted[:, 2], x[:, 2])[0, 1] < 0.1
    assert unpredictable(predicted, x, held_out).tolist() == [1]


def test_unpredictable_columns_are_not_tilted(monkeypatch):
    _, x = _table("self", d=4, hidden=2, n=1000)
    before = Mirf(**QUICK, selection=SELF_MASKING).fit(problem_of(x)).learnt.model.self_masking.slopes
    assert (before[:2] > 0.5).all()
    monkeypatch.setattr("mirimpute.methods.mirf.learn.unpredictable", lambda *arguments: np.array([0]))
    slopes = Mirf(**QUICK, selection=SELF_MASKING).fit(problem_of(x)).learnt.model.self_masking.slopes
    assert slopes[0] == 0
    assert slopes[1] > 0.5


def test_too_many_columns_are_refused_where_the_tilt_was_asked_for():
    wide = np.zeros((5, 300))
    with pytest.raises(UserError, match="more than 256"):
        self_masking_slopes(None, wide, np.random.default_rng(0))


def test_tilted_normal_draws_have_the_mean_of_the_tilted_normal():
    """N(0, s^2) tilted by exp(b x) is N(b s^2, s^2)."""
    slope, spread = 0.8, 1.3
    candidates = spread * np.random.default_rng(0).normal(size=(4000, 5, 2))
    shift, draws = SelfMasking(np.array([slope, 0.0])).tilted(candidates)
    assert shift[:, 0] == pytest.approx(slope * spread**2, abs=0.12)
    assert draws[..., 0].mean() == pytest.approx(slope * spread**2, abs=0.12)
    assert draws[..., 0].std() == pytest.approx(spread, abs=0.1)
    assert np.array_equal(draws[..., 1], candidates[..., 1])
    assert shift[:, 1] == pytest.approx(0, abs=1e-12)
    assert np.isin(draws[..., 0], candidates[..., 0]).all()  # every value is one that was drawn
    order = candidates[:, 0, 0].argsort()
    assert (np.diff(draws[order, 0, 0]) >= 0).all()  # at the rank that it had


def test_hidden_values_of_a_self_masked_column_are_moved_to_where_they_are():
    x_true, x = _table("self")
    hidden = np.isnan(x)
    plain, found = (
        Mirf(**QUICK, selection=selection).fit(problem_of(x)).impute() for selection in (NEVER, SELF_MASKING)
    )
    bias = [(each.point - x_true)[hidden].mean() for each in (plain, found)]
    assert bias[0] < -0.2
    assert abs(bias[1]) < abs(bias[0]) / 2
    assert np.square(found.point - x_true)[hidden].mean() < np.square(plain.point - x_true)[hidden].mean()
    drawn = [(each.draws - x_true)[:, hidden].mean() for each in (plain, found)]
    assert abs(drawn[1]) < abs(drawn[0]) / 2
    assert np.array_equal(found.point[~hidden], x[~hidden])
    assert np.array_equal(found.draws[0][~hidden], x[~hidden])
    assert [each.trace[-1]["self_masked_columns"] for each in (plain, found)] == [0, 1]


def test_same_seed_same_bits():
    _, x = _table("self", n=400)
    first, second = (Mirf(**QUICK, selection=SELF_MASKING).fit(problem_of(x)).impute() for _ in range(2))
    assert np.array_equal(first.point, second.point)
    assert np.array_equal(first.draws, second.draws)

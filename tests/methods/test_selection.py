"""Self-masking: the slope that hid the values is found, and none where there was none."""

import numpy as np
import pytest

from mirimpute.errors import UserError
from mirimpute.methods.mirf import Mirf
from mirimpute.methods.transports.selection import _slope, self_masking_tilt

from .conftest import problem_of

QUICK = {"rounds": 1, "steps": 80, "final_steps": 80, "width": 32, "batch": 128, "trees": 10, "chains": 2}


def _table(mechanism, n=3000, seed=0):
    """Three columns with correlation 0.8; the first loses a third of its cells by ``mechanism``."""
    rng = np.random.default_rng(seed)
    covariance = 0.8 + 0.2 * np.eye(3)
    x_true = rng.multivariate_normal(np.zeros(3), covariance, size=n)
    score = {"self": 1.5 * x_true[:, 0], "mcar": np.zeros(n), "mar": 1.5 * x_true[:, 1] - 1.5 * x_true[:, 2]}[mechanism]
    missing = np.zeros((n, 3), dtype=bool)
    missing[:, 0] = rng.random(n) < 1 / (1 + np.exp(-(score - 0.9)))
    x = np.where(missing, np.nan, x_true)
    mean, spread = np.nanmean(x, axis=0), np.nanstd(x, axis=0)
    return (x_true - mean) / spread, (x - mean) / spread, spread[0]


def test_slope_of_exactly_known_expectations():
    """With f = E[x | rest, observed] in closed form the regression gives the slope, within its standard error."""
    rng = np.random.default_rng(0)
    n, slope = 20_000, 1.2
    expected = rng.normal(size=n)
    # log-odds(missing | f) = a + b f, whatever the spread of x around f
    missing = rng.random(n) < 1 / (1 + np.exp(-(slope * expected - 0.5)))
    rest = rng.normal(size=(n, 2))
    assert _slope(expected, rest, missing, np.random.default_rng(1)) == pytest.approx(slope, abs=0.08)


def test_rest_that_tells_the_pattern_better_means_missing_at_random():
    rng = np.random.default_rng(0)
    rest = rng.normal(size=(3000, 2))
    missing = rng.random(3000) < 1 / (1 + np.exp(-2 * rest[:, 0]))
    expected = rest[:, 0] + rest[:, 1]  # correlated with the cause, but worse than it
    assert _slope(expected, rest, missing, np.random.default_rng(1)) == 0.0


def test_hidden_values_of_a_self_masked_column_are_moved_to_where_they_are():
    x_true, x, _ = _table("self")
    hidden = np.isnan(x)
    plain = Mirf(**QUICK).fit(problem_of(x)).impute()
    tilted = Mirf(**QUICK, selection=True).fit(problem_of(x)).impute()
    bias = [(each.point - x_true)[hidden].mean() for each in (plain, tilted)]
    assert bias[0] < -0.2
    assert abs(bias[1]) < abs(bias[0]) / 2
    assert np.square(tilted.point - x_true)[hidden].mean() < np.square(plain.point - x_true)[hidden].mean()
    assert np.array_equal(tilted.point[~hidden], x[~hidden])


@pytest.mark.parametrize("mechanism", ["mcar", "mar"])
def test_nothing_is_moved_where_values_do_not_hide_themselves(mechanism):
    _, x, _ = _table(mechanism)
    model = Mirf(**QUICK, selection=True).fit(problem_of(x)).learnt.model
    shift = model.tilt[0] * float(model.flow.rows(x, np.isnan(x)).spread[:, 0].square().mean())
    assert abs(shift) < 0.05


def test_too_many_columns_are_refused():
    with pytest.raises(UserError, match="more than 256"):
        self_masking_tilt(None, np.zeros((5, 300)), np.random.default_rng(0))


def test_same_seed_same_tilt():
    """The tilt repeats: it has a generator of its own for rows and folds."""
    _, x, _ = _table("self", n=400)
    tilts = [Mirf(**QUICK, selection=True).fit(problem_of(x)).learnt.model.tilt for _ in range(2)]
    assert np.array_equal(*tilts)

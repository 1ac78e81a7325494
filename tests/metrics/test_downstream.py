"""Downstream ratios against what the models themselves give."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mirimpute.metrics.comparison import Comparison, Undefined
from mirimpute.metrics.downstream import DOWNSTREAM_LINEAR, _split, ratio

NAMES = [(model, reference) for model in ("boosted", "linear") for reference in ("truth", "mean")]


@pytest.fixture
def table(rng):
    x = rng.normal(size=(400, 3))
    y = x @ np.array([2.0, -1.0, 0.5]) + 0.1 * rng.normal(size=400)
    return x, rng.random(x.shape) < 0.4, y


def comparison(x, x_imputed, scored, y):
    return Comparison(x, x_imputed, scored, max_rows=2000, rng_seed=0, target=y)


@pytest.mark.parametrize(("model", "reference"), NAMES)
def test_reference_itself_has_ratio_one(table, model, reference):
    x, scored, y = table
    means = np.nanmean(np.where(scored, np.nan, x), axis=0)
    completed = x if reference == "truth" else np.where(scored, means, x)
    assert ratio(comparison(x, completed.copy(), scored, y), model, reference) == 1.0


def test_ratio_is_that_of_the_models_errors(table, rng):
    """y is linear, so a ridge on the truth leaves 0.1; the ratio is computed here by hand."""
    x, scored, y = table
    completed = np.where(scored, rng.normal(size=x.shape), x)
    compared = comparison(x, completed, scored, y)
    train, test, _ = _split(compared)

    def error(table):
        model = make_pipeline(StandardScaler(), Ridge()).fit(table[train], y[train])
        return root_mean_squared_error(y[test], model.predict(x[test]))

    assert DOWNSTREAM_LINEAR.function(compared) == pytest.approx(error(completed) / error(x))
    assert error(x) == pytest.approx(0.1, rel=0.3)


@pytest.mark.parametrize(("model", "reference"), NAMES)
def test_more_noise_in_the_hidden_cells_costs_more(table, rng, model, reference):
    x, scored, y = table
    noise = rng.normal(size=x.shape)
    series = [ratio(comparison(x, x + scale * scored * noise, scored, y), model, reference) for scale in (0.0, 0.5, 2)]
    assert series[0] < series[1] < series[2]


def test_classes_are_scored_by_log_loss(table):
    x, scored, y = table
    names = np.where(y > 0, "yes", "no").astype(object)
    names[::50] = None  # unknown targets are left out
    completed = np.where(scored, 0.0, x)
    assert ratio(comparison(x, completed, scored, names), "linear", "truth") > 1.0
    assert ratio(comparison(x, completed, scored, names), "boosted", "truth") > 1.0


def test_rows_with_unknown_cells_are_left_out(table):
    x, scored, y = table
    x_unknown = x.copy()
    x_unknown[:50, 0] = np.nan
    scored = scored & ~np.isnan(x_unknown)
    train, test, _ = _split(comparison(x_unknown, x, scored, y))
    assert not set(range(50)) & set(np.concatenate([train, test]))


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (None, "has no target"),
        (np.ones(400), "one class only"),
        (np.full(400, 0.5), "is constant"),
        (np.full(400, np.nan), "0 complete rows with a target are too few"),
    ],
)
def test_what_cannot_be_predicted_is_undefined(table, target, reason):
    x, scored, _ = table
    with pytest.raises(Undefined, match=reason):
        ratio(comparison(x, x, scored, target), "linear", "truth")

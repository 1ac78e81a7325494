"""Columns that predict: against regressions on these columns alone."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from mirimpute import Imputer
from mirimpute.errors import UserError


@pytest.fixture
def x():
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 300))
    table = np.column_stack([a, b, c, 2 * a + b - c + 0.3 * rng.normal(size=300)])
    table[rng.random(300) < 0.3, 3] = np.nan
    return table


def test_ice_is_the_regression_on_the_chosen_columns(x):
    missing = np.isnan(x[:, 3])
    found = Imputer("ice", predictors={3: [0]}, integers=False).fit_transform(x)[missing, 3]
    line = LinearRegression().fit(x[~missing][:, [0]], x[~missing, 3]).predict(x[missing][:, [0]])
    assert found == pytest.approx(line, abs=0.02)  # ice shrinks a little
    full = Imputer("ice", integers=False).fit_transform(x)[missing, 3]
    assert np.abs(full - line).max() > 0.5


@pytest.mark.parametrize("kind", ["pmm", "bayes", "cart", "rf"])
def test_mice_draws_as_if_other_columns_were_not_there(x, kind):
    options = {"parameters": {"kind": kind, "chains": 3, "rounds": 2}, "random_state": 0}
    chosen = Imputer("mice", predictors={3: [0, 1]}, **options).fit_transform(x)
    alone = Imputer("mice", **options).fit_transform(x[:, [3, 0, 1]])
    assert np.array_equal(chosen[:, 3], alone[:, 0])


def test_a_column_without_predictors_gets_its_mean(x):
    missing = np.isnan(x[:, 3])
    found = Imputer("ice", predictors={3: []}).fit_transform(x)[missing, 3]
    assert found == pytest.approx(np.full(missing.sum(), x[~missing, 3].mean()))


def test_categories_predict_and_are_predicted(x):
    frame = pd.DataFrame(x, columns=list("abcd"))
    frame["g"] = np.where(frame["a"] > 0, "high", "low")
    hidden = np.random.default_rng(1).random(len(frame)) < 0.2
    truth = frame["g"].copy()
    frame.loc[hidden, "g"] = None
    good = Imputer("missforest", predictors={"g": ["a"]}, random_state=0).fit_transform(frame)
    poor = Imputer("missforest", predictors={"g": ["b"]}, random_state=0).fit_transform(frame)
    assert (good["g"] == truth)[hidden].mean() > 0.9
    assert (poor["g"] == truth)[hidden].mean() < 0.8
    by_group = Imputer("ice", predictors={"d": ["g"]}, integers=False, random_state=0).fit_transform(frame)
    filled = frame["d"].isna() & ~hidden
    assert by_group.loc[filled].groupby("g")["d"].std().max() < 1e-6


def test_multiple_imputation_keeps_to_them(x):
    options = {"parameters": {"kind": "bayes", "rounds": 2}, "random_state": 0}
    chosen = Imputer("mice", predictors={3: [2]}, **options).impute_multiple(x, 3)
    alone = Imputer("mice", **options).impute_multiple(x[:, [3, 2]], 3)
    assert all(np.array_equal(one[:, 3], other[:, 0]) for one, other in zip(chosen, alone, strict=True))


@pytest.mark.parametrize("method", ["mirf", "knn", "gaussian_em", "mean", "hyper"])
def test_methods_that_do_not_go_by_column_refuse(x, method):
    with pytest.raises(UserError, match="mice") as refusal:
        Imputer(method, predictors={3: [0]}).fit(x)
    assert method in str(refusal.value)


@pytest.mark.parametrize(
    ("predictors", "named"),
    [
        ({9: [0]}, "9"),
        ({3: [9]}, "9"),
        ({3: [3]}, "3"),
        ({3: "0"}, "'0'"),
        ([3], "[3]"),
        ({3: [0], "3": [1]}, "3"),
    ],
)
def test_bad_predictors_are_refused_with_the_value(x, predictors, named):
    with pytest.raises(UserError) as refusal:
        Imputer("mice", predictors=predictors).fit(x)
    assert named in str(refusal.value)


def test_an_ignored_column_predicts_nothing(x):
    with pytest.raises(UserError, match="does not get"):
        Imputer("mice", ignore=[0], predictors={3: [0]}).fit(x)

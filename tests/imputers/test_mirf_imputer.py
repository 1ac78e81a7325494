"""MirfImputer as scikit-learn and its users expect it."""

import datetime
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

from mirimpute import MirfImputer
from mirimpute.errors import UserError

QUICK = {"rounds": 1, "steps": 12, "final_steps": 12, "width": 16, "batch": 32, "trees": 8}


def quick(**arguments):
    return MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0, **arguments)


def table(n=150, seed=0, rate=0.2):
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(n, 1))
    x_true = np.hstack([factor, 3 * factor + rng.normal(size=(n, 1)), 100 + 20 * (factor + rng.normal(size=(n, 1)))])
    missing = rng.random(x_true.shape) < rate
    missing[missing.all(axis=1), 0] = False
    return x_true, np.where(missing, np.nan, x_true)


@pytest.fixture(scope="module")
def fitted():
    return quick().fit(table()[1])


@pytest.mark.parametrize(
    ("estimator", "check"),
    list(estimator_checks_generator(quick())),
    ids=lambda part: getattr(getattr(part, "func", None), "__name__", ""),
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def test_new_rows_are_completed_without_fitting_again(fitted):
    x_true, x = table(seed=1)
    completed = fitted.transform(x)
    missing = np.isnan(x)
    assert np.array_equal(completed[~missing], x[~missing])
    scale = x_true.std(axis=0)
    error = np.sqrt(np.mean((((completed - x_true) / scale)[missing]) ** 2))
    of_mean = np.sqrt(np.mean((((np.nanmean(x, axis=0) - x_true) / scale)[missing]) ** 2))
    assert error < 0.9 * of_mean
    assert np.array_equal(completed, fitted.transform(x))


def test_units_of_columns_do_not_matter(fitted):
    """Powers of two rescale without rounding, so even the bits agree."""
    x = table()[1]
    units = np.array([0.25, 1024.0, 2.0**-20])
    rescaled = quick().fit(x * units).transform(x * units)
    assert np.array_equal(rescaled, fitted.transform(x) * units)


def test_draws_differ_and_shrink_to_the_point(fitted):
    _, x = table(seed=2)
    missing = np.isnan(x)
    point = fitted.transform(x)
    draws = fitted.sample(x, 4)
    assert len(draws) == 4
    assert not np.allclose(draws[0][missing], draws[1][missing])
    assert all(np.array_equal(draw[~missing], x[~missing]) for draw in draws)
    assert np.array_equal(draws[0], fitted.sample(x, 4)[0])
    half = clone(fitted).set_params(shrinkage=0.5).fit(table()[1])
    assert np.allclose(half.sample(x, 1)[0], point + 0.5 * (fitted.sample(x, 1)[0] - point))
    none = clone(fitted).set_params(shrinkage=0.0, output="draw").fit(table()[1])
    assert np.allclose(none.transform(x), point)


def test_frames_come_back_as_frames(fitted):
    _, x = table()
    frame = pd.DataFrame(x, columns=["a", "b", "c"], index=np.arange(10, 160))
    imputer = quick().set_output(transform="pandas").fit(frame)
    completed = imputer.transform(frame)
    assert list(completed.columns) == ["a", "b", "c"]
    assert completed.index.equals(frame.index)
    assert completed.notna().all(axis=None)
    assert isinstance(imputer.sample(frame, 2)[1], pd.DataFrame)
    assert imputer.get_feature_names_out().tolist() == ["a", "b", "c"]


def test_works_in_a_pipeline():
    _, x = table()
    y = np.arange(len(x))
    assert make_pipeline(quick(), Ridge()).fit(x, y).predict(x).shape == y.shape


def test_a_saved_imputer_gives_the_same_bits(fitted, tmp_path):
    _, x = table(seed=3)
    fitted.save(tmp_path / "imputer.safetensors")
    loaded = MirfImputer.load(tmp_path / "imputer.safetensors")
    assert np.array_equal(loaded.transform(x), fitted.transform(x))
    assert np.array_equal(loaded.sample(x, 2), fitted.sample(x, 2))
    assert fitted._state.model.donors.columns  # the trees were part of it
    assert json.dumps(loaded.trace_) == json.dumps(fitted.trace_)


def test_times_of_day_are_saved_as_categories(tmp_path):
    times = [datetime.time(8, 30), datetime.time(17, 0, 0, 5)]
    frame = pd.DataFrame({"x": np.arange(40.0), "when": pd.Series(times * 20, dtype=object)})
    frame.loc[::5, "when"] = None
    imputer = quick().fit(frame)
    imputer.save(tmp_path / "imputer.safetensors")
    completed = MirfImputer.load(tmp_path / "imputer.safetensors").transform(frame)
    assert set(completed["when"]) == set(times)
    pd.testing.assert_frame_equal(completed, imputer.transform(frame))


def test_requests_without_a_meaning_are_refused_in_one_sentence(fitted, tmp_path):
    with pytest.raises(UserError, match="in a folder that is there"):
        fitted.save(tmp_path / "no" / "imputer")
    for state in (-1, 1.5, "seed"):
        with pytest.raises(UserError, match=f"random_state={state!r} is no seed: give an int"):
            quick().set_params(random_state=state).fit(table()[1])
        with pytest.raises(UserError, match=f"random_state={state!r} is no seed: give an int"):
            quick().set_params(random_state=state).impute_multiple(table()[1], 2)
    with pytest.raises(UserError, match=r"n_draws=1\.5 is no number of draws"):
        fitted.sample(table()[1], 1.5)


def test_values_behind_missing_cells_do_not_leak():
    """NaN is the only mark: two tables that differ only where they are missing are the same table."""
    x_true, x = table()
    poisoned = np.where(np.isnan(x), 1e30, x)
    poisoned[np.isnan(x)] = np.nan
    assert np.array_equal(quick().fit_transform(x), quick().fit_transform(poisoned))
    assert not np.array_equal(x_true, x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"preset": "mirff"}, "unknown preset 'mirff'.*mirf"),
        ({"output": "mean"}, "unknown output 'mean'"),
        ({"shrinkage": 2.0}, r"shrinkage=2.0 is outside"),
        ({"shrinkage": "none"}, r"shrinkage='none' is outside"),
        ({"device": "gpu"}, "device='gpu' is unknown: give cpu"),
        ({"parameters": {"round": 1}}, "unknown parameter 'round'.*rounds"),
        ({"parameters": {"steps": 1.5}}, "parameter steps=1.5 is of a wrong type: give int"),
        ({"parameters": {"dropout": 3}}, "dropout=3"),
        ({"parameters": ["rounds"]}, "is no dict"),
        ({"parameters": {"rounds": 0}}, "rounds=0 is too small"),
    ],
)
def test_bad_parameters_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        MirfImputer(**arguments).fit(table()[1])


def test_column_without_values_is_refused():
    _, x = table()
    x[:, 1] = np.nan
    with pytest.raises(ValueError, match="column 1 has no value at all"):
        quick().fit(x)

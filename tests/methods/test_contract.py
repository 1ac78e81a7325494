"""What every registered method promises."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirimpute.bench.conf_location import descriptions
from mirimpute.errors import CannotTransformError, MirimputeWarning, UserError
from mirimpute.methods.mirf.method import Mirf
from mirimpute.methods.registry import METHODS
from mirimpute.methods.sanity import check
from mirimpute.table.scale import observed_scale
from tests.methods.quick import FAST

from .conftest import correlated, problem_of

NEURAL = ("gain", "sinkhorn", "knewimp", "missdiff", "tabcsdi", "diffputer", "remasker", "cacti", "miwae", "tdm")
WRAPPED = {"command": "r", "sklearn": "sklearn", "statsmodels": "statsmodels"}
"""Several configuration files each, in such a folder."""
NATIVE = [name for name in METHODS if name not in WRAPPED]
WITHOUT_ROUNDS = {"knn"}


def _method(name):
    return METHODS[name](**FAST.get(name, {}))


def _impute(name, problem):
    return _method(name).fit(problem).impute()


@pytest.mark.parametrize("name", [name for name in NATIVE if name not in WITHOUT_ROUNDS])
def test_every_round_says_how_far_it_moved_and_what_was_lost(name):
    trace = _impute(name, problem_of(correlated(n=300, d=5)[1])).trace
    assert [entry["round"] for entry in trace] == list(range(1, len(trace) + 1))
    assert trace
    assert np.isfinite([[entry["change"], entry["loss"]] for entry in trace]).all()


@pytest.mark.parametrize("name", NATIVE)
def test_output_passes_the_gate_and_input_is_untouched(name, small):
    before = small.x_incomplete.copy()
    imputation = _impute(name, small)
    check(small, imputation, returns_column_means=_method(name).returns_column_means)
    assert np.array_equal(small.x_incomplete, before, equal_nan=True)
    for field in ("point", "draws"):
        array = getattr(imputation, field)
        assert array.dtype == np.float64
        assert np.isfinite(array).all()
    observed = ~small.missing
    assert np.array_equal(imputation.point[observed], before[observed])
    assert (imputation.draws[:, observed] == before[observed]).all()


@pytest.mark.parametrize("name", NATIVE)
def test_new_rows_are_completed_by_the_methods_that_say_so(name, small):
    fitted, able = _method(name).fit(small), True
    try:
        fitted.transform(small.x_incomplete[:3])
    except CannotTransformError:
        able = False
    assert able == METHODS[name].completes_new_rows


@pytest.mark.parametrize("name", NATIVE)
def test_same_seed_same_bits_other_seed_other_noise(name, small):
    first, second = _impute(name, small), _impute(name, small)
    assert np.array_equal(first.point, second.point)
    assert np.array_equal(first.draws, second.draws)
    if name in ("hot_deck", "gaussian_em", "mice", "mirf", "mirf_paper", "missforest") or name in NEURAL:
        other = _impute(name, dataclasses.replace(small, seed=1))
        assert not np.array_equal(first.draws, other.draws)


@pytest.mark.parametrize("name", ["mean", "ice", "knn", "gaussian_em"])
def test_permuting_rows_permutes_the_result(name, small):
    order = np.random.default_rng(0).permutation(len(small.x_incomplete))
    straight = _impute(name, small).point
    permuted = _impute(name, dataclasses.replace(small, x_incomplete=small.x_incomplete[order])).point
    assert np.allclose(straight[order], permuted, atol=1e-8)


@pytest.mark.parametrize("name", ["mean", "ice", "knn", "gaussian_em"])
def test_permuting_columns_permutes_the_result(name, small):
    order = [2, 0, 3, 1]
    straight = _impute(name, small).point
    permuted = _impute(name, dataclasses.replace(small, x_incomplete=small.x_incomplete[:, order])).point
    assert np.allclose(straight[:, order], permuted, atol=5e-3 if name == "ice" else 1e-8)  # ice stops at its tolerance


@pytest.mark.parametrize("name", NATIVE)
def test_complete_table_comes_back_unchanged(name):
    x_true, _ = correlated(n=40)
    imputation = _impute(name, problem_of(x_true))
    assert np.array_equal(imputation.point, x_true)
    assert (imputation.draws == x_true).all()


def test_every_method_has_a_configuration_file_with_a_sentence():
    described = descriptions("method")
    assert set(NATIVE) <= set(described)
    assert all(described.values())
    assert all(any(name.startswith(f"{library}/") for name in described) for library in WRAPPED.values())


@st.composite
def awkward_tables(draw):
    """Tables with constant, duplicate and integer columns, any scale, all-missing rows; each column has a value."""
    n, d = draw(st.integers(2, 25)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.normal(size=(n, d)) * 10.0 ** draw(st.integers(-6, 6))
    for column in range(d):
        kind = draw(st.sampled_from(["plain", "constant", "duplicate", "integer", "heavy"]))
        if kind == "constant":
            x[:, column] = x[0, column]
        elif kind == "duplicate":
            x[:, column] = x[:, 0]
        elif kind == "integer":
            x[:, column] = rng.integers(0, 3, size=n)
        elif kind == "heavy":
            x[:, column] = rng.standard_t(1.5, size=n)
    missing = rng.random((n, d)) < draw(st.sampled_from([0.1, 0.4, 0.8]))
    if draw(st.booleans()):
        missing[rng.integers(n)] = True
    for column in range(d):
        if missing[:, column].all():
            missing[rng.integers(n), column] = False
    return np.where(missing, np.nan, x)


@pytest.mark.parametrize("name", NATIVE)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(x=awkward_tables())
def test_awkward_tables_are_completed_or_refused(name, x):
    problem = problem_of(observed_scale(x).standardise(x))
    try:
        imputation = _impute(name, problem)
    except UserError:
        return
    assert np.isfinite(imputation.point).all()
    assert np.isfinite(imputation.draws).all()
    observed = ~problem.missing
    assert np.array_equal(imputation.point[observed], problem.x_incomplete[observed])
    assert (imputation.draws[:, observed] == problem.x_incomplete[observed]).all()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rounds", 0),
        ("steps", 0),
        ("dropout", 1.5),
        ("trees", -1),
        ("sweeps", 0),
        ("held_out", 1.0),
        ("learning_rate", -1.0),
    ],
)
def test_mirf_refuses_parameters_without_a_meaning(field, value):
    with pytest.raises(UserError, match=rf"method.{field}"):
        Mirf(**{field: value}).check()


def test_our_warnings_are_errors_in_tests():
    """The filter in pyproject.toml holds, so that no test passes over a warning of ours by accident."""
    import warnings

    with pytest.raises(MirimputeWarning):
        warnings.warn("a warning of ours", MirimputeWarning, stacklevel=1)

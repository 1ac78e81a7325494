"""Rivals by their own code, in their own environment; each skips, with the reason, where it is not installed."""

import numpy as np
import pytest

from mirimpute.bench.run.isolation import run_isolated
from mirimpute.errors import UserError
from mirimpute.methods.base import problem_of
from mirimpute.methods.presets import PRESETS, named_method
from mirimpute.methods.sanity import check
from mirimpute.table.columns import Column, Kind
from mirimpute.types import no_progress

QUICK = ("r/mice_pmm", "r/mice_norm", "r/irmi", "hyperimpute/EM", "hyperimpute/ice", "hyperimpute/mean")
REPEATED = (*QUICK, "r/mice_cart", "r/mice_rf", "miceforest", "hyperimpute/mice")
SLOW = [name for name, (key, _) in PRESETS.items() if key == "command" and name not in (*QUICK, "command")]


@pytest.fixture(scope="module")
def problem():
    """Numbers, whole numbers and two categorical columns that depend on two factors, in odd units, 60 rows."""
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(60, 2))
    x = factors @ rng.normal(size=(2, 5)) + 0.3 * rng.normal(size=(60, 5))
    x[:, 0], x[:, 1] = 1e5 + 1e3 * x[:, 0], np.round(5 * x[:, 1])
    x[:, 3], x[:, 4] = np.digitize(x[:, 3], [-0.5, 0.5]), x[:, 4] > 0
    columns = (
        Column("größe [cm]", Kind.CONTINUOUS),
        Column("how many?", Kind.INTEGER),
        Column("x", Kind.CONTINUOUS),
        Column("colour", Kind.CATEGORICAL, ("NA", 'a "b"', "red, dark")),
        Column("ok", Kind.CATEGORICAL, (False, True)),
    )
    return problem_of(np.where(rng.random(x.shape) < 0.2, np.nan, x), columns, seed=3)[0]


def _run(name, problem, tmp_path, draws=None):
    method = named_method_or_skip(name, draws)
    try:
        return run_isolated(method, problem, folder=tmp_path, threads=1, progress=no_progress)
    except UserError as absent:
        pytest.skip(str(absent))


def named_method_or_skip(name, draws):
    try:
        return named_method(name, {} if draws is None else {"draws": draws})
    except UserError as absent:
        pytest.skip(str(absent))


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_a_rival_completes_a_mixed_table(name, problem, tmp_path):
    draws = min(PRESETS[name][1]["draws"], 3)
    if name in ("utrees", "forestdiffusion"):  # minutes
        problem = problem_of(problem.source.values[:20], problem.source.encoding.columns, seed=3)[0]
    outcome = _run(name, problem, tmp_path, draws)
    if name == "hyperimpute/nop":  # it imputes nothing, and the exchange says so
        assert "no value in" in outcome.reason
        return
    assert outcome.status == "ok", outcome.reason
    found = outcome.imputation
    check(problem, found, returns_column_means=name == "hyperimpute/mean")
    assert found.draws.shape == (draws, *problem.x_incomplete.shape)
    assert found.program.version
    assert outcome.cost.fit_s == found.program.seconds
    if name in REPEATED:
        assert np.array_equal(_run(name, problem, tmp_path, draws).imputation.draws, found.draws)


@pytest.mark.parametrize("name", ["r/mice_pmm", "r/mice_cart"])
def test_mice_fills_columns_that_others_nearly_are(name, tmp_path):
    """By its defaults it leaves the holes of collinear columns as they are."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 3))
    x[:, 2] = x[:, 0] + 1e-4 * x[:, 2]
    columns = tuple(Column(each, Kind.CONTINUOUS) for each in "abc")
    problem = problem_of(np.where(rng.random(x.shape) < 0.2, np.nan, x), columns, seed=0)[0]
    outcome = _run(name, problem, tmp_path, 2)
    assert outcome.status == "ok", outcome.reason


def test_em_of_hyperimpute_finds_the_maximum_likelihood_of_a_monotone_pattern(tmp_path):
    """With one incomplete column, EM ends at the least-squares fit of the complete rows (Anderson 1957)."""
    rng = np.random.default_rng(1)
    x0 = rng.normal(size=200)
    x1 = 0.8 * x0 + 0.3 * rng.normal(size=200)
    hidden = rng.random(200) < 0.3
    x = np.column_stack([x0, np.where(hidden, np.nan, x1)])
    problem, _, scale = problem_of(x, (Column("a", Kind.CONTINUOUS), Column("b", Kind.CONTINUOUS)), seed=0)
    slope, intercept = np.polyfit(x0[~hidden], x1[~hidden], 1)
    found = scale.restore(_run("hyperimpute/EM", problem, tmp_path).imputation.point)[hidden, 1]
    np.testing.assert_allclose(found, slope * x0[hidden] + intercept, atol=1e-4)


def test_draws_of_r_norm_have_the_variance_of_the_residuals(tmp_path):
    rng = np.random.default_rng(2)
    x0 = rng.normal(size=400)
    hidden = rng.random(400) < 0.3
    x = np.column_stack([x0, np.where(hidden, np.nan, 2 * x0 + 0.5 * rng.normal(size=400))])
    problem, _, scale = problem_of(x, (Column("a", Kind.CONTINUOUS), Column("b", Kind.CONTINUOUS)), seed=0)
    found = scale.restore(_run("r/mice_norm", problem, tmp_path).imputation.draws)[:, hidden, 1]
    residuals = found - 2 * x0[hidden]
    assert residuals.std() == pytest.approx(0.5, rel=0.15)
    assert residuals.mean() == pytest.approx(0.0, abs=0.1)


def test_errors_that_hyperimpute_swallowed_are_noted_or_raised(tmp_path):
    """A column twice: EM logs the singular matrix and fills the rest with means.

    It is -1 or 1, of mean 0 and deviation 1, so that no processor rounds the matrix to a regular one.
    """
    twice = 2 * (np.arange(64.0) % 2) - 1
    first = np.where(np.arange(64) % 5 == 0, np.nan, np.arange(64.0) // 8)
    x = np.column_stack([first, twice, twice])
    columns = tuple(Column(name, Kind.CONTINUOUS) for name in "abc")
    outcome = _run("hyperimpute/EM", problem_of(x, columns, seed=0)[0], tmp_path)
    assert outcome.status == "failed"
    assert "EM went on after an error" in outcome.reason

"""The energy-I-score against closed forms of Gaussian tables, and what it hides from the method."""

import numpy as np
import pytest

from mirimpute.amputation.registry import MECHANISMS
from mirimpute.bench.cell import run_cell
from mirimpute.bench.config import CellConfig
from mirimpute.bench.iscore import coherent, energy_iscore, tasks_of
from mirimpute.bench.protocol import Protocol
from mirimpute.bench.run.isolation import Outcome
from mirimpute.datasets.synthetic import Gaussian
from mirimpute.errors import UserError
from mirimpute.methods.base import Imputation, problem_of
from mirimpute.methods.baselines.gaussian_em import GaussianEm
from mirimpute.methods.baselines.hot_deck import HotDeck
from mirimpute.methods.baselines.mean import Mean
from mirimpute.table.columns import Column, Kind

RHO = 0.8
SIZE = 6000


def gaussian(seed=0, n=SIZE):
    """Return a table of two columns, the first known, the second missing where the first is large more often."""
    rng = np.random.default_rng(seed)
    first = rng.standard_normal(n)
    second = RHO * first + (1 - RHO**2) ** 0.5 * rng.standard_normal(n)
    missing = rng.random(n) < np.where(first > 0, 0.5, 0.2)
    x = np.column_stack([first, np.where(missing, np.nan, second)])
    return problem_of(x, (Column("a", Kind.CONTINUOUS), Column("b", Kind.CONTINUOUS)), 0)


def ok(imputation):
    return Outcome("ok", "", imputation, None, "")


def score(method, draws, most=4):
    problem, encoding, scale = gaussian()
    completed = method(problem, draws).draws[0]
    tasks = tasks_of(problem, completed, encoding.column_slices, most, 0)
    assert [task.column for task in tasks] == [1]
    return energy_iscore(tasks, encoding, scale, lambda part: ok(method(part, draws)))[0], problem, scale


def conditional(problem, draws):
    """Draw the second of two columns from the law of the table, whichever of the two comes first."""
    x, rng = problem.x_incomplete, np.random.default_rng(problem.seed)
    names = [column.name for column in problem.columns]
    a, b = names.index("a"), names.index("b")
    _, _, scale = gaussian()
    known = scale.mean[0] + scale.spread[0] * x[:, a]
    drawn = RHO * known + (1 - RHO**2) ** 0.5 * rng.standard_normal((draws, len(x)))
    found = np.repeat(x[None], draws, axis=0)
    found[:, :, b] = np.where(np.isnan(x[:, b]), (drawn - scale.mean[1]) / scale.spread[1], x[:, b])
    return Imputation(found.mean(axis=0), found)


def marginal(problem, draws):
    """Draw the second column from its observed values."""
    x, rng = problem.x_incomplete, np.random.default_rng(problem.seed)
    b = [column.name for column in problem.columns].index("b")
    hole = np.isnan(x[:, b])
    found = np.repeat(x[None], draws, axis=0)
    found[:, hole, b] = rng.choice(x[~hole, b], (draws, hole.sum()))
    return Imputation(found.mean(axis=0), found)


def test_draws_from_the_true_conditional_score_sigma_over_root_pi():
    """The CRPS of N(mu, s²) judged by a value of its own is s / sqrt(pi); the score is in units of the spread."""
    found, _, scale = score(conditional, 20)
    expected = (1 - RHO**2) ** 0.5 / np.pi**0.5 / scale.spread[1]
    assert found == pytest.approx(expected, rel=0.03)


def test_the_true_conditional_is_first_and_a_point_last():
    """Proper: whatever else is drawn scores more. The point has the mean absolute error, sqrt(2) times as much."""
    best, _, _ = score(conditional, 20)
    point, _, _ = score(lambda problem, _: _mean_of(problem), 1)
    hot_deck, _, _ = score(marginal, 20)
    assert point == pytest.approx(2**0.5 * best, rel=0.03)  # E|N(0, s²)| = s sqrt(2 / pi)
    assert hot_deck > 1.3 * best


def _mean_of(problem):
    many = conditional(problem, 400)
    return Imputation(many.point, many.point[None])


def test_observed_values_are_hidden_and_completions_of_missing_ones_are_shown():
    problem, encoding, _ = gaussian(n=300)
    completed = conditional(problem, 1).draws[0]
    (task,) = tasks_of(problem, completed, encoding.column_slices, 4, 0)
    missing = problem.missing[:, 1]
    assert [column.name for column in task.problem.columns] == ["b", "a"]
    assert np.isnan(task.problem.x_incomplete[~missing, 0]).all()
    np.testing.assert_array_equal(task.problem.x_incomplete[missing, 0], completed[missing, 1])
    np.testing.assert_array_equal(task.truth[:, 0], problem.x_incomplete[~missing, 1])
    assert task.weight == pytest.approx(missing.mean() * (1 - missing.mean()))


def test_a_column_without_a_known_one_beside_it_gets_the_best_known():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 3))
    x[rng.random(400) < 0.4, 0] = np.nan
    x[rng.random(400) < 0.3, 1] = np.nan
    x[rng.random(400) < 0.1, 2] = np.nan
    problem, encoding, _ = problem_of(x, tuple(Column(name, Kind.CONTINUOUS) for name in "abc"), 0)
    tasks = tasks_of(problem, np.nan_to_num(problem.x_incomplete), encoding.column_slices, 2, 0)
    assert [[column.name for column in task.problem.columns] for task in tasks] == [["a", "c"], ["b", "c"]]
    for task in tasks:
        np.testing.assert_array_equal(task.rows, ~problem.missing[:, [task.column, 2]].any(axis=1))


def regressed(problem):
    """Complete each column by least squares on those without a hole: without chance, so that R gives the same."""
    x, missing = problem.x_incomplete.copy(), problem.missing
    design = np.column_stack([np.ones(len(x)), x[:, ~missing.any(axis=0)]])
    for j in np.flatnonzero(missing.any(axis=0)):
        known = ~missing[:, j]
        x[~known, j] = design[~known] @ np.linalg.lstsq(design[known], x[known, j], rcond=None)[0]
    return Imputation(x, x[None])


@pytest.mark.parametrize(
    ("holes_in_c", "by_column"),
    [(False, {1: 0.538978729289, 0: 0.490643196936}), (True, {1: 0.689074797870, 0: 0.764004856771})],
)
def test_numbers_are_those_of_micedrf(holes_in_c, by_column):
    """``Iscore(X, X_imp, imputation_func, multiple = FALSE)`` of miceDRF at 4d4a26b, with `regressed` written in R."""
    rng = np.random.default_rng(7)
    c = rng.standard_normal(80)
    a = 0.7 * c + 0.6 * rng.standard_normal(80)
    b = -0.5 * c + 0.4 * a**2 + 0.5 * rng.standard_normal(80)
    x = np.column_stack([a, b, c]).round(3)
    x[rng.random(80) < 0.35, 0] = np.nan
    x[rng.random(80) < 0.25, 1] = np.nan
    x[rng.random(80) < 0.15 * holes_in_c, 2] = np.nan
    problem, encoding, scale = problem_of(x, tuple(Column(name, Kind.CONTINUOUS) for name in "abc"), 0)
    completed = regressed(problem).draws[0]
    tasks = tasks_of(problem, completed, encoding.column_slices, 5, 0)
    scores = [energy_iscore([task], encoding, scale, lambda part: ok(regressed(part)))[0] for task in tasks]
    assert dict(zip((task.column for task in tasks), scores, strict=True)) == pytest.approx(by_column, rel=1e-9)
    together = energy_iscore(tasks, encoding, scale, lambda part: ok(regressed(part)))[0]
    if not holes_in_c:  # c has too few holes to be judged on, and miceDRF keeps its weight in the sum
        assert together == pytest.approx(0.515293284889, rel=1e-9)
    weights = {1: 0.22359375, 0: 0.21484375}
    assert together == pytest.approx(sum(weights[j] * by_column[j] for j in weights) / sum(weights.values()), rel=1e-9)


def test_categories_score_half_the_brier_score():
    """Draws that are right with probability 1/2 of two equal categories: E 1[X != x] - E 1[X != X'] / 2 = 1/4."""
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.standard_normal(2000), rng.integers(0, 2, 2000).astype(float)])
    x[rng.random(2000) < 0.3, 1] = np.nan
    columns = (Column("number", Kind.CONTINUOUS), Column("kind", Kind.CATEGORICAL, ("x", "y")))
    problem, encoding, scale = problem_of(x, columns, 0)
    shares = np.where(problem.missing, 0.1, problem.x_incomplete)
    completed = coherent(problem, shares, encoding, scale)
    assert len(np.unique(completed[:, encoding.column_slices[1]].round(9))) == 2
    tasks = tasks_of(problem, completed, encoding.column_slices, 1, 0)

    def at_random(part):
        values = np.unique(completed[:, encoding.column_slices[1]])
        found = np.repeat(part.x_incomplete[None], 20, axis=0)
        hole = np.isnan(part.x_incomplete[:, 0])
        found[:, hole, 0] = rng.choice([values.min(), values.max()], (20, hole.sum()))
        return ok(Imputation(found.mean(axis=0), found))

    assert energy_iscore(tasks, encoding, scale, at_random)[0] == pytest.approx(0.25, abs=0.01)


def test_a_cell_has_it_on_request_and_the_better_method_has_less(tmp_path):
    data = Gaussian(name="synthetic/gaussian", n_rows=300, n_columns=4)
    mar = MECHANISMS["mar"](name="mar")

    def row(method, columns=2):
        config = CellConfig(
            dataset=data,
            mechanism=mar,
            method=method,
            protocol=Protocol(metrics=["rmse"], trace_mi=False, iscore_columns=columns),
            results_dir=str(tmp_path / str(columns)),
        )
        return run_cell(config, tmp_path).row

    normal, random, mean = (row(method) for method in (GaussianEm(), HotDeck(), Mean()))
    assert normal["iscore_columns"] == 2
    assert normal["draws_iscore"] < random["draws_iscore"]
    assert normal["draws_iscore"] < mean["draws_iscore"]
    assert "draws_iscore" not in row(Mean(), 0)


def test_no_score_says_why():
    problem, encoding, scale = gaussian(n=300)
    tasks = tasks_of(problem, conditional(problem, 1).draws[0], encoding.column_slices, 4, 0)
    failed = Outcome("timeout", "stopped after 3 s", None, None, "")
    found, why = energy_iscore(tasks, encoding, scale, lambda part: failed)
    assert found is None
    assert "timeout on the cells of 'b'" in why
    assert "no column has" in energy_iscore([], encoding, scale, lambda part: failed)[1]
    with pytest.raises(UserError, match="iscore_columns=-1"):
        Protocol(iscore_columns=-1).check("mcar", 0.3)

"""The gate: what must never be scored is refused, what is merely odd is noted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mirimpute.errors import ImputationError
from mirimpute.methods.base import Completed, Fitted, Imputation, Method, Problem
from mirimpute.methods.sanity import Verdict, check, worse_than_mean
from mirimpute.table.columns import Column, Kind
from mirimpute.types import Progress, no_progress


def make_problem(x_incomplete: np.ndarray) -> Problem:
    columns = tuple(Column(f"x{j}", Kind.CONTINUOUS) for j in range(x_incomplete.shape[1]))
    return Problem(x_incomplete=x_incomplete, columns=columns, seed=0)


@pytest.fixture
def problem() -> Problem:
    """Three columns of odd units that say much of each other."""
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(40, 1)) + 0.3 * rng.normal(size=(40, 3))) * [1.0, 1e-4, 1e4] + [0.0, 3.0, -1e5]
    return make_problem(np.where(rng.random(x.shape) < 0.3, np.nan, x))


def column_means(problem: Problem) -> np.ndarray:
    return np.where(problem.missing, np.nanmean(problem.x_incomplete, axis=0), problem.x_incomplete)


def imputation(point: np.ndarray) -> Imputation:
    return Imputation(point=point, draws=point[None])


@pytest.fixture
def sound(problem: Problem) -> Imputation:
    """An output with nothing wrong: the means moved by a tenth of a standard deviation."""
    shift = 0.1 * np.nanstd(problem.x_incomplete, axis=0)
    return imputation(np.where(problem.missing, column_means(problem) + shift, problem.x_incomplete))


class SilentMean(Method):
    """The canary: it claims to be a method and returns mean imputation."""

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        return Completed(imputation(column_means(problem)))


def test_a_sound_output_passes_without_notes(problem: Problem, sound: Imputation) -> None:
    assert check(problem, sound) == Verdict(notes=())


def test_the_canary_that_silently_returns_the_mean_is_caught(problem: Problem) -> None:
    method = SilentMean("canary")
    output = method.fit(problem).impute()
    with pytest.raises(ImputationError, match="output equals the column means"):
        check(problem, output, returns_column_means=method.returns_column_means)


def test_mean_imputation_itself_passes(problem: Problem) -> None:
    from mirimpute.methods.baselines.mean import Mean

    method = Mean()
    x = problem.x_incomplete
    problem = replace(problem, x_incomplete=(x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0))
    output = method.fit(problem).impute()
    assert check(problem, output, returns_column_means=method.returns_column_means) == Verdict()
    with pytest.raises(ImputationError, match="column means"):
        check(problem, output)


def test_means_are_recognised_within_a_millionth_of_a_standard_deviation(problem: Problem) -> None:
    scale = np.nanstd(problem.x_incomplete, axis=0)
    near, far = (
        np.where(problem.missing, column_means(problem) + f * scale, problem.x_incomplete) for f in (9e-7, 2e-6)
    )
    with pytest.raises(ImputationError, match="column means"):
        check(problem, imputation(near))
    assert check(problem, imputation(far)) == Verdict()


def test_one_cell_off_the_mean_is_enough_to_pass_and_the_other_columns_are_noted(problem: Problem) -> None:
    point = column_means(problem)
    row = int(np.flatnonzero(problem.missing[:, 1])[0])
    point[row, 1] += 1e-4
    assert check(problem, imputation(point)).notes == ("output equals the column mean in column(s) 'x0', 'x2'",)


@pytest.mark.parametrize("d", [2, 6, 20])
def test_means_are_the_right_answer_where_columns_are_independent_and_are_only_noted(d: int) -> None:
    for seed in range(24 // d):
        rng = np.random.default_rng(seed)
        x = rng.standard_t(3, size=(100, d))
        independent = make_problem(np.where(rng.random(x.shape) < 0.3, np.nan, x))
        notes = check(independent, imputation(column_means(independent))).notes
        assert notes[0].startswith("output equals the column mean in column(s) 'x0', 'x1'")


@pytest.mark.parametrize("holes", [[5], [4, 5, 6], [5, 11, 12, 13, 14, 15, 16]])
def test_the_middle_of_a_line_is_the_mean_and_no_fault(holes: list[int]) -> None:
    """The last has seven holes where t is at its mean, all of which are rightly the mean of y."""
    t = np.concatenate([np.arange(11.0), np.full(6, 5.0)])
    x = np.stack([t, 2 * t + 1], axis=1)
    whole = x.copy()
    x[holes, 1] = np.nan
    line = make_problem(x)
    check(line, imputation(whole))  # would raise


def test_five_cells_that_a_regression_puts_elsewhere_convict() -> None:
    t = np.arange(40.0)
    for holes, guilty in (([0, 1, 2, 37], False), ([0, 1, 2, 3, 4, 33], True)):
        x = np.stack([t, 2 * t + 1], axis=1)
        x[holes, 1] = np.nan
        line = make_problem(x)
        if guilty:
            with pytest.raises(ImputationError, match="column means"):
                check(line, imputation(column_means(line)))
        else:
            assert check(line, imputation(column_means(line))).notes == (
                "output equals the column mean in column(s) 'x1'",
            )


def test_a_single_mean_proves_nothing_and_is_not_noted() -> None:
    t = np.arange(20.0)
    x = np.stack([t, t**2], axis=1)
    x[3, 1] = np.nan
    assert check(make_problem(x), imputation(column_means(make_problem(x)))) == Verdict()


def test_means_on_a_large_table_are_found_in_seconds() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 1)) + rng.normal(size=(300, 400))
    x[rng.random(x.shape) < 0.3] = np.nan
    with pytest.raises(ImputationError, match="column means"):
        check(make_problem(x), imputation(column_means(make_problem(x))))


def test_a_constant_column_does_not_hide_mean_imputation_and_is_no_evidence_of_it(problem: Problem) -> None:
    constant = np.where(np.arange(40) % 3 == 0, np.nan, 5.0)
    with_constant = make_problem(np.column_stack([problem.x_incomplete, constant]))
    with pytest.raises(ImputationError, match="column means"):
        check(with_constant, imputation(column_means(with_constant)))
    alone = make_problem(np.column_stack([np.arange(40.0), constant]))
    assert check(alone, imputation(column_means(alone))) == Verdict()


def test_where_nothing_is_observed_the_mean_is_the_right_answer() -> None:
    one_column = make_problem(np.array([[1.0], [2.0], [np.nan]]))
    assert check(one_column, imputation(column_means(one_column))) == Verdict()
    empty_row = make_problem(np.array([[1.0, 4.0], [2.0, 3.0], [np.nan, np.nan]]))
    assert check(empty_row, imputation(column_means(empty_row))) == Verdict()


@pytest.mark.parametrize("direction", [-np.inf, np.inf])
def test_an_observed_cell_moved_by_one_ulp_is_caught(problem: Problem, sound: Imputation, direction: float) -> None:
    row, column = (int(i) for i in np.argwhere(~problem.missing)[7])
    point = sound.point.copy()
    point[row, column] = np.nextafter(point[row, column], direction)
    with pytest.raises(ImputationError, match=f"1 observed cell.*row {row} of column 'x{column}'"):
        check(problem, imputation(point))
    with pytest.raises(ImputationError, match=r"1 observed cell.* of draw 1 were changed"):
        check(problem, replace(sound, draws=np.stack([sound.point, point])))


def test_a_lost_sign_of_zero_is_a_change() -> None:
    problem = make_problem(np.array([[-0.0, 1.0], [2.0, np.nan], [1.0, 3.0]]))
    point = np.array([[0.0, 1.0], [2.0, 2.5], [1.0, 3.0]])
    with pytest.raises(ImputationError, match=r"-0\.0 became 0\.0"):
        check(problem, imputation(point))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_caught(problem: Problem, sound: Imputation, value: float) -> None:
    row, column = (int(i) for i in np.argwhere(problem.missing)[3])
    point = sound.point.copy()
    point[row, column] = value
    with pytest.raises(ImputationError, match=f"1 imputed cell.* of point .*row {row} of column 'x{column}'"):
        check(problem, imputation(point))
    with pytest.raises(ImputationError, match=r"1 imputed cell.* of draw 0 "):
        check(problem, replace(sound, draws=point[None]))


def test_wrong_arrays_are_caught(problem: Problem, sound: Imputation) -> None:
    point, draws = sound.point, sound.draws
    for fault, reason in [
        (Imputation(point[:-1], draws), r"point has shape \(39, 3\), the problem needs \(40, 3\)"),
        (Imputation(point.astype(np.float32), draws), "point has dtype float32"),
        (Imputation(point, draws[:0]), r"draws has shape \(0, 40, 3\), the problem needs \(1, 40, 3\)"),
        (Imputation(point, point), r"draws has shape \(40, 3\), the problem needs \(40, 40, 3\)"),
        (Imputation(point, draws.astype(object)), "draws has dtype object"),
        (Imputation(point, None), "draws is a NoneType"),  # type: ignore[arg-type]
    ]:
        with pytest.raises(ImputationError, match=reason):
            check(problem, fault)


def test_worse_than_mean_needs_a_real_difference() -> None:
    assert worse_than_mean(1.2, 1.0) == "worse than mean imputation (RMSE 1.2 against 1)"
    assert worse_than_mean(1.0 + 1e-12, 1.0) == ""
    assert worse_than_mean(0.5, 1.0) == ""

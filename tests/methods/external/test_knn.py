"""KNN against answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mirimpute.errors import UserError
from mirimpute.methods.base import Problem
from mirimpute.methods.external.knn import Knn
from mirimpute.methods.sanity import Verdict, check
from mirimpute.table.columns import Column, Kind

NAN = np.nan


def make_problem(x_incomplete: np.ndarray) -> Problem:
    columns = tuple(Column(f"x{j}", Kind.CONTINUOUS) for j in range(x_incomplete.shape[1]))
    return Problem(x_incomplete=x_incomplete, columns=columns, seed=0)


@pytest.fixture
def table() -> np.ndarray:
    # Row 0 is at distance sqrt(2) · {1, 2, 4} from the others: one of two columns is shared.
    return np.array([[0.0, NAN], [1.0, 10.0], [2.0, 20.0], [-4.0, 100.0]])


@pytest.mark.parametrize(
    ("n_neighbors", "weights", "expected"),
    [
        (1, "uniform", 10.0),
        (2, "uniform", 15.0),
        (2, "distance", (10 / 1 + 20 / 2) / (1 / 1 + 1 / 2)),
        (3, "distance", (10 / 1 + 20 / 2 + 100 / 4) / (1 / 1 + 1 / 2 + 1 / 4)),
        (10, "uniform", 130 / 3),
    ],
)
def test_weighted_average_of_the_nearest_rows(
    table: np.ndarray, n_neighbors: int, weights: str, expected: float
) -> None:
    output = Knn(n_neighbors=n_neighbors, weights=weights).fit(make_problem(table)).impute()
    assert output.point[0, 1] == pytest.approx(expected, rel=1e-12)


def test_distances_are_rescaled_to_all_columns() -> None:
    # Row 0 shares columns 0 and 1 with row 1 (d² = 3/2 · (1 + 1) = 3), only column 0 with row 2 (d² = 3 · 0.81).
    x = np.array([[0.0, 0.0, NAN], [1.0, 1.0, 5.0], [0.9, NAN, 7.0]])
    output = Knn(n_neighbors=1).fit(make_problem(x)).impute()
    assert output.point[0, 2] == 7.0


def test_a_row_without_observed_cells_gets_the_column_means() -> None:
    x = np.array([[NAN, NAN], [1.0, 10.0], [2.0, 30.0]])
    assert Knn().fit(make_problem(x)).impute().point[0].tolist() == [1.5, 20.0]


def test_output_passes_the_gate_and_the_input_is_untouched() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    x[rng.random(x.shape) < 0.3] = NAN
    problem = make_problem(x.copy())
    output = Knn().fit(problem).impute()
    assert check(problem, output) == Verdict()
    assert np.array_equal(problem.x_incomplete, x, equal_nan=True)
    assert np.array_equal(output.draws, output.point[None])
    assert np.array_equal(Knn().fit(problem).impute().point, output.point)
    order = rng.permutation(60)
    np.testing.assert_allclose(Knn().fit(make_problem(x[order])).impute().point, output.point[order], rtol=1e-9)


@pytest.mark.parametrize(
    ("wrong", "reason"), [({"n_neighbors": 0}, "n_neighbors=0"), ({"weights": "x"}, "weights 'x'")]
)
def test_parameters_without_meaning_are_refused(wrong: dict, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        Knn(**wrong).check()

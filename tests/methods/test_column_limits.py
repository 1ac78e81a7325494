"""Notes of values outside of a range count numbers, not the indicators of categories."""

import numpy as np

from mirimpute.methods.base import Imputation, problem_of
from mirimpute.methods.column_limits import inside
from mirimpute.table.columns import Column, Kind


def test_notes_count_the_missing_numbers_alone():
    rng = np.random.default_rng(0)
    values = np.stack([rng.normal(size=60), rng.integers(0, 3, 60).astype(float)], axis=1)
    values[:8, 0] = np.nan
    values[4:20, 1] = np.nan
    columns = (Column("x", Kind.CONTINUOUS), Column("c", Kind.CATEGORICAL, categories=("a", "b", "c")))
    problem, _, _ = problem_of(values, columns, 0, "cpu")
    point = np.where(problem.missing, 0.5, problem.x_incomplete)
    point[0, 0] = 100.0
    (note, _) = inside(problem, Imputation(point, draws=point[None])).notes
    assert note.startswith("1 of 8 ")

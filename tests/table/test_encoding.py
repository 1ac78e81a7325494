"""Columns of a table to columns of numbers, and back."""

import numpy as np
import pytest

from mirimpute.methods.base import problem_of
from mirimpute.table.columns import Column, Kind
from mirimpute.table.encoding import Encoding

COLUMNS = (
    Column("x", Kind.CONTINUOUS),
    Column("c", Kind.CATEGORICAL, ("a", "b", "c")),
    Column("flag", Kind.CATEGORICAL, (False, True)),
    Column("one", Kind.CATEGORICAL, ("only",)),
)
VALUES = np.array([[0.5, 0, 1, 0], [1.5, 2, 0, 0], [np.nan, np.nan, np.nan, 0], [2.0, 1, 1, 0], [9.0, 2, 1, np.nan]])


def test_indicators_there_and_back():
    encoding = Encoding(COLUMNS)
    encoded = encoding.encode(VALUES)
    assert [column.name for column in encoding.encoded_columns] == ["x", "c=a", "c=b", "c=c", "flag=True", "one=only"]
    assert encoded[0].tolist() == [0.5, 1, 0, 0, 1, 1]
    assert np.isnan(encoded[2, :5]).all()
    assert [block.tolist() for block in encoding.categorical] == [[1, 2, 3], [4], [5]]
    problem, _, scale = problem_of(VALUES, COLUMNS, 0)
    completed = np.where(problem.missing, 0.0, problem.x_incomplete)
    table = encoding.decode(completed, scale)
    known = ~np.isnan(VALUES)
    np.testing.assert_array_equal(table[:, 1:][known[:, 1:]], VALUES[:, 1:][known[:, 1:]])
    np.testing.assert_allclose(encoding.table_scale(scale).restore(table)[known], VALUES[known])


def test_means_decode_to_the_most_frequent_category():
    _, encoding, scale = problem_of(VALUES, COLUMNS, 0)
    assert encoding.decode(np.zeros((1, 6)), scale)[0, 1:].tolist() == [2, 1, 0]


def test_every_column_has_variance_one_in_all():
    rng = np.random.default_rng(0)
    values = np.column_stack([rng.normal(5, 3, 4000), rng.choice(3, 4000, p=[0.7, 0.2, 0.1]), rng.random(4000) < 0.2])
    columns = (COLUMNS[0], COLUMNS[1], COLUMNS[2])
    problem, encoding, _ = problem_of(values.astype(float), columns, 0)
    for block in encoding.column_slices:
        assert problem.x_incomplete[:, block].var(axis=0).sum() == pytest.approx(1.0)
    shares = [0.49 + 0.04 + 0.01, 0.2**2 + 0.8**2]
    spread = encoding.category_spread(encoding.scale_of(encoding.encode(values.astype(float))))
    np.testing.assert_allclose(spread, [1.0, *np.sqrt(1 - np.array(shares))], atol=0.02)
    some, other = rng.permutation(4000), rng.permutation(4000)
    squares = (problem.x_incomplete[some] - problem.x_incomplete[other]) ** 2
    for block in encoding.column_slices:
        assert squares[:, block].sum(axis=1).mean() == pytest.approx(2.0, abs=0.15)


def test_a_table_of_numbers_is_not_touched():
    x = np.array([[1.0, np.nan], [2.0, 3.0]])
    columns = (COLUMNS[0], Column("n", Kind.INTEGER))
    problem, encoding, scale = problem_of(x, columns, 3)
    assert encoding.encode(x) is x
    assert encoding.decode(problem.x_incomplete, scale) is problem.x_incomplete
    assert problem.columns == columns
    assert problem.categorical == ()

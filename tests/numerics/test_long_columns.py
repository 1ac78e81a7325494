"""Long columns: the same numbers as a whole sort, of whatever order and ties."""

import numpy as np
import pytest

from mirimpute.numerics.long_columns import contiguous_columns, sorted_where_needed
from mirimpute.table import wild
from mirimpute.table.columns import Column, Kind

N = 60_000
ENDS, DISTINCT = 52, 4


def columns():
    """Columns of many forms by name, (N,) each, a tenth of the cells missing."""
    rng = np.random.default_rng(0)
    normal = rng.normal(size=N)
    found = {
        "normal": normal,
        "heavy": rng.standard_t(2, size=N),
        "cauchy": rng.standard_cauchy(N),
        "skewed": rng.lognormal(sigma=2, size=N),
        "sorted": np.sort(normal),
        "periodic": np.tile(np.arange(7.0), N // 7 + 1)[:N],
        "counts": rng.poisson(50, N).astype(float),
        "rounded": normal.round(2),
        "zeros": np.where(rng.random(N) < 0.7, 0.0, normal**2),
        "ties at the ends": np.clip(normal, -2, 2),
        "ties in the middle": np.where(rng.random(N) < 0.02, 0.0, normal),
        "fill value": np.where(rng.random(N) < 0.001, 9.97e36, normal),
        "marks": np.where(rng.random(N) < 0.2, -999.0, normal**2),
        "three far": np.r_[normal[3:], 1e9, -1e9, 99999.0],
        "constant": np.ones(N),
    }
    for values in found.values():
        values[rng.random(N) < 0.1] = np.nan
    return found


COLUMNS = columns()


@pytest.mark.parametrize("name", COLUMNS)
def test_ends_and_median_are_those_of_a_whole_sort(name):
    values = COLUMNS[name]
    whole = np.sort(values[~np.isnan(values)])
    part = sorted_where_needed(values, ENDS, DISTINCT)
    assert len(part) == len(whole)
    assert (np.diff(part) >= 0).all()
    low, high = np.unique(whole)[:DISTINCT], np.unique(whole)[-DISTINCT:]
    first, last = np.searchsorted(whole, low[-1], "right") + ENDS, np.searchsorted(whole, high[0]) - ENDS
    np.testing.assert_array_equal(part[:first], whole[:first])
    np.testing.assert_array_equal(part[max(last, 0) :], whole[max(last, 0) :])
    middle = slice((len(whole) - 1) // 2, len(whole) // 2 + 1)
    np.testing.assert_array_equal(part[middle], whole[middle])
    for value in whole[middle]:
        for side in ("left", "right"):
            assert np.searchsorted(part, value, side) == np.searchsorted(whole, value, side)


def test_most_of_a_long_column_is_not_sorted():
    values = COLUMNS["normal"]
    assert len(np.unique(sorted_where_needed(values, ENDS, DISTINCT))) < N // 5


@pytest.mark.parametrize("kind", [Kind.CONTINUOUS, Kind.DATETIME])
@pytest.mark.parametrize("name", COLUMNS)
def test_fences_are_those_of_a_whole_sort(name, kind, monkeypatch):
    column, values = [Column("a", kind)], COLUMNS[name][:, None]
    found = wild.Fences.of(values, column)
    monkeypatch.setattr(wild, "sorted_where_needed", lambda values, *_: np.sort(values[~np.isnan(values)]))
    expected = wild.Fences.of(values, column)
    assert [vars(found)[each].tolist() for each in vars(found)] == [
        vars(expected)[each].tolist() for each in vars(expected)
    ]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(9_001, 21), (5, 1), (0, 3), (4, 0)])
def test_columns_lie_in_one_piece(shape, order):
    x = np.asarray(np.random.default_rng(0).normal(size=shape), order=order)
    found = [(column.copy(), column.flags.contiguous) for column in contiguous_columns(x)]
    assert len(found) == shape[1]
    assert all(in_one_piece for _, in_one_piece in found)
    for (column, _), own in zip(found, x.T, strict=True):
        np.testing.assert_array_equal(column, own)

import numpy as np
import pytest

from mirimpute.metrics import Comparison, Undefined


def table(n=4, d=2):
    return np.arange(float(n * d)).reshape(n, d)


def test_rows_have_a_scored_cell_and_no_unknown_cell(compare):
    x_true = table(5)
    x_true[1, 0] = np.nan
    scored = np.zeros((5, 2), dtype=bool)
    scored[[1, 2, 4], 1] = True
    comparison = compare(x_true, table(5), scored)
    assert comparison.eligible_rows.tolist() == comparison.rows.tolist() == [2, 4]
    assert comparison.known.sum() == 9


def test_subsample_is_fixed_by_its_seed_and_ignores_the_imputation(compare):
    x = table(100)
    scored = np.ones(x.shape, dtype=bool)
    scored[::3] = False
    rows = compare(x, x, scored, max_rows=20, rng_seed=1).rows
    assert np.array_equal(rows, compare(x, x + 5, scored, max_rows=20, rng_seed=1).rows)
    assert not np.array_equal(rows, compare(x, x, scored, max_rows=20, rng_seed=2).rows)
    assert len(set(rows)) == 20
    assert scored[rows].all()
    assert np.all(np.diff(rows) > 0)


def test_subsample_is_uniform(compare):
    x = table(10, 1)
    counts = sum(np.bincount(compare(x, x, max_rows=3, rng_seed=s).rows, minlength=10) for s in range(1000))
    np.testing.assert_allclose(counts / 1000, 0.3, atol=0.07)


def test_the_cap_counts_eligible_rows(compare):
    x = table(30)
    scored = np.zeros(x.shape, dtype=bool)
    scored[:8, 0] = True
    assert np.array_equal(compare(x, x, scored, max_rows=8).rows, np.arange(8))


def test_undefined_when_no_row_is_known(compare):
    x_true = table()
    x_true[:, 0] = np.nan
    scored = np.zeros(x_true.shape, dtype=bool)
    scored[:, 1] = True
    with pytest.raises(Undefined, match="never had"):
        _ = compare(x_true, table(), scored).rows


def test_once_computes_once_per_function(compare):
    calls = []

    def first(comparison):
        calls.append("first")
        return len(calls)

    def second(comparison):
        return comparison.once(first) + 10

    comparison = compare(table(), table())
    assert (comparison.once(first), comparison.once(second), comparison.once(first)) == (1, 11, 1)
    assert calls == ["first"]
    assert compare(table(), table()).once(first) == 2  # another comparison shares nothing


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_true": table().astype(np.float32)}, "x_true must be a float64 matrix, got float32"),
        ({"x_imputed": np.zeros(4)}, "x_imputed must be a float64 matrix"),
        ({"scored": np.ones((4, 2))}, "scored must be bool"),
        ({"scored": np.ones((3, 2), dtype=bool)}, "one shape"),
        ({"x_imputed": np.where(table() == 3, np.nan, table())}, "x_imputed holds 1 cell"),
        ({"x_imputed": np.where(table() > 5, np.inf, table())}, "x_imputed holds 2 cell"),
        ({"x_true": np.where(table() == 3, -np.inf, table())}, "x_true holds 1 infinite cell"),
        ({"x_true": np.where(table() == 3, np.nan, table())}, "1 scored cell.* no true value"),
        ({"scored": np.zeros((4, 2), dtype=bool)}, "no cell is scored"),
        ({"max_rows": 0}, "max_rows must be at least 1, got 0"),
    ],
)
def test_broken_invariants_are_named(change, message):
    arguments = {
        "x_true": table(),
        "x_imputed": table(),
        "scored": np.ones((4, 2), dtype=bool),
        "max_rows": 5,
        "rng_seed": 0,
    }
    with pytest.raises(ValueError, match=message):
        Comparison(**{**arguments, **change})

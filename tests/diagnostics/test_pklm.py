"""The test by classification: as often wrong as it says, and it sees what means do not show."""

import numpy as np
import pytest

from mirimpute.diagnostics.little import little_test
from mirimpute.diagnostics.pklm import PklmTest, pklm_test
from mirimpute.errors import UserError

FEW = {"projections": 8, "permutations": 39, "ferns": 20}


def _table(rng, kind, n=300):
    x = rng.normal(size=(n, 4))
    x[:, 1:] += 0.5 * x[:, [0]]
    if kind == "mcar":
        hidden = rng.random((n, 4)) < 0.2
    else:  # in the middle of the first column: no mean moves
        hidden = (np.abs(x[:, [0]]) < 0.7) & (rng.random((n, 4)) < 0.7)
        hidden[:, 0] = False
    return np.where(hidden, np.nan, x)


@pytest.mark.slow
def test_it_is_wrong_as_often_as_it_says():
    rng = np.random.default_rng(0)
    wrong = np.mean([pklm_test(_table(rng, "mcar", 150), **FEW, seed=k).p <= 0.1 for k in range(100)])
    assert wrong < 0.1 + 3 * np.sqrt(0.1 * 0.9 / 100)


def test_it_sees_what_means_do_not_show():
    table = _table(np.random.default_rng(1), "middle")
    found = pklm_test(table, **FEW)
    assert found.p == pytest.approx(1 / 40)
    assert little_test(table).p > 0.01


def test_categories_can_tell():
    rng = np.random.default_rng(2)
    code = rng.integers(0, 3, size=300).astype(float)
    y = np.where((code == 1) & (rng.random(300) < 0.7), np.nan, rng.normal(size=300))
    assert pklm_test(np.column_stack([code, y]), np.array([3, 0]), **FEW).p == pytest.approx(1 / 40)


def test_the_same_seed_gives_the_same_answer():
    table = _table(np.random.default_rng(3), "mcar", 100)
    first, second = pklm_test(table, **FEW), pklm_test(table, **FEW)
    assert isinstance(first, PklmTest)
    assert first == second


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (np.ones((30, 2)), "missing cells"),
        (np.full((30, 1), np.nan), "two columns"),
        (np.where(np.eye(4, dtype=bool), np.nan, 1.0), "too few rows"),
    ],
)
def test_where_there_is_none_it_says_why(table, reason):
    assert reason in pklm_test(table, **FEW)


def test_counts_below_one_are_refused():
    with pytest.raises(UserError, match="permutations=0"):
        pklm_test(np.ones((3, 2)), permutations=0)

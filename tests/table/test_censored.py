"""Limits among numbers, as laboratories write them."""

import numpy as np
import pyarrow
import pytest

from mirimpute.errors import DataError
from mirimpute.table.censored import are_limits, limits_in


def texts(*cells):
    return pyarrow.array(cells, pyarrow.large_string())


@pytest.mark.parametrize(
    ("cell", "low", "high"),
    [
        ("<0.3", -np.inf, 0.3),
        ("< 0.3 ", -np.inf, 0.3),
        ("<=0.3", -np.inf, 0.3),
        ("≤0.3", -np.inf, 0.3),
        ("<1e-3", -np.inf, 0.001),
        (">500", 500.0, np.inf),
        (" >= 500", 500.0, np.inf),
        ("≥500", 500.0, np.inf),
        ("<-5", -np.inf, -5.0),
        ("0.3", -np.inf, np.inf),
        (None, -np.inf, np.inf),
    ],
)
def test_ends_are_those_that_are_written(cell, low, high):
    found = limits_in(texts(cell, "1.5"), "crp")
    np.testing.assert_allclose([found[0][0], found[1][0]], [low, high], rtol=1e-8)
    assert [each[1] for each in found] == [-np.inf, np.inf]
    strict = cell is not None and cell.strip()[0] in "<>" and "=" not in cell
    assert bool(found[1][0] < high or found[0][0] > low) == strict


def test_commas_and_thousands_are_read_as_in_the_column():
    assert limits_in(texts("<0,3", "1,5"), "crp", decimal=",")[1][0] == pytest.approx(0.3)
    assert limits_in(texts(">1.500", "2.000"), "crp", thousands=".")[0][0] == pytest.approx(1500.0)


@pytest.mark.parametrize("odd", ["low", "<", "<low", "0.3<", "1-2", "<<3"])
def test_what_is_neither_a_number_nor_a_limit_is_named(odd):
    with pytest.raises(DataError, match="crp") as refused:
        limits_in(texts("<0.3", odd), "crp")
    assert repr(odd) in str(refused.value)


def test_words_are_no_limits():
    assert are_limits(texts("<b>", "> x", "<", None, "a < 3")).to_pylist() == [False] * 5

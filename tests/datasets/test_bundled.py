from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets

from mirimpute.bench.dataset_catalog import named_dataset
from mirimpute.datasets.bundled import LOADERS, Bundled
from mirimpute.errors import UserError
from mirimpute.table.columns import Kind


@pytest.mark.parametrize(
    ("id", "loader"),
    [
        ("breast_cancer", "load_breast_cancer"),
        ("digits", "load_digits"),
        ("iris", "load_iris"),
        ("wine_recognition", "load_wine"),
    ],
)
def test_values_and_names_are_those_of_scikit_learn(id: str, loader: str, no_sockets: None) -> None:
    source = getattr(sklearn.datasets, loader)()
    table = named_dataset(id).load(Path("not there"))
    assert table.name == id
    assert table.dropped == ()
    np.testing.assert_array_equal(table.values, source.data)
    assert [c.name for c in table.columns] == list(source.feature_names)


def test_diabetes_is_in_natural_units() -> None:
    table = named_dataset("diabetes").load(Path("not there"))
    assert [c.name for c in table.columns[:4]] == ["age", "sex", "bmi", "bp"]
    age, sex = table.values[:, 0], table.values[:, 1]
    assert (age.min(), age.max()) == (19, 79)
    assert set(sex) == {1, 2}
    assert table.columns[0].kind is Kind.INTEGER
    assert table.columns[2].kind is Kind.CONTINUOUS


def test_integer_and_constant_columns_are_kept() -> None:
    table = named_dataset("digits").load(Path("not there"))
    assert {c.kind for c in table.columns} == {Kind.INTEGER}
    assert np.ptp(table.values[:, 0]) == 0
    assert table.values.shape == (1797, 64)


def test_unknown_id_lists_the_valid_ones() -> None:
    with pytest.raises(UserError, match="'iriss': did you mean 'iris'") as raised:
        Bundled(name="mine", id="iriss").load(Path("not there"))
    assert all(id in str(raised.value) for id in LOADERS)

"""scikit-learn's chained regressions, wrapped as they are."""

import warnings

import numpy as np
import pytest

from mirimpute.errors import UserError
from mirimpute.methods.external.sklearn_iterative import SklearnIterative
from mirimpute.methods.sanity import check


def test_it_is_scikit_learns_default_with_observed_cells_untouched(small):
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    imputation = SklearnIterative().fit(small).impute()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = IterativeImputer().fit_transform(small.x_incomplete)
    assert np.array_equal(imputation.point, expected)
    check(small, imputation, returns_column_means=False)


def test_forests_repeat_bit_by_bit(small):
    first, second = (SklearnIterative(regressor="forest", trees=5, rounds=2).fit(small).impute() for _ in range(2))
    assert np.array_equal(first.point, second.point)
    check(small, first, returns_column_means=False)


@pytest.mark.parametrize(("field", "value"), [("regressor", "ridge"), ("rounds", 0), ("trees", 0)])
def test_parameters_without_a_meaning_are_refused(field, value):
    with pytest.raises(UserError, match=f"method.{field}"):
        SklearnIterative(**{field: value}).check()

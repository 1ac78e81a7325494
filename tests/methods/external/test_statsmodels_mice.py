"""statsmodels' predictive mean matching, wrapped as it is."""

import numpy as np
import pandas as pd
import pytest

from mirimpute.errors import UserError
from mirimpute.methods.external.statsmodels_mice import StatsmodelsMice
from mirimpute.methods.sanity import check
from mirimpute.seeding import generator
from tests.methods.conftest import problem_of


def test_it_is_the_librarys_own_with_observed_cells_untouched(small):
    from statsmodels.imputation.mice import MICEData

    imputation = StatsmodelsMice(rounds=3).fit(small).impute()
    expected = MICEData(pd.DataFrame(small.x_incomplete, columns=list("abcd")), rng=generator(0, "statsmodels/mice"))
    expected.update_all(3)
    assert np.array_equal(imputation.point, expected.data.to_numpy())
    check(small, imputation, returns_column_means=False)


def test_completed_values_are_observed_ones_and_repeat_bit_by_bit(small):
    first, second = (StatsmodelsMice(rounds=2).fit(small).impute() for _ in range(2))
    assert np.array_equal(first.draws, second.draws)
    for values, missing in zip(first.point.T, small.missing.T, strict=True):
        assert np.isin(values[missing], values[~missing]).all()


def test_a_row_without_an_observed_cell_is_refused():
    x = np.array([[1.0, 2.0], [np.nan, np.nan], [2.0, 4.0], [0.0, np.nan]])
    with pytest.raises(UserError, match="row 1"):
        StatsmodelsMice().fit(problem_of(x))


@pytest.mark.parametrize("field", ["rounds", "donors"])
def test_parameters_without_a_meaning_are_refused(field):
    with pytest.raises(UserError, match=f"method.{field}"):
        StatsmodelsMice(**{field: 0}).check()

"""A table of every kind of column, for the tests of imputers."""

import pytest

from tests.imputers.tables import table


@pytest.fixture(scope="module")
def frame():
    return table()

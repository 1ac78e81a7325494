"""Tables from DataFrames, with kinds that were asked for."""

import numpy as np
import pandas as pd
import pytest

from mirimpute.errors import DataError, UserError
from mirimpute.table.columns import Kind
from mirimpute.table.table import table_from_frame


def test_wanted_kinds():
    frame = pd.DataFrame(
        {"code": [1, 2, 1, 2], "size": ["s", "l", "s", None], "note": ["p", "q", "p", "q"], "y": [1.0] * 4}
    )
    kinds = {"code": "categorical", "size": ["s", "l"], "note": "text"}
    table = table_from_frame(frame, "t", kinds)
    assert [(c.name, c.kind) for c in table.columns] == [
        ("code", Kind.CATEGORICAL),
        ("size", Kind.ORDINAL),
        ("y", Kind.INTEGER),
    ]
    assert table.dropped == ("note",)
    assert table.to_frame()["size"].tolist()[:3] == ["s", "l", "s"]


@pytest.mark.parametrize(
    ("kinds", "error", "words"),
    [
        ({"a": "category"}, UserError, "did you mean 'categorical'"),
        ({"b": "text"}, UserError, "unknown column 'b'"),
        ({"a": "integer"}, DataError, "column 'a' is not integer: it holds 'x'"),
        ({"a": ["x"]}, DataError, r"column 'a' holds 'y', which is not among its categories \['x'\]: add it"),
        ({"flag": "integer"}, DataError, "column 'flag' is not integer: it holds True"),
        ({"a": 3}, UserError, "neither a kind nor a list of different categories"),
        ({"a": ["x", "y", "x"]}, UserError, "neither a kind nor a list of different categories"),
        ({"a": "datetime"}, DataError, "write all dates as 2020-12-31"),
    ],
)
def test_kinds_that_cannot_be(kinds, error, words):
    with pytest.raises(error, match=words):
        table_from_frame(pd.DataFrame({"a": ["x", "y", "x"], "c": [1, 2, 3], "flag": [True, None, True]}), "t", kinds)


def test_orders_may_be_given_as_text():
    frame = pd.DataFrame({"kids": [0.0, 2.0, np.nan, 1.0], "flag": [True, None, False, True]})
    table = table_from_frame(frame, "t", {"kids": ["2", "1", "0"], "flag": ["true", "false"]})
    assert [column.categories for column in table.columns] == [(2.0, 1.0, 0.0), (True, False)]
    np.testing.assert_array_equal(table.values[[0, 1, 3]], [[2, 0], [0, np.nan], [1, 0]])

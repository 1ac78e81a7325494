"""Patterns and flux against counting by hand and R's mice."""

import numpy as np
import pandas as pd
import pytest

from mirimpute.diagnostics.holes import Holes, flux, holes_of
from mirimpute.errors import UserError

from ..analysis import golden


def test_flux_is_that_of_r():
    expected = golden.read("flux.csv").set_index("column")
    found = flux(holes_of(golden.incomplete())).set_index("column")
    for mine, theirs in (("observed", "pobs"), ("influx", "influx"), ("outflux", "outflux")):
        assert found[mine].to_dict() == pytest.approx(expected[theirs].to_dict())


def test_a_complete_table_has_no_outflux():
    found = flux(Holes(("a", "b"), np.zeros((3, 2), dtype=bool)))
    assert found["influx"].tolist() == [0, 0]
    assert found["outflux"].isna().all()


def test_patterns_count_every_row():
    rng = np.random.default_rng(0)
    holes = Holes(tuple("abcdefghij"), rng.random((500, 10)) < 0.2)
    patterns, counts = holes.patterns
    assert counts.sum() == 500
    assert (np.diff(counts) <= 0).all()
    for pattern, count in zip(patterns[:20], counts[:20], strict=True):
        assert (holes.missing == pattern).all(axis=1).sum() == count
    assert len({tuple(each) for each in patterns}) == len(patterns)


def test_the_patterns_of_nhanes2():
    """As mice::md.pattern has them: 13 complete rows, 7 with the age alone, and three more patterns."""
    patterns, counts = holes_of(golden.incomplete()[["age", "hyp", "bmi", "chl"]]).patterns
    assert dict(zip(["".join(map(str, each.astype(int))) for each in patterns], counts.tolist(), strict=True)) == {
        "0000": 13,
        "0111": 7,
        "0001": 3,
        "0110": 1,
        "0010": 1,
    }


def test_all_marks_of_missing_cells_and_columns_of_text_count():
    frame = pd.DataFrame(
        {
            "number": [1.0, np.nan, 3.0],
            "whole": pd.array([1, None, None], dtype="Int64"),
            "text": ["some words", None, "others"],
            "when": pd.to_datetime(["2020-01-01", None, None]),
        }
    )
    assert holes_of(frame).missing.sum(axis=0).tolist() == [1, 2, 1, 2]


@pytest.mark.parametrize("table", [np.ones((2, 2)), pd.DataFrame(), pd.DataFrame({"a": []})])
def test_what_is_no_table_is_refused(table):
    with pytest.raises(UserError, match="table"):
        holes_of(table)

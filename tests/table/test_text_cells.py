"""Where the cells of a delimited text are, held against the csv module."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirimpute.errors import DataError
from mirimpute.table.text_cells import split

TEXTS = st.text(alphabet='a,;"\n\r \té', max_size=24)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from([",", ";", "\t"]))
def test_cells_are_those_of_the_csv_module_and_the_rest_is_kept(text: str, separator: str) -> None:
    try:
        cells = split(text.encode(), separator)
    except DataError:  # a quote that is never closed
        return
    if separator != "\t" and "\t" not in text:  # the module skips spaces alone
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
        assert cells.counts.tolist() == [len(row) or 1 for row in rows]
    whole = np.arange(len(cells.starts))
    assert cells.replaced(whole, [cells.raw(cell) for cell in whole]) == text.encode()
    assert (cells.starts <= cells.ends).all()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.text(alphabet='ab,"\n ', max_size=5), min_size=2, max_size=2), min_size=1, max_size=5))
def test_what_the_csv_module_writes_is_read(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    cells = split(file.getvalue().encode(), ",")
    assert [cells.record(k) for k in range(len(rows))] == rows


def test_a_cell_that_is_cut_is_left_out() -> None:
    cells = split(b'a,b\n1,2\n3,"4', ",", cut=True)
    assert cells.counts.tolist() == [2, 2]


def test_lines_are_counted_with_those_in_quotes() -> None:
    cells = split(b'a\r\n"x\r\ny"\rz\n', ",")
    assert [cells.line(k) for k in range(3)] == [1, 2, 4]


@pytest.mark.parametrize("text", [b"", b"a", b",", b"\n", b"a\n"])
def test_ends(text: bytes) -> None:
    cells = split(text, ",")
    assert cells.counts.tolist() == {b"": [], b"a": [1], b",": [2], b"\n": [1], b"a\n": [1]}[text]

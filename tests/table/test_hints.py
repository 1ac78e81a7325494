"""Columns that nearly are something else are named in a warning."""

import pandas as pd
import pytest

from mirimpute.errors import MirimputeWarning
from mirimpute.table.table import table_from_frame


def test_a_word_among_numbers_is_named():
    frame = pd.DataFrame({"a": [str(i % 9) for i in range(99)] + ["?x"], "b": range(100)})
    with pytest.warns(MirimputeWarning, match=r"taken as categories: a \(1 of 100 values is no number.*'\?x'"):
        table_from_frame(frame, "t")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            [f"2020-01-{1 + i % 28:02d}" for i in range(99)] + ["n.d."],
            "categories: a .1 of 100 values is no date",
        ),
        (["08 Apr 2020", "9 May 2021"] * 50, r"categories: a .dates, the first is '08 Apr 2020'"),
        (["Apr-20", "Mai-21"] * 50, "categories: a .months, the first is 'Apr-20'"),
        (["2020Q1", "2020-Q4"] * 50, "categories: a .quarters or weeks, the first is '2020Q1'"),
        ([str(i % 50 / 4) for i in range(99)] + ["~5"], "a .1 of 100 values is no number, the first is '~5'"),
        ([f"{i / 7:.3f}" for i in range(100)], "text left out: a .numbers as text, the first is '0.000'"),
    ],
)
def test_texts_that_are_nearly_something_else_are_named(values, words):
    with pytest.warns(MirimputeWarning, match=words):
        table_from_frame(pd.DataFrame({"a": values, "b": range(100)}), "t")


def test_a_note_that_holds_numbers_is_no_number_with_a_unit():
    """A word before the number makes it a text: nobody can write ``stable, seen 4x`` as a number."""
    texts = {
        "note": [f"stable, seen {1 + i % 9}x, plan {1000 + i}" for i in range(100)],
        "dose": [f"{1 + i % 60 + i / 100:.2f} mg" for i in range(100)],
    }
    with pytest.warns(MirimputeWarning, match=r"left out: note, dose \(numbers with a unit"):
        table_from_frame(pd.DataFrame({**texts, "b": range(100)}), "t")

"""Columns that nearly are something else are named in a warning."""

import datetime
import warnings

import pandas as pd
import pytest

import mirimpute
from mirimpute.errors import MirimputeWarning
from mirimpute.table.file_format import MISSING_MARKERS
from mirimpute.table.hint_options import in_python, kind_option
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
        (["~5", "1.5*", "2 H", *(str(i % 50 / 4) for i in range(97))], "a .numbers, some with something beside them"),
        (
            [str(i % 50 / 4) for i in range(90)] + ["<LOD"] * 10,
            "a .words for limits, the first is '<LOD'.*censored=.'a'",
        ),
        ([str(i % 50 / 4) for i in range(90)] + ["below 2"] * 10, "a .words for limits, the first is 'below 2'"),
        ([str(i % 50) for i in range(90)] + ["90+"] * 10, "a .numbers with an open end, the first is '90.'"),
        ([f"{i % 50}.5{'KM'[i % 2]}" for i in range(100)], "a .numbers with the units 'K' and 'M'"),
        (["<0.3 mg", "1.2 mg", "1,5 mg", "1 234 mg"] * 25, "a .numbers with a unit, the first is '<0.3 mg'"),
        ([f"1,{i:02d}E+03" for i in range(100)], "a .numbers with decimal commas"),
        (["01Apr2020", "02Mai2021:10:00:00"] * 50, "a .dates, the first is '01Apr2020'"),
        (["2020年4月1日", "2021年12月31日"] * 50, "a .dates, the first is '2020年4月1日'"),
        ([f"{i / 7:.3f}" for i in range(80)] + ["n/a"] * 20, "left out: a .20 of 100 values are no numbers, .*'n/a'"),
        ([datetime.time(i % 24, i % 60) for i in range(100)], "left out: a .times of day, the first is 00:00:00"),
        (["PT3M", "P1DT2H", "PT4.5S"] * 33, "a .durations, the first is 'PT3M'"),
        (["31.12.2020", "01.02.2021"] * 49 + ["00.00.0000"], "a .1 of 99 values is no date as 31.12.2020, .*'00.00.0"),
        ([f"{i / 7:.3f}" for i in range(100)], "text left out: a .numbers as text, the first is '0.000'"),
    ],
)
def test_texts_that_are_nearly_something_else_are_named(values, words):
    with pytest.warns(MirimputeWarning, match=words):
        table_from_frame(pd.DataFrame({"a": values, "b": range(len(values))}), "t")


def test_a_note_that_holds_numbers_is_no_number_with_a_unit():
    """A word before the number makes it a text: nobody can write ``stable, seen 4x`` as a number."""
    texts = {
        "note": [f"stable, seen {1 + i % 9}x, plan {1000 + i}" for i in range(100)],
        "dose": [f"{1 + i % 60 + i / 100:.2f} mg" for i in range(100)],
    }
    with pytest.warns(MirimputeWarning, match=r"left out: (note$|dose \(numbers with a unit)"):
        table_from_frame(pd.DataFrame({**texts, "b": range(100)}), "t")


def test_each_column_that_something_can_be_done_about_has_a_sentence_of_its_own():
    frame = pd.DataFrame(
        {
            "note": [f"seen on day {i}" for i in range(100)],
            "crp": ["<0.3", *(str(1 + i % 9 / 10) for i in range(99))],
            "dose": ["?x", *(str(i % 9) for i in range(99))],
            "b": range(100),
        }
    )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        table_from_frame(frame, "t")
    first, second, third = (str(each.message) for each in told)
    assert first == "dataset 't': column(s) of text left out: note"
    assert "crp" in second
    assert "dose" not in second
    assert "dose" in third
    assert "crp" not in third


def test_marks_among_words_are_told_once_for_all_columns_and_not_where_the_user_named_them(tmp_path):
    path = tmp_path / "t.csv"
    rows = ["a,b,n"] + [f"{'NA' if i < 3 else 'uv'[i % 2]},{'NA' if i < 2 else 'xy'[i % 2]},{i}" for i in range(40)]
    path.write_text("\n".join(rows) + "\n")

    def said(**options):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            mirimpute.read_table(path, **options)
        return [str(each.message) for each in told]

    assert said() == [
        "5 cells 'NA' of columns 'a' (3), 'b' (2) taken as missing: if 'NA' is a value, say missing_markers=[], which "
        "leaves only empty cells missing"
    ]
    assert said(missing_markers=["NA", "-"]) == []
    assert said(missing_markers=[*MISSING_MARKERS, "NA"]) == []  # as --na NA
    assert len(said(missing_markers=[*MISSING_MARKERS, "-"])) == 1


def test_text_stays_in_what_read_table_returns_and_the_warning_says_so(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,n\n" + "".join(f"P{i}x,{i}\n" for i in range(40)))
    with pytest.warns(MirimputeWarning, match=r"column\(s\) of text, which no imputer fills: id$"):
        assert list(mirimpute.read_table(path)) == ["id", "n"]


def test_options_of_several_columns_are_not_mixed_up_in_python():
    kinds = f"{kind_option('a', 'categorical')} says so; b: {kind_option('b', 'text')}"
    assert in_python(kinds) == "Imputer(kinds={'a': 'categorical'}) says so; b: Imputer(ignore=['b'])"

"""Categories that may be one value in several spellings are told."""

import pandas as pd
import pytest

from mirimpute import Imputer
from mirimpute.errors import MirimputeWarning
from mirimpute.table.missing_words import is_mark
from mirimpute.table.reading import read_table
from mirimpute.table.spelling_hints import spellings_in


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["yes", "Y", "no", "N"], "'yes' and 'Y', 'no' and 'N'"),
        (["true", "1", "false", "0", "unknown"], "'true' and '1', 'false' and '0'"),
        (["male", "m", "female"], "'male' and 'm'"),
        (["Paris", "paris", "PARIS ", "Rome"], "'Paris' and 'paris' and 'PARIS '"),
        (["caf\u00e9", "cafe\u0301", "bar"], "'caf\u00e9' and 'cafe\u0301'"),
        (["ja", "nein", "Ja"], "'ja' and 'Ja'"),
        ([*"abcdABCD"], "'a' and 'A', 'b' and 'B', 'c' and 'C' and 1 more"),
        (["yes", "no"], ""),
        (["y", "n", "m", "f"], ""),  # of which none is of one pair alone
        (["1", "2", "3", "t"], ""),
        ([1, 0, True], ""),
    ],
)
def test_spellings_of_one_value(texts, found):
    assert spellings_in(pd.Series([*texts, None], dtype=object)) == found


def test_a_category_of_pandas_is_what_somebody_said():
    assert spellings_in(pd.Series(["a", "A"], dtype="category")) == ""


def test_files_and_frames_say_so(tmp_path):
    frame = pd.DataFrame({"a": ["true", "1", "false", None] * 9, "b": range(36)})
    with pytest.warns(MirimputeWarning, match="'true' and '1' may be the same.*write"):
        Imputer("mean").fit(frame.assign(b=frame["b"] ** 1.5))
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.warns(MirimputeWarning, match="categories: a .'true' and '1' may be the same.*a: write"):
        read_table(tmp_path / "a.csv")


@pytest.mark.parametrize(
    "word", ["", "  ", "N.A.", "(null)", "[missing]", "keine Angabe", "desconocido", "未知", "Don't know"]
)
def test_words_for_missing_values(word):
    assert is_mark(word)


@pytest.mark.parametrize("word", ["no", "north", "nausea", "a-b", "0", "none of these", "NK"])
def test_other_words(word):
    assert not is_mark(word)

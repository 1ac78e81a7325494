"""Numbers at an end of a column that may mark missing cells are told, and numbers that may not are not."""

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

from mirimpute import Imputer
from mirimpute.errors import MirimputeWarning
from mirimpute.table.columns import Column, Kind
from mirimpute.table.mark_hints import mark_hint
from mirimpute.table.reading import read_table

RNG = np.random.default_rng(0)
HUNDREDS = RNG.normal(200, 20, 100).round(1)
ANSWERS = np.arange(100.0) % 5 + 1
COUNTS = np.arange(100.0) % 7


def told(values):
    return mark_hint(np.array(values), Column("a", Kind.CONTINUOUS), str)


@pytest.mark.parametrize(
    ("others", "marks"),
    [
        (HUNDREDS, [-1.0]),
        (HUNDREDS, [0.0]),
        (HUNDREDS, [-100.0]),
        (HUNDREDS, [888.0]),
        (HUNDREDS, [777.0, 888.0]),
        (HUNDREDS / 10, [-88.8]),
        (HUNDREDS, [65535.0]),
        (np.arange(100.0) % 60 + 20, [99.0]),  # ages
        (ANSWERS, [9.0]),
        (ANSWERS, [7.0, 8.0, 9.0]),
        (ANSWERS, [-2.0]),
        (COUNTS, [-1.0]),
    ],
)
def test_marks_apart_from_the_others_are_told(others, marks):
    sentence = told([*others, np.nan, *marks * 20])
    assert f"holds {' or '.join(f'{each:g}' for each in marks)} in {20 * len(marks)} of" in sentence
    assert sentence.endswith(str(marks))


@pytest.mark.parametrize(
    "values",
    [
        HUNDREDS,
        ANSWERS,
        COUNTS,  # 0 of counts
        [*HUNDREDS, 888.0, 888.0],  # two
        [*ANSWERS, *[0.0] * 20],
        [*COUNTS, *[-1.0] * 5],
        [*HUNDREDS - 200, *[-88.0] * 5],  # negative as others are
        [*HUNDREDS, *[321.0] * 5],
        [*ANSWERS, *[-999.0] * 5],  # wild: told elsewhere, and not learnt from
        [9.0] * 40,
        [0.0, 1.0] * 20,
        [np.nan] * 9,
    ],
)
def test_other_numbers_are_not(values):
    assert told(values) == ""


def test_days_apart_from_the_others_are_told(tmp_path):
    days = pd.Series(pd.date_range("2020-01-01", periods=60, freq="5D"))
    days[::9] = pd.Timestamp("1911-11-11")
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        pd.DataFrame({"a": days.dt.strftime(form), "b": 1.5}).to_csv(tmp_path / "a.csv", index=False)
        with pytest.warns(
            MirimputeWarning, match=f"1911-11-11 in 7 of 60.*marks '{days[0].strftime(form)}' as missing"
        ):
            read_table(tmp_path / "a.csv")


def test_files_and_frames_say_what_to_do(tmp_path):
    values = np.append(HUNDREDS.round(), [-1] * 6)
    frame = pd.DataFrame({"a": values, "b": np.arange(len(values)) ** 1.5})
    with pytest.warns(MirimputeWarning, match="replace -1 by None"):
        Imputer("mean").fit(frame.mask(frame["b"] == 1.0))
    frame.astype({"a": str}).to_csv(tmp_path / "a.csv", index=False)
    with pytest.warns(MirimputeWarning, match=r"missing_markers with '-1.0' marks .* in all columns; Imputer.m"):
        read_table(tmp_path / "a.csv")
    pyarrow.parquet.write_table(pyarrow.Table.from_pandas(frame), tmp_path / "a.parquet")
    with pytest.warns(MirimputeWarning, match="marks '-1' as missing"):
        read_table(tmp_path / "a.parquet")

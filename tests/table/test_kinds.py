"""Which kind a column is, told from its values."""

import datetime

import pandas as pd
import pyarrow
import pytest

from mirimpute.errors import DataError
from mirimpute.table.column_storage import missing_in
from mirimpute.table.columns import Kind
from mirimpute.table.kinds import kind_of, looks_like_id, looks_like_repeated_id


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.5, 2, None], Kind.CONTINUOUS),
        ([1, 2, 3], Kind.INTEGER),
        (pd.array([1, None], dtype="Int64"), Kind.INTEGER),
        (pd.Series([1, 2.5, None], dtype=object), Kind.CONTINUOUS),
        ([True, False], Kind.CATEGORICAL),
        (pd.array([True, None], dtype="boolean"), Kind.CATEGORICAL),
        (["a", "b", "a", None], Kind.CATEGORICAL),
        (["a", "b", "c"], None),  # none repeats: names
        ([str(i // 2) for i in range(60)], Kind.CATEGORICAL),
        ([str(i // 2) for i in range(60)] + [f"x{i}" for i in range(40)], None),  # 70 of 100 are different
        ([str(i % 101) for i in range(9999)], None),
        (pd.Categorical(["a", "b", "c"]), Kind.CATEGORICAL),
        (pd.Categorical(["a", "b"], ordered=True), Kind.ORDINAL),
        (pd.to_datetime(["2020-01-01", None]), Kind.DATETIME),
        (pd.to_timedelta([1, None], unit="s"), Kind.DURATION),
        ([datetime.date(2020, 1, 1), None], Kind.DATETIME),
        (["2020-01-01", None, "1999-12-31"], Kind.DATETIME),
        (pd.array(["2020-01-01 05:00", None], dtype="string"), Kind.DATETIME),
        (["2020-01-01T05:00:59", "1999-12-31T00:00:00"], Kind.DATETIME),
        (["2020-01-01", "2020-02-30"], None),  # no such day
        (["2020-01-01", "2020-01-01 05:00"], None),
        (["2020-1-1", "2020-1-12"], None),
        (["2020-01-01", "unknown"], None),
        (pd.Categorical(["2020-01-01", "2020-01-02"]), Kind.CATEGORICAL),
        ([[1], [1], [2]], None),  # lists cannot be told apart by hash
    ],
)
def test_rules(values, kind):
    assert kind_of(pd.Series(values)) is kind


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (pyarrow.time64("ns"), 123, "'t' holds a time of day with nanoseconds"),
        (pyarrow.date32(), 2**30, "'t' holds a date that is none of the years 1 to 9999"),
    ],
)
def test_what_pandas_cannot_hold_is_refused_in_a_sentence(kind, value, said):
    cells = pd.Series(pd.arrays.ArrowExtensionArray(pyarrow.array([value, None], kind)), name="t")
    with pytest.raises(DataError, match=said):
        missing_in(cells)


def test_whole_numbers_of_more_digits_than_a_measurement_has_look_like_ids():
    numbers = [2**60 + k * 10**6 for k in range(1, 40)]
    assert looks_like_id(pd.Series([*numbers, None], dtype="Int64"))
    assert looks_like_id(pd.Series([*numbers, None], dtype="float64"))
    assert not looks_like_id(pd.Series([*numbers, *numbers], dtype="Int64"))
    assert not looks_like_id(pd.Series([*range(0, 3000, 100), 2**62], dtype="float64"))  # a fill value


@pytest.mark.parametrize("name", ["id", "patient_id", "pid", "siteId", "hospital key"])
@pytest.mark.parametrize("other", ["paid", "humid", "body mass index", "grid", "number"])
def test_numbers_that_are_called_ids_may_have_several_rows_each(name, other):
    numbers = [*range(1000, 1040), None] * 2
    assert looks_like_repeated_id(pd.Series(numbers, name=name))
    assert not looks_like_repeated_id(pd.Series(numbers, name=other))
    assert not looks_like_repeated_id(pd.Series(numbers[:41], name=name))
    assert not looks_like_repeated_id(pd.Series([1.5, *numbers], name=name))
    assert not looks_like_repeated_id(pd.Series([1, 2, 3] * 20, name=name))

"""Kinds of columns, and the way of their values to numbers and back."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow
import pytest

from mirimpute.errors import DataError, MirimputeWarning, UserError
from mirimpute.table.column_numbers import decoded, encoded
from mirimpute.table.columns import Column, Kind
from mirimpute.table.dates import seconds_of
from mirimpute.table.kinds import kind_of
from mirimpute.table.table import table_from_frame

DAY = 86_400


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
    "values",
    [
        pd.Series(["b", "a", "b"]),
        pd.Series([True, False, True]),
        pd.Series(pd.array([True, False, True], dtype="boolean")),
        pd.Series(pd.Categorical(["m", "l", "m"], categories=["s", "m", "l"], ordered=True)),
        pd.Series(pd.array([1, 2, 4], dtype="Int8")),
        pd.Series([1.5, 2.5, 4.0], dtype="float32"),
        pd.Series(pd.to_datetime(["2020-01-01", "1960-06-01", "2020-01-03"])),
        pd.Series(pd.to_datetime(["2020-01-01", "1960-06-01", "2020-01-03"])).dt.tz_localize("Asia/Tokyo"),
        pd.Series(pd.to_timedelta([1, -5, 3600], unit="s")),
        pd.Series([datetime.date(2020, 1, 1), datetime.date(1960, 1, 1)]),
        pd.Series(pd.to_datetime(["2020-01-01", "1960-06-01"])).astype("timestamp[us][pyarrow]"),
        pd.Series(["2020-01-01", "1960-06-01"]),
        pd.Series(["2020-01-01 05:30", "1960-06-01 00:00"], dtype="string"),
        pd.Series(["2020-01-01T05:30:01", "1960-06-01T00:00:00"], dtype="string[pyarrow]"),
        pd.Series([(1, 2), (3, 4), (1, 2)]),
    ],
    ids=lambda values: f"{values.dtype}-{values.iloc[0]}",
)
def test_there_and_back(values):
    numbers, column = encoded(values, "x")
    pd.testing.assert_series_equal(decoded(numbers, column, values), values)


def test_categories_have_the_order_that_they_have():
    size = pd.Series(pd.Categorical(["l", "s", "s"], categories=["s", "m", "l"], ordered=True))
    numbers, column = encoded(size, "size")
    assert column == Column("size", Kind.ORDINAL, ("s", "l"))  # m does not occur, and is never invented
    assert numbers.tolist() == [1, 0, 0]
    given = encoded(pd.Series(["lo", "hi", "mid", "lo"]), "x", ["lo", "mid", "hi"])
    assert given[1].categories == ("lo", "mid", "hi")
    assert given[0].tolist() == [0, 2, 1, 0]


def test_predicted_numbers_become_a_value_of_the_column():
    column = Column("x", Kind.CATEGORICAL, ("a", "b"))
    like = pd.Series(["a", "b", "a", "b"])
    assert decoded(np.array([-3.0, 0.6, 0.4, 9.0]), column, like).tolist() == ["a", "b", "a", "b"]
    whole = Column("x", Kind.INTEGER)
    assert decoded(np.array([1.4, 300.0]), whole, pd.Series([1, 2], dtype="uint8")).tolist() == [1, 255]
    assert decoded(np.array([-3.4, 2.6]), whole, pd.Series(pd.array([1, 2], dtype="UInt8"))).tolist() == [0, 3]
    assert decoded(np.array([1.4, 2.6]), whole, pd.Series([1.0, 2.0])).tolist() == [1.4, 2.6]
    assert decoded(np.array([1.4]), whole, pd.Series([7], dtype=object)).tolist() == [1]


def test_dates_stay_inside_what_their_type_can_hold():
    late = pd.Series(pd.to_datetime(["2262-04-01", "1990-01-01"]))
    numbers, column = encoded(late, "x")
    assert decoded(numbers * 3, column, late).notna().all()


def test_midnights_of_a_zone_are_filled_with_midnights():
    days = pd.Series(pd.date_range("2020-03-01", periods=60, tz="Europe/Berlin"))
    numbers, column = encoded(days, "day")
    assert column.step == DAY
    assert decoded(numbers + 0.3 * DAY, column, days).tolist() == days.tolist()


def test_dates_far_outside_four_digits_of_years_stay_inside():
    for dates in (pd.Series(["2020-01-01", "1990-01-01"]), pd.Series([datetime.date(2020, 1, 1)])):
        _, column = encoded(dates, "x")
        found = decoded(np.array([1e14, -1e14]), column, pd.Series([None, None], dtype=object))
        assert found.astype(str).tolist() == ["9999-12-31", "1000-01-01"]


def test_dates_are_filled_as_round_as_they_are():
    days = pd.Series(pd.to_datetime(["2020-01-01", "2020-01-05"]))
    numbers, column = encoded(days, "day")
    assert column.step == DAY
    assert decoded(numbers + 0.4 * DAY, column, days).tolist() == days.tolist()
    hours = pd.Series(pd.to_datetime(["2020-01-01 05:00", "2020-01-05 00:00"]))
    assert encoded(hours, "hour")[1].step == 3600


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


def test_decimals_are_numbers_and_complex_ones_are_refused():
    prices = pd.Series([Decimal("1.50"), None, Decimal("2.25")])
    numbers, column = encoded(prices, "price")
    assert column.kind is Kind.CONTINUOUS
    np.testing.assert_array_equal(numbers, [1.5, np.nan, 2.25])
    with pytest.raises(DataError, match="column 'z' holds complex numbers"):
        encoded(pd.Series([1j, 2.0]), "z")


@pytest.mark.parametrize("zone", ["Asia/Tokyo", datetime.timezone(datetime.timedelta(hours=-3))])
def test_a_zone_is_a_clock_that_other_zones_are_read_on(zone):
    days = pd.Series(pd.date_range("2020-03-01", periods=9, tz=zone))
    seconds, column = encoded(days, "day")
    assert column.step == DAY
    elsewhere = days.dt.tz_convert("America/New_York")
    np.testing.assert_array_equal(seconds_of(elsewhere, "", column.zone), seconds)
    assert decoded(seconds, column, elsewhere).tolist() == elsewhere.tolist()


def test_dates_of_arrow_are_read_on_the_clock_of_their_zone():
    days = pd.Series(pd.date_range("2020-03-01", periods=60, tz="Europe/Berlin"))
    in_arrow = days.astype(pd.ArrowDtype(pyarrow.timestamp("us", tz="Europe/Berlin")))
    seconds, column = encoded(in_arrow, "day")
    assert column == encoded(days, "day")[1]
    assert decoded(seconds, column, in_arrow).tolist() == in_arrow.tolist()


def test_a_word_among_numbers_is_named():
    frame = pd.DataFrame({"a": [str(i % 9) for i in range(99)] + ["?x"], "b": range(100)})
    with pytest.warns(MirimputeWarning, match=r"taken as categories: a \(1 of 100 values are not numbers.*'\?x'"):
        table_from_frame(frame, "t")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            [f"2020-01-{1 + i % 28:02d}" for i in range(99)] + ["n.d."],
            "categories: a .1 of 100 values are not dates",
        ),
        ([f"{i / 7:.3f}" for i in range(100)], "text left out: a .numbers as text, the first is '0.000'"),
    ],
)
def test_texts_that_are_nearly_something_else_are_named(values, words):
    with pytest.warns(MirimputeWarning, match=words):
        table_from_frame(pd.DataFrame({"a": values, "b": range(100)}), "t")

"""The way of a column's values to numbers and back."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow
import pytest

from mirimpute.errors import DataError
from mirimpute.table.column_numbers import decoded, encoded
from mirimpute.table.columns import Column, Kind
from mirimpute.table.dates import seconds_of

DAY = 86_400


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
        pd.Series([datetime.timedelta(hours=5), datetime.timedelta(days=-3)], dtype=object),
        pd.Series([datetime.timedelta(days=100_000_000), datetime.timedelta(days=-100_000_000)], dtype=object),
        pd.Series([np.timedelta64(5, "h"), np.timedelta64(-3, "D")], dtype=object),
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

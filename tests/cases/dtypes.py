"""Columns of every dtype in five conditions, for the grid of ``test_dtype_grid.py``."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

ROWS = 40
CONDITIONS = ("usual", "constant", "extreme", "one value", "all missing")

UTC = datetime.timezone.utc
DAY = datetime.timedelta(days=1)
NOON = datetime.datetime(2020, 1, 1, 12)
DAYS = [datetime.date(2020, 1, 1) + 3 * k * DAY for k in range(9)]
# pandas 2.3 crashes when it prints a moment that is older than the first change of the clocks of its time zone
MOMENTS = [NOON + k * datetime.timedelta(hours=7) for k in range(9)]
LAST_DAY, FIRST_DAY = datetime.date(9999, 12, 31), datetime.date(1, 1, 1)
NUMBERS = [float(k) for k in range(9)]
HALVES = [k + 0.5 for k in range(9)]
WORDS = ["low", "mid", "high"]
PRICES = [Decimal(k) / 4 for k in range(9)]


def arrow(kind: pa.DataType) -> Callable[[list[Any]], pd.Series]:
    """Return how values become a column of a type of Arrow."""

    def of(values: list[Any]) -> pd.Series:
        if pa.types.is_dictionary(kind):
            cells = pa.array(values, type=kind.value_type).dictionary_encode().cast(kind)
        elif pa.types.is_floating(kind) and kind.bit_width == 16:
            cells = pa.array([None if v is None else np.float16(v) for v in values], type=kind)
        else:
            cells = pa.array(values, type=kind)
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([cells])))

    return of


def numpy(dtype: str) -> Callable[[list[Any]], pd.Series]:
    """Return how values become a column of a NumPy type, None the type's own mark of a missing value."""
    missing: Any = np.datetime64("NaT") if "M8" in dtype else np.timedelta64("NaT") if "m8" in dtype else np.nan
    return lambda values: pd.Series(np.array([missing if v is None else v for v in values], dtype=dtype))


def pandas(dtype: Any) -> Callable[[list[Any]], pd.Series]:
    """Return how values become a column of an extension type of pandas."""
    return lambda values: pd.Series(pd.array(values, dtype=dtype))


def zoned(unit: str, zone: str) -> Callable[[list[Any]], pd.Series]:
    """Return how moments become a column with a time zone."""
    return lambda values: numpy(f"M8[{unit}]")(values).dt.tz_localize("UTC").dt.tz_convert(zone)


def category(levels: list[Any], ordered: bool = False) -> Callable[[list[Any]], pd.Series]:
    """Return how values become a pandas category."""
    return lambda values: pd.Series(pd.Categorical(values, categories=levels, ordered=ordered))


def periods(frequency: str) -> Callable[[list[Any]], pd.Series]:
    """Return how days become periods."""
    return lambda values: pd.Series(
        pd.PeriodIndex([pd.NaT if v is None else pd.Period(v, freq=frequency) for v in values], freq=frequency)
    )


def nan_beside_na(dtype: str) -> Callable[[list[Any]], pd.Series]:
    """Return how numbers become a nullable column in which every other missing cell is NaN, 0/0."""

    def of(values: list[Any]) -> pd.Series:
        top = pd.array([0 if v is None and i % 2 else v for i, v in enumerate(values)], dtype=dtype)
        bottom = pd.array([0 if v is None and i % 2 else 1 for i, v in enumerate(values)], dtype=dtype)
        return pd.Series(top) / pd.Series(bottom)

    return of


def objects(values: list[Any]) -> pd.Series:
    """Return values as Python objects."""
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return pd.Series(result, dtype=object)


def sparse(values: list[Any]) -> pd.Series:
    """Return numbers as a sparse column."""
    return numpy("f8")(values).astype(pd.SparseDtype(float, np.nan))


def intervals(values: list[Any]) -> pd.Series:
    """Return intervals."""
    return pd.Series(pd.arrays.IntervalArray([np.nan if v is None else v for v in values]))


HOLES = [pd.Interval(0, 1), pd.Interval(1, 2), pd.Interval(2, 3)]
# pandas reads the least int64 of a CSV column with holes as NaN
LIMITS = {
    name: (max(np.iinfo(name).min, -(2**63) + 1), np.iinfo(name).max) for name in ("int8", "uint8", "int64", "uint64")
}

# name -> (how, usual values, two extreme values)
DTYPES: dict[str, tuple[Callable[[list[Any]], pd.Series], list[Any], list[Any]]] = {
    "float64": (numpy("f8"), HALVES, [-1e150, 1e150]),
    "float32": (numpy("f4"), HALVES, [-3.4028235e38, 3.4028235e38]),
    "float16": (numpy("f2"), HALVES, [-65504.0, 65504.0]),
    "longdouble": (numpy("longdouble"), HALVES, [-1e150, 1e150]),
    "big-endian float64": (numpy(">f8"), HALVES, [-1e150, 1e150]),
    "big-endian float32": (numpy(">f4"), HALVES, [-3e38, 3e38]),
    "Float32": (pandas("Float32"), HALVES, [-3e38, 3e38]),
    "Float64": (pandas("Float64"), HALVES, [-1e150, 1e150]),
    "Float64 with NaN": (nan_beside_na("Float64"), HALVES, [-1e150, 1e150]),
    "double[pyarrow] with NaN": (nan_beside_na("double[pyarrow]"), HALVES, [-1e150, 1e150]),
    "Int8": (pandas("Int8"), list(range(9)), list(LIMITS["int8"])),
    "Int16": (pandas("Int16"), list(range(9)), [-(2**15), 2**15 - 1]),
    "Int32": (pandas("Int32"), list(range(9)), [-(2**31), 2**31 - 1]),
    "Int64": (pandas("Int64"), list(range(9)), list(LIMITS["int64"])),
    "UInt8": (pandas("UInt8"), list(range(9)), list(LIMITS["uint8"])),
    "UInt64": (pandas("UInt64"), list(range(9)), list(LIMITS["uint64"])),
    "boolean": (pandas("boolean"), [True, False], [True, False]),
    "object booleans": (objects, [True, False], [True, False]),
    "string": (pandas("string"), WORDS, ["é", "x" * 5000]),
    "string[pyarrow]": (pandas("string[pyarrow]"), WORDS, ["é", "x" * 5000]),
    "object strings": (objects, WORDS, ["é", "x" * 5000]),
    "strings of days": (objects, [str(day) for day in DAYS], ["1000-01-01", "9999-12-31"]),
    "strings of moments": (objects, [str(each) for each in MOMENTS], ["1000-01-01 00:00:00", "9999-12-31 23:59:59"]),
    "category": (category(["never", *WORDS]), WORDS, ["low", "high"]),
    "category of numbers": (category([3, 2, 1]), [1, 2, 3], [1, 3]),
    "category of days": (category([pd.Timestamp(day) for day in DAYS]), [pd.Timestamp(d) for d in DAYS], [DAYS[0]]),
    "ordered category": (category([*WORDS, "never"], ordered=True), WORDS, ["low", "high"]),
    "datetime64[s]": (numpy("M8[s]"), MOMENTS, [LAST_DAY, FIRST_DAY]),
    "datetime64[ms]": (numpy("M8[ms]"), MOMENTS, [LAST_DAY, FIRST_DAY]),
    "datetime64[us]": (numpy("M8[us]"), MOMENTS, [LAST_DAY, FIRST_DAY]),
    "datetime64[ns]": (numpy("M8[ns]"), MOMENTS, [datetime.date(1680, 1, 1), datetime.date(2260, 1, 1)]),
    "datetime64[ns, zone]": (
        zoned("ns", "Europe/Berlin"),
        MOMENTS,
        [datetime.date(1900, 1, 1), datetime.date(2260, 1, 1)],
    ),
    "datetime64[us, zone]": (
        zoned("us", "America/New_York"),
        MOMENTS,
        [datetime.date(1900, 1, 1), datetime.date(9998, 1, 1)],
    ),
    "timedelta64[ns]": (numpy("m8[ns]"), [k * DAY for k in range(9)], [-106000 * DAY, 106000 * DAY]),
    "timedelta64[s]": (numpy("m8[s]"), [k * DAY for k in range(9)], [-(10**8) * DAY, 10**8 * DAY]),
    "object dates": (objects, DAYS, [FIRST_DAY, LAST_DAY]),
    "object datetimes": (objects, MOMENTS, [datetime.datetime.min, datetime.datetime(9999, 12, 31, 23, 59, 59)]),
    "object datetimes in UTC": (
        objects,
        [each.replace(tzinfo=UTC) for each in MOMENTS],
        [datetime.datetime(1, 1, 2, tzinfo=UTC), datetime.datetime(9999, 12, 30, tzinfo=UTC)],
    ),
    "object Timestamps": (objects, [pd.Timestamp(each) for each in MOMENTS], [pd.Timestamp.min, pd.Timestamp.max]),
    "object datetime64": (objects, [np.datetime64(each) for each in MOMENTS], [np.datetime64("9999-12-31")]),
    "object timedeltas": (objects, [k * DAY for k in range(9)], [datetime.timedelta.min, datetime.timedelta.max]),
    "object timedelta64": (objects, [np.timedelta64(k, "s") for k in range(9)], [np.timedelta64(10**12, "s")]),
    "object times": (objects, [datetime.time(8), datetime.time(12, 30)], [datetime.time.min, datetime.time.max]),
    "object Decimals": (objects, PRICES, [Decimal("-1e150"), Decimal("1e150")]),
    "object Fractions": (objects, [Fraction(k, 3) for k in range(9)], [Fraction(-(10**30), 7), Fraction(10**30, 7)]),
    "object ints": (objects, list(range(9)), [-(10**30), 10**30]),
    "Period[D]": (periods("D"), DAYS, [FIRST_DAY, LAST_DAY]),
    "Period[M]": (periods("M"), ["2020-01", "2020-02", "2021-07"], ["0001-01", "9999-12"]),
    "Period[Q]": (periods("Q"), ["2020Q1", "2020Q2", "2021Q4"], ["1000Q1", "9999Q4"]),
    "Interval": (intervals, HOLES, HOLES[:2]),
    "Sparse": (sparse, HALVES, [-1e150, 1e150]),
    "arrow double": (arrow(pa.float64()), HALVES, [-1e150, 1e150]),
    "arrow float": (arrow(pa.float32()), HALVES, [-3e38, 3e38]),
    "arrow halffloat": (arrow(pa.float16()), HALVES, [-65504.0, 65504.0]),
    "arrow int8": (arrow(pa.int8()), list(range(9)), list(LIMITS["int8"])),
    "arrow int64": (arrow(pa.int64()), list(range(9)), list(LIMITS["int64"])),
    "arrow uint64": (arrow(pa.uint64()), list(range(9)), list(LIMITS["uint64"])),
    "arrow bool": (arrow(pa.bool_()), [True, False], [True, False]),
    "arrow string": (arrow(pa.string()), WORDS, ["é", "x" * 5000]),
    "arrow large_string": (arrow(pa.large_string()), WORDS, ["é", "x" * 5000]),
    "arrow dictionary": (arrow(pa.dictionary(pa.int8(), pa.string())), WORDS, ["é", "x" * 5000]),
    "arrow date32": (arrow(pa.date32()), DAYS, [FIRST_DAY, LAST_DAY]),
    "arrow date64": (arrow(pa.date64()), DAYS, [FIRST_DAY, LAST_DAY]),
    "arrow timestamp[s]": (arrow(pa.timestamp("s")), MOMENTS, [datetime.datetime.min, datetime.datetime(9999, 12, 31)]),
    "arrow timestamp[ns]": (arrow(pa.timestamp("ns")), MOMENTS, [NOON.replace(year=1680), NOON.replace(year=2260)]),
    "arrow timestamp[us, zone]": (
        arrow(pa.timestamp("us", tz="Europe/Berlin")),
        [each.replace(tzinfo=UTC) for each in MOMENTS],
        [NOON.replace(year=1900, tzinfo=UTC), NOON.replace(year=9998, tzinfo=UTC)],
    ),
    "arrow duration[us]": (arrow(pa.duration("us")), [k * DAY for k in range(9)], [-106000 * DAY, 106000 * DAY]),
    "arrow duration[s]": (arrow(pa.duration("s")), [k * DAY for k in range(9)], [-(10**8) * DAY, 10**8 * DAY]),
    "arrow decimal128": (arrow(pa.decimal128(8, 2)), PRICES, [Decimal("-999999.99"), Decimal("999999.99")]),
    "arrow decimal256": (arrow(pa.decimal256(50, 3)), PRICES, [Decimal("-1e40"), Decimal("1e40")]),
    "arrow time32": (arrow(pa.time32("s")), [datetime.time(8), datetime.time(12, 30)], [datetime.time(0)]),
    "arrow time64": (arrow(pa.time64("us")), [datetime.time(8), datetime.time(12, 30)], [datetime.time(0)]),
    "arrow binary": (arrow(pa.binary()), [b"a", b"b"], [b"", b"x" * 5000]),
    # refused in a sentence, whatever they hold
    "complex": (numpy("c16"), [complex(k, 1) for k in range(9)], [complex(1e150, 1)]),
    "object complex": (objects, [complex(k, 1) for k in range(9)], [complex(1e150, 1)]),
    "object lists": (objects, [[1], [2]], [[], [1] * 99]),
    "arrow list": (arrow(pa.list_(pa.int64())), [[1], [2]], [[], [1] * 99]),
    "arrow struct": (arrow(pa.struct([("a", pa.int64())])), [{"a": 1}, {"a": 2}], [{"a": 0}]),
    "arrow null": (arrow(pa.null()), [None], [None]),
}
if hasattr(pa, "string_view"):
    DTYPES["arrow string_view"] = (arrow(pa.string_view()), WORDS, ["é", "x" * 5000])

LEFT_ALONE = ("complex", "object complex", "object lists", "arrow list", "arrow struct", "arrow null")
"""Dtypes that cannot be imputed at all."""


def cells(name: str, condition: str, rows: int = ROWS) -> list[Any]:
    """Return the cells of a column, None where missing."""
    _, usual, extreme = DTYPES[name]
    rng = np.random.default_rng(0)
    if condition == "all missing":
        return [None] * rows
    if condition == "one value":
        return [usual[0] if i == 3 else None for i in range(rows)]
    pool = {"usual": usual, "constant": usual[:1], "extreme": [*usual, *extreme]}[condition]
    found = [pool[i % len(pool)] if i < 2 * len(pool) else pool[rng.integers(len(pool))] for i in range(rows)]
    return [None if i % 5 == 4 else value for i, value in enumerate(found)]


def column(name: str, condition: str, rows: int = ROWS) -> pd.Series:
    """Return a column."""
    return DTYPES[name][0](cells(name, condition, rows))


def table(name: str, condition: str, rows: int = ROWS) -> pd.DataFrame:
    """Return a table of a column of numbers without holes and one of the dtype."""
    x = np.random.default_rng(1).normal(size=rows)
    return pd.DataFrame({"x": x, "v": column(name, condition, rows)})

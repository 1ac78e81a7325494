"""How pandas and Arrow store a column: which of its cells are missing, and how missing ones are filled in their type.

A table has one mask: :func:`missing_in`. It knows NaN and NA as the same, in whatever type: a cell that is NaN in a
nullable or Arrow column of numbers is missing, although pandas' own ``isna`` says that it is not.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pandas as pd
import pyarrow

from mirimpute.errors import DataError
from mirimpute.table.python_objects import decimals

_MASKED_FLOATS = ("Float32", "Float64")
_PARTS_OF_SECOND = {"ms": pd.offsets.Milli, "us": pd.offsets.Micro, "ns": pd.offsets.Nano}


def missing_in(values: pd.Series) -> np.ndarray:
    """Return which cells have no value, bool (n_rows,): NaN, None, NA, NaT, nulls, and NaN inside of nullable types.

    >>> missing_in(pd.Series(pd.array([0, 1, None], dtype="Int64")) / pd.Series([0, 1, 1])).tolist()
    [True, False, True]
    """
    return np.asarray(marked(values).isna(), dtype=bool)


def marked(values: pd.Series) -> pd.Series:
    """Return the column in a type of pandas or NumPy, in which ``isna`` tells every missing cell.

    Numbers of Arrow and nullable floats become NumPy's or nullable integers, other Arrow columns what Arrow makes of
    them, dictionaries categories; periods, NumPy's native types and objects stay.

    Raises:
        DataError: a signalling NaN of ``decimal``, whose value cannot be asked for.
    """
    dtype: Any = values.dtype
    if isinstance(dtype, pd.SparseDtype):
        return marked(_dense(values))
    if isinstance(dtype, pd.ArrowDtype):
        return _like_index(from_arrow(pyarrow.array(values.array), values.name).array, values)
    if str(dtype) in _MASKED_FLOATS:
        return _like_index(values.to_numpy(dtype=np.float64, na_value=np.nan), values)
    if isinstance(dtype, pd.CategoricalDtype):
        empty = missing_in(pd.Series(dtype.categories))
        return values.cat.remove_categories(list(dtype.categories[empty])) if empty.any() else values
    if isinstance(dtype, np.dtype) and not dtype.isnative:
        return values.astype(dtype.newbyteorder("="))
    if dtype.kind == "O" and isinstance(dtype, np.dtype):
        _check_objects(values)
    return values


def from_arrow(cells: Any, name: Any = "") -> pd.Series:
    """Return an array or a chunked array of Arrow as :func:`marked` returns a column, with an index of its own.

    Periods and intervals of pandas are such, other extension types what they are stored as.

    Raises:
        DataError: a value that pandas cannot hold, such as a date beyond the year 9999; names the column.
    """
    types = pyarrow.types
    if is_extension(cells.type):
        cells = stored(_one(cells))
    if types.is_integer(cells.type) or types.is_boolean(cells.type):
        name = "boolean" if types.is_boolean(cells.type) else str(cells.type).replace("int", "Int").replace("uI", "UI")
        dtype: Any = pd.api.types.pandas_dtype(name)
        return pd.Series(dtype.__from_arrow__(cells))
    try:
        found = _one(cells).to_pandas()
    except (ValueError, OverflowError, pyarrow.ArrowNotImplementedError) as error:
        what, instead = "value that pandas cannot hold", "numbers or texts"
        if types.is_date(cells.type):
            what, instead = "date that is none of the years 1 to 9999", "timestamps"
        elif types.is_time(cells.type):
            what, instead = "time of day with nanoseconds", "microseconds, or as numbers"
        raise DataError(
            f"column {name!r} holds a {what} ({error}): mark it as missing, or store the column as {instead}"
        ) from error
    return found.astype(np.float64) if types.is_floating(cells.type) else found


def is_extension(kind: pyarrow.DataType) -> bool:
    """Return whether this is an extension type of Arrow (bool8, JSON) that pandas has no type of its own for."""
    return isinstance(kind, pyarrow.BaseExtensionType) and not kind.extension_name.startswith("pandas.")


def seconds_of_periods(values: pd.Series) -> pd.Series:
    """Return the starts of periods as datetime64; whole numbers all the way, so that no year is too far."""
    unit = unit_of(values)
    ordinals = values.dt.asfreq(unit, how="start").astype("int64").to_numpy()  # of a missing one: that of NaT
    return _like_index(ordinals.view(f"M8[{unit}]"), values)


def is_far(seconds: np.ndarray) -> bool:
    """Return whether some seconds since 1970 are no nanoseconds in 64 bits."""
    return bool(np.nanmax(np.abs(seconds), initial=0.0) > 9.2e9)


def unit_of(values: pd.Series) -> str:
    """Return the unit in which the type of the column counts moments and durations; s where it does not."""
    dtype: Any = values.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return str(getattr(dtype.pyarrow_dtype, "unit", "s"))
    if isinstance(dtype, pd.PeriodDtype):
        return next((unit for unit, kind in _PARTS_OF_SECOND.items() if isinstance(dtype.freq, kind)), "s")
    if isinstance(dtype, np.dtype) and dtype.kind in "mM":
        return str(np.datetime_data(dtype)[0])
    return str(getattr(dtype, "unit", "s"))


def as_stored(found: pd.Series, like: pd.Series) -> pd.Series:
    """Return values without holes in the type of ``like``, with its index.

    Args:
        found: numbers (float64), moments, durations or objects; whole where the type of ``like`` is whole.
        like: any column.
    """
    dtype: Any = like.dtype
    if isinstance(dtype, pd.SparseDtype):
        found = as_stored(found, pd.Series(index=like.index, dtype=dtype.subtype))
        return found.astype(pd.SparseDtype(dtype.subtype, dtype.fill_value))
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow_series(arrow_values(found, dtype.pyarrow_dtype), like)
    if isinstance(dtype, pd.PeriodDtype) and found.dtype.kind == "M":
        ordinals = found.to_numpy().astype(f"M8[{unit_of(like)}]").view("int64")
        fine: Any = pd.arrays.PeriodArray(ordinals, dtype=pd.PeriodDtype(unit_of(like)))
        return pd.Series(fine.asfreq(dtype.freq), index=like.index)
    if found.dtype.kind == "f" and pd.api.types.is_numeric_dtype(dtype):
        found = _like_index(_inside(found.to_numpy(), getattr(dtype, "numpy_dtype", dtype)), like)
    return found.astype(dtype)


def blank(values: pd.Series, rows: np.ndarray) -> pd.Series:
    """Return some rows, bool (n_rows,), of a column without their values: its type and index are what counts."""
    if not isinstance(values.dtype, pd.ArrowDtype):
        return values[rows]

    nulls = pyarrow.nulls(int(rows.sum()), values.dtype.pyarrow_dtype)
    return pd.Series(pd.arrays.ArrowExtensionArray(pyarrow.chunked_array([nulls])), index=values.index[rows])


def merged(values: pd.Series, missing: np.ndarray, new: pd.Series) -> pd.Series:
    """Return ``values`` with its missing cells replaced.

    Args:
        values: any column (n_rows,).
        missing: which cells, bool (n_rows,).
        new: a value of the same type for each of them.
    """
    dtype = values.dtype
    if isinstance(dtype, pd.SparseDtype):
        dense, added = _dense(values), _dense(new)
        return merged(dense, missing, added).astype(dtype)
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow_series(arrow_merged(pyarrow.array(values.array), missing, pyarrow.array(new.array)), values)
    values = marked(values) if isinstance(dtype, np.dtype) and not dtype.isnative else values.copy()
    values.iloc[missing] = new.astype(values.dtype).array
    return values.astype(dtype)


def arrow_values(found: pd.Series, kind: pyarrow.DataType) -> pyarrow.Array:
    """Return values without holes, as :func:`as_stored` takes them, in a type of Arrow."""
    types = pyarrow.types
    if is_extension(kind):
        return pyarrow.ExtensionArray.from_storage(kind, arrow_values(found, kind.storage_type))
    if types.is_dictionary(kind):
        return pyarrow.array(found.astype(object), type=kind.value_type).dictionary_encode()
    if types.is_decimal(kind):
        return pyarrow.array(_decimals(found, kind.precision, kind.scale), type=kind)
    if found.dtype.kind == "f" and (types.is_integer(kind) or types.is_floating(kind)):
        numbers = _inside(found.to_numpy(), np.dtype(kind.to_pandas_dtype())).astype(kind.to_pandas_dtype())
        return pyarrow.array(numbers, type=kind)
    if found.dtype.kind in "mM" or isinstance(found.dtype, pd.DatetimeTZDtype):
        return pyarrow.array(found).cast(kind, safe=False)
    if types.is_floating(kind) and kind.bit_width == 16:
        return pyarrow.array(found.to_numpy(dtype=np.float16), type=kind)
    return pyarrow.array(found.astype(object), type=kind, from_pandas=True)


def arrow_merged(values: Any, missing: np.ndarray, new: Any) -> pyarrow.Array:
    """Return an Arrow column with its missing cells replaced, the others bit by bit as they were.

    Args:
        values: array or chunked array (n_rows,).
        missing: which cells, bool (n_rows,).
        new: a value for each of them, as :func:`arrow_values` returns them.
    """
    whole, kind = _one(values), values.type
    if isinstance(whole, pyarrow.ExtensionArray):
        return pyarrow.ExtensionArray.from_storage(kind, _taken(whole.storage, missing, stored(_one(new))))
    if pyarrow.types.is_dictionary(kind):
        whole, new = pyarrow.chunked_array([whole, _one(new).cast(kind)]).unify_dictionaries().chunks
        codes = _taken(whole.indices, missing, new.indices)
        return pyarrow.DictionaryArray.from_arrays(codes, whole.dictionary, ordered=kind.ordered)
    return _taken(whole, missing, _one(new))


def stored(values: pyarrow.Array) -> pyarrow.Array:
    """Return the storage of an extension array, others as they are."""
    return values.storage if isinstance(values, pyarrow.ExtensionArray) else values


def _taken(values: pyarrow.Array, missing: np.ndarray, new: pyarrow.Array) -> pyarrow.Array:
    """Return ``values``, the missing ones from ``new``: moves cells, whatever they are."""
    source = np.arange(len(values))
    source[missing] = len(values) + np.arange(int(missing.sum()))
    both = pyarrow.concat_arrays([values, new])
    if "_view" not in str(both.type):
        return both.take(pyarrow.array(source))
    plain = "binary" if "binary" in str(both.type) else "string"  # nothing can be taken from views
    return both.cast(f"large_{plain}").take(pyarrow.array(source)).cast(both.type)


def _dense(values: pd.Series) -> pd.Series:
    accessor: Any = values.sparse
    return accessor.to_dense()


def _one(values: Any) -> pyarrow.Array:
    """Return an array or a chunked one as one array, whose dictionary has no null: the code of one is a null."""
    is_dictionary = pyarrow.types.is_dictionary(values.type)
    chunks = values.chunks if isinstance(values, pyarrow.ChunkedArray) else [values]
    if is_dictionary and any(each.dictionary.null_count for each in chunks):
        return _one(values.cast(values.type.value_type)).dictionary_encode().cast(values.type)
    if not isinstance(values, pyarrow.ChunkedArray):
        return values
    combined = (values.unify_dictionaries() if is_dictionary else values).combine_chunks()
    return combined if isinstance(combined, pyarrow.Array) else pyarrow.concat_arrays(combined.chunks)


def _check_objects(values: pd.Series) -> None:
    """Refuse objects that raise an error when they are asked for their value."""
    try:
        values.isna()
    except InvalidOperation:
        raise DataError(f"column {values.name!r} holds a signalling NaN: write None where a value is missing") from None


def _inside(numbers: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return the nearest numbers that the type can hold, float64; whole ones for whole types."""
    if dtype.kind in "iu":
        limits: Any = np.iinfo(dtype)
        low, high = float(limits.min), float(limits.max)
        high = float(np.nextafter(high, 0.0)) if high > limits.max else high  # 2**63 - 1 is no float64
        return np.clip(np.round(numbers), low, high)
    if dtype.kind == "f" and dtype.itemsize < 8:
        most = float(np.finfo(dtype).max)
        return np.clip(numbers, -most, most)
    return numbers


def _decimals(found: pd.Series, precision: int, scale: int) -> list[Decimal]:
    """Return numbers as decimals of so many digits in all and behind the point."""
    most = Decimal(10) ** (precision - scale) - Decimal(1).scaleb(-scale) if precision >= scale else Decimal(0)
    return [max(-most, min(most, each)) for each in decimals(found, -scale)]


def _arrow_series(values: Any, like: pd.Series) -> pd.Series:

    chunked = pyarrow.chunked_array([values]) if not isinstance(values, pyarrow.ChunkedArray) else values
    return pd.Series(pd.arrays.ArrowExtensionArray(chunked), index=like.index, name=like.name)


def _like_index(values: Any, like: pd.Series) -> pd.Series:
    return pd.Series(values, index=like.index, name=like.name)

"""Tables that are no DataFrames: arrays, masked arrays and lists as numbers, or as a DataFrame where they hold more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import UserError
from mirimpute.table.python_objects import is_truth_value

_WHOLE = 2**53
"""Beyond it not every whole number is a float64."""


def table_of(X: Any) -> Any:
    """Return ``X`` as a DataFrame or as a float64 array (n_rows, n_columns), NaN where missing.

    Numbers become float64, with NaN under the mask of a masked array; an array of float64 whose rows lie
    one after the other stays itself. Arrays and lists of other objects, of dates or of durations become a DataFrame of
    a column each; DataFrames stay.

    Raises:
        UserError: what is no table, or has cells that neither numbers nor DataFrames can hold.
    """
    if isinstance(X, pd.DataFrame):
        return X
    x = _array(X)
    if x.dtype.names is not None:
        raise UserError("a structured array has named fields: give pd.DataFrame(X)")
    if x.ndim == 1:
        raise UserError(
            f"a table has two dimensions, and X of shape {x.shape} has one. Reshape your data: X.reshape(-1, 1) is one "
            "column, X.reshape(1, -1) one row (Series.to_frame() of a Series)"
        )
    if x.ndim != 2:
        raise UserError(f"a table has two dimensions, and X of shape {x.shape} has {x.ndim}: give rows and columns")
    mask = np.ma.getmaskarray(x) if isinstance(x, np.ma.MaskedArray) else None
    x = np.ma.getdata(x)
    x = x if x.dtype.isnative else x.astype(x.dtype.newbyteorder("="))
    kind = x.dtype.kind
    if kind == "c":
        raise UserError("Complex data not supported: give real and imaginary parts a column each")
    if kind in "mM" or (kind == "b" and mask is not None and mask.any()) or kind == "O":
        return _of_objects(x, np.zeros(x.shape, dtype=bool) if mask is None else mask)
    if kind in "USV":
        return _of_texts(x, np.zeros(x.shape, dtype=bool) if mask is None else mask)
    if kind in "iu" and x.dtype.itemsize == 8 and ((x > _WHOLE) | (x < -_WHOLE)).any():
        raise UserError("whole numbers beyond 2**53 would lose digits in an array of float64: give a DataFrame")
    with np.errstate(over="ignore"):
        x = x.astype(np.float64, order="C", copy=False)
    return np.where(mask, np.nan, x) if mask is not None else x


def in_form_of(X: Any, completed: pd.DataFrame) -> np.ndarray:
    """Return a completed table in the form of ``X``, which was no DataFrame: an array without a mask."""
    x = _array(X)
    if x.dtype.kind in "mMb":
        columns = [completed.iloc[:, j].to_numpy().astype(x.dtype) for j in range(completed.shape[1])]
        return np.column_stack(columns)
    if x.dtype.kind in "fiu" and all(pd.api.types.is_numeric_dtype(dtype) for dtype in completed.dtypes):
        return completed.to_numpy(dtype=np.float64)
    return completed.astype(object).to_numpy()


def _array(X: Any) -> np.ndarray:
    """Return an array of at least one dimension, masked where ``X`` is; errors as :func:`table_of`."""
    import scipy.sparse

    if scipy.sparse.issparse(X):
        raise UserError("Sparse data was passed, and a sparse matrix has zeros for holes: give X.toarray()")
    module = type(X).__module__.partition(".")[0]
    if hasattr(X, "to_pandas") and not hasattr(X, "iloc"):
        raise UserError(f"X is a {module} {type(X).__name__}: give X.to_pandas()")
    if isinstance(X, (list, tuple)):
        rows = [list(row) if isinstance(row, (list, tuple)) else row for row in X]
        lengths = {len(row) for row in rows if isinstance(row, list)}
        if len(lengths) > 1:
            raise UserError(
                f"the rows of X have {min(lengths)} to {max(lengths)} cells: give each one for every column"
            )
        X = np.array(rows, dtype=object)
    if isinstance(X, np.ma.MaskedArray):
        return X
    try:
        x = np.asarray(X)
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(f"X, a {type(X).__name__}, is no table ({error}): give an array or a DataFrame") from error
    if x.ndim == 0:
        raise UserError(f"X, a {type(X).__name__}, is no table: give an array or a DataFrame")
    return x


def _of_objects(x: np.ndarray, mask: np.ndarray) -> Any:
    """Return objects, dates or durations as a DataFrame, as float64 where all are numbers."""
    cells = x.copy() if x.dtype.kind in "mM" else x.astype(object)
    cells[mask] = np.array("NaT", dtype=x.dtype) if x.dtype.kind in "mM" else None
    if cells.dtype == object:
        missing = pd.isna(cells)
        numbers = (int, float, np.integer, np.floating)
        if all(isinstance(each, numbers) and not is_truth_value(each) for each in cells[~missing]):
            result = np.full(cells.shape, np.nan)
            try:
                result[~missing] = cells[~missing].astype(np.float64)
            except OverflowError:
                raise UserError("X holds whole numbers beyond 1e308: mark them as missing or remove them") from None
            return result
        for each in cells[~missing]:
            if isinstance(each, (dict, list, set, np.ndarray)):
                raise _NotACellError(f"X holds {each!r}: the argument must be a string or a number in each cell")
    return pd.DataFrame(
        {j: pd.Series(cells[:, j], dtype=object if cells.dtype == object else None) for j in range(cells.shape[1])}
    )


class _NotACellError(UserError, TypeError):
    """A container where a cell should be; scikit-learn wants a TypeError."""


def _of_texts(x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return texts that are numbers as numbers; others cannot be told from the text "nan" of a missing one."""
    try:
        return np.where(mask, np.nan, x.astype(np.float64))
    except ValueError:
        raise UserError(
            f"an array of texts (dtype {x.dtype}) cannot mark a cell as missing, only hold the text 'nan': give "
            "a DataFrame, or an array of dtype object with None where a value is missing"
        ) from None

"""What an imputer is given, arrays or DataFrames, as numbers, and completed numbers in the form of what was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_feature_names, _check_n_features, validate_data

from mirimpute.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from mirimpute.table.columns import Column
    from mirimpute.table.large_wholes import LargeWholes


def cells_of(
    imputer: BaseEstimator,
    X: Any,
    columns: tuple[Column, ...] | None,
    unseen: str,
    kinds: Mapping[int, Any] | None = None,
) -> tuple[np.ndarray, tuple[Column, ...]]:
    """Return the cells as numbers, float64 (n_rows, n_columns), and the columns.

    Args:
        imputer: remembers, or compares, how many columns there are and their names.
        X: what the imputer was given.
        columns: of the fit; None: find out what they are.
        unseen: see :class:`mirimpute.imputers.mirf_imputer.MirfImputer`.
        kinds: of columns by their places, see :func:`mirimpute.table.column_numbers.encoded`; the rest as the values
            tell.

    Raises:
        UserError: no table, too few rows or columns, or values that the columns cannot have.
    """
    import pandas as pd

    from mirimpute.table.arrays import table_of
    from mirimpute.table.code_hints import warn_of_codes
    from mirimpute.table.columns import Column, Kind
    from mirimpute.table.frames import check_finite, columns_of, numbers_of
    from mirimpute.table.id_hints import warn_of_ids

    reset, given = columns is None, X
    X, least = table_of(X), 2 if reset else 1
    mixed = columns is not None and any(c.kind is not Kind.CONTINUOUS for c in columns)
    if mixed and not isinstance(given, pd.DataFrame):
        if [c.name for c in columns or ()] != [str(j) for j in range(len(columns or ()))]:
            raise UserError(
                f"the imputer was fitted on a DataFrame, and gets a {type(given).__name__}: give a DataFrame"
            )
        X = pd.DataFrame(X)
    for count, what, fewest in ((X.shape[0], "sample", least), (X.shape[1], "feature", 1)):
        if count < fewest:
            raise UserError(
                f"Found array with {count} {what}(s) (shape={X.shape}) while a minimum of {fewest} is required: "
                f"{count} {'row' if what == 'sample' else 'column'}(s) are too few to learn from or to complete"
            )
    if isinstance(X, pd.DataFrame):
        _check_names(X)
    if mixed or kinds or _is_mixed(X):
        _check_feature_names(imputer, X, reset=reset)
        _check_n_features(imputer, X, reset=reset)
        columns = columns_of(X, kinds) if columns is None else columns
        return numbers_of(X, columns, unseen), columns
    x = validate_data(imputer, X, reset=reset, dtype=np.float64, ensure_all_finite=False)
    names = list(getattr(imputer, "feature_names_in_", range(x.shape[1])))
    is_empty = check_finite(x, names)
    if columns is None:
        if is_empty.any():
            raise UserError(
                f"column {names[int(is_empty.argmax())]!r} has no value at all: remove it, nothing can be learnt of it"
            )
        columns = tuple(Column(str(name), Kind.CONTINUOUS) for name in names)
        if isinstance(X, pd.DataFrame):
            warn_of_ids(X)
            warn_of_codes(X)
    return x, columns


def written(
    X: Any, columns: tuple[Column, ...], completed: np.ndarray, wholes: Mapping[int, LargeWholes] | None = None
) -> Any:
    """Return the completed numbers in the form of ``X``: an array, or a DataFrame; ``wholes`` as the fit had them.

    Raises:
        UserError: a cell that got no finite number.
    """
    import pandas as pd

    from mirimpute.table.arrays import in_form_of, table_of
    from mirimpute.table.columns import Kind
    from mirimpute.table.frames import filled

    bad = ~np.isfinite(completed)
    if bad.any():
        name = columns[int(bad.any(axis=0).argmax())].name
        raise UserError(
            f"column {name!r} has no finite estimate ({bad.sum()} cell(s)): values of these rows are too far "
            "outside of those of the fit; correct or remove them"
        )
    numbers = all(column.kind is Kind.CONTINUOUS for column in columns)
    if isinstance(X, pd.DataFrame):
        if numbers and (X.dtypes == np.float64).all():  # observed cells are in it, bit by bit
            return pd.DataFrame(completed, X.index, X.columns, copy=False)
        return filled(X, columns, completed, wholes)
    if numbers:
        return completed
    return in_form_of(X, filled(pd.DataFrame(table_of(X)), columns, completed))


def _check_names(X: pd.DataFrame) -> None:
    """Refuse names of several types, which scikit-learn takes for none.

    Raises:
        UserError: names a column of each type.
    """
    kinds = {type(name): name for name in X.columns}
    if len(kinds) > 1 and any(issubclass(kind, str) for kind in kinds):
        names = " and ".join(f"{name!r} ({kind.__name__})" for kind, name in kinds.items())
        raise UserError(
            f"the names of the columns are of several types, {names}: make all of them strings, such as by "
            "X.columns = X.columns.astype(str)"
        )


def _is_mixed(X: Any) -> bool:
    """Return whether ``X`` is a DataFrame with a column that is not of plain numbers."""
    if not hasattr(X, "iloc"):
        return False
    return any(not isinstance(dtype, np.dtype) or dtype.kind not in "fiu" for dtype in X.dtypes)

"""`Table`: the values of a dataset with the names and kinds of its columns."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import pandas as pd

from mirimpute.errors import DataError, MirimputeWarning


class Kind(str, Enum):
    """What the values of a column are."""

    CONTINUOUS = "continuous"
    INTEGER = "integer"
    CATEGORICAL = "categorical"


@dataclass(frozen=True)
class Column:
    """Name and kind of one column."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Table:
    """A complete or incomplete numeric table.

    Attributes:
        name: the dataset's name, as in result rows.
        values: float64 (n_rows, n_columns), original units; NaN where the source itself has no value.
        columns: name and kind of each column, in order.
        dropped: names of the columns of the source that were left out, because they are categorical.
    """

    name: str
    values: np.ndarray
    columns: tuple[Column, ...]
    dropped: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.columns):
            raise AssertionError(f"values {self.values.shape} do not fit {len(self.columns)} columns")

    @property
    def missing(self) -> np.ndarray:
        """Bool (n_rows, n_columns): True where the source itself has no value."""
        return np.isnan(self.values)

    @property
    def sha256(self) -> str:
        """SHA-256 of shape, column names, kinds and values: two tables with the same hash are the same problem."""
        digest = hashlib.sha256()
        digest.update(repr((self.values.shape, [(c.name, c.kind.value) for c in self.columns])).encode())
        digest.update(np.ascontiguousarray(self.values, dtype="<f8").tobytes())
        return digest.hexdigest()

    def to_frame(self) -> pd.DataFrame:
        """Return the values as a DataFrame with the column names."""
        return pd.DataFrame(self.values, columns=[c.name for c in self.columns])


def kind_of(values: pd.Series) -> Kind:
    """Return the kind of a column: whole numbers are integer, other numbers continuous, the rest categorical.

    Booleans, strings, pandas categories, dates and objects are categorical. An all-missing object column is
    categorical too.
    """
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return Kind.CATEGORICAL
    present = pd.to_numeric(values, errors="coerce").dropna().to_numpy(dtype=float)
    if present.size and np.all(np.isfinite(present)) and np.all(present == np.round(present)):
        return Kind.INTEGER
    return Kind.CONTINUOUS


def _with_culprit(values: pd.Series, name: str) -> str:
    """Return the name of a dropped column, with its first text when nearly all of it are numbers: a typing error."""
    if not pd.api.types.is_object_dtype(values) and not pd.api.types.is_string_dtype(values):
        return name
    present = values.dropna()
    texts = present[pd.to_numeric(present, errors="coerce").isna()]
    if not 0 < len(texts) <= 0.1 * len(present):
        return name
    return f"{name} ({len(texts)} of {len(present)} values are not numbers, the first is {texts.iloc[0]!r}: correct it)"


def table_from_frame(frame: pd.DataFrame, name: str) -> Table:
    """Return the numeric part of ``frame`` as a :class:`Table`, checked.

    Args:
        frame: (n_rows, n_columns); missing cells are NaN, None or NA. Categorical columns are dropped with a
            warning that names them.
        name: the dataset's name, for messages and rows.

    Raises:
        DataError: fewer than two rows, no numeric column, duplicate column names, infinite values, or a column
            with no value at all; the message names the column and the fix.
    """
    names = [str(c) for c in frame.columns]
    if len(frame) < 2:
        raise DataError(f"dataset {name!r} has {len(frame)} row(s): imputation needs at least 2, give a longer table")
    repeated = sorted({n for n in names if names.count(n) > 1})
    if repeated:
        raise DataError(f"dataset {name!r} has duplicate column names {repeated}: rename the columns")
    kinds = [kind_of(frame.iloc[:, j]) for j in range(len(names))]
    numeric = [j for j, kind in enumerate(kinds) if kind is not Kind.CATEGORICAL]
    dropped = tuple(names[j] for j, kind in enumerate(kinds) if kind is Kind.CATEGORICAL)
    if not numeric:
        raise DataError(
            f"dataset {name!r} has no numeric column (columns: {', '.join(names[:10]) or 'none'}): "
            "only numeric columns are imputed for now, encode the others as numbers"
        )
    if dropped:
        warnings.warn(
            f"dataset {name!r}: categorical column(s) dropped, only numeric columns are imputed for now: "
            f"{', '.join(_with_culprit(frame.iloc[:, names.index(each)], each) for each in dropped)}",
            MirimputeWarning,
            stacklevel=2,
        )
    values = np.column_stack([frame.iloc[:, j].to_numpy(dtype=np.float64, na_value=np.nan) for j in numeric])
    values[np.isnan(values)] = np.nan  # NaNs differ in bits that mean nothing and would change the hash
    columns = tuple(Column(names[j], kinds[j]) for j in numeric)
    infinite = [c.name for c, bad in zip(columns, np.isinf(values).any(axis=0), strict=True) if bad]
    if infinite:
        raise DataError(
            f"dataset {name!r} holds infinite values in column(s) {infinite}: replace them by empty cells or drop them"
        )
    empty = [c.name for c, bad in zip(columns, np.isnan(values).all(axis=0), strict=True) if bad]
    if empty:
        raise DataError(f"dataset {name!r} has no value at all in column(s) {empty}: drop these columns")
    return Table(name=name, values=values, columns=columns, dropped=dropped)

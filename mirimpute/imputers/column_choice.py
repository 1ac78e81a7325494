"""Which columns of a table a method gets, which are filled, and which are left alone: decided by the fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import UserError, warn
from mirimpute.imputers.options import Options, position, positions
from mirimpute.numerics.column_ends import column_counts
from mirimpute.table.column_storage import missing_in
from mirimpute.types import Array

INDICATOR = "missingindicator_"
"""What scikit-learn puts before the name of a column for the name of its indicator."""


@dataclass(frozen=True)
class ColumnChoice:
    """What becomes of each column; numbers are places in the table of the fit.

    Attributes:
        names: of all columns.
        used: columns that the method gets, in order.
        excluded: bool (len(used),), those that stay as they are though the method gets them.
        empty: columns without any value in the fit.
        group: the column of groups; None: there are none.
        indicated: columns with a missing cell in the fit that are not left alone.
    """

    names: tuple[Any, ...]
    used: Array
    excluded: Array
    empty: Array
    group: int | None
    indicated: Array

    @property
    def takes_all(self) -> bool:
        """Whether the method gets every column."""
        return len(self.used) == len(self.names)

    @property
    def used_names(self) -> tuple[Any, ...]:
        """The names of the columns that the method gets."""
        return tuple(self.names[j] for j in self.used)

    def names_of_result(self, names: Array, options: Options) -> Array:
        """Return the names of the columns of a completed table, those of indicators behind the others.

        Args:
            names: of all columns of the table, str (n_columns,), dtype object.
            options: of the user.
        """
        kept = [j for j in range(len(names)) if options.keep_empty_features or j not in self.empty]
        more = [f"{INDICATOR}{names[j]}" for j in self.indicated] if options.add_indicator else []
        return np.array([*names[kept], *more], dtype=object)


def all_of(names: Sequence[Any]) -> ColumnChoice:
    """Return the choice of every column."""
    none, d = np.zeros(0, dtype=int), len(names)
    return ColumnChoice(tuple(names), np.arange(d), np.zeros(d, dtype=bool), none, None, none)


def choice_of(table: Any, options: Options) -> ColumnChoice:
    """Return what becomes of the columns of a table of the fit.

    Args:
        table: a DataFrame or a float64 array (n_rows, n_columns).
        options: of the user.

    Raises:
        UserError: an option names a column that is not there, or contradicts another; nothing is left.
    """
    names = labels_of(table)
    ignored = set(positions("ignore", list(options.ignore), names))
    excluded = set(positions("exclude", list(options.exclude), names))
    group = None if options.group is None else position("group", options.group, names)
    censored = set(positions("censored", list(options.censored), names))
    for both, first in ((ignored & excluded, "exclude"), ({group} & excluded, "exclude")):
        if both:
            name = names[int(both.pop() or 0)]
            raise UserError(f"{first} names column {name!r}, which the method does not get: name it once")
    if excluded & censored:
        name = names[min(excluded & censored)]
        raise UserError(f"exclude names column {name!r}, whose censored cells would be filled: name it once")
    holes = column_counts(missing_of(table))
    empty: list[int] = []
    if options.keep_empty_features is not None and len(table):
        empty = [j for j in np.flatnonzero(holes == len(table)).tolist() if j not in ignored and j != group]
    if empty and not options.keep_empty_features:
        shown = ", ".join(repr(names[j]) for j in empty[:5])
        warn([f"column(s) {shown} have no value at all and are left out (keep_empty_features=True keeps them, as 0)"])
    used = [j for j in range(len(names)) if j not in ignored and j not in empty and j != group]
    if not used and len(names):
        if not options.ignore:
            raise UserError("no column has a value to learn from: give a table in which some cells are observed")
        raise UserError(f"ignore={list(options.ignore)} leaves no column to learn from: name fewer")
    indicated = np.array([j for j in np.flatnonzero(holes) if j not in ignored and j not in empty], dtype=int)
    return ColumnChoice(
        tuple(names), np.array(used, dtype=int), np.isin(used, list(excluded)), np.array(empty, int), group, indicated
    )


def labels_of(table: Any) -> list[Any]:
    """Return the names of the columns; of an array their numbers."""
    return list(table.columns) if isinstance(table, pd.DataFrame) else list(range(table.shape[1]))


def missing_of(table: Any) -> Array:
    """Return which cells of a DataFrame or a float64 array are missing, bool (n_rows, n_columns)."""
    if isinstance(table, pd.DataFrame) and (table.dtypes != np.float64).any():
        return np.column_stack([missing_in(table.iloc[:, j]) for j in range(table.shape[1])])
    return np.isnan(np.asarray(table))

"""An incomplete table and its completions, side by side as numbers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import MirimputeWarning, UserError, unknown
from mirimpute.table.columns import Column, Kind
from mirimpute.table.wild import Fences

if TYPE_CHECKING:
    from mirimpute.table.table import Table


@dataclass(frozen=True)
class Completions:
    """A table before and after.

    Attributes:
        columns: name, kind and categories of each.
        before: float64 (n_rows, n_columns), original units, numbers of categories, seconds of dates; NaN where missing.
        point: float64 (n_rows, n_columns), the completed table.
        draws: float64 (m, n_rows, n_columns), other completions; m may be 0.
    """

    columns: tuple[Column, ...]
    before: np.ndarray
    point: np.ndarray
    draws: np.ndarray = field(default_factory=lambda: np.empty((0, 0, 0)))

    @property
    def missing(self) -> np.ndarray:
        """Bool (n_rows, n_columns), True = missing before."""
        return np.isnan(self.before)

    @cached_property
    def fences(self) -> Fences:
        """Beyond which a cell is wild, see :mod:`mirimpute.table.wild`."""
        return Fences.of(self.before, self.columns)

    @cached_property
    def observed(self) -> np.ndarray:
        """Bool (n_rows, n_columns), cells that pictures and means are of: observed, and not wild."""
        return ~self.missing & ~self.fences.wild(self.before)

    def tame(self, x: np.ndarray) -> np.ndarray:
        """Return ``x`` (n_rows, n_columns) with wild cells moved to the fence, for fits that one cell could rule."""
        return np.clip(x, self.fences.lowest, self.fences.highest)

    @property
    def shown(self) -> np.ndarray:
        """What pictures show: the first draw, which has the spread of the data; without draws the point."""
        return self.draws[0] if len(self.draws) else self.point

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def incomplete(self) -> list[int]:
        """The numbers of the columns that had missing cells, those with the most of them first."""
        counts = self.missing.sum(axis=0)
        return [int(j) for j in np.argsort(-counts, kind="stable") if counts[j]]

    def place(self, name: str) -> int:
        """Return the number of a column.

        Raises:
            UserError: there is none of this name.
        """
        if name not in self.names:
            raise unknown("column", name, self.names)
        return self.names.index(name)


def completions_of(before: Any, completed: Any, draws: Sequence[Any] = ()) -> Completions:
    """Return a DataFrame and its completions as numbers; columns of text are left out.

    Args:
        before: the incomplete DataFrame.
        completed: the completed one.
        draws: further completions, such as of :meth:`mirimpute.MirfImputer.sample`.

    Raises:
        UserError: tables that are no DataFrames, or not completions of ``before``; none of its columns can be used.
    """
    from mirimpute.table.frames import numbers_of

    for what, frame in (
        ("before", before),
        ("completed", completed),
        *((f"draws[{k}]", d) for k, d in enumerate(draws)),
    ):
        if not hasattr(frame, "iloc") or not hasattr(frame, "columns"):
            raise UserError(f"{what} is a {type(frame).__name__}: give a pandas DataFrame")
        if list(frame.columns) != list(before.columns) or len(frame) != len(before):
            raise UserError(
                f"{what} has shape {frame.shape} and before {before.shape}, or other columns: it is not its completion"
            )
    table, names = table_of(before), [str(name) for name in before.columns]
    kept = [names.index(column.name) for column in table.columns]
    numbers = [numbers_of(frame.iloc[:, kept], table.columns, "missing") for frame in (completed, *draws)]
    for x in numbers:
        left = np.isnan(x) & np.isnan(table.values)
        if left.any():
            name = table.columns[int(left.any(axis=0).argmax())].name
            raise UserError(f"column {name!r} still has missing values after the imputation: complete it first")
    return Completions(table.columns, table.values, numbers[0], np.array(numbers[1:]).reshape(-1, *table.values.shape))


def table_of(frame: Any) -> Table:
    """Return the columns of a DataFrame that can be imputed, as numbers.

    Raises:
        UserError: it is no DataFrame; none of its columns can be used.
    """
    from mirimpute.table.table import table_from_frame

    if not hasattr(frame, "iloc") or not hasattr(frame, "columns"):
        raise UserError(f"the table is a {type(frame).__name__}: give a pandas DataFrame")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MirimputeWarning)  # the imputer gave them; pictures leave text out as it did
        return table_from_frame(frame.set_axis([str(name) for name in frame.columns], axis=1), "table", {})


def is_categorical(column: Column) -> bool:
    """Return whether the values of a column are categories, in an order or not."""
    return column.kind in (Kind.CATEGORICAL, Kind.ORDINAL)


def features(completions: Completions, x: np.ndarray, without: int) -> np.ndarray:
    """Return all columns of ``x`` (n_rows, n_columns) but one as standardised numbers and indicators of categories."""
    parts, x = [], completions.tame(x)
    for j, column in enumerate(completions.columns):
        if j == without:
            continue
        if column.kind is Kind.CATEGORICAL:
            parts.append((x[:, j, None] == np.arange(1, len(column.categories))).astype(float))
        else:
            values = x[:, j, None]
            parts.append((values - values.mean()) / (values.std() or 1.0))
    return np.concatenate(parts, axis=1) if parts else np.empty((len(x), 0))

"""A table that was given, as the numbers that a method gets; and completed numbers as such a table again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_feature_names, _check_n_features

from mirimpute.errors import UserError, counted
from mirimpute.imputers.censoring import Ends, without_limits
from mirimpute.imputers.column_choice import INDICATOR, ColumnChoice, all_of, choice_of, labels_of, missing_of
from mirimpute.imputers.conversion import cells_of, written
from mirimpute.imputers.missing_marks import restored, without_marks
from mirimpute.imputers.options import Options, positions
from mirimpute.table.arrays import in_form_of, table_of
from mirimpute.table.containers import Container, container_of
from mirimpute.types import Array

if TYPE_CHECKING:
    from mirimpute.table.columns import Column
    from mirimpute.table.large_wholes import LargeWholes


@dataclass(frozen=True)
class Opened:
    """A table as numbers, and the way back.

    Attributes:
        container: what was given.
        table: all of its columns, a DataFrame or a float64 array; marks of missing values are missing in it.
        part: those that the method gets.
        choice: which these are.
        x: float64 (n_rows, d), the part as numbers, NaN where missing.
        columns: of the part.
        wanted: bool (n_rows, d), the missing cells that are to be filled.
        censored: the ends of censored cells by the place of their column in the part.
        groups: the group of each row (n_rows,), dtype object; None: there are none.
        options: of the user.
    """

    container: Container
    table: Any
    part: Any
    choice: ColumnChoice
    x: Array
    columns: tuple[Column, ...]
    wanted: Array
    groups: Array | None
    options: Options
    censored: Ends

    @property
    def rows(self) -> Any:
        """The names of the rows; None where they have none."""
        return self.table.index if isinstance(self.table, pd.DataFrame) else None

    def lost_limits(self) -> Iterator[str]:
        """Yield a sentence for each column with censored cells that may not be filled: it cannot hold limits."""
        for j, ends in self.censored.items():
            lost = int((np.isfinite(ends).any(axis=0) & ~self.wanted[:, j]).sum())
            if lost:
                yield (
                    f"column {self.columns[j].name!r} has {counted(lost, 'censored cell')} that may not be filled: "
                    "NaN in the result, since a column of numbers has no room for a limit"
                )

    def written(self, completed: Array, wholes: Mapping[int, LargeWholes] | None = None, default: bool = True) -> Any:
        """Return a completed table in the form of the one that was given.

        Args:
            completed: float64 (n_rows, d).
            wholes: see :func:`mirimpute.imputers.conversion.written`.
            default: False: as a DataFrame, if the table is one inside, because scikit-learn makes another form of it.
        """
        done = self._with_holes(written(self.part, self.columns, completed, wholes))
        if self.options.touch_the_table:
            done = self._assembled(done)
        return self.container.again(done) if default else done

    def _with_holes(self, done: Any) -> Any:
        """Return the part with the cells missing again that are not to be filled."""
        if self.options.where is None and not self.choice.excluded.any():
            return done
        left = np.isnan(self.x) & ~self.wanted
        if not left.any():
            return done
        if not isinstance(done, pd.DataFrame):
            return np.where(left, np.nan if done.dtype.kind == "f" else None, done)
        parts = []
        for j in range(done.shape[1]):
            values, own = done.iloc[:, j].copy(), self.part.iloc[:, j]
            rows = np.flatnonzero(left[:, j])
            if rows.size:
                values.iloc[rows] = own.iloc[rows].array if own.dtype == values.dtype == object else None
            parts.append(values)
        return pd.concat(parts, axis=1).set_axis(done.columns, axis=1)

    def _assembled(self, done: Any) -> Any:
        """Return the whole table: columns that were left alone among the completed ones, and indicators behind them."""
        choice, place = self.choice, {int(j): k for k, j in enumerate(self.choice.used)}
        kept = [j for j in range(len(choice.names)) if self.options.keep_empty_features or j not in choice.empty]
        indicated = missing_of(self.table)[:, choice.indicated] if self.options.add_indicator else None
        if not isinstance(self.table, pd.DataFrame):
            if choice.takes_all and indicated is None:
                return done
            table = np.where(np.isin(range(len(choice.names)), choice.empty), 0.0, self.table)
            table[:, choice.used] = done
            return table[:, kept] if indicated is None else np.hstack([table[:, kept], indicated])
        if not choice.takes_all:
            parts = []
            for j in kept:
                own = self.table.iloc[:, j]
                part = done.iloc[:, place[j]] if j in place else own
                parts.append(_of_zeros(own) if j in choice.empty else part)
            done = pd.concat(parts, axis=1)
        frame = restored(done, self.container.frame, kept)
        if indicated is not None:
            names = [f"{INDICATOR}{choice.names[j]}" for j in choice.indicated]
            frame = pd.concat([frame, pd.DataFrame(indicated, index=frame.index, columns=names)], axis=1)
        if isinstance(self.container.frame, pd.DataFrame):
            return frame
        return in_form_of(self.container.frame, frame)


def opened(imputer: BaseEstimator, X: Any, options: Options, fitted: Fit | None) -> Opened:
    """Return a table as numbers.

    Args:
        imputer: remembers the names of the columns, or compares them.
        X: an array, a DataFrame of pandas or polars, or a table of Arrow.
        options: of the user.
        fitted: choice and columns of the fit; None: this is the fit.

    Raises:
        UserError: see :func:`mirimpute.imputers.conversion.cells_of`, and options that do not suit the table.
    """
    container = container_of(X)
    table = container.frame
    ends: dict[int, tuple[Array, Array]] = {}
    if options.touch_the_table or options.exclude or options.where is not None:
        table = table_of(table)
        if len(options.kinds) and not isinstance(table, pd.DataFrame):
            table = pd.DataFrame(table)
        table = without_marks(table, options.missing_values)
        table, ends = without_limits(table, options.censored)
    whole = not options.touch_the_table
    if whole and fitted is None and options.exclude:
        choice = choice_of(table, options)
    elif fitted is not None:
        choice = fitted.choice
    else:
        choice = all_of(()) if whole else choice_of(table, options)
    part = table
    if not whole and not choice.takes_all:
        _check_feature_names(imputer, table, reset=fitted is None)
        _check_n_features(imputer, table, reset=fitted is None)
        part = table.iloc[:, choice.used] if isinstance(table, pd.DataFrame) else table[:, choice.used]
        imputer = _Columns()
        _check_feature_names(imputer, part, reset=True)
        _check_n_features(imputer, part, reset=True)
    kinds = _kinds(options.kinds, choice) if fitted is None else {}
    x, columns = cells_of(imputer, part, None if fitted is None else fitted.columns, options.unseen, kinds)
    if not choice.names:
        choice = all_of(labels_of(part) if isinstance(part, pd.DataFrame) else range(x.shape[1]))
    wanted = np.isnan(x)
    if choice.excluded.any():
        wanted &= ~choice.excluded
    if options.where is not None:
        wanted &= _allowed(options.where, table, choice)
    groups = None
    if choice.group is not None:
        of_rows = table.iloc[:, choice.group] if isinstance(table, pd.DataFrame) else table[:, choice.group]
        groups = np.asarray(of_rows, dtype=object)
    censored = {}
    for place, each in ends.items():
        if place not in choice.used:
            raise UserError(
                f"censored names column {choice.names[place]!r}, which the method does not get: leave it out"
            )
        censored[int(np.flatnonzero(choice.used == place)[0])] = each
    return Opened(container, table, part, choice, x, columns, wanted, groups, options, censored)


@dataclass(frozen=True)
class Fit:
    """What new rows are read by: choice and columns of the fit."""

    choice: ColumnChoice
    columns: tuple[Column, ...]


class _Columns(BaseEstimator):
    """Remembers a part of the columns, whose names were compared as those of the whole table."""


def _kinds(kinds: Mapping[Any, Any], choice: ColumnChoice) -> dict[int, Any]:
    """Return the kinds that are asked for by the places of their columns among those that the method gets."""
    found = {}
    for place, kind in zip(positions("kinds", list(kinds), choice.names), kinds.values(), strict=True):
        if place not in choice.used:
            raise UserError(f"kinds names column {choice.names[place]!r}, which the method does not get: name it once")
        found[int(np.flatnonzero(choice.used == place)[0])] = kind
    return found


def _allowed(where: Any, table: Any, choice: ColumnChoice) -> Array:
    """Return which cells of the columns that the method gets may be filled, bool (n_rows, d).

    Raises:
        UserError: ``where`` has another shape or other rows, is not of truth values, or names a column that is absent.
    """
    where = container_of(where).frame
    names, shape = choice.names, (len(table), len(choice.names))
    allowed = np.zeros(shape, dtype=bool)
    if isinstance(where, pd.DataFrame):
        places = positions("where", list(where.columns), names)
        cells = where.to_numpy()
        if isinstance(table, pd.DataFrame) and len(where) == len(table) and not where.index.equals(table.index):
            raise UserError("where has the rows of the table in another order, or others: give where.loc[X.index]")
    else:
        cells = np.asarray(where)
        places = list(range(len(names)))
    if cells.shape != (shape[0], len(places)):
        raise UserError(
            f"where has shape {cells.shape}, and the table {shape}: give a boolean table of the same rows, True where "
            "a missing cell is to be filled"
        )
    if cells.dtype != bool:
        odd = [each for each in cells.ravel().tolist() if not isinstance(each, (bool, np.bool_))]
        if odd:
            raise UserError(f"where holds {odd[0]!r}: give True and False alone")
    allowed[:, places] = cells.astype(bool)
    return allowed[:, choice.used]


def _of_zeros(own: pd.Series) -> pd.Series:
    """Return an empty column with zeros.

    Raises:
        UserError: its type holds no numbers.
    """
    if own.dtype != object and not pd.api.types.is_numeric_dtype(own.dtype):
        raise UserError(
            f"column {own.name!r} of dtype {own.dtype} has no value, and keep_empty_features=True would fill it with 0:"
            " name it in ignore, which leaves it as it is"
        )
    return pd.Series(0.0, index=own.index, name=own.name).astype(float if own.dtype == object else own.dtype)

"""What if the missing values are not like the observed ones: shifted draws, pooled over a grid of shifts.

A pattern mixture (Little, JASA 1993; van Buuren, "Flexible Imputation of Missing Data", 2018, section 9.2): values are
imputed as if they were missing at random, then every imputed value of a column is shifted by delta, a difference that
no data can tell, and the analysis is repeated. The shift is added after the imputation: other columns that were missing
in the same row were drawn given the unshifted value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.analysis.analyses import LEVEL, with_
from mirimpute.analysis.fitting import Model
from mirimpute.errors import UserError, unknown

if TYPE_CHECKING:
    import pandas as pd

Delta = float | Mapping[Any, float]
"""A shift in the units of the column, or one for each group."""


def delta_adjusted(
    before: pd.DataFrame, tables: Sequence[pd.DataFrame], delta: Mapping[Any, Delta], by: Any = None
) -> list[pd.DataFrame]:
    """Return the completed tables with every imputed value of some columns shifted.

    Args:
        before: the incomplete table.
        tables: its completions: same rows, same columns.
        delta: column -> shift in its own units, or -> group -> shift; groups that are not named are not shifted.
        by: the column of the groups.

    Returns:
        New tables; a column of whole numbers that is shifted by a fraction becomes one of floats.

    Raises:
        UserError: a column or group that is not there, a column that is not of numbers or has nothing missing, a shift
            that is no finite number, tables that are not completions of ``before``.

    >>> import pandas as pd
    >>> before, table = pd.DataFrame({"crp": [3.0, None]}), pd.DataFrame({"crp": [3.0, 4.0]})
    >>> delta_adjusted(before, [table], {"crp": 2.0})[0]["crp"].tolist()
    [3.0, 6.0]
    """
    check_completions(before, tables)
    if not isinstance(delta, Mapping) or not delta:
        raise UserError(f"delta={delta!r} names no column: give one such as {{'crp': 2.0}}")
    if by is not None and by not in before.columns:
        raise unknown("column for by", by, map(str, before.columns))
    for column, shift in delta.items():
        _check_column(before, column)
        for value in shift.values() if isinstance(shift, Mapping) else [shift]:
            if not isinstance(value, Real) or not np.isfinite(float(value)):
                raise UserError(f"delta of {column!r} is {value!r}: give a finite number, in the units of the column")
        if isinstance(shift, Mapping) and by is None:
            raise UserError(f"delta of {column!r} has a shift for each group and by= is not given: name their column")
    return [_shifted(before, table, delta, by) for table in tables]


def sensitivity(
    before: pd.DataFrame,
    tables: Sequence[pd.DataFrame],
    formula: str,
    column: Any,
    deltas: Iterable[float],
    *,
    model: Model = "ols",
    status: str | None = None,
    by: Any = None,
    group: Any = None,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Return the pooled table of :meth:`~mirimpute.analysis.analyses.Analyses.pool` for each shift of one column.

    Args:
        before: the incomplete table.
        tables: its completions.
        formula, model, status: of the analysis, see :func:`mirimpute.with_`.
        column: whose imputed values are shifted.
        deltas: the grid of shifts, in the units of the column; 0 is missing at random.
        by, group: shift imputed values only in the rows where column ``by`` is ``group``.
        level: of the confidence interval.

    Returns:
        The lines of the pooled tables with the shift before them, in the column ``delta``.

    Raises:
        UserError: see :func:`delta_adjusted` and :func:`mirimpute.with_`; no grid, or an
            empty one; one of ``by`` and ``group`` without the other.
    """
    import pandas as pd

    if (by is None) != (group is None):
        raise UserError(f"by={by!r} and group={group!r} belong together: give both, or neither to shift all rows")
    if not isinstance(deltas, Iterable):
        raise UserError(f"deltas={deltas!r} is no grid of shifts: give one such as [-2, -1, 0, 1, 2]")
    grid = list(deltas)
    if not grid:
        raise UserError("deltas is empty: give a grid of shifts such as [-2, -1, 0, 1, 2]")
    lines = []
    for delta in grid:
        shifted = delta_adjusted(before, tables, {column: delta if by is None else {group: delta}}, by)
        pooled = with_(shifted, formula, model, status=status).pool(level)
        pooled.insert(0, "delta", delta)
        lines.append(pooled)
    return pd.concat(lines, ignore_index=True)


def tipping_points(table: pd.DataFrame, term: str, alpha: float = 1 - LEVEL) -> list[float]:
    """Return the shifts at which a term becomes significant or ceases to be so, between points of the grid by a line.

    Args:
        table: of :func:`sensitivity`.
        term: name of a coefficient.
        alpha: level of significance.

    Raises:
        UserError: no such term.
    """
    lines = lines_of(table, term)
    delta, above = lines["delta"].to_numpy(float), lines["p"].to_numpy(float) - alpha
    crossed = np.flatnonzero((above[:-1] > 0) != (above[1:] > 0))
    share = above[crossed] / (above[crossed] - above[crossed + 1])
    return [float(each) for each in delta[crossed] + share * (delta[crossed + 1] - delta[crossed])]


def lines_of(table: pd.DataFrame, term: str) -> pd.DataFrame:
    """Return the lines of a term in a table of :func:`sensitivity`, by shift.

    Raises:
        UserError: no such term.
    """
    if term not in set(table["term"]):
        raise unknown("term", term, map(str, table["term"].unique()))
    return table[table["term"] == term].sort_values("delta", ignore_index=True)


def check_completions(before: pd.DataFrame, tables: Sequence[pd.DataFrame]) -> None:
    """Refuse tables that are not completions of ``before``.

    Raises:
        UserError: none at all, other rows, or a column that one of them lacks.
    """
    if not hasattr(before, "columns"):
        raise UserError(f"the incomplete table is a {type(before).__name__}: give a DataFrame")
    if hasattr(tables, "columns") or not len(tables):
        raise UserError("tables must be a list of at least one completed DataFrame")
    for number, table in enumerate(tables, start=1):
        if len(table) != len(before):
            raise UserError(
                f"table {number} has {len(table)} rows and the incomplete one {len(before)}: they are not its "
                "completions"
            )
        absent = [name for name in before.columns if name not in table.columns]
        if absent:
            raise UserError(f"table {number} has no column {absent[0]!r}: give completions with all columns")


def _check_column(before: pd.DataFrame, column: Any) -> None:
    from pandas.api import types

    if column not in before.columns:
        raise unknown("column in delta", column, map(str, before.columns))
    values = before[column]
    if not types.is_numeric_dtype(values.dtype) or types.is_bool_dtype(values.dtype):
        raise UserError(f"delta names {column!r}, which holds no numbers ({values.dtype}): only numbers can be shifted")
    if not values.isna().any():
        raise UserError(f"delta names {column!r}, which has no missing value: there is nothing to shift")


def _shifted(before: pd.DataFrame, table: pd.DataFrame, delta: Mapping[Any, Delta], by: Any) -> pd.DataFrame:
    import pandas as pd

    shifted = table.copy()
    for column, shift in delta.items():
        amount = np.zeros(len(table))
        if isinstance(shift, Mapping):
            groups = table[by]
            for group, value in shift.items():
                rows = (groups == group).to_numpy(dtype=bool, na_value=False)
                if not rows.any():
                    raise unknown(f"group of column {by!r} in delta", group, map(str, groups.dropna().unique()))
                amount[rows] = value
        else:
            amount[:] = shift
        amount[before[column].notna().to_numpy()] = 0.0
        values = table[column]
        whole = pd.api.types.is_integer_dtype(values.dtype) and not (amount % 1).any()
        shifted[column] = values + (amount.astype(np.int64) if whole else amount)
    return shifted

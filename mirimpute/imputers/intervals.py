"""How sure a filled cell is: intervals and standard deviations over draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mirimpute.errors import UserError
from mirimpute.table.columns import OF_TIME, Kind
from mirimpute.table.table import readable
from mirimpute.types import Array

if TYPE_CHECKING:
    from mirimpute.table.columns import Column

FEWEST_DRAWS = 20
_SHOWN = (Kind.CONTINUOUS, Kind.INTEGER, *OF_TIME)


@dataclass(frozen=True)
class Interval:
    """An interval for each missing cell.

    Attributes:
        lower, upper: DataFrames (n_rows, d) of the columns that the method gets; numbers, and dates or durations as
            such. Empty where a cell was observed, and for categories.
        level: the chance that a draw lies inside.
        n_draws: that it rests on.
    """

    lower: pd.DataFrame
    upper: pd.DataFrame
    level: float
    n_draws: int


def draws_needed(level: Any) -> int:
    """Return how many draws an interval of this level takes: 20, or more where its ends are rarer.

    The k-th smallest of m draws is exceeded by another one with chance 1 - k / (m + 1), so that the ends of an interval
    from 20 draws reach a level of 1 - 2 / 21 at most.

    >>> draws_needed(0.9), draws_needed(0.95)
    (20, 39)

    Raises:
        UserError: the level is none.
    """
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < float(level) < 1:
        raise UserError(f"level={level!r} is no probability: give a number between 0 and 1, such as 0.9")
    return max(FEWEST_DRAWS, math.ceil(round(2 / (1 - float(level)), 9)) - 1)


def interval_of(
    draws: Array, missing: Array, columns: Sequence[Column], level: float, names: Sequence[Any], rows: Any
) -> Interval:
    """Return the interval between quantiles of draws, (1 - level) / 2 on either side (Weibull's k / (m + 1)).

    Args:
        draws: (m, n_rows, d), original units.
        missing: bool (n_rows, d), the cells that it is of.
        columns, names: of the table's columns that the method gets.
        level: in (0, 1).
        rows: names of the rows; None: their numbers.

    Raises:
        UserError: too few draws for the level.
    """
    needed, m = draws_needed(level), len(draws)
    if m < min(needed, math.ceil(round(2 / (1 - level), 9)) - 1):
        raise UserError(
            f"an interval of level {level} takes {needed} draws, and there are {m}: ask for more, or for less"
        )
    tail = (1 - level) / 2
    ends = np.quantile(draws, [tail, 1 - tail], axis=0, method="weibull")
    lower, upper = (_frame(end, missing, columns, names, rows) for end in ends)
    return Interval(lower, upper, float(level), m)


def deviation_of(
    draws: Array, missing: Array, columns: Sequence[Column], names: Sequence[Any], rows: Any
) -> pd.DataFrame:
    """Return the standard deviation of the draws of each missing cell (divisor m - 1), as :func:`interval_of` does.

    That of dates is a duration.
    """
    spread = draws.std(axis=0, ddof=1)
    return _frame(spread, missing, columns, names, rows, spread=True)


def _frame(
    values: Array, missing: Array, columns: Sequence[Column], names: Sequence[Any], rows: Any, spread: bool = False
) -> pd.DataFrame:
    """Return numbers (n_rows, d) as a DataFrame, empty where no cell of a shown kind is missing."""
    parts = []
    for j, column in enumerate(columns):
        cells = np.where(missing[:, j] & (column.kind in _SHOWN), values[:, j], np.nan)
        kind = Kind.DURATION if spread and column.kind in OF_TIME else column.kind
        shown = replace(column, kind=kind, categories=()) if column.kind in _SHOWN else replace(column, categories=())
        parts.append(pd.Series(readable(cells, shown)))
    frame = pd.concat(parts, axis=1).set_axis(list(names), axis=1)
    return frame if rows is None else frame.set_axis(rows, axis=0)

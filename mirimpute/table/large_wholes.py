"""Whole numbers beyond 2**53, which a float64 rounds: those that were observed are given back to the last digit.

Methods see such numbers, ids or nanoseconds since 1970, as float64. What they draw from the observed ones is looked up
by its float; of several whole numbers that share one, it is the smallest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mirimpute.table.column_storage import marked
from mirimpute.table.columns import Column, Kind
from mirimpute.types import Array

_EXACT = 2**53


@dataclass(frozen=True)
class LargeWholes:
    """The observed values of one column that no float64 equals.

    Attributes:
        rounded: float64 (k,), ascending, what they are as numbers.
        exact: Python integers (k,), dtype object.
    """

    rounded: Array
    exact: Array

    @classmethod
    def of(cls, wholes: Sequence[int]) -> LargeWholes:
        """Return these, ascending, one for each float64."""
        rounded, first = np.unique(np.array([float(each) for each in wholes]), return_index=True)
        exact = np.empty(len(rounded), dtype=object)
        exact[:] = [wholes[place] for place in first]
        return cls(rounded, exact)

    def put_into(self, new: pd.Series, numbers: Array) -> pd.Series:
        """Return ``new`` (n,), made of ``numbers`` (n,), with the observed value where its float is the number."""
        place = np.minimum(np.searchsorted(self.rounded, numbers), len(self.rounded) - 1)
        same = np.flatnonzero(self.rounded[place] == numbers)
        if not same.size or not (pd.api.types.is_integer_dtype(new.dtype) or new.dtype == object):
            return new
        found = new.copy()
        found.iloc[same] = pd.Series(list(self.exact[place[same]]), dtype=new.dtype).array
        return found


def large_wholes_in(values: pd.Series) -> LargeWholes | None:
    """Return the values of a column of whole numbers that no float64 equals, None where there are none.

    >>> large_wholes_in(pd.Series(pd.array([1, None, 2**53 + 1], dtype="Int64"))).exact.tolist()
    [9007199254740993]
    """
    present = marked(values).dropna().drop_duplicates()
    if pd.api.types.is_float_dtype(present) or not len(present):
        return None
    wholes = sorted(each for each in map(int, present) if abs(each) > _EXACT and int(float(each)) != each)
    return LargeWholes.of(wholes) if wholes else None


def large_wholes_of(frame: pd.DataFrame, columns: Sequence[Column]) -> dict[int, LargeWholes]:
    """Return those of each column of a DataFrame that has any, by the number of the column."""
    wholes = [j for j, column in enumerate(columns) if column.kind is Kind.INTEGER]
    found = {j: large_wholes_in(frame.iloc[:, j]) for j in wholes}
    return {j: each for j, each in found.items() if each is not None}

"""The columns that a mechanism depends on: which of them vary, and their standardised values."""

from __future__ import annotations

import math

import numpy as np

from mirimpute.errors import UserError


def check_strength(strength: float) -> None:
    """Raise UserError unless ``strength`` is above 0 and finite."""
    if not (strength > 0 and math.isfinite(strength)):
        raise UserError(
            f"strength={strength} is no slope above 0: it is the change of the log-odds, and 0 would be MCAR; give one "
            "such as 1.5"
        )


def varying_columns(values: np.ndarray, mechanism_name: str) -> np.ndarray:
    """Return bool (n_columns,): True where the observed values are not all the same.

    Args:
        values: (n_rows, n_columns), any scale, NaN where there is no value.
        mechanism_name: for the message.

    Raises:
        UserError: no column varies, so that the mechanism would be MCAR in disguise.

    >>> varying_columns(np.array([[1.0, 7.0, np.nan], [2.0, 7.0, np.nan], [np.nan, 7.0, 3.0]]), "mar")
    array([ True, False, False])
    """
    # fmin and fmax skip NaN without the warning that nanmin gives on an empty column.
    varying = np.fmin.reduce(values, axis=0) < np.fmax.reduce(values, axis=0)
    if not varying.any():
        raise UserError(
            f"mechanism {mechanism_name!r} cannot depend on the values: all {values.shape[1]} columns are constant, "
            "use mechanism=mcar or a table with a varying column"
        )
    return np.asarray(varying)


def in_random_order(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return category numbers (n_rows,) exchanged for others at random, NaN where there is none."""
    place = rng.permutation(int(np.nanmax(codes)) + 1).astype(float)
    return np.where(np.isnan(codes), np.nan, place[np.nan_to_num(codes).astype(int)])


def features(column: np.ndarray, categorical: bool) -> np.ndarray:
    """Return a column standardised, (n_rows, 1), or an indicator of each category that occurs, each standardised.

    Args:
        column: (n_rows,), NaN where there is no value.
        categorical: whether its values are numbers of categories.

    >>> features(np.array([0.0, 1.0, np.nan, 0.0, 1.0]), True)[:, 0]
    array([ 1., -1.,  0.,  1., -1.])
    """
    if not categorical:
        return standardised(column)[:, None]
    missing = np.isnan(column)
    codes = np.unique(column[~missing])
    return np.column_stack([standardised(np.where(missing, np.nan, column == code)) for code in codes])


def standardised(column: np.ndarray) -> np.ndarray:
    """Return (column − mean) / sd over the observed values.

    Cells without a value become 0, and so does a column whose values are all equal.

    The column is first brought into [−1, 1] by a power of two, which is exact, so no scale overflows.

    Args:
        column: (n_rows,), any scale, NaN where there is no value.

    >>> standardised(np.array([1e300, 3e300, np.nan]))
    array([-1.,  1.,  0.])
    """
    observed = ~np.isnan(column)
    present = column[observed]
    result = np.zeros(column.shape)
    if present.size == 0 or present.min() == present.max():
        return result
    present = np.ldexp(present, -int(np.frexp(np.abs(present).max())[1]))
    # Measured from the minimum and in units of the range, a small spread on a large offset keeps its digits.
    present = (present - present.min()) / (present.max() - present.min())
    result[observed] = (present - present.mean()) / present.std()
    return result

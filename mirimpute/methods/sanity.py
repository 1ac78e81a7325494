"""The sanity gate: no row of the benchmark rests on an output that is not an imputation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.errors import ImputationError
from mirimpute.methods.base import Imputation, Problem
from mirimpute.methods.predictability import predictable_cells
from mirimpute.types import Array

MEAN_TOLERANCE = 1e-6
"""A cell equals the mean of its column when it is this many observed standard deviations from it, or less."""

LARGEST_VALUE = 1e6
"""Standard deviations beyond which an imputed value is a divergence, not an imputation."""

FEWEST_MEANS = 5
"""Cells that the rest of the table predicts otherwise, all equal to their mean, that convict a method."""

FEWEST_ROWS = 20
"""Rows below which a distance between tables says little about their distribution."""


@dataclass(frozen=True)
class Verdict:
    """What the gate says of an output that may be scored.

    Attributes:
        notes: what a reader of the row should know; empty when there is nothing to say.
    """

    notes: tuple[str, ...] = ()


def check(problem: Problem, imputation: Imputation, *, returns_column_means: bool = False) -> Verdict:
    """Return what is odd about an output, or raise when it is no imputation at all.

    Hard faults: an array of the wrong shape or dtype, no draw, a missing cell that is NaN, infinite or beyond 1e6
    deviations, an observed
    cell that is not bit-equal to the input, and column means from a method that is not mean imputation (libraries
    fall back to them without a word).

    Column means are looked for in the missing cells that could have been predicted: those of a column whose observed
    values vary, in a row where another such column is observed. A method is convicted if all of them are means, and
    at least five are such that a regression on observed cells, one that predicts their column beyond chance, says
    something else (:func:`~mirimpute.methods.predictability.predictable_cells`): in independent columns, or in the
    middle of a line, the mean is the right answer. Two such cells and more, and no other in their column, are noted.

    Args:
        problem: what the method got; x_incomplete is (n_rows, n_columns).
        imputation: what it gave back; point is (n_rows, n_columns), draws is (m, n_rows, n_columns).
        returns_column_means: True for a method that is mean imputation (:attr:`Method.returns_column_means`).

    Raises:
        ImputationError: a hard fault; the message says which, where and how often.
    """
    shape = problem.x_incomplete.shape
    _check_array("point", imputation.point, shape)
    _check_array("draws", imputation.draws, (max(_length(imputation.draws), 1), *shape))
    _check_cells("point", imputation.point, problem)
    for number, draw in enumerate(imputation.draws):
        if not _are_one(draw, imputation.point):
            _check_cells(f"draw {number}", draw, problem)
    notes: list[str] = []
    if not returns_column_means:
        notes += _column_means(imputation.point, problem)
        _column_means(imputation.draws[0], problem)
    return Verdict(tuple(notes))


def worse_than_mean(point_rmse: float, mean_rmse: float) -> str:
    """Return the note for a method that loses to mean imputation, "" for one that does not.

    This needs the truth, so it comes after scoring. It only marks the row: a bad result is a result.

    >>> worse_than_mean(1.25, 1.0)
    'worse than mean imputation (RMSE 1.25 against 1)'
    >>> worse_than_mean(1.0, 1.0)
    ''
    """
    if point_rmse > mean_rmse * (1 + 1e-9):  # the mean itself, computed in another order, is not worse
        return f"worse than mean imputation (RMSE {point_rmse:.4g} against {mean_rmse:.4g})"
    return ""


def few_rows_note(compared: int, rows: int) -> str:
    """Return the note for distances between tables that rest on few of their rows, "" where they rest on enough.

    They take the rows with a hidden cell; of those, rows that the source itself does not know whole cannot be compared.

    >>> few_rows_note(2, 320)
    'distances between rows rest on 2 of 320 rows: the others have no hidden cell, or holes of their own'
    >>> few_rows_note(100, 320)
    ''
    """
    if not 0 < compared < min(FEWEST_ROWS, rows):
        return ""
    why = "the others have no hidden cell, or holes of their own"
    return f"distances between rows rest on {compared} of {rows} rows: {why}"


def _are_one(draw: Array, point: Array) -> bool:
    """Return whether both are the same memory, as of a method with one answer."""
    return draw.ctypes.data == point.ctypes.data and draw.strides == point.strides


def _length(array: object) -> int:
    return array.shape[0] if isinstance(array, np.ndarray) and array.ndim else 0


def _check_array(what: str, array: object, shape: tuple[int, ...]) -> None:
    if not isinstance(array, np.ndarray):
        raise ImputationError(f"{what} is a {type(array).__name__}, not an array")
    if array.shape != shape:
        raise ImputationError(f"{what} has shape {array.shape}, the problem needs {shape}")
    if array.dtype != np.float64:
        raise ImputationError(f"{what} has dtype {array.dtype}, not float64")


def _check_cells(what: str, x_imputed: Array, problem: Problem) -> None:
    bad = problem.missing & ~np.isfinite(x_imputed)
    if bad.any():
        raise ImputationError(f"{bad.sum()} imputed cell(s) of {what} are NaN or infinite, {_first(bad, problem)}")
    largest = float(np.abs(x_imputed[problem.missing]).max(initial=0.0))
    if largest > LARGEST_VALUE:
        raise ImputationError(f"diverged: the largest imputed value of {what} is {largest:.3g} standard deviations")
    # Bits, not values: a rounding error or a lost sign of zero shows that the cell went through arithmetic.
    same = np.ascontiguousarray(x_imputed).view(np.uint64) == np.ascontiguousarray(problem.x_incomplete).view(np.uint64)
    changed = ~problem.missing & ~same
    if changed.any():
        row, column = np.argwhere(changed)[0]
        before, after = float(problem.x_incomplete[row, column]), float(x_imputed[row, column])
        raise ImputationError(
            f"{changed.sum()} observed cell(s) of {what} were changed, {_first(changed, problem)}: "
            f"{before!r} became {after!r}"
        )


def _first(cells: Array, problem: Problem) -> str:
    row, column = np.argwhere(cells)[0]
    return f"the first in row {row} of column {problem.columns[column].name!r}"


def _column_means(point: Array, problem: Problem) -> list[str]:
    """Return a note on columns that were filled with their mean; raise when all were, and should not have been."""
    missing = problem.missing
    counts = np.maximum((~missing).sum(axis=0), 1)
    means = np.where(missing, 0.0, problem.x_incomplete).sum(axis=0) / counts
    deviations = np.where(missing, 0.0, problem.x_incomplete - means)
    scales = np.sqrt((deviations**2).sum(axis=0) / counts)
    rounding = 8 * np.finfo(float).eps * np.abs(np.where(missing, 0.0, problem.x_incomplete)).max(axis=0)
    varies = scales > rounding
    predictable = missing & varies & (~missing & varies).any(axis=1, keepdims=True)
    if problem.predictors is not None:
        predictable &= problem.predictors.any(axis=1)
    equal = predictable & (np.abs(point - means) <= MEAN_TOLERANCE * scales + rounding)
    filled = (predictable.sum(axis=0) > 1) & (equal == predictable).all(axis=0)
    if (equal == predictable).all() and predictable_cells(problem, equal, FEWEST_MEANS) >= FEWEST_MEANS:
        raise ImputationError(
            f"output equals the column means in all {predictable.sum()} missing cells that could be predicted: the "
            "method fell back to mean imputation, which is not a result of its own"
        )
    names = [repr(column.name) for column, is_filled in zip(problem.columns, filled, strict=True) if is_filled]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return [f"output equals the column mean in column(s) {', '.join(names[:5])}{more}"] if names else []

"""Where imputed values may lie, in the scale of the problem, and how what a method returns is pulled in to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mirimpute.methods.base import Imputation, Problem
from mirimpute.numerics.column_ends import column_ends
from mirimpute.table.ranges import TOLD, Limits, limits
from mirimpute.types import Array

_ROUNDING = 1e-9
_NAMED = 5

_ANYWHERE = (np.array(-np.inf), np.array(np.inf))


def bounds(x_incomplete: Array) -> Limits:
    """Return where the state of a method may go: the observed range, widened by 1 unless it is a point."""
    return limits(x_incomplete, 1.0, _ANYWHERE)


def allowed(problem: Problem) -> Limits:
    """Return where what a method returns may lie: :func:`bounds`, and what the columns can have."""
    if problem.lowest is None or problem.highest is None:
        return bounds(problem.x_incomplete)
    return limits(problem.x_incomplete, 1.0, (problem.lowest, problem.highest))


def inside(problem: Problem, imputation: Imputation) -> Imputation:
    """Return the imputation with points and draws of numbers where :func:`allowed` says, and notes.

    Values inside the range are returned unchanged. Indicators of categories are left alone.
    """
    lowest, highest = allowed(problem)
    point, draws = (pulled_in(problem, problem.missing, each) for each in (imputation.point, imputation.draws))
    said = (_pulled_in(problem, imputation.point, lowest, highest), outside_note(problem, point))
    notes = tuple(dict.fromkeys((*imputation.notes, *(note for note in said if note))))
    return replace(imputation, point=point, draws=draws, notes=notes)


def pulled_in(problem: Problem, missing: Array, x: Array) -> Array:
    """Return completed rows with numbers where :func:`allowed` says; what is there already, the array itself.

    Args:
        problem: that the method was fitted to.
        missing: bool (n, n_columns), of the rows, which may be others.
        x: (..., n, n_columns), the rows completed.
    """
    lowest, highest = allowed(problem)
    if _within(x, lowest, highest):
        return x
    beyond = missing & ~_is_indicator(problem) & ((x < lowest) | (x > highest))
    return np.where(beyond, np.clip(x, lowest, highest), x) if beyond.any() else x


def outside_note(problem: Problem, point: Array, rows: Array | slice = slice(None)) -> str:
    """Return the note for point estimates of numbers outside of the observed range, "" for none.

    It tells those that are clearly outside, and those on an end of what their column can have: however near, only that
    end held them.

    Args:
        problem: with all of its rows.
        point: (n, n_columns), the estimates of some of them.
        rows: which.
    """
    lowest, highest = column_ends(problem.x_incomplete)
    if _within(point, lowest - _ROUNDING, highest + _ROUNDING):
        return ""
    low, high = allowed(problem)
    clearly = (point < lowest - TOLD) | (point > highest + TOLD)
    outside = (point < lowest - _ROUNDING) | (point > highest + _ROUNDING)
    held = outside & ((point <= low + _ROUNDING) | (point >= high - _ROUNDING))
    wild = None if problem.wild is None else problem.wild[rows]
    problem = replace(problem, x_incomplete=problem.x_incomplete[rows], wild=wild)
    return _beyond_note(problem, point, lowest, highest, clearly | held, "lie outside of the observed range")


def _pulled_in(problem: Problem, point: Array, lowest: Array, highest: Array) -> str:
    """Return the note for points that had to be pulled in, "" for none."""
    if _within(point, lowest - _ROUNDING, highest + _ROUNDING):
        return ""
    far = (point < lowest - _ROUNDING) | (point > highest + _ROUNDING)
    return _beyond_note(problem, point, lowest, highest, far, "were pulled in to the range that their column can have")


def _beyond_note(problem: Problem, point: Array, lowest: Array, highest: Array, far: Array, what: str) -> str:
    """Return how many points are ``far``, how far beyond the limits (n_columns,), in which columns; "" for none."""
    numbers = problem.wanted & ~_is_indicator(problem)
    beyond = far & numbers
    if not beyond.any():
        return ""
    most = float(np.maximum(lowest - point, point - highest)[beyond].max())
    return (
        f"{beyond.sum()} of {numbers.sum()} point(s) {what}, by up to {most:.2g} standard deviations, in "
        f"column(s) {_names(problem, beyond)}"
    )


def _within(x: Array, lowest: Array, highest: Array) -> bool:
    """Return whether all of ``x`` (..., n, n_columns) is between the ends of its columns: quick, the usual case."""
    if not x.size:
        return False
    rows = tuple(range(x.ndim - 1))
    return bool((x.min(axis=rows) >= lowest).all() and (x.max(axis=rows) <= highest).all())


def _is_indicator(problem: Problem) -> Array:
    """Return which columns are indicators, bool (n_columns,)."""
    found = np.zeros(problem.x_incomplete.shape[1], dtype=bool)
    found[[column for block in problem.categorical for column in block]] = True
    return found


def _names(problem: Problem, cells: Array) -> str:
    columns = np.flatnonzero(cells.any(axis=0))
    more = f" and {len(columns) - _NAMED} more" if len(columns) > _NAMED else ""
    return ", ".join(repr(problem.columns[j].name) for j in columns[:_NAMED]) + more

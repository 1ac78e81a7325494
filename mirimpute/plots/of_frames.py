"""The pictures of :mod:`mirimpute.plots`, from DataFrames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.analysis.analyses import LEVEL
from mirimpute.diagnostics.best_predictors import best_predictors
from mirimpute.diagnostics.completions import Completions, completions_of
from mirimpute.diagnostics.holes import holes_of
from mirimpute.diagnostics.overimputation import Overimputation
from mirimpute.diagnostics.propensity import propensity as propensity_of
from mirimpute.errors import UserError
from mirimpute.plots.checks import draw_overimputation, draw_propensity, draw_tipping_point, draw_trace, trace_names
from mirimpute.plots.filled import draw_distribution, draw_strip, draw_xy
from mirimpute.plots.look import PANEL_HEIGHT, PANEL_WIDTH, PANELS_IN_A_ROW
from mirimpute.plots.missing import draw_flux, draw_matrix, draw_patterns, draw_shares
from mirimpute.report.style import panel_grid, styled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 12
"""Columns of a picture by column: those with the most missing cells."""


def matrix(frame: pd.DataFrame) -> Figure:
    """Return a picture of all cells, missing ones in colour; blocks of rows where there are more than 300.

    Args:
        frame: the incomplete table.

    Raises:
        UserError: no DataFrame with rows and columns.
    """
    return draw_matrix(holes_of(frame))


def shares(frame: pd.DataFrame) -> Figure:
    """Return a picture of the share of missing cells by column; ``frame`` and errors as of :func:`matrix`."""
    return draw_shares(holes_of(frame))


def patterns(frame: pd.DataFrame) -> Figure:
    """Return a picture of the fifteen most frequent patterns of missing cells, with their numbers of rows.

    ``frame`` and errors are as of :func:`matrix`.
    """
    return draw_patterns(holes_of(frame))


def flux(frame: pd.DataFrame) -> Figure:
    """Return a picture of influx and outflux by column, see :func:`mirimpute.diagnostics.holes.flux`.

    ``frame`` and errors are as of :func:`matrix`.
    """
    return draw_flux(holes_of(frame))


def distributions(
    before: pd.DataFrame, completed: pd.DataFrame, draws: Sequence[Any] = (), columns: Sequence[str] | None = None
) -> Figure:
    """Return the distributions of observed and imputed values, a panel for each column.

    Args:
        before: the incomplete table.
        completed: the completed one.
        draws: further completions; they are drawn where there are some, for a point estimate has too little spread.
        columns: which; None: the twelve with the most missing cells.

    Raises:
        UserError: tables that are not completions of ``before``; a column that is not there or has nothing missing.
    """
    found = completions_of(before, completed, draws)
    chosen = _chosen(found, columns)
    return _panels(len(chosen), lambda axes, k: draw_distribution(axes, found, chosen[k]))


def strip(
    before: pd.DataFrame, completed: pd.DataFrame, draws: Sequence[Any] = (), columns: Sequence[str] | None = None
) -> Figure:
    """Return observed values and those of each draw as strips of points.

    Args:
        before, completed, draws, columns: as of :func:`distributions`.

    Raises:
        UserError: see :func:`distributions`.
    """
    found = completions_of(before, completed, draws)
    chosen = _chosen(found, columns)
    return _panels(len(chosen), lambda axes, k: draw_strip(axes, found, chosen[k]))


def xy(
    before: pd.DataFrame,
    completed: pd.DataFrame,
    column: str,
    predictors: Sequence[str] | None = None,
    draws: Sequence[Any] = (),
) -> Figure:
    """Return a column against others, observed rows beside those of which either value was imputed.

    Args:
        before, completed, draws: as of :func:`distributions`; the first draw is shown where there is one.
        column: name of the column.
        predictors: names of the others; None: the two that tell the most about it.

    Raises:
        UserError: see :func:`distributions`; no other column.
    """
    found = completions_of(before, completed, draws)
    target = found.place(column)
    others = best_predictors(found, target) if predictors is None else [found.place(name) for name in predictors]
    if not others:
        raise UserError(f"no other column has ten observed rows in common with {column!r}: name some in predictors=")
    return _panels(len(others), lambda axes, k: draw_xy(axes, found, target, others[k]))


def trace(steps: Sequence[dict[str, Any]]) -> Figure:
    """Return the quantities of a trace by round, such as of ``MirfImputer.trace_``.

    Args:
        steps: one dict of numbers per round.

    Raises:
        UserError: the trace is empty.
    """
    if not steps:
        raise UserError("the trace is empty: the method has no rounds, or was fitted to too few cells")
    names = trace_names(steps)
    if not names:
        raise UserError("the trace holds no numbers: there is nothing to draw")
    return _panels(len(names), lambda axes, k: draw_trace(axes, steps, names[k]))


def overimputation(found: Overimputation, columns: Sequence[str] | None = None) -> Figure:
    """Return hidden values against what was drawn for them, a panel for each column.

    Args:
        found: of :func:`mirimpute.overimpute`.
        columns: which; None: the twelve with the most hidden cells.

    Raises:
        UserError: a column of which no cell was hidden.
    """
    names = [column.name for column in found.columns]
    hidden = np.bincount(found.column, minlength=len(names))
    chosen = [int(j) for j in np.argsort(-hidden, kind="stable") if hidden[j]][:MOST_PANELS]
    if columns is not None:
        for name in columns:
            if name not in names or not hidden[names.index(name)]:
                some = ", ".join(repr(each) for each, count in zip(names, hidden, strict=True) if count)
                raise UserError(f"no cell of column {name!r} was hidden: choose among {some}")
        chosen = [names.index(name) for name in columns]
    return _panels(len(chosen), lambda axes, k: draw_overimputation(axes, found, chosen[k]))


def propensity(before: pd.DataFrame, completed: pd.DataFrame, column: str, draws: Sequence[Any] = ()) -> Figure:
    """Return a column against the chance that it is missing given the others.

    Args:
        before, completed, draws: as of :func:`distributions`; the first draw is shown where there is one.
        column: name of the column.

    Raises:
        UserError: see :func:`distributions`; fewer than ten missing or ten observed cells.
    """
    found = completions_of(before, completed, draws)
    chances = propensity_of(found, found.place(column))
    if isinstance(chances, str):
        raise UserError(f"column {column!r} has no propensity plot: {chances}")
    return _panels(1, lambda axes, _: draw_propensity(axes, found, chances))


def tipping_point(table: pd.DataFrame, term: str, alpha: float = 1 - LEVEL) -> Figure:
    """Return estimate, interval and p of a term by shift, with the shifts at which p crosses ``alpha``.

    Args:
        table: of :func:`mirimpute.sensitivity`.
        term: name of a coefficient.
        alpha: level of significance.

    Raises:
        UserError: no such term.
    """
    return draw_tipping_point(table, term, alpha)


def _chosen(found: Completions, columns: Sequence[str] | None) -> list[int]:
    if columns is None:
        if not found.incomplete:
            raise UserError("nothing was missing before: there is nothing to compare")
        return found.incomplete[:MOST_PANELS]
    places = [found.place(name) for name in columns]
    for name, place in zip(columns, places, strict=True):
        if place not in found.incomplete:
            raise UserError(f"column {name!r} had nothing missing: there is nothing to compare")
    return places


def _panels(count: int, draw: Callable[[Axes, int], None]) -> Figure:
    with styled():
        figure, grid = panel_grid(count, PANELS_IN_A_ROW, (0.1, PANEL_HEIGHT), (0.1, PANEL_WIDTH))
        for k, axes in enumerate(grid.flat[:count]):
            draw(axes, k)
    return figure

"""Pictures of what was filled in, laid beside what was observed: density or bars, strip, clouds of two columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.diagnostics.changes import shares_of
from mirimpute.diagnostics.completions import Completions, is_categorical
from mirimpute.numerics.thinning import evenly_spaced
from mirimpute.plots.look import FEW_VALUES, IMPUTED, MOST_POINTS, OBSERVED, jitter, legend, spread_of, value_axis
from mirimpute.report.style import short_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CURVES = 5
_STRIPS = 8
_STRIP_POINTS = 150
_GRID = 200


def draw_distribution(axes: Axes, completions: Completions, column: int) -> None:
    """Draw the observed and the imputed values of one column: densities, or bars of few distinct values.

    Several draws are several thin lines; without draws there is the one of the completed table.
    """
    missing = completions.missing[:, column]
    observed = completions.before[completions.observed[:, column], column]
    drawn = [table[missing, column] for table in _tables(completions)[:_CURVES]]
    kind = completions.columns[column]
    together = np.concatenate([observed, *drawn])
    distinct = np.unique(together)
    if is_categorical(kind) or len(distinct) <= FEW_VALUES:
        _bars(axes, completions, column, observed, drawn, distinct)
        axes.set_ylabel("share")
    else:
        low, high = together.min(), together.max()
        grid = np.linspace(low, high, _GRID)  # no further: a density beyond a limit of the column would be a promise
        for k, values in enumerate(drawn):
            label = "imputed" if not k else None
            _curve(axes, grid, values, high - low, color=IMPUTED, linewidth=0.9 if len(drawn) > 1 else 1.4, label=label)
        _curve(axes, grid, observed, high - low, color=OBSERVED, linewidth=1.6, label="observed")
        axes.set_ylim(bottom=0)
        axes.set_yticks([])
        axes.set_ylabel("density")
        value_axis(axes, "x", kind)
    _title(axes, completions, column)
    legend(axes)


def draw_strip(axes: Axes, completions: Completions, column: int) -> None:
    """Draw observed values (0) and those of each draw as strips of points, of which at most 150 are drawn."""
    missing = completions.missing[:, column]
    tables = _tables(completions)[:_STRIPS]
    groups = [
        completions.before[completions.observed[:, column], column],
        *(table[missing, column] for table in tables),
    ]
    spread = spread_of(completions.columns[column], np.concatenate(groups))
    for place, values in enumerate(groups):
        some = values[evenly_spaced(len(values), _STRIP_POINTS)]
        colour, along = IMPUTED if place else OBSERVED, jitter(len(some))
        height = some + spread * jitter(7 * len(some))[::7]
        axes.scatter(place + 0.6 * along, height, s=5, color=colour, alpha=0.55, linewidths=0)
    axes.set_xticks(range(len(groups)))
    axes.set_xlabel("draw (0: observed)" if len(tables) > 1 else "observed (0), imputed (1)")
    axes.grid(visible=False, axis="x")
    value_axis(axes, "y", completions.columns[column])
    _title(axes, completions, column)


def draw_xy(axes: Axes, completions: Completions, column: int, predictor: int) -> None:
    """Draw one column against another, rows that observe both beside those of which either was imputed."""
    imputed = completions.missing[:, [column, predictor]].any(axis=1)
    shown = completions.shown
    tame = (completions.observed | completions.missing)[:, [column, predictor]].all(axis=1)
    for rows, colour, label in ((tame & ~imputed, OBSERVED, "observed"), (tame & imputed, IMPUTED, "imputed")):
        places = np.flatnonzero(rows)
        places = places[evenly_spaced(len(places), MOST_POINTS)]
        x, y = shown[places, predictor], shown[places, column]
        x = x + jitter(len(x)) * spread_of(completions.columns[predictor], shown[tame, predictor])
        y = y + jitter(7 * len(y))[::7] * spread_of(completions.columns[column], shown[tame, column])
        axes.scatter(x, y, s=7, color=colour, alpha=0.55, linewidths=0, label=label)
    value_axis(axes, "x", completions.columns[predictor])
    value_axis(axes, "y", completions.columns[column])
    axes.set_xlabel(short_name(completions.names[predictor]))
    axes.set_ylabel(short_name(completions.names[column]))
    legend(axes)


def _tables(completions: Completions) -> list[np.ndarray]:
    return list(completions.draws) if len(completions.draws) else [completions.point]


def _bars(
    axes: Axes,
    completions: Completions,
    column: int,
    observed: np.ndarray,
    drawn: list[np.ndarray],
    distinct: np.ndarray,
) -> None:
    kind = completions.columns[column]
    if is_categorical(kind):
        places, size = np.arange(len(kind.categories)), len(kind.categories)
        seen, made = shares_of(observed, size), np.stack([shares_of(values, size) for values in drawn])
    else:
        places, size = np.arange(len(distinct)), len(distinct)
        seen, *rest = (shares_of(np.searchsorted(distinct, values), size) for values in (observed, *drawn))
        made = np.stack(rest)
    axes.bar(places - 0.2, seen, width=0.38, color=OBSERVED, label="observed")
    axes.bar(places + 0.2, made.mean(axis=0), width=0.38, color=IMPUTED, label="imputed")
    if len(made) > 1:
        axes.vlines(places + 0.2, made.min(axis=0), made.max(axis=0), color="#444444", linewidth=1.0)
    axes.set_ylim(0, 1.25 * max(seen.max(), made.max()))
    axes.grid(visible=False, axis="x")
    if is_categorical(kind):
        value_axis(axes, "x", kind)
    else:
        axes.set_xticks(places, [f"{value:g}" for value in distinct])


def _curve(axes: Axes, grid: np.ndarray, values: np.ndarray, span: float, **looks: Any) -> None:
    """Draw a density by a Gaussian kernel; a line where all values are one."""
    from scipy.stats import gaussian_kde

    if len(values) > 1 and values.std() > 1e-9 * span:
        some = values[evenly_spaced(len(values), 5_000)]
        axes.plot(grid, gaussian_kde(some)(grid), **looks)
    else:
        axes.axvline(float(values[0]), **looks)


def _title(axes: Axes, completions: Completions, column: int) -> None:
    count, total = int(completions.missing[:, column].sum()), len(completions.before)
    axes.set_title(f"{short_name(completions.names[column])}  ({count:,} of {total:,} imputed)", loc="left")

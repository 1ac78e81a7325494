"""Quality against seconds, for each method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import rankdata

from mirimpute.report.case import Case
from mirimpute.report.collect import Collection
from mirimpute.report.markup import number
from mirimpute.report.measure_table import MeasureTable
from mirimpute.report.measures import SECONDS, metric_measure
from mirimpute.report.palette import MethodStyle, method_styles
from mirimpute.report.style import (
    MUTED,
    SHORTEST_S,
    case_title,
    draw_points,
    legend_outside,
    log_axis,
    new_figure,
    off_scale,
    pages,
    wants_log,
)
from mirimpute.report.summary import summarise

QUALITIES = ("point_rmse", "draw_energy")
PAGE = 4


def tradeoff_figures(collection: Collection) -> Iterator[tuple[str, Figure]]:
    """Yield file name and figure: a row per case, point RMSE and draw energy distance against seconds."""
    known = {measure.field for measure in collection.measures}
    qualities = [summarise(collection, metric_measure(field)) for field in QUALITIES if field in known]
    if not qualities or SECONDS.field not in known:
        return
    seconds = summarise(collection, SECONDS)
    styles = method_styles(collection.methods)
    for suffix, cases in pages(collection.cases, PAGE):
        yield f"quality_vs_seconds{suffix}", _page(qualities, seconds, collection, cases, styles)


def _page(
    qualities: Sequence[MeasureTable],
    seconds: MeasureTable,
    collection: Collection,
    cases: Sequence[Case],
    styles: Mapping[str, MethodStyle],
) -> Figure:
    figure = new_figure(height=0.35 + 2.05 * len(cases), width=2.0 + 2.45 * len(qualities))
    grid = figure.subplots(len(cases), len(qualities), squeeze=False, sharex=True)
    drawn: set[str] = set()
    for row, case in zip(grid, cases, strict=True):
        for axes, quality in zip(row, qualities, strict=True):
            if collection.unit == "seeds":
                drawn |= _panel(axes, quality, seconds, case, styles)
                axes.set_ylabel(f"{quality.measure.label} {quality.measure.arrow}")
            else:
                drawn |= _panel_of_datasets(axes, quality, seconds, case, styles)
                axes.set_ylabel(f"average rank,\n{quality.measure.label}")
            axes.set_title(case_title(*collection.column(case), between=", "))
    for axes in grid.flat:
        log_axis(axes, "x")
    for column, quality in zip(grid.T, qualities, strict=True):
        if collection.unit == "seeds" and wants_log(_drawable(quality, case) for case in cases):
            for axes in column:
                log_axis(axes, "y")
    for axes in grid[-1]:
        what = "fit + impute" if collection.unit == "seeds" else "geometric mean"
        axes.set_xlabel(f"seconds, {what} (log scale)")
    legend_outside(figure, styles, absent=styles.keys() - drawn)
    return figure


def _drawable(quality: MeasureTable, case: Case) -> list[float]:
    """Return the values of a panel that are not off its scale."""
    means = quality.means(case)
    far = off_scale(means)
    return [mean for method, mean in means.items() if method not in far]


def _panel(
    axes: Axes, quality: MeasureTable, seconds: MeasureTable, case: Case, styles: Mapping[str, MethodStyle]
) -> set[str]:
    """Draw one case, with bars of the sd over seeds, and return the methods that it shows."""
    times, values = seconds.means(case), quality.means(case)
    values = {method: value for method, value in values.items() if method in times}
    far = off_scale(values)
    points = {
        method: (max(times[method], SHORTEST_S), value, quality.entries[method, case].sd)
        for method, value in values.items()
        if method not in far
    }
    _draw(axes, points, styles, [f"off scale: {method} {number(values[method])}" for method in values if method in far])
    return set(points)


def _panel_of_datasets(
    axes: Axes, quality: MeasureTable, seconds: MeasureTable, case: Case, styles: Mapping[str, MethodStyle]
) -> set[str]:
    """Draw average ranks over datasets, as no mean of values compares on tables that differ; return who is shown.

    A method without a value on each dataset that any has is named, not drawn.
    """
    found = {method: (quality.entries[method, case], seconds.entries[method, case]) for method in quality.means(case)}
    wanted = tuple(sorted({number for entry, _ in found.values() for number in entry.seeds}))
    whole = {
        method: (entry.values, times.values)
        for method, (entry, times) in found.items()
        if entry.seeds == times.seeds == wanted and not entry.not_ok
    }
    points = {}
    if whole:
        ranks = rankdata([values for values, _ in whole.values()], axis=0).mean(axis=1)
        lengths = np.exp(np.log(np.maximum([times for _, times in whole.values()], SHORTEST_S)).mean(axis=1))
        points = {each: (x, y, None) for each, x, y in zip(whole, lengths.tolist(), ranks.tolist(), strict=True)}
    fewer = [method for method in found if method not in whole]
    _draw(axes, points, styles, ["not on all datasets:", *fewer] if fewer else [])
    return set(points)


def _draw(
    axes: Axes,
    points: Mapping[str, tuple[float, float, float | None]],
    styles: Mapping[str, MethodStyle],
    said: Sequence[str],
) -> None:
    """Draw points, and sentences about what is not drawn."""
    draw_points(axes, "y", points, styles)
    axes.margins(x=0.1, y=0.12)
    if said:
        say: dict[str, Any] = {"fontsize": 6.5, "fontstyle": "italic", "color": MUTED}
        axes.text(0.98, 0.98, "\n".join(said), transform=axes.transAxes, ha="right", va="top", **say)

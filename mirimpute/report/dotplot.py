"""One measure: a panel per case, a line per method, a dot for the mean, a bar for the sd over seeds or datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mirimpute.report.case import Case
from mirimpute.report.collect import Collection
from mirimpute.report.markup import number
from mirimpute.report.measure_table import Entry, MeasureTable
from mirimpute.report.measures import COST, SECONDS
from mirimpute.report.palette import MethodStyle, method_styles
from mirimpute.report.style import (
    MUTED,
    SHORTEST_S,
    case_title,
    draw_points,
    log_axis,
    off_scale,
    pages,
    panel_grid,
    wants_log,
)

COLUMNS = 3
PAGE = 12
_LINE = 0.19


def dot_plots(table: MeasureTable, collection: Collection) -> Iterator[tuple[str, Figure]]:
    """Yield file name and figure, one per page of panels."""
    styles = method_styles(collection.methods)
    for suffix, cases in pages(table.cases, PAGE):
        yield f"{table.measure.field}{suffix}", _page(table, collection, cases, styles)


def _page(
    table: MeasureTable, collection: Collection, cases: Sequence[Case], styles: Mapping[str, MethodStyle]
) -> Figure:
    height = 0.6 + _LINE * len(table.methods)
    figure, grid = panel_grid(len(cases), COLUMNS, (0.55, height), (2.1, 1.6), sharey=True)
    drawable = {case: _drawable(table, case) for case in cases}
    log = table.measure == SECONDS or wants_log(list(values.values()) for values in drawable.values())
    for axes, case in zip(grid.flat, cases, strict=False):
        _panel(axes, {method: table.entries[method, case] for method in table.methods}, drawable[case], styles, log)
        axes.set_title(case_title(*collection.column(case)))
    grid[0, 0].set_yticks(range(len(table.methods)), labels=table.methods)
    for axes in grid[:, 0]:
        axes.tick_params(axis="y", left=False, length=0)
    for axes in grid[:, 1:].flat:
        axes.yaxis.set_visible(False)
    grid[0, 0].set_ylim(len(table.methods) - 0.5, -0.5)
    measure = table.measure
    sd = "" if table.usual_n == 1 else f"; bar: sd over {collection.unit}"
    bars = sd if table.spread == "sd" else f"; bar: {table.spread}"
    figure.supxlabel(f"{measure.label} ({measure.direction}{bars})")
    return figure


def _drawable(table: MeasureTable, case: Case) -> dict[str, float]:
    """Return method -> where its dot is; without those that are off the scale."""
    means = table.means(case)
    if table.measure == SECONDS:
        return {method: max(mean, SHORTEST_S) for method, mean in means.items()}
    # A cost is never out of place, only on another scale.
    far = set() if table.measure.estimate == COST else off_scale(means)
    return {method: mean for method, mean in means.items() if method not in far}


def _panel(
    axes: Axes, entries: Mapping[str, Entry], at: Mapping[str, float], styles: Mapping[str, MethodStyle], log: bool
) -> None:
    line_of = {method: line for line, method in enumerate(entries)}
    _method_lines(axes, len(entries))
    points = {method: (mean, line_of[method], entries[method].error) for method, mean in at.items()}
    draw_points(axes, "x", points, styles, linewidth=1.1)
    axes.margins(x=0.12)
    if not at:
        axes.set_xticks([])
    elif log:
        log_axis(axes, "x")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4, min_n_ticks=2))
    for line, (method, entry) in enumerate(entries.items()):
        if entry.mean is not None and method not in at:
            _say(axes, line, f"off scale: {number(entry.mean)}", right=True)
        if entry.not_ok:
            _say(axes, line, entry.failures, right=method in at and _is_left(axes, at[method]))


def _method_lines(axes: Axes, count: int) -> None:
    """Draw the grid line of every method as one artist: a tick for each in every panel would double the time."""
    look: dict[str, Any] = {
        "colors": mpl.rcParams["grid.color"],
        "linewidth": mpl.rcParams["grid.linewidth"],
        "capstyle": "projecting",
    }
    axes.hlines(range(count), 0.0, 1.0, transform=axes.get_yaxis_transform(), zorder=0.6, **look)


def _is_left(axes: Axes, value: float) -> bool:
    """Return whether ``value`` lies in the left half of the panel."""
    pixels = axes.transData.transform((value, 0.0))
    return bool(axes.transAxes.inverted().transform(pixels)[0] < 0.5)


def _say(axes: Axes, line: int, text: str, right: bool) -> None:
    """Write on a method's line what its dot cannot say."""
    axes.text(
        0.97 if right else 0.03,
        line,
        text,
        transform=axes.get_yaxis_transform(),
        ha="right" if right else "left",
        va="center",
        fontsize=6.5,
        fontstyle="italic",
        color=MUTED,
        bbox={"facecolor": "white", "linewidth": 0.0, "pad": 0.6},  # a bar may lie below
        zorder=3,
    )

"""Information of the completed rows on the pattern of missing cells: by round, and beside error and distance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from mirimpute.bench.results.layout import safe_name
from mirimpute.report.case import Case
from mirimpute.report.collect import Collection
from mirimpute.report.curves import ERROR, Curves, read_curves, round_panel
from mirimpute.report.measure_table import MeasureTable
from mirimpute.report.measures import metric_measure
from mirimpute.report.palette import MethodStyle, method_styles
from mirimpute.report.style import MUTED, case_title, draw_points, legend_outside, new_figure, pages
from mirimpute.report.summary import summarise

KEY = "mi_bits"
BITS, QUALITIES = "draw_mi_bits", ("point_rmse", "draw_energy")
TRUTH = "truth_mi_bits"
PAGE = 4
LINEAR_BELOW = 0.1
"""Bits; above, the axis is logarithmic."""


def information_figures(collection: Collection) -> Iterator[tuple[str, Figure]]:
    """Yield file name and figure, one per dataset: a row per mechanism and rate, three panels.

    The first panel shows the information by round (round 0 is the first fill), the others that of one draw against the
    point's RMSE and the draw's energy distance. Bands and bars are standard errors of the information. The dashed line
    is the value of the true rows, which no method should fall below.
    """
    known = {measure.field for measure in collection.measures}
    if BITS not in known or not known.issuperset(QUALITIES):
        return
    found = read_curves(collection)
    curves, errors = found.get(KEY, {}), found.get(KEY + ERROR, {})
    bits, *qualities = (summarise(collection, metric_measure(field)) for field in (BITS, *QUALITIES))
    styles = method_styles(collection.methods)
    for dataset, cases in groupby(collection.cases, key=lambda case: case.dataset):
        for suffix, page in pages(list(cases), PAGE):
            yield (
                f"information_{safe_name(dataset)}{suffix}",
                _page((curves, errors), bits, qualities, collection, page, styles),
            )


def _page(
    curves_and_errors: tuple[Curves, Curves],
    bits: MeasureTable,
    qualities: Sequence[MeasureTable],
    collection: Collection,
    cases: Sequence[Case],
    styles: Mapping[str, MethodStyle],
) -> Figure:
    figure = new_figure(height=0.45 + 1.85 * len(cases))
    grid = figure.subplots(len(cases), 1 + len(qualities), squeeze=False, sharey="row")
    drawn: set[str] = set()
    for (first, *others), case in zip(grid, cases, strict=True):
        by_method, errors = (
            {method: each[case, method] for method in styles if (case, method) in each} for each in curves_and_errors
        )
        round_panel(first, by_method, styles, errors)
        drawn |= by_method.keys()
        first.set_title(case_title(*collection.column(case), between=", "))
        first.set_ylabel("bits per row")
        first.set_yscale("symlog", linthresh=LINEAR_BELOW)  # nearly nothing and nearly all in one picture
        first.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        for axes, quality in zip(others, qualities, strict=True):
            drawn |= _panel(axes, quality, bits, case, styles)
        truth = _truth(collection, case)
        for axes in (first, *others) if truth is not None else ():
            axes.axhline(truth, color=MUTED, linestyle="--", linewidth=0.8)
    grid[-1, 0].set_xlabel("round")
    for axes, quality in zip(grid[-1, 1:], qualities, strict=True):
        axes.set_xlabel(f"{quality.measure.label} {quality.measure.arrow}")
    title = "What the completed rows tell of the pattern (dashed: the true rows, the aim)"
    figure.suptitle(title, x=0.02, ha="left")
    legend_outside(figure, styles, absent=styles.keys() - drawn)
    return figure


def _panel(
    axes: Axes, quality: MeasureTable, bits: MeasureTable, case: Case, styles: Mapping[str, MethodStyle]
) -> set[str]:
    """Draw one case and return the methods that it shows."""
    y = bits.means(case)
    points = {
        method: (x, y[method], bits.entries[method, case].error)
        for method, x in quality.means(case).items()
        if method in y
    }
    for method, point in points.items():  # one by one, as in the figures of record
        draw_points(axes, "y", {method: point}, styles)
    axes.margins(x=0.12)
    return set(points)


def _truth(collection: Collection, case: Case) -> float | None:
    """Return the true rows' own value, mean over the seeds that were run."""
    by_seed = {
        run.row["seed"]: float(run.row[TRUTH])
        for run in collection.runs
        if run.case == case and run.row.get(TRUTH) is not None
    }
    return math.fsum(by_seed.values()) / len(by_seed) if by_seed else None

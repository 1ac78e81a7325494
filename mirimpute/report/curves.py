"""Curves over the rounds of each method that keeps a trace of at least two rounds."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mirimpute.bench.results.details import read_traces
from mirimpute.bench.results.layout import cell_name, safe_name
from mirimpute.report.case import Case
from mirimpute.report.collect import Collection
from mirimpute.report.measures import label_of
from mirimpute.report.palette import MethodStyle, method_styles
from mirimpute.report.style import (
    case_title,
    legend_outside,
    log_axis,
    marker_arguments,
    pages,
    panel_grid,
    wants_log,
)

COLUMNS = 3
PAGE = 9
ROUND, ERROR = "round", "_se"

Curve = dict[float, float]
"""Round -> value."""
Curves = dict[tuple[Case, str], list[Curve]]
"""Case and method -> one curve per seed."""


def curve_figures(collection: Collection, keys: Container[str] | None = None) -> Iterator[tuple[str, Figure]]:
    """Yield file name and figure, one per numeric key of the traces (of ``keys`` alone) and page of cases."""
    styles = method_styles(collection.methods)
    found = read_curves(collection)
    for key, curves in sorted(found.items()):
        if key.endswith(ERROR) or (keys is not None and key not in keys):
            continue
        cases = [case for case in collection.cases if any(each == case for each, _ in curves)]
        for suffix, page in pages(cases, PAGE):
            yield f"rounds_{safe_name(key)}{suffix}", _page(key, found, collection, page, styles)


def read_curves(collection: Collection) -> dict[str, Curves]:
    """Return key -> curves, from the traces of all ok runs; a key needs two finite values to make a curve."""
    found: dict[str, Curves] = defaultdict(lambda: defaultdict(list))
    runs = [run for run in collection.runs if run.row["status"] == "ok"]
    cells = [cell_name(run.row) for run in runs]
    for run, trace in zip(runs, read_traces(collection.results_dir, cells), strict=True):
        for key, curve in trace_curves(trace).items():
            found[key][run.case, run.label].append(curve)
    return {key: dict(curves) for key, curves in found.items()}


def trace_curves(trace: Sequence[Mapping[str, Any]]) -> dict[str, Curve]:
    """Return key -> curve for every numeric key with at least two values.

    Steps without a ``round`` count from 1; null and everything that is not a finite number are left out.

    >>> trace_curves([{"round": 1, "loss": 0.5, "note": "x"}, {"round": 2, "loss": 0.25}])
    {'loss': {1.0: 0.5, 2.0: 0.25}}
    """
    curves: dict[str, Curve] = defaultdict(dict)
    for index, step in enumerate(trace, start=1):
        at = finite(step.get(ROUND, index))
        if at is None:
            continue
        for key, each in step.items():
            value = finite(each)
            if key != ROUND and value is not None:
                curves[key][at] = value
    return {key: curve for key, curve in curves.items() if len(curve) > 1}


def _page(
    key: str,
    found: Mapping[str, Curves],
    collection: Collection,
    cases: Sequence[Case],
    styles: Mapping[str, MethodStyle],
) -> Figure:
    curves, errors = found[key], found.get(key + ERROR, {})
    figure, grid = panel_grid(len(cases), COLUMNS, (0.3, 1.75), (1.75, 1.75))
    drawn = [method for method in styles if any((case, method) in curves for case in cases)]
    for axes, case in zip(grid.flat, cases, strict=False):
        of_case, of_errors = ({method: each.get((case, method), []) for method in drawn} for each in (curves, errors))
        round_panel(axes, of_case, styles, of_errors)
        axes.set_title(case_title(*collection.column(case)))
    if wants_log(_values(curves, case) for case in cases):
        for axes in figure.axes[: len(cases)]:
            log_axis(axes, "y")
    figure.supxlabel(ROUND)
    figure.supylabel(label_of(key))
    legend_outside(figure, {method: styles[method] for method in drawn}, line=True)
    return figure


def _values(curves: Mapping[tuple[Case, str], Sequence[Curve]], case: Case) -> list[float]:
    return [value for (each, _), many in curves.items() if each == case for curve in many for value in curve.values()]


def round_panel(
    axes: Axes,
    by_method: Mapping[str, Sequence[Curve]],
    styles: Mapping[str, MethodStyle],
    errors: Mapping[str, Sequence[Curve]],
) -> None:
    """Draw a curve per seed, thin, and their mean, for each method; a band where the values have standard errors."""
    for method, curves in by_method.items():
        for curve in curves if len(curves) > 1 else ():
            axes.plot(list(curve), list(curve.values()), color=styles[method].colour, linewidth=0.6, alpha=0.35)
        # Only rounds that every seed reached: a mean over fewer would jump where a seed stops.
        rounds = sorted(set.intersection(*map(set, curves))) if curves else []
        means = [_mean([curve[at] for curve in curves]) for at in rounds]
        own = errors.get(method, ())
        if rounds and len(own) == len(curves) and all(at in curve for curve in own for at in rounds):
            wide = [math.hypot(*(curve[at] for curve in own)) / len(own) for at in rounds]
            low, high = ([mean + sign * each for mean, each in zip(means, wide, strict=True)] for sign in (-1, 1))
            axes.fill_between(rounds, low, high, color=styles[method].colour, alpha=0.2, linewidth=0)
        every = max(1, len(rounds) // 10)
        axes.plot(rounds, means, markersize=3.5, markevery=every, **marker_arguments(styles[method]))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def finite(value: Any) -> float | None:
    """Return a finite number as a float, None for everything else that a trace may hold."""
    ok = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if ok else None

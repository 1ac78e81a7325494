"""Critical-difference diagram: average ranks on a line, bars over methods that do not differ by Nemenyi's test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.transforms import ScaledTranslation

from mirimpute.report.collect import Collection
from mirimpute.report.palette import method_styles
from mirimpute.report.ranking import Ranking
from mirimpute.report.statistics import ALPHA
from mirimpute.report.style import INK, MUTED, TEXT_WIDTH, marker_arguments, new_figure

_LINE, _MARGIN = 0.17, 0.015


def cd_figures(rankings: Sequence[Ranking], collection: Collection) -> Iterator[tuple[str, Figure]]:
    """Yield file name and figure, one per ranked measure: a diagram for each mechanism, then all pooled."""
    for whole in rankings:
        yield f"cd_{whole.measure.field}", cd_figure(whole.all_rankings, collection.methods)


def cd_figure(rankings: Sequence[Ranking], labels: Sequence[str]) -> Figure:
    """Return the diagrams of rankings by one measure, one above the other.

    Args:
        rankings: what to draw.
        labels: all methods of the report, which fix the styles.
    """
    heights = [0.9 + _LINE * (len(each.methods) / 2 + 3) for each in rankings]
    figure = new_figure(height=sum(heights), width=TEXT_WIDTH)
    parts = figure.subfigures(len(rankings), height_ratios=heights, squeeze=False)
    for part, ranking in zip(parts.flat, rankings, strict=True):
        _diagram(part, ranking, labels)
    return figure


def _diagram(figure: SubFigure, ranking: Ranking, labels: Sequence[str]) -> None:
    """Draw one ranking (Demšar 2006, figure 1), methods as in every other figure."""
    from scikit_posthocs import critical_difference_diagram  # takes as long to import as a figure to draw

    styles = method_styles(labels)
    differ = np.abs(ranking.average[:, None] - ranking.average[None, :]) > ranking.critical_difference
    # The library joins what is not significant at alpha; Nemenyi's test is decided by the critical difference alone.
    p_values = np.where(differ, 0.0, 1.0)
    methods = list(ranking.methods)
    axes = figure.subplots()
    axes.grid(False)
    artists = critical_difference_diagram(
        pd.Series(ranking.average, index=methods),
        pd.DataFrame(p_values, index=methods, columns=methods),
        ax=axes,
        alpha=ALPHA,
        color_palette={method: styles[method].colour for method in methods},
        label_fmt_left="{label}  {rank:.2f} ",
        label_fmt_right=" {rank:.2f}  {label}",
        text_h_margin=_MARGIN * len(methods),
        label_props={"fontsize": 7.5},
        marker_props={"marker": "none"},
        elbow_props={"linewidth": 0.9},
        crossbar_props={"color": INK, "linewidth": 2.2, "solid_capstyle": "round"},
    )
    for (bar,) in artists["crossbars"]:
        # The library visits the methods of a bar in the order of a set, which differs between processes.
        bar.set_data([np.min(bar.get_xdata()), np.max(bar.get_xdata())], bar.get_ydata()[:2])
    for label in artists["labels"]:
        label.set_color(INK)  # some of the colours are too light for text
    for method, at in zip(methods, ranking.average, strict=True):
        axes.plot(at, 0.0, linestyle="none", clip_on=False, zorder=5, **marker_arguments(styles[method]))
    _scale(figure, axes, len(methods), ranking.critical_difference)
    measure = ranking.measure
    where = f"{ranking.mechanism or 'all mechanisms pooled'}: " if ranking.mechanism or ranking.by_mechanism else ""
    heading = f"{where}average rank by {measure.label} over {len(ranking.datasets)} datasets, 1 = best"
    axes.set_title(heading, pad=30.0)


def _scale(figure: SubFigure, axes: Axes, n_methods: int, difference: float) -> None:
    """Draw the axis from the best to the worst rank and the critical difference above its left end."""
    axes.spines["top"].set_visible(True)
    axes.spines["top"].set_bounds(1, n_methods)
    axes.set_xticks(range(1, n_methods + 1))
    margin = _MARGIN * n_methods
    axes.set_xlim(1 - margin, n_methods + margin)
    axes.set_ylim(top=0.5)
    above = axes.transData + ScaledTranslation(0.0, 22.0 / 72.0, figure.dpi_scale_trans)
    end = min(1.0 + difference, float(n_methods))
    line: dict[str, Any] = {"transform": above, "clip_on": False, "color": MUTED, "linewidth": 1.2}
    axes.plot([1.0, end], [0.0, 0.0], marker="|", markersize=5.0, **line)
    text = f"CD {difference:.2f}" + (" (wider than the axis)" if end < 1.0 + difference else "")
    axes.text(end + margin, 0.0, text, transform=above, va="center", fontsize=7.5, color=MUTED)

"""How pictures of one's own table look: colours of what was observed and imputed, axes of dates and categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mirimpute.report.palette import BLUE, VERMILLION
from mirimpute.report.style import short_name
from mirimpute.table.columns import Column, Kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OBSERVED, IMPUTED = BLUE, VERMILLION
PANEL_WIDTH, PANEL_HEIGHT = 3.3, 2.3
"""Inches of a picture of one column."""
PANELS_IN_A_ROW = 2
MOST_POINTS = 400
"""Of each group of a cloud: evenly spaced ones stand for more."""
FEW_VALUES = 12
"""Distinct values up to which numbers are drawn as bars."""
_MOST_TICKS = 12


def value_axis(axes: Axes, which: str, column: Column) -> None:
    """Write the values of a column along an axis: categories by name, dates as dates, durations as days."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.xaxis if which == "x" else axes.yaxis
    if column.categories:
        step = -(-len(column.categories) // _MOST_TICKS)
        places = range(0, len(column.categories), step)
        names = [short_name(str(column.categories[k])) for k in places]
        axis.set_ticks(list(places), labels=names)
        if which == "x" and max(map(len, names)) * len(names) > 30:
            axes.tick_params(axis="x", labelrotation=35)
            for label in axes.get_xticklabels():
                label.set_horizontalalignment("right")
                label.set_rotation_mode("anchor")
    elif column.kind is Kind.INTEGER:
        axis.set_major_locator(MaxNLocator(6, integer=True))
    elif column.kind is Kind.DATETIME:
        axis.set_major_locator(MaxNLocator(4))
        axis.set_major_formatter(FuncFormatter(lambda value, _: str(np.datetime64(int(value), "s"))[:10]))
    elif column.kind is Kind.DURATION:
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 86_400:g} d"))


def legend(axes: Axes) -> None:
    """Put a legend where there is room, on the colour of the page, so that points do not run through its words."""
    box = axes.legend(loc="best", handlelength=1.2, handletextpad=0.4, frameon=True, framealpha=0.8, borderpad=0.2)
    box.get_frame().set(facecolor="#ffffff", linewidth=0)


def spread_of(column: Column, values: np.ndarray) -> float:
    """Return the width over which points of equal values are spread: of categories and of few numbers, else 0."""
    if column.categories:
        return 0.6
    distinct = np.unique(values)
    return 0.35 * float(np.diff(distinct).min()) if 1 < len(distinct) <= FEW_VALUES else 0.0


def jitter(count: int) -> np.ndarray:
    """Return offsets in (-0.5, 0.5) that look random and repeat (multiples of the golden ratio).

    >>> jitter(3).round(3).tolist()
    [-0.5, 0.118, -0.264]
    """
    return (np.arange(count) * 0.618033988749895) % 1 - 0.5

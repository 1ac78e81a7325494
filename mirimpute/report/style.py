"""How every figure looks, and how it is saved: the only place with font sizes and widths."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from PIL import Image

from mirimpute.bench.results.disk import refuse_link
from mirimpute.report.palette import MethodStyle

TEXT_WIDTH = 6.9
"""Inches between the margins of a page with one column."""
MARKER_SIZE = 4.5
INK, MUTED = "#222222", "#666666"
LOG_FROM_RATIO = 50.0
"""An axis is logarithmic when all values are positive and those of a panel differ by more than this."""
OFF_SCALE_RATIO = 1e4
"""A value over this many medians has left the scale: it is written as a number, and the others stay readable."""
MAX_NAME = 26
LEGEND_LINE = 0.165
"""Inches that a line of a legend takes."""
SHORTEST_S = 1e-4
"""Where a time below the clock's resolution is drawn."""

_RC: Any = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, so figures do not depend on the machine's fonts
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "figure.titlesize": 8.0,
    "figure.labelsize": 8.0,
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.formatter.useoffset": False,  # "+1.095e2" at the end of an axis is read by nobody
    "axes.edgecolor": "#444444",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.1,
    "lines.markersize": MARKER_SIZE,
    "pdf.fonttype": 42,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.w_pad": 0.05,
}
_PNG_DPI = 200


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house style whatever the user's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        mpl.rcParams["text.parse_math"] = False  # names of data may hold dollars
        yield


def new_figure(height: float, width: float = TEXT_WIDTH) -> Figure:
    """Return an empty figure; sizes in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def panel_grid(
    count: int, columns: int, height: tuple[float, float], width: tuple[float, float], **shared: Any
) -> tuple[Figure, np.ndarray]:
    """Return a figure of ``count`` panels, and the grid of its axes, of which those after the last are not visible.

    Args:
        count: panels.
        columns: the most in a row.
        height, width: inches around the panels, and of one panel.
        shared: which axes are shared, as of ``Figure.subplots``.
    """
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = new_figure(height[0] + height[1] * rows, width[0] + width[1] * columns)
    grid = figure.subplots(rows, columns, squeeze=False, **shared)
    for axes in grid.flat[count:]:
        axes.set_visible(False)
    return figure, grid


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write ``stem.png`` and ``stem.pdf`` without date or program, so that equal figures are equal bytes."""
    paths = [stem.with_name(f"{stem.name}.{ending}") for ending in ("png", "pdf")]
    for path in paths:
        refuse_link(path)
    canvas = FigureCanvasAgg(figure)
    figure.dpi = _PNG_DPI
    canvas.draw()
    # 256 colours are enough for lines and text, and a third of the size.
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(paths[0])
    figure.set_layout_engine(None)  # the layout is found; with any engine, the figure would be drawn twice
    figure.savefig(paths[1], format="pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})
    return paths


def marker_arguments(style: MethodStyle) -> dict[str, Any]:
    """Return the keyword arguments of ``plot`` for a method's marker."""
    return {
        "marker": style.marker,
        "color": style.colour,
        "markeredgecolor": style.colour,
        "markerfacecolor": style.colour if style.filled else "white",
        "markeredgewidth": 1.0,
    }


def draw_points(
    axes: Axes,
    which: str,
    points: Mapping[str, tuple[float, float, float | None]],
    styles: Mapping[str, MethodStyle],
    linewidth: float = 1.0,
) -> None:
    """Draw the marker of each method at (x, y), and below all of them, as one artist, bars of ± the third number.

    Args:
        axes: the panel.
        which: the axis along which the bars lie, x or y.
        points: method -> x, y and half of the length of its bar (None: no bar).
        styles: of the methods.
        linewidth: of the bars.
    """
    bars = []
    for method, (x, y, error) in points.items():
        axes.plot(x, y, linestyle="none", **marker_arguments(styles[method]))
        if error is not None:
            place, middle = (y, x) if which == "x" else (x, y)
            bars.append((place, middle - error, middle + error, styles[method].colour))
    if bars:
        draw = axes.hlines if which == "x" else axes.vlines
        draw(*zip(*bars, strict=True), linewidth=linewidth, zorder=1.9)
        # Every end and not only the outermost: a logarithmic axis begins at the smallest that is positive.
        ends = [(end, place) for place, low, high, _ in bars for end in (low, high)]
        axes.update_datalim(ends if which == "x" else [(place, end) for end, place in ends])


def legend_outside(
    figure: Figure, styles: Mapping[str, MethodStyle], absent: Container[str] = (), line: bool = False
) -> None:
    """Put one legend right of all panels: a marker per method, those that have nothing to show (``absent``) last.

    The figure becomes as high as the legend.
    """
    handles = [
        Line2D([], [], linestyle="-" if line else "none", label=label, **marker_arguments(style))
        for label, style in styles.items()
        if label not in absent
    ]
    handles += [
        Line2D([], [], linestyle="none", marker="x", color=MUTED, label=f"{label} (no value)")
        for label in styles
        if label in absent
    ]
    figure.set_figheight(max(figure.get_figheight(), LEGEND_LINE * (len(handles) + 1)))
    figure.legend(handles=handles, loc="outside right upper")


def wants_log(panels: Iterable[Sequence[float]]) -> bool:
    """Return whether the panels of a figure, which share their kind of axis, need a logarithmic one."""
    filled = [values for values in panels if values]
    positive = all(value > 0 for values in filled for value in values)
    return positive and any(max(values) / min(values) > LOG_FROM_RATIO for values in filled)


def off_scale(values: Mapping[str, float]) -> set[str]:
    """Return the keys whose values are so far above the others that they would flatten them (a method diverged).

    >>> off_scale({"a": 1.0, "b": 1.1, "c": 1e14})
    {'c'}
    """
    if not values:
        return set()
    ordered = sorted(values.values())
    # The lower median, so that one of two values can be off the scale.
    limit = OFF_SCALE_RATIO * ordered[(len(ordered) - 1) // 2]
    return {key for key, value in values.items() if value > limit > 0}


def case_title(dataset: str, setting: str, between: str = "\n") -> str:
    """Return what stands above a panel of one case."""
    return f"{short_name(dataset)}{between}{setting}"


def short_name(name: str) -> str:
    """Return ``name`` as it fits above a panel.

    >>> short_name("a_file_with_a_very_long_name_2024_final")
    'a_file_with_…ame_2024_final'
    """
    if len(name) <= MAX_NAME:
        return name
    half = MAX_NAME // 2
    return f"{name[: half - 1]}…{name[-half - 1 :]}"


def log_axis(axes: Axes, which: str) -> None:
    """Make an axis logarithmic with plain numbers (0.1, 10, 1e+06) at its decades."""
    (axes.set_xscale if which == "x" else axes.set_yscale)("log", nonpositive="clip")
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = sorted(axis.get_view_interval())
    if high / low < 4:  # where no two round numbers of a decade may lie
        axis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    else:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high / low < 30 else (1.0,), numticks=6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())


def pages(items: Sequence[Any], size: int) -> list[tuple[str, Sequence[Any]]]:
    """Return the items in pages of ``size``, each with the suffix of its file name ("" for the first).

    >>> pages([1, 2, 3], 2)
    [('', [1, 2]), ('-2', [3])]
    """
    starts = range(0, len(items), size)
    return [("" if k == 0 else f"-{k + 1}", items[start : start + size]) for k, start in enumerate(starts)]

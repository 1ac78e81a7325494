"""Tables of two columns: the truth, the incomplete table, and a draw of each method."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mirimpute.bench.results.layout import safe_name
from mirimpute.errors import MirimputeWarning
from mirimpute.numerics.thinning import evenly_spaced
from mirimpute.report.case import Case, Run
from mirimpute.report.collect import Collection
from mirimpute.report.palette import MethodStyle, method_styles
from mirimpute.report.style import MUTED, pages, panel_grid, short_name

COLUMNS = 4
PAGE = 16
MAX_POINTS = 3000
"""Points of a panel; of a longer table, rows at equal distances are shown."""
_DARK = "#333333"
_OBSERVED = "#C4C4C4"
_SIZE = 3.0


@dataclass(frozen=True)
class Toy:
    """The tables that a cell kept, float (n_rows, 2), original units.

    Attributes:
        label: the method.
        names: of the two columns.
        truth: complete, NaN only where the source has none.
        incomplete: NaN where missing.
        draw: one draw of the method.
    """

    label: str
    names: tuple[str, str]
    truth: np.ndarray
    incomplete: np.ndarray
    draw: np.ndarray


def scatter_figures(collection: Collection) -> Iterator[tuple[str, Figure]]:
    """Yield file name and figure for every case whose cells kept tables of exactly two columns; the lowest seed."""
    styles = method_styles(collection.methods)
    by_case: dict[Case, list[tuple[Run, Toy]]] = {}
    for run in (each for each in collection.runs if each.row["status"] == "ok" and each.row["n_columns"] == 2):
        if (toy := read_toy(run.label, collection.directory(run) / "tables")) is not None:
            by_case.setdefault(run.case, []).append((run, toy))
    for case in (each for each in collection.cases if each in by_case):
        kept = by_case[case]
        seed = min(run.row["seed"] for run, _ in kept)
        toys = {toy.label: toy for run, toy in kept if run.row["seed"] == seed}
        ordered = [toys[label] for label in styles if label in toys]
        stem = safe_name("_".join(["scatter", *collection.column(case), f"seed {seed}"]))
        heading = f"{', '.join(collection.column(case))}, seed {seed}: one draw of each method"
        # Truth and incomplete take the first two places of every page.
        for suffix, page in pages(ordered, PAGE - 2):
            yield f"{stem}{suffix}", _page(page, heading, styles)


def read_toy(label: str, folder: Path) -> Toy | None:
    """Return the tables of two columns in ``folder``, None if it is not there; damaged ones with a warning."""
    if not folder.is_dir():
        return None
    try:
        frames = [pd.read_parquet(folder / f"{name}.parquet") for name in ("truth", "incomplete", "draw")]
        truth, incomplete, draw = (frame.to_numpy(dtype=float) for frame in frames)
        if not truth.shape == incomplete.shape == draw.shape == (len(truth), 2) or not len(truth):
            raise ValueError(f"shapes {truth.shape}, {incomplete.shape}, {draw.shape} do not fit")
    except (OSError, ValueError) as error:  # the errors of pyarrow are subclasses of these
        warnings.warn(f"tables '{folder}' are left out: {error}", MirimputeWarning, stacklevel=2)
        return None
    first, second = (str(name) for name in frames[0].columns)
    return Toy(label, (first, second), truth, incomplete, draw)


def _page(toys: Sequence[Toy], heading: str, styles: Mapping[str, MethodStyle]) -> Figure:
    truth, incomplete = toys[0].truth, toys[0].incomplete
    kept = evenly_spaced(len(truth), MAX_POINTS)
    limits = [_limits(column[np.isfinite(column)]) for column in truth.T]
    panels = 2 + len(toys)
    figure, grid = panel_grid(panels, COLUMNS, (0.5, 1.75), (0.4, 1.65), sharex=True, sharey=True)
    shown = list(grid.flat)
    _dots(shown[0], truth[kept], _DARK)
    shown[0].set_title("truth")
    _incomplete(shown[1], incomplete[kept])
    shown[1].set_title("incomplete")
    for axes, toy in zip(shown[2:], toys, strict=False):
        imputed = np.isnan(toy.incomplete).any(axis=1)
        _dots(axes, toy.draw[kept][~imputed[kept]], _OBSERVED)
        _dots(axes, toy.draw[kept][imputed[kept]], styles[toy.label].colour)
        axes.set_title(short_name(toy.label))
        _count_outside(axes, toy.draw[imputed], limits)
    shown[0].set(xlim=limits[0], ylim=limits[1])
    for axes in shown[max(0, panels - grid.shape[1]) : panels]:
        axes.tick_params(labelbottom=True)  # also where the panel below is empty
    for axes in shown[:panels]:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
        axes.grid(False)
    figure.suptitle(f"{heading}\n(coloured: rows with an imputed value; ticks: rows of which half is seen)")
    figure.supxlabel(toys[0].names[0])
    figure.supylabel(toys[0].names[1])
    return figure


def _limits(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = 0.12 * (high - low) or 1.0
    return low - margin, high + margin


def _dots(axes: Axes, points: np.ndarray, colour: str) -> None:
    axes.scatter(points[:, 0], points[:, 1], s=_SIZE, color=colour, alpha=0.6, linewidths=0, rasterized=True)


def _incomplete(axes: Axes, points: np.ndarray) -> None:
    """Draw complete rows as dots and rows with one value as ticks at the axis of that value."""
    first, second = np.isfinite(points).T
    _dots(axes, points[first & second], _DARK)
    ticks: dict[str, Any] = {"color": _DARK, "alpha": 0.35, "linewidths": 0.4, "rasterized": True}
    along_x, along_y = axes.get_xaxis_transform(), axes.get_yaxis_transform()
    axes.vlines(points[first & ~second, 0], 0.0, 0.05, transform=along_x, **ticks)
    axes.hlines(points[second & ~first, 1], 0.0, 0.05, transform=along_y, **ticks)


def _count_outside(axes: Axes, points: np.ndarray, limits: Sequence[tuple[float, float]]) -> None:
    low, high = np.array(limits).T
    outside = int(((points < low) | (points > high)).any(axis=1).sum())
    if outside:
        axes.text(
            0.98, 0.98, f"{outside} outside", transform=axes.transAxes, ha="right", va="top", fontsize=6.5, color=MUTED
        )

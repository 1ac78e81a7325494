"""Pictures of what is missing: matrix, shares, patterns, flux."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.diagnostics.holes import Holes
from mirimpute.diagnostics.holes import flux as flux_of
from mirimpute.plots.look import IMPUTED, OBSERVED
from mirimpute.report.style import INK, MUTED, new_figure, short_name, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BLOCKS = 300
"""Of rows in the matrix: more rows stand in blocks, whose colour says how many of them miss the cell."""
MOST_COLUMNS = 60
"""Columns of a picture: those with the most missing cells, in the order of the table."""
MOST_PATTERNS = 15


def draw_matrix(holes: Holes) -> Figure:
    """Draw each cell: a column of the table downwards, missing cells in colour, rows in the order of the table."""
    from matplotlib.colors import to_rgba

    columns = most_missing(holes)
    missing = holes.missing[:, columns]
    blocks = np.array_split(np.arange(len(missing)), min(len(missing), MOST_BLOCKS))
    share = np.stack([missing[rows].mean(axis=0) for rows in blocks])
    image = np.empty((*share.shape, 4))
    image[:] = to_rgba(MUTED, 0.15)
    image[share > 0] = to_rgba(IMPUTED)
    image[..., 3] = np.where(share > 0, 0.25 + 0.75 * share, image[..., 3])
    with styled():
        figure = new_figure(3.4)
        axes = figure.subplots()
        axes.imshow(image, aspect="auto", interpolation="nearest", extent=(-0.5, len(columns) - 0.5, len(missing), 0))
        _name_columns(axes, [holes.names[j] for j in columns])
        axes.vlines(np.arange(len(columns) - 1) + 0.5, 0, len(missing), color="#ffffff", linewidth=0.8)
        axes.set_ylabel("row")
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
    return figure


def draw_shares(holes: Holes) -> Figure:
    """Draw the share of missing cells by column, the largest on top."""
    columns = sorted(most_missing(holes), key=lambda j: holes.shares[j])
    with styled():
        figure = new_figure(0.6 + 0.17 * len(columns))
        axes = figure.subplots()
        shares = 100 * holes.shares[columns]
        axes.barh(range(len(columns)), shares, color=IMPUTED, height=0.7)
        for place, share in enumerate(shares):
            axes.annotate(
                f"{share:.1f}", (share, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7
            )
        axes.set_yticks(range(len(columns)), [short_name(holes.names[j]) for j in columns])
        axes.set_xlabel("missing cells, %")
        axes.set_xlim(0, max(shares.max(initial=0) * 1.12, 1))
        axes.grid(visible=False, axis="y")
        axes.set_ylim(-0.6, len(columns) - 0.4)
    return figure


def draw_patterns(holes: Holes) -> Figure:
    """Draw the most frequent patterns, a line each with its number of rows; columns without missing cells left out."""
    columns = most_missing(holes, only_incomplete=True)
    patterns, counts = Holes((), holes.missing[:, columns]).patterns
    shown, rest = patterns[:MOST_PATTERNS], counts[MOST_PATTERNS:]
    with styled():
        figure = new_figure(1.3 + 0.2 * len(shown))
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=[3, 1])
        row, column = np.nonzero(shown)
        left.scatter(*np.nonzero(~shown)[::-1], marker="s", s=26, color=OBSERVED, alpha=0.25, linewidths=0)
        left.scatter(column, row, marker="s", s=26, color=IMPUTED, linewidths=0)
        _name_columns(left, [holes.names[j] for j in columns])
        left.set_yticks([])
        left.set_ylim(len(shown) - 0.4, -0.6)
        left.set_xlim(-0.7, len(columns) - 0.3)
        left.grid(visible=False)
        left.spines[:].set_visible(False)
        right.barh(range(len(shown)), counts[:MOST_PATTERNS], color=MUTED, height=0.6)
        for place, count in enumerate(counts[:MOST_PATTERNS]):
            right.annotate(
                f"{count:,}", (count, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7
            )
        right.set_xlim(0, counts.max() * 1.3)
        right.set_xlabel("rows" if not len(rest) else f"rows ({rest.sum():,} in {len(rest):,} other patterns)")
        right.grid(visible=False, axis="y")
    return figure


def draw_flux(holes: Holes) -> Figure:
    """Draw influx against outflux; columns far below the diagonal connect little with the others."""
    table = flux_of(holes)
    columns = most_missing(holes)
    inward, outward = table["influx"].to_numpy()[columns], table["outflux"].to_numpy()[columns]
    with styled():
        figure = new_figure(3.2, 3.6)
        axes = figure.subplots()
        axes.plot([0, 1], [1, 0], color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.scatter(inward, outward, color=OBSERVED, s=18, zorder=3)
        _name_points(axes, [(x, y, holes.names[j]) for x, y, j in zip(inward, outward, columns, strict=True)])
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.06)
        axes.set_xlabel("influx")
        axes.set_ylabel("outflux")
    return figure


def _name_points(axes: Axes, points: list[tuple[float, float, str]]) -> None:
    """Write the names beside the points, right or left or below of them, where no other name stands; else none."""
    taken: list[tuple[float, float]] = []
    offset: Any
    sides = ((0.0, 0.0, 5, 3, "left"), (-0.16, 0.0, -5, 3, "right"), (0.0, -0.05, 5, -9, "left"))
    for x, y, name in sorted(points, key=lambda point: -np.nan_to_num(point[1])):
        for right, up, across, above, align in sides:
            place = (x + right, y + up)
            if np.isfinite(x + y) and all(abs(place[0] - a) > 0.16 or abs(place[1] - b) > 0.045 for a, b in taken):
                taken.append(place)
                offset = {"xytext": (across, above), "textcoords": "offset points"}
                axes.annotate(short_name(name), (x, y), **offset, ha=align, fontsize=7, color=INK)
                break


def most_missing(holes: Holes, only_incomplete: bool = False) -> list[int]:
    """Return the numbers of at most 60 columns, those with the most missing cells, in the order of the table."""
    order = [int(j) for j in np.argsort(-holes.shares, kind="stable")]
    kept = [j for j in order if not only_incomplete or holes.shares[j]] or order[:1]
    return sorted(kept[:MOST_COLUMNS])


def _name_columns(axes: Axes, names: list[str]) -> None:
    axes.set_xticks(range(len(names)), [short_name(name) for name in names], rotation=90 if len(names) > 12 else 40)
    for label in axes.get_xticklabels():
        label.set_horizontalalignment("right")
        label.set_rotation_mode("anchor")

"""Draw what each mechanism hides, for `docs/mechanisms.md`: python scripts/mechanism_pictures.py [folder].

The table is the same for all: 400 rows of `synthetic/gaussian`, of which the first 60 are shown as they lie. Mechanisms
that copy the table's own holes get one that has some.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from PIL import Image
from scipy.special import expit

from mirimpute.amputation import MECHANISMS, Amputation, amputate
from mirimpute.datasets.synthetic import Gaussian
from mirimpute.report.palette import BLUE, GREY, VERMILLION
from mirimpute.report.style import styled
from mirimpute.seeding import generator

FOLDER = Path(__file__).parents[1] / "docs/mechanisms"
RATE, SHOWN = 0.3, 60
BY_ROW = ("block", "panel", "sequential")
"""Patterns by place: their values are drawn along the rows."""
OPTIONS: dict[str, dict[str, object]] = {
    "mar_driver": {"driver": "0", "strength": 2.0},
    "mar_threshold": {"driver": "0"},
    "block": {"block_rows": 8, "block_columns": 2},
    "sequential": {"stretch": 12.0},
}


@dataclass(frozen=True)
class Example:
    """A table and what a mechanism hides of it.

    Attributes:
        values: (n_rows, n_columns), NaN where the table has holes of its own.
        found: what is hidden.
    """

    values: np.ndarray
    found: Amputation

    @property
    def pair(self) -> tuple[int, int]:
        """The column that loses cells and the other one that tells most of which."""
        hidden = self.found.scored - self.found.scored.mean(axis=0)
        told = np.abs(np.nan_to_num(self.values).T @ hidden)
        np.fill_diagonal(told, -1.0)
        beside, target = np.unravel_index(told.argmax(), told.shape)
        return int(target), int(beside)


def example(name: str) -> Example:
    """Return the example of a mechanism."""
    values = Gaussian(name="example", n_rows=400).sample()
    if name in ("copy", "fitted"):
        values = with_holes(values)
    mechanism = MECHANISMS[name](name=name, **OPTIONS.get(name, {}))  # type: ignore[arg-type]
    return Example(values, amputate(values, mechanism, RATE, "overall", generator(0, "picture", name)))


def with_holes(values: np.ndarray) -> np.ndarray:
    """Return the table with holes: columns 2 and 3 together where column 0 is large, column 6 at random."""
    rng = generator(0, "picture", "holes")
    holey = values.copy()
    holey[np.ix_(rng.random(len(values)) < expit(3.0 * values[:, 0] - 3.0), [2, 3])] = np.nan
    holey[rng.random(len(values)) < 0.1, 6] = np.nan
    return holey


def draw(name: str, path: Path) -> None:
    """Draw the example of a mechanism: its first rows, and the values of a column that loses cells."""
    shown = example(name)
    values, scored, (target, beside) = shown.values, shown.found.scored, shown.pair
    with styled():
        figure = Figure(figsize=(5.6, 2.5), dpi=80, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        table, scatter = figure.subplots(1, 2, width_ratios=[1, 1.6])
        state = np.where(np.isnan(values), 2, scored)[:SHOWN]
        colours = ListedColormap(["#E6E6E6", VERMILLION, "#333333"])
        table.imshow(state, cmap=colours, vmin=0, vmax=2, aspect="auto", interpolation="nearest")
        table.set(xlabel="column", ylabel="row", xticks=range(values.shape[1]), yticks=[0, 20, 40])
        by_row = name in BY_ROW
        across = np.arange(len(values)) if by_row else values[:, beside]
        for hidden, colour, label in [(False, GREY, "stays"), (True, VERMILLION, "hidden")]:
            rows = (scored[:, target] == hidden) & ~np.isnan(values[:, target])
            scatter.scatter(across[rows], values[rows, target], s=7, color=colour, label=label, linewidths=0)
        scatter.set(xlabel="row" if by_row else f"column {beside}", ylabel=f"column {target}")
        figure.legend(loc="outside upper right", ncols=2, frameon=False, markerscale=2)
        figure.suptitle(name, x=0.02, ha="left", color=BLUE)
        table.grid(visible=False)
        canvas.draw()
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba()))
    picture.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    """Draw all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in MECHANISMS:
        draw(name, folder / f"{name}.png")


if __name__ == "__main__":
    main()

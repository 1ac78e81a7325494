"""The page of the speed benchmark: costs side by side, scaling curves with their exponents, failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from benchmarks.cells import Found
from benchmarks.page import ABSENT, last_sections, remarks, table, value_text
from benchmarks.scaling import exponent
from benchmarks.sweep import TIMEOUT_S, Sweep
from mirimpute.report.markup import markdown

COSTS = {"seconds": "seconds", "cpu_s": "CPU seconds", "peak_rss_mb": "peak MiB"}
"""Field -> head of its column."""


def speed_page(
    found: Found,
    sets: Sequence[Sweep],
    by_rows: Mapping[int, Sweep],
    by_columns: Mapping[int, Sweep],
    n_cells: int,
    today: date,
) -> str:
    """Return the page in Markdown.

    Args:
        found: the rows of the grid.
        sets: the tables on which methods are compared.
        by_rows: number of rows -> its sweep.
        by_columns: number of columns -> its sweep.
        n_cells: cells of the grid.
        today: the date of the page.
    """
    frame = found.frame
    notes = [f"- {markdown(note)}" for note in found.notes]
    return "\n".join(
        [
            "# Speed and memory of mirf",
            "",
            "Made by `make bench-speed` from the rows alone; the rows are in `speed.csv`. MCAR, one thread per method,"
            f" {TIMEOUT_S} s per cell. Seconds are of fit and impute, without loading libraries and scoring; memory is"
            " the peak above what the process held before.",
            "",
            "## Side by side",
            "",
            "Methods run one after the other on each table, so that they meet the same load. Medians over seeds.",
            "",
            *table(["dataset", "method", *COSTS.values(), "not ok"], _side_by_side(frame, sets), left=2),
            "## Scaling of mirf with the number of rows",
            "",
            *_curve(frame, "rows", by_rows),
            "## Scaling of mirf with the number of columns",
            "",
            *_curve(frame, "columns", by_columns),
            *last_sections(frame, notes, n_cells, today),
        ]
    )


def costs(frame: pd.DataFrame, dataset: str, method: str) -> dict[str, float]:
    """Return the median over the ok rows of each field of ``COSTS``, NaN where there is none."""
    rows = _rows(frame, dataset, method)
    return {field: float(rows.loc[rows["status"] == "ok", field].astype(float).median()) for field in COSTS}


def exponents(frame: pd.DataFrame, sweeps: Mapping[int, Sweep]) -> dict[str, float | None]:
    """Return the exponent of each field of ``COSTS`` over the sizes of ``sweeps``."""
    curve = [costs(frame, sweep.dataset, sweep.methods[0]) for sweep in sweeps.values()]
    return {field: exponent(list(sweeps), [point[field] for point in curve]) for field in COSTS}


def _rows(frame: pd.DataFrame, dataset: str, method: str) -> pd.DataFrame:
    return frame[(frame["dataset"] == dataset) & (frame["method"] == method)]


def _cells(frame: pd.DataFrame, sweep: Sweep, method: str) -> list[str]:
    """Return the costs of a method as text, then what is not ok."""
    said = remarks(_rows(frame, sweep.dataset, method)["status"].tolist(), len(sweep.seeds))
    return [*(value_text(value) for value in costs(frame, sweep.dataset, method).values()), said]


def _side_by_side(frame: pd.DataFrame, sets: Sequence[Sweep]) -> list[list[str]]:
    return [
        [markdown(sweep.dataset), markdown(method), *_cells(frame, sweep, method)]
        for sweep in sets
        for method in sweep.methods
    ]


def _curve(frame: pd.DataFrame, what: str, sweeps: Mapping[int, Sweep]) -> list[str]:
    """Return the caption and table of a curve, whose last line holds the exponents."""
    options = ", ".join(sorted({option for sweep in sweeps.values() for option in sweep.options if what not in option}))
    fitted = [ABSENT if value is None else f"{value:.2f}" for value in exponents(frame, sweeps).values()]
    lines = [[f"{size:,}", *_cells(frame, sweep, sweep.methods[0])] for size, sweep in sweeps.items()]
    return [
        f"Correlated Gaussian, {markdown(options)}. The exponent b of cost = a · {what}^b is fitted by least squares on"
        " the logarithms of all sizes that are ok.",
        "",
        *table([what, *COSTS.values(), "not ok"], [*lines, ["exponent", *fitted, ""]]),
    ]
